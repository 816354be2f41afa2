"""Feedback loops on the board: what they solve, how they end, and what the cells see of it."""

from dataclasses import replace

import numpy as np
import pytest
from board_bench import board_on
from scipy import linalg

from labcim.capabilities import Loop
from labcim.errors import InstrumentError

UNIT = 27e-6  # S: what a diagonal has beside its share of the sum
SPREAD = 32e-6  # S: the sum of all others in a row


def with_fixed_slowest_mode(size):
    """Return UNIT I + SPREAD / n, in the window of the cells: the loop does not know its size."""
    return UNIT * np.eye(size) + SPREAD / size


def put_on(simulated, conductance, *, error=0.0, seed=1):
    """Give cells their conductances in S, shape of the chip, now, with a relative error each."""
    chip = simulated.chip
    off = 1.0 + error * np.random.default_rng(seed).standard_normal(chip.size)
    chip.state.cells["conductance"] = conductance.ravel() * off
    chip.state.cells["relaxation"] = 0.0
    chip.state.cells["written_at"] = chip.clock.now


def every(size, conductance, **more):
    lines = np.arange(size, dtype=np.uint32)
    return Loop(lines, lines, conductance, gate=2.5, **more)


@pytest.mark.parametrize("size", [3, 16])
def test_p7_the_inverse_is_within_five_per_cent_at_three_per_cent_programming_error(tmp_path, size):
    """The RMS of 40 draws of the programming error, each read once with the cells' noise."""
    matrix = with_fixed_slowest_mode(size)
    assert np.linalg.cond(matrix) <= 10
    errors = []
    with board_on(tmp_path, "neurram-130nm", size, size) as (simulated, board, _):
        for seed in range(40):
            inputs = np.random.default_rng(seed).uniform(-0.1, 0.1, size)
            put_on(simulated, matrix, error=0.03, seed=seed)
            found = board.solve(inputs, every(size, UNIT))
            exact = linalg.solve(matrix, UNIT * inputs)
            assert found.ending == "settled"
            errors.append(np.linalg.norm(found.voltage - exact) / np.linalg.norm(exact))
    squares = np.array(errors) ** 2
    highest = squares.mean() + 1.96 * squares.std() / np.sqrt(len(squares))
    assert np.sqrt(squares.mean()) < 0.05
    assert np.sqrt(highest) < 0.055  # the end of its 95 % interval


def test_p7_the_settling_time_does_not_grow_with_the_size(tmp_path):
    times = []
    for size in (3, 8, 16):
        with board_on(tmp_path, "neurram-130nm", size, size) as (simulated, board, clock):
            put_on(simulated, with_fixed_slowest_mode(size))
            inputs = np.where(np.arange(size) % 2, 0.1, -0.1)
            began = clock.now()
            times.append(board.solve(inputs, every(size, UNIT)).settling_time)
            assert clock.now() - began == pytest.approx(times[-1] + 10e-6)  # and one aperture
    assert max(times) < 1.2 * min(times)
    assert 1e-8 < times[0] < 1e-5


@pytest.mark.parametrize("size", [3, 30, 100])
def test_p8_the_eigenvector_has_a_cosine_above_99_per_cent(tmp_path, size):
    conductance = np.random.default_rng(size).uniform(2e-6, 38e-6, (size, size))
    values, vectors = np.linalg.eig(conductance)
    first = int(np.argmax(values.real))
    with board_on(tmp_path, "neurram-130nm", size, size) as (simulated, board, _):
        put_on(simulated, conductance)
        found = board.eigenvector(every(size, 0.95 * float(values[first].real)))
    assert found.ending == "settled"
    principal = vectors[:, first].real
    assert abs(found.voltage @ principal) / np.linalg.norm(found.voltage) > 0.99
    assert np.abs(found.voltage).max() == pytest.approx(0.2, rel=1e-3)


def test_negative_coefficients_have_columns_of_their_own(tmp_path):
    random = np.random.default_rng(4)
    matrix = 30e-6 * np.eye(4) + random.uniform(-6e-6, 6e-6, (4, 4))
    plus, minus = 2e-6 + np.maximum(matrix, 0.0), 2e-6 + np.maximum(-matrix, 0.0)
    chip = np.full((6, 9), 2e-6)
    chip[np.ix_([1, 2, 4, 5], [0, 2, 4, 6])] = plus
    chip[np.ix_([1, 2, 4, 5], [1, 3, 5, 7])] = minus
    inputs = random.uniform(-0.1, 0.1, 4)
    loop = Loop(
        np.array([1, 2, 4, 5]), np.array([0, 2, 4, 6]), 30e-6, np.array([1, 3, 5, 7]), gate=2.5
    )
    with board_on(tmp_path, "neurram-130nm", 6, 9) as (simulated, board, _):
        put_on(simulated, chip)
        found = board.solve(inputs, loop)
    exact = linalg.solve(matrix, 30e-6 * inputs)
    assert np.linalg.norm(found.voltage - exact) < 0.03 * np.linalg.norm(exact)


def test_an_output_at_its_limit_is_saturated_and_no_answer(tmp_path):
    with board_on(tmp_path, "neurram-130nm", 2, 2) as (simulated, board, clock):
        put_on(simulated, 5e-6 * np.eye(2) + 2e-6)
        began = clock.now()
        found = board.solve(np.array([0.2, -0.2]), every(2, 50e-6, patience=1e-4))
        assert clock.now() - began == pytest.approx(1e-4 + 10e-6)
    assert found.ending == "saturated"
    assert np.isnan(found.settling_time)
    assert np.abs(found.voltage).max() == pytest.approx(0.2, rel=1e-3)


