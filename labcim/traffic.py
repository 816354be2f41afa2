"""Recorded conversations: write them down, and let them answer a driver byte for byte."""

import base64
import json
import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from .errors import TransportError
from .transport import Transport


class RecordingTransport:
    """Passes everything to another transport and writes the conversation to a JSON-lines file."""

    def __init__(self, inner: Transport, file: IO[str]) -> None:
        self.address = inner.address
        self._inner = inner
        self._file = file

    def write(self, message: str | bytes) -> None:
        """Send one message, and record it."""
        self._note("write", message)
        self._inner.write(message)

    def query(self, message: str | bytes) -> str:
        """Send a message and return the reply; both are recorded."""
        self._note("query", message)
        reply = self._inner.query(message)
        self._note("reply", reply)
        return reply

    def query_block(self, message: str | bytes) -> bytes:
        """Send a message and return the block reply; both are recorded."""
        self._note("query_block", message)
        reply = self._inner.query_block(message)
        self._note("block", reply)
        return reply

    def clear(self) -> None:
        """Device clear, recorded."""
        self._note("clear", "")
        self._inner.clear()

    def status_byte(self) -> int:
        """Return the status byte, recorded."""
        status = self._inner.status_byte()
        self._note("status", str(status))
        return status

    def close(self) -> None:
        """End the session."""
        self._inner.close()

    def _note(self, what: str, data: str | bytes) -> None:
        raw = data.encode("ascii") if isinstance(data, str) else data
        line = {"time": time.time(), "address": self.address, "what": what, **_as_json(raw)}
        self._file.write(json.dumps(line) + "\n")


class ReplayTransport:
    """Answers from a recorded conversation; where driver and recording part, it says so."""

    def __init__(self, address: str, conversation: Iterator[tuple[str, bytes]]) -> None:
        self.address = address
        self._conversation = conversation
        self._place = 0

    @classmethod
    def from_file(cls, path: Path, address: str) -> "ReplayTransport":
        """Replay what ``path`` recorded of ``address``."""
        return cls(address, iter(read_traffic(path, address)))

    def write(self, message: str | bytes) -> None:
        """Accept the recorded message, and no other."""
        self._expect("write", message)

    def query(self, message: str | bytes) -> str:
        """Accept the recorded message and return its recorded reply."""
        self._expect("query", message)
        return self._next("reply").decode("ascii")

    def query_block(self, message: str | bytes) -> bytes:
        """Accept the recorded message and return its recorded block."""
        self._expect("query_block", message)
        return self._next("block")

    def clear(self) -> None:
        """Accept a recorded device clear."""
        self._expect("clear", "")

    def status_byte(self) -> int:
        """Return the recorded status byte."""
        return int(self._next("status"))

    def close(self) -> None:
        """Nothing to end: a recording holds no line."""

    def _expect(self, what: str, message: str | bytes) -> None:
        sent = message.encode("ascii") if isinstance(message, str) else message
        recorded = self._next(what)
        if sent != recorded:
            raise TransportError(
                f"{self.address}: message {self._place} parts from the recording: "
                f"sent {sent[:80]!r}, recorded {recorded[:80]!r}"
            )

    def _next(self, what: str) -> bytes:
        self._place += 1
        kind, data = next(self._conversation, ("end of the recording", b""))
        if kind != what:
            raise TransportError(
                f"{self.address}: message {self._place} is a {what}, the recording has {kind}"
            )
        return data


def read_traffic(path: Path, address: str) -> list[tuple[str, bytes]]:
    """Return the (what, bytes) of one address. Raises TransportError for a damaged file."""
    conversation = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            entry = json.loads(line)
            if entry["address"] == address:
                conversation.append((str(entry["what"]), _from_json(entry)))
        except (ValueError, KeyError, TypeError) as trouble:
            raise TransportError(f"{path} line {number} is not recorded traffic") from trouble
    return conversation


def _as_json(raw: bytes) -> dict[str, str]:
    if raw.isascii() and raw.decode("ascii").isprintable():
        return {"text": raw.decode("ascii")}
    return {"base64": base64.b64encode(raw).decode("ascii")}


def _from_json(entry: dict[str, str]) -> bytes:
    if "text" in entry:
        return entry["text"].encode("ascii")
    return base64.b64decode(entry["base64"], validate=True)


class TrafficLog:
    """Keeps the latest messages of a bench, with wall time, for a look back after trouble."""

    def __init__(self, length: int = 1000) -> None:
        self.messages: deque[tuple[float, str, str, bytes]] = deque(maxlen=length)

    def __call__(self, address: str, direction: str, data: bytes) -> None:
        """Take one message."""
        self.messages.append((time.time(), address, direction, data))
