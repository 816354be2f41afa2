"""Bits held as charge, through a board: DRAM, SRAM, XNOR cells, capacitors (D12, D13, P13-P16)."""

import itertools

import numpy as np
import pytest
from board_bench import board_on
from scipy.stats import norm

from labcim.bit_capabilities import BulkLogic, ChargeSums, Levels
from labcim.errors import InstrumentError, RangeError

PAIRS = np.array(list(itertools.product((0, 1), repeat=2))).T
BOLTZMANN = 1.380649e-23


def pairs(count):
    """Return two rows of ``count`` bits that hold all pairs, again and again."""
    return np.resize(PAIRS, (2, count)).astype(np.bool_)


def rows(*numbers):
    return np.array(numbers, np.uint32)


def changed(**constants):
    """Return the end of a chip file whose chip has these constants."""
    lines = [f"{name} = {value!r}" for name, value in constants.items()]
    return "\n".join(["[chip.constants]", *lines])


def logic(board, a, b, select):
    """Return DRAM's OR (select 1) or AND (select 0) of two rows, which stay as they are."""
    board.write_rows(0, np.array([a, b, np.full(len(a), select)], np.bool_))
    return board.activate(rows(0, 1, 2)).bits


# --- DRAM ---


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_p13_d13_a_selection_row_makes_or_of_ones_and_and_of_zeros(tmp_path, seed):
    """P13 and D13: exact with capacitors that differ by 5 % (3 sigma is 15 %), offsets of 5 mV."""
    with board_on(tmp_path, "dram-1t1c", 8, 4096, seed=seed) as (_, board, _):
        a, b = pairs(4096)
        assert isinstance(board, BulkLogic) and board.offers == {"bits"}

        np.testing.assert_array_equal(logic(board, a, b, 1), a | b)
        np.testing.assert_array_equal(logic(board, a, b, 0), a & b)
        np.testing.assert_array_equal(board.read_rows(0, 3), np.tile(a & b, (3, 1)))


def test_p13_the_error_rate_over_mismatch_is_that_of_a_capacitor_that_outweighs_two(tmp_path):
    """For 1, 1, 0 an error is C1 + C2 < C3: probability Phi(-1 / (spread sqrt 3))."""
    for spread in (0.15, 0.2, 0.25, 0.3, 0.4):
        end = changed(element_spread=spread, offset_spread=0.0, leak_time=0.0)
        with board_on(tmp_path, "dram-1t1c", 150, 2000, seed=int(100 * spread), end=end) as opened:
            board, wrong = opened[1], 0
            for first in range(0, 150, 3):
                board.write_rows(first, np.repeat([[1], [1], [0]], 2000, axis=1))
                wrong += np.count_nonzero(~board.activate(rows(*range(first, first + 3))).bits)
        expected = 1e5 * norm.cdf(-1.0 / (spread * np.sqrt(3.0)))

        assert wrong == pytest.approx(expected, abs=4.0 * np.sqrt(expected) + 0.01 * expected)


def test_d13_errors_set_in_where_the_refresh_comes_too_late(tmp_path):
    """(C (x1 + x2) + C_bl / 2) / (3 C + C_bl) < 1/2, with x = exp(-t / tau): x1 + x2 < 3/2."""
    end = changed(element_spread=0.0, offset_spread=0.0)
    random = np.random.default_rng(1)
    found, expected = [], []
    with board_on(tmp_path, "dram-1t1c", 3, 20_000, end=end) as (_, board, clock):
        for interval in (10e-3, 64e-3, 150e-3, 250e-3, 350e-3, 500e-3):
            board.write_rows(0, np.repeat([[1], [1], [0]], 20_000, axis=1))
            clock.sleep(interval)
            found.append(np.mean(~board.activate(rows(0, 1, 2)).bits))
            left = np.exp(-interval / np.exp(0.3 * random.standard_normal((2, 200_000))))
            expected.append(np.mean(left.sum(axis=0) < 1.5))

    assert found[:2] == [0.0, 0.0]
    np.testing.assert_allclose(found, expected, atol=0.012)
    assert found[-1] > 0.95


def test_d13_bits_are_kept_by_refreshing_and_lost_without(tmp_path):
    random = np.random.default_rng(2)
    bits = random.integers(0, 2, (4, 2000)).astype(np.bool_)
    with board_on(tmp_path, "dram-1t1c", 4, 2000) as (_, board, clock):
        board.write_rows(0, bits)
        for _ in range(20):
            clock.sleep(64e-3)
            kept = board.read_rows(0, 4)
        np.testing.assert_array_equal(kept, bits)
        clock.sleep(20.0)
        assert not board.read_rows(0, 4).any()


