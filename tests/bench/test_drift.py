"""Drift of phase-change cells through the board, against each cell's own law (R7)."""

import numpy as np
import pytest

import labcim
from labcim.sim_backend.bench import SimulatedBench

from .conftest import small_bench


def followed(path, **recipe):
    """Run the protocol; return the run, its results, and each cell's exponent by its law."""
    with labcim.open_bench(path, record=path.parent / "record.sqlite") as bench:
        run = bench.run(labcim.new_recipe("drift", **recipe))
        assert run.stop.state == "completed", run.stop.reason
        simulated = SimulatedBench.shared(path.parent / "chip.toml")
        truth = exponents(simulated.chip.state)
        simulated.close()
    return run, run.results(), truth


def exponents(state):
    """Return nu of every cell: its mean and spread by conductance (Nandakumar 2019), its draw."""
    p, at = state.parameters[0], np.log(state.cells["conductance"] / 25e-6)
    mean = np.clip(p["drift_slope"] * at + p["drift_offset"], p["drift_lowest"], p["drift_highest"])
    spread = np.clip(
        p["drift_spread_slope"] * at + p["drift_spread_offset"],
        p["drift_spread_lowest"],
        p["drift_spread_highest"],
    )
    return np.maximum(mean + spread * state.devices["drift"], 0.0)


def judged(results, truth):
    """Return (errors, which intervals cover the truth) of the cells that were followed."""
    each = results[results["name"] == "drift exponent"]
    true = truth[each["cell"].to_numpy()]
    return each["value"].to_numpy() - true, (each["low"] < true) & (true < each["high"])


def test_r7_finds_the_exponent_of_each_cell_of_five_chips_within_five_thousandths(tmp_path):
    within, covered = [], []
    for seed in range(1, 6):
        path = small_bench(
            "board", tmp_path / f"chip{seed}", 12, preset='"pcm-mushroom"', seed=str(seed)
        )
        _, results, truth = followed(
            path, levels=(20e-6,), looks=100, duration=1e7, averages=10, vectors=0
        )
        errors, inside = judged(results, truth)
        assert abs(errors.mean()) < 1e-3
        within += (np.abs(errors) <= 0.005).tolist()
        covered += inside.tolist()
    print(f"R7: {np.mean(within):.3f} of {len(within)} cells within 0.005, "
          f"{400 * np.mean(covered):.0f} of 400 covered")  # fmt: skip
    assert np.mean(within) >= 0.98
    assert 370 / 400 <= np.mean(covered) <= 390 / 400


def test_r7_exponents_of_projected_phase_change_are_found_as_well(tmp_path):
    path = small_bench("board", tmp_path, 12, preset='"pcm-projected"')
    _, results, truth = followed(path, levels=(20e-6,), vectors=0)
    errors, inside = judged(results, truth)
    assert np.abs(errors).max() <= 0.005
    assert np.mean(inside) > 0.88


@pytest.mark.parametrize("seed", ["1", "2", "3", "4", "5"])
def test_r7_one_factor_takes_away_four_fifths_of_the_error_of_products_at_1e5_s(tmp_path, seed):
    path = small_bench("board", tmp_path, 24, preset='"pcm-mushroom"', seed=seed)
    _, results, _ = followed(path, levels=(20e-6,), looks=4, duration=1e5)
    value = results.set_index("name")
    gain = value.loc["error of products, taken away by one factor"]
    assert gain["value"] >= 5.0
    assert gain["low"] < gain["value"] < gain["high"]
    # (1 + 1e5 / 20)^-0.049 over (1 + 1)^-0.049.
    drifted = 1.0 - (5001.0 / 2.0) ** -0.049
    assert value.loc["error of products after drift", "value"] == pytest.approx(drifted, abs=0.03)


def test_a_chip_without_products_has_exponents_only(tmp_path):
    path = small_bench("probed", tmp_path, 4)
    with labcim.open_bench(path, record=tmp_path / "r.sqlite") as bench:
        bench.run(labcim.new_recipe("form", cells=((0, 0), (1, 2))))
        run = bench.run(
            labcim.new_recipe("drift", cells=((0, 0), (1, 2)), looks=5, averages=1, first=100.0)
        )
    assert run.stop.state == "completed"
    names = set(run.results()["name"])
    assert "drift exponent" in names
    assert not any("products" in name for name in names)


def test_looks_are_on_their_schedule_and_say_since_when(tmp_path):
    path = small_bench("board", tmp_path, 8, preset='"pcm-mushroom"')
    run, _, _ = followed(path, levels=(10e-6, 20e-6), looks=10, vectors=0)
    rows = run.readings()
    planned = np.geomspace(20.0, 1e5, 10)
    middle = rows.groupby("look")["since"].median()
    np.testing.assert_allclose(middle, planned, rtol=0.02)
    assert (rows["late"] == 0.0).all()


def test_a_run_that_was_cut_off_begins_anew(tmp_path):
    path = small_bench("board", tmp_path, 4, preset='"pcm-mushroom"')
    record = tmp_path / "record.sqlite"
    with labcim.open_bench(path, record=record) as bench:

        def cut(unit, fraction, text):
            if text.startswith("look 5"):
                bench.steering.request("abort", "a power cut")

        first = bench.run(labcim.new_recipe("drift", levels=(20e-6,), looks=8), on_progress=cut)
        assert first.stop.state == "aborted"
        second = bench.resume("last")
    assert second.stop.state == "completed"
    assert len(second.readings()) == 16 * 8
