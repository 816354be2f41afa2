"""MAGIC and IMPLY through the board, judged by what the cells truly hold afterwards (P9, P10)."""

import itertools

import numpy as np
import pytest
from logic_bench import ONE, ZERO, LogicBench

from labcim.programming.logic import imply, magic, writing
from labcim.programming.logic.gate_lines import GateLines
from labcim.programming.logic.imply import ImplyDrive
from labcim.programming.logic.nor_programs import adder, dilation, full_adder
from labcim.programming.logic.thresholds import Thresholds

GATE = 5.0
PULSE = 1e-6
MAGIC_CELLS = Thresholds(set_voltage=1.5, reset_voltage=0.5, margin=0.08)  # 2 decades of time
IMPLY_CELLS = Thresholds(set_voltage=1.5, reset_voltage=1.0, margin=0.08)
LIMIT = 8e-6
OVERDRIVE = np.sqrt(2 * LIMIT / 250e-6)  # of a square-law transistor in saturation
DRIVE = ImplyDrive(1.35, 1.95, GATE, 0.6 + OVERDRIVE, LIMIT, drop=OVERDRIVE / 2)
LEAST_ONE = LIMIT / 0.3  # S, of a cell SET under that limit


def all_bits(count):
    return np.array(list(itertools.product([False, True], repeat=count)))


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


def run_program(bench, program, operands, drive):
    """Run NOR gates on all rows at once; return the bits that all cells hold, (rows, stations)."""
    at = GateLines(bench.topology, "row", tuple(range(len(operands))))
    bits = np.ones((len(operands), bench.topology.columns), bool)
    bits[:, program.inputs] = operands
    bench.hold(bits)
    bench.board.apply(program.sequence(at, drive=drive, gate=GATE, duration=PULSE))
    return bench.bits


@pytest.mark.parametrize("inputs", [1, 2, 3])
@pytest.mark.parametrize(
    ("along", "chip"),
    [
        ("row", dict(gate_along="column")),
        ("column", dict(gate_along="row")),
        ("row", dict(gate_along="column", set_terminal="column")),
    ],
)
def test_p9_magic_nor_is_right_for_all_inputs_and_leaves_them(make, inputs, along, chip):
    operands = all_bits(inputs)
    shape = (len(operands), inputs + 1)
    bench = make(*(shape if along == "row" else shape[::-1]), **chip)
    bits = np.column_stack([operands, np.ones(len(operands), bool)])
    bench.hold(bits if along == "row" else bits.T)
    at = GateLines(bench.topology, along, tuple(range(len(operands))))
    drive = magic.drive_window(MAGIC_CELLS, inputs, ONE / ZERO).middle
    bench.board.apply(
        [magic.nor(at, tuple(range(inputs)), inputs, drive=drive, gate=GATE, duration=PULSE)]
    )
    found = bench.bits if along == "row" else bench.bits.T
    assert np.array_equal(found[:, inputs], ~operands.any(axis=1))
    assert np.array_equal(found[:, :inputs], operands)


def test_p9_rows_that_take_no_part_keep_all_their_bits(make):
    bench = make(8, 3)
    bits = np.repeat(all_bits(3), 1, axis=0)
    bench.hold(bits)
    at = GateLines(bench.topology, "row", (6,))
    bench.board.apply([magic.nor(at, (0, 1), 2, drive=1.3, gate=GATE, duration=PULSE)])
    assert np.array_equal(np.delete(bench.bits, 6, 0), np.delete(bits, 6, 0))


def test_p9_a_full_adder_from_nor_is_right_for_all_eight_inputs(make):
    program, operands = full_adder(), all_bits(3)
    held = run_program(make(8, program.stations), program, operands, drive=1.25)
    total, carry = held[:, program.outputs].T
    assert np.array_equal(total + 2 * carry.astype(int), operands.sum(axis=1))
    assert np.array_equal(held[:, program.inputs], operands)


