"""Levels that can be told apart, from normal scatter with known answers."""

import math

import numpy as np
import pytest
from scipy.stats import norm

from labcim.analysis.level_separation import (
    level_errors,
    overlap,
    scatter,
    separable_count,
    separable_levels,
)
from labcim.errors import RangeError


def test_errors_of_normal_scatter_have_its_sigma_and_its_shares():
    random = np.random.default_rng(1)
    target = np.repeat(np.arange(32) * 4e-6, 500)
    found = level_errors(target, target + 4e-6 * random.standard_normal(len(target)), 4e-6)
    assert found.error.value == pytest.approx(4e-6, rel=0.02)
    assert found.own.value == pytest.approx(norm.cdf(0.5) - norm.cdf(-0.5), abs=0.01)
    assert found.near.value == pytest.approx(norm.cdf(1.0) - norm.cdf(-1.0), abs=0.01)
    assert found.own.low < found.own.value < found.own.high


def test_equal_scatter_makes_levels_at_equal_steps():
    """From 0 to 100 with sigma 5 and 95 %: one each 2 x 1.645 x 5 = 16.4, so seven."""
    target = np.repeat([0.0, 100.0], 3)
    found = scatter(target, target + np.tile([-5.0, 0.0, 5.0], 2))
    levels, edges = separable_levels(found)
    assert len(levels) == 7
    assert np.diff(levels) == pytest.approx(2 * 1.645 * 5.0, abs=0.1)
    assert edges == pytest.approx((levels[1:] + levels[:-1]) / 2.0, abs=0.1)


def test_each_level_keeps_its_share_on_the_right_side_of_uneven_edges():
    target = np.repeat([10.0, 50.0, 90.0], 3)
    spread = np.repeat([1.0, 6.0, 2.0], 3)
    found = scatter(target, target + spread * np.tile([-1.0, 0.0, 1.0], 3))
    levels, edges = separable_levels(found, least=0.99)
    assert len(levels) > 3
    for level, low, high in zip(levels, [-math.inf, *edges], [*edges, math.inf], strict=True):
        sigma = found.at(float(level))
        assert norm.cdf((high - level) / sigma) >= 0.99 - 1e-6
        assert norm.cdf((low - level) / sigma) <= 0.01 + 1e-6


def test_overlap_is_what_an_edge_at_equal_distances_leaves_over():
    assert overlap((0.0, 1.0), (4.0, 1.0)) == pytest.approx(float(norm.cdf(-2.0)))
    assert overlap((6.0, 2.0), (0.0, 1.0)) == pytest.approx(float(norm.cdf(-2.0)))


def test_the_number_of_levels_has_an_interval_that_holds_the_true_one():
    truth = 7
    held = 0
    for seed in range(20):
        random = np.random.default_rng([seed, 2])
        target = np.repeat([0.0, 50.0, 100.0], 60)
        reached = target + 5.0 * random.standard_normal(len(target))
        found = separable_count(target, reached, resamples=60)
        held += found.low <= truth <= found.high
    assert held >= 17


def test_unusable_values_are_left_out_and_too_few_refused():
    target = np.repeat([1.0, 2.0], 4)
    reached = target + np.tile([-0.1, 0.0, 0.1, math.nan], 2)
    assert scatter(target, reached).mean == pytest.approx([1.0, 2.0])
    with pytest.raises(RangeError, match="levels"):
        scatter(target[:4], reached[:4])
    with pytest.raises(RangeError, match="levels"):
        scatter(target[:6], reached[:6])
    with pytest.raises(RangeError, match="no finite"):
        level_errors(target, np.full(8, math.nan), 1.0)
    with pytest.raises(RangeError, match="width"):
        level_errors(target, reached, 0.0)
    with pytest.raises(RangeError, match="least"):
        separable_levels(scatter(target, reached), least=0.5)
    with pytest.raises(RangeError, match="scatter"):
        overlap((1.0, 0.0), (2.0, 0.0))
