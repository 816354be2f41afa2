"""The share that still lives, without a law: Kaplan and Meier, and Turnbull between two looks."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls

from labcim.errors import RangeError

from .lifetimes import Lifetimes
from .profile import NORMAL_95

Floats = NDArray[np.float64]

_ROUNDS = 500
_SETTLED = 1e-9  # of the slope of ln L, per unit
_NOTHING = 1e-7  # of the units: less than this is not estimated to die in an interval


@dataclass(frozen=True, slots=True)
class Survival:
    """Share that lives after each ``time`` with its 95 % band, point by point, shape (times,).

    Between two looks the share is not known: it has fallen by the later one at the latest.
    """

    time: Floats
    share: Floats
    low: Floats
    high: Floats

    def at(self, time: float) -> float:
        """Return the share that lives at ``time``."""
        known = int(np.searchsorted(self.time, time, side="right"))
        return float(self.share[known - 1]) if known else 1.0


def survival(lifetimes: Lifetimes) -> Survival:
    """Return the share that lives over time, in the unit of the lifetimes.

    Exact and right-censored: Kaplan and Meier (J. Am. Stat. Assoc. 53:457, 1958) with Greenwood's
    error.  Else Turnbull's estimate (J. R. Stat. Soc. B 38:290, 1976), its error from the observed
    information.  Bands by the logarithm of the logarithm, which stay inside 0 and 1.  Without
    failures there is no time in it.
    """
    exact = lifetimes.lower == lifetimes.upper
    if bool((exact | ~np.isfinite(lifetimes.upper)).all()):
        return _kaplan_meier(lifetimes, exact)
    return _turnbull(lifetimes)


def _kaplan_meier(lifetimes: Lifetimes, failed: NDArray[np.bool_]) -> Survival:
    time, deaths = np.unique(lifetimes.lower[failed], return_counts=True)
    ends = np.sort(lifetimes.lower)
    at_risk = len(ends) - np.searchsorted(ends, time, side="left")
    share = np.asarray(np.cumprod(1.0 - deaths / at_risk), dtype=np.float64)
    left = at_risk - deaths
    with np.errstate(divide="ignore"):
        greenwood = np.cumsum(np.where(left > 0, deaths / (at_risk * np.maximum(left, 1)), 0.0))
    return _banded(time, share, share * np.sqrt(greenwood))


def _turnbull(lifetimes: Lifetimes) -> Survival:
    rows, count = np.unique(
        np.column_stack([lifetimes.lower, lifetimes.upper]), axis=0, return_counts=True
    )
    holds, ends = _innermost(rows[:, 0], rows[:, 1])
    mass = _masses(holds, count / count.sum())
    error = _error(holds, mass, count.astype(np.float64))
    known = np.isfinite(ends)
    share = np.clip(1.0 - np.cumsum(mass), 0.0, 1.0)
    return _banded(ends[known], share[known], error[known])


def _masses(holds: Floats, weight: Floats) -> Floats:
    """Return the shares that died in each innermost interval: the maximum of the likelihood.

    Newton steps on shares that stay positive, each a least-squares problem (Wang, J. R. Stat. Soc.
    B 69:185, 2007); shortened until the likelihood rises.
    """
    kinds = holds.shape[1]
    mass = np.full(kinds, 1.0 / kinds)
    root = np.sqrt(weight)
    for _ in range(_ROUNDS):
        seen = holds @ mass
        slope = holds / seen[:, None]
        if float((weight @ slope).max()) < 1.0 + _SETTLED:
            return mass
        heavy = 1e4
        table = np.vstack([root[:, None] * slope, np.full(kinds, heavy)])
        aim, _ = nnls(table, np.append(2.0 * root, heavy))
        step = aim / aim.sum() - mass
        size, before = 1.0, float(weight @ np.log(seen))
        while size > 1e-12:
            here = holds @ (mass + size * step)
            if (here > 0.0).all() and float(weight @ np.log(here)) > before:
                break
            size *= 0.5
        else:
            return mass
        mass = mass + size * step
    raise RangeError("the share that lives does not settle: too many overlapping intervals")


def _innermost(lower: Floats, upper: Floats) -> tuple[Floats, Floats]:
    """Return which units may have died in which innermost interval, and where these end.

    Innermost: from a lower end to an upper end with no end in between; only there the estimate
    falls.  A unit lies in (lower, upper], one that was seen failing at that moment.
    """
    exact = lower == upper
    starts = np.column_stack([lower, np.where(exact, 0, 2)])  # at one value: moments, ends, starts
    stops = np.column_stack([upper, np.ones(len(upper))])
    every = np.vstack([starts, stops])
    order = np.lexsort((every[:, 1], every[:, 0]))
    is_start = (order < len(lower)).astype(np.int8)
    place = np.empty(len(order), dtype=np.intp)
    place[order] = np.arange(len(order))
    turns = np.flatnonzero((is_start[:-1] == 1) & (is_start[1:] == 0))
    first, last = place[: len(lower)], place[len(lower) :]
    holds = (first[:, None] <= turns) & (last[:, None] >= turns + 1)
    return holds.astype(np.float64), every[order[turns + 1], 0]


def _error(holds: Floats, mass: Floats, count: Floats) -> Floats:
    """Return the standard error of the share that lives after each interval."""
    used = mass > _NOTHING
    part = holds[:, used]
    seen = np.sqrt(count) / (part @ mass[used])
    free = part[:, :-1] - part[:, -1:]  # the shares add up to 1
    information = (seen[:, None] * free).T @ (seen[:, None] * free)
    spread = np.linalg.pinv(information, hermitian=True)
    running = np.tril(np.ones((used.sum(), used.sum() - 1)))  # what died up to each interval
    running[-1] = 0.0
    error = np.sqrt(np.maximum(np.einsum("ij,jk,ik->i", running, spread, running), 0.0))
    index = np.cumsum(used) - 1
    return np.asarray(np.where(index >= 0, error[np.maximum(index, 0)], 0.0))


def _banded(time: Floats, share: Floats, error: Floats) -> Survival:
    low, high = share.copy(), share.copy()
    inside = (share > 0.0) & (share < 1.0)
    s = share[inside]
    width = NORMAL_95 * error[inside] / (s * -np.log(s))
    low[inside], high[inside] = s ** np.exp(width), s ** np.exp(-width)
    return Survival(time, share, low, high)
