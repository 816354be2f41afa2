"""Weibull and lognormal laws of censored lifetimes, with intervals."""

from dataclasses import dataclass

import numpy as np

from labcim.analysis.distributions import Interval

from .estimate import Estimate, exponential, inverse
from .existence import check_order
from .laws import LOGNORMAL, WEIBULL, Law
from .lifetimes import Lifetimes


class LawFit:
    """A law fitted to lifetimes under one condition by maximum likelihood."""

    def __init__(self, law: Law, lifetimes: Lifetimes) -> None:
        check_order(lifetimes)
        self.lifetimes = lifetimes
        self._estimate = Estimate(law, lifetimes, np.ones((len(lifetimes), 1)))

    @property
    def log_likelihood(self) -> float:
        """Return ln L at the maximum, densities per unit of time."""
        return self._estimate.log_likelihood

    def quantile(self, share: float) -> Interval:
        """Return the time by which ``share`` (0 to 1, both excluded) of the units have failed."""
        return self._estimate.quantile(np.ones(1), share)


class WeibullFit(LawFit):
    """F(t) = 1 - exp(-(t / scale)^shape)."""

    def __init__(self, lifetimes: Lifetimes) -> None:
        super().__init__(WEIBULL, lifetimes)

    @property
    def scale(self) -> Interval:
        """Return the characteristic life, by which 63.2 % have failed, in the unit of the times."""
        return exponential(self._estimate.location())

    @property
    def shape(self) -> Interval:
        """Return the shape: below 1 early failures, 1 chance, above 1 wear."""
        return inverse(self._estimate.scale())


class LognormalFit(LawFit):
    """ln t is normal with mean mu and standard deviation sigma."""

    def __init__(self, lifetimes: Lifetimes) -> None:
        super().__init__(LOGNORMAL, lifetimes)

    @property
    def mu(self) -> Interval:
        """Return the mean of ln t."""
        return self._estimate.location()

    @property
    def sigma(self) -> Interval:
        """Return the standard deviation of ln t."""
        return self._estimate.scale()

    @property
    def median(self) -> Interval:
        """Return the time by which half of the units have failed."""
        return exponential(self._estimate.location())


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
