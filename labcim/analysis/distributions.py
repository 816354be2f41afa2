"""Summaries of distributions, with intervals that say how far they can be trusted."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_FEW = 20  # values, below which drawing again knows too little of the tails
_LARGE = 20_000  # values, above which the mean is normal enough and resampling only slow


@dataclass(frozen=True, slots=True)
class Interval:
    """A value and its 95 % interval, in the unit of the data."""

    value: float
    low: float
    high: float


def mean_interval(
    values: Floats, *, resamples: int = 1000, seed: int = 1, floor: float = -math.inf
) -> Interval:
    """Return the mean with its 95 % interval, which is cut at ``floor``, below which no mean lies.

    values: shape (n,). NaN without values; a single one has no interval. Below 20 values it is
    Student's, below 20,001 the seeded bootstrap's with expanded percentiles (Hesterberg, Am. Stat.
    69:371, 2015): plain ones are those of a normal law with a spread that is too small by
    √((n - 1) / n), and cover less than 95 %. Above that it is the normal one, from which the
    bootstrap differs by less than a line's width.
    """
    n = len(values)
    if n < _FEW:
        found = student_interval(values)
    elif n > _LARGE:
        mean, half = float(np.mean(values)), 1.96 * float(np.std(values, ddof=1)) / math.sqrt(n)
        found = Interval(mean, mean - half, mean + half)
    else:
        from scipy.special import ndtr, stdtrit  # slow to import: what opens a bench does not wait

        random = np.random.default_rng(seed)
        means = [values[random.integers(0, n, n)].mean() for _ in range(resamples)]
        tail = float(ndtr(-math.sqrt(n / (n - 1)) * stdtrit(n - 1, 0.975)))
        low, high = np.quantile(means, [tail, 1.0 - tail])
        found = Interval(float(np.mean(values)), float(low), float(high))
    return Interval(found.value, _at_least(floor, found.low), _at_least(floor, found.high))


def _at_least(floor: float, value: float) -> float:
    return value if math.isnan(value) else max(floor, value)


def student_interval(values: Floats) -> Interval:
    """Return the mean with its 95 % interval by Student's t (Biometrika 6:1, 1908).

    values: shape (n,), about normal; for few values, where a bootstrap is too narrow. The interval
    is NaN for fewer than two values.
    """
    n = len(values)
    if n < 2:
        return Interval(float(values[0]) if n else math.nan, math.nan, math.nan)
    from scipy.special import stdtrit

    mean = float(np.mean(values))
    half = float(stdtrit(n - 1, 0.975)) * float(np.std(values, ddof=1)) / math.sqrt(n)
    return Interval(mean, mean - half, mean + half)


def rms_interval(values: Floats, *, resamples: int = 1000, seed: int = 1) -> Interval:
    """Return the root mean square with its 95 % interval, as ``mean_interval`` of the squares."""
    square = mean_interval(np.square(values), resamples=resamples, seed=seed)
    root = [math.sqrt(max(x, 0.0)) for x in (square.value, square.low, square.high)]
    return Interval(*root)


def share_interval(successes: int, trials: int, *, z: float = 1.959964) -> Interval:
    """Return the share of successes with its Wilson score interval.

    Wilson, J. Am. Stat. Assoc. 22:209 (1927); right also at 0 and 100 %. NaN without trials.
    """
    if trials == 0:
        return Interval(math.nan, math.nan, math.nan)
    share = successes / trials
    scale = 1.0 + z * z / trials
    centre = (share + z * z / (2 * trials)) / scale
    half = z / scale * math.sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials))
    # At the ends rounding would leave a low of 1e-19.
    low = max(centre - half, 0.0) if successes > 0 else 0.0
    high = min(centre + half, 1.0) if successes < trials else 1.0
    return Interval(share, low, high)


@dataclass(frozen=True, slots=True)
class Level:
    """What was reached for one target. S; ``own``: share nearest to its own target."""

    target: float
    count: int
    mean: float
    sigma: float
    own: float


def levels(target: Floats, achieved: Floats) -> list[Level]:
    """Return the distribution of each distinct target, lowest first.

    target, achieved: S, shape (cells,). NaN in ``achieved`` is left out.
    """
    known = np.isfinite(achieved)
    target, achieved = target[known], achieved[known]
    own = nearest(np.unique(target), achieved) == target
    found = []
    for level in np.unique(target):
        here = achieved[target == level]
        sigma = float(np.std(here, ddof=1)) if len(here) > 1 else math.nan
        share = float(np.mean(own[target == level]))
        found.append(Level(float(level), len(here), float(np.mean(here)), sigma, share))
    return found


def nearest(choices: Floats, values: Floats) -> Floats:
    """Return for each value the nearest of the sorted ``choices``."""
    if len(choices) == 0:
        return np.full(len(values), math.nan)
    edges = (choices[1:] + choices[:-1]) / 2.0
    return np.asarray(choices[np.searchsorted(edges, values)])


def last_of_each(rows: Mapping[str, NDArray[np.generic]], key: str = "cell") -> NDArray[np.intp]:
    """Return the indices of the last row of each ``key``, in order of the key.

    A unit that was cut off and done again leaves two rows for a cell; the later one counts.
    """
    keys = rows[key][::-1]
    _, first = np.unique(keys, return_index=True)
    return np.asarray(len(keys) - 1 - first, dtype=np.intp)
