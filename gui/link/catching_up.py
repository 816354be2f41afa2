"""Who joins late gets what is on record first, then what is live: each document once, in order.

The stream is joined before the record is read, so that nothing falls between the two. What is in
both is recognised by its kind and its time.
"""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from labcim.documents import Channels, Document, RunStart, RunStop, Sink
from labcim.errors import LabcimError
from labcim.record import RunHistory

from .backlog import Backlog

log = logging.getLogger(__name__)

_COMMITTED = 1.0  # s after which what was published is on record; the host commits every 0.5 s
_PASS = 0.5  # s between two looks at the record
_PASSES = 20
_KEYS = 60_000  # more documents than can wait between the record and here
_QUIET = 0.5  # s without a document after which none is on its way

Key = tuple[str, float]
OpenRecord = Callable[[], RunHistory]


class Left(Exception):  # noqa: N818 - no error
    """The bench was left: raised by a sink that wants nothing any more."""


class Follower:
    """Feeds one hub with the runs of one host, whatever joins of the stream that takes.

    open_record: opens the record of the host; raises RecordError where there is none.
    """

    def __init__(self, hub: Sink, open_record: OpenRecord) -> None:
        self._hub = hub
        self._open_record = open_record
        self._run = ""  # what the hub has the beginning of and not the end
        self._fed = 0  # how many documents of it the hub has
        self._shown_until = 0.0  # the wall time of the latest of them
        self._fed_at = 0.0  # when, on the monotonic clock, the hub got it
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

    @property
    def lag(self) -> float:
        """Return how many s behind the run the hub is, if a run is on and nothing more comes."""
        return max(time.time() - self._shown_until, 0.0) if self._run else 0.0

    @property
    def feeding(self) -> bool:
        """Say whether more of the run is known to come."""
        return self.catching_up or time.monotonic() - self._fed_at < _QUIET

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
            first, late_enough = live.first(lambda one: _is_news(one, run)), live.age >= _COMMITTED
            self._read_on(record, run)
            joined_up = late_enough and (first is None or key_of(first) in self._known)
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
        """Feed what the record has of a run beyond what the hub has; the rest is not read again."""
        start = self._fed if self._whole else 0  # with gaps, the hub gets it anew
        documents = iter(record.documents(run, start))
        try:
            for document in documents:
                self._know(document)
                self._feed(document)
                self._whole = True
        finally:
            getattr(documents, "close", lambda: None)()

    def _feed(self, document: Document) -> None:
        if isinstance(document, RunStart):
            self._run, self._fed = document.run, 0
        if isinstance(document, RunStart | Channels):
            self._beginning.add(key_of(document))
        if document.run:  # what happened outside of a run has no place in its record
            self._fed += 1
            self._shown_until, self._fed_at = document.wall_time, time.monotonic()
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
        if document.run:  # what happened outside of a run is on no record
            self._known.clear()  # they come in order: from here on, all are new
        return False

    def _forget(self) -> None:
        self._run, self._fed, self._whole, self.trouble = "", 0, True, ""
        self._beginning.clear()
        self._known.clear()

    def _miss(self, what: str) -> None:
        log.warning("%s", what)
        self.trouble, self._whole = what, False


def _is_news(document: Document, run: str) -> bool:
    """Say whether a live document is of a run, and not told again to all who join."""
    return document.run == run and not isinstance(document, RunStart | Channels)


def key_of(document: Document) -> Key:
    """Return by what the stored and the live copy of a document are known to be the same."""
    return type(document).__name__, document.wall_time
