"""The house stands as it is drawn: packages, names, layers."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
WINGS = ("instruments", "protocols", "sim_backend", "db", "gui")


def project() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def sources() -> list[Path]:
    return [p for folder in ("labcim", *WINGS) for p in sorted((ROOT / folder).rglob("*.py"))]


def test_every_folder_with_code_is_in_the_wheel():
    mapped = project()["tool"]["setuptools"]["package-dir"]
    listed = set(project()["tool"]["setuptools"]["packages"])
    folders = {path.parent.relative_to(ROOT).as_posix() for path in sources()}
    names = {place: name for name, place in mapped.items()}

    def package(folder: str) -> str:
        for place in sorted(names, key=len, reverse=True):
            if folder == place or folder.startswith(place + "/"):
                return (names[place] + folder[len(place) :]).replace("/", ".")
        raise AssertionError(f"{folder} is mapped to no package")

    assert {package(folder) for folder in folders} == listed


def test_no_wing_is_imported_by_its_folder_name():
    wrong = re.compile(rf"^\s*(from|import) ({'|'.join(WINGS)})\b", re.MULTILINE)
    tests = sorted((ROOT / "tests").rglob("*.py"))
    assert [p.name for p in (*sources(), *tests) if wrong.search(p.read_text("utf-8"))] == []


def test_only_two_files_import_pyvisa():
    found = re.compile(r"^\s*(from|import) pyvisa\b", re.MULTILINE)
    allowed = {"labcim/transport.py", "sim_backend/wire/visa_library.py"}
    places = {p.relative_to(ROOT).as_posix() for p in sources() if found.search(p.read_text())}
    assert places <= allowed


def test_no_file_is_so_long_that_it_is_two_things():
    assert [p.name for p in sources() if p.read_text("utf-8").count("\n") > 400] == []


@pytest.mark.parametrize("module", ["labcim", "labcim.instrument", "labcim.runner"])
def test_importing_the_core_brings_no_window_no_database_and_no_tables(module):
    code = (
        f"import sys, {module}; "
        "print([m for m in ('PyQt5', 'pandas', 'sqlalchemy', 'matplotlib') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_qt_comes_in_through_one_door():
    found = re.compile(r"^\s*(from|import) (PyQt5|pyqtgraph)\b", re.MULTILINE)
    places = {p.relative_to(ROOT).as_posix() for p in sources() if found.search(p.read_text())}
    assert places == {"gui/qt.py"}


@pytest.mark.parametrize(
    "words", [["--help"], ["explain"], ["run", "--help"], ["list", "--record", "none.sqlite"]]
)
def test_no_command_but_the_dashboard_imports_qt(words, tmp_path):
    code = (
        "import sys; from labcim.cli.main import run_command; "
        f"run_command({words!r}); "
        "print([m for m in sys.modules if m.startswith(('PyQt', 'pyqtgraph', 'sip'))])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert done.stdout.splitlines()[-1] == "[]"
