"""Drift of conductance, G(t) = G_0 (1 + t / onset)^-nu, in noise that is white, 1/f, or both.

1/f noise that began with the write has no white residuals: what is slower than the looks stays from
one to the next, and least squares would be far too sure of a slope. Time constants spread evenly in
ln from shorter than a reading on, all parts at zero at t = 0, have the covariance

    C(t, t') = q^2 ln((t + t') / |t - t'|)

(the integral of an Ornstein-Uhlenbeck process over ln of its time constant), which in ln t depends
on the difference only. How much of a cell's noise is white is not known: the exponent is averaged
over that share, with the restricted likelihood as weight (Patterson and Thompson, Biometrika
58:545, 1971), and its interval is that of the mixture of Student laws.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr, stdtrit

from labcim.errors import RangeError

Floats = NDArray[np.float64]
FEWEST = 4  # looks
WHITE = np.array([0.02, 0.1, 0.25, 0.5, 0.75, 0.9, 0.97, 1.0])
"""Shares of the noise that are white; what is faster than the looks is, so that 0 is not among."""
PRIOR = np.array([2.0, 2.0, 2.0, 2.0, 0.5, 0.3, 0.3, 6.0])
"""What each counts for beforehand, in cells: much for all, so that white noise does not look like
1/f, and little for nearly all. Chosen on single drawn cells, for intervals that hold in either."""
ROUNDS = 30  # in which cells that are fitted together agree on how common each share is
HALVINGS = 40


@dataclass(frozen=True, slots=True)
class Drifts:
    """Of each cell, all of shape (cells,); NaN where too little was read.

    exponent, low, high: nu and its 95 % interval.  start: S, G_0.
    """

    exponent: Floats
    low: Floats
    high: Floats
    start: Floats


def drift_exponents(conductance: Floats, time: Floats, *, onset: float = 0.0) -> Drifts:
    """Return how cells drift. conductance: S, (looks, cells), NaN for none.

    time: s since each cell was written, (looks, cells), or (looks,) for all.  onset: s of the law;
    0 is the plain power (t / 1 s)^-nu.  Raises RangeError for fewer than four looks, or times that
    are not above 0 and rising.
    """
    g = np.asarray(conductance, dtype=np.float64)
    at = np.broadcast_to(time if np.ndim(time) == 2 else np.asarray(time)[:, None], g.shape)
    middle = _middle(at)
    found = Drifts(*(np.full(g.shape[1], np.nan) for _ in range(4)))
    good = np.isfinite(g) & (g > 0.0) & np.isfinite(at) & (at > 0.0)
    patterns, which = np.unique(good, axis=1, return_inverse=True)
    for number, pattern in enumerate(patterns.T):
        cells = np.flatnonzero(which.ravel() == number)
        if pattern.sum() >= FEWEST:
            part = np.ix_(pattern, cells)
            _fit(np.log(g[part]), _regressor(at[part], onset), middle[pattern], cells, found)
    return found


def _middle(at: Floats) -> Floats:
    """Return the time of each look, the median over the cells."""
    middle = np.array([np.median(row[np.isfinite(row)]) if np.isfinite(row).any() else np.nan
                       for row in at])  # fmt: skip
    known = middle[np.isfinite(middle)]
    if len(at) < FEWEST or not (known > 0.0).all() or not (np.diff(known) > 0.0).all():
        raise RangeError(f"{len(at)} looks: accepts {FEWEST} or more, at times above 0 s that rise")
    return middle


def _regressor(at: Floats, onset: float) -> Floats:
    return np.log1p(at / onset) if onset > 0.0 else np.log(at)


def covariance(time: Floats, white: float) -> Floats:
    """Return the covariance of looks at ``time`` s with a share ``white`` of it white.

    The 1/f part is cut off a little below the closest looks and the first: what is faster is white.
    """
    fastest = 0.3 * float(min(np.diff(time).min(), time.min()))
    apart = np.abs(np.subtract.outer(time, time))
    flicker = np.log(np.add.outer(time, time) / np.maximum(apart, fastest))
    flicker /= float(np.mean(np.diag(flicker)))
    return (1.0 - white) * flicker + white * np.eye(len(time))


def _fit(y: Floats, x: Floats, time: Floats, cells: NDArray[np.intp], found: Drifts) -> None:
    """Fit ln G = a - nu x for cells with the same looks. y, x: (looks, cells)."""
    free = len(time) - 2
    slope, error, weight, level = (np.empty((len(WHITE), y.shape[1])) for _ in range(4))
    for k, white in enumerate(WHITE):
        root = np.linalg.cholesky(covariance(time, float(white)))
        one = np.linalg.solve(root, np.ones(len(time)))[:, None]
        v, w = np.linalg.solve(root, x), np.linalg.solve(root, y)
        n, sx, sy = (one**2).sum(), (one * v).sum(0), (one * w).sum(0)
        sxx, sxy = (v * v).sum(0), (v * w).sum(0)
        determinant = n * sxx - sx * sx
        slope[k] = (n * sxy - sx * sy) / determinant
        level[k] = (sy - slope[k] * sx) / n
        rest = ((w - level[k] * one - slope[k] * v) ** 2).sum(0)
        rest = np.maximum(rest, 1e-300)
        error[k] = np.sqrt(rest / free * n / determinant)
        weight[k] = (
            -np.log(np.diag(root)).sum() - 0.5 * np.log(determinant) - 0.5 * free * np.log(rest)
        )
    weight = _agreed(np.exp(weight - weight.max(axis=0)))
    mean = (weight * slope).sum(0)
    found.exponent[cells] = -mean
    found.start[cells] = np.exp((weight * level).sum(0))
    found.high[cells] = -_quantile(0.025, free, slope, error, weight)
    found.low[cells] = -_quantile(0.975, free, slope, error, weight)


def _agreed(likelihood: Floats) -> Floats:
    """Return the weight of each share for each cell, (shares, cells).

    Cells of one kind have noise of one kind: how common each share is among them is learned from
    all (expectation-maximisation of the mixture, with the prior as so many cells beside them).
    """
    common = PRIOR / PRIOR.sum()
    weight = likelihood
    for _ in range(ROUNDS if likelihood.shape[1] > 1 else 1):
        weight = common[:, None] * likelihood
        weight = weight / weight.sum(axis=0)
        common = (PRIOR + weight.sum(axis=1)) / (PRIOR.sum() + weight.shape[1])
    return weight


def _quantile(share: float, free: int, centre: Floats, scale: Floats, weight: Floats) -> Floats:
    """Return the quantile of mixtures of Student laws; all of shape (parts, cells)."""
    ends = centre + scale * float(stdtrit(free, share))
    low, high = ends.min(axis=0), ends.max(axis=0)
    for _ in range(HALVINGS):
        middle = 0.5 * (low + high)
        below = (weight * stdtr(free, (middle - centre) / scale)).sum(axis=0) < share
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return np.asarray(0.5 * (low + high))
