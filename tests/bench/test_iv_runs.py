"""I-V loops through whole benches: D1 on hidden chips, the probed chip, and a loop cut in two."""

import numpy as np
import pytest

import labcim

from .any_chip import any_chip, ran, result
from .conftest import small_bench

PRESET = {"set": 1.55, "reset": 1.35, "device": 0.10, "cycle": 0.05}  # V, of oxram-1t1r-64k
SEEDS = range(1, 6)


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    """Return results and first readings of loops on 12 cells of each of five hidden chips.

    Gates are the 2.5 V at which the preset states its thresholds; a RESET at 5 V comes first.
    """
    found = []
    for seed in SEEDS:
        folder = tmp_path_factory.mktemp(f"chip{seed}")
        path = any_chip(folder, 3, 4, preset="oxram-1t1r-64k", seed=seed)
        common = {"cells": "all", "dwell": "1 us", "set_limit": "1 mA", "step": "25 mV"}
        ran(path, "iv_sweep", span="only RESET", reset_stop="3 V", **common)
        loop = {"set_stop": "3 V", "set_gate": "2.5 V", "reset_stop": "2.2 V"}
        found.append(ran(path, "iv_sweep", reset_gate="2.5 V", **loop, **common))
    return found


def of_cells(views, name):
    tables = [view.results() for view in views]
    return np.concatenate([table[table["name"] == name]["value"] for table in tables])


def test_d1_set_and_reset_voltages_lie_within_three_sigma_of_the_preset(measured):
    """A SET starts later from a cell that was left higher: 200 uS take 1 V more."""
    sigma = 3.0 * np.hypot(PRESET["device"], PRESET["cycle"]) + 0.025  # and a step
    reset = -of_cells(measured, "RESET voltage")
    assert len(reset) >= 58
    assert np.mean(np.abs(reset - PRESET["reset"]) <= sigma) == 1.0
    rows = [view.readings() for view in measured]
    begun = np.concatenate(
        [r.query("polarity == 0").sort_values("cell")["conductance"] for r in rows]
    )
    found = of_cells(measured, "SET voltage")
    assert len(found) == len(begun) == 60
    onset = PRESET["set"] + np.maximum(begun - 6e-6, 0.0) / 200e-6
    assert np.abs(found - onset)[begun < 100e-6].max() <= sigma
    assert abs(np.mean(found - onset)) < 3.0 * 0.11 / np.sqrt(60) + 0.0125


def test_d1_the_on_state_is_ohmic_within_5_percent_up_to_0_3_volt(measured):
    for view in measured:
        bend = result(view, "deviation from ohmic above 75 uS, mean")
        assert bend["high"] < 0.05


def test_the_interval_of_the_set_voltage_is_over_cells(measured):
    found = result(measured[0], "SET voltage, mean over cells")
    cells = of_cells(measured[:1], "SET voltage")
    assert found["value"] == pytest.approx(cells.mean())
    half = 2.2010 * cells.std(ddof=1) / np.sqrt(12)  # Student's t, 11 degrees of freedom
    assert found["high"] - found["value"] == pytest.approx(half, rel=1e-3)


@pytest.mark.parametrize("read_at", ["bias", "read voltage"])
def test_pulsed_loops_run_on_the_probed_chip(tmp_path, read_at):
    path = small_bench("probed", tmp_path, 4)
    ran(path, "form", cells=[[0, 0]])
    view = ran(
        path, "iv_sweep", mode="pulsed", read_at=read_at, dwell="10 ms", step="0.25 V",
        set_trip="60 uA", pulses=1, span="RESET first",
    )  # fmt: skip
    rows = view.readings()
    assert view.stop.state == "completed"
    assert view.stop.safe
    measured = "current" if read_at == "bias" else "conductance"
    assert rows[rows["swept"]][measured].notna().all()
    assert result(view, "RESET voltage", cell=0)["value"] < 0.0


def test_a_trip_is_seen_on_record_and_no_point_goes_beyond_it(tmp_path):
    path = any_chip(tmp_path, 4, 4, preset="neurram-130nm", seed=2)
    view = ran(path, "iv_sweep", cells="all", set_trip="40 uA", set_gate="2.5 V", dwell="1 us")
    rows = view.readings().query("swept and polarity == 1")
    tripped = rows[rows["tripped"]]
    assert len(tripped) == 16
    for cell, at in tripped.groupby("cell"):
        mine = rows[rows["cell"] == cell]
        assert mine["voltage"].max() == at["voltage"].iloc[0]
    pulses = view.pulses().query("amplitude > 0")
    assert pulses.groupby("cell")["amplitude"].max().to_numpy() == pytest.approx(
        tripped.sort_values("cell")["voltage"].to_numpy()
    )


def test_a_loop_that_is_cut_off_is_read_and_done_again_on_resume(tmp_path):
    path = small_bench("board", tmp_path, 4)
    with labcim.open_bench(path, record=tmp_path / "r.sqlite") as bench:
        steps = []

        def cut(unit, fraction, text):
            steps.append(unit)
            if len(steps) == 6:
                bench.steering.request("abort", "enough")

        recipe = labcim.new_recipe("iv_sweep", cells="0:1, 0:4", cycles=2, set_trip="150 uA")
        assert bench.run(recipe, on_progress=cut).stop.state == "aborted"
        view = bench.resume("last")
    assert view.stop.state == "completed"
    assert sorted(view.readings()["cell"].unique()) == [0, 1, 2, 3]
