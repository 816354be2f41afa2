"""Retention through the bench: bakes on the heated chuck, truth from the chip's constants (R5)."""

import re
from contextlib import closing

import numpy as np
import pytest

import labcim
from labcim.app.record import open_record
from labcim.errors import RangeError, RecipeError

from .conftest import copy_bench, small_bench

BAKES = (423.15, 448.15, 473.15, 498.15)
MIDDLE = 20e-6


def oven(folder, *, size, seed, energy=1.2, spread=0.1, options="room = 300.0"):
    path = small_bench("oven", folder, size, seed=str(seed))
    chip = folder / "chip.toml"
    text = re.sub(r"^options = .*$", f"options = {{ {options} }}", chip.read_text(), flags=re.M)
    constants = (
        f"[chip.constants]\nretention_energy = {energy}\nretention_energy_spread = {spread}\n"
        # Or the ends of what the preset allows would move the mean of a chip's energies.
        "retention_energy_lowest = 0.5\nretention_energy_highest = 2.0\n"
        "\n[[instrument]]"
    )
    chip.write_text(text.replace("[[instrument]]", constants, 1))
    return path


def bake(path, **recipe):
    with labcim.open_bench(path, record=path.parent / "record.sqlite") as bench:
        return bench.run(labcim.new_recipe("retention", **recipe))


def energies(folder, seeds, size):
    """Return (truth, value, low, high) in eV of one chip a seed, each with a hidden energy."""
    found = []
    for seed in seeds:
        truth = round(float(np.random.default_rng(seed).uniform(0.9, 1.5)), 3)
        path = oven(folder / f"chip{seed}", size=size, seed=seed, energy=truth)
        # Cells in the low state show by how much less those that have failed follow the warmth.
        run = bake(path, temperatures=BAKES, levels=(10e-6, MIDDLE), duration=1e7, looks=25)
        assert run.stop.state == "completed"
        results = run.results().set_index("name")
        row = results.loc["activation energy, 20 µS"]
        found.append((truth, row["value"], row["low"], row["high"]))
    return np.array(found)


def test_r5_finds_the_hidden_activation_energy_of_five_chips(tmp_path):
    truth, value, low, high = energies(tmp_path, range(1, 6), 40).T
    assert np.abs(value - truth).max() <= 0.05
    assert np.sum((low < truth) & (truth < high)) >= 4


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_r5_intervals_cover_the_hidden_energy_in_nine_of_ten_chips(tmp_path):
    truth, value, low, high = energies(tmp_path, range(101, 125), 40).T
    inside = (low < truth) & (truth < high)
    print(f"covered {inside.sum()} of {len(truth)}, mean error {np.mean(value - truth):+.4f} eV, "
          f"largest {np.abs(value - truth).max():.3f} eV")  # fmt: skip
    assert inside.mean() >= 0.9
    assert np.mean(np.abs(value - truth) <= 0.05) >= 0.95


@pytest.fixture(scope="module")
def baked(tmp_path_factory):
    """Return a run of three levels at three temperatures on 24 x 24 cells, and its bench file."""
    path = oven(tmp_path_factory.mktemp("oven"), size=24, seed=7)
    levels = (12e-6, MIDDLE, 36e-6)
    return path, bake(path, temperatures=BAKES[:3], levels=levels, duration=3e6, looks=20)


def test_cells_in_the_middle_fail_first(baked):
    results = baked[1].results().set_index("name")["value"]
    still = [results[f"still in the window, {level}, 423.15 K"] for level in ("20 µS", "36 µS")]
    assert still[0] < still[1] - 0.2
    life = [results[f"life of half at 358.15 K, {level}"] for level in ("20 µS", "36 µS")]
    assert life[0] < life[1]


def test_every_row_is_at_a_measured_temperature_and_on_its_schedule(baked):
    rows = baked[1].readings()
    assert (abs(rows["temperature"] - rows["bake"]) <= 1.0).all()
    assert sorted(rows["bake"].unique()) == list(BAKES[:3])
    assert rows.groupby("cell")["bake"].nunique().max() == 1  # a block of cells for each
    planned = np.concatenate([[0.0], np.geomspace(10.0, 3e6, 20)])
    for _, look in rows.groupby("cell"):
        np.testing.assert_allclose(np.sort(look["since"]), planned, rtol=0.02, atol=0.2)


def test_temperatures_are_events_on_the_record(baked):
    path, run = baked
    with closing(open_record(path.parent / "record.sqlite")) as record:
        events = record.events(run.run)
    told = events[events["kind"] == "temperature"]
    assert len(told) > 30
    assert any(
        re.match(r"stage set to 423\.15 K, it is at (299|300)\.\d\d K", text)
        for text in told["message"]
    )


