"""The commands of the front door, as a person or a script types them."""

import json
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest

from labcim import plugins
from labcim.app.recipes import load_recipe
from labcim.cli.exit_codes import ExitCode
from labcim.cli.main import run_command
from labcim.sim_backend.chip.truth import Truth

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture
def said(capsys):
    """Return a function that runs a command that must succeed, and returns what it printed."""

    def run(*words):
        assert run_command([str(word) for word in words]) == ExitCode.DONE
        return capsys.readouterr().out

    return run


def small_chip(said, folder):
    chip, bench = folder / "chip.toml", folder / "bench.toml"
    said("chip", "new", chip, "--rows", 8, "--columns", 8, "--seed", 3)
    said("new", "bench", bench, "--chip", chip)
    return chip, bench


def test_a_new_chip_and_a_new_bench_fit_each_other(said, tmp_path):
    _, bench = small_chip(said, tmp_path)
    told = json.loads(said("check", bench, "--json"))
    assert told["faults"] == []
    assert "CROSSBAR BOARD" in told["instruments"]["board"].upper()


def test_a_run_from_a_script_says_all_in_json_and_is_listed_shown_and_exported(said, tmp_path):
    _, bench = small_chip(said, tmp_path)
    record = tmp_path / "r.sqlite"
    words = ("--bench", bench, "--record", record, "--json")
    told = json.loads(said("run", EXAMPLES / "recipes" / "form.toml", *words))
    assert (told["state"], told["safe"]) == ("completed", True)
    (listed,) = json.loads(said("list", "--record", record, "--json"))
    assert listed["run"] == told["run"]
    shown = json.loads(said("show", told["run"][:8], "--record", record, "--json"))
    assert shown["summary"]["hash"] == told["hash"]
    paths = json.loads(said("export", "last", "--to", tmp_path, "--record", record, "--json"))
    assert {Path(path).stat().st_size > 0 for path in paths} == {True}
    assert "report" in said("report", "last", "--to", tmp_path / "r.html", "--record", record)


def test_the_cost_of_a_run_counts_what_the_chip_saw_and_says_what_is_assumed(said, tmp_path):
    _, bench = small_chip(said, tmp_path)
    record = tmp_path / "r.sqlite"
    words = ("--bench", bench, "--record", record, "--json")
    run = json.loads(said("run", EXAMPLES / "recipes" / "form.toml", *words))
    told = json.loads(said("cost", "last", "--record", record, "--json"))
    items = {item["what"]: item for item in told["items"]}
    assert items["pulses, in cells"]["count"] == run["pulses"]
    truth = Truth(tmp_path / "chip.state")
    pulses, reads = truth.pulses(), truth.reads()
    reads = reads[np.isclose(reads["amplitude"], 0.2)]  # contacts were checked at less
    assert items["readings, in cells"]["count"] == 3 * len(reads)
    for what, seen in (("pulses, in cells", pulses), ("readings, in cells", reads)):
        energy = np.abs(seen["amplitude"].astype(float) * seen["current"]) * seen["width"]
        assert items[what]["energy"] == pytest.approx(energy.sum(), rel=1e-3)
    assert told["bench_time"] == pytest.approx(run["modelled_time"])
    assert told["area"]["pitch"] == 1e-7
    wide = ("cost", "last", "--record", record, "--assume", "pitch=1 um")
    shown = said(*wide)
    for word in ("readings", "[A] as told", "Shafiee", "not counted"):
        assert word in shown
    assert json.loads(said(*wide, "--json"))["area_cells"] == pytest.approx(64e-12)


@pytest.mark.parametrize("wrong", ["pitch", "size=1", "pitch=-1 um", "pitch=1 V", "pitch=nan"])
def test_an_assumption_that_is_none_is_refused(wrong, capsys):
    assert run_command(["cost", "last", "--assume", wrong]) == ExitCode.BAD_INPUT
    said = capsys.readouterr().err
    assert "accepts" in said or "expected m" in said


def test_a_dry_run_says_units_pulses_time_and_worst_voltages_and_touches_nothing(said, tmp_path):
    chip, bench = small_chip(said, tmp_path)
    state = {p.name: p.stat().st_mtime_ns for p in (tmp_path / "chip.state").iterdir()}
    told = json.loads(
        said("run", EXAMPLES / "recipes" / "face.toml", "--bench", bench, "--dry-run", "--json")
    )
    assert told["cells"] == 64
    assert told["worst_voltage"] == {"row": 3.3, "column": 3.3, "gate": 5.0}
    assert told["pulses"] > 64 and told["bench_time"] > 0
    assert {p.name: p.stat().st_mtime_ns for p in chip.with_suffix(".state").iterdir()} == state


