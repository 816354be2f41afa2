"""Charge-domain operations: truth tables, charge balances, error rates in closed form."""

import itertools

import numpy as np
import pytest
from scipy.stats import norm

from labcim.errors import RangeError
from labcim.sim_backend.periphery.charge import DramColumns, SramColumns
from labcim.sim_backend.periphery.charge_mvm import CapacitorColumns, XnorColumns
from labcim.sim_backend.periphery.converters import Adc

BOLTZMANN = 1.380649e-23
PAIRS = list(itertools.product((0, 1), repeat=2))


def columns_of_pairs(count):
    """Return two rows of ``count`` bits that hold all pairs, again and again."""
    return np.resize(np.array(PAIRS).T, (2, count))


@pytest.mark.parametrize("seed", range(3))
def test_the_selection_row_makes_or_of_ones_and_and_of_zeros(seed):
    """P13 and D13: exact at 5 % mismatch (3 sigma is 15 %)."""
    a, b = columns_of_pairs(4096)
    dram = DramColumns(4096, mismatch=0.05, offset=5e-3, seed=seed)

    np.testing.assert_array_equal(dram.select(a, b, 1).bits, a | b)
    np.testing.assert_array_equal(dram.select(a, b, 0).bits, a & b)


def test_shared_charge_is_conserved():
    """Ambit's 1, 1, 0: (80 fF / 2 + 2 * 20 fF) / 140 fF of the supply."""
    seen = DramColumns(1).majority([[1], [1], [0]])

    assert seen.voltage[0] == pytest.approx((0.5 * 80 + 40) / 140)
    assert seen.bits[0]


def test_sense_amplifiers_err_where_their_offset_exceeds_the_margin():
    """For 1, 1, 0 the margin is 80/140 - 1/2 of the supply: probability Phi(-margin / offset)."""
    count, offset = 200_000, 0.05
    dram = DramColumns(count, offset=offset, seed=2)
    wrong = ~dram.majority(np.repeat([[1], [1], [0]], count, axis=1)).bits
    expected = norm.cdf(-(80 / 140 - 0.5) / offset)

    assert wrong.mean() == pytest.approx(expected, rel=4.0 / np.sqrt(count * expected))


@pytest.mark.parametrize("spread", [0.2, 0.25, 0.3])
def test_the_error_rate_over_mismatch_is_that_of_a_capacitor_that_outweighs_two(spread):
    """P13: for 1, 1, 0 an error is C1 + C2 < C3: probability Phi(-1 / (spread sqrt 3))."""
    count = 400_000
    dram = DramColumns(count, mismatch=spread, seed=1)
    wrong = ~dram.majority(np.repeat([[1], [1], [0]], count, axis=1)).bits
    expected = norm.cdf(-1.0 / (spread * np.sqrt(3.0)))

    assert wrong.mean() == pytest.approx(expected, rel=5.0 / np.sqrt(count * expected) + 0.02)


def test_ones_are_lost_when_the_refresh_comes_too_late():
    """D13: (2 C e^-t/tau + C_bl / 2) / (3 C + C_bl) falls below one half at e^-t/tau = 3/4."""
    dram = DramColumns(1, leak=64e-3)
    limit = 64e-3 * np.log(4.0 / 3.0)

    assert dram.select([1], [1], [0], age=0.99 * limit).bits[0]
    assert not dram.select([1], [1], [0], age=1.01 * limit).bits[0]


def test_two_word_lines_give_and_and_nor():
    """P14: truth table at 5 % spread of the cells' current (D12)."""
    a, b = columns_of_pairs(4096)
    seen = SramColumns(4096, mismatch=0.05, seed=2).both_and_neither(a, b)

    np.testing.assert_array_equal(seen.both, a & b)
    np.testing.assert_array_equal(seen.neither, 1 - (a | b))


def test_a_four_bit_ripple_adder_from_and_and_nor():
    """P14: all 256 sums, a column each; XOR is NOR of AND and NOR."""
    sram = SramColumns(256, mismatch=0.05, seed=3)
    first, second = (table.ravel() for table in np.divmod(np.arange(256), 16))
    carry, total = np.zeros(256, dtype=int), np.zeros(256, dtype=int)
    for place in range(4):
        a, b = (first >> place) & 1, (second >> place) & 1
        half = sram.both_and_neither(a, b)
        either = sram.both_and_neither(half.both, half.neither).neither
        whole = sram.both_and_neither(either, carry)
        total += sram.both_and_neither(whole.both, whole.neither).neither << place
        carry = 1 - sram.both_and_neither(half.both, whole.both).neither
    np.testing.assert_array_equal(total + (carry << 4), first + second)


def test_a_pulse_too_short_to_discharge_the_line_reads_ones():
    seen = SramColumns(1, pulse=1e-12).both_and_neither([0], [0])

    assert seen.both[0] and seen.neither[0]


