"""How many levels can be told apart: from what was reached when levels were written.

Scatter depends on the level, so that the next one follows by as many standard deviations of both,
not by a constant step.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from labcim.errors import RangeError

from .distributions import Interval, rms_interval, share_interval

Floats = NDArray[np.float64]

_FEWEST = 3
_MOST = 10_000


@dataclass(frozen=True, slots=True)
class LevelErrors:
    """What was reached against its target. error: RMS in S; own, near: shares.

    own: within half of ``width`` of the target, its own bin; near: within all of ``width``.
    """

    error: Interval
    own: Interval
    near: Interval


def level_errors(target: Floats, reached: Floats, width: float) -> LevelErrors:
    """Compare conductances in S, (cells,), with their targets; bins are ``width`` S wide."""
    apart = _finite(reached - target)
    if not width > 0.0:
        raise RangeError(f"width = {width:g} S: accepts above 0")
    own, near = (int((np.abs(apart) <= w).sum()) for w in (0.5 * width, width))
    return LevelErrors(
        rms_interval(apart), share_interval(own, len(apart)), share_interval(near, len(apart))
    )


@dataclass(frozen=True, slots=True)
class Scatter:
    """Mean and standard deviation in S of what was reached for each target, lowest mean first."""

    mean: Floats
    sigma: Floats

    def at(self, conductance: float) -> float:
        """Return the standard deviation in S at a conductance, on lines between the levels."""
        return float(np.interp(conductance, self.mean, self.sigma))


def scatter(target: Floats, reached: Floats) -> Scatter:
    """Return the scatter of each distinct target, S, (cells,).

    Raises RangeError unless two levels or more have three finite values or more each.
    """
    known = np.isfinite(reached)
    values, which = np.unique(target[known], return_inverse=True)
    return _scatter_of([reached[known][which == i] for i in range(len(values))])


def _scatter_of(groups: list[Floats]) -> Scatter:
    if len(groups) < 2 or min(len(group) for group in groups) < _FEWEST:
        raise RangeError(
            f"scatter of {len(groups)} levels: accepts two or more, of {_FEWEST} values or more"
        )
    mean = np.array([float(group.mean()) for group in groups])
    sigma = np.array([float(group.std(ddof=1)) for group in groups])
    order = np.argsort(mean, kind="stable")
    return Scatter(mean[order], np.maximum(sigma[order], 1e-15))


def overlap(first: tuple[float, float], second: tuple[float, float]) -> float:
    """Return the share of two normal levels, (mean, sigma), on the wrong side of the best edge.

    Half of each is counted; the edge is as many standard deviations from the one as from the other.
    """
    (low, low_sigma), (high, high_sigma) = sorted((first, second))
    if not low_sigma + high_sigma > 0.0:
        raise RangeError("overlap of two levels without scatter: accepts a sigma above 0")
    return float(ndtr(-(high - low) / (low_sigma + high_sigma)))


def separable_levels(found: Scatter, *, least: float = 0.95) -> tuple[Floats, Floats]:
    """Return targets (levels,) and edges (levels - 1,) in S, as many as fit into the range.

    least: the share of each level that is to lie on the right side of each of its edges.  The
    lowest stands at the lowest mean; levels go on while they stay at or below the highest.
    """
    margin = _margin(least)
    targets, edges = [float(found.mean[0])], []
    top = float(found.mean[-1])
    while len(targets) < _MOST:
        edge = targets[-1] + margin * found.at(targets[-1])
        following = _level_above(edge, top, margin, found)
        if following is None:
            break
        edges.append(edge)
        targets.append(following)
    return np.array(targets), np.array(edges)


def _level_above(edge: float, top: float, margin: float, found: Scatter) -> float | None:
    """Return the lowest level whose lower edge is at ``edge`` or above; None beyond ``top``."""
    grid = np.union1d(np.linspace(edge, top, 2001), found.mean)
    grid = grid[(grid > edge) & (grid <= top)]
    spare = grid - margin * np.interp(grid, found.mean, found.sigma) - edge
    fits = np.flatnonzero(spare >= 0.0)
    return float(grid[fits[0]]) if len(fits) else None


def separable_count(
    target: Floats, reached: Floats, *, least: float = 0.95, resamples: int = 300, seed: int = 1
) -> Interval:
    """Return how many levels can be told apart, with its 95 % bootstrap interval.

    target, reached: S, (cells,); cells are drawn again within each level, seeded.
    """
    known = np.isfinite(reached)
    values, which = np.unique(target[known], return_inverse=True)
    groups = [reached[known][which == i] for i in range(len(values))]
    count = len(separable_levels(_scatter_of(groups), least=least)[0])
    random = np.random.default_rng(seed)
    drawn = []
    for _ in range(resamples):
        again = [group[random.integers(0, len(group), len(group))] for group in groups]
        drawn.append(len(separable_levels(_scatter_of(again), least=least)[0]))
    low, high = np.quantile(drawn, [0.025, 0.975]) if drawn else (math.nan, math.nan)
    return Interval(float(count), float(low), float(high))


def _margin(least: float) -> float:
    if not 0.5 < least < 1.0:
        raise RangeError(f"least = {least:g}: accepts above 0.5 and below 1")
    return float(ndtri(least))


def _finite(values: Floats) -> Floats:
    known = values[np.isfinite(values)]
    if len(known) == 0:
        raise RangeError("errors of levels: no finite conductance")
    return known
