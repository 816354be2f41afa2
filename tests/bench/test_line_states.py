"""What lines do that are driven, grounded, sensed and afloat, against closed forms (P12)."""

import itertools

import numpy as np
import pytest
from logic_bench import ONE, ZERO, LogicBench

from labcim.capabilities import LineState
from labcim.programming.logic import multi_row
from labcim.programming.logic.threshold_gates import ThresholdGate, fire, input_states

READ, GATE, TIME = 0.1, 5.0, 1e-3
REFERENCE = 5.0  # V on the gate with which a cell's conductance is stated


@pytest.fixture
def make(tmp_path):
    """Return a function that makes a bench of that shape."""
    made = []

    def bench(rows, columns, **chip):
        made.append(LogicBench(tmp_path / str(len(made)), rows, columns, **chip))
        return made[-1]

    yield bench
    for one in made:
        one.close()


def all_bits(count):
    return np.array(list(itertools.product([False, True], repeat=count)))


@pytest.mark.parametrize(("rows", "kind"), [(2, "1T1R"), (3, "1T1R"), (8, "1T1R"), (3, "passive")])
def test_a_read_of_several_rows_is_the_sum_of_their_cells_within_noise(make, rows, kind):
    """2 % of white noise at 10 us are 0.2 % over 1 ms; six of that for each column."""
    bench = make(8, 16, spread=1.0, kind=kind)
    bench.hold(np.random.default_rng(2).random((8, 16)) < 0.5)
    state = multi_row.read_state(
        bench.topology, tuple(range(rows)), voltage=READ, gate=GATE, duration=2 * TIME
    )
    bench.board.aperture = TIME
    (currents,) = multi_row.sums(bench.board.apply([state]))
    cells = READ * bench.conductance[:rows]
    sigma = 0.002 * np.sqrt((cells**2).sum(axis=0))
    assert np.abs(currents - cells.sum(axis=0)).max() < 6 * sigma.max()
    assert (np.abs(currents - cells.sum(axis=0)) < 6 * sigma + 1e-12).all()


def at_rest(bench, rows, columns):
    """Return voltages and currents of lines at rest, gates at the cells' reference."""
    gates = np.full(bench.topology.gates, REFERENCE)
    return bench.simulated.chip.at_rest(np.array(rows), np.array(columns), gates)


def test_a_floating_line_takes_the_mean_of_what_its_cells_reach_weighed_by_conductance(make):
    bench = make(1, 4)
    cells = np.array([[40e-6, 10e-6, 2e-6, 0.4e-6]])
    bench.simulated.chip.state.cells["conductance"] = cells.ravel()
    driven = np.array([0.0, 0.02, 0.05, 0.1])
    found = at_rest(bench, [np.nan], driven)
    # Transistors are a thousandth of each cell, and their overdrive is nearly the reference's.
    assert found.row_voltage[0] == pytest.approx((cells @ driven)[0] / cells.sum(), rel=1e-3)
    assert np.isnan(found.row_current[0])


def test_two_cells_in_series_carry_what_their_resistances_let_through(make):
    bench = make(1, 2)
    bench.simulated.chip.state.cells["conductance"] = [40e-6, 10e-6]
    found = at_rest(bench, [np.nan], [READ, 0.0])
    current = READ / (1 / 40e-6 + 1 / 10e-6)
    assert found.column_current == pytest.approx([current, -current], rel=2e-3)
    (measured,) = bench.board.apply(
        [LineState(np.array([np.nan]), np.array([READ, 0.0]), np.full(2, GATE), TIME)]
    )
    # Each cell has its own noise, of 2 % over the aperture of 10 us.
    assert measured.columns == pytest.approx([current, -current], rel=0.1)


def test_a_line_that_nothing_reaches_rests_at_ground(make):
    bench = make(2, 2)
    bench.hold(np.ones((2, 2), bool))
    found = at_rest(bench, [np.nan, np.nan], [np.nan, np.nan])
    assert found.row_voltage == pytest.approx([0.0, 0.0], abs=1e-12)


