"""Looks now and then: what they tell, and the bias of taking them for moments."""

import math

import numpy as np
import pytest
from lifetime_samples import drawn

from labcim.analysis.life import (
    Lifetimes,
    checkpoint_bias,
    fit_weibull,
    looked_at,
    missed_by_sparse_reading,
    taken_as_moments,
)
from labcim.errors import RangeError


def test_looks_bound_a_failure_by_the_last_before_and_the_first_after():
    found = looked_at([5.0, 10.0, 11.0, 500.0], [10.0, 100.0])
    assert list(found.lower) == [0.0, 0.0, 10.0, 100.0]
    assert list(found.upper) == [10.0, 10.0, 100.0, math.inf]
    moments = taken_as_moments(found)
    assert list(moments.lower) == [10.0, 10.0, 100.0, 100.0]
    assert list(moments.upper) == [10.0, 10.0, 100.0, math.inf]


def test_to_take_the_checkpoint_as_the_time_of_failure_biases_and_intervals_do_not():
    """Lives of 1e6 cycles, shape 1.5, read each half decade: 200 chips of 100 cells.

    From the definition: a life x becomes its next checkpoint, on the mean x·10^(1/4) or so.
    """
    truth = 1e6 * math.log(2.0) ** (1.0 / 1.5)
    looks = np.geomspace(1e3, 1e8, 11)
    honest, wrong, covered, fooled = [], [], 0, 0
    for seed in range(200):
        time = 1e6 * np.random.default_rng([seed, 1]).weibull(1.5, 100)
        found = checkpoint_bias(looked_at(time, looks))
        honest.append(math.log(found.censored.value / truth))
        wrong.append(math.log(found.as_moments.value / truth))
        covered += found.censored.low <= truth <= found.censored.high
        fooled += not found.as_moments.low <= truth <= found.as_moments.high
    assert abs(np.mean(honest)) < 4.0 * np.std(honest) / math.sqrt(200)
    assert np.mean(wrong) > 0.4  # half as long again, and more
    assert covered >= 180
    assert fooled == 200


def test_finer_looks_leave_less_bias():
    time = drawn("lognormal", np.random.default_rng(2), 300, 0.8)
    ratios = [
        checkpoint_bias(looked_at(time, np.geomspace(0.01, 100.0, count)), law="lognormal").ratio
        for count in (8, 12, 24, 80)
    ]
    assert ratios == sorted(ratios, reverse=True)
    assert ratios[-1] == pytest.approx(1.0, abs=0.1)


def test_the_shape_is_right_from_intervals_wider_than_the_spread():
    time = 1e5 * np.random.default_rng(3).weibull(3.0, 400)
    found = fit_weibull(looked_at(time, np.geomspace(1e3, 1e7, 17)))
    assert found.shape.low < 3.0 < found.shape.high


def test_sparse_reading_misses_nine_of_ten_failures_that_heal():
    random = np.random.default_rng(4)
    failed = random.random((50, 10_000)) < 0.002
    read = np.zeros(10_000, dtype=bool)
    read[99::100] = True
    missed = missed_by_sparse_reading(failed, read)
    assert missed.low > 0.97
    assert missed.low < 0.99 < missed.high
    assert missed_by_sparse_reading(failed, np.ones(10_000, dtype=bool)).value == 0.0
    assert math.isnan(missed_by_sparse_reading(np.zeros((2, 10_000), dtype=bool), read).value)


@pytest.mark.parametrize("looks", [[], [0.0, 1.0], [2.0, 1.0], [1.0, 1.0], [1.0, math.nan]])
def test_looks_that_do_not_rise_are_refused(looks):
    with pytest.raises(RangeError, match="looks"):
        looked_at([1.0, 2.0], looks)


def test_what_makes_no_sense_is_refused():
    with pytest.raises(RangeError, match="looks"):
        looked_at([0.0, 2.0], [1.0])
    with pytest.raises(RangeError, match="law"):
        checkpoint_bias(Lifetimes.exact([1.0, 2.0]), law="normal")
    with pytest.raises(RangeError, match="failures of shape"):
        missed_by_sparse_reading(np.zeros((2, 3), dtype=bool), np.zeros(2, dtype=bool))
