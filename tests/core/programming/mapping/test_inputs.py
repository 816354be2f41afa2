"""Inputs in digits, scales of vectors."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labcim.errors import RangeError
from labcim.programming.mapping.inputs import InputDigits, scaled


@given(st.integers(1, 7), st.integers(1, 4), st.integers(0, 2**32 - 1))
def test_p18_digits_add_up_to_the_rounded_input(bits, slices, seed):
    digits = InputDigits(bits, slices)
    x = np.random.default_rng(seed).uniform(-1, 1, (3, 7))
    driven = digits.encode(x)
    assert driven.shape == (slices, 3, 7)
    assert np.abs(driven).max() <= 1.0
    back = np.einsum("s,sbi->bi", digits.worth, driven)
    wanted = x if slices == 1 else np.rint(x * digits.largest) / digits.largest
    np.testing.assert_allclose(back, wanted, rtol=0, atol=1e-12)


def test_p18_sixteen_bits_go_out_as_sixteen_single_ones():
    digits = InputDigits(1, 16)
    driven = digits.encode(np.array([[0b1010_0000_0000_0101 / 65535]]))[:, 0, 0]
    np.testing.assert_array_equal(driven, [1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1])


def test_vectors_are_scaled_to_full_scale_and_nothing_stays_nothing():
    vectors, scale = scaled(np.array([[0.5, -2.0], [0.0, 0.0]]))
    np.testing.assert_allclose(vectors, [[0.25, -1.0], [0.0, 0.0]])
    np.testing.assert_allclose(scale, [[2.0], [1.0]])


@pytest.mark.parametrize(("bits", "slices"), [(0, 1), (8, 0), (16, 2)])
def test_inputs_of_no_or_too_many_bits_are_refused(bits, slices):
    with pytest.raises(RangeError, match="1 to 31 bits"):
        InputDigits(bits, slices)
