"""A recipe's limits on a whole bench: outcomes of cells and array, a yield map, exit codes."""

import json

import numpy as np
import pytest

import labcim
from labcim.cli.main import run_command
from labcim.quantity_limit import Limit
from labcim.verdicts import Verdict

from .conftest import small_bench

LIMITS = {"conductance": {"low": "5 uS"}, "cells in limits": {"low": "90 %"}}


@pytest.fixture(scope="module")
def formed(tmp_path_factory):
    """Return (bench file, record, the run of a form that leaves some of 64 cells below 20 µS)."""
    folder = tmp_path_factory.mktemp("verdicts")
    path, record = small_bench("board", folder, 8), folder / "record.sqlite"
    recipe = labcim.new_recipe("form", block=16, limits={"conductance": {"low": "20 uS"}})
    with labcim.open_bench(path, record=record) as bench:
        return path, record, bench.run(recipe)


def test_each_cell_has_an_outcome_that_its_last_reading_gives(formed):
    _, _, run = formed
    rows = run.readings().set_index("cell")
    expected = np.where(rows["conductance"] >= 20e-6, "PASS", "FAIL")
    outcomes = run.outcomes()
    assert len(outcomes) == 64
    assert set(outcomes) == {"PASS", "FAIL"}
    assert list(outcomes[rows.index]) == list(expected)


def test_the_yield_is_a_result_with_its_interval(formed):
    _, _, run = formed
    result = run.results().set_index("name").loc["cells in limits"]
    assert result["value"] == pytest.approx((run.outcomes() == "PASS").mean())
    assert result["low"] < result["value"] < result["high"]


def test_the_report_has_a_yield_map(formed, tmp_path):
    _, _, run = formed
    assert "Yield" in run.report(tmp_path / "report.html").read_text("utf-8")


def test_an_aborted_run_leaves_aborted_cells(formed, tmp_path):
    path, record, _ = formed
    with labcim.open_bench(path, record=record) as bench:

        def enough(unit, fraction, text):
            if fraction > 0.3:
                bench.steering.request("abort", "enough")

        recipe = labcim.new_recipe("write_verify", block=16, limits=LIMITS)
        run = bench.run(recipe, on_progress=enough)
    outcomes = run.outcomes()
    assert run.outcome == "ABORTED"
    done = set(run.readings()["cell"])
    assert set(outcomes.index[outcomes == "ABORTED"]) == set(outcomes.index) - done
    assert 0 < len(done) < len(outcomes)
    assert run.readings()["verdict"].isin([Verdict.PASS, Verdict.FAIL]).all()


@pytest.mark.parametrize(("low", "code", "outcome"), [("1 nS", 0, "PASS"), ("1 S", 1, "FAIL")])
def test_the_command_ends_with_the_verdict(formed, capsys, tmp_path, low, code, outcome):
    path, record, _ = formed
    recipe = tmp_path / "recipe.toml"
    recipe.write_text(
        f'protocol = "read_map"\n[limits.conductance]\nlow = "{low}"\n'
        '[limits."cells in limits"]\nlow = "50 %"\n'
    )
    words = ["run", str(recipe), "--bench", str(path), "--record", str(record), "--json"]
    assert run_command(words) == code
    results = {r["name"]: r for r in json.loads(capsys.readouterr().out)["results"]}
    assert results["cells in limits"]["outcome"] == outcome


def test_people_read_percent_and_programs_a_number(formed):
    _, _, run = formed
    shown = dict(row[:2] for row in run.result_rows())["cells in limits"]
    result = run.results().set_index("name").loc["cells in limits"]
    assert shown.endswith(" %")
    assert float(shown.removesuffix(" %")) == pytest.approx(100 * result["value"], rel=1e-3)
    assert result["unit"] == "1"
    told = next(r for r in run.as_dict()["results"] if r["name"] == "cells in limits")
    assert (told["value"], told["unit"]) == (result["value"], "1")


def test_a_result_of_a_unit_done_before_a_stop_is_not_missed_after_it(formed, tmp_path):
    path, record = formed[0], tmp_path / "record.sqlite"
    stages = "form hold switch keep loop faults kinetics law write respond listen disturb cycle"
    plain = labcim.new_recipe("characterise", cells="0:2, 0:2", leave_out=stages.split())
    with labcim.open_bench(path, record=record) as bench:
        names = list(bench.run(plain).results()["name"])
        first = next(name for name in names if name.startswith("contacts: "))
        recipe = plain.model_copy(update={"limits": (Limit(name=first, high=1e9),)})

        def enough(unit, fraction, text):
            bench.steering.request("stop", "enough")

        assert bench.run(recipe, on_progress=enough).stop.state == "stopped"
        resumed = bench.resume()
    assert resumed.stop.state == "completed"
    assert first not in list(resumed.results()["name"])
