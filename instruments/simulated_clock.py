"""The time of a simulated bench, over its own line: `TIME?` and `SLEEP x`, in seconds.

Only commanded durations move simulated time; a sleep here is one of them and takes no wall time.
"""

import math
from typing import ClassVar, final

from labcim.errors import RangeError, TransportError
from labcim.instrument import Instrument, SafePhase
from labcim.units import Second, show


@final
class SimulatedClock(Instrument):
    """A `labcim.clock.Clock` whose time is that of the simulated chip."""

    identified_by: ClassVar[str] = "SIMULATED CLOCK"
    terminals: ClassVar[tuple[str, ...]] = ()

    def now(self) -> Second:
        """Return the bench time in s. Harmless, so it also works on a stopped bench."""
        answer = self.transport.query("TIME?")
        try:
            return float(answer)
        except ValueError as trouble:
            raise TransportError(
                f"{self.transport.address}: TIME? answered {answer[:80]!r}, no time in s"
            ) from trouble

    def sleep(self, duration: Second) -> None:
        """Let ``duration`` s of bench time pass; it has passed when this returns.

        Raises RangeError for a negative or infinite duration, AbortedError on a stopped bench.
        """
        if not (math.isfinite(duration) and duration >= 0.0):
            raise RangeError(
                f"clock sleep = {show(duration, 's')}: accepts 0 s and more; nothing was sent"
            )
        self._stop_if_latched()
        self.transport.write(f"SLEEP {float(duration)!r}")
        self.now()  # the answer proves that the sleep is over, on every road

    def initialise(self) -> None:
        """Do nothing: the time of a chip goes on from where it was left."""

    def safe(self, phase: SafePhase) -> None:
        """Do nothing: a clock drives no line."""