def test_leaving_survivors_out_is_shown_to_be_wrong(tmp_path):
    path = oven(tmp_path, size=24, seed=7, spread=0.0)
    run = bake(path, temperatures=BAKES[:3], levels=(MIDDLE,), duration=4e5, looks=20)
    results = run.results().set_index("name")
    right = results.loc["activation energy, 20 µS"]
    wrong = results.loc["activation energy, 20 µS, had survivors been left out", "value"]
    assert right["low"] < 1.2 < right["high"]
    assert wrong < 1.2 - 0.15


def test_cells_that_differ_in_energy_are_told_by_a_spread_for_each_temperature(tmp_path):
    path = oven(tmp_path, size=24, seed=7, spread=0.1)
    run = bake(path, temperatures=BAKES[:3], levels=(MIDDLE,), duration=4e5, looks=20)
    results = run.results().set_index("name")
    own = results.loc["activation energy, a spread for each temperature, 20 µS"]
    assert own["low"] < 1.2 < own["high"]


def test_two_temperatures_give_no_energy_and_say_why(tmp_path):
    path = oven(tmp_path, size=8, seed=3)
    run = bake(path, temperatures=BAKES[2:], levels=(MIDDLE,), duration=1e6, looks=10)
    results = run.results().set_index("name")["value"]
    assert results["no activation energy, 20 µS: temperatures, of 3 that it needs"] == 2.0
    assert not any(name.startswith("activation energy") for name in results.index)


def test_what_would_mix_bakes_is_refused():
    with pytest.raises(RecipeError, match="through the first; accepts one temperature"):
        labcim.new_recipe("retention", temperatures=BAKES)


def test_temperatures_beyond_the_chip_are_refused_before_anything_is_sent(tmp_path):
    path = oven(tmp_path, size=4, seed=3)
    with pytest.raises(RangeError, match=r"temperatures = 510 K: the chip accepts 290 K"):
        bake(path, temperatures=(510.0,), levels=(MIDDLE,))


def test_a_bench_without_a_stage_follows_cells_at_the_one_temperature_it_has(tmp_path):
    path = small_bench("board", tmp_path, 8)
    with labcim.open_bench(path, record=tmp_path / "r.sqlite") as bench:
        bench.run(labcim.new_recipe("form"))
        run = bench.run(labcim.new_recipe("retention", levels=(MIDDLE,), duration=1e5))
        with pytest.raises(RangeError, match=r"the bench file states no \[chip.limits\] temp"):
            bench.run(labcim.new_recipe("retention", temperatures=(400.0,)))
    assert run.stop.state == "completed"
    rows = run.readings()
    assert rows["temperature"].isna().all() and rows["bake"].isna().all()
    results = run.results().set_index("name")["value"]
    assert results["still in the window, 20 µS"] > 0.95


def test_it_runs_on_the_probed_chip(tmp_path):
    path = small_bench("probed", tmp_path, 4)
    with labcim.open_bench(path, record=tmp_path / "r.sqlite") as bench:
        bench.run(labcim.new_recipe("form", cells=((0, 0), (1, 2))))
        run = bench.run(labcim.new_recipe("retention", cells=((0, 0), (1, 2)), looks=5, averages=1))
    assert run.stop.state == "completed"
    assert len(run.readings()) == 2 * 6


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ("sensor_fails = 2e4", "the sensor on input A has no reading"),
        ('heater = "open"', "the 423.15 K asked for, with 0 % of its power"),
    ],
)
def test_f22_a_chuck_that_fails_ends_the_run_safely(tmp_path, options, why):
    path = oven(tmp_path, size=4, seed=3, options=options)
    run = bake(path, temperatures=BAKES[:3], levels=(MIDDLE,), duration=1e5, looks=10)
    assert run.stop.state == "failed"
    assert why in run.stop.reason
    assert run.stop.safe


def test_a_bake_that_was_cut_off_is_done_again_and_the_ones_before_are_not(tmp_path):
    path = oven(tmp_path, size=8, seed=5)
    record = tmp_path / "record.sqlite"
    recipe = labcim.new_recipe(
        "retention", temperatures=BAKES[:3], levels=(MIDDLE,), duration=1e6, looks=10
    )
    with labcim.open_bench(path, record=record) as bench:

        def cut(unit, fraction, text):
            if unit == "448.15 K" and text.startswith("look 5"):
                bench.steering.request("abort", "a power cut")

        first = bench.run(recipe, on_progress=cut)
        assert first.stop.state == "aborted"
        second = bench.resume("last")
    assert second.stop.state == "completed"
    assert sorted(second.readings()["bake"].unique()) == [448.15, 473.15]
    results = second.results().set_index("name")["value"]
    assert "still in the window, 20 µS, 423.15 K" in results.index


@pytest.mark.slow
def test_four_temperatures_on_a_whole_chip(tmp_path):
    path = copy_bench("oven", tmp_path)
    run = bake(path, temperatures=BAKES, levels=(5e-6, MIDDLE, 36e-6), duration=3e6, looks=25)
    assert run.stop.state == "completed"
    assert len(run.readings()) == 64 * 64 * 26
