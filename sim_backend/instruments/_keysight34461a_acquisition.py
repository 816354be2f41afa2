"""Trigger model and reading memory of a simulated 34461A.

INITiate starts and returns: readings are made while time passes, by whoever lets it pass. Memory
holds the newest 10,000 readings; what is overwritten sets bit 14 of the questionable data register.
"""

import math
from collections import deque
from collections.abc import Callable
from typing import Final, Literal, Protocol

from ..chip.clock import SimClock
from ..wire.errors import ScpiError
from ..wire.status import StatusModel
from ._keysight34461a_settings import MEMORY, Settings

MEASURING, WAITING, CONFIGURED, THRESHOLD = 4, 5, 8, 9
_OVERFLOW: Final = 14


class Passing(Protocol):
    """What lets time pass."""

    clock: SimClock

    def advance(self, duration: float) -> None:
        """Let time pass."""


class Acquisition:
    """Idle, waiting for a trigger, or measuring. take: makes one reading, at the present time."""

    def __init__(self, status: StatusModel, time: Passing, take: Callable[[], float]) -> None:
        self._status = status
        self._time = time
        self._take = take
        self.readings: deque[float] = deque(maxlen=MEMORY)
        self.state: Literal["idle", "waiting", "measuring"] = "idle"
        self.last: float | None = None
        self._triggers = 0.0
        self._samples = 0
        self._due = math.inf
        self._period = 0.0
        self._settings = Settings()
        self._seen: set[int] = set()
        self._asked: dict[str, float] = {}

    # -- commands ----------------------------------------------------------------------------

    def initiate(self, settings: Settings) -> None:
        """Wait for triggers; -213 where it does already."""
        if self.state != "idle":
            raise ScpiError(-213)
        self.forget()
        self._seen.clear()
        self._status.operation.set_bit(CONFIGURED, False)
        self._settings = settings
        self._triggers = settings.trigger.count
        self._enter("waiting")
        if settings.trigger.source == "IMM":
            self.fire()

    def fire(self) -> None:
        """Take a trigger; -211 where none is waited for."""
        if self.state != "waiting":
            raise ScpiError(-211)
        self._samples = self._settings.trigger.samples
        self._period = self._settings.delay + self._settings.sampling
        self._due = self._time.clock.now + self._period
        self._enter("measuring")

    def abort(self) -> None:
        """Go idle; readings stay."""
        self.catch_up()
        self._enter("idle")

    def forget(self) -> None:
        """Go idle and empty the memory."""
        self._enter("idle")
        self.readings.clear()
        self._status.questionable.set_bit(_OVERFLOW, False)
        self._reach_threshold()

    def wait_for(self, count: float) -> None:
        """Let time pass until so many readings are there, or all; -214 where none would come."""
        if math.isinf(count):
            self._finish_triggered()
        while self.state == "measuring" and len(self.readings) < min(count, MEMORY):
            self._pass(self._due - self._time.clock.now)
        if self.state == "waiting" and len(self.readings) < count:
            raise ScpiError(-214)

    def finish(self) -> None:
        """Let time pass until no reading is under way; -214 where that never ends."""
        self._finish_triggered()

    def _finish_triggered(self) -> None:
        """Let all readings be made that come without another trigger."""
        if self.state == "measuring" and math.isinf(self._left()):
            raise ScpiError(-214)
        while self.state == "measuring":
            # At once, so that readings which no memory would hold need not be made.
            last = self._due + (self._left() - 1.0) * self._period
            self._pass(last - self._time.clock.now)

    def _pass(self, duration: float) -> None:
        self._time.advance(max(duration, 0.0))
        self.catch_up()

    def catch_up(self) -> None:
        """Store the reading whose integration ends just now."""
        while self.state == "measuring" and self._due <= self._time.clock.now:
            self.arrive()

    def ask(self, what: str) -> None:
        """Let the next reading come for who asks the same again while no time has passed.

        Only commands let time pass: a program that polls until it is done would poll for ever.
        """
        if self.state == "measuring" and self._asked.get(what) == self._time.clock.now:
            self._pass(self._due - self._time.clock.now)
        self._asked[what] = self._time.clock.now

    def remove(self, count: int) -> list[float]:
        """Take the oldest readings out."""
        taken = [self.readings.popleft() for _ in range(min(count, len(self.readings)))]
        self._reach_threshold()
        return taken

    def overloaded(self, bit: int) -> None:
        """Set an event of the questionable data register, once for each INITiate."""
        if bit not in self._seen:
            self._seen.add(bit)
            self._status.questionable.pulse(bit)

    # -- as a follower of the clock --------------------------------------------------------------

    def next_stop(self, end: float) -> float:
        """Return when the next reading is complete; readings that no memory holds are left out."""
        if self.state != "measuring":
            return end
        self._leave_out(end)
        return self._due

    def arrive(self) -> None:
        """Store a reading, now that its integration is over."""
        self._samples -= 1
        self._due += self._period
        if not self._samples:
            self._triggers -= 1.0
            if self._triggers <= 0.0:
                self._enter("idle")
            elif self._settings.trigger.source == "IMM":
                self._samples = self._settings.trigger.samples
            else:
                self._enter("waiting")
        self._store(self._take())

    # -- helpers -----------------------------------------------------------------------------

    def _left(self) -> float:
        """Return how many readings come without another trigger."""
        if self._settings.trigger.source != "IMM":
            return self._samples
        return self._samples + (self._triggers - 1.0) * self._settings.trigger.samples

    def _leave_out(self, end: float) -> None:
        if end <= self._due + MEMORY * self._period:
            return
        coming = min(math.ceil((end - self._due) / self._period), self._left())
        skipped = int(coming) - MEMORY
        if skipped <= 0:
            return
        self._due += skipped * self._period
        self._status.questionable.set_bit(_OVERFLOW, True)
        bursts, rest = divmod(skipped, self._settings.trigger.samples)
        self._triggers -= bursts
        self._samples -= rest
        if self._samples <= 0:
            self._samples += self._settings.trigger.samples
            self._triggers -= 1.0

    def _store(self, value: float) -> None:
        if len(self.readings) == MEMORY:
            self._status.questionable.set_bit(_OVERFLOW, True)
        self.readings.append(value)
        self.last = value
        self._reach_threshold()

    def _reach_threshold(self) -> None:
        reached = len(self.readings) >= self._settings.threshold
        self._status.operation.set_bit(THRESHOLD, reached)

    def _enter(self, state: Literal["idle", "waiting", "measuring"]) -> None:
        if state == self.state:
            return
        followers = self._time.clock.followers
        if state == "measuring" and self not in followers:
            followers.append(self)
        elif state != "measuring" and self in followers:
            followers.remove(self)
        self.state = state
        self._status.operation.set_bit(WAITING, state == "waiting")
        self._status.operation.set_bit(MEASURING, state != "idle")
