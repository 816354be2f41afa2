"""A law fitted to lifetimes whose location depends on conditions, with intervals."""

import math

import numpy as np
from numpy.typing import NDArray

from labcim.analysis.distributions import Interval
from labcim.errors import RangeError

from .follow_up import FollowUp
from .laws import Law
from .lifetimes import Lifetimes
from .likelihood import Likelihood
from .matching import root_mean
from .maximum import maximum
from .profile import interval
from .quantities import Combination, LogScale, Quantity

Floats = NDArray[np.float64]


class Estimate:
    """The maximum of the likelihood, and intervals round it.

    x: shape (units, coefficients), the first of which belongs to a column of ones.  Raises
    RangeError where there is no maximum.
    """

    def __init__(self, law: Law, lifetimes: Lifetimes, x: Floats) -> None:
        self._lifetimes, self._x = lifetimes, x
        self._likelihood = Likelihood(law, lifetimes, x)
        self._peak = maximum(self._likelihood, self._start(), np.eye(self._likelihood.parameters))
        self._follow_up: FollowUp | None = None

    @property
    def law(self) -> Law:
        """Return the law."""
        return self._likelihood.law

    @property
    def log_likelihood(self) -> float:
        """Return ln L at the maximum, densities per unit of time."""
        return self._peak.value

    def coefficient(self, k: int) -> Interval:
        """Return a coefficient of ln t other than the first."""
        return self._interval(Combination(np.eye(self._x.shape[1])[k]))

    def location(self) -> Interval:
        """Return the location of ln t where all other conditions are 0."""
        return self._moved(self._interval(Combination(np.eye(self._x.shape[1])[0])))

    def scale(self) -> Interval:
        """Return the scale of ln t."""
        return exponential(self._interval(LogScale(self._x.shape[1])))

    def quantile(self, x: Floats, share: float) -> Interval:
        """Return the time by which ``share`` of the units at ``x`` have failed."""
        if not 0.0 < share < 1.0:
            raise RangeError(f"share = {share:g}: accepts above 0 and below 1")
        quantity = Combination(x, self.law.quantile(share))
        return exponential(self._moved(self._interval(quantity)))

    def _interval(self, quantity: Quantity) -> Interval:
        if self._follow_up is None:
            self._follow_up = FollowUp(self.law, self._lifetimes, self._x, self._likelihood.centre)
        follow_up, best = self._follow_up, _point(self._peak.at)

        def offset(at: Floats) -> float:
            # Half-way from the estimate to the end: at either the spread of the root is worse.
            return root_mean(follow_up, quantity, 0.5 * (best + _point(at)))

        low, high = interval(self._likelihood, self._peak, quantity, offset)
        return Interval(quantity.value(self._peak.at), low, high)

    def _moved(self, of: Interval) -> Interval:
        centre = self._likelihood.centre
        return Interval(of.value + centre, of.low + centre, of.high + centre)

    def _start(self) -> Floats:
        """Return where the fit starts: mean and spread of the ends that are known, no slopes."""
        lower, upper = self._lifetimes.lower, self._lifetimes.upper
        ends = np.where(lower > 0.0, lower, upper)
        log_time = np.log(ends) - self._likelihood.centre
        spread = max(float(np.std(log_time)), 1e-12)
        start = np.zeros(self._likelihood.parameters)
        start[0], start[-1] = float(np.mean(log_time)) / spread, 1.0 / spread
        return start


def exponential(of: Interval) -> Interval:
    """Return exp of a value and its ends; infinite where that is too large for a float."""
    return Interval(*(_exp(end) for end in (of.value, of.low, of.high)))


def inverse(of: Interval) -> Interval:
    """Return 1 / a positive value and its ends, which change places."""
    return Interval(1.0 / of.value, 1.0 / of.high, 1.0 / of.low if of.low > 0.0 else math.inf)


def _exp(value: float) -> float:
    return math.exp(value) if value < 709.0 else math.inf


def _point(at: Floats) -> Floats:
    """Return (coefficients, ln scale)."""
    return np.append(at[:-1] / at[-1], -math.log(at[-1]))
