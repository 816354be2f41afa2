"""Intervals over chips: chips drawn again, or left out one after the other.

Responses are floats 0 and 1, NaN where a bit is not known, chips along the first axis.
"""

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t

from labcim.analysis.distributions import Interval
from labcim.analysis.resampling import bootstrap_intervals
from labcim.errors import RangeError

Floats = NDArray[np.float64]
RESAMPLES = 1000


def drawn_again(
    chips: int, statistic: Callable[[NDArray[np.intp]], float], resamples: int, seed: int
) -> Interval:
    """Return a statistic of chips by their numbers with its bootstrap interval."""

    def by_number(drawn: Floats) -> float:
        at = drawn.astype(np.intp)
        return statistic(at) if len(np.unique(at)) > 1 else math.nan

    numbers = np.arange(chips, dtype=np.float64)
    return bootstrap_intervals(numbers, {"": by_number}, resamples=resamples, seed=seed)[""]


def mean_over_chips(each: Floats, resamples: int, seed: int) -> Interval:
    """Return the mean with its bootstrap interval, as much wider as few chips need.

    Percentiles of the mean of k values are too narrow by sqrt((k - 1) / k), and by the normal
    quantile in the place of Student's.
    """
    each = each[np.isfinite(each)]
    k = len(each)
    if k < 2:
        value = float(each[0]) if k else math.nan
        return Interval(value, math.nan, math.nan)
    statistics = {"": lambda values: float(np.mean(values))}
    found = bootstrap_intervals(each, statistics, resamples=resamples, seed=seed)[""]
    wider = math.sqrt(k / (k - 1)) * float(t.ppf(0.975, k - 1)) / 1.959964
    return Interval(
        found.value,
        found.value - wider * (found.value - found.low),
        found.value + wider * (found.high - found.value),
    )


def left_out(chips: int, statistic: Callable[[NDArray[np.intp]], float]) -> Interval:
    """Return a statistic with the interval that leaving out one chip after the other gives."""
    every = np.arange(chips)
    value = statistic(every)
    if chips < 3:
        return Interval(value, math.nan, math.nan)
    without = np.array([statistic(np.delete(every, one)) for one in every])
    error = math.sqrt((chips - 1) / chips * float(np.sum((without - without.mean()) ** 2)))
    half = float(t.ppf(0.975, chips - 1)) * error
    return Interval(value, value - half, value + half)


def root_of(squared: Interval) -> Interval:
    """Return the root of what must not be below 0."""
    value, low, high = (
        math.sqrt(max(x, 0.0)) if math.isfinite(x) else x
        for x in (squared.value, squared.low, squared.high)
    )
    return Interval(value, low, high)


def pairs_of(apart: Floats, at: NDArray[np.intp]) -> Floats:
    """Return the distances of all pairs of the drawn chips that are not the same chip twice."""
    first, second = np.triu_indices(len(at), 1)
    one, other = at[first], at[second]
    return np.asarray(apart[one, other][one != other])


def means_of_chips(values: Floats) -> Floats:
    """Return the mean of what is known of each chip, NaN where nothing is, (chips,)."""
    known = np.isfinite(values).reshape(len(values), -1).sum(axis=1)
    sums = np.nansum(values.reshape(len(values), -1), axis=1)
    return np.where(known > 0, sums / np.maximum(known, 1), np.nan)


def check_responses(values: Floats, dimensions: int, least: int = 1) -> None:
    """Raise RangeError unless these are responses of at least so many chips."""
    known = np.asarray(values)[np.isfinite(values)]
    if values.ndim != dimensions or min(values.shape) < 1 or len(values) < least:
        raise RangeError(
            f"responses of shape {values.shape}: accepts {dimensions} dimensions, "
            f"{least} chips and more"
        )
    if not known.size or not np.isin(known, (0.0, 1.0)).all():
        raise RangeError("responses hold something else than 0, 1 and NaN, or only NaN")
