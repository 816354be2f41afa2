"""What a stress did to cells, told from what they do anyway over a wait without stress.

A cell counts as moved where its mean of several readings has changed by more than a share of it and
by more than its read noise allows. Telegraph noise and relaxation move some cells without any
stress; their share, seen over a wait as long as the stress, is taken off.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .distributions import Interval, student_interval
from .switching import Scatter, least_change

Floats = NDArray[np.float64]

_ALARM = 4.0  # standard errors: of 30,000 clean arrays one is called disturbed
_NORMAL = 1.959964


@dataclass(frozen=True, slots=True)
class Disturb:
    """What a stress did to cells.

    mean: relative change over cells for ``scale`` stresses.  moved: share of cells, with what moves
    without stress taken off.  surely: share that is certain to four standard errors, else 0.
    """

    mean: Interval
    moved: Interval
    surely: float


@dataclass(frozen=True, slots=True)
class Change:
    """Of each cell: conductance before in S, relative change, and whether it counts, (cells,)."""

    before: Floats
    relative: Floats
    moved: NDArray[np.bool_]


def change(before: Floats, after: Floats, *, share: float, sigmas: float) -> Change:
    """Return how far cells have moved between two sets of readings, S, (repeats, cells) each.

    NaN readings are left out; cells without any on one side have NaN and do not count.
    """
    scatter = Scatter(before.shape[1])
    scatter.take(before)
    scatter.take(after)
    first, last = _mean(before), _mean(after)
    least = least_change(
        first, scatter.sigma(first), share=share, sigmas=sigmas, readings=len(before)
    )
    with np.errstate(invalid="ignore", divide="ignore"):
        relative = np.where(first > 0.0, (last - first) / first, np.nan)
    return Change(first, relative, np.abs(last - first) > least)


def _mean(readings: Floats) -> Floats:
    known = np.isfinite(readings)
    total = np.where(known, readings, 0.0).sum(axis=0)
    return np.where(known.any(axis=0), total / np.maximum(known.sum(axis=0), 1), np.nan)


def disturb(stressed: Change, idle: Change, *, scale: float) -> Disturb:
    """Return what a stress did to cells whose changes without it were ``idle``.

    scale: number of stresses reported over number given; the mean is taken to grow in proportion.
    """
    known = np.isfinite(stressed.relative) & np.isfinite(idle.relative)
    count = int(known.sum())
    mean = student_interval(stressed.relative[known] * scale)
    if count == 0:
        nothing = Interval(math.nan, math.nan, math.nan)
        return Disturb(nothing, nothing, 0.0)
    with_stress = float(stressed.moved[known].mean())
    without = float(idle.moved[known].mean())
    excess = with_stress - without
    # Agresti and Caffo, Am. Stat. 54:280 (2000): one success and one failure more on each side.
    shares = ((with_stress * count + 1) / (count + 2), (without * count + 1) / (count + 2))
    error = math.sqrt(sum(share * (1.0 - share) for share in shares) / (count + 2))
    middle = shares[0] - shares[1]
    limits = (excess, middle - _NORMAL * error, middle + _NORMAL * error)
    moved = Interval(*(min(max(limit, 0.0), 1.0) for limit in limits))
    return Disturb(mean, moved, max(middle - _ALARM * error, 0.0))