def test_bits_outlive_the_process_that_wrote_them(tmp_path):
    bits = np.random.default_rng(3).integers(0, 2, (4, 64)).astype(np.bool_)
    with board_on(tmp_path, "sram-6t", 4, 64) as (_, board, _):
        board.write_rows(0, bits)
    with board_on(tmp_path, "sram-6t", 4, 64) as (_, board, _):
        np.testing.assert_array_equal(board.read_rows(0, 4), bits)


# --- SRAM ---


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_p14_two_word_lines_give_and_and_nor_and_leave_the_bits(tmp_path, seed):
    """P14: at 5 % spread of the cells' current and 10 mV of the amplifiers' offsets."""
    a, b = pairs(4096)
    with board_on(tmp_path, "sram-6t", 4, 4096, seed=seed) as (_, board, _):
        board.write_rows(0, np.array([a, b]))
        found = board.activate(rows(0, 1))
        np.testing.assert_array_equal(found.bits, a & b)
        np.testing.assert_array_equal(found.complement, ~(a | b))
        np.testing.assert_array_equal(board.read_rows(0, 2), [a, b])


def test_p14_a_four_bit_ripple_adder_sums_all_256_pairs(tmp_path):
    """XOR is NOR of AND and NOR; every gate is a write and two open word lines."""
    with board_on(tmp_path, "sram-6t", 2, 256) as (_, board, _):

        def gate(a, b):
            board.write_rows(0, np.array([a, b], np.bool_))
            return board.activate(rows(0, 1))

        first, second = (table.ravel() for table in np.divmod(np.arange(256), 16))
        carry, total = np.zeros(256, np.bool_), np.zeros(256, int)
        for place in range(4):
            half = gate((first >> place) & 1, (second >> place) & 1)
            either = gate(half.bits, half.complement).complement
            whole = gate(either, carry)
            total += gate(whole.bits, whole.complement).complement.astype(int) << place
            carry = ~gate(half.bits, whole.bits).complement
    np.testing.assert_array_equal(total + (carry.astype(int) << 4), first + second)


# --- XNOR cells ---


def test_p15_d12_xnor_and_count_is_exact_with_ideal_parts(tmp_path):
    random = np.random.default_rng(1)
    inputs, weights = random.integers(0, 2, (50, 64)), random.integers(0, 2, (64, 32))
    with board_on(tmp_path, "xnor-sram", 64, 32, more="spread = 0.0") as (_, board, _):
        assert isinstance(board, ChargeSums) and board.offers == {"bits", "sums"}
        board.write_rows(0, weights)
        found = board.sums(inputs, Levels())
        counted = np.rint(found.voltage / found.supply * 64)
        converted = board.sums(inputs, Levels(65, 0.0, 1.0))

    agree = (inputs[:, :, None] == weights[None]).sum(axis=1)
    np.testing.assert_array_equal(counted, agree)
    np.testing.assert_array_equal(np.rint(converted.voltage * 64), agree)
    assert not converted.flags.any()


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_p15_d12_eleven_levels_cost_less_than_a_point(tmp_path, seed):
    """P15 and D12: 3.46 bits; nearest of ten patterns of 1,024 bits, 43 % of which are wrong.

    A layer of so many inputs is spread over four arrays of 256 rows, whose sums are converted each.
    """
    random = np.random.default_rng(seed)
    patterns = random.integers(0, 2, (4, 256, 10))
    labels = random.integers(0, 10, 2000)
    seen = patterns[:, :, labels] ^ (random.random((4, 256, 2000)) < 0.43)
    votes = np.zeros((2, 2000, 10))
    with board_on(tmp_path, "xnor-sram", 256, 40, seed=seed) as (_, board, _):
        board.write_rows(0, np.concatenate(patterns, axis=1))
        for part in range(4):
            for vote, levels in zip(votes, (Levels(), Levels(11, 0.35, 0.65)), strict=True):
                found = board.sums(seen[part].T, levels)
                vote += found.voltage[:, 10 * part : 10 * part + 10]
    exact, coarse = (np.mean(vote.argmax(axis=1) == labels) for vote in votes)

    assert 0.97 < exact < 0.9999
    assert coarse >= exact - 0.01


# --- capacitors ---


def test_p16_joined_capacitors_stand_at_the_mean_of_the_products_to_kt_over_c(tmp_path):
    """Noise kT/C of each sampled capacitor and of the column: (1 + 1) kT / (64 fF)."""
    random = np.random.default_rng(3)
    inputs, bits = random.uniform(0, 1, (400, 64)), random.integers(0, 2, (64, 16))
    with board_on(tmp_path, "capacitor-mvm", 64, 16, end=changed(element_spread=0.0)) as opened:
        board = opened[1]
        board.write_rows(0, bits)
        off = board.sums(inputs, Levels()).voltage - inputs @ bits / 64
    noise = np.sqrt(2.0 * BOLTZMANN * 300.0 / 64e-15)

    assert off.std() == pytest.approx(noise, rel=0.03)
    assert abs(off.mean()) < 4.0 * noise / np.sqrt(off.size)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_p16_one_percent_of_mismatch_costs_less_than_one_percent(tmp_path, seed):
    random = np.random.default_rng(seed)
    inputs, bits = random.uniform(0, 1, (50, 64)), random.integers(0, 2, (64, 64))
    with board_on(tmp_path, "capacitor-mvm", 64, 64, seed=seed) as (_, board, _):
        board.write_rows(0, bits)
        off = board.sums(inputs, Levels()).voltage - inputs @ bits / 64

    assert np.abs(off).max() < 0.01


