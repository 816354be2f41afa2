"""From looks to lifetimes: when a conductance left its window, and between which looks."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import chdtrc, ndtr

from labcim.errors import RangeError

from .distributions import Interval
from .life import BOLTZMANN, ArrheniusFit, Lifetimes, fit_lognormal

Floats = NDArray[np.float64]


def log_schedule(first: float, last: float, points: int) -> Floats:
    """Return ``points`` times in s from ``first`` to ``last``, equally far apart in the logarithm.

    Raises RangeError unless 0 < first < last and there are two points at least.
    """
    if not (0.0 < first < last < np.inf and points >= 2):
        raise RangeError(
            f"{points} looks from {first:g} to {last:g} s: accepts 0 < first < last and at least 2"
        )
    times: Floats = np.geomspace(first, last, points)
    return times


@dataclass(frozen=True, slots=True)
class Lives:
    """When cells left their window. cell: which, (cells,).  lower, upper: s, as in `Lifetimes`."""

    cell: NDArray[np.uint32]
    lower: Floats
    upper: Floats

    @property
    def lifetimes(self) -> Lifetimes:
        """Return them for a fit."""
        return Lifetimes(self.lower, self.upper)

    @property
    def failed(self) -> NDArray[np.bool_]:
        """Return which cells failed within the test, shape (cells,)."""
        return np.isfinite(self.upper)

    def among(self, cells: NDArray[np.uint32]) -> "Lives":
        """Return those of some cells only."""
        here = np.isin(self.cell, cells)
        return Lives(self.cell[here], self.lower[here], self.upper[here])

    def joined(self, cells: NDArray[np.uint32], by: float) -> "Lives":
        """Return these and cells that had all left their window by ``by`` s."""
        n = len(cells)
        return Lives(
            np.concatenate([self.cell, cells]).astype(np.uint32),
            np.concatenate([self.lower, np.zeros(n)]),
            np.concatenate([self.upper, np.full(n, by)]),
        )


def lives(
    cell: NDArray[np.uint32], since: Floats, share: Floats, *, low: float, high: float
) -> Lives:
    """Return between which looks each cell left its window for the first time.

    cell, since, share: one row a reading: which cell, s since its first one (at 0), and its
    conductance as a share of that, NaN for no reading; in any order.  low, high: the window, as
    shares.  A cell that never leaves it is good as of its last reading.  Cells without a reading
    after the first, which say nothing, are left out.
    """
    known = np.isfinite(share) & np.isfinite(since) & (since >= 0.0)
    order = np.lexsort((since[known], cell[known]))
    of, at = cell[known][order], since[known][order]
    out = ~((share[known][order] >= low) & (share[known][order] <= high))
    cells, start = np.unique(of, return_index=True)
    lower, upper = np.zeros(len(cells)), np.full(len(cells), np.inf)
    for k, begin in enumerate(start):
        end = start[k + 1] if k + 1 < len(start) else len(of)
        gone = np.flatnonzero(out[begin:end])
        if len(gone):
            upper[k] = at[begin + gone[0]]
            lower[k] = at[begin + gone[0] - 1] if gone[0] else 0.0
        else:
            lower[k] = at[end - 1]
    said = (upper > 0.0) & ((lower > 0.0) | np.isfinite(upper))
    return Lives(cells[said].astype(np.uint32), lower[said], upper[said])


def energy_without_survivors(groups: Mapping[float, Lifetimes]) -> float:
    """Return E_a in eV as it is often got, and wrong: a line through the medians of what failed.

    groups: lifetimes by temperature in K. Cells that outlived the test are left out and a failure
    is put at the look that found it, so that cool temperatures, where most outlive it, look as
    short-lived as warm ones. For comparison only; NaN with failures at fewer than two temperatures.
    """
    heat, middle = [], []
    for kelvin, group in groups.items():
        fell = group.upper[np.isfinite(group.upper)]
        if len(fell):
            heat.append(1.0 / (BOLTZMANN * kelvin))
            middle.append(float(np.median(np.log(fell))))
    if len(heat) < 2:
        return float("nan")
    return float(np.polyfit(heat, middle, 1)[0])


def share_failed(fit: ArrheniusFit, time: float, kelvin: float) -> Interval:
    """Return the share of units that have failed after ``time`` s at ``kelvin`` K.

    It is the share whose quantile is that time; its interval is where that quantile's ends are it,
    so that it holds what is unknown of energy, place and spread together.
    """

    def where(end: Callable[[Interval], float]) -> float:
        def off(z: float) -> float:
            life = max(end(fit.quantile(float(ndtr(z)), kelvin)), 1e-300)
            return min(math.log(life), 690.0) - math.log(time)  # also where the end is infinite

        low, high = -8.0, 8.0
        if off(low) >= 0.0 or off(high) <= 0.0:
            return float(ndtr(low if off(low) >= 0.0 else high))
        return float(ndtr(brentq(off, low, high, xtol=1e-4)))

    return Interval(
        where(lambda life: life.value), where(lambda life: life.high), where(lambda life: life.low)
    )


def common_spread(groups: Mapping[float, Lifetimes], fit: ArrheniusFit) -> float:
    """Return the chance of such lifetimes if one spread and one line held at all temperatures.

    By the likelihood ratio of the joint fit against one for each temperature (Wilks, Ann. Math.
    Stat. 9:60, 1938). A small one says that another mechanism takes part, or that cells differ in
    their energy. NaN where a temperature does not fix a law by itself.
    """
    alone = 0.0
    try:
        for group in groups.values():
            alone += fit_lognormal(group).log_likelihood
    except RangeError:
        return math.nan
    excess = max(2.0 * (alone - fit.log_likelihood), 0.0)
    return float(chdtrc(2 * len(groups) - 3, excess))
