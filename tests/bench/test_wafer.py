"""A pass over a wafer: runs by die, touchdowns, skips, stops, re-tests; going on after a cut."""

import csv
import json

import pytest

import labcim
from labcim.app.wafer import WaferPass
from labcim.app.wafer_page import dies_on_record, write_pages
from labcim.app.wafer_plan import WaferPlan
from labcim.cli.main import run_command
from labcim.errors import RecipeError
from labcim.sim_backend.chip.truth import Truth

from .conftest import copy_bench, small_bench

CHIP = "neurram-8x8"


def station(folder, **changes):
    """Return (bench file, record) of the example's probe station."""
    return copy_bench("wafer", folder, **changes), folder / "record.sqlite"


def plan_of(path, old="", new=""):
    text = (path.parent / "plan.toml").read_text()
    assert old in text
    (path.parent / "plan.toml").write_text(text.replace(old, new))
    return WaferPlan.load(path.parent / "plan.toml")


def passed_over(path, record, plan, **more):
    with labcim.open_bench(path, record=record) as bench:
        return WaferPass(bench, plan, **more)()


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    """Return (bench file, record, plan, what is known of every die) of the example."""
    path, record = station(tmp_path_factory.mktemp("wafer"))
    plan = plan_of(path)
    return path, record, plan, passed_over(path, record, plan)


def test_every_die_but_the_bad_one_passes(done):
    outcomes = {die.die: die.outcome for die in done[3]}
    assert outcomes == {
        (0, 1): "PASS",
        (-1, 0): "PASS",
        (0, 0): "PASS",
        (1, 0): "FAIL",
        (0, -1): "PASS",
    }


def test_a_die_that_did_not_form_is_not_programmed(done):
    bad = next(die for die in done[3] if die.die == (1, 0))
    assert [run and run.protocol for run in bad.runs] == ["form", None]


def test_each_die_has_runs_and_pulses_of_its_own_on_record(done):
    path, record, plan, dies = done
    folder = path.parent / "chip.state"
    with labcim.open_record(record) as kept:
        for die in dies:
            ledger = kept.ledger(plan.chip_of(CHIP, die.die))
            truth = Truth(folder / "die_{}_{}".format(*die.die)).pulses()
            assert ledger["pulses"].sum() == len(truth)


def test_the_wafer_never_moved_under_voltage(done):
    path, _, _, dies = done
    for die in dies:
        truth = Truth(path.parent / "chip.state" / "die_{}_{}".format(*die.die))
        assert not (truth.actions()["kind"] == b"torn").any()


def test_a_missed_touchdown_is_repeated_before_any_pulse(done):
    path, _, _, dies = done
    again = [die for die in dies if die.touchdowns > 1]
    assert again
    for die in again:
        truth = Truth(path.parent / "chip.state" / "die_{}_{}".format(*die.die))
        touches = truth.actions()["time"][truth.actions()["kind"] == b"touchdown"]
        assert len(touches) == die.touchdowns
        assert truth.pulses()["time"].min() > touches.max()


def test_a_second_pass_moves_nothing_and_knows_the_same(done):
    path, record, plan, dies = done
    again = passed_over(path, record, plan)
    assert [(die.die, die.outcome) for die in again] == [(d.die, d.outcome) for d in dies]
    assert sum(die.touchdowns for die in again) == 0


def test_the_record_knows_lot_wafer_and_die(done):
    _, record, plan, dies = done
    found = {(die.die, die.outcome) for die in dies_on_record(str(record), plan, CHIP)}
    assert found == {(die.die, die.outcome) for die in dies}


