"""Those who watch a run from outside: each has a bounded queue, and the slow are dropped."""

import threading
from collections import deque
from collections.abc import Iterator

from .document_codec import encode
from .documents import Channels, Document, RunStart, RunStop

_DOCUMENTS = 20_000  # of small ones, 10 s of the fastest runs
_BYTES = 128 << 20
_AT_ONCE = 256 << 10  # bytes


class Watcher:
    """One watcher's queue of encoded documents.

    What waits is taken together, so that many small documents cost a reader that lags, and the
    host, one wake-up and one message.
    """

    def __init__(self) -> None:
        self.dropped = False
        self._waiting: deque[bytes] = deque()
        self._bytes = 0
        self._ended = False
        self._changed = threading.Condition()

    def offer(self, data: bytes) -> bool:
        """Take a document; says False, and ends the stream, when the reader lags too far behind."""
        with self._changed:
            full = len(self._waiting) >= _DOCUMENTS or self._bytes + len(data) > _BYTES
            if full or self.dropped:
                self.dropped = self._ended = True
                self._waiting.clear()
            else:
                self._waiting.append(data)
                self._bytes += len(data)
            self._changed.notify()
            return not self.dropped

    def take(self, timeout: float) -> bytes | None:
        """Return the next documents, b"" when none came in time, None when dropped or at the end.

        They are as many as wait and fit into one message; at least one, however large.
        """
        with self._changed:
            if not self._waiting and not self._ended:
                self._changed.wait(timeout)
            if not self._waiting:
                return None if self._ended else b""
            taken = [self._waiting.popleft()]
            size = len(taken[0])
            while self._waiting and size + len(self._waiting[0]) <= _AT_ONCE:
                taken.append(self._waiting.popleft())
                size += len(taken[-1])
            self._bytes -= size
        return b"".join(taken)

    def end(self) -> None:
        """End the stream after what is queued."""
        with self._changed:
            self._ended = True
            self._changed.notify()


class Watchers:
    """A sink that passes documents on; who joins late gets the beginning of the run first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._watchers: list[Watcher] = []
        self._beginning: list[Document] = []

    def __call__(self, document: Document) -> None:
        """Take one document. Encodes it once, and only when someone watches."""
        with self._lock:
            self._remember(document)
            if self._watchers:
                data = encode(document)
                self._watchers = [watcher for watcher in self._watchers if watcher.offer(data)]

    def join(self) -> Watcher:
        """Add a watcher."""
        watcher = Watcher()
        with self._lock:
            for document in self._beginning:
                watcher.offer(encode(document))
            self._watchers.append(watcher)
        return watcher

    def leave(self, watcher: Watcher) -> None:
        """Take a watcher off."""
        with self._lock:
            if watcher in self._watchers:
                self._watchers.remove(watcher)

    def close(self) -> None:
        """End every stream."""
        with self._lock:
            for watcher in self._watchers:
                watcher.end()
            self._watchers.clear()

    def __iter__(self) -> Iterator[Watcher]:
        with self._lock:
            return iter(list(self._watchers))

    def _remember(self, document: Document) -> None:
        if isinstance(document, RunStart):
            self._beginning = [document]
        elif isinstance(document, Channels):
            self._beginning.append(document)
        elif isinstance(document, RunStop):
            self._beginning = []