def test_p16_six_bit_inputs_times_one_bit_are_told_apart_by_a_converter_of_64_levels(tmp_path):
    codes = np.arange(64)
    with board_on(tmp_path, "capacitor-mvm", 64, 4) as (_, board, _):
        board.write_rows(0, np.ones((64, 4), np.bool_))
        found = board.sums(np.repeat(codes[:, None] / 63, 64, axis=1), Levels(64, 0.0, 1.0))

    np.testing.assert_array_equal(np.rint(found.voltage * 63), np.tile(codes[:, None], (1, 4)))


# --- what is refused, flagged, and takes time ---


def test_an_operation_takes_a_cycle_of_the_chip(tmp_path):
    with board_on(tmp_path, "dram-1t1c", 4, 8) as (_, board, clock):
        start = clock.now()
        board.write_rows(0, np.zeros((4, 8), np.bool_))
        board.activate(rows(0, 1, 2))
        board.read_rows(1, 3)

        assert clock.now() - start == pytest.approx(8 * 50e-9)


def test_what_lies_beyond_a_converter_is_flagged(tmp_path):
    with board_on(tmp_path, "xnor-sram", 8, 2, more="spread = 0.0") as (_, board, _):
        board.write_rows(0, np.array([[1, 0]] * 8))
        found = board.sums(np.ones((1, 8)), Levels(5, 0.0, 0.5))

    assert (found.flags != 0).tolist() == [[True, False]]


@pytest.mark.parametrize(
    "wrong",
    [
        lambda board: board.write_rows(0, np.ones((2, 5))),
        lambda board: board.write_rows(3, np.ones((2, 4))),
        lambda board: board.write_rows(0, np.full((1, 4), 2)),
        lambda board: board.write_rows(0, np.full((1, 4), np.nan)),
        lambda board: board.read_rows(0, 5),
        lambda board: board.activate(rows()),
        lambda board: board.activate(rows(0, 4)),
        lambda board: board.activate(rows(1, 1)),
        lambda board: board.sums(np.ones((1, 4)), Levels()),
    ],
)
def test_what_does_not_fit_the_rows_is_refused_before_anything_is_sent(tmp_path, wrong):
    with board_on(tmp_path, "dram-1t1c", 4, 4) as (simulated, board, _):
        before = len(simulated.chip.truth.actions())
        with pytest.raises(RangeError):
            wrong(board)
        assert len(simulated.chip.truth.actions()) == before


@pytest.mark.parametrize(
    ("inputs", "levels"),
    [
        (np.full((1, 4), 0.5), Levels(1)),
        (np.full((1, 4), 1.5), Levels()),
        (np.full((1, 4), np.nan), Levels()),
        (np.ones((1, 3)), Levels()),
        (np.ones((1, 4)), Levels(4, 0.5, 0.5)),
        (np.ones((1, 4)), Levels(4, np.nan, 0.5)),
    ],
)
def test_inputs_and_levels_that_do_not_fit_are_refused(tmp_path, inputs, levels):
    with board_on(tmp_path, "capacitor-mvm", 4, 4) as (_, board, _):
        with pytest.raises(RangeError):
            board.sums(inputs, levels)


def test_the_board_itself_refuses_what_its_chip_cannot_do(tmp_path):
    with board_on(tmp_path, "xnor-sram", 4, 4) as (_, board, _):
        with pytest.raises(InstrumentError, match="-222"):
            board.sums(np.full((1, 4), 0.5), Levels())
        with pytest.raises(InstrumentError, match="-222"):
            board.activate(rows(0, 1))
    with board_on(tmp_path, "neurram-130nm", 4, 4) as (_, board, _):
        assert not board.offers & {"bits", "sums"}
        assert board.ask("BIT:KIND?") == "NONE"
        with pytest.raises(RangeError, match="bits"):
            board.read_rows(0, 1)
        with pytest.raises(InstrumentError, match="-221"):
            board.send("BIT:WRIT 0,#14abcd")


def test_dead_cells_hold_what_they_hold(tmp_path):
    end = changed(stuck_high_share=1.0)
    with board_on(tmp_path, "sram-6t", 64, 64, end=end) as (simulated, board, _):
        simulated.chip.state.cells["stuck"][5] = 2
        board.write_rows(0, np.zeros((64, 64), np.bool_))
        found = board.read_rows(0, 64)

    assert np.argwhere(found).tolist() == [[0, 5]]
