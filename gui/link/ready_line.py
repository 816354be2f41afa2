"""A line to the host that is open before it is needed, even when no more clients are let in."""

import logging
import time
from collections.abc import Callable

from labcim.errors import LabcimError

from .host_line import HostLine, Lines

log = logging.getLogger(__name__)

_LOOK = 0.05  # s between looks while the host has not answered
_KEEP = 20.0  # s between signs of life; the host ends a line that is silent for 60 s
_AGAIN = 1.0  # s until a line that broke off is opened anew


class ReadyLine:
    """For one thread. ``wanted``: says that the line is needed now: nothing is waited for then."""

    def __init__(self, wanted: Callable[[], bool]) -> None:
        self._wanted = wanted
        self._line: HostLine | None = None
        self._lines: Lines | None = None
        self._due = 0.0

    def keep(self, lines: Lines | None) -> None:
        """See to it that a line to this host is open; to be called again and again."""
        if lines is not self._lines:
            self.drop()
            self._lines = lines
        if lines is None or lines.ended.is_set() or time.monotonic() < self._due:
            return
        self._due = time.monotonic() + _KEEP
        try:
            if self._line is None:
                self._line = HostLine(lines.card)
            self._sign_of_life(self._line, lines)
        except LabcimError as trouble:
            log.debug("no line is ready: %s", trouble)
            self.drop()
            self._due = time.monotonic() + _AGAIN

    def take(self, lines: Lines) -> HostLine | None:
        """Give the line away, if there is one to this host."""
        if lines is not self._lines:
            self.drop()
        line, self._line, self._due = self._line, None, 0.0
        return line

    def drop(self) -> None:
        """Close the line."""
        self._due = 0.0
        if self._line is not None:
            with self._line:
                self._line = None

    def _sign_of_life(self, line: HostLine, lines: Lines) -> None:
        line.say("status")
        while line.answer(_LOOK) is None:
            if self._wanted() or lines.ended.is_set():
                raise LabcimError("the host is silent")
