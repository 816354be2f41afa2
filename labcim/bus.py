"""Takes documents to sinks: the required ones in the run's own thread, the others at leisure."""

import logging
import queue
import threading
from collections.abc import Iterable
from contextlib import suppress

from .documents import Document, RunStop, Sink

log = logging.getLogger(__name__)

_LENGTH = 10_000
_END = None


class Listener:
    """A sink with its own bounded queue and thread: it can be slow, and it can fail, alone."""

    def __init__(self, sink: Sink, length: int = _LENGTH) -> None:
        self.dropped = 0
        self._sink = sink
        self._queue: queue.Queue[Document | None] = queue.Queue(length)
        self._thread = threading.Thread(target=self._listen, daemon=True, name="listener")
        self._thread.start()

    def __call__(self, document: Document) -> None:
        """Take a document, or drop it when the sink lags too far behind."""
        try:
            self._queue.put_nowait(document)
        except queue.Full:
            self.dropped += 1
            if isinstance(document, RunStop):  # the end must arrive: make room for it
                with suppress(queue.Empty, queue.Full):  # the reader may be taking meanwhile
                    self._queue.get_nowait()
                    self._queue.put_nowait(document)

    def close(self, timeout: float = 5.0) -> None:
        """Let the sink finish what is queued, for at most ``timeout`` s."""
        try:
            self._queue.put(_END, timeout=timeout)
        except queue.Full:
            return
        self._thread.join(timeout)

    def _listen(self) -> None:
        while (document := self._queue.get()) is not _END:
            try:
                self._sink(document)
            except Exception:
                # A listener is never asked for anything, so its fault cannot touch the run.
                log.exception("a listener failed on %s", type(document).__name__)


class Bus:
    """One flow, outward only: ``required`` sinks first, whose failure ends the run."""

    def __init__(self, required: Iterable[Sink] = (), listeners: Iterable[Sink] = ()) -> None:
        self._required = list(required)
        self._listeners = [Listener(sink) for sink in listeners]
        self._lock = threading.Lock()

    def publish(self, document: Document) -> None:
        """Hand a document to every sink. Raises whatever a required sink raises."""
        for sink in self._required:
            sink(document)
        with self._lock:
            listeners = list(self._listeners)
        for listener in listeners:
            listener(document)

    def join(self, sink: Sink) -> Listener:
        """Add a listener while documents flow."""
        listener = Listener(sink)
        with self._lock:
            self._listeners.append(listener)
        return listener

    def leave(self, listener: Listener) -> None:
        """Take a listener off."""
        with self._lock:
            if listener in self._listeners:
                self._listeners.remove(listener)
        listener.close()

    def close(self) -> None:
        """Let every listener finish."""
        for listener in self._listeners:
            listener.close()
