"""HKDF with SHA-256 (RFC 5869), and keyed digests."""

import hashlib
import hmac

import numpy as np
from numpy.typing import NDArray

from labcim.errors import RangeError

_LONGEST = 255 * 32  # bytes, by the RFC


def hkdf(secret: bytes, salt: bytes, info: bytes, length: int = 16) -> bytes:
    """Return ``length`` bytes that depend on all of ``secret``. Raises RangeError."""
    if not secret or not 1 <= length <= _LONGEST:
        raise RangeError(
            f"{len(secret)} bytes of secret, {length} of key: accepts 1 and more, 1 to {_LONGEST}"
        )
    extracted = hmac.digest(salt or bytes(32), secret, "sha256")
    found, block = b"", b""
    for number in range(1, -(-length // 32) + 1):
        block = hmac.digest(extracted, block + info + bytes([number]), "sha256")
        found += block
    return found[:length]


def keyed_digest(key: bytes, message: bytes) -> bytes:
    """Return HMAC-SHA-256 of a message."""
    return hmac.digest(key, message, "sha256")


def same_digest(one: bytes, other: bytes) -> bool:
    """Return whether two digests are equal, in a time that does not tell where they differ."""
    return hmac.compare_digest(one, other)


def digest_of(message: bytes) -> str:
    """Return SHA-256 of a message, as hexadecimal digits."""
    return hashlib.sha256(message).hexdigest()


def bits_to_bytes(bits: NDArray[np.uint8]) -> bytes:
    """Return bits packed, the first bit highest, filled up with zeros."""
    return np.packbits(np.ravel(bits)).tobytes()


def bytes_to_bits(data: bytes, count: int) -> NDArray[np.uint8]:
    """Return the first ``count`` bits. Raises RangeError where there are not so many bytes."""
    if len(data) != -(-count // 8):
        raise RangeError(f"{len(data)} bytes for {count} bits: accepts {-(-count // 8)}")
    return np.unpackbits(np.frombuffer(data, np.uint8), count=count)
