"""Lifetimes as they are observed: to the moment, until the test ended, or between two looks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labcim.errors import RangeError

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """When units failed, each between ``lower`` and ``upper``, shape (units,).

    Unit: s, cycles, km, ... above 0.  lower == upper: seen failing.  upper = inf: still good at
    ``lower``.  lower = 0: had failed at ``upper``.  Both in between: good at ``lower``, failed at
    ``upper``.  Raises RangeError for anything else.
    """

    lower: Floats
    upper: Floats

    def __post_init__(self) -> None:
        lower, upper = (np.array(end, dtype=np.float64) for end in (self.lower, self.upper))
        object.__setattr__(self, "lower", lower)
        object.__setattr__(self, "upper", upper)
        if lower.ndim != 1 or lower.shape != upper.shape or len(lower) == 0:
            raise RangeError(
                f"lifetimes: {lower.shape} lower and {upper.shape} upper ends: accepts the same "
                "number of both, at least one"
            )
        good = (lower >= 0.0) & (lower <= upper) & (upper > 0.0) & np.isfinite(lower)
        good &= (lower > 0.0) | np.isfinite(upper)
        if not good.all():
            bad = int(np.argmin(good))
            raise RangeError(
                f"lifetime {bad} lies between {lower[bad]:g} and {upper[bad]:g}: accepts "
                "0 <= lower <= upper, lower finite, upper above 0, and not all of time"
            )

    @classmethod
    def exact(cls, time: ArrayLike, failed: ArrayLike | None = None) -> Lifetimes:
        """Return units that were seen failing at ``time``, or were still good then.

        failed: bool, shape (units,); None: all failed.
        """
        at = np.asarray(time, dtype=np.float64)
        fell = np.ones(at.shape, dtype=bool) if failed is None else np.asarray(failed, dtype=bool)
        if fell.shape != at.shape:
            raise RangeError(f"lifetimes: {at.shape} times and {fell.shape} verdicts: must agree")
        return cls(at, np.where(fell, at, np.inf))

    @property
    def failures(self) -> int:
        """Return how many units are known to have failed."""
        return int(np.isfinite(self.upper).sum())

    def __len__(self) -> int:
        return len(self.lower)
