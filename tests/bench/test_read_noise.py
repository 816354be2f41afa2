"""Read noise of hidden chips (R6): traps, spectra and scatter against what the chips are."""

import numpy as np
import pytest
from logic_bench import write_bench

import labcim

from .conftest import small_bench
from .hidden_chip import hidden_chip

SEEDS = range(1, 6)
IN_BAND = {
    "trap_fraction": 1.0, "second_trap_fraction": 0.0, "trap_fastest": 1e-3, "trap_slowest": 3e-3,
    "trap_amplitude": 0.015,
}  # fmt: skip


def listen(folder, preset, seed, *, constants=None, conductance=None, rows=2, **recipe):
    """Return (results by cell and name, the cells' devices) of a chip whose cells are recorded.

    conductance: S, what the cells truly hold before.
    """
    path = write_bench(
        folder, rows, 1, preset=preset, spread=1.0, seed=seed, constants=constants or {}
    )
    if conductance is not None:
        with hidden_chip(path) as chip:
            chip.state.cells["conductance"] = conductance
    with labcim.open_bench(path, record=folder / "r.sqlite") as bench:
        view = bench.run(labcim.new_recipe("read_noise", cells="all", **recipe))
    assert view.stop.state == "completed", view.stop.reason
    found = {}
    for row in view.results().itertuples():
        found.setdefault(row.cell, {}).setdefault(row.name, row)
    with hidden_chip(path) as chip:
        return found, chip.state.devices.copy()


def judged(found, devices):
    """Return of each cell (found, its true relative step, its true dwell times low and high)."""
    told = []
    for cell, device in enumerate(devices):
        g = found[cell]["conductance, mean"].value
        step = float(np.clip(device["trap_amplitude"][0] * np.sqrt(20e-6 / g), 0.005, 0.10))
        time, occupied = float(device["trap_time"][0]), float(device["trap_occupancy"][0])
        told.append((found[cell], step, (time / occupied, time / (1.0 - occupied))))
    return told


def assert_trap(found, step, dwells):
    assert found["traps"].value == 1.0
    assert found["levels"].value == 2.0
    assert found["trap 1, step / G"].value == pytest.approx(step, rel=0.10)
    for name, truth in zip(("low", "high"), dwells, strict=True):
        assert found[f"trap 1, dwell time {name}"].value == pytest.approx(truth, rel=0.10)


def test_r6_step_and_dwell_times_of_a_trap_are_found_within_10_percent(tmp_path):
    found, devices = listen(
        tmp_path, "neurram-130nm", 1, constants=IN_BAND, rows=1, settle=1e4, rate=1e4, count=65536
    )
    assert_trap(*judged(found, devices)[0])


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_r6_traps_of_five_chips_are_found_within_10_percent_and_their_intervals(tmp_path):
    inside = []
    for seed in SEEDS:
        found, devices = listen(
            tmp_path / str(seed), "neurram-130nm", seed, constants=IN_BAND, rows=2,
            settle=1e4, rate=1e4, count=200_000,
        )  # fmt: skip
        for cell in judged(found, devices):
            assert_trap(*cell)
            for name, truth in zip(("low", "high"), cell[2], strict=True):
                row = cell[0][f"trap 1, dwell time {name}"]
                inside.append(row.low < truth < row.high)
    assert sum(inside) >= 0.85 * len(inside)


@pytest.mark.parametrize("seeds", [range(1, 3), pytest.param(SEEDS, marks=pytest.mark.slow)])
def test_r6_the_spectrum_of_phase_change_cells_has_the_slope_of_1_over_f(tmp_path, seeds):
    slopes = []
    for seed in seeds:
        found, _ = listen(
            tmp_path / str(seed), "pcm-mushroom", seed, rows=1, settle=100.0, rate=1e3, count=32768
        )
        assert found[0]["traps"].value == 0.0
        slopes.append(found[0]["spectrum, slope"])
    assert [row.value for row in slopes] == pytest.approx([-1.0] * len(slopes), abs=0.1)
    assert all(row.high - row.low < 0.15 for row in slopes)


def test_r6_cells_of_the_64k_chips_scatter_by_1_3_percent_at_93_microsiemens(tmp_path):
    """Over 1 ms, in blocks of 100 readings, as it was measured."""
    scatter = []
    for seed in SEEDS:
        found, _ = listen(
            tmp_path / str(seed), "oxram-1t1r-64k", seed, conductance=93e-6, rows=1,
            settle=1e3, rate=800.0, averages=100, count=500,
        )  # fmt: skip
        assert found[0]["conductance, mean"].value == pytest.approx(93e-6, rel=0.06)
        scatter.append(found[0]["sigma / G in blocks"].value)
    assert np.mean(scatter) == pytest.approx(0.013, rel=0.08)
    assert np.ptp(scatter) < 0.003


@pytest.mark.parametrize(("rate", "mains"), [(1000.0, 50.0), (1000.0, 60.0), (37.0, 50.0)])
def test_mains_in_the_sense_channels_is_found_also_as_an_alias_and_taken_out(tmp_path, rate, mains):
    """0.1 uA of mains beside 4 uA through a cell: 0.5 uS at 0.2 V."""
    path = write_bench(tmp_path, 1, 1, preset="abrupt-binary", spread=1.0)
    chip = path.with_name("chip.toml")
    model = 'model = "crossbar_board"'
    options = f"options = {{ pickup = 1e-7, pickup_frequency = {mains} }}"
    chip.write_text(chip.read_text("utf-8").replace(model, f"{model}\n{options}", 1))
    with labcim.open_bench(path, record=tmp_path / "r.sqlite") as bench:
        view = bench.run(labcim.new_recipe("read_noise", rate=rate))
    found = view.results().set_index("name")["value"]
    assert found["mains lines taken out"] == 1.0
    assert found["pickup, frequency"] == pytest.approx(mains, abs=0.1)
    seen = found["pickup, amplitude / G"] * found["conductance, mean"]
    assert seen == pytest.approx(0.5e-6, rel=0.15)
    assert found["sigma / G"] == pytest.approx(0.02, rel=0.05)
    assert found["traps"] == 0.0


def test_a_source_meter_listens_to_a_cell_as_well(tmp_path):
    path = small_bench("probed", tmp_path, 4, stuck="0.0")
    recipe = labcim.new_recipe("read_noise", cells=[[1, 2]], rate=20.0, count=64)
    with labcim.open_bench(path, record=tmp_path / "r.sqlite") as bench:
        view = bench.run(recipe)
    assert view.stop.state == "completed", view.stop.reason
    rows = view.readings()
    readings = rows[rows["reading"]]
    np.testing.assert_allclose(np.diff(readings["time"]), 0.05, rtol=1e-9)
    assert len(readings) == 64
    assert readings["conductance"].notna().all()


def test_a_run_that_was_stopped_goes_on_with_the_cells_it_has_not_heard(tmp_path):
    path = write_bench(tmp_path, 3, 1, preset="neurram-130nm", spread=1.0)
    with labcim.open_bench(path, record=tmp_path / "r.sqlite") as bench:

        def stop(unit, fraction, text):
            if unit == "cell-1":
                bench.steering.request("stop", "enough")

        recipe = labcim.new_recipe("read_noise", cells="all", count=256)
        first = bench.run(recipe, on_progress=stop)
        second = bench.resume("last")
    assert (first.stop.state, second.stop.state) == ("stopped", "completed")
    assert first.readings()["cell"].unique().tolist() == [0, 1]
    assert second.readings()["cell"].unique().tolist() == [2]
    assert sorted(set(second.results()["cell"])) == [-1, 0, 1, 2]
