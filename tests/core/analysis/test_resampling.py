"""Bootstrap intervals cover what they should, by cells and by blocks."""

import numpy as np
import pytest

from labcim.analysis.resampling import block_intervals, bootstrap_intervals
from labcim.analysis.variation import correlation_of_cycles
from labcim.errors import RangeError


def test_intervals_of_median_and_correlation_cover_the_truth_in_95_of_100_chips():
    """400 chips: 370 to 390 of them for each statistic (physics, correction 11)."""
    statistics = {
        "median": lambda table: float(np.median(table[:, 0])),
        "correlation": lambda table: correlation_of_cycles(table, 1),
    }
    truth = {"median": 2.0, "correlation": 0.4}
    covered = dict.fromkeys(truth, 0)
    for seed in range(400):
        random = np.random.default_rng([seed, 5])
        common = np.sqrt(0.4) * random.standard_normal((300, 1))
        table = 2.0 + common + np.sqrt(0.6) * random.standard_normal((300, 2))
        found = bootstrap_intervals(table, statistics, resamples=200, seed=seed)
        for name, value in truth.items():
            covered[name] += found[name].low <= value <= found[name].high

    assert all(370 <= count <= 390 for count in covered.values()), covered


def test_blocks_keep_the_width_that_a_correlated_series_needs():
    """The mean of a first-order walk of memory 0.9 varies 19 times as much as that of white noise.

    400 series of 2,000 points; of 95 % intervals at least 91 % hold the mean, without blocks less
    than half.
    """
    statistic = {"mean": lambda series: float(series.mean())}
    covered = {1: 0, 100: 0}
    for seed in range(400):
        random = np.random.default_rng([seed, 6])
        series = np.zeros(2000)
        push = random.standard_normal(2000)
        for i in range(1, 2000):
            series[i] = 0.9 * series[i - 1] + push[i]
        for block in covered:
            found = block_intervals(series, statistic, block=block, resamples=100, seed=seed)
            covered[block] += found["mean"].low <= 0.0 <= found["mean"].high

    assert 364 <= covered[100] <= 392
    assert covered[1] < 200


def test_the_same_seed_draws_the_same():
    values = np.random.default_rng(1).standard_normal(50)
    statistic = {"mean": lambda v: float(v.mean())}
    first, second, other = (
        bootstrap_intervals(values, statistic, resamples=50, seed=seed) for seed in (1, 1, 2)
    )
    assert first == second != other


@pytest.mark.parametrize(
    ("values", "block", "resamples"), [([], 1, 10), ([1.0], 2, 10), ([1.0], 0, 10), ([1.0], 1, 0)]
)
def test_nothing_to_draw_from_is_refused(values, block, resamples):
    with pytest.raises(RangeError):
        block_intervals(
            np.array(values), {"mean": lambda v: float(v.mean())}, block=block, resamples=resamples
        )
