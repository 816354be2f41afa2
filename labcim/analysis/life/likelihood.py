"""The likelihood of censored lifetimes on which a law's location depends linearly.

ln t = x · coefficients + scale · z.  Fits move in (coefficients / scale, 1 / scale), called ``at``
here, in which the logarithm of the likelihood is concave (see ``laws``).
"""

import math

import numpy as np
from numpy.typing import NDArray

from .laws import Law
from .lifetimes import Lifetimes

Floats = NDArray[np.float64]

_NARROW = 1e-6
"""Relative width below which an interval is a moment: the difference is in the tenth digit."""


class Likelihood:
    """ln L and its derivatives for given data; equal units are counted, not repeated.

    x: shape (units, coefficients), the first of which belongs to a column of ones.  law: of the
    standardised logarithm.  ``centre`` is taken off every ln t, so that digits are kept.
    """

    def __init__(self, law: Law, lifetimes: Lifetimes, x: Floats) -> None:
        self.law = law
        self.parameters = x.shape[1] + 1
        rows = np.column_stack([lifetimes.lower, lifetimes.upper, x])
        rows, count = np.unique(rows, axis=0, return_counts=True)
        lower, upper, x = rows[:, 0], rows[:, 1], rows[:, 2:]
        weight = count.astype(np.float64)
        narrow = (upper - lower) <= _NARROW * lower
        right = ~np.isfinite(upper)
        between = ~narrow & ~right
        with np.errstate(divide="ignore"):
            start, end = np.log(lower), np.log(upper)
        known = np.concatenate([start[lower > 0.0], end[~right]])
        self.centre = float(known.mean())
        apart = upper[narrow] / lower[narrow] - 1.0  # of a moment: the density of t itself
        size = np.where(apart > 0.0, np.log(np.maximum(apart, 1e-300)), -start[narrow])
        self._constant = float(weight[narrow] @ size)
        start, end = start - self.centre, end - self.centre
        left = between & (lower == 0.0)
        middle = 0.5 * (start[narrow] + end[narrow])
        self._moments = _Part(x[narrow], middle, weight[narrow])
        self._failed = float(weight[narrow].sum())
        self._good = _Part(x[right], start[right], weight[right])
        self._start = _Part(x[between], np.where(left, 0.0, start)[between], weight[between])
        self._end = _Part(x[between], end[between], weight[between])
        self._left = left[between]
        parts = (self._moments, self._good, self._start, self._end)
        self._all_rows = np.vstack([part.rows for part in parts])

    @property
    def rows(self) -> tuple[Floats, Floats, Floats, Floats, NDArray[np.bool_]]:
        """Return z over the parameters for moments, right-censored units, and both ends of others.

        The last tells which of these others have no lower end.
        """
        parts = (self._moments, self._good, self._start, self._end)
        return *(part.rows for part in parts), self._left

    def value(self, at: Floats) -> float:
        """Return ln L; -inf where the scale is not positive, or too far out."""
        with np.errstate(all="ignore"):
            return self.derivatives(at)[0]

    def reach(self, at: Floats) -> float:
        """Return the largest |z| of all ends for given parameters, or for a change of them."""
        return float(np.abs(self._all_rows @ at).max())

    def derivatives(self, at: Floats) -> tuple[float, Floats, Floats]:
        """Return ln L, its gradient (parameters,), and its Hessian.

        Far out numbers overflow, which numpy says unless it is told not to.
        """
        gradient, hessian = np.zeros(len(at)), np.zeros((len(at), len(at)))
        if not at[-1] > 0.0:
            return -math.inf, gradient, hessian
        total = self._constant
        for part, law in ((self._moments, self.law.density), (self._good, self.law.beyond)):
            if len(part.weight):
                value, first, second = law(part.rows @ at)
                total += float(part.weight @ value)
                gradient += part.rows.T @ (part.weight * first)
                hessian += part.square(part.weight * second, part)
        if len(self._end.weight):
            total += self._between(at, gradient, hessian)
        failed = self._failed
        total += failed * math.log(at[-1])
        gradient[-1] += failed / at[-1]
        hessian[-1, -1] -= failed / at[-1] ** 2
        return (total if math.isfinite(total) else -math.inf), gradient, hessian

    def _between(self, at: Floats, gradient: Floats, hessian: Floats) -> float:
        """Add what the intervals contribute; return their ln L."""
        start, end = self._start, self._end
        weight = start.weight
        z = np.where(self._left, -np.inf, start.rows @ at)
        terms = self.law.between(z, end.rows @ at)
        gradient += start.rows.T @ (weight * terms.a) + end.rows.T @ (weight * terms.b)
        cross = start.square(weight * terms.ab, end)
        hessian += start.square(weight * terms.aa, start) + end.square(weight * terms.bb, end)
        hessian += cross + cross.T
        return float(weight @ terms.value)


class _Part:
    """Units of one kind: z = rows · at, with rows (-x, ln t); and how many there are of each."""

    def __init__(self, x: Floats, log_time: Floats, weight: Floats) -> None:
        self.rows = np.column_stack([-x, log_time])
        self.weight = weight

    def square(self, weight: Floats, other: "_Part") -> Floats:
        """Return the sum over units of weight · rows · other's rows transposed."""
        return np.asarray(self.rows.T @ (weight[:, None] * other.rows))
