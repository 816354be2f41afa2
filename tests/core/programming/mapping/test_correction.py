"""Gain and offset of columns, from products that are known."""

import numpy as np

from labcim.programming.mapping.correction import Affine

RANDOM = np.random.default_rng(1)


def test_gain_and_offset_are_recovered_and_taken_out():
    true = RANDOM.standard_normal((50, 4, 2))
    gain, offset = RANDOM.uniform(0.8, 1.2, (4, 2)), RANDOM.uniform(-1, 1, (4, 2))
    fitted = Affine.fitted(gain * true + offset, true)
    np.testing.assert_allclose(fitted.gain, gain, rtol=1e-9)
    np.testing.assert_allclose(fitted.offset, offset, atol=1e-9)
    np.testing.assert_allclose(fitted.applied(gain * true + offset), true, atol=1e-9)


def test_a_column_whose_weights_are_all_zero_gets_an_offset_and_no_gain():
    noise = 0.3 + 0.1 * RANDOM.standard_normal((50, 1))
    fitted = Affine.fitted(noise, np.zeros((50, 1)))
    assert fitted.gain[0] == 1.0
    np.testing.assert_allclose(fitted.offset[0], noise.mean(), rtol=1e-12)


def test_the_gain_of_a_column_that_says_little_stays_near_one():
    true = 1e-3 * RANDOM.standard_normal((20, 1000))
    gain = Affine.fitted(true + RANDOM.standard_normal((20, 1000)), true).gain
    assert np.abs(gain - 1.0).max() < 0.05  # the bare slopes are off by hundreds
