"""R13 and D22: disturb found where it is, and no alarm where it is not, judged by the truth."""

import numpy as np
import pytest

import labcim
from labcim.sim_backend.chip.chip_file import ChipFile
from labcim.sim_backend.chip.manage import ensure_state
from labcim.sim_backend.chip.state import ChipState

from .any_chip import any_chip, ran, result, truth_of
from .conftest import small_bench

HALVES = ["half-select SET", "half-select RESET"]
MEANT = np.arange(12) * 13  # cells on the diagonal, which pulses are meant for


def spread_out(path, low, high, seed):
    """Give all cells conductances in S that are evenly spread; return nothing to the protocol."""
    chip = ChipFile.load(path.parent / "chip.toml")
    ensure_state(chip)
    state = ChipState(chip)
    state.cells["conductance"] = np.random.default_rng(seed).uniform(low, high, len(state.cells))
    state.close()


def passive(folder, preset, seed):
    return any_chip(folder, 12, 12, preset=preset, kind="passive", seed=seed)


@pytest.mark.parametrize("seed", range(1, 6))
def test_d22_fewer_than_1_percent_of_taox_cells_move_in_1000_half_selects(tmp_path, seed):
    path = passive(tmp_path, "taox-passive", seed)
    ran(path, "read_map")
    before = truth_of(path).cells()["conductance"].copy()
    view = ran(path, "disturb", stresses=HALVES)
    after = truth_of(path).cells()["conductance"]
    victims = np.setdiff1d(np.arange(144), MEANT)
    assert np.mean(np.abs(after / before - 1.0)[victims] > 0.01) <= 0.01
    for name in HALVES:
        assert result(view, f"{name}: cells surely moved")["outcome"] == "PASS"


@pytest.mark.parametrize("seed", range(1, 6))
def test_d22_the_default_rram_constants_raise_the_alarm_on_a_passive_chip(tmp_path, seed):
    path = passive(tmp_path, "neurram-130nm", seed)
    spread_out(path, 2e-6, 38e-6, seed)
    before = truth_of(path).cells()["conductance"].copy()
    view = ran(path, "disturb", stresses=HALVES[:1])
    after = truth_of(path).cells()["conductance"]
    victims = np.setdiff1d(np.arange(144), MEANT)
    true = np.mean(np.abs(after / before - 1.0)[victims] > 0.01)
    assert true > 0.3
    assert result(view, "half-select SET: cells surely moved")["outcome"] == "FAIL"
    found = result(view, "half-select SET: cells moved")
    assert found["low"] - 0.1 <= true <= found["high"] + 0.1
    rise = result(view, "half-select SET disturb per 1000, mean")
    assert rise["low"] > 0.0
    true_rise = np.mean((after / before - 1.0)[victims])
    assert rise["low"] <= true_rise * 1.05
    assert rise["high"] >= true_rise * 0.95


@pytest.mark.parametrize("seed", range(1, 6))
def test_r13_no_alarm_on_a_clean_chip(tmp_path, seed):
    path = any_chip(tmp_path, 8, 8, preset="neurram-130nm", seed=seed)
    view = ran(path, "disturb", reads=10_000, half_selects=50, write_voltage="0.8 V")
    table = view.results()
    assert set(table[table["upper_limit"].notna()]["outcome"]) == {"PASS"}
    mean = result(view, "read disturb per 1e6 reads, mean")
    assert mean["low"] < mean["high"]


@pytest.mark.slow
def test_r13_a_million_reads_of_each_cell_raise_no_alarm(tmp_path):
    for seed in range(1, 6):
        path = any_chip(tmp_path / str(seed), 8, 8, preset="neurram-130nm", seed=seed)
        view = ran(path, "disturb", stresses=["read"])
        assert view.readings()["stresses"].eq(1_000_000).all()
        assert result(view, "read: cells surely moved")["outcome"] == "PASS"
        assert abs(result(view, "read disturb per 1e6 reads, mean")["value"]) < 0.01


def test_half_selects_by_lines_reach_cells_behind_transistors(tmp_path):
    path = any_chip(tmp_path, 8, 8, preset="neurram-130nm", seed=1)
    spread_out(path, 2e-6, 38e-6, 1)
    recipe = {"stresses": HALVES[:1], "half_selects": 100}
    third = ran(path, "disturb", scheme="third", write_voltage="1.4 V", **recipe)
    assert result(third, "half-select SET: cells surely moved")["value"] == 0.0
    half = ran(path, "disturb", **recipe)
    assert result(half, "half-select SET: cells moved")["value"] > 0.15


def test_reads_are_given_on_the_probed_chip(tmp_path):
    path = small_bench("probed", tmp_path, 4)
    ran(path, "form", cells="0:1, 0:2")
    view = ran(path, "disturb", cells="0:1, 0:2", stresses=["read"], reads=10_000, averages=3)
    assert view.stop.state == "completed"
    assert view.pulses()["count"].max() == 10_000


def test_half_selects_behind_transistors_need_lines(tmp_path):
    path = small_bench("probed", tmp_path, 4)
    view = ran(path, "disturb", way="cells", stresses=HALVES[:1], cells="0:1, 1:2", half_selects=2)
    assert view.stop.state == "completed"  # pulses on others, which leave it alone
    assert view.readings()["stresses"].tolist() == [2]


def test_stresses_that_are_done_are_not_given_again_on_resume(tmp_path):
    path = small_bench("board", tmp_path, 4)
    with labcim.open_bench(path, record=tmp_path / "r.sqlite") as bench:
        bench.run(labcim.new_recipe("form"))
        units = []

        def cut(unit, fraction, text):
            units.append(unit)
            if len(set(units)) == 2:
                bench.steering.request("abort", "enough")

        recipe = labcim.new_recipe("disturb", reads=500, half_selects=10)
        assert bench.run(recipe, on_progress=cut).stop.units_done == 1
        view = bench.resume("last")
    assert view.stop.state == "completed"
    assert view.readings().groupby("stress").size().to_dict() == {1: 16, 2: 16}
    names = set(view.results()["name"])
    assert {f"{name}: cells moved" for name in (*HALVES, "read")} <= names
