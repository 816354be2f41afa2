"""Who joins late gets what is on record first, then what is live: each document once, in order.

The stream is joined before the record is read, so that nothing falls between the two. What is in
both is recognised by its kind and its time.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields
from typing import Any

import numpy as np

from labcim.documents import Channels, Document, RunStart, RunStop, Sink
from labcim.errors import LabcimError
from labcim.record import RunHistory

log = logging.getLogger(__name__)

_COMMITTED = 1.0  # s after which what was published is on record; the host commits every 0.5 s
_PASS = 0.5  # s between two looks at the record
_PASSES = 8
_KEYS = 30_000  # more documents than can wait between the host and here

Key = tuple[str, float]
OpenRecord = Callable[[], RunHistory]


class Left(Exception):  # noqa: N818 - no error
    """The bench was left: raised by a sink that wants nothing any more."""


class Backlog:
    """Live documents that wait for the hub: bounded. Who brings more than fits has to wait."""

    def __init__(self, most: int = 20_000, most_bytes: int = 64 << 20) -> None:
        self.joined = time.time()
        self._began = time.monotonic()
        self._most, self._most_bytes = most, most_bytes
        self._documents: deque[Document] = deque()
        self._bytes = 0
        self._ended = False
        self._changed = threading.Condition()

    @property
    def age(self) -> float:
        """Return for how many s the stream has been listened to."""
        return time.monotonic() - self._began

    @property
    def ended(self) -> bool:
        """Say whether the stream has ended."""
        return self._ended

    def put(self, document: Document) -> bool:
        """Take a document, as soon as there is room. Says False when nothing is wanted any more."""
        size = _size(document)
        with self._changed:
            self._changed.wait_for(lambda: self._ended or self._has_room(size))
            if self._ended:
                return False
            self._documents.append(document)
            self._bytes += size
            self._changed.notify_all()
            return True

    def take(self, timeout: float | None = None) -> Document | None:
        """Return the next document; None at the end, or when none came within ``timeout`` s."""
        with self._changed:
            self._changed.wait_for(lambda: self._documents or self._ended, timeout)
            if not self._documents:
                return None
            document = self._documents.popleft()
            self._bytes -= _size(document)
            self._changed.notify_all()
            return document

    def end(self) -> None:
        """Take no more; what is here can still be taken."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def wait(self, timeout: float) -> None:
        """Wait for the end, for at most ``timeout`` s."""
        with self._changed:
            self._changed.wait_for(lambda: self._ended, timeout)

    def first_of(self, run: str) -> Key | None:
        """Return the key of the first document of a run here that is not told to all who join."""
        with self._changed:
            for document in self._documents:
                if document.run == run and not isinstance(document, RunStart | Channels):
                    return key_of(document)
        return None

    def _has_room(self, size: int) -> bool:
        if not self._documents:
            return True
        return len(self._documents) < self._most and self._bytes + size <= self._most_bytes


