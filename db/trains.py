"""Trains as bytes: packed records, or column by column where a field that never changes is once.

Width, gate and count are the same for most trains; leaving the repeats out is what lets a disk
keep up with millions of pulses a second.
"""

import zlib
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from labcim.documents import PULSE
from labcim.errors import RecordError

from .packing import check, records

ROWS = "PULSE-1 rows"
COLUMNS = "PULSE-1 columns"
_SHORT = 64
"""Trains up to this length are kept as records: there is nothing to gain."""
_FIELDS = {name: PULSE[name] for name in PULSE.names or ()}


class Encoded(NamedTuple):
    """A train as it is stored. codec: ROWS or COLUMNS."""

    codec: str
    crc32: int
    data: bytes


def check_train(train: NDArray[np.void]) -> None:
    """Raise RecordError for anything but a one-dimensional array of dtype PULSE."""
    if train.dtype != PULSE or train.ndim != 1:
        raise RecordError(
            f"a train has dtype {train.dtype}, shape {train.shape}: accepted is PULSE, 1-D"
        )


def encode(train: NDArray[np.void]) -> Encoded:
    """Return a train of dtype PULSE as bytes.

    COLUMNS: one byte whose bit i is set where field i is the same for all; then each field, once
    or once a pulse.
    """
    if len(train) <= _SHORT:
        data = train.tobytes()
        return Encoded(ROWS, zlib.crc32(data), data)
    once = 0
    parts = [b""]
    for bit, name in enumerate(_FIELDS):
        column = np.ascontiguousarray(train[name])
        if _constant(column):
            once |= 1 << bit
            column = column[:1]
        parts.append(column.tobytes())
    parts[0] = bytes([once])
    data = b"".join(parts)
    return Encoded(COLUMNS, zlib.crc32(data), data)


def decode(rows: int, stored: Encoded, what: str) -> NDArray[np.void]:
    """Return the train, bit for bit. Raises RecordError where it is damaged; ``what`` names it."""
    if stored.codec == ROWS:
        return records(stored.data, PULSE, rows, stored.crc32, what)
    if stored.codec != COLUMNS:
        raise RecordError(f"{what}: unknown form {stored.codec!r:.40}")
    check(stored.data, stored.crc32, what)
    once = stored.data[0] if stored.data else 0
    counts = [1 if once >> bit & 1 else rows for bit in range(len(_FIELDS))]
    sizes = [n * dtype.itemsize for n, dtype in zip(counts, _FIELDS.values(), strict=True)]
    if rows <= 0 or len(stored.data) != 1 + sum(sizes):
        raise RecordError(f"{what}: {len(stored.data)} bytes stored do not make {rows} pulses")
    train = np.empty(rows, PULSE)
    start = 1
    for (name, dtype), count, size in zip(_FIELDS.items(), counts, sizes, strict=True):
        train[name] = np.frombuffer(stored.data, dtype, count, start)
        start += size
    return train


def _constant(column: NDArray[np.generic]) -> bool:
    """Return whether all bits are those of the first value; so -0.0 is not 0.0, NaN is itself."""
    bits = column.view(f"u{column.itemsize}")
    return bool(bits[0] == bits[-1] == bits[len(bits) // 2] and (bits == bits[0]).all())
