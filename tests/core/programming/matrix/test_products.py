"""Products of a matrix on ideal arrays, against numpy: tiles, slices, both sides, ranges, flags."""

import numpy as np
import pytest
from fake_array import fake_array, write_exactly
from hypothesis import given, settings
from hypothesis import strategies as st

from labcim.capabilities import Coding
from labcim.errors import InstrumentError, RangeError, RecipeError
from labcim.programming.mapping.scheme import Scheme
from labcim.programming.matrix import AnalogMatrix
from labcim.protocol import Capabilities

IDEAL = Coding(bits=30)  # the fake rounds no inputs of so many bits, and converts nothing


def written(weights, arrays, **words):
    matrix = AnalogMatrix(weights, arrays, coding=words.pop("coding", IDEAL), **words)
    write_exactly(matrix, arrays)
    return matrix


def relative(found, true):
    return np.sqrt(np.mean((found - true) ** 2) / np.mean(true**2))


SCHEMES = st.sampled_from(
    [
        Scheme("pair"),
        Scheme("offset"),
        Scheme("pair", copies=2),
        Scheme("pair", slices=2, base=8),
        Scheme("offset", slices=2, base=4),
        Scheme("pair", levels=4, slices=3),
        Scheme("offset", levels=16, slices=2),
    ]
)


@settings(max_examples=60)
@given(SCHEMES, st.integers(1, 30), st.integers(1, 30), st.integers(0, 2**32 - 1))
def test_t16_tiled_products_are_those_of_the_whole_to_1e_9(scheme, outputs, inputs, seed):
    random = np.random.default_rng(seed)
    weights = random.standard_normal((outputs, inputs))
    small = [fake_array(12, 3 * scheme.cells + 5) for _ in range(40)]
    tiled = written(weights, small, scheme=scheme)
    large = [fake_array(inputs, (outputs + 1) * scheme.cells)]
    whole = written(weights, large, scheme=scheme)
    assert len(whole.layout.regions) == 1
    x, y = random.standard_normal((inputs, 4)), random.standard_normal((outputs, 4))
    size = np.linalg.norm(weights, 2)
    for found, one, vectors in ((tiled @ x, whole @ x, x), (tiled.T @ y, whole.T @ y, y)):
        np.testing.assert_allclose(found, one, rtol=0, atol=1e-9 * size * np.abs(vectors).max())
    step = max(scheme.step, 1e-12) * np.abs(weights).max() * np.sqrt(inputs * 4)
    np.testing.assert_allclose(tiled @ x, weights @ x, rtol=0, atol=step * np.linalg.norm(x))
    np.testing.assert_allclose(
        tiled.T @ y, weights.T @ y, rtol=0, atol=step * np.sqrt(outputs) * np.linalg.norm(y)
    )


def test_p2_the_two_sides_of_a_matrix_agree():
    random = np.random.default_rng(2)
    matrix = written(random.standard_normal((9, 14)), [fake_array(14, 20)])
    x, y = random.standard_normal(14), random.standard_normal(9)
    assert (matrix @ x) @ y == pytest.approx(x @ (matrix.T @ y), rel=1e-9)
    assert matrix.T.shape == (14, 9)
    assert matrix.T.T is matrix


def test_a_matrix_taller_than_the_array_takes_passes_with_partial_sums():
    arrays = [fake_array(10, 64)]
    matrix = written(np.ones((4, 25)), arrays)
    np.testing.assert_allclose(matrix @ np.ones(25), 25.0)
    assert [inputs[0].sum() for _, inputs, _ in arrays[0].vectors.calls] == [9.0, 8.0, 8.0]


def test_one_vector_and_many_come_back_as_with_numpy():
    weights = np.random.default_rng(0).standard_normal((5, 7))
    matrix = written(weights, [fake_array(8, 16)])
    x = np.arange(21.0).reshape(7, 3)
    np.testing.assert_allclose(matrix @ x, weights @ x, rtol=1e-9)
    np.testing.assert_allclose(matrix @ x[:, 0], weights @ x[:, 0], rtol=1e-9)
    np.testing.assert_allclose(matrix @ np.zeros(7), np.zeros(5), atol=1e-15)


def test_vectors_go_out_at_full_scale():
    arrays = [fake_array(4, 8)]
    matrix = written(np.eye(4), arrays)
    np.testing.assert_allclose(
        matrix @ np.array([1e-6, 2e-6, 0, 0]), [1e-6, 2e-6, 0, 0], atol=1e-18
    )
    _, driven, _ = arrays[0].vectors.calls[-1]
    np.testing.assert_allclose(driven, [[0.5, 1.0, 0.0, 0.0]])


