"""Simulated time: it moves only when someone commands a duration, and it is kept in the state."""

import math
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from labcim.errors import RangeError


class Follower(Protocol):
    """Something on the bench that changes as time goes by, and not only when it is told to."""

    def next_stop(self, end: float) -> float:
        """Return the time in s at which it wants to act next; ``end``, where not before."""

    def arrive(self) -> None:
        """Act, now that the clock is there."""


class SimClock:
    """Seconds since the chip was made. ``cell``: where they are kept, a view of shape (1,).

    followers: those that act at times of their own on the way; none, on most benches.
    """

    def __init__(self, cell: NDArray[np.float64]) -> None:
        self.cell = cell
        self.followers: list[Follower] = []

    @property
    def now(self) -> float:
        """Return the time in s."""
        return float(self.cell[0])

    def advance(self, duration: float) -> None:
        """Let ``duration`` s pass. Raises RangeError for a negative or infinite one."""
        if not (math.isfinite(duration) and duration >= 0.0):
            raise RangeError(f"duration = {duration} s: accepts 0 s and more")
        self._reach(float(self.cell[0]) + duration)

    def advance_to(self, moment: float) -> None:
        """Let it become ``moment`` s. Raises RangeError for one that has passed, or is none."""
        if not (math.isfinite(moment) and moment >= self.now):
            raise RangeError(f"moment = {moment} s: accepts {self.now} s and more")
        self._reach(moment)

    def _reach(self, end: float) -> None:
        while self.followers:
            stops = [follower.next_stop(end) for follower in self.followers]
            if not min(stops) < end:
                break
            self.cell[0] = max(min(stops), float(self.cell[0]))
            self.followers[stops.index(min(stops))].arrive()
        self.cell[0] = end

    def catch_up(self, time: float) -> None:
        """Be at ``time`` s, unless it is later already."""
        self.cell[0] = max(self.cell[0], time)

    def follow(self, other: "SimClock") -> None:
        """Keep time where ``other`` does: whoever holds this clock reads that one."""
        self.cell = other.cell
