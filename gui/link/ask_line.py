"""What a person asks of the host, one request after the other, in a thread of its own."""

import logging
import queue
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from labcim.errors import LabcimError

from .host_line import Lines
from .host_states import Answer

log = logging.getLogger(__name__)

_PATIENCE = 10.0  # s; an abort is answered when the outputs are off


@dataclass(frozen=True, slots=True)
class _Request:
    lines: Lines | None
    verb: str
    said: Mapping[str, Any]
    asked: float


class AskLine:
    """``answered``: told what came of each request, and at what monotonic time it was asked."""

    def __init__(self, answered: Callable[[Answer, float], None]) -> None:
        self._answered = answered
        self._requests: queue.SimpleQueue[_Request | None] = queue.SimpleQueue()
        self.thread = threading.Thread(target=self._go, daemon=True, name="link-ask")
        self.thread.start()

    def ask(self, lines: Lines | None, verb: str, said: Mapping[str, Any]) -> None:
        """Put a request to the host that is held; returns at once."""
        self._requests.put(_Request(lines, verb, said, time.monotonic()))

    def drop(self, why: str) -> None:
        """Answer what has not been sent yet: it will not be."""
        while True:
            try:
                request = self._requests.get_nowait()
            except queue.Empty:
                return
            if request is None:
                self._requests.put(None)
                return
            answer = Answer(request.verb, False, f"{request.verb}: not sent, {why}")
            self._answered(answer, request.asked)

    def close(self) -> None:
        """End the thread when everything has been asked."""
        self._requests.put(None)

    def _go(self) -> None:
        while (request := self._requests.get()) is not None:
            try:
                answer = self._carry_out(request)
            except LabcimError as trouble:
                answer = Answer(request.verb, False, f"{request.verb}: {trouble}")
            except Exception as trouble:  # the next request must find this thread
                log.exception("%s failed", request.verb)
                answer = Answer(request.verb, False, f"{request.verb}: {trouble!r:.300}")
            self._answered(answer, request.asked)

    def _carry_out(self, request: _Request) -> Answer:
        if request.lines is None or request.lines.ended.is_set():
            raise LabcimError("no bench is joined")
        with request.lines.open() as line:
            said = line.ask(request.verb, _PATIENCE, **request.said)
        ok = bool(said.get("ok"))
        report = said.get("report") or said.get("error") or ("taken" if ok else "refused")
        return Answer(request.verb, ok, f"{request.verb}: {report}"[:1000], said)
