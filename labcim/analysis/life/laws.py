"""The two laws of lifetimes, as standard laws of the logarithm: ln t = location + scale · z.

Weibull: z has the smallest-extreme-value law, shape = 1 / scale.  Lognormal: z is normal.  Both
densities are log-concave, so that the likelihood of exact, right-, left- and interval-censored data
has one maximum at most in (location / scale, 1 / scale) (Burridge, J. R. Stat. Soc. B 43:41, 1981;
Pratt, J. Am. Stat. Assoc. 76:103, 1981): a fit cannot stop at a lesser one.
"""

import math
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.special import exprel, log_ndtr, ndtri

Floats = NDArray[np.float64]


class Terms(NamedTuple):
    """A log-likelihood of each unit with its first and second derivatives.

    With respect to the standardised lower end (a), the upper end (b), and both; shape (units,).
    """

    value: Floats
    a: Floats
    b: Floats
    aa: Floats
    ab: Floats
    bb: Floats


class Law(Protocol):
    """A standard law: its density, what is beyond z, what is between two z, and its quantiles."""

    name: str

    def density(self, z: Floats) -> tuple[Floats, Floats, Floats]:
        """Return the logarithm of the density and its first two derivatives."""

    def beyond(self, z: Floats) -> tuple[Floats, Floats, Floats]:
        """Return ln P(Z > z) and its first two derivatives."""

    def between(self, a: Floats, b: Floats) -> Terms:
        """Return ln P(a < Z < b) and its derivatives; a may be -inf."""

    def quantile(self, share: float) -> float:
        """Return the z that ``share`` of the units do not reach."""


class _ExtremeValue:
    """P(Z > z) = exp(-exp z)."""

    name = "weibull"

    def density(self, z: Floats) -> tuple[Floats, Floats, Floats]:
        power = np.exp(z)
        return z - power, 1.0 - power, -power

    def beyond(self, z: Floats) -> tuple[Floats, Floats, Floats]:
        power = -np.exp(z)
        return power, power, power

    def between(self, a: Floats, b: Floats) -> Terms:
        start, end = np.exp(a), np.exp(b)
        apart = -np.expm1(a - b)  # the distance of exp a from exp b, over exp b
        value = b + np.log(apart) + np.log(exprel(-end * apart)) - start
        slow = 1.0 / exprel(np.minimum(end * apart, 700.0))
        last, first = slow / apart, slow / np.expm1(b - a)
        return Terms(
            value,
            -start - first,
            last,
            -start - first - first * (start + first),
            first * (end + last),
            last - last * (end + last),
        )

    def quantile(self, share: float) -> float:
        return math.log(-math.log1p(-share))


class _Normal:
    """The standard normal law."""

    name = "lognormal"

    def density(self, z: Floats) -> tuple[Floats, Floats, Floats]:
        return _log_density(z), -z, np.full_like(z, -1.0)

    def beyond(self, z: Floats) -> tuple[Floats, Floats, Floats]:
        value = log_ndtr(-z)
        hazard = np.exp(_log_density(z) - value)
        return value, -hazard, -hazard * (hazard - z)

    def between(self, a: Floats, b: Floats) -> Terms:
        # Both ends go to the lower tail, where differences keep their digits.
        flip = a > 0.0
        near, far = np.where(flip, -a, b), np.where(flip, -b, a)
        top = log_ndtr(near)
        value = top + np.log1p(-np.exp(log_ndtr(far) - top))
        low, high = np.exp(_log_density(a) - value), np.exp(_log_density(b) - value)
        a = np.where(np.isfinite(a), a, 0.0)  # where low is 0
        return Terms(value, -low, high, a * low - low**2, low * high, -b * high - high**2)

    def quantile(self, share: float) -> float:
        return float(ndtri(share))


def _log_density(z: Floats) -> Floats:
    return np.asarray(-0.5 * z * z - 0.5 * math.log(2.0 * math.pi))


WEIBULL: Law = _ExtremeValue()
LOGNORMAL: Law = _Normal()
