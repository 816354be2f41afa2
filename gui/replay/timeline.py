"""When each document of a stored run is due in a replay, and where its events stand. No Qt."""

import math
from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from labcim.documents import Document, Event, RunStop, Sink

Documents = Callable[[], Iterator[Document]]

LONGEST_GAP = 2.0
"""Longest wait between two documents at speed 1, in s: a night at rest is no night to look at."""
MOST_MARKS = 1000
MarkKind = Literal["warning", "error", "pause", "abort"]


@dataclass(frozen=True, slots=True)
class Mark:
    """Something worth to be seen on the scrubber. position: 0 to 1."""

    position: float
    kind: MarkKind
    text: str


class Pace:
    """Says when each document is due, in s since the beginning, as the operator saw it.

    Wall time that stands still, goes back or is unknown (NaN) makes no gap; a gap of more than
    ``longest_gap`` s is shortened to that.
    """

    def __init__(self, longest_gap: float = LONGEST_GAP) -> None:
        self.shortened = 0.0  # s that were left out
        self._longest = longest_gap
        self._last = math.nan
        self._due = 0.0

    def due(self, document: Document) -> float:
        """Return when the next document is due, in s."""
        gap = document.wall_time - self._last
        if math.isfinite(document.wall_time):
            self._last = document.wall_time
        if math.isfinite(gap) and gap > 0:
            self._due += min(gap, self._longest)
            self.shortened += max(gap - self._longest, 0.0)
        return self._due


class Tape:
    """The documents one at a time, forward only; at most one is held. Raises RecordError."""

    def __init__(self, documents: Documents, longest_gap: float = LONGEST_GAP) -> None:
        self.at = 0  # documents taken so far
        self.time = 0.0  # when the last one taken was due, in s
        self._documents = documents
        self._longest = longest_gap
        self._pace = Pace(longest_gap)
        self._source: Iterator[Document] | None = None
        self._ahead: tuple[Document, float] | None = None

    def peek(self) -> tuple[Document, float] | None:
        """Return the next document and when it is due, or None at the end."""
        if self._source is None:
            self._open()
        if self._ahead is None and self._source is not None:
            document = next(self._source, None)
            if document is not None:
                self._ahead = document, self._pace.due(document)
        return self._ahead

    def take(self) -> Document | None:
        """Return the next document and go past it, or None at the end."""
        ahead = self.peek()
        if ahead is None:
            return None
        document, self.time = ahead
        self._ahead = None
        self.at += 1
        return document

    @property
    def shortened(self) -> float:
        """Return how many s of long gaps were left out so far."""
        return self._pace.shortened

    def rewind(self) -> None:
        """Go back to the beginning."""
        self.release()
        self.at, self.time = 0, 0.0

    def release(self) -> None:
        """Let go of the record, which a reader in the middle holds; the place is kept."""
        close = getattr(self._source, "close", None)
        self._source = self._ahead = None
        if close is not None:
            close()

    def _open(self) -> None:
        self._source = iter(self._documents())
        self._pace = Pace(self._longest)
        for _ in range(self.at):
            passed = next(self._source, None)
            if passed is None:
                return
            self._pace.due(passed)


class Timeline:
    """When each document is due and what to mark, found by one pass; 8 bytes a document.

    Written by one thread and read by others: what is asked for is final once ``complete``.
    """

    def __init__(self) -> None:
        self.complete = False
        self.shortened = 0.0
        self.more_marks = 0
        self._times = array("d")
        self._marks: list[tuple[float, MarkKind, str]] = []

    def survey(self, tape: Tape, ended: Callable[[], bool], look: Sink) -> None:
        """Read to the end or until ``ended()``; ``look`` sees every document. Raises RecordError.

        It is not complete before the caller says so: there may be something more to mark.
        """
        try:
            while not ended() and (document := tape.take()) is not None:
                self._times.append(tape.time)
                self._note(document, tape.time)
                look(document)
                self.shortened = tape.shortened
        finally:
            tape.release()

    def say(self, kind: MarkKind, text: str) -> None:
        """Mark what is known to be wrong at the end of what could be read."""
        self._marks.append((self.duration, kind, text))

    def __len__(self) -> int:
        return len(self._times)

    @property
    def duration(self) -> float:
        """Return when the last document is due, in s."""
        return self._times[-1] if self._times else 0.0

    @property
    def marks(self) -> tuple[Mark, ...]:
        """Return what to mark, as fractions of the whole; nothing before that is known."""
        if not self.complete:
            return ()
        whole = self.duration
        return tuple(
            Mark(time / whole if whole else 1.0, kind, text) for time, kind, text in self._marks
        )

    def count(self, position: float) -> int:
        """Return how many documents are due up to a position from 0 to 1."""
        whole = self.duration
        if position >= 1.0:
            return len(self._times)
        if not whole:
            return round(position * len(self._times))
        # A position that was made of a time must come back to that time, whatever is rounded.
        return bisect_right(self._times, (position + 1e-12) * whole)

    def position(self, time: float, at: int) -> float:
        """Return a place as a fraction of the whole. time: s, at: documents shown."""
        if at >= len(self._times):
            return 1.0 if self._times else 0.0
        whole = self.duration
        return min(time / whole, 1.0) if whole else at / len(self._times)

    def _note(self, document: Document, time: float) -> None:
        found = _mark(document)
        if found is None:
            return
        if len(self._marks) < MOST_MARKS:
            self._marks.append((time, *found))
        else:
            self.more_marks += 1


def _mark(document: Document) -> tuple[MarkKind, str] | None:
    match document:
        case Event(kind="pause"):
            return "pause", document.message
        case Event(kind="estop"):
            return "abort", document.message
        case Event(level="warning"):
            return "warning", document.message
        case Event(level="error"):
            return "error", document.message
        case RunStop() if document.state != "completed":
            return "abort", f"{document.state}: {document.reason}"
        case _:
            return None
