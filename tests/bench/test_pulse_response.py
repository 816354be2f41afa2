"""Pulse responses of hidden learning cells: D26, D16 and R8 through a bench."""

import numpy as np
import pytest
from logic_bench import write_bench

import labcim
from labcim.sim_backend.devices._pulse_law_preset import law_of
from labcim.sim_backend.devices.preset import load_preset
from labcim.sim_backend.pulse_laws.cells import draw_cells, law_numbers, symmetry_points

from .conftest import small_bench
from .hidden_chip import hidden_chip

LAW = {"set_amplitude": 1.0, "reset_amplitude": 1.0, "reset_gate": 3.0, "averages": 100}
TABLE = {
    "resistance": "resistance, average", "resistance_spread": "resistance, spread",
    "on_off": "on/off ratio", "step": "step in resistance",
    "half_select_step": "half-select step in resistance", "levels": "levels",
    "up_down_ratio": "up/down ratio", "up_down_ratio_spread": "up/down ratio, spread",
}  # fmt: skip


def respond(folder, preset, rows, columns, seed=1, **recipe):
    """Return (results of the array by name, those of cells, bench file) of one run."""
    path = write_bench(folder, rows, columns, preset=preset, spread=1.0, seed=seed)
    with labcim.open_bench(path, record=folder / "r.sqlite") as bench:
        view = bench.run(labcim.new_recipe("pulse_response", **LAW | recipe))
    assert view.stop.state == "completed", view.stop.reason
    results = view.results()
    whole = results[results["cell"] < 0].set_index("name")
    return whole, results[results["cell"] >= 0], path


def assert_table(whole, wanted):
    for entry, name in TABLE.items():
        assert whole.loc[name, "value"] == pytest.approx(wanted[entry], rel=0.05), entry
    spread = whole.loc["step in resistance, spread", "value"]
    assert spread / wanted["step"] == pytest.approx(wanted["step_spread"], rel=0.05)


FULL = {"window_pulses": 1600, "half_pulses": 1000, "points": 4, "pulses": 100, "cycles": 4}


def test_d26_the_table_of_the_rpu_target_is_found_within_5_percent(tmp_path):
    whole, _, _ = respond(tmp_path, "rpu-target", 48, 48, seed=5, **FULL)
    assert_table(whole, load_preset("rpu-target").reference)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_d26_on_five_chips(tmp_path):
    for seed in range(1, 6):
        whole, _, _ = respond(tmp_path / str(seed), "rpu-target", 64, 64, seed=seed, **FULL)
        assert_table(whole, load_preset("rpu-target").reference)


WAYS = {"window_pulses": 3000, "lift": 600, "points": 50, "cycles": 4, "read_voltage": 0.1}


def test_d16_an_ecram_is_symmetric_and_has_500_states_where_a_resistive_cell_is_bent(tmp_path):
    """Trains of 50 identical pulses each way, from the middle of the window."""
    for seed in range(1, 6):
        whole, _, _ = respond(tmp_path / f"e{seed}", "ecram-li", 16, 16, seed=seed, **WAYS)
        assert abs(whole.loc["asymmetry index", "value"]) < 0.1
        assert whole.loc["states apart", "value"] >= 500
    whole, _, _ = respond(tmp_path / "r", "reram-array-om", 8, 8, **WAYS)
    assert whole.loc["asymmetry index", "low"] > 1.0


def true_symmetry(path):
    """Return (symmetry point, width of the window) of each cell, in S."""
    with hidden_chip(path) as chip:
        p, devices = chip.state.parameters, chip.state.devices
        law = law_of(p)
        cells, _ = draw_cells(law, chip.state.seed, (1, len(devices)))
        weight = symmetry_points(law_numbers(law), cells)[0]
        slope = (p[0]["highest"] - p[0]["lowest"]) / (p[0]["w_max"] - p[0]["w_min"])
        window = (devices["w_max"] - devices["w_min"]) * slope
        return p[0]["lowest"] + (weight - p[0]["w_min"]) * slope, window


@pytest.mark.parametrize("parallel", [True, False], ids=["rows at once", "pulse by pulse"])
def test_r8_symmetry_points_are_found_within_1_percent_of_the_range(tmp_path, parallel):
    """With 1,000 pairs, 2,000 alternating pulses for each row, on five chips."""
    off = []
    for seed in range(1, 6 if parallel else 2):
        _, cells, path = respond(
            tmp_path / str(seed), "ecram-li", 4, 8, seed=seed, width=1e-5, points=4,
            pairs=1000, pairs_each=25, parallel=parallel, read_voltage=0.1,
        )  # fmt: skip
        point, window = true_symmetry(path)
        found = cells[cells["name"] == "symmetry point"].set_index("cell")["value"].sort_index()
        off.append((found.to_numpy() - point) / window)
    assert len(np.concatenate(off)) == (160 if parallel else 32)
    far = np.abs(np.concatenate(off))
    assert np.mean(far <= 0.01) >= 0.98
    assert far.max() <= 0.012


def test_cells_that_pulses_do_not_move_have_no_linearity(tmp_path):
    whole, _, _ = respond(tmp_path, "ecram-li", 2, 2, set_amplitude=0.25, reset_amplitude=0.25)
    assert whole.loc["cells that move up and down", "value"] == 0.0
    assert "asymmetry index" not in whole.index


def test_a_probed_chip_pulses_its_cells_up_and_down(tmp_path):
    path = small_bench("probed", tmp_path, 4, stuck="0.0", preset='"ecram-li"')
    recipe = labcim.new_recipe(
        "pulse_response", cells=[[0, 1]], **LAW | {"averages": 1}, width=1e-4, points=4,
        pairs=6, pairs_each=1, read_voltage=0.1,
    )  # fmt: skip
    with labcim.open_bench(path, record=tmp_path / "r.sqlite") as bench:
        view = bench.run(recipe)
    assert view.stop.state == "completed", view.stop.reason
    assert view.results().set_index("name").loc["cells that move up and down", "value"] == 1.0
    rows = view.readings()
    assert int(view.pulses()["count"].sum()) == 8 + 12
    assert rows[rows["alternating"]]["pulse"].tolist() == [0, 2, 4, 6, 8, 10, 12]


def test_a_run_that_was_stopped_goes_on_with_the_blocks_that_are_left(tmp_path):
    path = write_bench(tmp_path, 2, 4, preset="ecram-li", spread=1.0)
    recipe = labcim.new_recipe("pulse_response", **LAW, points=4, block=4)
    with labcim.open_bench(path, record=tmp_path / "r.sqlite") as bench:
        first = bench.run(recipe, on_progress=lambda *_: bench.steering.request("stop", "enough"))
        second = bench.resume("last")
    assert (first.stop.state, second.stop.state) == ("stopped", "completed")
    pulses = np.concatenate([first.pulses()["cell"], second.pulses()["cell"]])
    assert np.bincount(pulses).tolist() == [8] * 8
