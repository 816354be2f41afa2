"""A recording that answers a driver in the instrument's place, byte for byte.

In a bench file, ``visa = "run.jsonl@replay"`` takes every instrument's answers from a recording,
and ``"run.jsonl@replay-tolerant"`` does so for a driver that has changed since.
"""

from collections import defaultdict, deque
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from .errors import TransportError
from .traffic import ANSWERED, ASKED, read_traffic
from .transport import Transport

STRICT: Final = "@replay"
TOLERANT: Final = "@replay-tolerant"
_ANSWERS: Final = {"query": "reply", "query_block": "block"}


def is_replayed(visa: str) -> bool:
    """Say whether a VISA library name is that of a recording."""
    return visa.endswith((STRICT, TOLERANT))


def recording_of(visa: str) -> Path:
    """Return the file that a VISA library name of a recording leads to."""
    return Path(visa.rpartition("@")[0])


def open_replay(address: str, visa: str) -> Transport:
    """Return what answers for one instrument. Raises TransportError where it is not on file."""
    path = recording_of(visa)
    entries = read_traffic(path, address)
    if not entries:
        raise TransportError(f"{path}: nothing was recorded of {address}")
    replay = TolerantReplay if visa.endswith(TOLERANT) else ReplayTransport
    return replay(address, [(entry.what, entry.data) for entry in entries])


class ReplayTransport:
    """Accepts what was recorded, in that order and nothing else; where they part, it says so."""

    def __init__(self, address: str, conversation: Sequence[tuple[str, bytes]]) -> None:
        self.address = address
        self._left = deque(_spoken(conversation))
        self._place = 0

    def write(self, message: str | bytes) -> None:
        """Accept the recorded message, and no other."""
        self._expect("write", message)
        self._raise_trouble()

    def query(self, message: str | bytes) -> str:
        """Accept the recorded message and return its recorded reply."""
        self._expect("query", message)
        return _text(self.address, self._next("reply"))

    def query_block(self, message: str | bytes, size: int | None = None) -> bytes:
        """Accept the recorded message and return its recorded block."""
        self._expect("query_block", message)
        return self._next("block")

    def clear(self) -> None:
        """Accept a recorded device clear."""
        self._expect("clear", "")
        self._raise_trouble()

    def status_byte(self) -> int:
        """Return the recorded status byte."""
        return _status(self.address, self._next("status"))

    def close(self) -> None:
        """Nothing to end: a recording holds no line."""

    def finish(self) -> None:
        """Raise TransportError where the recording goes on."""
        if self._left:
            what, data = self._left[0]
            raise TransportError(f"{self.address}: never sent was {what} {data[:80]!r}")

    def _raise_trouble(self) -> None:
        """Raise what came of a message that has no answer, if anything did."""
        if self._left and self._left[0][0] == "trouble":
            self._next("trouble")

    def _expect(self, what: str, message: str | bytes) -> None:
        sent, recorded = _bytes(message), self._next(what)
        if sent != recorded:
            raise TransportError(
                f"{self.address}: message {self._place} parts from the recording: "
                f"sent {sent[:80]!r}, recorded {recorded[:80]!r}"
            )

    def _next(self, what: str) -> bytes:
        self._place += 1
        if not self._left:
            raise TransportError(
                f"{self.address}: message {self._place} is a {what}, "
                "the recording has come to its end"
            )
        kind, data = self._left.popleft()
        if kind == "trouble":
            raise TransportError(data.decode("ascii", "replace"))
        if kind != what:
            raise TransportError(
                f"{self.address}: message {self._place} is a {what}, "
                f"the recording has {kind} {data[:80]!r}"
            )
        return data


class TolerantReplay:
    """Answers each question with what was answered to it next in the recording, in any order.

    After the last answer to a question that one is given again. A question that was never asked has
    no answer: TransportError. Commands that were never sent are accepted; ``departures`` has them.
    """

    def __init__(self, address: str, conversation: Sequence[tuple[str, bytes]]) -> None:
        self.address = address
        self.departures: list[bytes] = []
        self._answers: dict[tuple[str, bytes], deque[tuple[str, bytes]]] = defaultdict(deque)
        spoken = _spoken(conversation)
        for (what, data), after in zip(spoken, [*spoken[1:], ("", b"")], strict=False):
            if what == "status":
                self._answers["status", b""].append((what, data))
            elif what in ASKED:
                self._answers[what, data].append(after)

    def write(self, message: str | bytes) -> None:
        """Accept a message, and note one that was never sent."""
        if ("write", _bytes(message)) not in self._answers:
            self.departures.append(_bytes(message))

    def query(self, message: str | bytes) -> str:
        """Return the next recorded reply to this question."""
        return _text(self.address, self._answer("query", message))

    def query_block(self, message: str | bytes, size: int | None = None) -> bytes:
        """Return the next recorded block in answer to this question."""
        return self._answer("query_block", message)

    def clear(self) -> None:
        """Accept a device clear."""

    def status_byte(self) -> int:
        """Return the next recorded status byte."""
        return _status(self.address, self._answer("status", b""))

    def close(self) -> None:
        """Nothing to end: a recording holds no line."""

    def _answer(self, what: str, message: str | bytes) -> bytes:
        answers = self._answers.get((what, _bytes(message)))
        if not answers:
            raise TransportError(
                f"{self.address}: {_bytes(message)[:80]!r} was never asked in the recording"
            )
        kind, data = answers.popleft() if len(answers) > 1 else answers[0]
        if kind == "trouble":
            raise TransportError(f"{self.address}: {data.decode('ascii', 'replace')}")
        if kind != _ANSWERS.get(what, what):
            raise TransportError(
                f"{self.address}: no answer to {_bytes(message)[:80]!r} is in the recording"
            )
        return data


def _spoken(conversation: Sequence[tuple[str, bytes]]) -> list[tuple[str, bytes]]:
    """Return what went over the line: without openings and calls."""
    return [(what, data) for what, data in conversation if what in (*ASKED, *ANSWERED)]


def _text(address: str, reply: bytes) -> str:
    try:
        return reply.decode("ascii")
    except UnicodeDecodeError as trouble:
        raise TransportError(
            f"{address}: the recorded reply {reply[:80]!r} is no text"
        ) from trouble


def _status(address: str, told: bytes) -> int:
    if not (told.isdigit() and int(told) < 256):
        raise TransportError(f"{address}: the recorded status byte {told[:80]!r} is none")
    return int(told)


def _bytes(message: str | bytes) -> bytes:
    return message.encode("ascii") if isinstance(message, str) else message
