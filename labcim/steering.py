"""How a run is told from outside to pause, go on, stop, or end now."""

import threading
from typing import Literal

from .errors import AbortedError

Verb = Literal["pause", "continue", "stop", "abort", "estop", "release"]


class Steering:
    """Thread-safe wishes of people, looked at by the runner between steps.

    ``latch`` stops every further message to an instrument; only the way to safety passes it. An
    abort sets it until the run has ended; an emergency stop until it is released.
    """

    def __init__(self) -> None:
        self.latch = threading.Event()
        self._changed = threading.Condition()
        self._paused = False
        self._stop = False
        self._abort = False
        self._estop = False
        self._alarms = 0
        self._reason = ""

    def request(self, verb: Verb, reason: str = "") -> None:
        """Take a wish; returns at once."""
        with self._changed:
            ending = self.latch.is_set()
            if verb in ("pause", "continue"):
                self._paused = verb == "pause"
            elif verb == "stop":
                self._stop, self._paused = True, False
            elif verb == "release":
                self._estop = False
                self._set_latch()
            else:
                self._abort = True  # of the run; a release must not set it going again
                self._estop = self._estop or verb == "estop"
                self._alarms += 1
                self._set_latch()
            # What is asked for while all is ending is not why it ends.
            if verb == "estop" or (verb in ("stop", "abort") and not ending):
                self._reason = reason or verb
            self._changed.notify_all()

    @property
    def reason(self) -> str:
        """Return why the latest stop, abort or emergency stop was asked for."""
        return self._reason

    @property
    def paused(self) -> bool:
        """Say whether a pause is wished for."""
        return self._paused

    @property
    def stopping(self) -> bool:
        """Say whether the run should end after the present unit."""
        return self._stop

    @property
    def emergency(self) -> bool:
        """Say whether an emergency stop is latched."""
        return self._estop

    @property
    def alarms(self) -> int:
        """Return how many aborts and emergency stops were asked for so far."""
        return self._alarms

    def begin(self) -> None:
        """Start with no wishes. Raises AbortedError while an abort or estop stands."""
        with self._changed:
            if self._estop:
                raise AbortedError(f"emergency stop is latched ({self._reason}); release it first")
            if self._abort:
                raise AbortedError(f"aborted before it began ({self._reason})")
            self._paused = self._stop = False
            self._reason = ""

    def finish(self) -> None:
        """Forget the wishes of the run that has ended; an emergency stop stays."""
        with self._changed:
            self._paused = self._stop = self._abort = False
            self._set_latch()

    def wait_for_alarm(self, seen: int, timeout: float | None = None) -> int:
        """Wait until more than ``seen`` aborts and emergency stops were asked for; return how many.

        Returns ``seen`` after ``timeout`` s without one.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._alarms > seen, timeout)
            return self._alarms

    def checkpoint(self) -> bool:
        """Wait while paused. Returns whether it waited. Raises AbortedError when latched."""
        if not self._paused and not self.latch.is_set():
            return False
        waited = False
        with self._changed:
            while self._paused and not self.latch.is_set():
                waited = True
                self._changed.wait()
        if self.latch.is_set():
            raise AbortedError(self._reason or "aborted")
        return waited

    def _set_latch(self) -> None:
        if self._abort or self._estop:
            self.latch.set()
        else:
            self.latch.clear()
