"""The time of a replay: it runs with a clock times a speed, or stands. No Qt."""

import math
import threading
import time
from collections.abc import Callable
from typing import Protocol

from labcim.errors import RangeError

SLOWEST, FASTEST = 0.1, 100.0
AS_FAST_AS_IT_GOES = math.inf


class ReplayClock(Protocol):
    """The time by which a replay is paced."""

    def now(self) -> float:
        """Return the time in s; only differences mean anything."""

    def wait(self, changed: threading.Condition, duration: float) -> None:
        """Wait ``duration`` s, or less when ``changed`` is notified; the caller holds it."""


class RealClock:
    """The time of this computer."""

    def now(self) -> float:
        """Return the monotonic time in s."""
        return time.monotonic()

    def wait(self, changed: threading.Condition, duration: float) -> None:
        """Wait ``duration`` s, or less when ``changed`` is notified; the caller holds it."""
        changed.wait(duration)


class Playhead:
    """The time of the replay, in s at speed 1. now: returns the time of a clock, in s."""

    def __init__(self, now: Callable[[], float], speed: float) -> None:
        self.speed = checked_speed(speed)
        self._now = now
        self._base = 0.0
        self._since: float | None = None

    def now(self) -> float:
        """Return the time, in s."""
        if self._since is None or math.isinf(self.speed):
            return self._base
        return self._base + (self._now() - self._since) * self.speed

    def go(self, running: bool, at: float) -> None:
        """Run, or stand, from a time on."""
        self._base = at
        self._since = self._now() if running else None

    def wait_for(self, due: float) -> float:
        """Return how long it takes until ``due``, in s of the clock."""
        return 0.0 if math.isinf(self.speed) else max(due - self.now(), 0.0) / self.speed


def checked_speed(speed: float) -> float:
    """Return a speed that is accepted: 0.1 to 100, or inf. Raises RangeError."""
    if SLOWEST <= speed <= FASTEST or speed == AS_FAST_AS_IT_GOES:
        return speed
    raise RangeError(
        f"replay speed = {speed:g}: accepts {SLOWEST:g} to {FASTEST:g}, or inf for as fast as it "
        "goes"
    )
