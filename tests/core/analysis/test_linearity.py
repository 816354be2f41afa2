"""Linearity indices against branches in closed form."""

import numpy as np
import pytest

from labcim.analysis.linearity import (
    branch_distance,
    common_deviation,
    deviation_interval,
    nonlinearity,
    separable_states,
    symmetry_point,
)
from labcim.errors import RangeError


def soft_bounds(count, alpha, low=1e-6, high=9e-6):
    """Return a branch whose every step is a share alpha of what is left."""
    return high - (high - low) * (1.0 - alpha) ** np.arange(count + 1)


@pytest.mark.parametrize("alpha", [0.01, 0.05, 0.2])
def test_soft_bounds_have_the_nonlinearity_of_their_share(alpha):
    up = soft_bounds(50, alpha)
    assert nonlinearity(up) == pytest.approx(-50.0 * np.log(1.0 - alpha), rel=1e-3)


def test_a_falling_branch_is_measured_the_same_way():
    assert nonlinearity(10e-6 - soft_bounds(40, 0.05)) == pytest.approx(
        nonlinearity(soft_bounds(40, 0.05)), abs=1e-3
    )


def test_a_straight_branch_has_none_and_a_late_one_is_negative():
    line = np.linspace(2e-6, 5e-6, 33)
    assert nonlinearity(line) == pytest.approx(0.0, abs=1e-3)
    assert nonlinearity(10e-6 - soft_bounds(40, 0.05)[::-1]) == pytest.approx(
        40 * np.log(0.95), rel=1e-2
    )


def test_a_branch_that_does_not_move_has_no_nonlinearity():
    assert np.isnan(nonlinearity(np.full(10, 3e-6)))


def test_branches_that_undo_each_other_lie_on_each_other():
    up = soft_bounds(30, 0.1)
    assert branch_distance(up, up[::-1]) == 0.0
    # Soft bounds both ways: at half of the pulses each has gone 1 - sqrt(1 - rise) of its way.
    down = 10e-6 - soft_bounds(30, 0.1)
    way = (soft_bounds(30, 0.1) - 1e-6) / 8e-6
    apart = np.abs(way - (1.0 - way[::-1])) / way[-1]
    assert branch_distance(up, down) == pytest.approx(apart.max(), rel=1e-9)
    with pytest.raises(RangeError, match="alike"):
        branch_distance(up, down[:5])


def test_states_are_apart_by_a_step_or_by_two_sigma():
    one = np.array([1.0, 1.0])
    found = separable_states(0.0 * one, 100.0 * one, np.array([0.5, 0.1]), np.array([0.1, 0.5]))
    assert found.tolist() == [201.0, 101.0]


def pulled(random, count, start, point=5.0, pull=0.02, noise=0.0):
    x = [start]
    for _ in range(count):
        x.append(x[-1] + pull * (point - x[-1]) + random.normal(0.0, noise) if noise else 0.0)
        if not noise:
            x[-1] = x[-2] + pull * (point - x[-2])
    return np.array(x)


def test_a_symmetry_point_is_known_before_the_cell_has_come_to_it():
    series = pulled(np.random.default_rng(1), 30, start=9.0)
    found = symmetry_point(series)
    assert found.settled
    assert series[-1] > 7.0
    assert found.point.value == pytest.approx(5.0, rel=1e-9)


def test_intervals_of_symmetry_points_hold_what_they_say():
    random, hits = np.random.default_rng(2), 0
    for _ in range(400):
        found = symmetry_point(pulled(random, 400, 9.0, noise=0.1))
        hits += found.settled and found.point.low < 5.0 < found.point.high
    assert hits >= 360


def test_a_walk_that_nothing_pulls_has_no_symmetry_point():
    random = np.random.default_rng(3)
    walks = [np.cumsum(random.normal(size=100)) for _ in range(50)]
    assert np.mean([symmetry_point(walk).settled for walk in walks]) < 0.75
    found = symmetry_point(np.arange(30.0) ** 2)
    assert not found.settled
    assert np.isnan(found.point.low)


def test_the_spread_that_two_measurements_have_in_common_is_that_of_the_cells():
    random = np.random.default_rng(4)
    true = random.normal(1.05, 0.02, 20_000)
    one, other = (true + random.normal(0.0, 0.05, 20_000) for _ in range(2))
    assert common_deviation(one, other) == pytest.approx(0.02, rel=0.1)


def test_the_interval_of_a_deviation_covers_95_percent():
    random, hits = np.random.default_rng(5), 0
    for _ in range(2000):
        found = deviation_interval(random.normal(0.0, 2.0, 8))
        hits += found.low < 2.0 < found.high
    assert 1870 <= hits <= 1930
