"""What a test of lifetimes would tell in other runs: who would be followed how long, and looked at.

Told by the lifetimes themselves: looks are the ends of their intervals, and how long units would
have been followed is Kaplan and Meier's estimate with failure and end of the test changing places.
A test that ended with a failure is taken as one that was to end with so many, whenever that is.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .laws import Law
from .lifetimes import Lifetimes

Floats = NDArray[np.float64]

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(48)
_FURTHER = 60
_RARE = 1e-9  # of the units: times that fewer reach, or fail to reach, are left out


@dataclass(frozen=True, slots=True)
class _Group:
    """Units under one condition: ``count`` of them are followed to each ``log_end``.

    by_count: the test ends with a number of failures; ``log_end`` is in scales from the location.
    """

    x: Floats
    looked_at: bool
    log_end: Floats
    count: Floats
    by_count: bool = False


class FollowUp:
    """The plan of a test, and the Fisher information that it gives on average."""

    def __init__(self, law: Law, lifetimes: Lifetimes, x: Floats, centre: float) -> None:
        self._law, self._centre = law, centre
        self._groups = []
        conditions, which = np.unique(x, axis=0, return_inverse=True)
        for i, condition in enumerate(conditions):
            here = np.ravel(which) == i
            lower, upper = lifetimes.lower[here], lifetimes.upper[here]
            if _ended_by_failure(lower, upper):
                self._groups.append(_up_to_failure(law, condition, lower, upper))
            else:
                self._groups.append(_group(condition, lower, upper))

    def information(self, coefficients: Floats, log_scale: float) -> Floats:
        """Return the information on (coefficients, ln scale)."""
        scale = math.exp(log_scale)
        size = len(coefficients) + 1
        total = np.zeros((size, size))
        for group in self._groups:
            z = group.log_end
            if not group.by_count:
                z = (z - self._centre - float(group.x @ coefficients)) / scale
            way = _by_looks if group.looked_at else _by_watching
            across = np.zeros((2, size))
            across[0, :-1], across[1, -1] = group.x / scale, 1.0
            total += across.T @ way(self._law, z, group.count) @ across
        return total


def _ended_by_failure(lower: Floats, upper: Floats) -> bool:
    """Say whether all that still live were last seen at the moment of the last failure."""
    living = ~np.isfinite(upper)
    moments = lower[~living]
    if not living.any() or len(moments) == 0 or (moments < upper[~living]).any():
        return False
    return bool((lower[living] == moments.max()).all())


def _up_to_failure(law: Law, x: Floats, lower: Floats, upper: Floats) -> _Group:
    """Return a test that ends with as many failures as there were.

    The end moves with the law, so that location and scale stay pivots (Lawless, Statistical Models
    and Methods for Lifetime Data, 2003, 5.1.2): the flat prior is exact, as without censoring.
    """
    share = float(np.isfinite(upper).mean())
    end = np.array([law.quantile(share)])
    return _Group(x, False, end, np.array([float(len(lower))]), by_count=True)


def _group(x: Floats, lower: Floats, upper: Floats) -> _Group:
    right = ~np.isfinite(upper)
    end, share, never = _followed(np.where(right, lower, upper), right)
    count = len(lower)
    if not (~right & (lower < upper)).any():
        ends = np.append(np.log(end), math.inf)
        return _Group(x, False, ends, count * np.append(share, never))
    looks = np.unique(np.concatenate([lower[lower > 0.0], upper[~right]]))
    followed = np.zeros(len(looks))
    np.add.at(followed, np.searchsorted(looks, end), share)
    log_look = np.log(looks)
    if never > 0.0:  # who outlived the last look would have been looked at on the same schedule
        gap = float(log_look[-1] - log_look[0]) / (len(looks) - 1) if len(looks) > 1 else 1.0
        log_look = np.append(log_look, log_look[-1] + gap * np.arange(1, _FURTHER + 1))
        followed = np.append(followed, np.zeros(_FURTHER))
        followed[-1] = never
    return _Group(x, True, log_look, count * followed)


def _followed(end: Floats, still: NDArray[np.bool_]) -> tuple[Floats, Floats, float]:
    """Return until when units are followed, the share of each such end, and that of no end."""
    times, place = np.unique(end, return_inverse=True)
    place = np.ravel(place)
    left = np.bincount(place, weights=still, minlength=len(times))
    died = np.bincount(place, weights=~still, minlength=len(times))
    at_risk = len(end) - np.concatenate([[0.0], np.cumsum(left + died)[:-1]]) - died
    stay = 1.0 - left / np.maximum(at_risk, 1.0)
    before = np.concatenate([[1.0], np.cumprod(stay)])
    return times[left > 0.0], (before[:-1] - before[1:])[left > 0.0], float(before[-1])


def _by_watching(law: Law, z: Floats, count: Floats) -> Floats:
    """Return the information on location (in units of the scale) and ln scale of units watched.

    It is the mean square slope of the logarithm of the hazard up to the end of the watch (Efron
    and Johnstone, Ann. Stat. 18:38, 1990).
    """
    first, last = law.quantile(_RARE), law.quantile(1.0 - _RARE)
    length = np.maximum(np.minimum(z, last) - first, 0.0)
    at = first + length[:, None] * (0.5 * (_NODES + 1.0))
    log_density, *_ = law.density(at)
    _, hazard, bend = law.beyond(at)
    weight = np.exp(log_density) * (0.5 * _WEIGHTS) * length[:, None] * count[:, None]
    place = bend / hazard
    slopes = np.stack([place, 1.0 + at * place])
    return np.asarray(np.einsum("inm,jnm,nm->ij", slopes, slopes, weight))


def _by_looks(law: Law, z: Floats, count: Floats) -> Floats:
    """Return the same for units looked at, followed up to each of the looks."""
    z = np.clip(z, law.quantile(1e-200), law.quantile(1.0 - _RARE))
    log_density, *_ = law.density(z)
    living, *_ = law.beyond(z)
    density, living = np.exp(log_density), np.exp(living)
    change = np.stack([density, z * density])
    between = np.diff(change, axis=1, prepend=0.0)
    share = -np.diff(living, prepend=1.0)
    followed = np.cumsum(count[::-1])[::-1]
    weight = np.where(share > 1e-14, followed / np.maximum(share, 1e-14), 0.0)
    after = count / np.maximum(living, _RARE)
    return np.asarray((between * weight) @ between.T + (change * after) @ change.T)
