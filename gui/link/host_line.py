"""One conversation with a host, with short patience; any thread may end it."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Any, BinaryIO, Self, cast

from labcim.bench_lock import HostCard, is_alive
from labcim.control import connect
from labcim.document_codec import read_document
from labcim.documents import Document
from labcim.errors import LabcimError

_PATIENCE = 0.5  # s for a connection
_LONGEST_ANSWER = 1 << 20
_BUFFER = 1 << 18


class HostLine:
    """A connection to a host, open until closed. Raises LabcimError where there is no host."""

    def __init__(self, card: HostCard) -> None:
        self._socket = connect(card, _PATIENCE)
        self._heard = bytearray()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.end()
        self._socket.close()

    @property
    def closed(self) -> bool:
        """Say whether the connection was closed."""
        return self._socket.fileno() < 0

    def end(self) -> None:
        """End the conversation: whoever waits for the host is woken."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def say(self, verb: str, **said: Any) -> None:
        """Send a request. Raises LabcimError where the host is gone or takes nothing in."""
        try:
            self._socket.settimeout(_PATIENCE)
            self._socket.sendall(json.dumps({"verb": verb, **said}).encode() + b"\n")
        except (OSError, ValueError, TypeError) as trouble:
            raise LabcimError(f"{verb} could not be sent: {trouble}") from trouble

    def answer(self, timeout: float) -> dict[str, Any] | None:
        """Return the next answer, or None when there is none within ``timeout`` s.

        Raises LabcimError where the conversation has ended, or what came is no answer.
        """
        until = time.monotonic() + timeout
        try:
            while not self._heard.endswith(b"\n"):
                self._socket.settimeout(max(until - time.monotonic(), 1e-3))
                self._hear()
        except TimeoutError:
            return None
        except OSError as trouble:
            raise LabcimError(f"the conversation broke off: {trouble}") from trouble
        line, self._heard = bytes(self._heard), bytearray()
        try:
            answer = json.loads(line)
        except (ValueError, RecursionError) as trouble:
            raise LabcimError(f"the host answered {line[:60]!r}") from trouble
        if not isinstance(answer, dict):
            raise LabcimError(f"the host answered {line[:60]!r}")
        return answer

    def ask(self, verb: str, timeout: float, **said: Any) -> dict[str, Any]:
        """Send a request and return its answer. Raises LabcimError when none comes in time."""
        self.say(verb, **said)
        answer = self.answer(timeout)
        if answer is None:
            raise LabcimError(f"the host did not answer {verb} within {timeout:g} s")
        return answer

    def documents(self) -> Iterator[Document]:
        """Return what follows the answer to ``watch``. Raises RecordError for what is none."""
        self._socket.settimeout(None)
        with self._socket.makefile("rb", _BUFFER) as stream:
            with suppress(OSError):  # the host was killed: that is an end too
                while (document := read_document(cast(BinaryIO, stream))) is not None:
                    yield document

    def _hear(self) -> None:
        """Take in what has come, but nothing of what follows the end of a line."""
        waiting = self._socket.recv(4096, socket.MSG_PEEK)
        if not waiting:
            raise LabcimError("the host ended the conversation")
        end = waiting.find(b"\n") + 1 or len(waiting)
        self._heard += self._socket.recv(end)
        if len(self._heard) > _LONGEST_ANSWER:
            raise LabcimError(f"the host answered more than {_LONGEST_ANSWER} bytes")


class Lines:
    """The conversations that are open, so that all of them can be ended at once, for good."""

    def __init__(self, card: HostCard) -> None:
        self.card = card
        self.ended = threading.Event()
        self._open: set[HostLine] = set()
        self._lock = threading.Lock()

    def open(self) -> HostLine:
        """Return a new conversation. Raises LabcimError where there is no host, or at the end."""
        line = HostLine(self.card)
        with self._lock:
            self._open = {known for known in self._open if not known.closed}
            self._open.add(line)
            if self.ended.is_set():
                line.end()
        return line

    def end(self) -> None:
        """End every conversation; idempotent."""
        with self._lock:
            self.ended.set()
            for line in self._open:
                line.end()
            self._open.clear()


@dataclass(frozen=True, slots=True)
class Gone:
    """How a host has gone, in words. ended: as it should, with the outputs off."""

    text: str
    ended: bool


def how_gone(card: HostCard) -> Gone | None:
    """Return how a host has gone; None while it may be there, if only stopped."""
    who = f"bench {card.bench}, process {card.pid}"
    try:
        connect(card, _PATIENCE).close()
    except LabcimError as trouble:
        cause = trouble.__cause__
        if isinstance(cause, FileNotFoundError):
            return Gone(f"the host has ended and let the bench go, outputs off: {who}", True)
        if isinstance(cause, ConnectionRefusedError) or not is_alive(card.pid):
            text = (
                f"the host is gone: {who}; its watchdog turns the outputs off, "
                "and a run that was on can be resumed"
            )
            return Gone(text, False)
    return None
