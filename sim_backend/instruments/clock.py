"""The clock line of the simulated bench: plain lines that read time and let it pass.

    TIME?         the simulated time in s, as a float that reads back exactly
    SLEEP 3600    lets so many seconds pass; takes no wall time
    POWER smu     turns an instrument of the bench, by its name, off and on again
    *IDN?         who answers

A line that makes no sense is answered by ``ERROR`` and why: the clock has no error queue to ask.
"""

import math
from typing import Protocol, final

from labcim.errors import RangeError

from ..chip.chip_file import InstrumentSpec
from ..chip.clock import SimClock
from ..wire.errors import ErrorQueue
from ..wire.status import StatusModel

IDENTITY = "labcim,SIMULATED CLOCK,0,1.0"


class Timed(Protocol):
    """What the clock needs of a bench."""

    clock: SimClock

    def advance(self, duration: float) -> None:
        """Let ``duration`` s pass."""

    def power_cycle(self, name: str) -> None:
        """Turn an instrument off and on again. Raises RangeError."""


@final
class Clock:
    """The clock line; a dialect of its own."""

    accepts_blocks = False
    queues_replies = True
    terminals: tuple[str, ...] = ()

    def __init__(self, bench: Timed, spec: InstrumentSpec) -> None:
        self._bench = bench
        self.name = spec.name
        self.errors = ErrorQueue()
        self.status = StatusModel(self.errors)

    def execute(self, message: bytes) -> bytes | None:
        """Carry out one line."""
        words = message.decode("ascii", "replace").split()
        match [words[0].upper(), *words[1:]] if words else []:
            case ["TIME?"]:
                return repr(self._bench.clock.now).encode()
            case ["SLEEP", text]:
                return self._sleep(text)
            case ["POWER", _]:
                return self._power(words[1])
            case ["*IDN?"]:
                return IDENTITY.encode()
            case [] | ["*CLS"] | ["*RST"]:
                return None
        return b"ERROR the clock knows TIME?, SLEEP seconds, POWER name and *IDN?"

    def _sleep(self, text: str) -> bytes | None:
        try:
            duration = float(text)
        except ValueError:
            duration = math.nan
        if not (math.isfinite(duration) and duration >= 0.0):
            return b"ERROR SLEEP accepts a number of seconds, 0 or more"
        self._bench.advance(duration)
        return None

    def _power(self, name: str) -> bytes | None:
        try:
            self._bench.power_cycle(name)
        except RangeError as trouble:
            return f"ERROR {trouble}".encode("ascii", "replace")
        return None

    def device_clear(self) -> None:
        """Do nothing: nothing is ever pending."""

    def trigger(self) -> None:
        """Do nothing."""


SIMULATED = Clock
