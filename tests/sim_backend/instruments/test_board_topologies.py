"""What the board offers on chips of each kind, and that it does it there."""

import numpy as np
import pytest
from board_bench import board_on
from scipy import linalg

from labcim.capabilities import Coding, Loop, Overlap
from labcim.errors import InstrumentError, RangeError, RecipeError

IDEAL = """
[instrument.options]
dac_inl = 0.0
dac_dnl = 0.0
adc_inl = 0.0
adc_dnl = 0.0
noise = 0.0
"""
QUIET = "\n[chip.constants]\nwhite = 0.0"
PASSIVE = 'kind = "passive"'
SELECTED = 'kind = "1S1R"\n[chip.selector]\nleakage = 1e-9\nsteepness = 0.05'


def put_on(simulated, low=10e-6, high=90e-6, seed=1):
    chip = simulated.chip
    drawn = np.random.default_rng(seed).uniform(low, high, chip.size)
    chip.state.cells["conductance"] = drawn
    return drawn.reshape(chip.rows, chip.columns)


@pytest.mark.parametrize("rest", [QUIET, "\n[chip.wires]\nrow = 1e-3" + QUIET])
def test_a_passive_chip_multiplies_both_ways(tmp_path, rest):
    """Cell by cell, and through the exact circuit where wires are resistive (1 milliohm)."""
    with board_on(tmp_path, "ecram-metal-oxide", 8, 6, more=PASSIVE + rest, board=IDEAL) as bench:
        simulated, board, _ = bench
        assert board.offers == {"vectors", "updates", "feedback"}
        conductance = put_on(simulated)
        random = np.random.default_rng(2)
        x, y = random.uniform(-1, 1, (4, 8)), random.uniform(-1, 1, (4, 6))
        how = Coding(output_bits=16, bits=12)
        forward = board.multiply(x, how).current
        back = board.multiply_transposed(y, how).current
    assert forward == pytest.approx(x @ conductance * 0.2, abs=2e-8)
    assert back == pytest.approx(y @ conductance.T * 0.2, abs=2e-8)


def test_a_passive_chip_closes_loops_around_ground_where_its_windows_reach_below(tmp_path):
    with board_on(tmp_path, "ecram-metal-oxide", 3, 3, more=PASSIVE + QUIET, low=-1.0) as bench:
        simulated, board, _ = bench
        matrix = np.full((3, 3), 12e-6) + 60e-6 * np.eye(3)
        simulated.chip.state.cells["conductance"] = matrix.ravel()
        lines, inputs = np.arange(3, dtype=np.uint32), np.array([0.1, -0.05, 0.02])
        found = board.solve(inputs, Loop(lines, lines, 60e-6))
        assert board.transport.query(":FEED:LEV?") == "0.0"
    assert found.voltage == pytest.approx(linalg.solve(matrix, 60e-6 * inputs), abs=2e-4)


def test_behind_selectors_nothing_is_multiplied_and_the_board_says_so(tmp_path):
    with board_on(tmp_path, "rpu-target", 4, 4, more=SELECTED) as (simulated, board, _):
        assert board.offers == {"updates"}
        with pytest.raises(RangeError, match="vectors: this board offers updates"):
            board.multiply(np.ones((1, 4)), Coding())
        lines = np.arange(4, dtype=np.uint32)
        with pytest.raises(RangeError, match="feedback: this board offers updates"):
            board.eigenvector(Loop(lines, lines, 1e-4))
        board.send("OUTP 1;:FORM:BORD SWAP")
        for message in (
            "VECT:MULT? #216" + "\0" * 16,
            "FEED:EIG? #14\0\0\0\0,#14\0\0\0\0,#10",
        ):
            assert board.transport.query_block(message.encode("latin-1")) == b""
            with pytest.raises(InstrumentError, match="-221"):
                board.raise_errors()
        assert not len(simulated.chip.truth)


def test_selectors_take_more_of_a_half_than_of_a_whole_pulse(tmp_path):
    """Slot by slot through the exact circuit."""
    with board_on(tmp_path, "rpu-target", 3, 3, more=SELECTED) as (simulated, board, _):
        rows, columns = np.array([[0.0, 1.0, 0.0]]), np.array([[1.0, 0.0, 0.0]])
        updated = board.update(rows, columns, Overlap(1.6, -1.6, slots=4))
        truth = simulated.chip.truth.pulses()
    assert updated.half == pytest.approx(0.8)
    assert updated.up[1, 0] == 4
    whole = truth["amplitude"][truth["cell"] == 3]
    assert len(whole) == 4 and (whole > 0.5).all()
    half = truth["amplitude"][truth["cell"] != 3]
    assert len(half) == 4 * (2 + 2)
    assert half.max() < 0.5 * whole.min()


def test_wires_take_their_part_of_an_updates_pulses(tmp_path):
    more = "\n[chip.wires]\nrow = 200.0\ncolumn = 200.0" + QUIET
    with board_on(tmp_path, "ecram-metal-oxide", 6, 6, more=more) as (simulated, board, _):
        put_on(simulated)
        ones = np.ones((1, 6))
        overlap = Overlap(1.0, -1.0, slots=1, gate_up=4.0, gate_down=4.0, deterministic=True)
        updated = board.update(ones, ones, overlap)
        seen = simulated.chip.truth.pulses()["amplitude"]
    assert (updated.up == 1).all()
    assert len(seen) == 36
    assert 0.5 < seen.min() < 0.95 < 1.0 > seen.max()


@pytest.mark.parametrize(
    ("options", "said"),
    [("lines_each = 0", "lines_each"), ("gain = -1.0", "gain"), ("ranges = 3", "ranges")],
)
def test_options_that_no_board_has_are_refused_by_name(tmp_path, options, said):
    board = f"[instrument.options]\n{options}"
    with pytest.raises(RecipeError, match=f"options of board: {said}"):
        with board_on(tmp_path, "rpu-target", 2, 2, board=board):
            pass


@pytest.mark.parametrize("preset", ["neurram-130nm", "pcm-mushroom"])
def test_a_column_without_ends_says_nothing_and_the_others_multiply_on(tmp_path, preset):
    broken = '[faults]\nbroken = [["column.0", 0], ["column.0", 4]]\n'
    with board_on(tmp_path, preset, 4, 6, end=broken) as (_, board, _):
        forth = board.multiply(np.ones((3, 4)), Coding(gate=3.0, output_bits=16))
        back = board.multiply_transposed(np.eye(6), Coding(gate=3.0, output_bits=16))
    assert not forth.flags.any() and not back.flags.any()
    assert np.abs(forth.current[:, 0]).max() < 1e-8 < 1e-6 < forth.current[:, 1:].min()
    assert np.abs(back.current[0]).max() < 1e-8 < 1e-6 < back.current[1:].min()
