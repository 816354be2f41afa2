"""The emergency stop's own thread and connection: nothing else that goes on can hold it up.

A press sets an event. The thread sends the stop over a line that it keeps ready, and goes on until
the host reports that every output was read back as off, or the host is gone.
"""

import logging
import threading
import time
from collections.abc import Mapping
from typing import Any

from labcim.errors import LabcimError

from .host_line import HostLine, Lines, how_gone
from .host_states import StopKind, StopState
from .ready_line import ReadyLine

log = logging.getLogger(__name__)

_LOOK = 0.05  # s between looks while the host has not answered
_LATE = 1.5  # s without an answer after which a person must know; the host itself takes up to 3 s
_GIVE_UP = 6.0  # s for one attempt; the host answers after 5 s at the latest
_PARTING = 0.5  # s for the answer to a stop that was pressed while the window closes
_AGAIN = 1.0  # s between attempts
_MOST_REPORTS = 10  # "not safe" so often: then a person decides whether to press again
_UNCONFIRMED = "NOT CONFIRMED: use the hardware switch"
_READY = StopState("armed", "emergency stop is ready")
_NOTHING_HELD = StopState("armed", "no bench is joined: nothing to stop")


class StopLine:
    """Sends the emergency stop. ``state`` may be read, and all methods called, from any thread."""

    def __init__(self) -> None:
        self._lines: Lines | None = None
        self._state = _NOTHING_HELD
        self._pressed = threading.Event()
        self._closing = threading.Event()
        self._reason = ""
        self._press_time = self._began = 0.0
        self._settled = 0.0  # when the latest stop was answered
        self._busy = False
        self._lock = threading.Lock()
        self._ready = ReadyLine(lambda: self._pressed.is_set() or self._closing.is_set())
        self.thread = threading.Thread(target=self._go, daemon=True, name="emergency-stop")
        self.thread.start()

    @property
    def state(self) -> StopState:
        """Return how it stands."""
        pressed = self._pressed.is_set() and not self._busy
        state = self._state  # after the event: what clears it has set the state before
        if pressed or state.kind == "stopping":
            took = time.monotonic() - (self._press_time if pressed else self._began)
            return StopState("stopping", f"STOPPING: {took * 1e3:.0f} ms", took)
        return state

    def press(self, reason: str) -> None:
        """Stop whatever is held. Returns at once."""
        if not self._pressed.is_set():
            self._reason, self._press_time = reason, time.monotonic()
        self._pressed.set()

    def join(self, lines: Lines) -> None:
        """From now on a press stops this host."""
        with self._lock:
            self._lines, self._state = lines, _READY

    def leave(self) -> None:
        """From now on a press stops nothing."""
        with self._lock:
            self._lines, self._state = None, _NOTHING_HELD

    def close(self) -> None:
        """End the thread; a stop that was pressed is sent first."""
        self._closing.set()

    def heard(self, status: Mapping[str, Any], asked: float) -> None:
        """Take the host's status; ``asked``: monotonic time at which it was asked for.

        Shows a stop that was pressed elsewhere, and the release of one.
        """
        with self._lock:
            if self._busy or self._pressed.is_set() or asked < self._settled:
                return
            if status.get("state") == "estop":
                self._latched_elsewhere(status)
            elif self._state.latched and (
                status.get("state") == "idle" or status.get("outputs") == "live"
            ):
                self._state = _READY

    def released(self, asked: float) -> None:
        """Take note that the host lets stimulus pass again, as was ``asked`` for at that time.

        A stop that was pressed later counts: it is sent once more.
        """
        with self._lock:
            if self._busy or self._press_time > asked:
                self._press_time = time.monotonic()
                self._pressed.set()
            else:
                self._state, self._settled = _READY, time.monotonic()

    def _latched_elsewhere(self, status: Mapping[str, Any]) -> None:
        if self._state.kind == "safe" and self._state.latched:
            return
        said = str(status.get("outputs_text", ""))[:300]
        if status.get("outputs") == "off":
            text = f"SAFE: emergency stop is latched ({status.get('reason', '')}); {said}"
            self._state = StopState("safe", text, latched=True)
        else:
            text = f"{_UNCONFIRMED} (emergency stop is latched; {said})"
            self._state = StopState("not confirmed", text, latched=True)

    def _go(self) -> None:
        while not self._closing.is_set() or self._pressed.is_set():
            if not self._pressed.wait(2 * _LOOK):
                self._ready.keep(self._lines)
                continue
            try:
                self._stop()
            except Exception as trouble:  # this thread must stand for the next press
                log.exception("the emergency stop failed")
                self._say("not confirmed", f"{_UNCONFIRMED} ({trouble})", self._lines)
            with self._lock:
                self._busy = False
        self._ready.drop()

    def _stop(self) -> None:
        """Stop the host that is held; go on until it is safe, gone, or no longer held."""
        with self._lock:
            lines, self._busy = self._lines, True
            self._began = self._press_time
            self._state = StopState("stopping", "STOPPING")
            self._pressed.clear()
        log.warning("emergency stop: %s", self._reason)
        if lines is None:
            text = "nothing held: no bench is joined, so nothing was stopped"
            self._say("nothing held", text)
            return
        reports = 0
        while not self._attempt(lines, last=reports + 1 >= _MOST_REPORTS):
            reports += self._state.latched
            if self._holds(lines):
                self._pressed.wait(_AGAIN)
                self._pressed.clear()
            if not self._holds(lines):
                return

    def _attempt(self, lines: Lines, *, last: bool) -> bool:
        """Send the stop once and wait for its answer. Says whether that settles it."""
        try:
            answer = self._ask(lines)
        except LabcimError as trouble:
            gone = how_gone(lines.card)
            why = gone.text if gone else trouble
            self._say("not confirmed", f"{_UNCONFIRMED} ({why})", lines)
            return bool(gone)
        report = str(answer.get("report") or answer.get("error") or "no report")[:500]
        if answer.get("ok") and answer.get("safe") is True:
            took = time.monotonic() - self._began
            text = f"SAFE: {report}; {took * 1e3:.0f} ms after the press"
            self._say("safe", text, lines, latched=True)
            return True
        self._say("not confirmed", f"{_UNCONFIRMED} ({report})", lines, latched="safe" in answer)
        return last

    def _ask(self, lines: Lines) -> Mapping[str, Any]:
        """Return the host's answer: over the ready line, else over a new one."""
        line = self._ready.take(lines)
        if line is not None:
            try:
                return self._told_over(line, lines)
            except LabcimError as trouble:
                if not self._holds(lines):
                    raise
                log.warning("the ready line of the emergency stop: %s", trouble)
        return self._told_over(HostLine(lines.card), lines)

    def _told_over(self, line: HostLine, lines: Lines) -> Mapping[str, Any]:
        with line:
            sent = time.monotonic()
            line.say("estop", reason=self._reason)
            while (waited := time.monotonic() - sent) < self._patience(lines):
                answer = line.answer(_LOOK)
                if answer is not None:
                    return answer
                if waited > _LATE:
                    why = f"the host has not answered for {waited:.1f} s"
                    self._say("not confirmed", f"{_UNCONFIRMED} ({why})", lines)
        raise LabcimError(f"the host has not answered for {_GIVE_UP:g} s")

    def _patience(self, lines: Lines) -> float:
        """Return for how many s an answer is waited for."""
        if lines is not self._lines:
            return 0.0
        return _PARTING if self._closing.is_set() else _GIVE_UP

    def _holds(self, lines: Lines) -> bool:
        return self._lines is lines and not self._closing.is_set()

    def _say(
        self, kind: StopKind, text: str, lines: Lines | None = None, *, latched: bool = False
    ) -> None:
        """Show how it stands with this host; a stop of one that was left is no news."""
        now = time.monotonic()
        with self._lock:
            if lines is self._lines:
                self._state = StopState(kind, text, now - self._began, latched)
            self._settled = now
