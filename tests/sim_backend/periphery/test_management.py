"""Noise management: the scale of each vector, by the definitions of the field."""

import numpy as np
import pytest

from labcim.errors import RangeError
from labcim.sim_backend.periphery.management import (
    MovingAverage,
    NoiseManagement,
    Worst,
    input_scales,
)

VECTORS = np.array([[0.5, -2.0, 1.0], [0.0, 0.0, 0.0], [-1.0, -3.0, -0.5]])


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (NoiseManagement.NONE, [1.0, 1.0, 1.0]),
        (NoiseManagement.ABS_MAX, [2.0, 1.0, 3.0]),
        (NoiseManagement.MAX, [1.0, 1.0, 3.0]),
        (NoiseManagement.CONSTANT, [1.0, 1.0, 1.0]),
    ],
)
def test_scales_are_what_their_names_say(kind, expected):
    np.testing.assert_array_equal(input_scales(VECTORS, kind), expected)


def test_a_threshold_limits_the_scale():
    found = input_scales(VECTORS, NoiseManagement.ABS_MAX, threshold=1.5)

    np.testing.assert_array_equal(found, [1.5, 1.0, 1.5])
    np.testing.assert_array_equal(
        input_scales(VECTORS, NoiseManagement.CONSTANT, threshold=1.5), [1.5] * 3
    )


def test_the_worst_case_scale_keeps_every_output_within_the_converter():
    random = np.random.default_rng(0)
    vectors = random.uniform(-1.0, 1.0, (50, 400))
    worst = Worst(assumed_wmax=0.6, out_bound=12.0)
    scales = input_scales(vectors, NoiseManagement.ABS_MAX_NP_SUM, worst=worst)
    # The worst weights for one-sided sums: all of one sign, or zero where the input opposes.
    largest = np.maximum(np.maximum(vectors, 0).sum(1), np.maximum(-vectors, 0).sum(1)) * 0.6

    assert (largest / scales <= 12.0 * (1 + 1e-12)).all()
    assert (scales >= np.abs(vectors).max(axis=1)).all()


def test_the_worst_case_scale_leaves_inputs_their_coarsest_resolution():
    """At most ``most`` times the magnitude: 100 ones of weight 0.6 would ask for 5 / 1."""
    worst = Worst(assumed_wmax=0.6, out_bound=12.0, most=3.0)
    kind = NoiseManagement.ABS_MAX_NP_SUM

    assert input_scales(np.ones((1, 100)), kind, worst=worst) == pytest.approx([3.0])
    assert input_scales(np.ones((1, 100)), kind) == pytest.approx([5.0])


def test_a_moving_average_follows_its_recursion():
    average = MovingAverage(decay=0.25)
    found = average.advance(np.array([[1.0], [3.0], [-1.0]]))

    np.testing.assert_allclose(found, [1.0, 1.5, 1.375])
    assert average.value == pytest.approx(1.375)
    np.testing.assert_array_equal(
        input_scales(np.ones((3, 1)), NoiseManagement.AVERAGE_ABS_MAX, average=found), found
    )


def test_a_moving_average_without_an_average_is_refused():
    with pytest.raises(RangeError, match="average"):
        input_scales(VECTORS, NoiseManagement.AVERAGE_ABS_MAX)
    with pytest.raises(RangeError, match="decay"):
        MovingAverage(decay=0.0)
