"""Time as a capability: a bench waits, a simulated bench moves on."""

import threading
import time
from typing import Protocol, runtime_checkable

from .errors import AbortedError


@runtime_checkable
class Clock(Protocol):
    """The bench's time."""

    def now(self) -> float:
        """Return the bench time in s; only differences mean anything."""

    def sleep(self, duration: float) -> None:
        """Let ``duration`` s of bench time pass. Raises AbortedError when told to end meanwhile."""


class WallClock:
    """Real time; a sleep ends at once when ``interrupt`` is set."""

    def __init__(self, interrupt: threading.Event | None = None) -> None:
        self._interrupt = interrupt or threading.Event()

    def now(self) -> float:
        """Return the monotonic time in s."""
        return time.monotonic()

    def sleep(self, duration: float) -> None:
        """Wait ``duration`` s. Raises AbortedError if the interrupt is set before or meanwhile."""
        if self._interrupt.wait(max(duration, 0.0)):
            raise AbortedError("the wait was ended from outside")


class ReplayClock:
    """The time of a recording played again: what is waited for has passed at once."""

    def __init__(self) -> None:
        self._now = 0.0

    def now(self) -> float:
        """Return how long was waited in all, in s."""
        return self._now

    def sleep(self, duration: float) -> None:
        """Let ``duration`` s have passed."""
        self._now += max(duration, 0.0)
