"""Relaxations in closed form, and rules of rest on series of known make."""

import numpy as np
import pytest

from labcim.analysis.relaxation import at_rest, fit_relaxation, monotone_share
from labcim.errors import RangeError


@pytest.mark.parametrize("tau", [50e-6, 3e-3, 10.0])
def test_a_decay_over_decades_has_its_time_inside_its_interval(tau):
    random, time, hits = np.random.default_rng(1), np.geomspace(20e-6, 100.0, 54), 0
    for _ in range(40):
        g = 1e-10 + 1e-4 * np.exp(-time / tau)
        found = fit_relaxation(time, g * (1.0 + random.normal(0.0, 0.01, 54)))
        assert found.time.value == pytest.approx(tau, rel=0.12)
        hits += found.time.low < tau < found.time.high
    assert hits >= 36


def test_what_does_not_decay_has_no_time():
    time = np.geomspace(1e-5, 1.0, 40)
    noise = 1.0 + np.random.default_rng(2).normal(0.0, 0.01, 40)
    assert np.isnan(fit_relaxation(time, 2e-5 * noise).time.value)
    assert np.isnan(fit_relaxation(time[:3], np.array([3.0, 2.0, 1.0])).time.value)


def test_a_line_says_when_a_cell_is_at_rest():
    falling = np.array([[5.0, 4.0, 3.0, 2.0, 1.0], [1.02, 1.01, 1.0, 0.99, 0.98]])
    assert not at_rest(falling, "fit", 0.01)
    assert at_rest(falling, "fit", 0.05)


def test_a_t_test_says_when_two_batches_are_alike():
    random = np.random.default_rng(3)
    same = random.normal(1.0, 0.1, (200, 2, 10))
    other = same + np.array([[[0.0], [0.5]]])
    assert 0.9 < np.mean([at_rest(two, "t-test", 0.05) for two in same]) < 0.99
    assert not any(at_rest(two, "t-test", 0.05) for two in other)
    assert not at_rest(same[0][:1], "t-test", 0.05)


def test_an_unknown_rule_is_refused():
    with pytest.raises(RangeError, match="fit or t-test"):
        at_rest(np.ones((2, 5)), "guess", 0.1)


def test_a_monotone_rise_is_one_in_any_order():
    assert monotone_share(np.array([3.0, 1.0, 2.0]), np.array([9.0, 1.0, 4.0])) == 1.0
    assert monotone_share(np.array([3.0, 1.0, 2.0]), np.array([2.0, 1.0, 4.0])) == 0.5
