"""The messages of HiSLIP (IVI-6.1, section 2 and tables 4 to 22): headers and their numbers."""

import struct
from enum import IntEnum
from typing import Final, NamedTuple

from .line import Line

VERSION: Final = 0x0100  # 1.0
VENDOR: Final = int.from_bytes(b"LC")
HEADER_SIZE: Final = 16
FIRST_MESSAGE: Final = 0xFFFFFF00

_HEADER: Final = struct.Struct("!2sBBIQ")
_FIRST_VENDOR_KIND: Final = 128
_LARGEST_PASSED: Final = 2**32


class Kind(IntEnum):
    """Message types."""

    INITIALIZE = 0
    INITIALIZE_RESPONSE = 1
    FATAL_ERROR = 2
    ERROR = 3
    ASYNC_LOCK = 4
    ASYNC_LOCK_RESPONSE = 5
    DATA = 6
    DATA_END = 7
    DEVICE_CLEAR_COMPLETE = 8
    DEVICE_CLEAR_ACKNOWLEDGE = 9
    ASYNC_REMOTE_LOCAL = 10
    ASYNC_REMOTE_LOCAL_RESPONSE = 11
    TRIGGER = 12
    INTERRUPTED = 13
    ASYNC_INTERRUPTED = 14
    ASYNC_MAX_SIZE = 15
    ASYNC_MAX_SIZE_RESPONSE = 16
    ASYNC_INITIALIZE = 17
    ASYNC_INITIALIZE_RESPONSE = 18
    ASYNC_DEVICE_CLEAR = 19
    ASYNC_SERVICE_REQUEST = 20
    ASYNC_STATUS_QUERY = 21
    ASYNC_STATUS_RESPONSE = 22
    ASYNC_DEVICE_CLEAR_ACKNOWLEDGE = 23
    ASYNC_LOCK_INFO = 24
    ASYNC_LOCK_INFO_RESPONSE = 25


class Fatal(IntEnum):
    """Reasons to end a session (control code of FatalError)."""

    UNIDENTIFIED = 0
    BAD_HEADER = 1
    CHANNELS_MISSING = 2
    BAD_INITIALIZATION = 3
    TOO_MANY_CLIENTS = 4


class Wrong(IntEnum):
    """What is wrong with one message, which is then passed over (control code of Error)."""

    UNIDENTIFIED = 0
    UNKNOWN_KIND = 1
    UNKNOWN_CONTROL = 2
    UNKNOWN_VENDOR_KIND = 3
    TOO_LARGE = 4


class LockAnswer(IntEnum):
    """Control code of AsyncLockResponse."""

    FAILED = 0
    GRANTED = 1
    """Of a release: of the exclusive lock."""
    RELEASED_SHARED = 2
    WRONG = 3


class FatalError(Exception):
    """The session cannot go on."""

    def __init__(self, reason: Fatal, text: str) -> None:
        self.reason = reason
        super().__init__(text)


class WrongMessageError(Exception):
    """One message cannot be obeyed; the session goes on."""

    def __init__(self, reason: Wrong, text: str) -> None:
        self.reason = reason
        super().__init__(text)


class Header(NamedTuple):
    """What every message begins with. size: bytes of the payload that follows."""

    kind: int
    control: int
    parameter: int
    size: int


def unpack(data: bytes) -> Header:
    """Return the header in 16 bytes. Raises FatalError for what is none."""
    mark, kind, control, parameter, size = _HEADER.unpack(data)
    if mark != b"HS":
        raise FatalError(Fatal.BAD_HEADER, "a message begins with HS")
    return Header(kind, control, parameter, size)


def pack(kind: Kind, control: int = 0, parameter: int = 0, payload: bytes = b"") -> bytes:
    """Return a whole message."""
    return _HEADER.pack(b"HS", kind, control, parameter, len(payload)) + payload


def error(trouble: WrongMessageError) -> bytes:
    """Return the message that tells a client what was wrong with one of its own."""
    return pack(Kind.ERROR, trouble.reason, 0, str(trouble).encode("ascii", "replace"))


def unknown(kind: int) -> WrongMessageError:
    """Return the trouble with a message type that means nothing on a channel."""
    vendor = kind >= _FIRST_VENDOR_KIND
    reason = Wrong.UNKNOWN_VENDOR_KIND if vendor else Wrong.UNKNOWN_KIND
    return WrongMessageError(reason, f"message type {kind} means nothing here")


def pass_over(line: Line, size: int) -> None:
    """Receive a payload that nobody wants. Raises FatalError for one that has no end."""
    if size > _LARGEST_PASSED:
        raise FatalError(Fatal.BAD_HEADER, f"a payload of {size} bytes")
    while size:
        size -= len(line.receive(size))
