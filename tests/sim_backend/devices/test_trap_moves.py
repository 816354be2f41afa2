"""Pulses too small to switch move a filament's traps, where the preset says so."""

import numpy as np
import pytest

from labcim.sim_backend.devices._filament_traps import trap_count, trap_of
from labcim.sim_backend.devices.preset import load_preset

CARD = "neurram-130nm"
MOVING = {"trap_move_voltage": 0.35, "trap_move_chance": 0.1}


def places_of(cells):
    """Return the number of each cell's configuration; 0 is the one from the fab."""
    return cells.cells["traps"] >> 2


def traps_of(cells, index):
    """Return amplitude, time and occupancy of each of a cell's present traps."""
    here = (cells.cells[index], cells.devices[index], cells.parameters[0], cells.seed, index)
    return np.array([trap_of(*here, trap) for trap in range(trap_count(*here))])


def test_a_small_pulse_moves_the_traps_of_one_cell_in_ten_and_no_conductance(cell_array):
    cells = cell_array(CARD, size=20_000, **MOVING)
    before = cells.cells.copy()
    cells.pulse(0.4, 2.5)

    assert np.mean(places_of(cells) > 0) == pytest.approx(0.1, abs=4 * np.sqrt(0.09 / 20_000))
    for name in ("conductance", "written_at", "relaxation", "reversals", "direction"):
        np.testing.assert_array_equal(cells.cells[name], before[name])


@pytest.mark.parametrize(
    ("changes", "amplitude", "gate"),
    [(MOVING, 0.34, 2.5), (MOVING, -0.34, 2.5), (MOVING, 0.4, 0.0), ({}, 0.4, 2.5), ({}, 2.0, 2.5)],
)
def test_traps_stay_below_their_voltage_behind_a_closed_gate_and_by_default(
    cell_array, changes, amplitude, gate
):
    cells = cell_array(CARD, size=500, **changes)
    cells.pulse(amplitude, gate, count=50)

    assert not places_of(cells).any()


def test_whatever_moves_the_conductance_moves_the_traps(cell_array):
    cells = cell_array(CARD, size=500, **MOVING | {"trap_move_chance": 0.0})
    cells.cells["conductance"] = 5e-6
    before = cells.true()
    cells.pulse(1.6, 2.5)
    moved = cells.true() != before

    assert moved.mean() > 0.9
    np.testing.assert_array_equal(places_of(cells) > 0, moved)


def test_moved_traps_are_as_many_and_as_large_as_those_of_the_fab(cell_array):
    cells = cell_array(CARD, size=4000, **MOVING | {"trap_move_chance": 1.0})
    cells.pulse(-0.4, 2.5)
    assert (places_of(cells) > 0).all()
    now = [traps_of(cells, index) for index in range(cells.size)]
    some = np.concatenate([traps for traps in now if len(traps)])

    assert np.mean([len(traps) > 0 for traps in now]) == pytest.approx(0.25, abs=0.03)
    assert np.median(some[:, 0]) == pytest.approx(0.008, rel=0.06)
    assert np.std(np.log(some[:, 0])) == pytest.approx(0.5, rel=0.06)
    assert np.median(some[:, 1]) == pytest.approx(np.sqrt(1e-6 * 10.0), rel=1.0)
    assert (some[:, 2].min(), some[:, 2].max()) == pytest.approx((0.1, 0.9), abs=0.01)
    had = cells.devices["trap_count"] > 0  # and whether there are any does not hang on the past
    have = np.array([len(traps) > 0 for traps in now])
    assert have[had].mean() == pytest.approx(0.25, abs=0.06)


def test_a_read_sees_the_steps_of_the_traps_that_are_there_now(cell_array):
    cells = cell_array(
        CARD, size=300, white_floor=0.0, white_slope=0.0, one_second=0.0, one_day=0.0,
        trap_fraction=1.0, second_trap_fraction=0.0, trap_fastest=1e-4, trap_slowest=1e-3,
        **MOVING | {"trap_move_chance": 1.0},
    )  # fmt: skip
    cells.cells["conductance"] = 20e-6
    for _ in range(2):
        cells.pulse(0.4, 2.5)
        seen = []
        for _ in range(100):
            seen.append(cells.read(aperture=1e-9) / 0.2)
            cells.time += 3e-3
        steps = np.ptp(np.array(seen), axis=0) / 20e-6
        true = [traps_of(cells, index)[0, 0] for index in range(cells.size)]
        np.testing.assert_allclose(steps, np.clip(true, 0.005, 0.1), rtol=5e-3)


def test_the_traps_of_the_analog_hfo2_cells_can_be_moved_and_those_of_others_stay():
    assert load_preset("hfo2-analog").read_noise.trap_move_voltage == 0.35
    for name in (CARD, "oxram-1t1r-64k", "taox-passive"):
        assert load_preset(name).read_noise.trap_move_voltage == 0.0
