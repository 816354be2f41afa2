"""Those who watch a run from outside: each has a bounded queue, and the slow are dropped."""

import queue
import threading
from collections.abc import Iterator

from .document_codec import encode
from .documents import Channels, Document, RunStart, RunStop

_DOCUMENTS = 2_000
_BYTES = 128 << 20


class Watcher:
    """One watcher's queue of encoded documents."""

    def __init__(self) -> None:
        self.dropped = False
        self._queue: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._waiting = 0
        self._bytes = 0
        self._lock = threading.Lock()

    def offer(self, data: bytes) -> bool:
        """Take a document; says False, and ends the stream, when the reader lags too far behind."""
        with self._lock:
            if self.dropped or self._waiting >= _DOCUMENTS or self._bytes + len(data) > _BYTES:
                self.dropped = True
                self._queue.put(None)
                return False
            self._waiting += 1
            self._bytes += len(data)
            self._queue.put(data)
        return True

    def take(self, timeout: float) -> bytes | None:
        """Return the next document, b"" when none came in time, None when dropped or at the end."""
        try:
            data = self._queue.get(timeout=timeout)
        except queue.Empty:
            return b""
        if self.dropped or data is None:
            return None
        with self._lock:
            self._waiting -= 1
            self._bytes -= len(data)
        return data

    def end(self) -> None:
        """End the stream after what is queued."""
        self._queue.put(None)


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