class Follower:
    """Feeds one hub with the runs of one host, whatever joins of the stream that takes.

    open_record: opens the record of the host; raises RecordError where there is none.
    """

    def __init__(self, hub: Sink, open_record: OpenRecord) -> None:
        self._hub = hub
        self._open_record = open_record
        self._run = ""  # what the hub has the beginning of and not the end
        self._fed = 0  # how many documents of it the hub has
        self._whole = True  # whether these are all from the first one on
        self._beginning: set[Key] = set()  # RunStart and Channels: told again to all who join
        self._known: dict[Key, None] = {}  # the latest that came from the record
        self.catching_up = False
        self.trouble = ""  # why something is missing, in words

    def follow(self, live: Backlog) -> None:
        """Feed the hub until the stream ends."""
        if self._run and not self._catch_up(self._run, live):
            return  # it had gone on while nobody listened
        while (document := live.take()) is not None:
            if isinstance(document, RunStart):
                if not self._begin(document, live):
                    return
            elif document.run in ("", self._run) and not self._has(document):
                self._feed(document)

    @property
    def fed(self) -> int:
        """Return how many documents of the present run the hub has."""
        return self._fed

    def _begin(self, start: RunStart, live: Backlog) -> bool:
        """Begin with a run. Says whether what comes live can follow."""
        if start.run == self._run or key_of(start) in self._beginning:
            return True  # told again, as to all who join
        self._forget()
        follows = start.wall_time >= live.joined or self._catch_up(start.run, live)
        if not self._fed:
            self._feed(start)
        return follows

    def _catch_up(self, run: str, live: Backlog) -> bool:
        """Feed what is on record of a run, until it reaches what has come live.

        Says whether what comes live can follow; if not, the stream must be joined anew.
        """
        self.catching_up, self.trouble = True, ""
        try:
            with self._record() as record:
                if not self._read_up_to(live, record, run):
                    if live.ended:
                        return False
                    self._miss("the record lags behind: a part of the run is not shown")
        except Left:
            raise
        except (LabcimError, OSError) as trouble:
            self._miss(f"only what is live is shown: {trouble}")
        except Exception as trouble:  # whatever ails the record, what is live can be shown
            log.exception("the record could not be read")
            self._miss(f"only what is live is shown: {type(trouble).__name__}: {trouble}")
        finally:
            self.catching_up = False
        return True

    def _read_up_to(self, live: Backlog, record: RunHistory, run: str) -> bool:
        """Read on until nothing is missing between the record and what has come live."""
        for _ in range(_PASSES):
            first, late_enough = live.first_of(run), live.age >= _COMMITTED
            self._read_on(record, run)
            joined_up = late_enough and (first is None or first in self._known)
            if joined_up or run != self._run:  # or it has ended, on record
                return True
            if live.ended:
                return False
            live.wait(_PASS if late_enough else _COMMITTED - live.age)
        return False

    @contextmanager
    def _record(self) -> Iterator[RunHistory]:
        record = self._open_record()
        try:
            yield record
        finally:
            getattr(record, "close", lambda: None)()

    def _read_on(self, record: RunHistory, run: str) -> None:
        """Feed what the record has of a run beyond what the hub has."""
        skip = self._fed if self._whole else 0  # with gaps, the hub gets it anew
        documents = iter(record.documents(run))
        try:
            for document in documents:
                self._know(document)
                if skip:
                    skip -= 1
                else:
                    self._feed(document)
                    self._whole = True
        finally:
            getattr(documents, "close", lambda: None)()

    def _feed(self, document: Document) -> None:
        if isinstance(document, RunStart):
            self._run, self._fed = document.run, 0
        if isinstance(document, RunStart | Channels):
            self._beginning.add(key_of(document))
        self._fed += 1
        if isinstance(document, RunStop):
            self._run = ""
        self._hub(document)

    def _know(self, document: Document) -> None:
        self._known[key_of(document)] = None
        if len(self._known) > _KEYS:
            del self._known[next(iter(self._known))]

    def _has(self, document: Document) -> bool:
        """Say whether the hub had a live document from the record already."""
        key = key_of(document)
        if key in self._beginning or key in self._known:
            return True
        self._known.clear()  # they come in order: from here on, all are new
        return False

    def _forget(self) -> None:
        self._run, self._fed, self._whole, self.trouble = "", 0, True, ""
        self._beginning.clear()
        self._known.clear()

    def _miss(self, what: str) -> None:
        log.warning("%s", what)
        self.trouble, self._whole = what, False


def key_of(document: Document) -> Key:
    """Return by what the stored and the live copy of a document are known to be the same."""
    return type(document).__name__, document.wall_time


def _size(document: Document) -> int:
    """Return about how many bytes a document takes."""
    size = 500
    for item in fields(document):
        value: Any = getattr(document, item.name)
        if isinstance(value, np.ndarray):
            size += value.nbytes
        elif isinstance(value, Mapping):
            size += sum(getattr(part, "nbytes", 100) for part in value.values())
    return size