def test_the_pages_show_map_and_dies_and_the_table_is_for_others(done, tmp_path):
    _, record, plan, dies = done
    index = write_pages(str(record), plan, CHIP, dies, tmp_path)
    page = index.read_text("utf-8")
    assert page.count("<rect") == len(dies)
    assert "4 of 5 dies pass" in page
    with (tmp_path / "wafer.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    outcomes = {(int(r["x"]), int(r["y"])): r["outcome"] for r in rows if r["quantity"] == "die"}
    assert outcomes == {die.die: die.outcome for die in dies}
    for die in dies:
        sheet = (tmp_path / "die_{}_{}.html".format(*die.die)).read_text("utf-8")
        assert f'<span class="{die.outcome}">' in sheet
        assert "cells formed" in sheet


def test_the_command_tells_and_ends_with_the_verdict(done, capsys):
    path, record, _, dies = done
    words = ["wafer", path.parent / "plan.toml", "-b", path, "-r", record, "--show", "--json"]
    assert run_command([str(word) for word in words]) == 1
    said = json.loads(capsys.readouterr().out)
    assert {(die["x"], die["y"]): die["outcome"] for die in said} == {
        die.die: die.outcome for die in dies
    }


def test_a_pass_that_was_stopped_goes_on_where_it_stopped(tmp_path):
    path, record = station(tmp_path, missed="0.0")
    plan = plan_of(path)
    with labcim.open_bench(path, record=record) as bench:

        def enough(unit, fraction, text):
            if fraction > 0.3:
                bench.steering.request("abort", "enough")

        first = WaferPass(bench, plan, enough)()
    assert [die.outcome for die in first].count("PASS") in (1, 2)
    assert "ABORTED" in {die.outcome for die in first}
    second = passed_over(path, record, plan)
    assert [die.outcome for die in second].count("PASS") == 4
    kept = {die.die: die.runs for die in first if die.outcome == "PASS"}
    for die in second:
        if die.die in kept:
            assert [r.run for r in die.runs] == [r.run for r in kept[die.die]]


def test_a_die_that_failed_is_done_again_as_often_as_the_plan_says(tmp_path):
    path, record = station(tmp_path, missed="0.0")
    plan = plan_of(path, "retests = 0 ", "retests = 2 ")
    bad = next(die for die in passed_over(path, record, plan) if die.die == (1, 0))
    assert bad.touchdowns == 3
    with labcim.open_record(record) as kept:
        assert len(kept.runs(search="(1,0)")) == 3


def test_needles_that_touch_nothing_end_the_pass(tmp_path):
    path, record = station(tmp_path, missed="1.0")
    plan = plan_of(path, "stop_after = 3", "stop_after = 2")
    dies = passed_over(path, record, plan)
    assert [die.outcome for die in dies] == ["ERROR"] * 2 + ["ABORTED"] * 3
    assert [die.touchdowns for die in dies] == [3, 3, 0, 0, 0]
    assert "row" in dies[0].trouble


def test_a_bench_without_a_prober_has_no_wafer(tmp_path):
    path = small_bench("board", tmp_path / "board", 4)
    plan = plan_of(copy_bench("wafer", tmp_path / "wafer"))
    with labcim.open_bench(path, record=tmp_path / "r.sqlite") as bench:
        with pytest.raises(RecipeError, match="no prober"):
            WaferPass(bench, plan)()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('recipe = "levels.toml"', 'recipe = "form.toml"', "the same"),
        ('recipe = "levels.toml"', 'recipe = "nowhere.toml"', "no such file"),
        ('dies = "all"', "dies = [[0, 0], [0, 0]]", "each die once"),
        ('wafer = "W7"', 'wafer = "W/7"', "wafer"),
        ("retests = 0 ", "retest = 0 ", "retest"),
    ],
)
def test_a_plan_that_makes_no_sense_is_refused(tmp_path, old, new, said):
    path, _ = station(tmp_path)
    with pytest.raises(RecipeError, match=said):
        plan_of(path, old, new)


def test_a_recipe_that_is_edited_during_a_pass_does_not_change_it(tmp_path):
    path, record = station(tmp_path, missed="0.0")
    plan = plan_of(path)

    def edit(unit, fraction, text):
        (tmp_path / "levels.toml").write_text('protocol = "read_map"\n')

    dies = passed_over(path, record, plan, on_progress=edit)
    assert {run.protocol for die in dies for run in die.runs if run} == {"form", "write_verify"}
