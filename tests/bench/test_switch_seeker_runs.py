"""The switch seeker through whole benches: hidden thresholds, other recipes, the probed chip."""

import numpy as np
import pytest

import labcim
from labcim.sim_backend.chip.chip_file import ChipFile
from labcim.sim_backend.chip.state import ChipState

from .any_chip import any_chip, ran, result
from .conftest import small_bench

SEEDS = range(1, 6)
DECADE, SLOPE, LOWEST, HIGHEST = 0.08, 40e-6, 1e-6, 40e-6  # of neurram-130nm


def device_of(path, name):
    """Return what is true of each cell's making."""
    state = ChipState(ChipFile.load(path.parent / "chip.toml"))
    values = np.array(state.devices[name])
    state.close()
    return values


@pytest.fixture(scope="module")
def chips(tmp_path_factory):
    """Return (bench file, run) of five hidden chips of 64 cells."""
    found = []
    for seed in SEEDS:
        path = any_chip(tmp_path_factory.mktemp("chip"), 8, 8, preset="neurram-130nm", seed=seed)
        found.append((path, ran(path, "switch_seeker", stop="2.9 V", step="40 mV")))
    return found


def errors(path, view, sign):
    """Return threshold less what the cell's own law says of the step that counted, in V.

    K log10(1 + 10^((V - V0) / decade)) with V0 where the line passes the conductance before.
    """
    rows = view.readings().query(
        "stage == 2 and polarity == @sign and whole and switched", local_dict={"sign": sign}
    )
    cell = rows["cell"].to_numpy()
    own = device_of(path, "set_voltage" if sign > 0 else "reset_voltage")[cell]
    height = rows["before"] - LOWEST if sign > 0 else HIGHEST - rows["before"]
    counted = np.log10(10.0 ** (rows["least"] / (SLOPE * DECADE)) - 1.0)
    return (rows["threshold"] - own - height / SLOPE - DECADE * counted).to_numpy(), cell


@pytest.mark.parametrize("sign", [1, -1])
def test_thresholds_are_those_of_the_hidden_cells_within_their_cycles(chips, sign):
    """Cycles scatter by 50 mV, steps by 12 mV; a high state has relaxed by 2 uS, or 50 mV."""
    off = np.concatenate([errors(*chip, sign)[0] for chip in chips])
    assert len(off) > 600
    assert abs(np.median(off)) < 0.065
    assert np.std(off) < 0.07


@pytest.mark.parametrize(("sign", "name"), [(1, "set_voltage"), (-1, "reset_voltage")])
def test_cells_with_higher_thresholds_are_found_so(chips, sign, name):
    word = "SET" if sign > 0 else "RESET"
    for path, view in chips:
        table = view.results()
        listed = table[table["name"] == f"{word} threshold"].sort_values("cell")
        true = device_of(path, name)[listed["cell"]]
        assert np.corrcoef(listed["value"], true)[0, 1] > 0.7


def test_write_verify_takes_the_recommended_values(chips):
    path, view = chips[0]
    names = ("set_start", "reset_start", "cap")
    values = {name: result(view, f"recommended {name}")["value"] for name in names}
    tuned = ran(path, "write_verify", target="20 uS", algorithm="plain", **values)
    assert (tuned.readings()["status"] == 1).mean() >= 0.98


def test_thresholds_are_found_on_the_probed_chip(tmp_path):
    path = small_bench("probed", tmp_path, 4)
    ran(path, "form", cells=[[0, 0], [2, 1]])
    view = ran(path, "switch_seeker", cells=[[0, 0], [2, 1]], cycles=1, stop="2.9 V")
    assert view.stop.state == "completed"
    assert view.stop.safe
    assert result(view, "cells that switch both ways")["value"] == 1.0


def test_thresholds_are_found_without_transistors(tmp_path):
    path = any_chip(tmp_path, 6, 6, preset="taox-passive", kind="passive", seed=3)
    view = ran(path, "switch_seeker", stop="2.5 V")
    assert result(view, "SET threshold, mean over cells")["value"] == pytest.approx(1.5, abs=0.15)


def test_ramps_that_were_cut_off_are_read_and_done_again_on_resume(tmp_path):
    path = small_bench("board", tmp_path, 4)
    with labcim.open_bench(path, record=tmp_path / "r.sqlite") as bench:
        bench.run(labcim.new_recipe("form"))
        steps = []

        def cut(unit, fraction, text):
            steps.append(unit)
            if len(steps) == 90:
                bench.steering.request("abort", "enough")

        recipe = labcim.new_recipe("switch_seeker", block=8)
        assert bench.run(recipe, on_progress=cut).stop.state == "aborted"
        view = bench.resume("last")
    assert view.stop.state == "completed"
    ramps = view.readings().query("stage == 2").drop_duplicates(["cell", "cycle", "polarity"])
    assert len(ramps) == 16 * 3 * 2
