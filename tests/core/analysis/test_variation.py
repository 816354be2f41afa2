"""Variation is split as it was put together."""

import numpy as np
import pytest

from labcim.analysis.variation import (
    autocorrelation,
    correlation_of_cycles,
    positive_logarithm,
    robust_spread,
    slow_walk,
    split_variation,
)
from labcim.errors import RangeError


def cells_and_cycles(cells, cycles, device, cycle, seed):
    random = np.random.default_rng(seed)
    return device * random.standard_normal((cells, 1)) + cycle * random.standard_normal(
        (cells, cycles)
    )


def test_variation_splits_into_devices_and_cycles_as_it_was_made():
    """Mean of 400 chips within 3 standard errors of the truth: no bias, with only two cycles."""
    found = [split_variation(cells_and_cycles(200, 2, 0.78, 1.15, [s, 1])) for s in range(400)]
    for name, truth in (("cycle", 1.15), ("device", 0.78)):
        squares = np.array([getattr(one, name) ** 2 for one in found])
        assert abs(squares.mean() - truth**2) < 3.0 * squares.std() / 20.0

    total = np.mean([one.total for one in found])
    assert total == pytest.approx(np.hypot(0.78, 1.15), rel=0.01)


def test_cells_that_are_all_alike_have_no_variation_between_them():
    shares = [split_variation(cells_and_cycles(100, 5, 0.0, 1.0, [s, 2])).device for s in range(50)]
    assert min(shares) == 0.0 and max(shares) < 0.3


def test_two_cycles_correlate_by_the_share_of_the_devices():
    table = cells_and_cycles(100_000, 3, 0.6, 0.8, 3)
    assert correlation_of_cycles(table, 1) == pytest.approx(0.36, abs=0.005)
    assert correlation_of_cycles(table, 2) == pytest.approx(0.36, abs=0.006)


def test_the_robust_spread_is_the_standard_deviation_of_normal_values_and_ignores_a_tail():
    values = np.random.default_rng(4).normal(3.0, 2.0, 100_000)
    assert robust_spread(values) == pytest.approx(2.0, rel=0.01)
    values[:1000] = 1e6
    assert robust_spread(values) == pytest.approx(2.0, rel=0.03)


def test_autocorrelation_of_a_walk_is_a_power_of_its_memory():
    random = np.random.default_rng(5)
    push = random.standard_normal(200_000)
    walk = np.zeros(200_000)
    for i in range(1, len(walk)):
        walk[i] = 0.9 * walk[i - 1] + push[i]

    assert autocorrelation(walk, [0, 1, 5, 20]) == pytest.approx(
        [1.0, 0.9, 0.9**5, 0.9**20], abs=0.02
    )


def test_a_slow_walk_under_white_noise_is_found_by_share_and_memory():
    lags = np.array([100.0, 300.0, 1000.0, 5000.0])
    found = slow_walk(lags, 0.3 * np.exp(-lags / 2000.0))

    assert found.share == pytest.approx(0.3, rel=1e-4)
    assert found.memory == pytest.approx(np.exp(-1 / 2000.0), abs=1e-8)


@pytest.mark.parametrize(
    "ask",
    [
        lambda: positive_logarithm(np.array([1.0, -2.0])),
        lambda: positive_logarithm(np.array([1.0, np.nan])),
        lambda: positive_logarithm(np.array([])),
        lambda: split_variation(np.zeros((1, 2))),
        lambda: split_variation(np.array([[1.0, np.inf], [1.0, 2.0]])),
        lambda: correlation_of_cycles(np.ones((3, 2)), 2),
        lambda: autocorrelation(np.ones(3), [3]),
        lambda: slow_walk(np.array([1.0]), np.array([0.2])),
        lambda: slow_walk(np.array([0.0, 1.0]), np.array([0.2, 0.1])),
    ],
)
def test_what_has_no_answer_is_refused(ask):
    with pytest.raises(RangeError):
        ask()
