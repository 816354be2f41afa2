"""Dwell times of a series of states: exponential, the first and the last one cut off."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2

from labcim.errors import RangeError

from .distributions import Interval

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Dwells:
    """Stays in one state, s each, in order. ended: which of them were seen to end.

    The first began before the series did: without memory, what is left of it counts like any other.
    """

    times: Floats
    ended: NDArray[np.bool_]


def dwells_of(states: NDArray[np.integer], state: int, interval: float) -> Dwells:
    """Return all stays of a series of states, (n,), ``interval`` s apart, in one of them."""
    if len(states) == 0 or not interval > 0.0:
        raise RangeError(f"{len(states)} states, {interval:g} s apart: accepts one or more")
    change = np.flatnonzero(np.diff(states)) + 1
    begin = np.concatenate([[0], change])
    end = np.append(change, len(states))
    here = states[begin] == state
    return Dwells((end - begin)[here] * interval, end[here] < len(states))


def mean_dwell(dwells: Dwells) -> Interval:
    """Return the mean dwell time in s with its 95 % interval; NaN where none was seen to end.

    Exponential dwells, those cut off included as such (total time over completed stays; Epstein
    and Sobel, J. Am. Stat. Assoc. 48:486, 1953). The interval is that of a time-censored test:
    chi-squared with 2n + 1 degrees of freedom (Cox, J. R. Stat. Soc. B 15:238, 1953).
    """
    total, count = float(dwells.times.sum()), int(dwells.ended.sum())
    if count == 0:
        return Interval(np.nan, np.nan, np.nan)
    low, high = (2.0 * total / chi2.ppf(share, 2 * count + 1) for share in (0.975, 0.025))
    return Interval(total / count, float(low), float(high))
