"""Live documents that wait for the hub: bounded. Who brings more than fits has to wait."""

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any

import numpy as np

from labcim.documents import Document


class Backlog:
    """A queue from the thread that listens to a stream to the one that feeds the hub."""

    def __init__(self, most: int = 20_000, most_bytes: int = 64 << 20) -> None:
        self.joined = time.time()
        self._began = time.monotonic()
        self._most, self._most_bytes = most, most_bytes
        self._documents: deque[tuple[Document, int]] = deque()
        self._bytes = 0
        self._ended = False
        self._changed = threading.Condition()

    def __len__(self) -> int:
        return len(self._documents)

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
            if not self._has_room(size):
                self._changed.wait_for(lambda: self._ended or self._has_room(size))
            if self._ended:
                return False
            self._documents.append((document, size))
            self._bytes += size
            self._changed.notify_all()
            return True

    def take(self, timeout: float | None = None) -> Document | None:
        """Return the next document; None at the end, or when none came within ``timeout`` s."""
        with self._changed:
            if not self._documents:
                self._changed.wait_for(lambda: self._documents or self._ended, timeout)
            if not self._documents:
                return None
            document, size = self._documents.popleft()
            self._bytes -= size
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

    def first(self, fits: Callable[[Document], bool]) -> Document | None:
        """Return the first document that fits, and leave it here."""
        with self._changed:
            return next((document for document, _ in self._documents if fits(document)), None)

    def _has_room(self, size: int) -> bool:
        if not self._documents:
            return True
        return len(self._documents) < self._most and self._bytes + size <= self._most_bytes


def _size(document: Document) -> int:
    """Return about how many bytes a document takes."""
    size = 500
    for item in fields(document):
        value: Any = getattr(document, item.name)
        if isinstance(value, np.ndarray):
            size += value.nbytes
        elif isinstance(value, Mapping):
            size += sum([getattr(part, "nbytes", 100) for part in value.values()])
    return size