def test_each_output_can_have_a_full_scale_of_its_own():
    weights = np.array([[1.0, -2.0], [0.01, 0.02]])
    scheme = Scheme(levels=16)
    arrays = [fake_array(2, 4)]
    matrix = written(weights, arrays, scheme=scheme, full_scale=np.array([2.0, 0.02]))
    assert np.abs(matrix @ np.eye(2) / weights - 1.0).max() < 0.1
    shared = written(weights, [fake_array(2, 4)], scheme=scheme)
    np.testing.assert_array_equal(shared @ np.eye(2) == 0.0, [[False, False], [True, True]])


def test_flagged_values_are_asked_for_again_and_never_taken_for_data():
    arrays = [fake_array(6, 12)]
    matrix = written(np.ones((6, 6)), arrays)
    arrays[0].vectors.flag_next = 3
    np.testing.assert_allclose(matrix @ np.ones(6), 6.0)
    assert matrix.tally.repeats == 1


def test_only_what_was_flagged_is_replaced_by_what_comes_later():
    arrays = [fake_array(6, 12)]
    matrix = written(np.ones((6, 6)), arrays)
    vectors = arrays[0].vectors
    answers = iter([1.0, 2.0])

    def doubled_later(inputs, coding, multiply=vectors.multiply):
        vectors.drift = next(answers)
        return multiply(inputs, coding)

    vectors.multiply, vectors.flag_next = doubled_later, 2  # both columns of the first output
    np.testing.assert_allclose(matrix @ np.ones(6), [12.0, *[6.0] * 5])


def test_values_that_stay_flagged_end_in_an_error():
    arrays = [fake_array(6, 12)]
    matrix = written(np.ones((6, 6)), arrays)

    def always_flagged(inputs, coding, multiply=arrays[0].vectors.multiply):
        arrays[0].vectors.flag_next = 3
        return multiply(inputs, coding)

    arrays[0].vectors.multiply = always_flagged
    with pytest.raises(InstrumentError, match="3 values stay flagged after 4 repeats"):
        matrix @ np.ones(6)


def test_values_beyond_a_range_that_is_too_narrow_are_read_again_in_one_that_fits():
    arrays = [fake_array(16, 16, converts=True)]
    coding = Coding(bits=30, output_bits=12, output_range=4e-6)
    matrix = written(np.ones((8, 16)), arrays, coding=coding)
    x = np.full(16, 1.0)  # 16 x 0.2 V x 38 µS = 122 µA on the positive columns
    np.testing.assert_allclose(matrix @ x, np.full(8, 16.0), rtol=2e-3)
    assert [c.output_range for *_, c in arrays[0].vectors.calls] == [4e-6, 0.0]
    assert matrix.tally.clipped > 0


@pytest.mark.parametrize(
    "weights", [np.zeros((0, 3)), np.ones(3), np.array([[np.nan]]), np.array([[np.inf, 1.0]])]
)
def test_weights_that_are_no_matrix_are_refused(weights):
    with pytest.raises(RangeError, match="weights"):
        AnalogMatrix(weights, fake_array(8, 8))


@pytest.mark.parametrize("scale", [0.0, -1.0, np.nan, 0.5, np.ones(3), np.inf])
def test_a_full_scale_that_does_not_hold_the_weights_is_refused(scale):
    with pytest.raises(RangeError, match="full_scale"):
        AnalogMatrix(np.ones((2, 2)), fake_array(8, 8), full_scale=scale)


@pytest.mark.parametrize(
    "x", [np.ones(3), np.ones((3, 2)), np.array([1.0, np.nan]), np.ones((2, 0))]
)
def test_vectors_that_do_not_fit_are_refused_before_anything_is_sent(x):
    arrays = [fake_array(4, 8)]
    matrix = written(np.eye(2), arrays)
    with pytest.raises(RangeError, match="vectors"):
        matrix @ x
    assert arrays[0].vectors.calls == []


def test_a_bench_that_cannot_multiply_says_so():
    arrays = fake_array(4, 8)
    matrix = AnalogMatrix(np.eye(2), Capabilities(arrays.clock, arrays.cells))
    with pytest.raises(RecipeError, match="multiplies vectors"):
        matrix @ np.ones(2)


def test_a_matrix_of_nothing_but_zeros_gives_zeros():
    matrix = written(np.zeros((3, 3)), [fake_array(4, 8)])
    np.testing.assert_allclose(matrix @ np.ones(3), 0.0, atol=1e-12)
