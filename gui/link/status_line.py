"""Asks a host how it is, five times a second, in a thread of its own."""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from labcim.errors import LabcimError

from .host_line import Gone, HostLine, Lines, how_gone

log = logging.getLogger(__name__)

_PERIOD = 0.2  # s between requests
_PATIENCE = 0.5  # s between looks at a host that does not answer
_AGAIN = 0.3  # s before a conversation that broke off is begun anew

_TEXTS = (
    "name", "bench", "path", "mode", "record", "state", "reason", "run", "protocol", "unit", "text",
    "outputs", "outputs_text", "trouble",
)  # fmt: skip
_TYPES: dict[str, type | tuple[type, ...]] = {
    **dict.fromkeys(_TEXTS, str),
    "fraction": (int, float),
    "trouble_number": int,
    "pid": int,
}

Heard = Callable[[Mapping[str, Any], float], None]


class StatusLine:
    """``heard``: told every status, with the monotonic time at which it was asked for."""

    def __init__(self, lines: Lines, heard: Heard) -> None:
        self.status: Mapping[str, Any] = {}
        self.gone: Gone | None = None
        self.trouble = ""  # why it did not answer last time
        self.answered = False
        self._lines = lines
        self._heard = heard
        self._latest = time.monotonic()
        self._soon = threading.Event()
        self.thread = threading.Thread(target=self._go, daemon=True, name="link-status")
        self.thread.start()

    @property
    def age(self) -> float:
        """Return for how many s the host has said nothing."""
        return time.monotonic() - self._latest

    def soon(self) -> None:
        """Ask at once: something has changed."""
        self._soon.set()

    def _go(self) -> None:
        while not self._lines.ended.is_set():
            try:
                with self._lines.open() as line:
                    self._talk(line)
            except LabcimError as trouble:
                self.trouble = str(trouble)
            except Exception as trouble:  # what a host says must not end this thread
                log.exception("asking the host for its status failed")
                self.trouble = f"{type(trouble).__name__}: {trouble}"
            if self._lines.ended.is_set():
                return
            if gone := how_gone(self._lines.card):
                self.gone = gone
                return
            self._lines.ended.wait(_AGAIN)

    def _talk(self, line: HostLine) -> None:
        while not self._lines.ended.is_set():
            self._soon.clear()
            asked = time.monotonic()
            line.say("status")
            # A host that hangs is asked once, however long it takes; a dead one ends the line.
            while (answer := line.answer(_PATIENCE)) is None:
                pass
            self._take(answer, asked)
            self._soon.wait(_PERIOD)

    def _take(self, answer: Mapping[str, Any], asked: float) -> None:
        if not answer.get("ok"):
            raise LabcimError(str(answer.get("error", "the host did not say why"))[:500])
        self.status, self.trouble = _checked(answer), ""
        self._latest = time.monotonic()
        self.answered = True
        self._heard(self.status, asked)


def _checked(answer: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a status without what is not of its type: whoever shows it may rely on that."""
    if not isinstance(answer.get("state"), str):
        raise LabcimError(f"what the host answered is no status: {answer!r:.60}")
    known = answer.items()
    return {name: said for name, said in known if isinstance(said, _TYPES.get(name, object))}
