"""Intervals from the profile likelihood, corrected for small samples.

The signed root r of twice the drop of the profile likelihood is normal only in large samples: with
20 units the plain 95 % interval covers 92 to 94 %.  Its modification r* = r + ln(q / r) / r is
normal to the third order (Barndorff-Nielsen, Biometrika 73:307, 1986), with q from DiCiccio and
Martin (J. R. Stat. Soc. B 55:305, 1993) for a flat prior in (coefficients, ln scale), the one that
is exact for location and scale without censoring.  No more is needed than the likelihood itself:
not how the test would have been cut off in other runs.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

from labcim.errors import RangeError

from .likelihood import Likelihood
from .maximum import Peak, maximum, solved

Floats = NDArray[np.float64]

NORMAL_95 = 1.959963984540054
_FARTHEST = 200.0
"""Standard errors from the estimate at which an end that is not reached counts as infinite."""


@dataclass(frozen=True, slots=True)
class Combination:
    """weights · coefficients + scale_weight · scale: a slope, a location or a quantile of ln t."""

    weights: Floats
    scale_weight: float = 0.0

    def value(self, at: Floats) -> float:
        """Return the quantity at given parameters."""
        return float(self.weights @ at[:-1] + self.scale_weight) / float(at[-1])

    def gradient(self, at: Floats) -> Floats:
        """Return its derivatives with respect to the parameters."""
        return np.append(self.weights, -self.value(at)) / float(at[-1])

    def moved(self, at: Floats, value: float) -> tuple[Floats, ...]:
        """Return parameters with the quantity at ``value``: one coefficient is changed."""
        moved, k = at.copy(), self._pivot
        moved[k] += (value - self.value(at)) * at[-1] / self.weights[k]
        return (moved,)

    def level(self, value: float) -> Floats:
        """Return the directions along which the quantity stays at ``value``."""
        k = self._pivot
        directions = np.delete(np.eye(len(self.weights) + 1), k, axis=1)
        directions[k] = np.delete(np.append(-self.weights, value) / self.weights[k], k)
        return directions

    def slope(self, peak: Peak) -> float:
        """Return the derivative of the profile likelihood."""
        k = self._pivot
        return float(peak.gradient[k] * peak.at[-1] / self.weights[k])

    @property
    def _pivot(self) -> int:
        return int(np.argmax(np.abs(self.weights)))

    @property
    def volume(self) -> float:
        """Return by how much the coefficient that this quantity stands for is stretched."""
        return float(abs(self.weights[self._pivot]))


@dataclass(frozen=True, slots=True)
class LogScale:
    """ln scale; of a Weibull law, -ln shape."""

    coefficients: int
    volume: float = 1.0

    def value(self, at: Floats) -> float:
        """Return the quantity at given parameters."""
        return -math.log(at[-1])

    def gradient(self, at: Floats) -> Floats:
        """Return its derivatives with respect to the parameters."""
        return np.append(np.zeros(self.coefficients), -1.0 / at[-1])

    def moved(self, at: Floats, value: float) -> tuple[Floats, ...]:
        """Return parameters with the quantity at ``value``: coefficients stay, or their ratio."""
        narrow = math.exp(-min(max(value, -300.0), 300.0))
        return at * (narrow / at[-1]), np.append(at[:-1], narrow)

    def level(self, value: float) -> Floats:
        """Return the directions along which the quantity stays at ``value``."""
        return np.eye(self.coefficients + 1)[:, :-1]

    def slope(self, peak: Peak) -> float:
        """Return the derivative of the profile likelihood."""
        return float(-peak.at[-1] * peak.gradient[-1])


Quantity = Combination | LogScale


def interval(likelihood: Likelihood, peak: Peak, quantity: Quantity) -> tuple[float, float]:
    """Return the ends of the 95 % interval of ``quantity``; infinite where the data set no bound.

    peak: the maximum of ``likelihood``.
    """
    estimate = quantity.value(peak.at)
    toward = quantity.gradient(peak.at)
    error = math.sqrt(float(toward @ solved(-peak.hessian, toward)))
    root = _Root(likelihood, peak, quantity)
    return _end(root, estimate, -error), _end(root, estimate, error)


class _Root:
    """r* of a value of the quantity; each fit starts where the last one ended."""

    def __init__(self, likelihood: Likelihood, peak: Peak, quantity: Quantity) -> None:
        self._likelihood, self._peak, self._quantity = likelihood, peak, quantity
        self._estimate = quantity.value(peak.at)
        self._from = peak.at

    def __call__(self, value: float) -> float:
        best = self._peak
        if value == self._estimate:
            return 0.0
        starts = self._quantity.moved(self._from, value)
        start = max(starts, key=self._likelihood.value)
        here = maximum(self._likelihood, start, self._quantity.level(value))
        self._from = here.at
        drop = best.value - here.value
        sign = 1.0 if self._estimate > value else -1.0
        r = sign * math.sqrt(2.0 * max(drop, 0.0))
        q = self._quantity.slope(here) * sign
        if abs(r) < 1e-3 or q <= 0.0:  # too near the estimate for the ratio to have digits
            return r
        parameters = len(best.at)
        log_q = math.log(q) + 0.5 * (here.log_curvature - best.log_curvature)
        log_q += (parameters - 1) * math.log(here.at[-1]) - parameters * math.log(best.at[-1])
        log_q += math.log(self._quantity.volume)
        better = r + (log_q - math.log(abs(r))) / r
        return better if math.isfinite(better) else r


def _end(root: Callable[[float], float], estimate: float, error: float) -> float:
    """Return where |r*| is 1.96, from ``estimate`` in steps of about ``error``."""
    target = -math.copysign(NORMAL_95, error)

    def missing(value: float) -> float:
        return root(value) - target

    if not 0.0 < abs(error) < math.inf:
        return math.copysign(math.inf, error)
    inner, outer = estimate, estimate + 2.0 * error
    try:
        while missing(outer) * target < 0.0:
            inner, outer = outer, outer + 2.0 * (outer - inner)
            if abs(outer - estimate) > _FARTHEST * abs(error):
                return math.copysign(math.inf, error)
        return float(brentq(missing, inner, outer, xtol=1e-6 * abs(error)))
    except RangeError:  # the likelihood is flat, or beyond every float, before it has fallen enough
        return math.copysign(math.inf, error)
