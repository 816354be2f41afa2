"""Every command, snippet and link of the documents does what the documents say."""

import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("**/*.md"))]
_LINK = re.compile(r"\[[^\]]*\]\((?P<target>[^)\s]+)\)")


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_what_a_document_says_can_be_done(newcomer, document):
    if document.name == "schema.md":  # it speaks of a record that its reader has
        newcomer.type("labcim run examples/recipes/form.toml -b examples/small/bench.toml", "")
    newcomer.follow(document)


@pytest.mark.parametrize("document", [*DOCUMENTS, ROOT / "CHANGELOG.md"], ids=name_of)
def test_every_local_link_leads_somewhere(document):
    found = _LINK.findall(document.read_text(encoding="utf-8"))
    local = [link.split("#")[0] for link in found if "://" not in link and link[0] != "#"]
    assert [link for link in local if not (document.parent / link).exists()] == []


def test_ten_lines_run_from_any_folder(newcomer, tmp_path):
    script = tmp_path / "examples" / "ten_lines.py"
    words = [sys.executable, str(script)]
    done = subprocess.run(words, cwd=ROOT.parent, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "correlation with the picture" in done.stdout
    assert (script.parent / "small" / "face.html").is_file()


def test_a_matrix_is_multiplied_by_a_chip_from_any_folder(newcomer, tmp_path):
    script = tmp_path / "examples" / "analog_matrix.py"
    words = [sys.executable, str(script)]
    done = subprocess.run(words, cwd=ROOT.parent, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    said = dict(line.rsplit(maxsplit=1) for line in done.stdout.splitlines()[1:])
    assert float(said["total"].rstrip("%")) < 5.0
    assert float(said["measured"].rstrip("%")) < 7.0  # the cells relax meanwhile


def test_the_script_that_multiplies_is_off_by_what_programming_left(newcomer, tmp_path):
    words = [sys.executable, str(tmp_path / "examples" / "multiply.py")]
    done = subprocess.run(words, cwd=ROOT.parent, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = re.fullmatch(r"(\d+) of 16 columns .* products are (\S+)% off\n", done.stdout)
    assert int(found[1]) >= 8
    assert 1.0 < float(found[2]) < 6.0


def test_the_notebook_runs_to_its_end(newcomer, tmp_path):
    notebook = nbformat.read(tmp_path / "examples" / "notebook.ipynb", as_version=4)
    where = {"metadata": {"path": str(tmp_path / "examples")}}
    NotebookClient(notebook, timeout=50, kernel_name="python3", resources=where).execute()
    said = "".join(
        out.get("text", "") for cell in notebook.cells for out in cell.get("outputs", ())
    )
    assert "aborted after 2 units: seen enough; safe: True" in said
    assert "completed with 2 more" in said


def test_the_pictures_are_small_and_shown():
    pictures = sorted((ROOT / "docs" / "images").iterdir())
    said = "".join(path.read_text(encoding="utf-8") for path in DOCUMENTS)
    assert sum(path.stat().st_size for path in pictures) < 300_000
    assert [path.name for path in pictures if path.name not in said] == []