def test_sneak_paths_lift_a_floating_row_through_a_floating_column(make):
    """Row 0 at V, column 0 at 0 V; row 1 and column 1 afloat: three cells in series beside one."""
    bench = make(2, 2)
    bench.hold(np.ones((2, 2), bool))
    found = at_rest(bench, [READ, np.nan], [0.0, np.nan])
    assert found.column_voltage[1] == pytest.approx(READ * 2 / 3, rel=1e-3)
    assert found.row_voltage[1] == pytest.approx(READ / 3, rel=1e-3)
    assert found.row_current[0] == pytest.approx(READ * ONE * 4 / 3, rel=2e-3)


def threshold_outputs(bench, gates, bits):
    """Return what threshold gates give for inputs of all rows, read on the board."""
    states = input_states(bench.topology, bits, voltage=READ, gate=GATE, duration=TIME)
    return fire(gates, multi_row.sums(bench.board.apply(states)), READ * ONE)


def test_p12_a_majority_of_three_is_one_column_with_three_cells(make):
    bench = make(3, 2)
    bench.hold(np.array([[True, False]] * 3))
    operands = all_bits(3)
    (found,) = threshold_outputs(bench, [ThresholdGate(0, 2)], operands).T
    assert np.array_equal(found, operands.sum(axis=1) >= 2)


ROWS = {"a0": 0, "b0": 1, "a1": 2, "b1": 3, "carry": 4, "not c1": 5, "not c1 again": 6,
        "not c2": 7, "not c2 again": 8, "c1": 9}  # fmt: skip
GATES = {"c1": (["a0", "b0", "carry"], 2), "c2": (["a1", "b1", "c1"], 2),
         "s0": (["a0", "b0", "carry", "not c1", "not c1 again"], 3),
         "s1": (["a1", "b1", "c1", "not c2", "not c2 again"], 3)}  # fmt: skip


def test_p12_an_adder_of_two_bits_from_threshold_gates_adds_all_pairs(make):
    """Carry: majority. Sum: a + b + carry + 2 (not carry out) is at least 3."""
    bench = make(len(ROWS), len(GATES))
    weights = np.zeros((len(ROWS), len(GATES)), bool)
    for column, (inputs, _) in enumerate(GATES.values()):
        weights[[ROWS[name] for name in inputs], column] = True
    bench.hold(weights)
    gates = [ThresholdGate(column, least) for column, (_, least) in enumerate(GATES.values())]
    operands = all_bits(5)
    bits = np.zeros((32, len(ROWS)), bool)
    bits[:, :5] = operands
    for carry, rows in ((0, ["not c1", "not c1 again"]), (1, ["not c2", "not c2 again"])):
        out = threshold_outputs(bench, gates, bits)[:, carry]
        bits[:, [ROWS[name] for name in rows]] = ~out[:, None]
        if carry == 0:
            bits[:, ROWS["c1"]] = out
    _, c2, s0, s1 = threshold_outputs(bench, gates, bits).T
    a, b = operands[:, [0, 2]] @ [1, 2], operands[:, [1, 3]] @ [1, 2]
    assert np.array_equal(s0 + 2 * s1 + 4 * c2.astype(int), a + b + operands[:, 4])
    assert np.array_equal(bench.bits, weights)


def test_cells_that_are_0_weigh_little_beside_those_that_are_1(make):
    """The margin of a gate: half a unit, less what leaks through all cells of 0."""
    bench = make(9, 1)
    bench.hold(np.zeros((9, 1), bool))
    states = input_states(
        bench.topology, np.ones((1, 9), bool), voltage=READ, gate=GATE, duration=TIME
    )
    (leak,) = multi_row.sums(bench.board.apply(states))
    assert leak[0] == pytest.approx(9 * READ * ZERO, rel=0.1)
    assert leak[0] < 0.5 * READ * ONE
