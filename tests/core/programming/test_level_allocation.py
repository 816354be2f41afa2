"""Levels with equal margins, against closed forms."""

import numpy as np
import pytest

from labcim.errors import RangeError
from labcim.programming.level_allocation import allocate, edges_between


def test_with_the_same_spread_everywhere_levels_are_equally_far_apart():
    found = allocate(5, 1.0, 9.0, lambda x: 0.25)
    assert np.allclose(found.targets, [1, 3, 5, 7, 9])
    assert np.allclose(found.edges, [2, 4, 6, 8])
    assert found.margin == pytest.approx(4.0)


def test_with_a_spread_in_proportion_levels_follow_each_other_by_a_factor():
    found = allocate(4, 1.0, 27.0, lambda x: 0.1 * x)
    assert np.allclose(found.targets, [1, 3, 9, 27])
    assert found.margin == pytest.approx(5.0)  # (3 - 1) / (0.1 + 0.3)


def test_every_edge_is_equally_far_from_both_levels_in_their_own_spread():
    def sigma(x):
        return 0.2 + 0.3 * np.sin(x) ** 2

    found = allocate(9, 0.0, 12.0, sigma)
    spread = np.array([sigma(x) for x in found.targets])
    assert found.targets[-1] == pytest.approx(12.0)
    assert np.allclose((found.edges - found.targets[:-1]) / spread[:-1], found.margin)
    assert np.allclose((found.targets[1:] - found.edges) / spread[1:], found.margin, atol=1e-6)
    assert np.allclose(edges_between(found.targets, spread), found.edges, atol=1e-6)


def test_levels_that_do_not_vary_are_parted_in_the_middle():
    assert edges_between(np.array([1.0, 3.0]), np.zeros(2)).tolist() == [2.0]


@pytest.mark.parametrize(("count", "low", "high"), [(1, 0.0, 1.0), (4, 2.0, 2.0), (4, 3.0, 2.0)])
def test_no_levels_are_made_of_nothing(count, low, high):
    with pytest.raises(RangeError):
        allocate(count, low, high, lambda x: 0.1)
