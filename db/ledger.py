"""What each cell has borne over its life, across runs: pulses, SETs, RESETs, |V|, V s.

Kept in blocks of cells. What a transaction's trains add is summed first, then added to the stored
blocks in that same transaction, so ledger and trains cannot part.
"""

import zlib
from collections.abc import Iterable, Sequence

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from labcim.documents import PULSE

from . import tables as t
from .packing import records

BLOCK = 1024
"""Cells in one row of the table."""

LEDGER = np.dtype(
    [
        ("pulses", "<u8"),
        ("sets", "<u8"),
        ("resets", "<u8"),
        ("max_amplitude", "<f8"),
        ("stress", "<f8"),
    ]
)
"""One cell: 1, 1 (amplitude > 0), 1 (amplitude < 0), V, V s (sum of |amplitude| times width)."""


def tally(trains: Sequence[NDArray[np.void]]) -> tuple[int, NDArray[np.void]]:
    """Return (first cell, ledger of the blocks from there) that some trains add.

    The first cell is a multiple of BLOCK, and so is the length; both are 0 without a pulse.
    """
    blobs = [train.tobytes() for train in trains if len(train)]
    return tally_packed(blobs)


def tally_packed(blobs: Sequence[bytes]) -> tuple[int, NDArray[np.void]]:
    """Return the same for trains that are packed already."""
    if not blobs:
        return 0, np.zeros(0, LEDGER)
    train = np.frombuffer(blobs[0] if len(blobs) == 1 else b"".join(blobs), PULSE)
    cells = train["cell"].astype(np.int64)
    first = int(cells.min()) // BLOCK * BLOCK
    cells -= first
    size = (int(cells.max()) // BLOCK + 1) * BLOCK
    amplitude = train["amplitude"].astype(np.float64)
    count = train["count"].astype(np.float64)
    height = np.abs(amplitude)
    added = np.zeros(size, LEDGER)
    # Sums of whole numbers in float64 are exact up to 2**53 pulses in one transaction.
    for name, weight in (
        ("pulses", count),
        ("sets", np.where(amplitude > 0.0, count, 0.0)),
        ("resets", np.where(amplitude < 0.0, count, 0.0)),
        ("stress", height * train["width"] * count),
    ):
        added[name] = np.bincount(cells, weight, size)
    largest = np.zeros(size)
    np.maximum.at(largest, cells, height)
    added["max_amplitude"] = largest
    return first, added


def merge(total: NDArray[np.void], added: NDArray[np.void]) -> None:
    """Add one ledger to another of the same cells, in place."""
    for name in ("pulses", "sets", "resets", "stress"):
        total[name] += added[name]
    np.maximum(total["max_amplitude"], added["max_amplitude"], out=total["max_amplitude"])


def add(connection: sa.Connection, array_id: int, first: int, added: NDArray[np.void]) -> None:
    """Add what some trains did to the stored blocks of an array."""
    touched = np.flatnonzero(added["pulses"].reshape(-1, BLOCK).any(axis=1))
    if not len(touched):
        return
    start = first // BLOCK
    stored = dict(_blocks(connection, array_id, start, start + len(added) // BLOCK - 1))
    fresh, changed = [], []
    for step in touched:
        part = added[step * BLOCK : (step + 1) * BLOCK]
        block = start + int(step)
        total = stored.get(block)
        if total is not None:
            merge(total, part)
        data = (part if total is None else total).tobytes()
        row = {"a": array_id, "b": block, "crc32": zlib.crc32(data), "data": data}
        (fresh if total is None else changed).append(row)
    key = {"array_id": sa.bindparam("a"), "block": sa.bindparam("b")}
    if fresh:
        connection.execute(sa.insert(t.ledger).values(**key), fresh)
    if changed:
        same = sa.and_(*(t.ledger.c[name] == value for name, value in key.items()))
        values = {"crc32": sa.bindparam("crc32"), "data": sa.bindparam("data")}
        connection.execute(sa.update(t.ledger).where(same).values(**values), changed)


def read(connection: sa.Connection, array_id: int, size: int) -> NDArray[np.void]:
    """Return the ledger of an array of ``size`` cells. Raises RecordError where it is damaged."""
    total = np.zeros(-(-size // BLOCK) * BLOCK, LEDGER)
    for block, part in _blocks(connection, array_id, 0, len(total) // BLOCK - 1):
        total[block * BLOCK : (block + 1) * BLOCK] = part
    return total[:size]


def _blocks(
    connection: sa.Connection, array_id: int, first: int, last: int
) -> Iterable[tuple[int, NDArray[np.void]]]:
    c = t.ledger.c
    select = sa.select(c.block, c.crc32, c.data).where(
        c.array_id == array_id, c.block.between(first, last)
    )
    for block, crc32, data in connection.execute(select):
        yield block, records(data, LEDGER, BLOCK, crc32, f"ledger block {block}")
