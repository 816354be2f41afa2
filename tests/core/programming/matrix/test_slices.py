"""Bit slicing (P18): integer products in pieces, exact as long as each piece can be told apart."""

import numpy as np
import pytest
from fake_array import fake_array, write_exactly

from labcim.capabilities import Coding
from labcim.errors import RangeError
from labcim.programming.mapping.scheme import Scheme
from labcim.programming.matrix import AnalogMatrix

INPUTS, OUTPUTS, BATCH = 64, 8, 40


def sliced(signs, cell_bits, input_bits, noise, seed=1):
    """Return an 8 bit matrix on the array and its integers; noise: S, on each cell."""
    random = np.random.default_rng(seed)
    scheme = Scheme(signs, levels=2**cell_bits, slices=8 // cell_bits)
    limit = int(scheme.largest)
    weights = random.integers(-limit, limit + 1, (OUTPUTS, INPUTS)).astype(float)
    arrays = [fake_array(INPUTS, (OUTPUTS + 1) * scheme.cells)]
    matrix = AnalogMatrix(
        weights,
        arrays,
        scheme=scheme,
        coding=Coding(bits=input_bits),
        input_slices=8 // input_bits,
        full_scale=scheme.largest,
    )
    write_exactly(matrix, arrays)
    arrays[0].cells.true += noise * random.standard_normal(arrays[0].cells.true.shape)
    return matrix, weights, random.integers(-255, 256, (BATCH, INPUTS)).astype(float)


@pytest.mark.parametrize("signs", ["pair", "offset"])
@pytest.mark.parametrize("input_bits", [1, 2, 8])
@pytest.mark.parametrize("cell_bits", [1, 2, 4, 8])
def test_p18_eight_by_eight_bits_are_exact_on_an_ideal_array(signs, cell_bits, input_bits):
    if signs == "offset" and cell_bits == 1:
        cell_bits = 2  # eight slices of one bit hold an offset as well, but take 72 columns
    matrix, weights, x = sliced(signs, cell_bits, input_bits, 0.0)
    np.testing.assert_array_equal(matrix.integer_products(x), x @ weights.T)


def test_p18_eight_by_eight_bits_are_exact_while_the_noise_of_a_slice_is_small():
    # One step of a 1 bit cell is 36 µS. A column sums 64 inputs, half of them on: the noise of a
    # difference is 0.1 µS * sqrt(64) = 0.8 µS, an eighteenth of half a step.
    matrix, weights, x = sliced("pair", 1, 1, 0.1e-6)
    np.testing.assert_array_equal(matrix.integer_products(x), x @ weights.T)


def test_p18_with_too_many_bits_a_cell_the_same_noise_is_no_longer_exact():
    matrix, weights, x = sliced("pair", 4, 1, 1e-6)  # a step of 2.4 µS, noise of 8 µS
    assert not np.array_equal(matrix.integer_products(x), x @ weights.T)


def errors_by_slice(noise):
    """Return the RMS error over that of the products for 1, 2, 4 and 8 bits a cell, 4 seeds."""
    found = []
    for cell_bits in (1, 2, 4, 8):
        squares = [0.0, 0.0]
        for seed in range(4):
            matrix, weights, x = sliced("pair", cell_bits, 1, noise, seed)
            true = x @ weights.T
            squares[0] += np.mean((matrix.integer_products(x) - true) ** 2)
            squares[1] += np.mean(true**2)
        found.append(float(np.sqrt(squares[0] / squares[1])))
    return found


def test_p18_the_error_grows_with_the_bits_of_a_slice():
    """The table of docs/validation.md, for cells that are off by a sigma in a range of 36 µS."""
    unsliced = np.sqrt(2.0) / 36.0 / np.sqrt((255**2 + 255) / 3.0 / 255**2)
    for microsiemens in (0.3, 1.0):
        found = errors_by_slice(microsiemens * 1e-6)
        print(f"{microsiemens} µS", [f"{value:.2%}" for value in found])
        assert found[0] < found[1] < found[2] < found[3] * 1.05
        assert found[3] == pytest.approx(unsliced * microsiemens, rel=0.1)  # of sums of 64 cells
        if microsiemens < 0.5:
            assert found[0] == 0.0  # half a step is 7.5 sigma of the sum


def test_integers_that_do_not_fit_are_refused():
    matrix, _, x = sliced("pair", 2, 2, 0.0)
    for wrong in (x + 0.5, x * 2.0):
        with pytest.raises(RangeError, match="integers up to ±255"):
            matrix.integer_products(wrong)
    analog = AnalogMatrix(np.eye(2), fake_array(4, 8))
    with pytest.raises(RangeError, match="full_scale"):
        analog.integer_products(np.ones((1, 2)))
    halves = AnalogMatrix(
        np.full((2, 2), 0.5), fake_array(4, 8), scheme=Scheme(levels=4), full_scale=3.0
    )
    with pytest.raises(RangeError, match="weights: accepts integers"):
        halves.integer_products(np.ones((1, 2)))
