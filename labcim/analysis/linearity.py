"""How a cell learns by pulses: how bent its branches are, how alike up and down, where they meet.

A branch of N pulses is taken as G = G0 + D (1 - exp(-v x)) / (1 - exp(-v)), x = n / N from 0 to 1
(the saturating law that is usual for synaptic devices): v = 0 is a straight line, v > 0 a branch
that starts fast, as soft bounds make it. The logarithm of the ratio of its first to its last step
is v. A pair of branches is symmetric if both are straight: its asymmetry index is v_up + v_down.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.stats import chi2

from labcim.errors import RangeError

from .distributions import Interval

Floats = NDArray[np.float64]

_MOST_BENT = 20.0


def nonlinearity(branch: Floats) -> float:
    """Return v of a branch: conductances in S before its first and after each pulse, (n,).

    By least squares; a falling branch is turned round first. NaN for one that does not move, or
    with fewer than four readings.
    """
    known = np.isfinite(branch)
    y = branch[known]
    x = (np.arange(len(branch)) / max(len(branch) - 1, 1))[known]
    if len(y) < 4 or np.ptp(y) == 0.0:
        return math.nan
    y = (y - y.mean()) / np.abs(y).max()

    def left(bend: float) -> float:
        """Return what the best G0 and D leave, up to a constant: a line through one shape."""
        shape = _shape(x, bend)
        shape = shape - shape.mean()
        return -float(np.dot(shape, y) ** 2 / np.dot(shape, shape))

    best = minimize_scalar(left, bounds=(-_MOST_BENT, _MOST_BENT), method="bounded")
    return float(best.x)


def _shape(x: Floats, bend: float) -> Floats:
    return x if abs(bend) < 1e-9 else np.asarray(np.expm1(-bend * x) / math.expm1(-bend))


def branch_distance(up: Floats, down: Floats) -> float:
    """Return the largest distance of two branches run over each other, as a share of their rise.

    up, down: S, (n,) each; the falling branch is read backwards.  0 where each pulse undoes one.
    """
    if len(up) != len(down) or len(up) < 2:
        raise RangeError(f"branches of {len(up)} and {len(down)} readings: accepts two alike")
    rise = float(up[-1] - up[0])
    return float(np.nanmax(np.abs(up - down[::-1])) / abs(rise)) if rise else math.nan


def separable_states(lowest: Floats, highest: Floats, step: Floats, sigma: Floats) -> Floats:
    """Return how many states lie apart in windows in S: by a step, or by two sigma of a reading."""
    apart = np.maximum(np.abs(step), 2.0 * np.abs(sigma))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(1.0 + (highest - lowest) / apart)


@dataclass(frozen=True, slots=True)
class Symmetry:
    """Where up and down pulses undo each other, in S, and the share of the way that is left to it.

    settled: alternating pulses pull the cell there; else ``point`` is where it was last, without an
    interval.
    """

    point: Interval
    left: float
    settled: bool


def symmetry_point(series: Floats) -> Symmetry:
    """Return the symmetry point from readings after each of many alternating pairs of pulses.

    series: S, (n,), evenly many pairs apart, n at least 6.  Around the point a cell is pulled back
    in proportion to its distance, so that each reading is regressed on the one before
    (x' = x + pull (point - x) + noise): the point comes out also before the cell has reached it.
    """
    known = series[np.isfinite(series)]
    if len(known) < 6:
        raise RangeError(f"{len(known)} readings of a symmetry point: accepts 6 or more")
    before, after = known[:-1], known[1:]
    mean, n = float(before.mean()), len(before)
    spread = float(np.sum((before - mean) ** 2))
    late = known[len(known) // 2 :]
    last = float(late.mean())
    if spread == 0.0:
        return Symmetry(Interval(last, last, last), 0.0, settled=True)
    slope = float(np.sum((before - mean) * (after - after.mean()))) / spread
    noise = math.sqrt(float(np.sum((after - after.mean() - slope * (before - mean)) ** 2)) / n)
    pull = 1.0 - slope
    if pull < 2.0 * noise / math.sqrt(spread):  # not pulled anywhere that it can be seen
        return Symmetry(Interval(last, math.nan, math.nan), math.nan, settled=False)
    point = mean + (float(after.mean()) - mean) / pull
    half = 1.96 * noise / pull * math.sqrt(1.0 / n + (point - mean) ** 2 / spread)
    way = abs(known[0] - point)
    left = min(abs(last - point) / way, 1.0) if way > 0.0 else 0.0
    return Symmetry(Interval(point, point - half, point + half), left, settled=True)


def deviation_interval(values: Floats) -> Interval:
    """Return the standard deviation of values, (n,), with its 95 % interval if they are normal."""
    n = len(values)
    if n < 2:
        return Interval(math.nan, math.nan, math.nan)
    sigma = float(np.std(values, ddof=1))
    low, high = (sigma * math.sqrt((n - 1) / chi2.ppf(q, n - 1)) for q in (0.975, 0.025))
    return Interval(sigma, float(low), float(high))


def common_deviation(one: Floats, other: Floats) -> float:
    """Return the spread that two measurements of the same cells, (n,) each, have in common.

    What each measurement adds by itself falls out of their covariance; 0 if nothing is left.
    """
    if len(one) != len(other) or len(one) < 2:
        return math.nan
    return math.sqrt(max(float(np.cov(one, other)[0, 1]), 0.0))
