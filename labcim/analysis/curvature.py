"""How well a likelihood fixes its parameters: Newton's last steps, and the covariance there."""

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from .distributions import Interval

Floats = NDArray[np.float64]
Likelihood = Callable[[Floats], float]

_STEPS = 4  # of Newton, at most


def polish(likely: Likelihood, start: Floats) -> tuple[Floats, Floats]:
    """Return the maximum of a log-likelihood near ``start``, and the covariance there.

    start: shape (parameters,), each of the order of 1.  The covariance is the inverse of the
    observed information (Efron and Hinkley, Biometrika 65:457, 1978), by central differences; NaN
    where the likelihood is no hill there.
    """
    at, best = np.array(start, np.float64), likely(start)
    for _ in range(_STEPS):
        slope, bend = _derivatives(likely, at, best)
        if not _is_hill(bend):
            return at, np.full(bend.shape, np.nan)
        step = np.linalg.solve(-bend, slope)
        after = likely(at + step)
        if not after > best:
            break
        gain, at, best = after - best, at + step, after
        if gain < 1e-4:
            break
    _, bend = _derivatives(likely, at, best)
    if not _is_hill(bend):
        return at, np.full(bend.shape, np.nan)
    return at, np.asarray(np.linalg.inv(-bend))


def exponential_interval(logarithm: float, variance: float, unit: float = 1.0) -> Interval:
    """Return exp(logarithm) times ``unit`` with its 95 % interval, normal in the logarithm."""
    half = 1.959964 * math.sqrt(variance) if variance >= 0.0 else math.nan
    low, high = (_power(logarithm + sign * half) * unit for sign in (-1.0, 1.0))
    return Interval(_power(logarithm) * unit, low, high)


def normal_interval(value: float, variance: float, unit: float = 1.0) -> Interval:
    """Return ``value`` times ``unit`` with its 95 % interval."""
    half = 1.959964 * math.sqrt(variance) if variance >= 0.0 else math.nan
    return Interval(*(float(x * unit) for x in (value, value - half, value + half)))


def _power(x: float) -> float:
    return math.exp(min(x, 700.0)) if math.isfinite(x) else math.nan


def _is_hill(bend: Floats) -> bool:
    return bool(np.isfinite(bend).all() and (np.linalg.eigvalsh(bend) < 0.0).all())


def _derivatives(likely: Likelihood, at: Floats, best: float) -> tuple[Floats, Floats]:
    """Return gradient and second derivatives, by steps of half a standard error."""
    n = len(at)
    size = np.full(n, 1e-2)
    sides = np.empty((n, 2))
    for _ in range(2):  # the first look says how far a standard error is
        for i in range(n):
            sides[i] = [likely(at + sign * size * (np.arange(n) == i)) for sign in (1.0, -1.0)]
        bend = (sides.sum(axis=1) - 2.0 * best) / size**2
        known = np.where(bend < 0.0, bend, -1.0 / size**2)
        used = size.copy()
        size = np.clip(0.5 / np.sqrt(-known), 1e-4, 0.2)
    slope = (sides[:, 0] - sides[:, 1]) / (2.0 * used)
    second = np.diag(bend)
    for i in range(n):
        for j in range(i):
            corner = 0.0
            for one, other in ((1, 1), (1, -1), (-1, 1), (-1, -1)):
                step = used * (one * (np.arange(n) == i) + other * (np.arange(n) == j))
                corner += one * other * likely(at + step)
            second[i, j] = second[j, i] = corner / (4.0 * used[i] * used[j])
    return slope, second
