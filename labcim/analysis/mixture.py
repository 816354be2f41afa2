"""How many levels a quantity dwells on: mixtures of normal distributions, chosen by BIC."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labcim.errors import RangeError

Floats = NDArray[np.float64]

_PATIENCE = 500  # iterations
_NEEDED = 10.0  # of the criterion, for one level more: "very strong" of Kass and Raftery, 1995


@dataclass(frozen=True, slots=True)
class Mixture:
    """Levels in the unit of the values, lowest first, their shares, and the sigma of each."""

    levels: Floats
    shares: Floats
    sigma: float
    criterion: float


def count_levels(values: Floats, *, most: int = 4) -> Mixture:
    """Return the mixture of up to ``most`` levels that Schwarz's criterion prefers.

    values: shape (n,), n at least 8; NaN is left out.  All levels have one sigma.  It sees levels
    that stand about two sigma apart; what time says of nearer ones, see `telegraph`.
    """
    known = values[np.isfinite(values)]
    if len(known) < 8 or not 1 <= most <= len(known) or np.ptp(known) == 0.0:
        raise RangeError(
            f"{len(known)} values, {most} levels: accepts 8 values that are not all the same"
        )
    mean, unit = float(known.mean()), float(known.std())
    scaled = (known - mean) / unit
    best = _fit(scaled, 1)
    for levels in range(2, most + 1):
        rival = _fit(scaled, levels)
        if rival.criterion < best.criterion - _NEEDED:
            best = rival
    return Mixture(mean + unit * best.levels, best.shares, unit * best.sigma, best.criterion)


def _fit(scaled: Floats, count: int) -> Mixture:
    """Return the more likely of the mixtures found from equal shares and from equal distances."""
    places = (np.arange(count) + 0.5) / count
    low, high = np.quantile(scaled, [0.01, 0.99])
    starts = (np.quantile(scaled, places), low + (high - low) * places)
    return min((_from(scaled, start) for start in starts), key=lambda found: found.criterion)


def _from(scaled: Floats, levels: Floats) -> Mixture:
    """Return what expectation and maximisation make of these levels."""
    count = len(levels)
    shares, sigma = np.full(count, 1.0 / count), max(1.0 / count, 0.05)
    before = -math.inf
    for _ in range(_PATIENCE):
        exponent = -0.5 * ((scaled - levels[:, None]) / sigma) ** 2 + np.log(shares)[:, None]
        top = exponent.max(axis=0)
        belongs = np.exp(exponent - top)
        total = belongs.sum(axis=0)
        likely = float(np.sum(top + np.log(total))) - len(scaled) * math.log(sigma)
        belongs /= total
        weight = belongs.sum(axis=1) + 1e-12
        levels = belongs @ scaled / weight
        off = float(np.sum(belongs * (scaled - levels[:, None]) ** 2))
        sigma, shares = max(math.sqrt(off / len(scaled)), 1e-4), weight / weight.sum()
        if likely - before < 1e-6 * len(scaled):
            break
        before = likely
    likely -= 0.5 * len(scaled) * math.log(2.0 * math.pi)
    order = np.argsort(levels)
    criterion = 2.0 * count * math.log(len(scaled)) - 2.0 * likely
    return Mixture(levels[order], shares[order], sigma, criterion)
