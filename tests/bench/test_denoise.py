"""Denoising of hidden chips, judged by the traps that they truly have."""

from pathlib import Path

import numpy as np
import pytest
from logic_bench import write_bench

import labcim
from labcim.sim_backend.chip.truth import Truth
from labcim.sim_backend.devices._filament_traps import trap_count, trap_of

from .conftest import small_bench
from .hidden_chip import hidden_chip
from .judging import assert_same_pulses

SEEDS = (61, 62, 63, 64, 65)
HEARD = {  # traps that a record of half a second hears
    "trap_fraction": 0.5, "trap_amplitude": 0.02, "trap_fastest": 1e-3, "trap_slowest": 0.03,
}  # fmt: skip
MOVING = {"trap_move_voltage": 0.35, "trap_move_chance": 0.1}
QUIET = 0.006  # of cells at 20 uS: white noise alone scatters by 0.46 %
G = 20e-6


def trap_noise(chip):
    """Return sigma/G of each cell's present traps at 20 uS, over long times."""
    found = []
    p, seed = chip.state.parameters[0], chip.state.seed
    for index, (cell, device) in enumerate(zip(chip.state.cells, chip.state.devices, strict=True)):
        here = (cell, device, p, seed, index)
        traps = [trap_of(*here, trap) for trap in range(trap_count(*here))]
        steps = [(np.clip(a, 0.005, 0.10), q) for a, _, q in traps]
        found.append(np.sqrt(sum(a * a * q * (1.0 - q) for a, q in steps)))
    return np.array(found)


def denoised(folder, seed, constants, size=8, **recipe):
    """Return (run, true trap noise before, after, true conductances after)."""
    path = write_bench(
        folder, size, size, preset="neurram-130nm", spread=1.0, seed=seed, constants=constants
    )
    with hidden_chip(path) as chip:
        chip.state.cells["conductance"] = G
        before = trap_noise(chip)
    recipe = {"cells": "all", "quiet": QUIET, "rest": 1.0, "traps": 0, **recipe}
    with labcim.open_bench(path, record=folder / "r.sqlite") as bench:
        view = bench.run(labcim.new_recipe("denoise", **recipe))
    assert view.stop.state == "completed", view.stop.reason
    with hidden_chip(path) as chip:
        return view, before, trap_noise(chip), chip.state.cells["conductance"].copy()


