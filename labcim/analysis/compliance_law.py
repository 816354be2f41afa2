"""The law of compliance: what a SET leaves under a current limit is G = I_C / V_C.

ln(I / G) of cell i is ln V_C + device_i + cycle, and the cycle's spread grows as the current falls:
floor + slope √(10 µA / I).  Points of one cell share its deviation, so that cells are what counts,
however often each was written.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import nnls
from scipy.stats import t as student

from labcim.errors import RangeError

from .distributions import Interval

Floats = NDArray[np.float64]

REFERENCE = 10e-6
"""A, at which the two parts of the spread are compared."""
_ROUNDS = 20


@dataclass(frozen=True, slots=True)
class ComplianceLaw:
    """V_C in V with its interval; spreads are standard deviations of ln G.

    device_spread: from cell to cell.  floor, slope: of the spread from cycle to cycle.  exponent:
    of G over the current, 1 where the law holds (NaN where all points have one current).
    """

    voltage: Interval
    exponent: Interval
    device_spread: float
    floor: float
    slope: float
    cells: int

    def cycle_spread(self, current: float) -> float:
        """Return the spread of ln G from cycle to cycle at ``current`` A."""
        return self.floor + self.slope * math.sqrt(REFERENCE / current)


def fit_compliance_law(
    cell: ArrayLike, current: ArrayLike, conductance: ArrayLike
) -> ComplianceLaw:
    """Fit the law to points: number of the cell, A, S, each of shape (points,).

    Points that are not finite are left out; each cell's mean is weighted by what is known of it.
    The intervals are Student's, over cells.  Raises RangeError for a current or conductance that is
    not positive, for fewer than three cells, or none that was written twice.
    """
    owner, level, log_volts = _points(cell, current, conductance)
    count = np.bincount(owner).astype(np.float64)
    if len(count) < 3 or count.max() < 2:
        raise RangeError(
            f"law of compliance: {len(owner)} points of {len(count)} cells: accepts three cells or "
            "more, at least one of them written twice or more"
        )
    floor, slope, device = 0.0, 0.05, 0.0
    for _ in range(_ROUNDS):
        weight = 1.0 / _spread(floor, slope, level) ** 2
        mean = np.bincount(owner, weight * log_volts) / np.bincount(owner, weight)
        floor, slope = _cycle_spread(owner, level, log_volts, weight)
        device = _device_spread(mean, 1.0 / np.bincount(owner, weight))
    share = 1.0 / (device**2 + 1.0 / np.bincount(owner, weight))
    voltage = _student(mean, share)
    exponent = _exponent(owner, level, log_volts, weight)
    return ComplianceLaw(
        Interval(*(math.exp(end) for end in (voltage.value, voltage.low, voltage.high))),
        exponent,
        device,
        floor,
        slope,
        len(count),
    )


def _points(
    cell: ArrayLike, current: ArrayLike, conductance: ArrayLike
) -> tuple[NDArray[np.intp], Floats, Floats]:
    """Return who owns each known point, √(10 µA / I), and ln(I / G)."""
    numbers = np.asarray(cell)
    amps, siemens = (np.asarray(part, dtype=np.float64) for part in (current, conductance))
    if not numbers.shape == amps.shape == siemens.shape or numbers.ndim != 1:
        raise RangeError(
            f"law of compliance: {numbers.shape} cells, {amps.shape} currents, {siemens.shape} "
            "conductances: must be as many, in one row"
        )
    known = np.isfinite(amps) & np.isfinite(siemens)
    if (amps[known] <= 0.0).any() or (siemens[known] <= 0.0).any():
        raise RangeError("law of compliance: a current or conductance is not above 0")
    _, owner = np.unique(numbers[known], return_inverse=True)
    amps, siemens = amps[known], siemens[known]
    return np.ravel(owner), np.sqrt(REFERENCE / amps), np.log(amps / siemens)


def _spread(floor: float, slope: float, level: Floats) -> Floats:
    return np.asarray(np.maximum(floor + slope * level, 1e-9))


def _cycle_spread(
    owner: NDArray[np.intp], level: Floats, log_volts: Floats, weight: Floats
) -> tuple[float, float]:
    """Return floor and slope from how far points are from the mean of their cell.

    The mean takes part of a point's deviation with it; a normal deviation is 0.798 σ on the mean.
    """
    total = np.bincount(owner, weight)
    residual = log_volts - (np.bincount(owner, weight * log_volts) / total)[owner]
    left = 1.0 - weight / total[owner]
    usable = left > 0.05
    size = np.abs(residual[usable]) / np.sqrt(left[usable] * 2.0 / math.pi)
    root = np.sqrt(weight[usable])
    terms = np.column_stack([np.ones(len(size)), level[usable]])
    (floor, slope), _ = nnls(root[:, None] * terms, root * size)
    return float(floor), float(slope)


def _device_spread(mean: Floats, variance: Floats) -> float:
    """Return the spread of cells beyond what the scatter of their means explains."""
    return math.sqrt(max(float(np.var(mean, ddof=1) - variance.mean()), 0.0))


def _student(values: Floats, share: Floats) -> Interval:
    """Return the weighted mean of the cells with its interval."""
    share = share / share.sum()
    mean = float(share @ values)
    variance = float(share**2 @ ((values - mean) ** 2 / (1.0 - share)))
    half = float(student.ppf(0.975, len(values) - 1)) * math.sqrt(variance)
    return Interval(mean, mean - half, mean + half)


def _exponent(
    owner: NDArray[np.intp], level: Floats, log_volts: Floats, weight: Floats
) -> Interval:
    """Return the exponent of G over the current: 1 less the slope of ln(I / G) in each cell."""
    log_current = -2.0 * np.log(level)
    total = np.bincount(owner, weight)
    centred = log_current - (np.bincount(owner, weight * log_current) / total)[owner]
    lever = np.bincount(owner, weight * centred**2)
    usable = lever > 1e-6 * weight.mean()
    if usable.sum() < 3:
        return Interval(math.nan, math.nan, math.nan)
    slope = np.bincount(owner, weight * centred * log_volts)[usable] / lever[usable]
    found = _student(slope, lever[usable])
    return Interval(1.0 - found.value, 1.0 - found.high, 1.0 - found.low)
