"""Simulated time: it moves only when someone commands a duration, and it is kept in the state."""

import math

import numpy as np
from numpy.typing import NDArray

from labcim.errors import RangeError


class SimClock:
    """Seconds since the chip was made. ``cell``: where they are kept, a view of shape (1,)."""

    def __init__(self, cell: NDArray[np.float64]) -> None:
        self._cell = cell

    @property
    def now(self) -> float:
        """Return the time in s."""
        return float(self._cell[0])

    def advance(self, duration: float) -> None:
        """Let ``duration`` s pass. Raises RangeError for a negative or infinite one."""
        if not (math.isfinite(duration) and duration >= 0.0):
            raise RangeError(f"duration = {duration} s: accepts 0 s and more")
        self._cell[0] += duration
