"""Functions from NOR, from sums of currents, and from thresholds, against arithmetic."""

import itertools

import numpy as np
import pytest

from labcim.capabilities import LineCurrents, Topology
from labcim.errors import RangeError
from labcim.programming.logic import multi_row
from labcim.programming.logic.multi_row import References, decide
from labcim.programming.logic.nor_programs import NorProgram, adder, dilation, full_adder

CHIP = Topology(4, 5)


def all_bits(count):
    return np.array(list(itertools.product([False, True], repeat=count)))


def test_p9_a_full_adder_of_nine_nor_adds():
    program, operands = full_adder(), all_bits(3)
    total, carry = program.evaluate(operands).T
    assert np.array_equal(total + 2 * carry.astype(int), operands.sum(axis=1))
    assert len(program.steps) == 9


@pytest.mark.parametrize("bits", [1, 2, 4])
def test_an_adder_of_n_bits_adds_and_takes_9_n_nor(bits):
    program, operands = adder(bits), all_bits(2 * bits + 1)
    weights = 1 << np.arange(bits)
    expected = operands[:, 0:-1:2] @ weights + operands[:, 1:-1:2] @ weights + operands[:, -1]
    found = program.evaluate(operands) @ (1 << np.arange(bits + 1))
    assert np.array_equal(found, expected)
    assert len(program.steps) == 9 * bits


def test_a_dilation_is_one_where_any_of_nine_pixels_is():
    operands = all_bits(9)
    assert np.array_equal(dilation().evaluate(operands)[:, 0], operands.any(axis=1))


def test_no_cell_of_a_program_is_written_twice():
    program = adder(3)
    written = [*program.inputs, *program.work]
    assert sorted(written) == list(range(program.stations))


def test_a_gate_of_a_cell_that_is_not_there_is_refused():
    program = NorProgram()
    program.operand()
    for wrong in ((), (1,), (-1,)):
        with pytest.raises(RangeError, match="accepts 0 to 0"):
            program.nor(*wrong)
    with pytest.raises(RangeError, match="0 bits"):
        adder(0)


@pytest.mark.parametrize(
    ("function", "python"),
    [
        ("or", any),
        ("and", all),
        ("xor", lambda bits: sum(bits) % 2 == 1),
        ("majority", lambda bits: sum(bits) >= 2),
        ("nor", lambda bits: not any(bits)),
        ("nand", lambda bits: not all(bits)),
        ("xnor", lambda bits: sum(bits) % 2 == 0),
    ],
)
def test_functions_of_three_operands_are_those_of_python(function, python):
    operands = all_bits(3)
    assert decide(function, operands.sum(axis=1), 3).tolist() == [python(b) for b in operands]
    assert multi_row.truth(function, operands.T).tolist() == [python(b) for b in operands]


def test_references_lie_in_the_middle_between_sums():
    found = References.between(1e-6, 10e-6, 2)
    assert found.levels == pytest.approx([6.5e-6, 15.5e-6])  # sums are 2, 11 and 20 uA
    assert found.count(np.array([2e-6, 11e-6, 20e-6, np.nan])).tolist() == [0, 1, 2, -1]


def test_a_column_that_was_not_read_has_no_answer():
    with pytest.raises(RangeError, match="not read"):
        decide("or", np.array([1, -1]), 2)
    with pytest.raises(RangeError, match="majority of 2"):
        decide("majority", np.array([1]), 2)


@pytest.mark.parametrize(("zero", "one"), [(1e-6, 1e-6), (-1e-6, 1e-6), (np.nan, 1e-6)])
def test_references_between_currents_that_do_not_differ_are_refused(zero, one):
    with pytest.raises(RangeError, match="zero < one"):
        References.between(zero, one, 2)


@pytest.mark.parametrize(
    ("along", "gates"),
    [
        ("column", [0, 3, 0, 3, 0]),
        ("row", [3, 0, 3, 0]),
        ("cell", [0, 3, 0, 3, 0] + [0] * 5 + [0, 3, 0, 3, 0] + [0] * 5),
    ],
)
def test_only_what_is_read_sees_a_voltage(along, gates):
    chip = Topology(4, 5, gate_along=along)
    state = multi_row.read_state(chip, (0, 2), voltage=0.2, gate=3.0, duration=1e-5, columns=(1, 3))
    assert state.rows.tolist() == [0.2, 0.0, 0.2, 0.0]
    assert np.isnan(state.columns).tolist() == [True, False, True, False, True]
    assert state.gates.tolist() == gates


def test_columns_of_an_array_without_transistors_are_all_held():
    chip = Topology(4, 5, "passive")
    state = multi_row.read_state(chip, (1,), voltage=0.2, gate=0.0, duration=1e-5, columns=(0,))
    assert state.columns.tolist() == [0.0] * 5
    assert state.gates.size == 0


@pytest.mark.parametrize("rows", [(), (1, 1), (4,)])
def test_rows_that_cannot_be_read_together_are_refused(rows):
    with pytest.raises(RangeError, match="accepts"):
        multi_row.read_state(CHIP, rows, voltage=0.2, gate=3.0, duration=1e-5)


def test_what_leaves_a_column_counts_positive():
    currents = LineCurrents(np.array([3e-6]), np.array([-1e-6, -2e-6]))
    assert multi_row.sums([currents]).tolist() == [[1e-6, 2e-6]]