def test_an_adder_of_two_bits_adds_all_pairs_in_the_array(make):
    program, operands = adder(2), all_bits(5)
    held = run_program(make(32, program.stations), program, operands, drive=1.25)
    found = held[:, program.outputs] @ np.array([1, 2, 4])
    a, b = operands[:, [0, 2]] @ np.array([1, 2]), operands[:, [1, 3]] @ np.array([1, 2])
    assert np.array_equal(found, a + b + operands[:, 4])


def test_a_dilation_of_a_picture_by_magic_is_that_of_numpy(make):
    picture = np.random.default_rng(5).random((6, 6)) < 0.15
    padded = np.pad(picture, 1)
    shifts = [padded[r : r + 6, c : c + 6] for r in range(3) for c in range(3)]
    operands = np.stack(shifts, axis=-1).reshape(36, 9)
    program = dilation()
    held = run_program(make(36, program.stations), program, operands, drive=1.2)
    assert np.array_equal(held[:, program.outputs[0]], operands.any(axis=1))
    assert 0 < picture.sum() < operands.any(axis=1).sum() < 36


def test_p9_the_output_switches_where_its_divider_says(make):
    """Without an output that moves, the line is a divider of the conductances."""
    bench = make(1, 3)
    bench.hold(np.array([[True, False, True]]))
    at = GateLines(bench.topology, "row", (0,))
    state = magic.nor(at, (0, 1), 2, drive=0.1, gate=GATE, duration=PULSE)
    (current,) = bench.board.apply([state])
    # Through 40.4 uS of inputs and 40 uS of output, transistors at their reference apart.
    assert current.columns[2] == pytest.approx(0.1 / (1 / 40.4e-6 + 1 / 40e-6), rel=0.07)
    assert np.isnan(current.rows[0])


@pytest.mark.parametrize(("spread", "least", "most"), [(1.0, 0.95, 1.0), (4.0, 0.5, 0.97)])
def test_p9_yield_falls_with_device_spread(make, spread, least, most):
    """Shares of rows on which all four inputs of a NOR are right; eight chips of 8 rows."""
    rights = []
    for seed in range(8):
        bench = make(8, 3, spread=spread, seed=seed)
        at = GateLines(bench.topology, "row", tuple(range(8)))
        right = np.ones(8, bool)
        for a, b in all_bits(2):
            bench.hold(np.tile([a, b, True], (8, 1)))
            bench.board.apply([magic.nor(at, (0, 1), 2, drive=1.25, gate=GATE, duration=PULSE)])
            right &= (bench.bits == [a, b, not (a or b)]).all(axis=1)
        rights.append(right.mean())
    assert least <= np.mean(rights) <= most


@pytest.mark.parametrize(("shape", "lines"), [((4, 3), (0, 1, 2, 3)), ((3, 5), (1,))])
def test_p9_magic_works_on_passive_arrays_where_no_cell_is_unused_or_these_are_0(
    make, shape, lines
):
    """Unused cells of a passive row lead to rows at rest: 0 there, they hardly load the divider."""
    operands = all_bits(2) if len(lines) == 4 else [[a, b] for a, b in all_bits(2)]
    bench = make(*shape, kind="passive")
    batches = [operands] if len(lines) == 4 else [[pair] for pair in operands]
    for batch in batches:
        bits = np.zeros(shape, bool)
        bits[np.array(lines)[:, None], [0, 1, 2]] = np.column_stack([batch, np.ones(len(batch))])
        bench.hold(bits)
        at = GateLines(bench.topology, "row", lines)
        bench.board.apply([magic.nor(at, (0, 1), 2, drive=1.25, gate=0.0, duration=PULSE)])
        wanted = bits.copy()
        wanted[list(lines), 2] = ~np.array(batch, bool).any(axis=1)
        assert np.array_equal(bench.bits, wanted)


def test_a_passive_array_without_selectors_is_written_by_half_voltages(make):
    bench = make(4, 4, kind="passive")
    bench.hold(np.zeros((4, 4), bool))
    at = GateLines(bench.topology, "row", (2,))
    bench.board.apply([writing.write_one(at, (1, 3), 2.0, 0.0, PULSE)])
    assert np.argwhere(bench.bits).tolist() == [[2, 1], [2, 3]]
    bench.board.apply([writing.write_zero(at, (1,), 0.7, 0.0, PULSE)])
    assert np.argwhere(bench.bits).tolist() == [[2, 3]]


