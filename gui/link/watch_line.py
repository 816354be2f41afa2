"""Watches a host: one thread takes its documents in, another one feeds them to the hub."""

import logging
import threading
import time
from collections.abc import Callable

from labcim.documents import Document, Sink
from labcim.errors import LabcimError

from .backlog import Backlog
from .catching_up import Follower, Left, OpenRecord
from .host_line import Lines

log = logging.getLogger(__name__)

_PATIENCE = 5.0  # s for the answer to ``watch``
_AGAIN = 0.3  # s before the stream is joined again
OLD = 2.0  # s; a picture that lags by more is said to be old
_NEWS = 10.0  # s for which something that is over is told


class WatchLine:
    """Joins the stream of a host again whenever it ends, until the bench is left.

    is_lost: asked when the stream has ended: whether the host is gone for good.
    """

    def __init__(
        self, lines: Lines, hub: Sink, open_record: OpenRecord, is_lost: Callable[[], bool]
    ) -> None:
        self._lines = lines
        self._is_lost = is_lost
        self._hub = hub
        self._guard = threading.Lock()
        self._follower = Follower(self._feed, open_record)
        self._backlog: Backlog | None = None
        self._broke = ""  # why nobody listens at present
        self._news = ""
        self._news_until = 0.0
        self.thread = threading.Thread(target=self._go, daemon=True, name="link-watch")
        self.thread.start()

    @property
    def text(self) -> str:
        """Return what a person should know of the stream; mostly nothing."""
        if self._broke:
            return f"not watching: {self._broke}"
        lag = self.lag
        if self._follower.catching_up or lag > OLD:
            old = f"the picture is {lag:.0f} s old, " if lag > OLD else ""
            return f"catching up: {old}{self._follower.fed:,} documents so far"
        news = self._news if time.monotonic() < self._news_until else ""
        return "; ".join(part for part in (news, self._follower.trouble) if part)

    @property
    def lag(self) -> float:
        """Return how many s old what the hub shows is, while there is more to come; else 0."""
        more = self._broke or self._backlog or self._follower.feeding
        return self._follower.lag if more else 0.0

    def end(self) -> None:
        """Feed nothing more, from now on."""
        with self._guard:  # a document that is being fed is fed to its end
            backlog = self._backlog
        if backlog is not None:
            backlog.end()

    def _go(self) -> None:
        while not (self._lines.ended.is_set() or self._is_lost()):
            try:
                self._listen()
                self._broke = "the stream ended, as it does for a reader that is too slow"
            except LabcimError as trouble:
                self._broke = str(trouble)
            except Exception as trouble:  # what a host says must not end this thread
                log.exception("watching failed")
                self._broke = f"{type(trouble).__name__}: {trouble}"
            self._lines.ended.wait(_AGAIN)

    def _listen(self) -> None:
        """Join the stream and follow it to its end."""
        with self._lines.open() as line:
            answer = line.ask("watch", _PATIENCE)
            if not answer.get("watching"):
                raise LabcimError(str(answer.get("error", "the host did not say why"))[:300])
            live = self._backlog = Backlog()
            if self._broke:
                self._tell(f"joined again ({self._broke})")
                self._broke = ""
            feeder = threading.Thread(
                target=self._follow, args=(live,), daemon=True, name="link-feed"
            )
            feeder.start()
            try:
                for document in line.documents():
                    if self._lines.ended.is_set() or not live.put(document):
                        return
            finally:
                live.end()
                line.end()
                feeder.join()

    def _follow(self, live: Backlog) -> None:
        try:
            self._follower.follow(live)
        except Left:
            log.debug("the bench was left")
        except Exception:
            log.exception("following the run failed")
        finally:
            live.end()

    def _feed(self, document: Document) -> None:
        with self._guard:
            if self._lines.ended.is_set():
                raise Left
            try:
                self._hub(document)
            except Exception:  # one document that cannot be shown is not the end of the show
                log.exception("the hub failed on %s", type(document).__name__)
                self._tell(f"a {type(document).__name__} could not be shown; see the log")

    def _tell(self, news: str) -> None:
        log.info("%s", news)
        self._news, self._news_until = news, time.monotonic() + _NEWS
