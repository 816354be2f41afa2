"""Turns the outputs off the moment an abort is asked for, whatever the run is waiting for."""

import logging
import threading
import time
from collections.abc import Callable

from .safety import SafetyReport
from .steering import Steering

log = logging.getLogger(__name__)

_LOOK = 0.5  # s between looks at whether the host has closed
_SECOND = 0.2  # s after which a run that has not ended yet is answered once more


class Guardian:
    """A thread that answers every abort and emergency stop with a shut-down from aside.

    make_safe: through sessions of its own.  running: whether a run is on, which then makes the
    bench safe once more when it ends.
    """

    def __init__(
        self,
        steering: Steering,
        make_safe: Callable[[], SafetyReport],
        running: Callable[[], bool],
    ) -> None:
        self.report: SafetyReport | None = None
        self._steering = steering
        self._make_safe = make_safe
        self._running = running
        self._closing = False
        self._handled = steering.alarms
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._watch, daemon=True, name="guardian")
        self._thread.start()

    def settle(self, timeout: float = 5.0) -> bool:
        """Wait until every alarm so far has been answered; say whether that is so."""
        asked = self._steering.alarms
        with self._changed:
            return self._changed.wait_for(lambda: self._handled >= asked, timeout)

    def close(self) -> None:
        """Answer what was asked for, then end."""
        self.settle()
        self._closing = True

    def _watch(self) -> None:
        while not self._closing:
            alarms = self._steering.wait_for_alarm(self._handled, _LOOK)
            if alarms == self._handled or self._closing:
                continue
            try:
                self._answer()
            except Exception:
                # make_safe never raises; should it, the guard must stand for the next alarm.
                log.exception("the shut-down from aside failed")
            with self._changed:
                self._handled = alarms
                self._changed.notify_all()

    def _answer(self) -> None:
        self.report = self._make_safe()
        log.warning("%s: %s", self._steering.reason, self.report)
        until = time.monotonic() + _SECOND
        while self._running() and time.monotonic() < until:
            time.sleep(0.005)
        if self._running():
            # The run may have been about to send when the latch fell; and then got stuck.
            self.report = self._make_safe()
        else:
            self._steering.finish()
