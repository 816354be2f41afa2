"""The converter's range, against the optimal quantiser of the normal distribution."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labcim.errors import RangeError
from labcim.programming.mapping.ranges import calibrated_range


def converted(values, end, bits):
    step = end / (2 ** (bits - 1) - 1)
    return np.clip(np.rint(values / step) * step, -end, end)


@pytest.mark.parametrize("bits", [4, 5, 6, 8, 10])
def test_the_range_is_the_best_one_for_values_that_were_not_seen(bits):
    random = np.random.default_rng(bits)
    seen, fresh = random.standard_normal(20_000), random.standard_normal(50_000)
    ends = np.geomspace(0.5, 8.0, 120)  # the ideal: tried on the fresh values themselves
    ideal = min(np.mean((converted(fresh, end, bits) - fresh) ** 2) for end in ends)
    found = np.mean((converted(fresh, calibrated_range(seen, bits), bits) - fresh) ** 2)
    assert np.sqrt(found / ideal) <= 1.2


def test_p21_auto_range_recovers_the_accuracy_of_the_ideal_range():
    random = np.random.default_rng(21)
    weights = random.standard_normal((10, 64))  # nearest of ten prototypes, as a linear layer
    picked = random.integers(0, 10, 6000)
    inputs = weights[picked] * 0.35 + random.standard_normal((6000, 64))
    bias = -0.175 * np.square(weights).sum(axis=1)
    products = inputs @ weights.T
    seen, fresh = products[:2000], products[2000:]

    def accuracy(end, bits):
        return float(
            np.mean(np.argmax(converted(fresh, end, bits) + bias, axis=1) == picked[2000:])
        )

    worst_case = np.abs(weights).sum(axis=1).max() * np.abs(inputs).max()
    by_bits = {}
    for bits in (3, 4, 5, 6, 8):
        ideal = max(accuracy(end, bits) for end in np.geomspace(2.0, worst_case, 100))
        found = accuracy(calibrated_range(seen, bits), bits)
        by_bits[bits] = ideal
        assert found >= 0.9 * ideal
        lost = accuracy(worst_case, bits)
        if bits <= 6:  # with more, there is less to win than 4,000 cases can tell
            assert found - lost >= 0.9 * (ideal - lost)
    # the knee: 4 bits are nearly as good as 8, 3 are not
    assert by_bits[8] - by_bits[4] < 0.02
    assert by_bits[8] - by_bits[3] > by_bits[8] - by_bits[4]


@given(st.floats(1e-9, 1e9), st.integers(2, 12))
def test_the_range_goes_with_the_unit(unit, bits):
    values = np.random.default_rng(0).standard_normal(300)
    plain = calibrated_range(values, bits)
    assert calibrated_range(values * unit, bits) == pytest.approx(plain * unit, rel=1e-9)
    assert plain <= 1.5 * np.abs(values).max()


@pytest.mark.parametrize("samples", [[], [0.0, 0.0], [1.0, np.nan], [np.inf]])
def test_a_range_from_nothing_is_refused(samples):
    with pytest.raises(RangeError, match="samples"):
        calibrated_range(np.array(samples), 8)


@pytest.mark.parametrize("bits", [1, 0, 33])
def test_a_converter_without_a_sign_is_refused(bits):
    with pytest.raises(RangeError, match="bits"):
        calibrated_range(np.ones(3), bits)
