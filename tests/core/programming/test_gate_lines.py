"""Sequences of line states: who is driven, who floats, and what an array cannot do."""

import numpy as np
import pytest

from labcim.capabilities import Topology
from labcim.errors import RangeError
from labcim.programming.logic import imply, magic, writing
from labcim.programming.logic.gate_lines import GateLines
from labcim.programming.logic.imply import ImplyDrive

GATE = 5.0
DRIVE = ImplyDrive(cond=1.3, set_voltage=1.9, gate=GATE, q_gate=0.9, limit=8e-6)


def chip(kind="1T1R", gate_along="column", set_terminal="row"):
    return Topology(3, 4, kind, gate_along, set_terminal)


def voltage(topology, state, shared):
    """Return SET - other V of every cell of a state whose floating rows sit at ``shared`` V."""
    rows = np.where(np.isnan(state.rows), shared, state.rows)
    columns = np.where(np.isnan(state.columns), shared, state.columns)
    seen = np.subtract.outer(rows, columns)
    return seen if topology.set_terminal == "row" else -seen


@pytest.mark.parametrize("set_terminal", ["row", "column"])
@pytest.mark.parametrize("along", ["row", "column"])
def test_magic_turns_inputs_towards_set_and_the_output_towards_reset(set_terminal, along):
    topology = chip(gate_along="cell", set_terminal=set_terminal)
    state = magic.nor(
        GateLines(topology, along, (1,)), (0,), 2, drive=1.2, gate=GATE, duration=1e-6
    )
    seen = voltage(topology, state, shared=0.6)
    seen = seen[1] if along == "row" else seen[:, 1]
    assert seen[0] == pytest.approx(0.6)
    assert seen[2] == pytest.approx(-0.6)
    assert np.nanmin(np.concatenate([state.rows, state.columns])) >= 0.0


def test_all_rows_do_a_gate_at_once_where_gates_run_along_the_columns():
    at = GateLines(chip(), "row", (0, 2))
    state = magic.nor(at, (0, 1), 3, drive=1.2, gate=GATE, duration=1e-6)
    assert np.isnan(state.rows[[0, 2]]).all()
    assert state.columns[[0, 1, 3]].tolist() == [0.0, 0.0, 1.2]
    assert np.isnan(state.columns[2])
    assert state.gates.tolist() == [GATE, GATE, 0.0, GATE]


@pytest.mark.parametrize("set_terminal", ["row", "column"])
def test_on_a_row_that_takes_no_part_the_output_sees_nothing(set_terminal):
    topology = chip(set_terminal=set_terminal)
    at = GateLines(topology, "row", (0, 2))
    state = magic.nor(at, (0, 1), 3, drive=1.2, gate=GATE, duration=1e-6)
    assert voltage(topology, state, 0.0)[1, [0, 1, 3]] == pytest.approx([1.2, 1.2, 0.0])


@pytest.mark.parametrize(
    ("topology", "says"),
    [
        (chip(gate_along="row"), "the transistors of a row open together, so that 1 unused"),
        (chip(kind="passive"), "cells without transistors cannot be shut off"),
    ],
)
def test_gates_that_unused_cells_would_join_are_refused_side_by_side(topology, says):
    how = dict(drive=1.2, gate=GATE, duration=1e-6)
    assert magic.nor(GateLines(topology, "row", (1,)), (0, 1), 2, **how)
    assert magic.nor(GateLines(topology, "row", (0, 1)), (0, 1, 2), 3, **how)  # no cell is unused
    with pytest.raises(RangeError, match=says):
        magic.nor(GateLines(topology, "row", (0, 1)), (0, 1), 2, **how)


def test_without_transistors_rows_that_take_no_part_are_held_and_writing_leaves_them_half():
    topology = chip(kind="passive")
    at = GateLines(topology, "row", (1,))
    state = magic.nor(at, (0, 1), 3, drive=1.2, gate=0.0, duration=1e-6)
    assert np.isnan(state.rows).tolist() == [False, True, False]
    assert voltage(topology, state, 0.0)[[0, 2], 3] == pytest.approx([0.0, 0.0])
    assert state.gates.size == 0
    one = voltage(topology, writing.write_one(at, (2,), 2.0, 0.0, 1e-6), 0.0)
    assert one == pytest.approx(np.array([[0, 0, 1, 0], [1, 1, 2, 1], [0, 0, 1, 0]]))
    assert voltage(topology, writing.write_zero(at, (2,), 2.0, 0.0, 1e-6), 0.0)[1, 2] == -2.0


def test_imply_is_refused_where_p_and_q_share_a_gate_line():
    at = GateLines(chip(gate_along="row"), "row", (1,))
    with pytest.raises(RangeError, match="accepts gates along the columns or of each cell"):
        imply.imply(at, 0, 1, (2,), DRIVE, 1e-6)


def test_imply_holds_p_q_and_load_at_their_voltages_and_floats_the_line():
    topology = chip()
    at = GateLines(topology, "row", (0,))
    state = imply.imply(at, 0, 1, (2, 3), DRIVE, 1e-6)
    assert np.isnan(state.rows[0])
    load = state.columns[2]
    assert (load - state.columns).tolist() == pytest.approx([1.3, 1.9, 0.0, 0.0])
    assert state.gates.tolist() == [GATE, 0.9, GATE, GATE]
    assert voltage(topology, state, 0.0)[1, :2] == pytest.approx([0.7, 1.3])  # never above V_cond


def test_imply_needs_different_cells():
    at = GateLines(chip(), "row", (0,))
    for stations in ((0, 0, (1,)), (0, 1, (1,)), (0, 1, ())):
        with pytest.raises(RangeError, match="accepts different stations"):
            imply.imply(at, *stations, DRIVE, 1e-6)


def test_bits_are_written_with_the_polarity_of_the_cells():
    topology = chip(set_terminal="column")
    at = GateLines(topology, "row", (0,))
    one = writing.write_one(at, (1,), 2.0, GATE, 1e-6)
    zero = writing.write_zero(at, (1,), 1.5, GATE, 1e-6)
    assert voltage(topology, one, 0.0)[:2, 1] == pytest.approx([2.0, 0.0])
    assert voltage(topology, zero, 0.0)[:2, 1] == pytest.approx([-1.5, 0.0])


@pytest.mark.parametrize(
    ("lines", "says"),
    [((), "none are given"), ((0, 0), "given twice"), ((3,), "accepts 0 to 2"), ((-1,), "accepts")],
)
def test_lines_that_the_array_lacks_are_refused(lines, says):
    with pytest.raises(RangeError, match=says):
        GateLines(chip(), "row", lines)


def test_cells_of_a_station_are_flat_indices():
    assert GateLines(chip(), "row", (0, 2)).cells(3).tolist() == [3, 11]
    by_column = GateLines(chip(gate_along="row"), "column", (1, 3))
    assert by_column.cells(2).tolist() == [9, 11]


def test_an_output_that_is_an_input_is_refused():
    at = GateLines(chip(), "row", (0,))
    with pytest.raises(RangeError, match="is an input as well"):
        magic.nor(at, (0, 1), 1, drive=1.2, gate=GATE, duration=1e-6)
