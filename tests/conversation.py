"""An exact conversation: what a driver sends, in order, and what the instrument answers.

    with conversation(Keithley2450, [(":OUTP?", "0")]) as smu:
        assert not smu.enabled

Every message that the driver sends must be the next of the list, byte for byte; at the end none may
be left. A message without an answer has ``None``. The payload of a block answer is ``bytes``.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TypeVar

from labcim.errors import TransportError
from labcim.instrument import Instrument
from labcim.limits import TerminalLimits

Line = tuple[str | bytes, str | bytes | None]
Driver = TypeVar("Driver", bound=Instrument)


class ScriptedTransport:
    """A transport that knows its lines; ``sent`` keeps what was really said."""

    def __init__(self, sent_and_answered: Sequence[Line], address: str = "SCRIPT") -> None:
        self.address = address
        self.left = [(_bytes(sent), answered) for sent, answered in sent_and_answered]
        self.sent: list[bytes] = []
        self.status = 0
        self.cleared = 0
        self.closed = False

    def write(self, message: str | bytes) -> None:
        answered = self._next(message)
        assert answered is None, f"{message!r} was written, yet its answer {answered!r} not read"

    def query(self, message: str | bytes) -> str:
        answered = self._next(message)
        if answered is None:
            raise TransportError(f"{self.address}: did not answer {message!r}")
        assert isinstance(answered, str), f"{message!r} is answered by a block, read as text"
        return answered

    def query_block(self, message: str | bytes, size: int | None = None) -> bytes:
        answered = self._next(message)
        if answered is None:
            raise TransportError(f"{self.address}: did not answer {message!r}")
        assert isinstance(answered, bytes), f"{message!r} is answered by text, read as a block"
        return answered

    def clear(self) -> None:
        self.cleared += 1

    def status_byte(self) -> int:
        return self.status

    def close(self) -> None:
        self.closed = True

    def _next(self, message: str | bytes) -> str | bytes | None:
        said = _bytes(message)
        self.sent.append(said)
        assert self.left, f"nothing more was expected, but {said!r} was sent"
        expected, answered = self.left.pop(0)
        assert said == expected, f"sent {said!r}, expected {expected!r}"
        return answered


@contextmanager
def conversation(
    driver: type[Driver],
    sent_and_answered: Sequence[Line],
    *,
    limits: Mapping[str, TerminalLimits] | None = None,
    check_errors: bool = False,
) -> Iterator[Driver]:
    """Yield a driver on a scripted transport; at the end all lines must have been said.

    check_errors: whether the driver asks for errors after each command; the list then holds that.
    """
    transport = ScriptedTransport(sent_and_answered)
    yield driver(transport, limits, check_errors=check_errors)
    assert not transport.left, f"never sent: {[sent for sent, _ in transport.left]}"


def _bytes(message: str | bytes) -> bytes:
    return message.encode("ascii") if isinstance(message, str) else message
