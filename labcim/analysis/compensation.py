"""One factor for the whole array against drift: how much of an error of products it takes away."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labcim.errors import RangeError

from .distributions import Interval

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Compensated:
    """RMS errors of products as shares of their RMS: as they are, and times one ``factor``.

    gain: how many times smaller the compensated one is.
    """

    factor: float
    plain: Interval
    compensated: Interval
    gain: Interval


def global_compensation(
    before: Floats,
    after: Floats,
    known_before: Floats,
    known_after: Floats,
    *,
    resamples: int = 1000,
    seed: int = 1,
) -> Compensated:
    """Return what one factor does for products that have drifted (Le Gallo et al., 2018).

    before, after: products of the same vectors, (vectors, outputs), then and now.  known_before,
    known_after: those of a vector that is kept for this, (outputs,): the factor is the ratio of
    their sums, so that no product that is judged takes part in it.  Intervals are 95 % bootstrap
    percentiles over the outputs, which fail together.  Raises RangeError for shapes that differ, or
    known products without a sum.
    """
    if before.shape != after.shape or before.ndim != 2 or before.size == 0:
        raise RangeError(f"products {before.shape} then and {after.shape} now: must agree")
    total, then = float(np.sum(known_after)), float(np.sum(known_before))
    if not (np.isfinite(total) and np.isfinite(then) and total != 0.0 and then != 0.0):
        raise RangeError(f"known products sum to {then:g} then and {total:g} now: accepts no zero")
    factor = then / total
    power = (before**2).mean(axis=0)
    plain = ((after - before) ** 2).mean(axis=0)
    left = ((factor * after - before) ** 2).mean(axis=0)
    outputs = before.shape[1]
    random = np.random.default_rng(seed)
    draws = np.vstack([np.arange(outputs), random.integers(0, outputs, (resamples, outputs))])
    sums = [values[draws].sum(axis=1) for values in (power, plain, left)]
    first, second = (np.sqrt(np.maximum(s, 1e-300) / sums[0]) for s in sums[1:])
    return Compensated(factor, *(_interval(v) for v in (first, second, first / second)))


def _interval(values: Floats) -> Interval:
    low, high = np.quantile(values[1:], [0.025, 0.975])
    return Interval(float(values[0]), float(low), float(high))
