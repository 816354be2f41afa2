"""What each cell has borne over its life, across runs: pulses, SETs, RESETs, |V|, V s.

Kept in blocks of cells, which trail the trains: ``run.counted`` is the ordinal of the last train of
a run that the blocks count, and changes in the same transaction as they do. Whoever reads the
ledger adds the trains behind, so it is right at any moment, whoever was killed.
"""

import logging
import zlib
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from labcim.errors import RecordError

from . import tables as t
from .packing import records
from .trains import Encoded, decode

log = logging.getLogger(__name__)

BLOCK = 1024
"""Cells in one row of the table."""

MOST_BEHIND = 1 << 21
"""How far the blocks may be behind a run: in rows of trains, and TRAIN more for each train.

Writing all blocks of a large array costs as much as reading that many rows again.
"""

TRAIN = 64
"""What it costs to open a train again, in rows."""

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


class Strokes(NamedTuple):
    """What a train does to its cells, as columns of equal length: index, V, V s, pulses."""

    cells: NDArray[np.uint32]
    amplitude: NDArray[np.float32]
    stress: NDArray[np.float64]
    pulses: NDArray[np.uint32]


def strokes(train: NDArray[np.void]) -> Strokes:
    """Return what a train of dtype PULSE does to its cells."""
    amplitude, count = train["amplitude"].copy(), train["count"].copy()
    stress = np.multiply(np.abs(amplitude), train["width"], dtype=np.float64)
    stress *= count
    return Strokes(train["cell"].copy(), amplitude, stress, count)


def tally(trains: Sequence[Strokes]) -> tuple[int, NDArray[np.void]]:
    """Return (first cell, ledger of the cells from there) that some trains add.

    The first cell is a multiple of BLOCK, and so is the length; both are 0 without a pulse.
    """
    if not trains:
        return 0, np.zeros(0, LEDGER)
    parts = zip(*trains, strict=True)
    cell, amplitude, stress, count = map(np.concatenate, parts) if len(trains) > 1 else trains[0]
    first = int(cell.min()) // BLOCK * BLOCK
    place = cell.astype(np.int64) - first
    size = (int(place.max()) // BLOCK + 1) * BLOCK
    added = np.zeros(size, LEDGER)
    added["stress"] = np.bincount(place, stress, size)
    largest = np.zeros(size, np.float32)
    np.maximum.at(largest, place, np.abs(amplitude))
    added["max_amplitude"] = largest
    # One count over cell and sign: RESET, nothing, SET. Exact up to 2**53 pulses.
    place *= 3
    place += amplitude >= 0.0
    place += amplitude > 0.0
    weight = None if (count == 1).all() else count
    signs = np.bincount(place, weight, 3 * size).reshape(size, 3)
    added["resets"], added["sets"] = signs[:, 0], signs[:, 2]
    added["pulses"] = signs.sum(axis=1)
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
    fresh: list[dict[str, Any]] = []
    changed: list[dict[str, Any]] = []
    for step in touched:
        part = added[step * BLOCK : (step + 1) * BLOCK]
        block = start + int(step)
        total = stored.get(block)
        if total is not None:
            merge(total, part)
        data = (part if total is None else total).tobytes()
        row = {
            "of_array": array_id,
            "of_block": block,
            "new_crc32": zlib.crc32(data),
            "new_data": data,
        }
        (fresh if total is None else changed).append(row)
    if fresh:
        connection.execute(_ADD, fresh)
    if changed:
        connection.execute(_CHANGE, changed)


_Bound = dict[sa.Column[Any], sa.BindParameter[Any]]
_C = t.ledger.c
_KEY: _Bound = {_C.array_id: sa.bindparam("of_array"), _C.block: sa.bindparam("of_block")}
_VALUES: _Bound = {_C.crc32: sa.bindparam("new_crc32"), _C.data: sa.bindparam("new_data")}
_ADD = sa.insert(t.ledger).values({**_KEY, **_VALUES})
_CHANGE = (
    sa.update(t.ledger)
    .where(sa.and_(*(column == value for column, value in _KEY.items())))
    .values(_VALUES)
)


def read(connection: sa.Connection, array_id: int, size: int) -> NDArray[np.void]:
    """Return the ledger of an array of ``size`` cells. Raises RecordError where it is damaged.

    The connection must see one moment: blocks, and trains that they do not count.
    """
    total = np.zeros(-(-size // BLOCK) * BLOCK, LEDGER)
    for block, part in _blocks(connection, array_id, 0, len(total) // BLOCK - 1):
        total[block * BLOCK : (block + 1) * BLOCK] = part
    first, added = _behind(connection, t.run.c.array_id == array_id)
    merge(total[first : first + len(added)], added)
    return total[:size]


def catch_up(connection: sa.Connection, run_id: int) -> None:
    """Add to the stored blocks what the trains of a run did that they do not count yet.

    A damaged train or block leaves the blocks as they are and is logged: whoever reads the ledger
    is told of it, but it must keep nobody from writing on.
    """
    c = t.run.c
    mine = c.id == run_id
    # The lock is for servers, where two stations may find the same run dead.
    array_id = connection.execute(sa.select(c.array_id).where(mine).with_for_update()).scalar_one()
    try:
        add(connection, array_id, *_behind(connection, mine))
    except RecordError as trouble:
        log.warning("the ledger of cells is not brought up to date: %s", trouble)
        return
    last = sa.select(sa.func.max(t.train.c.ordinal)).where(t.train.c.run_id == run_id)
    counted = sa.func.coalesce(last.scalar_subquery(), 0)
    connection.execute(sa.update(t.run).where(mine).values(counted=counted))


def _behind(connection: sa.Connection, of: sa.ColumnElement[bool]) -> tuple[int, NDArray[np.void]]:
    """Return, as ``tally`` does, what the trains did that no block counts yet, of some runs."""
    c = t.train.c
    select = (
        sa.select(t.run.c.uuid, c.ordinal, c.rows, c.codec, c.crc32, c.data)
        .join(t.run, t.run.c.id == c.run_id)
        .where(of, c.ordinal > t.run.c.counted, c.rows > 0)
    )
    trains = [
        strokes(decode(rows, Encoded(codec, crc32, data), f"train {ordinal} of run {uuid}"))
        for uuid, ordinal, rows, codec, crc32, data in connection.execute(select)
    ]
    return tally(trains)


def _blocks(
    connection: sa.Connection, array_id: int, first: int, last: int
) -> Iterable[tuple[int, NDArray[np.void]]]:
    c = t.ledger.c
    select = sa.select(c.block, c.crc32, c.data).where(
        c.array_id == array_id, c.block.between(first, last)
    )
    for block, crc32, data in connection.execute(select):
        yield block, records(data, LEDGER, BLOCK, crc32, f"ledger block {block}")
