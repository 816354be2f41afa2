"""External data representation (RFC 4506), as much as remote procedure calls need of it."""

import struct
from typing import Final

_UINT: Final = struct.Struct("!I")
_INT: Final = struct.Struct("!i")


class GarbageError(Exception):
    """The bytes are not what they should be."""


class Reader:
    """Takes values off the front of some bytes. Everything raises GarbageError."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._position = 0

    def _take(self, count: int) -> bytes:
        start, self._position = self._position, self._position + count
        if self._position > len(self._data):
            raise GarbageError("the bytes end too soon")
        return self._data[start : self._position]

    def uint(self) -> int:
        """Return an unsigned number of 32 bits."""
        value: int = _UINT.unpack(self._take(4))[0]
        return value

    def integer(self) -> int:
        """Return a signed number of 32 bits."""
        value: int = _INT.unpack(self._take(4))[0]
        return value

    def boolean(self) -> bool:
        """Return a truth value."""
        value = self.uint()
        if value > 1:
            raise GarbageError(f"{value} is neither true nor false")
        return bool(value)

    def opaque(self, longest: int) -> bytes:
        """Return bytes of a length that comes with them."""
        length = self.uint()
        if length > longest:
            raise GarbageError(f"{length} bytes where {longest} are the limit")
        data = self._take(length)
        self._take(-length % 4)
        return data


def uint(*values: int) -> bytes:
    """Return unsigned numbers of 32 bits."""
    return b"".join(_UINT.pack(value) for value in values)


def opaque(data: bytes) -> bytes:
    """Return bytes with their length before them."""
    return b"".join((_UINT.pack(len(data)), data, bytes(-len(data) % 4)))
