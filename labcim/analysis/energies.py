"""Activation energy of lognormal lives whose spread may be another one at each temperature.

Where cells differ in their energy, or another mechanism takes part, the spread of ln t changes with
temperature. A common spread then misplaces the law of a temperature at which most cells outlived
the test: its early failures are taken for the tail of a wider law. Here each temperature has its
own, on one Arrhenius line, in one likelihood; the interval is that of the profile likelihood
(Meeker and Escobar, Statistical Methods for Reliability Data, 1998, section 8).
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq, minimize, minimize_scalar

from labcim.errors import RangeError

from .distributions import Interval
from .life import BOLTZMANN, Lifetimes, fit_lognormal
from .life.laws import LOGNORMAL

Floats = NDArray[np.float64]
FEWEST = 3  # temperatures
NARROWEST_WIDEST = (-5.0, 5.0)  # ln of the spreads that are looked at
IMPOSSIBLE = 1e15  # -ln L
HALF_DROP = 0.5 * 3.841458820694124  # of ln L at the ends: chi-squared of one, 95 %


def energy_with_own_spreads(groups: Mapping[float, Lifetimes]) -> Interval:
    """Return E_a in eV with its 95 % interval. groups: lifetimes by temperature in K.

    A temperature at which a law cannot be fitted by itself, as where nothing failed, says nothing
    here and is left out. Raises RangeError where fewer than three are left.
    """
    alone = {}
    for kelvin, group in sorted(groups.items()):
        try:
            alone[kelvin] = fit_lognormal(group)
        except RangeError:
            continue
    if len(alone) < FEWEST:
        raise RangeError(
            f"spreads at {len(alone)} temperatures: an activation energy with a spread for each "
            f"needs {FEWEST}"
        )
    heat = np.array([1.0 / (BOLTZMANN * kelvin) for kelvin in alone])
    middle = np.array([np.log(fit.quantile(0.5).value) for fit in alone.values()])
    spread = np.array([fit.sigma.value for fit in alone.values()])
    return _Line([groups[kelvin] for kelvin in alone], heat, middle, spread).energy()


class _Line:
    """ln L of (place, ln of each spread) for a given energy, and its maximum over them."""

    def __init__(
        self, groups: list[Lifetimes], heat: Floats, middle: Floats, spread: Floats
    ) -> None:
        self._groups = groups
        self._x = heat - heat.mean()
        weight = np.array([len(group) for group in groups]) / spread**2
        slope, place = np.polyfit(self._x, middle, 1, w=np.sqrt(weight))
        self._slope = float(slope)
        self._error = float(1.0 / np.sqrt((weight * self._x**2).sum()))
        self._at = np.concatenate([[place], np.log(spread)])

    def energy(self) -> Interval:
        """Return the energy of the highest maximum, and where it has dropped by enough."""
        near = (self._slope - self._error, self._slope + self._error)
        found = minimize_scalar(self._lowest, bracket=near, tol=1e-5)
        best = float(found.x)
        floor = float(found.fun) + HALF_DROP

        def over(slope: float) -> float:
            return self._lowest(slope) - floor

        ends = []
        for sign in (-1.0, 1.0):
            step = 2.0 * self._error
            while over(best + sign * step) < 0.0 and step < 200.0 * self._error:
                step *= 1.5
            if not over(best) < 0.0 < over(best + sign * step):
                raise RangeError("the lifetimes bound no activation energy with own spreads")
            ends.append(float(brentq(over, best, best + sign * step, xtol=1e-5)))
        return Interval(best, ends[0], ends[1])

    def _lowest(self, slope: float) -> float:
        """Return the least -ln L over place and spreads for a slope."""
        found = minimize(self._minus_log, self._at, args=(slope,), jac=True, method="BFGS")
        self._at = found.x  # the next slope is near
        return float(found.fun)

    def _minus_log(self, at: Floats, slope: float) -> tuple[float, Floats]:
        """Return -ln L and its derivatives with respect to place and the logs of the spreads."""
        value, gradient = 0.0, np.zeros(len(at))
        for k, group in enumerate(self._groups):
            scale = float(np.exp(np.clip(at[1 + k], *NARROWEST_WIDEST)))
            place = float(at[0]) + slope * float(self._x[k])
            one, by_place, by_scale = _log_likelihood(group, place, scale)
            value -= one
            gradient[0] -= by_place
            gradient[1 + k] -= by_scale
        if not (np.isfinite(value) and np.isfinite(gradient).all()):
            return IMPOSSIBLE, np.zeros(len(at))  # lives so far off the line that ln L underflows
        return value, gradient


def _log_likelihood(group: Lifetimes, place: float, scale: float) -> tuple[float, float, float]:
    """Return ln L of lives, and its derivatives with respect to place and ln scale."""
    with np.errstate(all="ignore"):  # what is no number is told by the sum
        return _summed(group, place, scale)


def _summed(group: Lifetimes, place: float, scale: float) -> tuple[float, float, float]:
    a = (np.log(group.lower) - place) / scale
    b = (np.log(group.upper) - place) / scale
    alive, seen = np.isinf(b), group.lower == group.upper
    value, by_place, by_scale = 0.0, 0.0, 0.0
    if alive.any():
        ln, first, _ = LOGNORMAL.beyond(a[alive])
        value += float(ln.sum())
        by_place -= float(first.sum()) / scale
        by_scale -= float((a[alive] * first).sum())
    if seen.any():
        ln, first, _ = LOGNORMAL.density(a[seen])
        value += float(ln.sum()) - np.log(scale) * int(seen.sum())
        by_place -= float(first.sum()) / scale
        by_scale -= float((a[seen] * first).sum()) + int(seen.sum())
    between = ~alive & ~seen
    if between.any():
        start, end = a[between], b[between]
        terms = LOGNORMAL.between(start, end)
        value += float(terms.value.sum())
        by_place -= float((terms.a + terms.b).sum()) / scale
        start = np.where(np.isfinite(start), start, 0.0)  # where its derivative is 0
        by_scale -= float((start * terms.a + end * terms.b).sum())
    return value, by_place, by_scale
