"""Faults of cells and lines on cells with a closed form, and what is made of maps."""

import numpy as np
import pytest
from fake_cells import FakeCells

from labcim.analysis.fault_map import Bounds, Evidence, Fault, cell_faults, held_conductances
from labcim.capabilities import Topology
from labcim.programming.mapping.faults import mended
from labcim.programming.mapping.scheme import Scheme
from labcim.protocols.characterise.fault_map import FaultMap, fault_map

from .running import run

SIDE = Topology(12, 12)
BOUNDS = Bounds(dead=3e-9, short=4e-3, on_above=60e-6, off_below=0.2e-6)


def maps(on, off=None):
    none = np.full(on.shape, np.nan)
    flat = np.zeros(on.shape, bool)
    return Evidence(np.zeros(on.shape) if off is None else off, on, none, none, flat, flat)


def test_cells_that_move_have_no_fault_and_stuck_ones_are_named_with_their_class():
    cells = FakeCells(SIDE)
    cells.true[[3, 40]] = [38e-6, 0.05e-6]
    cells.stuck[[3, 40]] = True
    done = run(fault_map, FaultMap(), cells)
    assert done.rows["fault"][3] == Fault.STUCK_ON
    assert done.rows["fault"][40] == Fault.STUCK_OFF
    assert done.rows["faulty"].sum() == 2
    assert done.finding("stuck on").cell == 3
    assert done.finding("faulty cells, share").value == 2 / 144


def test_reading_alone_gives_no_pulse_and_names_suspects():
    cells = FakeCells(SIDE)
    cells.true[[3, 40]] = [80e-6, 0.05e-6]
    done = run(fault_map, FaultMap(mode="read only"), cells)
    assert cells.pulses == []
    assert np.flatnonzero(done.rows["fault"]).tolist() == [3, 40]


def test_a_cell_is_pulsed_only_until_it_has_moved_both_ways():
    cells = FakeCells(SIDE)
    recipe = FaultMap()
    done = run(fault_map, recipe, cells)
    assert done.rows["pulses"].max() <= recipe.units(SIDE)[0].bound
    assert done.rows["pulses"].mean() < 0.75 * recipe.units(SIDE)[0].bound
    assert np.all(done.rows["low"] * np.sqrt(recipe.ratio) < done.rows["high"])


def test_open_and_shorted_cells_get_no_pulse():
    cells = FakeCells(SIDE)
    cells.open[5] = True
    cells.leak[7] = 10e-3
    done = run(fault_map, FaultMap(), cells)
    assert done.rows["fault"][[5, 7]].tolist() == [Fault.OPEN, Fault.SHORTED]
    assert done.rows["pulses"][[5, 7]].tolist() == [0, 0]


def test_units_hand_on_what_they_measured_and_the_last_judges_whole_lines():
    cells = FakeCells(SIDE)
    cells.open.reshape(12, 12)[4] = True  # lies across all units
    done = run(fault_map, FaultMap(block=24), cells)
    assert len(done.carries) == 6
    assert len(done.rows["cell"]) == 144
    assert np.all(done.rows["fault"].reshape(12, 12)[4] == Fault.OPEN_LINE)
    assert np.all(np.delete(done.rows["fault"].reshape(12, 12), 4, 0) == Fault.NONE)


def test_what_lies_behind_a_break_is_the_fault_of_the_line():
    on = np.full((12, 12), 10e-6)
    on[3, 7:] = 0.0
    on[:4, 10] = 0.0
    on[8, 2] = 0.0
    fault = cell_faults(maps(on), BOUNDS, gated=True)
    assert np.all(fault[3, 7:] == Fault.OPEN_LINE)
    assert np.all(fault[:4, 10] == Fault.OPEN_LINE)
    assert fault[8, 2] == Fault.OPEN
    assert (fault == 0).sum() == 144 - 5 - 3 - 1


def test_a_line_that_is_over_range_with_gates_off_is_shorted_as_a_whole():
    off = np.zeros((12, 12))
    off[5] = off[6] = np.inf
    fault = cell_faults(maps(np.full((12, 12), 10e-6), off), BOUNDS, gated=True)
    assert np.all(fault[5:7] == Fault.SHORTED_LINE)
    assert (fault != 0).sum() == 24


def test_without_gates_what_does_not_move_beside_a_short_is_not_called_stuck():
    on = np.full((6, 6), 50e-6)
    on[2, 2] = np.inf
    moved = np.ones((6, 6), bool)
    moved[2] = moved[4, 4] = False
    known = Evidence(np.full((6, 6), np.nan), on, on / 3, on, moved, moved)
    fault = cell_faults(known, BOUNDS, gated=False)
    assert fault[2].tolist() == [Fault.UNKNOWN] * 2 + [Fault.SHORTED] + [Fault.UNKNOWN] * 3
    assert fault[4, 4] == Fault.STUCK_ON


def test_what_faulty_cells_hold_goes_into_the_mapping_of_weights():
    cells = FakeCells(Topology(4, 4))
    cells.true[5], cells.stuck[5] = 40e-6, True
    cells.open[2] = True
    rows = run(fault_map, FaultMap(), cells).rows
    held = held_conductances(rows, (4, 4))
    assert np.isnan(held).sum() == 14
    assert held[1, 1] == pytest.approx(40e-6, rel=0.05)
    assert held[0, 2] == 0.0
    # The other cell of the pair makes up for one that is stuck on: 0.25 = 1 - 0.75.
    scheme = Scheme("pair")
    stuck = np.array([held[1, 1] / 40e-6, np.nan]).reshape(1, 2, 1, 1)
    assert scheme.decode(mended(scheme, np.array([0.25]), stuck))[0] == pytest.approx(
        0.25, abs=0.05
    )


def test_the_first_action_is_a_reading_with_gates_off():
    cells = FakeCells(SIDE)
    run(fault_map, FaultMap(), cells)
    assert cells.reads[0][2] == 0.0
