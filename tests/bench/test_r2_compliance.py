"""R2: conductance by compliance current, one SET and no verify, on hidden chips of ``hfo2-analog``.

The preset's truth: G = I_C / 0.45 V, beta 247 uA/V^2, V_T 0.6 V, 15 mV from cell to cell.
"""

import numpy as np
import pandas as pd
import pytest

import labcim

from .any_chip import any_chip, ran, result, truth_of
from .conftest import small_bench
from .judging import assert_same_pulses

SEEDS = (1, 2, 3, 4, 5)
V_C = 0.45
T_95 = 2.776  # Student's t, 4 degrees of freedom
NEURRAM = {  # currents that cells of at most 40 uS can be set by
    "lowest": 5e-6, "highest": 15e-6, "gate_start": 0.75, "gate_stop": 1.0, "levels": 3,
    "off_below": 4e-6,
}  # fmt: skip


@pytest.fixture(scope="module")
def tuned(tmp_path_factory):
    """Return (run, truth) of five chips."""
    done = []
    for seed in SEEDS:
        path = any_chip(tmp_path_factory.mktemp("r2"), 12, 12, preset="hfo2-analog", seed=seed)
        done.append((ran(path, "compliance_tuning"), truth_of(path)))
    return done


def interval(values):
    half = T_95 * np.std(values, ddof=1) / np.sqrt(len(values))
    return np.mean(values) - half, np.mean(values) + half


def values(tuned, name):
    return np.array([result(run, name)["value"] for run, _ in tuned])


def test_r2_conductance_is_the_current_over_v_c_within_3_percent(tuned):
    slope = values(tuned, "G / I_C, mean") * V_C
    low, high = interval(slope)
    assert 0.97 <= low and high <= 1.03
    assert np.all(np.abs(slope - 1.0) <= 0.03)


def test_r2_v_c_is_recovered_within_3_percent_and_its_interval_holds_it(tuned):
    found = [result(run, "V_C") for run, _ in tuned]
    assert all(abs(one["value"] / V_C - 1.0) <= 0.03 for one in found)
    assert sum(one["low"] <= V_C <= one["high"] for one in found) >= 4  # of 5, at 95 % each


def test_r2_conductance_is_linear_in_the_current_with_r_squared_above_098(tuned):
    low, _ = interval(values(tuned, "G over I_C, R^2 of the levels"))
    assert low > 0.98


def test_r2_eight_levels_are_told_apart_for_95_percent_of_the_cells(tuned):
    """By the protocol, and over the truly good cells with edges between medians, found here."""
    assert interval(values(tuned, "found in their own level"))[0] >= 0.95
    for run, truth in tuned:
        rows = run.readings()
        good = (truth.cells()["stuck"] == 0) & (truth.cells()["formed"] != 0)
        rows = rows[(rows["level"] > 0) & good[rows["cell"]]]
        log = np.log(rows["conductance"].clip(lower=1e-9))
        middle, spread = log.groupby(rows["level"]).median(), log.groupby(rows["level"]).std()
        assert len(middle) == 8
        edges = [
            (middle[k] * spread[k + 1] + middle[k + 1] * spread[k]) / (spread[k] + spread[k + 1])
            for k in range(1, 8)
        ]
        assert np.mean(np.searchsorted(edges, log) + 1 == rows["level"]) >= 0.94


def test_the_law_of_the_gates_is_recovered_from_currents(tuned):
    assert np.all(np.abs(values(tuned, "gate threshold") - 0.6) < 0.015)
    assert np.all(np.abs(values(tuned, "gate law, beta") / 247e-6 - 1.0) < 0.04)


def test_relative_scatter_falls_as_the_current_rises(tuned):
    for run, _ in tuned:
        names = [n for n in run.results()["name"] if n.startswith("sigma of ln G")]
        spread = [result(run, name)["value"] for name in names]
        assert spread[0] > 1.5 * spread[-2]


def test_each_cell_got_one_set_for_a_level_and_every_pulse_is_on_record(tuned):
    run, truth = tuned[0]
    assert_same_pulses(truth, run)


def test_with_the_instruments_compliance_no_gate_is_calibrated(tmp_path):
    path = any_chip(tmp_path, 12, 12, preset="hfo2-analog", seed=7)
    run = ran(path, "compliance_tuning", by="instrument", levels=4)
    assert result(run, "V_C")["value"] == pytest.approx(V_C, rel=0.03)
    assert "gate threshold" not in set(run.results()["name"])
    rows = run.readings()
    assert np.allclose(rows["gate"], 3.3)
    assert rows["compliance"].max() == pytest.approx(200e-6)


def test_currents_beyond_the_gates_that_were_tried_are_refused_by_name(tmp_path):
    path = any_chip(tmp_path, 4, 4, preset="hfo2-analog", seed=8)
    run = ran(path, "compliance_tuning", gate_stop=1.2)
    assert run.stop.state == "failed"
    assert "widen gate_start and gate_stop" in run.stop.reason


def test_the_probe_station_sets_levels_too(tmp_path):
    path = small_bench("probed", tmp_path, 4)
    with labcim.open_bench(path, record=tmp_path / "r.sqlite") as bench:
        bench.run(labcim.new_recipe("form"))
        run = bench.run(labcim.new_recipe("compliance_tuning", cells="0:2, 0:4", **NEURRAM))
    assert run.stop.state == "completed"
    assert result(run, "V_C")["value"] == pytest.approx(V_C, rel=0.15)  # eight cells
    assert sorted(run.readings()["level"].unique()) == [0, 1, 2, 3]


def test_a_run_that_is_cut_off_goes_on_with_the_levels_that_are_left(tmp_path):
    path = any_chip(tmp_path, 6, 6, preset="hfo2-analog", seed=9)
    with labcim.open_bench(path, record=tmp_path / "r.sqlite") as bench:
        seen = []

        def cut(unit, fraction, text):
            seen.append(unit)
            if unit == "level-3":
                bench.steering.request("abort", "enough")

        recipe = labcim.new_recipe("compliance_tuning", levels=5)
        first = bench.run(recipe, on_progress=cut)
        again = bench.resume("last")
    assert first.stop.state == "aborted" and again.stop.state == "completed"
    rows = pd.concat([first.readings(), again.readings()])
    assert again.readings()["level"].min() == 3
    assert rows[rows["level"] > 0].groupby("level")["cell"].nunique().tolist() == [36] * 5
    currents = rows[rows["level"] > 0].groupby("level")["compliance"].nunique()
    assert currents.tolist() == [1] * 5
