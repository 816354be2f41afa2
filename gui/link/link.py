"""The dashboard's link to the host: watches it, asks it, stops it. The host never waits for it.

Four threads: status, watch, requests, and the emergency stop, which depends on none of the others.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

from labcim.bench_lock import HostCard
from labcim.documents import Sink
from labcim.errors import RecordError
from labcim.record import RunHistory

from .ask_line import AskLine
from .host_line import Lines
from .host_states import Answer, LinkKind, LinkState, StopState
from .status_line import StatusLine
from .stop_line import StopLine
from .watch_line import WatchLine

_SILENT = 1.2  # s without an answer
_LAST_WORDS = 1.0  # s for what was asked last to go out
_CLOSING = 1.8  # s for all threads to end
_FIRST_STATUS = 5.0  # s for a host to say where its record is
_MOST_ANSWERS = 1_000

OpenHistory = Callable[[str], RunHistory]


class Link:
    """Joins at most one host. Its methods return at once; ``state`` and ``stop`` may be polled.

    open_history: opens a record by its path or URL, as the host names it.
    """

    def __init__(self, hub: Sink, open_history: OpenHistory) -> None:
        self._hub = hub
        self._open_history = open_history
        self._answers: deque[Answer] = deque(maxlen=_MOST_ANSWERS)
        self._visit: _Visit | None = None
        self._stop = StopLine()
        self._ask = AskLine(self._answered)

    @property
    def state(self) -> LinkState:
        """Return how it stands with the host."""
        visit = self._visit
        return visit.state if visit else LinkState("none", "no bench is joined")

    @property
    def stop(self) -> StopState:
        """Return how it stands with the emergency stop."""
        return self._stop.state

    def join(self, card: HostCard) -> None:
        """Watch and steer this host from now on, instead of another one."""
        self.leave()
        lines = Lines(card)
        self._visit = _Visit(lines, self._hub, self._open_history, self._stop)
        self._stop.join(lines)

    def leave(self) -> None:
        """Let the host alone; it goes on. Nothing more of it reaches the hub."""
        visit, self._visit = self._visit, None
        self._stop.leave()
        if visit:
            visit.end()

    def close(self) -> None:
        """Leave the host and end all threads; a host that hangs is not waited for."""
        began, visit = time.monotonic(), self._visit
        self._stop.close()
        self._ask.close()
        # What was pressed or asked last still goes out.
        _join((self._stop.thread, self._ask.thread), began + _LAST_WORDS)
        self.leave()
        _join((self._ask.thread, *(visit.threads if visit else ())), began + _CLOSING)

    def ask(self, verb: str, **said: Any) -> None:
        """Put a request to the host, in a worker thread; what comes of it is in ``answers``."""
        visit = self._visit
        self._ask.ask(visit.lines if visit else None, verb, said)

    def answers(self) -> list[Answer]:
        """Return what was answered since this was last called."""
        found = []
        while self._answers:
            found.append(self._answers.popleft())
        return found

    def emergency_stop(self, reason: str) -> None:
        """Turn all outputs off, now, and keep them off until re-armed. Returns at once."""
        self._stop.press(reason)
        self._ask.drop("because of the emergency stop")

    def rearm(self) -> None:
        """Let stimulus pass again after an emergency stop."""
        self.ask("release", reason="re-armed in the dashboard")

    def _answered(self, answer: Answer, asked: float) -> None:
        if answer.verb == "release" and answer.ok:
            self._stop.released(asked)
        self._answers.append(answer)
        if visit := self._visit:
            visit.look_soon()


class _Visit:
    """One host, from joining it to leaving it."""

    def __init__(self, lines: Lines, hub: Sink, open_history: OpenHistory, stop: StopLine) -> None:
        self.lines = lines
        self._open_history = open_history
        self._status = StatusLine(lines, stop.heard)
        self._watch = WatchLine(lines, hub, self._open_record, self._is_gone)

    @property
    def threads(self) -> tuple[threading.Thread, ...]:
        return (self._status.thread, self._watch.thread)

    @property
    def state(self) -> LinkState:
        kind, text = self._in_words()
        status, lag = self._status, 0.0 if self._is_gone() else self._watch.lag
        return LinkState(kind, text, self.lines.card, status.status, status.age, lag)

    def _is_gone(self) -> bool:
        return self._status.gone is not None

    def look_soon(self) -> None:
        self._status.soon()

    def end(self) -> None:
        self.lines.end()
        self._status.soon()
        self._watch.end()

    def _in_words(self) -> tuple[LinkKind, str]:
        card, status = self.lines.card, self._status
        who = f"bench {card.bench}, process {card.pid}"
        if (gone := status.gone) is not None:
            return ("ended" if gone.ended else "lost"), gone.text
        if status.age > _SILENT:
            why = f" ({status.trouble})" if status.trouble else ""
            return "silent", f"the host has not answered for {status.age:.1f} s: {who}{why}"
        if not status.answered:
            return "joining", f"joining: {who}"
        watching = self._watch.text
        return "joined", (f"{watching}; " if watching else "") + f"joined: {who}"

    def _open_record(self) -> RunHistory:
        """Open the record of the host. Raises RecordError."""
        until = time.monotonic() + _FIRST_STATUS
        while not self._status.answered and time.monotonic() < until:
            if self.lines.ended.wait(0.02):
                break
        record = self._status.status.get("record")
        if not isinstance(record, str) or not record:
            raise RecordError("the host does not say where its record is")
        return self._open_history(record)


def _join(threads: Sequence[threading.Thread], until: float) -> None:
    for thread in threads:
        thread.join(max(until - time.monotonic(), 0.0))