@pytest.mark.parametrize("name", plugins.protocol_names())
def test_a_written_recipe_reads_back_with_all_defaults(said, tmp_path, name):
    path = tmp_path / "recipe.toml"
    said("new", "recipe", name, path)
    defaults = plugins.protocol(name).recipe.from_mapping(
        {"image": "face"} if "image" in plugins.protocol(name).recipe.model_fields else {}
    )
    assert tomllib.loads(path.read_text("utf-8"))["protocol"] == name
    written, wanted = load_recipe(path).model_dump(), defaults.model_dump()
    for key, value in wanted.items():
        assert written[key] == (pytest.approx(value) if isinstance(value, float) else value), key


def test_explain_names_every_value_with_default_and_bounds(said):
    told = json.loads(said("explain", "write_verify", "--json"))
    fields = {field["name"]: field for field in told["fields"]}
    assert fields["tolerance"]["default"] == "1 µS"
    assert "> 0 S" in fields["tolerance"]["accepts"]
    assert all(field["doc"] for field in told["fields"])


def test_a_protocol_of_ones_own_runs_from_its_folder(said, tmp_path):
    _, bench = small_chip(said, tmp_path)
    folder = tmp_path / "mine"
    folder.mkdir()
    said("new", "protocol", "my_reads", folder / "my_reads.py")
    path = tmp_path / "recipe.toml"
    path.write_text('protocol = "my_reads"\nrepeats = 2\n', encoding="utf-8")
    words = ("--bench", bench, "--record", tmp_path / "r.sqlite", "--json", "--plugins", folder)
    assert json.loads(said("run", path, *words))["readings"] == 128


def test_find_lists_what_a_library_reaches_and_which_driver_fits(said, tmp_path):
    chip, _ = small_chip(said, tmp_path)
    found = json.loads(said("find", "--visa", f"{chip}@labcim", "--json"))
    assert {item["driver"] for item in found} == {"crossbar_board", "simulated_clock"}


def test_a_copied_chip_stands_where_the_first_one_does(said, tmp_path):
    chip, bench = small_chip(said, tmp_path)
    record = ("--record", tmp_path / "r.sqlite", "--json")
    said("run", EXAMPLES / "recipes" / "form.toml", "--bench", bench, *record)
    said("chip", "copy", chip, tmp_path / "twin.toml")
    one, two = (
        json.loads(said("chip", "show", p, "--json")) for p in (chip, tmp_path / "twin.toml")
    )
    assert one["formed"] == two["formed"] > 50
    said("chip", "reset", tmp_path / "twin.toml", "--yes")
    assert json.loads(said("chip", "show", tmp_path / "twin.toml", "--json"))["formed"] == 0


def test_the_json_of_a_fresh_chip_has_null_where_no_cell_conducts_yet(said, tmp_path):
    chip, _ = small_chip(said, tmp_path)

    def refused(word):
        raise AssertionError(f"{word} is not JSON")

    shown = json.loads(said("chip", "show", chip, "--json"), parse_constant=refused)
    assert shown["conductance_quartiles"] == [None, None, None]


def test_the_version_is_said_by_the_module_too():
    words = [sys.executable, "-m", "labcim", "--version"]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert done.stdout.strip().count(".") == 2


def test_every_document_of_a_run_can_be_watched_in_words_and_in_json(said, tmp_path):
    import labcim
    from labcim.cli.document_lines import json_line, line_of

    _, bench = small_chip(said, tmp_path)
    record = tmp_path / "r.sqlite"
    words = ("--bench", bench, "--record", record, "--json")
    said("run", EXAMPLES / "recipes" / "form.toml", *words)
    with labcim.open_record(record) as kept:
        documents = list(kept.documents("last"))
    kinds = {json.loads(json_line(document))["kind"] for document in documents}
    assert kinds >= {"RunStart", "Channels", "Attempt", "Pulses", "Readings", "UnitDone", "RunStop"}
    assert line_of(documents[-1]) == "completed: all units done"