def test_xnor_and_count_is_exact_with_ideal_parts():
    """P15 and D12: bit-exact popcount."""
    random = np.random.default_rng(1)
    inputs, weights = random.integers(0, 2, (50, 64)), random.integers(0, 2, (64, 32))
    columns = XnorColumns(64, 32)
    voltages = columns.voltages(inputs, weights)
    agree = (inputs[:, :, None] == weights[None]).sum(axis=1)

    np.testing.assert_array_equal(columns.counts(voltages), agree)
    np.testing.assert_allclose(
        columns.products(voltages), (2 * inputs - 1) @ (2 * weights - 1), atol=1e-9
    )


def test_eleven_levels_cost_a_vote_less_than_a_point():
    """P15 and D12: a 3.46-bit converter within one point; nearest of 10 binary patterns."""
    random = np.random.default_rng(2)
    patterns = random.integers(0, 2, (256, 10))
    labels = random.integers(0, 10, 2000)
    flips = random.random((2000, 256)) < 0.3
    columns = XnorColumns(256, 10, mismatch=0.05, seed=4)
    voltages = columns.voltages(patterns.T[labels] ^ flips, patterns)
    steps = np.linspace(0.3, 0.7, 11)  # where outputs lie, as XNOR-SRAM places its levels
    coarse = steps[np.abs(voltages[..., None] - steps).argmin(axis=-1)]

    exact, eleven = (np.mean(v.argmax(axis=1) == labels) for v in (voltages, coarse))
    assert exact > 0.99
    assert eleven >= exact - 0.01


def test_joined_capacitors_stand_at_the_mean_of_the_products():
    """P16: equals the mean over the column, but for the line's own capacitance."""
    random = np.random.default_rng(3)
    voltages, weights = random.uniform(0, 1, (20, 64)), random.integers(-1, 2, (64, 16))
    columns = CapacitorColumns(64, 16, parasitic=16e-15, temperature=0.0)
    seen = columns.multiply(voltages, weights, random)

    assert columns.share == pytest.approx(64 / 80)
    np.testing.assert_allclose(seen, columns.share * (voltages @ weights) / 64, atol=1e-12)


def test_six_bit_inputs_are_told_apart():
    """P16: 6-bit by 1-bit; one column of ones, noise and a 6-bit ADC."""
    random = np.random.default_rng(4)
    codes = np.arange(64)
    columns = CapacitorColumns(64, 1, unit=2e-15)
    seen = columns.multiply(np.repeat(codes[:, None] / 63, 64, axis=1), np.ones((64, 1)), random)

    np.testing.assert_array_equal(Adc(6, 0.0, 1.0).convert(seen[:, 0]).codes, codes)


def test_switching_noise_is_kt_over_c():
    """kT/C of 1 fF is 2.03 mV at 300 K (physics 2.3); a column has its charge balance of it."""
    assert np.sqrt(BOLTZMANN * 300 / 1e-15) == pytest.approx(2.03e-3, rel=0.005)
    columns = CapacitorColumns(16, 4, parasitic=8e-15)
    seen = columns.multiply(np.zeros((20_000, 16)), np.ones((16, 4)), np.random.default_rng(5))
    whole = 24e-15
    expected = np.sqrt(BOLTZMANN * 300 * (16e-15 / whole**2 + 1 / whole))

    assert seen.std() == pytest.approx(expected, rel=0.01)
    assert columns.noise == pytest.approx(expected)


def test_one_per_cent_mismatch_costs_less_than_one_per_cent():
    """P16."""
    random = np.random.default_rng(6)
    voltages, weights = random.uniform(0, 1, (50, 64)), random.integers(0, 2, (64, 64))
    seen = CapacitorColumns(64, 64, mismatch=0.01, temperature=0.0, seed=7).multiply(
        voltages, weights, random
    )

    assert np.abs(seen - voltages @ weights / 64).max() < 0.01


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: DramColumns(2).majority([[1, 1], [1, 0]]),
        lambda: DramColumns(2).select([1, 2], [0, 0], 0),
        lambda: DramColumns(2, cell=0.0),
        lambda: SramColumns(2).both_and_neither([1, 1], [0.5, 0]),
        lambda: XnorColumns(2, 2).voltages([[1, 0]], [[1, 0]]),
        lambda: CapacitorColumns(2, 1).multiply([[0.0, 0.0]], [[2], [0]], np.random.default_rng(0)),
        lambda: CapacitorColumns(2, 1).multiply([[0.0]], [[1], [0]], np.random.default_rng(0)),
        lambda: CapacitorColumns(2, 1, temperature=-1.0),
    ],
)
def test_what_does_not_fit_the_columns_is_refused(wrong):
    with pytest.raises(RangeError, match="accepts"):
        wrong()