def test_a_loop_without_patience_is_not_settled(tmp_path):
    with board_on(tmp_path, "neurram-130nm", 3, 3) as (simulated, board, _):
        put_on(simulated, with_fixed_slowest_mode(3))
        found = board.solve(np.array([0.1, -0.1, 0.1]), every(3, UNIT, patience=1e-8))
    assert found.ending == "not settled"


def test_nothing_grows_where_the_feedback_is_too_strong(tmp_path):
    with board_on(tmp_path, "neurram-130nm", 3, 3) as (simulated, board, _):
        put_on(simulated, np.full((3, 3), 10e-6))
        found = board.eigenvector(every(3, 60e-6))
        actions = simulated.chip.truth.actions()
    assert found.ending == "dead"
    assert actions["target"][-1] == b"eigenvector: dead"


def test_outputs_that_can_move_cells_do_and_it_is_on_the_truth_log(tmp_path):
    with board_on(tmp_path, "neurram-130nm", 3, 3) as (simulated, board, _):
        put_on(simulated, with_fixed_slowest_mode(3))
        loop = replace(every(3, UNIT, limit=1.2), gate=5.0)
        found = board.solve(np.array([0.9, -0.9, 0.9]), loop)
        truth = simulated.chip.truth.pulses()
    assert found.ending == "settled"
    assert len(truth)
    seen = np.unique(np.abs(truth["amplitude"]))
    assert seen.max() == pytest.approx(np.abs(found.voltage).max(), abs=1e-3)
    assert truth["width"] == pytest.approx(found.settling_time)


def test_a_small_loop_leaves_the_cells_alone(tmp_path):
    with board_on(tmp_path, "neurram-130nm", 3, 3) as (simulated, board, _):
        put_on(simulated, with_fixed_slowest_mode(3))
        board.solve(np.array([0.1, -0.1, 0.1]), every(3, UNIT))
        assert not len(simulated.chip.truth.pulses())


def test_true_wiring_lies_between_a_loop_and_the_cells(tmp_path):
    matrix = with_fixed_slowest_mode(4)
    matrix[0, 3] += 10e-6
    faults = '[faults]\nswapped = [["row.0", "row.1"]]'
    inputs = np.array([0.1, -0.1, 0.05, 0.02])
    with board_on(tmp_path, "neurram-130nm", 4, 4, end=faults) as (simulated, board, _):
        put_on(simulated, matrix[[1, 0, 2, 3]])
        found = board.solve(inputs, every(4, UNIT))
    exact = linalg.solve(matrix, UNIT * inputs)
    assert np.linalg.norm(found.voltage - exact) < 0.03 * np.linalg.norm(exact)


def test_the_same_seed_gives_the_same_voltages(tmp_path):
    found = []
    for number in range(2):
        folder = tmp_path / str(number)
        folder.mkdir()
        with board_on(folder, "neurram-130nm", 8, 8) as (simulated, board, _):
            put_on(simulated, with_fixed_slowest_mode(8))
            inputs = np.where(np.arange(8) % 2, 0.1, -0.1)
            found.append(board.solve(inputs, every(8, UNIT)).voltage.tobytes())
    assert found[0] == found[1]


@pytest.mark.parametrize(
    ("settings", "message", "code"),
    [
        ("FEED:LIM 0.2", "FEED:EIG? #14\0\0\0\0,#14\0\0\0\0,#10", -222),  # below 0 V
        ("FEED:LIM 0.2;LEV 0.2", "FEED:EIG? #14\2\0\0\0,#14\0\0\0\0,#10", -222),  # no such row
        ("FEED:LIM 0.2;LEV 0.2", "FEED:EIG? #18\0\0\0\0\0\0\0\0,#18\0\0\0\0\1\0\0\0,#10", -224),
        ("FEED:LIM 0.2;LEV 0.2", "FEED:EIG? #14\0\0\0\0,#18\0\0\0\0\1\0\0\0,#10", -109),
        (
            "FEED:LIM 0.2;LEV 0.2",
            "FEED:SOLV? #14\0\0\0\0,#14\0\0\0\0,#10,#18\0\0\0\0\0\0\0\0",
            -109,
        ),
        ("FEED:LIM 0.2;LEV 0.2", "FEED:SOLV? #14\0\0\0\0,#14\0\0\0\0,#10,#14\0\0\xc0\x7f", -222),
        ("FEED:LIM 0.2;LEV 0.2;:OUTP 0", "FEED:EIG? #14\0\0\0\0,#14\0\0\0\0,#10", -221),
    ],
)
def test_what_the_board_refuses_is_an_empty_block_and_drives_nothing(
    tmp_path, settings, message, code
):
    with board_on(tmp_path, "neurram-130nm", 2, 2) as (simulated, board, clock):
        board.send("OUTP 1;:FORM:BORD SWAP")
        board.transport.write(settings)
        began = clock.now()
        assert board.transport.query_block(message.encode("latin-1")) == b""
        with pytest.raises(InstrumentError, match=str(code)):
            board.raise_errors()
        assert clock.now() == began
        assert not len(simulated.chip.truth)
