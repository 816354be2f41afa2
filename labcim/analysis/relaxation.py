"""How a cell lets go of what a pulse wrote: retention times, and when it has come to rest."""

import math
import warnings
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import OptimizeWarning, curve_fit
from scipy.stats import t as student

from labcim.errors import RangeError

from .distributions import Interval

Floats = NDArray[np.float64]

_SCATTER, _FLOOR = 0.02, 0.002  # of a reading: of its own value, and of the largest


@dataclass(frozen=True, slots=True)
class Relaxation:
    """G(t) = rest + (first - rest) exp(-t / time). S and s; NaN where nothing decays."""

    first: float
    rest: float
    time: Interval


NOTHING = Relaxation(math.nan, math.nan, Interval(math.nan, math.nan, math.nan))


def fit_relaxation(time: Floats, conductance: Floats) -> Relaxation:
    """Fit an exponential decay to readings at ``time`` s after the pulse, (n,), with interval.

    Readings may span decades of time and of conductance: each weighs by its own size, down to a
    part of the largest.  NaN unless the decay takes at least half of what was there.
    """
    known = np.isfinite(time) & np.isfinite(conductance)
    x, y = time[known], conductance[known]
    if len(x) < 5 or not y.max() > 0.0 or not (x > 0.0).all():
        return NOTHING
    scale = float(y.max())
    y = y / scale
    rest = float(np.median(y[-max(len(y) // 5, 1) :]))
    half = y <= (y[0] + rest) / 2.0
    if rest > 0.5 * y[0] or not half.any():
        return NOTHING
    start = math.log(max(float(x[np.argmax(half)]) / math.log(2.0), 1e-12))

    def law(at: Floats, first: float, low: float, logarithm: float) -> Floats:
        return np.asarray(low + (first - low) * np.exp(-at / math.exp(logarithm)))

    sigma = _SCATTER * np.abs(y) + _FLOOR
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", OptimizeWarning)  # what it says is seen below
            found, covariance = curve_fit(
                law, x, y, (float(y[0]), rest, start), sigma=sigma, absolute_sigma=True
            )
    except RuntimeError:  # no end in sight
        return NOTHING
    spread = math.sqrt(float(covariance[2, 2])) if covariance[2, 2] >= 0.0 else math.inf
    spread *= _scatter((y - law(x, *found)) / sigma, y)
    reach = float(student.ppf(0.975, max(len(x) - 3, 1))) * spread
    tau = math.exp(float(found[2]))
    if not (math.isfinite(reach) and reach < 5.0):
        return NOTHING
    interval = Interval(tau, tau * math.exp(-reach), tau * math.exp(reach))
    return Relaxation(float(found[0]) * scale, float(found[1]) * scale, interval)


def _scatter(off: Floats, y: Floats) -> float:
    """Return how much readings scatter, in the sigma assumed; by those that say when it fell.

    What lies at rest is many readings and hardly any scatter: it would make all look sharp.
    """
    telling = y > 0.05
    if int(telling.sum()) < 6:
        return 1.0
    return math.sqrt(float(np.sum(off[telling] ** 2)) / (int(telling.sum()) - 2))


def at_rest(readings: Floats, rule: str, tolerance: float) -> bool:
    """Say whether the last batch of readings, (batches, size), shows no change any more.

    rule "fit": a line through it changes by less than ``tolerance`` of its mean from end to end.
    "t-test": it does not differ from the batch before at the level ``tolerance`` (Welch).
    Raises RangeError for another rule.
    """
    if rule not in ("fit", "t-test"):
        raise RangeError(f"rule = {rule!r}: accepts fit or t-test")
    last = readings[-1][np.isfinite(readings[-1])]
    if len(last) < 3:
        return False
    if rule == "fit":
        slope = float(np.polyfit(np.linspace(-0.5, 0.5, len(last)), last, 1)[0])
        return abs(slope) <= tolerance * abs(float(last.mean()))
    if len(readings) < 2:
        return False
    before = readings[-2][np.isfinite(readings[-2])]
    if len(before) < 3:
        return False
    one, other = float(before.var(ddof=1)) / len(before), float(last.var(ddof=1)) / len(last)
    if one + other == 0.0:
        return bool(before.mean() == last.mean())
    distance = abs(float(before.mean() - last.mean())) / math.sqrt(one + other)
    freedom = (one + other) ** 2 / (one**2 / (len(before) - 1) + other**2 / (len(last) - 1))
    return bool(2.0 * student.sf(distance, freedom) > tolerance)


def monotone_share(x: Floats, y: Floats) -> float:
    """Return the share of neighbours along x whose y rises; 1 for a monotone rise, NaN for one."""
    order = np.argsort(x, kind="stable")
    steps = np.diff(y[order])
    return float(np.mean(steps > 0.0)) if len(steps) else math.nan
