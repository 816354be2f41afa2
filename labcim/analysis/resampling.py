"""Bootstrap intervals of any statistic: cells drawn again whole, or blocks of a series."""

import math
from collections.abc import Callable, Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from labcim.errors import RangeError

from .distributions import Interval

Floats = NDArray[np.float64]
Statistics = Mapping[str, Callable[[Floats], float]]


def bootstrap_intervals(
    values: Floats, statistics: Statistics, *, resamples: int = 1000, seed: int = 1
) -> dict[str, Interval]:
    """Return each statistic with its 95 % percentile interval (Efron and Tibshirani, 1993).

    values: shape (cells, ...); whole rows are drawn again, so that what belongs to one cell stays
    together.  Every statistic sees the same draws.  Raises RangeError without values or resamples.
    """
    _check(len(values), resamples)
    random = np.random.default_rng(seed)
    draws = (values[random.integers(0, len(values), len(values))] for _ in range(resamples))
    return _intervals(values, draws, statistics)


def block_intervals(
    series: Floats,
    statistics: Statistics,
    *,
    block: int,
    resamples: int = 1000,
    seed: int = 1,
) -> dict[str, Interval]:
    """Return each statistic of a series with its 95 % interval from blocks drawn again.

    series: shape (time, ...).  block: points that stay together, so that what correlates over less
    keeps its correlation; blocks wrap round the end (Politis and Romano, 1992).
    """
    n = len(series)
    _check(n, resamples)
    if not 1 <= block <= n:
        raise RangeError(f"block = {block} points: accepts 1 to {n}")
    random = np.random.default_rng(seed)
    offsets = np.arange(block)
    starts = (random.integers(0, n, -(-n // block)) for _ in range(resamples))
    draws = (series[((begin[:, None] + offsets) % n).ravel()[:n]] for begin in starts)
    return _intervals(series, draws, statistics)


def _check(count: int, resamples: int) -> None:
    if count == 0 or resamples < 1:
        raise RangeError(f"{count} values, {resamples} resamples: accepts at least one of each")


def _intervals(
    values: Floats, draws: Iterable[Floats], statistics: Statistics
) -> dict[str, Interval]:
    found: dict[str, list[float]] = {name: [] for name in statistics}
    for draw in draws:
        for name, statistic in statistics.items():
            found[name].append(statistic(draw))
    intervals = {}
    for name, statistic in statistics.items():
        known = np.array(found[name])
        known = known[np.isfinite(known)]
        low, high = np.quantile(known, [0.025, 0.975]) if len(known) else (math.nan, math.nan)
        intervals[name] = Interval(statistic(values), float(low), float(high))
    return intervals
