"""The cycle at which the window of an array closes, from the ratios of its cells over cycles.

The mean logarithm of the ratio over all cells is taken as linear in the logarithm of the cycle
over the two groups of cycles before it crosses the limit and the two after. Each cell has its own
line there; the crossing of the mean line and its interval follow from the scatter of the cells'
lines (Fieller, J. R. Stat. Soc. B 16:175, 1954), which holds for few cells too.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from .distributions import Interval

Floats = NDArray[np.float64]

AROUND = 2  # groups on either side of the crossing


@dataclass(frozen=True, slots=True)
class Ratios:
    """Mean ln(ratio) of each cell in groups of cycles: (cells, groups), NaN where none was read.

    place: mean log10(cycle) of each group, (groups,).
    """

    place: Floats
    log_ratio: Floats


def grouped(
    cell: NDArray[np.unsignedinteger], cycle: NDArray[np.integer], ratio: Floats, per_decade: int
) -> Ratios:
    """Group readings by the logarithm of their cycle; ratios that are not positive are left out."""
    good = np.isfinite(ratio) & (ratio > 0.0)
    log_cycle = np.log10(cycle[good].astype(np.float64))
    group = np.floor(log_cycle * per_decade + 1e-9).astype(np.int64)
    names, column = np.unique(group, return_inverse=True)
    cells, row = np.unique(cell[good], return_inverse=True)
    shape = (len(cells), len(names))
    flat = row * len(names) + column
    count = np.bincount(flat, minlength=shape[0] * shape[1]).reshape(shape)
    total = np.bincount(flat, np.log(ratio[good]), shape[0] * shape[1]).reshape(shape)
    place = np.bincount(column, log_cycle, len(names)) / np.bincount(column, minlength=len(names))
    with np.errstate(invalid="ignore"):
        return Ratios(place, total / count)


def closes_at(ratios: Ratios, limit: float) -> Interval | None:
    """Return the cycle at which the mean window is down to ``limit``; None if it never is.

    Only cells that were read in all groups take part. Ends of the interval are NaN where
    the scatter does not bound them, as with one cell.
    """
    whole = ratios.log_ratio[np.isfinite(ratios.log_ratio).all(axis=1)] - math.log(limit)
    if not len(whole) or len(ratios.place) < 2:
        return None
    mean = whole.mean(axis=0)
    below = np.flatnonzero((mean[1:] < 0.0) & (mean[:-1] >= 0.0))
    if not len(below):
        return None
    last = int(below[-1]) + 1
    around = slice(max(0, last - AROUND), min(len(mean), last + AROUND))
    centre = float(ratios.place[last - 1 : last + 1].mean())
    x = ratios.place[around] - centre
    lines = whole[:, around] @ np.linalg.pinv(np.column_stack([np.ones(len(x)), x])).T
    return _crossing(lines[:, 0], lines[:, 1], centre)


def _crossing(level: Floats, slope: Floats, centre: float) -> Interval:
    """Return 10^(centre + x) where level + slope x, averaged over cells, is zero."""
    cells = len(level)
    a, b = float(level.mean()), float(slope.mean())
    value = 10.0 ** (centre - a / b)
    if cells < 2:
        return Interval(value, math.nan, math.nan)
    t = float(stdtrit(cells - 1, 0.975)) ** 2 / cells
    (aa, ab), (_, bb) = t * np.cov(level, slope)
    # (a + b x)^2 = t^2 var(a + b x): a quadratic in x.
    p, q, r = b * b - bb, 2.0 * (a * b - ab), a * a - aa
    inside = q * q - 4.0 * p * r
    if p <= 0.0 or inside < 0.0:
        return Interval(value, math.nan, math.nan)
    half = math.sqrt(inside)
    low, high = sorted(((-q - half) / (2.0 * p), (-q + half) / (2.0 * p)))
    return Interval(value, 10.0 ** (centre + low), 10.0 ** (centre + high))
