"""A bench whose wiring is not what its file says is found by a check and before a run's pulses."""

import json
from pathlib import Path

import pytest

import labcim
from labcim.app.record import RunView
from labcim.cli.main import run_command
from labcim.sim_backend.chip.truth import Truth

from .conftest import small_bench

SIZE = 8

#: What is wrong, and which sentences tell it: on the board, on the probed chip.
FAULTS = {
    'open = ["row.3"]': (["row 3 is open"],) * 2,
    'open = ["column.2"]': (["column 2 is open"],) * 2,
    'open = ["gate.5"]': (["column 5 is open"],) * 2,
    'swapped = [["column.1", "column.6"]]': (
        ["column 1 holds the place of column 6", "column 6 holds the place of column 1"],
        ["column 1 is open", "column 6 is open"],
    ),
    'swapped = [["gate.1", "gate.6"]]': (
        ["column 1 holds the place of column 6", "column 6 holds the place of column 1"],
        ["column 1 is open", "column 6 is open"],
    ),
    'swapped = [["row.1", "column.6"]]': (["row 1 is open", "column 6 is open"], ["row 1 is open"]),
    'shorted = [["row.1", "row.6"]]': (["row 1 is shorted to row 6"],) * 2,
    'shorted = [["column.0", "column.7"]]': (["column 0 is shorted to column 7"],) * 2,
    'shorted = [["row.3", "column.2"]]': (["row 3 is shorted to column 2"],) * 2,
    'shorted = [["gate.1", "gate.4"]]': (
        ["column 1 has its gate shorted to gate 4"],
        ["column 1 is open", "column 4 is open"],
    ),
    'shorted = [["row.3", "gate.2"]]': (["row 3 is shorted"],) * 2,
}
CASES = [
    (kind, fault, told)
    for fault, said in FAULTS.items()
    for kind, told in zip(("board", "probed"), said, strict=True)
]


@pytest.fixture
def check(capsys):
    """Return a function that gives exit code and faults of ``labcim check``."""

    def run_check(path: Path) -> tuple[int, list[str]]:
        record = str(path.with_name("record.sqlite"))
        code = run_command(["check", str(path), "--record", record, "--json"])
        return code, json.loads(capsys.readouterr().out)["faults"]

    return run_check


def run(path: Path, protocol: str) -> RunView:
    with labcim.open_bench(path, record=path.with_name("record.sqlite")) as bench:
        return bench.run(labcim.new_recipe(protocol))


@pytest.mark.parametrize(("kind", "fault", "told"), CASES)
def test_a_fault_is_found_by_a_check_and_by_a_run_before_its_first_pulse(
    kind, fault, told, tmp_path
):
    path = small_bench(kind, tmp_path, SIZE, faults=fault)
    with labcim.open_bench(path, record=path.with_name("record.sqlite")) as bench:
        assert set(told) <= set(bench.check_contacts())
        view = bench.run(labcim.new_recipe("form"))
    assert view.stop.state == "failed"
    assert all(sentence in view.stop.reason for sentence in told)
    assert len(Truth(tmp_path / "chip.state").pulses()) == 0


@pytest.mark.parametrize("kind", ["board", "probed"])
def test_the_command_names_the_line_and_ends_with_1(kind, check, tmp_path):
    path = small_bench(kind, tmp_path, SIZE, faults='open = ["row.3"]')
    assert check(path) == (1, ["row 3 is open"])


def exchanged(path: Path, one: str, other: str) -> None:
    """Exchange two lines of a chip that is in use."""
    chip = path.with_name("chip.toml")
    text = chip.read_text("utf-8") + f'\n[faults]\nswapped = [["{one}", "{other}"]]\n'
    chip.write_text(text, "utf-8")


@pytest.mark.parametrize(("kind", "size"), [("board", 16), ("probed", 8)])
def test_rows_that_change_places_are_found_by_what_is_on_record(kind, size, check, tmp_path):
    path = small_bench(kind, tmp_path, size)
    formed(path)
    assert run(path, "read_map").stop.state == "completed"
    exchanged(path, "row.1", "row.6")
    code, faults = check(path)
    assert (code, faults) == (
        1,
        ["row 1 holds the place of row 6", "row 6 holds the place of row 1"],
    )
    view = run(path, "program_image")
    assert view.stop.state == "failed"
    assert "row 1 holds the place of row 6" in view.stop.reason
    assert len(Truth(tmp_path / "chip.state").pulses()) == 0


def test_rows_of_a_virgin_chip_are_alike_so_that_exchanging_them_is_a_renaming(check, tmp_path):
    path = small_bench("board", tmp_path, SIZE, faults='swapped = [["row.1", "row.6"]]')
    assert check(path) == (0, [])


@pytest.mark.parametrize("kind", ["board", "probed"])
def test_a_bench_as_its_file_says_is_called_good(kind, check, tmp_path):
    path = small_bench(kind, tmp_path, SIZE)
    assert check(path) == (0, [])


@pytest.mark.parametrize("seed", range(10))
def test_a_good_bench_raises_no_alarm_fresh_or_with_a_map_on_record(seed, check, tmp_path):
    fresh = small_bench("board", tmp_path / "fresh", 16, seed=str(seed))
    assert check(fresh) == (0, [])
    known = small_bench("board", tmp_path / "known", 16, seed=str(seed))
    formed(known)
    run(known, "read_map")
    assert check(known) == (0, [])


def test_a_map_that_an_unfinished_run_made_old_raises_no_alarm(check, tmp_path):
    path = small_bench("board", tmp_path, 16)
    formed(path)
    run(path, "read_map")
    with labcim.open_bench(path, record=path.with_name("record.sqlite")) as bench:

        def abort(_unit: str, fraction: float, _text: str) -> None:
            if fraction > 0.3:
                bench.steering.request("abort", "a test says so")

        view = bench.run(labcim.new_recipe("program_image"), on_progress=abort)
    assert view.stop.state == "aborted"
    assert view.stop.pulses > 0
    assert check(path) == (0, [])


def formed(path: Path) -> None:
    """Let the chip leave the fab formed."""
    chip = path.with_name("chip.toml")
    chip.write_text(chip.read_text("utf-8").replace("[chip]", "[chip]\nformed = true"), "utf-8")
