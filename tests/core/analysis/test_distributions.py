import numpy as np
import pytest

from labcim.analysis.distributions import (
    last_of_each,
    levels,
    mean_interval,
    rms_interval,
    share_interval,
)


def test_the_wilson_interval_is_the_published_one():
    # Wilson (1927), also in Brown, Cai and DasGupta, Stat. Sci. 16:101 (2001).
    ten = share_interval(10, 10)
    assert abs(ten.low - 0.7225) < 1e-4
    assert np.isclose(ten.high, 1.0)
    eight = share_interval(8, 10)
    assert abs(eight.low - 0.4902) < 1e-4
    assert abs(eight.high - 0.9433) < 1e-4


def test_the_wilson_interval_ends_exactly_at_none_and_at_all():
    assert share_interval(0, 1000).low == 0.0
    assert share_interval(1000, 1000).high == 1.0


def test_the_bootstrap_interval_of_a_mean_is_that_of_its_standard_error():
    values = np.random.default_rng(1).normal(5.0, 2.0, 4000)
    found = mean_interval(values)
    half = 1.96 * values.std() / np.sqrt(4000)
    assert found.value == values.mean()
    assert np.allclose([found.low, found.high], [found.value - half, found.value + half], atol=0.01)


def test_the_interval_of_many_values_joins_that_of_fewer():
    values = np.random.default_rng(2).exponential(3.0, 20_001)
    many, fewer = mean_interval(values), mean_interval(values[:-1])
    assert np.allclose([many.low, many.high], [fewer.low, fewer.high], rtol=3e-3)


def test_the_root_mean_square_lies_in_its_interval():
    found = rms_interval(np.array([3.0, -4.0, 5.0, -6.0]))
    assert np.isclose(found.value, np.sqrt(86 / 4))
    assert found.low <= found.value <= found.high


@pytest.mark.parametrize("n", [3, 19, 20, 40])
def test_the_interval_of_a_mean_of_few_values_covers_it_as_often_as_it_says(n):
    random, covered = np.random.default_rng(n), 0
    for _ in range(1000):
        found = mean_interval(random.normal(7.0, 1.0, n), resamples=400)
        covered += found.low <= 7.0 <= found.high
    assert abs(covered / 1000 - 0.95) < 0.021  # three standard errors of 1000


def test_a_mean_that_cannot_be_negative_has_no_interval_that_is():
    found = mean_interval(np.array([1.0, 9.0]), floor=0.0)
    assert found.low == 0.0
    assert np.isclose(found.high, 5.0 + 12.7062 * 4.0)  # Student's t of one degree of freedom


def test_nothing_measured_has_no_value():
    assert np.isnan(mean_interval(np.array([])).value)
    assert np.isnan(share_interval(0, 0).value)


@pytest.mark.parametrize("of", [mean_interval, rms_interval])
def test_one_value_says_nothing_of_how_far_its_mean_may_be_off(of):
    found = of(np.array([4.0]))
    assert found.value == 4.0
    assert np.isnan([found.low, found.high]).all()


def test_levels_count_who_is_nearest_to_its_own_target():
    target = np.array([1.0, 1.0, 2.0, 2.0, 3.0])
    achieved = np.array([1.1, 1.6, 2.0, np.nan, 2.9])
    found = levels(target, achieved)
    assert [level.target for level in found] == [1.0, 2.0, 3.0]
    assert [level.own for level in found] == [0.5, 1.0, 1.0]
    assert [level.count for level in found] == [2, 1, 1]


def test_the_last_row_of_a_cell_counts():
    rows = {"cell": np.array([4, 2, 4, 7, 2])}
    assert last_of_each(rows).tolist() == [4, 2, 3]