def imply_on(bench, p, q, drive=DRIVE):
    """Do q = p IMP q on all rows."""
    at = GateLines(bench.topology, "row", tuple(range(bench.topology.rows)))
    return imply.imply(at, p, q, (bench.topology.columns - 1,), drive, PULSE)


def imply_chip(make, rows, columns, **chip):
    return make(rows, columns, constants={"reset_voltage": 1.0}, **chip)


def test_p10_the_drive_of_these_tests_fits_the_windows():
    imply.check_imply(IMPLY_CELLS, DRIVE, p_one=LEAST_ONE, load=ONE, q_zero=ZERO)


@pytest.mark.parametrize("set_terminal", ["row", "column"])
def test_p10_material_implication_has_its_truth_table_and_p_and_load_stay(make, set_terminal):
    operands = all_bits(2)
    bench = imply_chip(make, 4, 3, set_terminal=set_terminal)
    bench.hold(np.column_stack([operands, np.ones(4, bool)]))
    bench.board.apply([imply_on(bench, 0, 1)])
    p, q = operands.T
    assert bench.bits[:, 1].tolist() == (~p | q).tolist()
    assert np.array_equal(bench.bits[:, 0], p)
    assert bench.conductance[:, 2] == pytest.approx(np.full(4, ONE), rel=1e-3)


def test_p10_q_ends_where_its_transistor_limits_it(make):
    bench = imply_chip(make, 1, 3)
    bench.hold(np.array([[False, False, True]]))
    bench.board.apply([imply_on(bench, 0, 1)])
    assert bench.conductance[0, 1] == pytest.approx(LEAST_ONE, rel=0.05)


def test_p10_nand_is_two_implications_and_a_false(make):
    operands = all_bits(2)
    bench = imply_chip(make, 4, 4)
    bench.hold(np.column_stack([operands, np.ones((4, 2), bool)]))
    at = GateLines(bench.topology, "row", tuple(range(4)))
    bench.board.apply(
        [
            writing.write_zero(at, (2,), 1.5, GATE, PULSE),
            imply_on(bench, 0, 2),
            imply_on(bench, 1, 2),
        ]
    )
    assert bench.bits[:, 2].tolist() == (~operands.all(axis=1)).tolist()
    assert np.array_equal(bench.bits[:, :2], operands)


def test_p10_v_cond_works_inside_of_the_window_that_is_told_and_fails_well_outside(make):
    operands = all_bits(2)
    bench = imply_chip(make, 4, 3)
    wanted = np.column_stack([operands, np.ones(4, bool)])
    wanted[:, 1] |= ~operands[:, 0]
    right = {}
    conds = np.round(np.arange(0.3, 2.3, 0.1), 2)
    for cond in conds:
        bench.hold(np.column_stack([operands, np.ones(4, bool)]))
        drive = ImplyDrive(cond, 1.95, GATE, DRIVE.q_gate, LIMIT, DRIVE.drop)
        bench.board.apply([imply_on(bench, 0, 1, drive)])
        right[cond] = np.array_equal(bench.bits, wanted)
    told = imply.cond_window(IMPLY_CELLS, DRIVE, p_one=ONE, load=ONE, q_zero=ZERO)
    assert all(right[cond] for cond in conds if told.low <= cond <= told.high)
    assert not right[0.3] and not right[conds[-1]]


def test_bits_are_written_on_lines_by_themselves(make):
    bench = make(3, 4)
    bench.hold(np.zeros((3, 4), bool))
    at = GateLines(bench.topology, "row", (0, 2))
    bench.board.apply([writing.write_one(at, (1, 3), 2.0, GATE, PULSE)])
    assert bench.bits.tolist() == [[False, True, False, True], [False] * 4, [False, True] * 2]
    bench.board.apply([writing.write_zero(at, (3,), 1.0, GATE, PULSE)])
    assert bench.bits[:, 3].tolist() == [False] * 3
    assert bench.bits[:, 1].tolist() == [True, False, True]
