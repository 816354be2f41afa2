"""Endurance through the whole bench, on chips whose wear and whose mishaps the chip file hides."""

from pathlib import Path

import numpy as np
import pytest

import labcim
from labcim.app.recipes import new_recipe
from labcim.sim_backend.chip.chip_file import ChipFile
from labcim.sim_backend.chip.crossbar import CrossbarChip
from labcim.sim_backend.chip.truth import Truth, cycle_counts
from labcim.sim_backend.devices.random import WEAK, uniform

from .conftest import small_bench

SET, RESET = (2.3, 1e-6, 2.0), (-2.7, 1e-6, 4.0)  # those of the recipe


def bench_of(folder: Path, *, size: int, seed: int, constants: str, kind: str = "board"):
    """Return an open bench with a formed chip whose constants are changed."""
    path = small_bench(kind, folder, size, seed=str(seed), stuck="0.0")
    chip = folder / "chip.toml"
    text = chip.read_text("utf-8").replace("[chip]", "[chip]\nformed = true", 1)
    chip.write_text(f"{text}\n[chip.constants]\n{constants}\n", "utf-8")
    return labcim.open_bench(path, record=folder / "record.sqlite")


def finding(view, name: str):
    found = view.results().set_index("name").loc[name]
    return found


def true_closure(folder: Path) -> float:
    """Return the cycle at which the mean ln(high / low) of the true conductances is ln 2.

    Cells of a chip in the present state are set back and forth to other ages, and pulsed there.
    """
    chip = CrossbarChip(ChipFile.load(folder / "chip.toml"))
    every, cells = chip.topology.all_cells(), chip.state.cells
    ages, means = np.logspace(2.0, 4.5, 26), []
    for age in ages:
        logs = []
        for again in range(20):
            cells["reversals"] = 2 * int(age) + 2 * again
            chip.pulse_cells(every, *SET, current_limit=1e-3)
            high = chip.true_conductance(every)
            chip.pulse_cells(every, *RESET, current_limit=1e-3)
            logs.append(np.log(high / chip.true_conductance(every)))
        means.append(np.mean(logs))
    chip.close()
    return float(10.0 ** np.interp(-np.log(2.0), -np.array(means), np.log10(ages)))


WEARS = (
    "wear_onset = 200.0\nwear_low_resistance = 1.0\nwear_high_resistance = 1.1\nlife = 1e12\n"
    "life_decades = 0.0"
)


@pytest.mark.parametrize("seed", [1, 2, 3, 4, 5])
def test_r4_finds_the_cycle_at_which_the_window_closes_within_10_percent(tmp_path, seed):
    recipe = new_recipe("endurance", cycles=30_000, every=1000, block=50)
    with bench_of(tmp_path, size=8, seed=seed, constants=WEARS) as bench:
        view = bench.run(recipe)
    found = finding(view, "window closes at cycle")
    truth = true_closure(tmp_path)
    assert found["value"] == pytest.approx(truth, rel=0.10)
    assert found["low"] < found["high"]
    assert 0.8 * truth < found["low"] < found["value"] < found["high"] < 1.25 * truth


def test_r4_every_cycle_read_sees_what_single_readings_in_decades_miss(tmp_path):
    mishaps = "weak_reset_share = 1.0\nweak_reset_chance = 0.002\nweak_reset_shift = 4.0"
    seed, counts = 3, {}
    for name, how in (
        ("every", {"cycles": 5000, "every": 5000}),
        ("sparse", {"cycles": 5000, "every": 1, "block": 1, "misses": 1, "per_decade": 10}),
    ):
        with bench_of(tmp_path / name, size=4, seed=seed, constants=mishaps) as bench:
            counts[name] = finding(bench.run(new_recipe("endurance", **how)), "missed cycles")
    # The truth: the RESETs whose draw says so, by the law of the preset.
    injected = sum(
        uniform(seed, cell, WEAK, reversal) < 0.002
        for cell in range(16)
        for reversal in range(2, 10_001, 2)
    )
    assert injected > 100
    assert counts["every"]["value"] == pytest.approx(injected, rel=0.05)
    assert counts["sparse"]["value"] <= 0.1 * injected


def test_cells_that_die_are_dated_by_the_cycles_between_which_they_did(tmp_path):
    dies = "life = 3000.0\nlife_decades = 0.3"
    with bench_of(tmp_path, size=8, seed=5, constants=dies) as bench:
        view = bench.run(new_recipe("endurance", cycles=8000, every=500, block=50))
    results = view.results()
    failed = results[results["cell"] >= 0].set_index("cell")
    chip = CrossbarChip(ChipFile.load(tmp_path / "chip.toml"))
    life = chip.state.devices["life"].copy()
    chip.close()
    read = view.readings()
    late = read[read["cycle"] >= 1000]
    assert finding(view, "missed from cycle 1e3 on, share")["value"] == pytest.approx(
        (late["ratio"] < 2.0).mean()
    )
    assert sorted(failed.index) == np.flatnonzero(life < 7980.0).tolist()
    assert 8 < len(failed) < 64
    # Dead cells of little conductance are noisy: one in some may look as if it had switched once.
    assert np.sum(failed["low"].to_numpy() > life[failed.index] + 15.0) <= 1
    assert np.mean(failed["low"].to_numpy() <= life[failed.index] + 1.0) > 0.9
    assert (life[failed.index] - 1.0 <= failed["high"].to_numpy()).all()
    median = finding(view, "median life (lognormal), cycles")
    assert median["low"] < 3000.0 < median["high"]


def test_a_run_that_was_cut_off_goes_on_with_the_cycle_after_the_last_on_record(tmp_path):
    recipe = new_recipe("endurance", cycles=400_000, every=100, block=10, most_cells=16)
    with bench_of(tmp_path, size=4, seed=1, constants="") as bench:

        def stop(_unit, _fraction, text):
            if text == "cycle 283967":  # the second part of a unit
                bench.steering.request("abort", "enough")

        cut = bench.run(recipe, on_progress=stop)
        assert cut.stop.state == "aborted"
        done = bench.resume("last")
    assert done.stop.state == "completed"
    with labcim.open_record(done.record) as record:
        ledger = record.ledger("neurram-64x64-a")
    assert (ledger[["sets", "resets"]] == 400_000).all(axis=None)
    truth = Truth(tmp_path / "chip.state")
    pulses, cycled = truth.pulses(), truth.cycles()
    for cell in range(16):
        given = np.count_nonzero(pulses["cell"] == cell)
        given += cycle_counts(cycled[cycled["cell"] == cell]).sum()
        assert given == 2 * 400_000


def test_endurance_runs_on_a_probed_chip(tmp_path):
    recipe = new_recipe(
        "endurance", cells=[[0, 1], [2, 3]], cycles=30, every=10, misses=5, block=5, per_decade=2
    )
    with bench_of(tmp_path, size=4, seed=2, constants="", kind="probed") as bench:
        view = bench.run(recipe)
    assert view.stop.state == "completed"
    assert finding(view, "missed cycles")["value"] == 0
    assert len(Truth(tmp_path / "chip.state").pulses()) == 2 * 2 * 30
