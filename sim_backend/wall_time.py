"""Lets a simulated bench follow the wall clock, for clients that know nothing of a clock line."""

import threading
import time
from types import TracebackType
from typing import Protocol

from .chip.clock import SimClock
from .wire.fair_lock import FairLock

_TICK = 0.01  # s


class Timed(Protocol):
    """What is needed of a bench."""

    clock: SimClock
    lock: FairLock

    def advance(self, duration: float) -> None:
        """Let ``duration`` s pass."""


class WallTime:
    """Never lets the bench's time fall behind the wall clock; use it as a context.

    Commanded durations (a pulse train, a slow reading) may run ahead: then it waits for the wall.
    """

    def __init__(self, bench: Timed) -> None:
        self._bench = bench
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._follow, daemon=True, name="wall-time")

    def __enter__(self) -> "WallTime":
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ended.set()
        self._thread.join()

    def _follow(self) -> None:
        began, bench_began = time.monotonic(), self._bench.clock.now
        while not self._ended.wait(_TICK):
            with self._bench.lock:
                behind = (time.monotonic() - began) - (self._bench.clock.now - bench_began)
                if behind > 0.0:
                    self._bench.advance(behind)
