"""Weibull and lognormal laws of censored lifetimes, with intervals."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labcim.analysis.distributions import Interval
from labcim.errors import RangeError

from .existence import check_order
from .laws import LOGNORMAL, WEIBULL, Law
from .lifetimes import Lifetimes
from .likelihood import Likelihood
from .maximum import Peak, maximum
from .profile import Combination, LogScale, interval

Floats = NDArray[np.float64]


class LawFit:
    """A law fitted to lifetimes by maximum likelihood. log_likelihood: of the times themselves."""

    def __init__(self, law: Law, lifetimes: Lifetimes) -> None:
        check_order(lifetimes)
        self.lifetimes = lifetimes
        self._law = law
        self._likelihood = Likelihood(law, lifetimes, np.ones((len(lifetimes), 1)))
        self._peak = fitted(self._likelihood, lifetimes)

    @property
    def log_likelihood(self) -> float:
        """Return ln L at the maximum, densities per unit of time."""
        return self._peak.value

    def quantile(self, share: float) -> Interval:
        """Return the time by which ``share`` (0 to 1, both excluded) of the units have failed."""
        return log_quantile(self._likelihood, self._peak, np.ones(1), share)

    def _log_location(self) -> Interval:
        location = Combination(np.ones(1))
        low, high = interval(self._likelihood, self._peak, location)
        centre = self._likelihood.centre
        return Interval(location.value(self._peak.at) + centre, low + centre, high + centre)

    def _spread(self) -> Interval:
        return spread(self._likelihood, self._peak)


class WeibullFit(LawFit):
    """F(t) = 1 - exp(-(t / scale)^shape)."""

    def __init__(self, lifetimes: Lifetimes) -> None:
        super().__init__(WEIBULL, lifetimes)

    @property
    def scale(self) -> Interval:
        """Return the characteristic life, by which 63.2 % have failed, in the unit of the times."""
        return exponential(self._log_location())

    @property
    def shape(self) -> Interval:
        """Return the shape: below 1 early failures, 1 chance, above 1 wear."""
        return inverse(self._spread())


class LognormalFit(LawFit):
    """ln t is normal with mean mu and standard deviation sigma."""

    def __init__(self, lifetimes: Lifetimes) -> None:
        super().__init__(LOGNORMAL, lifetimes)

    @property
    def mu(self) -> Interval:
        """Return the mean of ln t."""
        return self._log_location()

    @property
    def sigma(self) -> Interval:
        """Return the standard deviation of ln t."""
        return self._spread()

    @property
    def median(self) -> Interval:
        """Return the time by which half of the units have failed."""
        return exponential(self._log_location())


def fit_weibull(lifetimes: Lifetimes) -> WeibullFit:
    """Fit a Weibull law. Raises RangeError where the lifetimes cannot fix its two parameters."""
    return WeibullFit(lifetimes)


def fit_lognormal(lifetimes: Lifetimes) -> LognormalFit:
    """Fit a lognormal law. Raises RangeError where the lifetimes cannot fix its parameters."""
    return LognormalFit(lifetimes)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Both laws on the same lifetimes; log_ratio: ln L of Weibull less that of lognormal."""

    weibull: WeibullFit
    lognormal: LognormalFit
    log_ratio: float

    @property
    def better(self) -> str:
        """Return ``weibull`` or ``lognormal``, or neither where they are within 2 of each other.

        Both have two parameters, so that Akaike's criterion compares the likelihoods themselves; a
        factor below e² is no evidence.
        """
        if abs(self.log_ratio) < 2.0:
            return "neither"
        return "weibull" if self.log_ratio > 0.0 else "lognormal"


def compare_laws(lifetimes: Lifetimes) -> Comparison:
    """Fit both laws and compare their likelihoods. Raises RangeError as the fits do."""
    weibull, lognormal = fit_weibull(lifetimes), fit_lognormal(lifetimes)
    return Comparison(weibull, lognormal, weibull.log_likelihood - lognormal.log_likelihood)


def fitted(likelihood: Likelihood, lifetimes: Lifetimes) -> Peak:
    """Return the maximum over all parameters; location without slopes is where it starts."""
    known = np.isfinite(lifetimes.upper)
    ends = np.where(known & (lifetimes.lower > 0.0), lifetimes.lower, lifetimes.upper)
    log_time = np.log(np.where(known, ends, lifetimes.lower)) - likelihood.centre
    spread = max(float(np.std(log_time)), 1e-12)
    parameters = likelihood.parameters
    start = np.zeros(parameters)
    start[0], start[-1] = float(np.mean(log_time)) / spread, 1.0 / spread
    return maximum(likelihood, start, np.eye(parameters))


def log_quantile(likelihood: Likelihood, peak: Peak, x: Floats, share: float) -> Interval:
    """Return the time by which ``share`` of the units at ``x`` have failed."""
    if not 0.0 < share < 1.0:
        raise RangeError(f"share = {share:g}: accepts above 0 and below 1")
    quantity = Combination(x, likelihood.law.quantile(share))
    low, high = interval(likelihood, peak, quantity)
    centre = likelihood.centre
    value = quantity.value(peak.at) + centre
    return exponential(Interval(value, low + centre, high + centre))


def spread(likelihood: Likelihood, peak: Peak) -> Interval:
    """Return the scale of ln t."""
    quantity = LogScale(likelihood.parameters - 1)
    low, high = interval(likelihood, peak, quantity)
    return exponential(Interval(quantity.value(peak.at), low, high))


def exponential(of: Interval) -> Interval:
    """Return exp of a value and its ends; infinite where that is too large for a float."""
    return Interval(*(_exp(end) for end in (of.value, of.low, of.high)))


def inverse(of: Interval) -> Interval:
    """Return 1 / a positive value and its ends, which change places."""
    return Interval(1.0 / of.value, 1.0 / of.high, 1.0 / of.low if of.low > 0.0 else math.inf)


def _exp(value: float) -> float:
    return math.exp(value) if value < 709.0 else math.inf
