"""Lifetimes at several temperatures: one law, accelerated by Arrhenius' factor.

ln(scale) = constant + E_a / kT with a common shape, in one likelihood (Meeker and Escobar,
Statistical Methods for Reliability Data, 1998): a regression through separately fitted points would
weigh a temperature with two failures like one with fifty, and know no censoring.
"""

from collections.abc import Mapping

import numpy as np

from labcim.analysis.distributions import Interval
from labcim.errors import RangeError

from .estimate import Estimate, inverse
from .existence import check_maximum
from .laws import LOGNORMAL, WEIBULL
from .lifetimes import Lifetimes
from .likelihood import Likelihood

BOLTZMANN = 8.617333e-5
"""eV/K (CODATA)."""
FEWEST_TEMPERATURES = 3
_LAWS = {law.name: law for law in (WEIBULL, LOGNORMAL)}


class ArrheniusFit:
    """The joint fit of ``fit_arrhenius``."""

    def __init__(self, groups: Mapping[float, Lifetimes], law: str) -> None:
        if law not in _LAWS:
            raise RangeError(f"law = {law!r}: accepts {', '.join(sorted(_LAWS))}")
        temperatures = sorted(groups)
        _check(temperatures, groups)
        parts = [groups[kelvin] for kelvin in temperatures]
        pooled = Lifetimes(
            np.concatenate([part.lower for part in parts]),
            np.concatenate([part.upper for part in parts]),
        )
        counts = [len(part) for part in parts]
        heat = np.repeat([_inverse_energy(kelvin) for kelvin in temperatures], counts)
        self.temperatures = tuple(temperatures)
        self.failures = {kelvin: groups[kelvin].failures for kelvin in temperatures}
        self._reference = float(np.mean(heat))
        x = np.column_stack([np.ones(len(heat)), heat - self._reference])
        if not _is_plain(groups):
            check_maximum(Likelihood(_LAWS[law], pooled, x))
        self._estimate = Estimate(_LAWS[law], pooled, x)

    @property
    def law(self) -> str:
        """Return ``weibull`` or ``lognormal``."""
        return self._estimate.law.name

    @property
    def log_likelihood(self) -> float:
        """Return ln L at the maximum, densities per unit of time."""
        return self._estimate.log_likelihood

    @property
    def activation_energy(self) -> Interval:
        """Return E_a in eV."""
        return self._estimate.coefficient(1)

    @property
    def sigma(self) -> Interval:
        """Return the common scale of ln t; of a lognormal law its standard deviation."""
        return self._estimate.scale()

    @property
    def shape(self) -> Interval:
        """Return the common shape of a Weibull law, 1 / sigma."""
        return inverse(self.sigma)

    def quantile(self, share: float, temperature: float) -> Interval:
        """Return the time by which ``share`` of the units have failed at ``temperature`` K.

        Far from the tested temperatures the interval says how little is known, as long as the same
        mechanism holds there, which no fit can say.
        """
        x = np.array([1.0, _inverse_energy(temperature) - self._reference])
        return self._estimate.quantile(x, share)


def fit_arrhenius(groups: Mapping[float, Lifetimes], *, law: str = "lognormal") -> ArrheniusFit:
    """Fit one law to lifetimes at several temperatures.

    groups: lifetimes by temperature in K; one at which no unit failed within the test still says
    something.  law: ``lognormal`` or ``weibull``.  Raises RangeError for fewer than three
    temperatures (through two points goes every line, so that nothing would tell a wrong law from a
    right one), or where the data cannot fix the parameters.
    """
    return ArrheniusFit(groups, law)


def _inverse_energy(kelvin: float) -> float:
    """Return 1 / kT in 1/eV."""
    if not (np.isfinite(kelvin) and kelvin > 0.0):
        raise RangeError(f"temperature = {kelvin:g} K: accepts above 0")
    return 1.0 / (BOLTZMANN * kelvin)


def _check(temperatures: list[float], groups: Mapping[float, Lifetimes]) -> None:
    if len(temperatures) < FEWEST_TEMPERATURES:
        raise RangeError(
            f"lifetimes at {len(temperatures)} temperatures: an activation energy needs "
            f"{FEWEST_TEMPERATURES} or more"
        )
    failing = sum(groups[kelvin].failures > 0 for kelvin in temperatures)
    if failing < 2:
        raise RangeError(
            f"failures at {failing} of {len(temperatures)} temperatures: an activation energy "
            "needs them at two or more"
        )


def _is_plain(groups: Mapping[float, Lifetimes]) -> bool:
    """Say whether it is clear without more ado that the data fix slope and spread.

    At two temperatures the location is bound on both sides; at one of them so is the spread.
    """
    bound = ordered = 0
    for group in groups.values():
        right, left = ~np.isfinite(group.upper), group.lower == 0.0
        bound += bool((~right & ~left).any() or (right.any() and left.any()))
        ordered += bool(group.lower.max() > group.upper.min())
    return bound >= 2 and ordered >= 1
