"""Intervals from the profile likelihood, corrected for small samples and for censoring.

The signed root r of twice the drop of the profile likelihood is normal only in large samples: with
20 units the plain 95 % interval covers 93 to 95 %, and misses up to four times as often on one side
as on the other.  Its modification r* = r + ln(q / r) / r is normal to the third order
(Barndorff-Nielsen, Biometrika 73:307, 1986), with q from DiCiccio and Martin (J. R. Stat. Soc. B
55:305, 1993) for a flat prior in (coefficients, ln scale), the one that is exact for location and
scale without censoring.  With censoring it is off by what ``matching`` tells, which is taken away.
"""

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

from labcim.errors import RangeError

from .likelihood import Likelihood
from .maximum import Peak, maximum, solved
from .quantities import Quantity

Floats = NDArray[np.float64]
Offset = Callable[[Floats], float]

NORMAL_95 = 1.959963984540054
_SECANTS = 6
_CLOSE = 1e-4  # of r*
_FARTHEST = 200.0
"""Standard errors from the estimate at which an end that is not reached counts as infinite."""


def interval(
    likelihood: Likelihood, peak: Peak, quantity: Quantity, offset: Offset
) -> tuple[float, float]:
    """Return the ends of the 95 % interval of ``quantity``; infinite where the data set no bound.

    peak: the maximum of ``likelihood``.  offset: mean of r* for given parameters.
    """
    toward = quantity.gradient(peak.at)
    error = math.sqrt(float(toward @ solved(-peak.hessian, toward)))
    root = SignedRoot(likelihood, peak, quantity)
    return _end(root, offset, -error), _end(root, offset, error)


class SignedRoot:
    """r* of a value of the quantity; each fit starts where the last one ended, ``last``."""

    def __init__(self, likelihood: Likelihood, peak: Peak, quantity: Quantity) -> None:
        self._likelihood, self._peak, self._quantity = likelihood, peak, quantity
        self.estimate = quantity.value(peak.at)
        self.last = peak.at
        self._known = {self.estimate: 0.0}

    def __call__(self, value: float) -> float:
        """Return r*, positive below the estimate. Raises RangeError where no fit is reached."""
        if value not in self._known:
            self._known[value] = self._fitted(value)
        return self._known[value]

    def _fitted(self, value: float) -> float:
        best = self._peak
        starts = self._quantity.moved(self.last, value)
        start = max(starts, key=self._likelihood.value) if len(starts) > 1 else starts[0]
        here = maximum(self._likelihood, start, self._quantity.level(value))
        self.last = here.at
        sign = 1.0 if self.estimate > value else -1.0
        r = sign * math.sqrt(2.0 * max(best.value - here.value, 0.0))
        q = self._quantity.slope(here) * sign
        if abs(r) < 1e-3 or q <= 0.0:  # too near the estimate for the ratio to have digits
            return r
        parameters = len(best.at)
        log_q = math.log(q) + 0.5 * (here.log_curvature - best.log_curvature)
        log_q += (parameters - 1) * math.log(here.at[-1]) - parameters * math.log(best.at[-1])
        log_q += math.log(self._quantity.volume)
        better = r + (log_q - math.log(abs(r))) / r
        return better if math.isfinite(better) else r


def _end(root: SignedRoot, offset: Offset, error: float) -> float:
    """Return where r* is 1.96 from its mean, on the side of the estimate that ``error`` points to.

    The mean is that at the parameters of the end as it would be without it.
    """
    side = math.copysign(1.0, error)
    if not 0.0 < abs(error) < math.inf:
        return side * math.inf
    try:
        first = _crossing(root, -side * NORMAL_95, error, root.estimate + 1.8 * error)
        shift = offset(root.last) if math.isfinite(first) else 0.0
        return _crossing(root, -side * NORMAL_95 + shift, error, first) if shift else first
    except RangeError:  # the likelihood is flat, or beyond every float, before it has fallen enough
        return side * math.inf


def _crossing(root: SignedRoot, target: float, error: float, guess: float) -> float:
    """Return the value at which r* is ``target``, from ``guess``; ``error``: about r*'s slope.

    r* is nearly a straight line, so that secants come to it in a few steps; where they do not, the
    value is bracketed.
    """
    at, slope = guess, -1.0 / abs(error)
    missing = root(at) - target
    for _ in range(_SECANTS):
        if abs(missing) < _CLOSE:
            return at
        step = -missing / slope
        if abs(step) > 2.0 * abs(error) or (at + step - root.estimate) * error <= 0.0:
            break
        before, missing = missing, root(at + step) - target
        slope, at = (missing - before) / step, at + step
        if slope >= 0.0:
            break
    return _bracketed(root, target, error)


def _bracketed(root: SignedRoot, target: float, error: float) -> float:
    def inside(value: float) -> float:
        return (root(value) - target) * math.copysign(1.0, error)

    inner, outer = root.estimate, root.estimate + 2.0 * error
    while inside(outer) > 0.0:
        inner, outer = outer, outer + 2.0 * (outer - inner)
        if abs(outer - root.estimate) > _FARTHEST * abs(error):
            return math.copysign(math.inf, error)
    return float(brentq(inside, inner, outer, xtol=_CLOSE * abs(error)))