def ratio(view):
    """Return the finding of the noise after over before."""
    return view.results().set_index("name").loc["sigma after over before, geometric mean"]


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Return of each seed what `denoised` returns of a chip whose traps can be moved."""
    folder = tmp_path_factory.mktemp("moving")
    return [denoised(folder / str(seed), seed, HEARD | MOVING) for seed in SEEDS]


def test_noisy_cells_become_truly_quieter_on_every_one_of_five_chips(runs):
    for view, before, after, _ in runs:
        rows = view.readings().set_index("cell")
        noisy = rows.index[rows["noisy"]].to_numpy()
        assert len(noisy) >= 10
        change = after[noisy] - before[noisy]
        half = 2.26 * np.std(change, ddof=1) / np.sqrt(len(noisy))  # t for 10 cells: the widest
        assert np.mean(change) + half < 0.0
        assert np.median(after[noisy]) < 0.5 * np.median(before[noisy])
        assert ratio(view)["high"] < 0.8


def test_what_is_called_denoised_truly_has_no_trap_that_it_would_hear(runs):
    for view, _, after, _ in runs:
        rows = view.readings().set_index("cell")
        good = rows.index[rows["outcome"] == 1].to_numpy()
        heard = np.hypot(after[good], 0.0046)
        assert len(good) >= 8
        assert np.mean(heard <= 1.1 * QUIET) >= 0.9


def test_conductances_stay_and_quiet_cells_get_no_pulse(runs):
    for view, _, _, g in runs:
        np.testing.assert_array_equal(g, G)
        rows = view.readings()
        assert set(view.pulses()["cell"]) == set(rows["cell"][rows["noisy"]])
        assert rows["small_pulses"].sum() == view.pulses()["count"].sum()
        assert not rows["tuned_again"].any()
        assert_same_pulses(Truth(Path(view.record).with_name("chip.state")), view)


def test_a_chip_whose_traps_cannot_be_moved_is_said_to_be_no_quieter(tmp_path):
    logs, quieter, noisy = [], 0.0, 0
    for seed in SEEDS:
        view, before, after, _ = denoised(tmp_path / str(seed), seed, HEARD, tries=3)
        np.testing.assert_array_equal(before, after)
        found = view.results().set_index("name")
        here = int(view.readings()["noisy"].sum())
        quieter += found.loc["noisy cells that became quieter", "value"] * here
        noisy += here
        logs.append(np.log(ratio(view)["value"]))
        assert found.loc["denoised of the noisy cells", "value"] < 0.2
    half = 2.776 * np.std(logs, ddof=1) / np.sqrt(len(logs))
    assert abs(np.mean(logs)) < max(half, 0.02)
    assert abs(np.mean(logs)) < 0.05
    assert quieter <= 0.1 * noisy


def test_cells_that_the_small_pulses_moved_are_tuned_back(tmp_path):
    """1.4 V are no small pulses for these cells."""
    view, *_ = denoised(
        tmp_path, 66, HEARD | MOVING, size=4, target=G, small_pulse=1.4, tries=4, tolerance=2e-6
    )
    rows = view.readings()
    noisy = rows[rows["noisy"]]
    assert noisy["tuned_again"].sum() >= 1
    stayed = noisy[noisy["outcome"].isin([1, 2])]
    assert (abs(stayed["conductance"] - stayed["target"]) <= 2e-6).all()
    moved = noisy[noisy["outcome"] == 3]
    assert (abs(moved["conductance"] - moved["target"]) > 2e-6).all()


def test_the_share_of_the_telegraph_noise_goes_where_a_trap_is_heard(tmp_path):
    """Two levels 4 % apart, and 0.46 % of white noise: nearly all of the variance."""
    constants = (
        HEARD
        | MOVING
        | {
            "trap_amplitude": 0.04,
            "trap_spread": 0.0,
            "trap_fastest": 0.005,
            "second_trap_fraction": 0.0,
        }
    )
    view, *_ = denoised(tmp_path, 67, constants, size=2, traps=1, count=2048)
    rows = view.readings()
    done = rows[rows["outcome"] == 1]
    assert len(done)
    assert (done["telegraph_before"] > 0.7).all()
    assert (done["telegraph_after"] < 0.3).all()


def test_dead_and_unformed_cells_are_left_alone(tmp_path):
    path = write_bench(tmp_path, 4, 4, preset="neurram-130nm", spread=1.0, formed=False)
    with labcim.open_bench(path, record=tmp_path / "r.sqlite") as bench:
        view = bench.run(labcim.new_recipe("denoise", cells="all"))
    assert (view.readings()["outcome"] == 4).all()
    assert not len(view.pulses())
    assert view.results().set_index("name")["value"]["cells without a verdict on noise"] == 16.0


def test_the_probe_station_denoises_as_well(tmp_path):
    path = small_bench("probed", tmp_path, 4, stuck="0.0")
    recipe = labcim.new_recipe(
        "denoise", cells="0:1, 0:2", rate=20.0, count=64, samples=1, quiet=1e-4, tries=1,
        confirmations=1, lowest=0.0, traps=0,
    )  # fmt: skip
    with labcim.open_bench(path, record=tmp_path / "r.sqlite") as bench:
        bench.run(labcim.new_recipe("form", cells="0:1, 0:2"))
        view = bench.run(recipe)
    assert view.stop.state == "completed", view.stop.reason
    rows = view.readings()
    assert rows["noisy"].all() and (rows["small_pulses"] == 8).all()
    said = view.pulses()["amplitude"].to_numpy()
    assert (said[: len(said) // 8] != 0.0).all() and set(np.sign(said)) == {-1.0, 1.0}


def test_a_run_that_was_cut_off_goes_on_with_the_cells_that_are_not_done(tmp_path):
    constants = HEARD | MOVING
    path = write_bench(
        tmp_path, 4, 4, preset="neurram-130nm", spread=1.0, seed=3, constants=constants
    )
    seen = []

    def cut(unit, fraction, text):
        seen.append(unit)
        if len(set(seen)) == 3:
            bench.steering.request("abort", "enough")

    recipe = labcim.new_recipe("denoise", cells="all", block=4, quiet=QUIET, rest=1.0, traps=0)
    with labcim.open_bench(path, record=tmp_path / "r.sqlite") as bench:
        first = bench.run(recipe, on_progress=cut)
        again = bench.resume("last")
    assert (first.stop.state, again.stop.state) == ("aborted", "completed")
    done = [set(view.readings()["cell"]) for view in (first, again)]
    assert len(done[0]) == 8 and len(done[1]) == 8 and not done[0] & done[1]
    assert_same_pulses(Truth(tmp_path / "chip.state"), again)
