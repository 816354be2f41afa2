"""Runs as pandas tables, piece by piece or whole; pandas is imported when a table is asked for.

``frame.attrs["units"]`` names the unit of each column that has one, ``attrs["run"]`` the run.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from labcim.documents import PULSE, Columns, Pulses, Readings
from labcim.result_text import plain_unit

from . import ledger as cells
from . import tables as t
from .replay import Teller
from .rows import EXACT, to_json

if TYPE_CHECKING:
    import pandas as pd

PULSE_UNITS = {"time": "s", "amplitude": "V", "gate": "V", "width": "s", "peak_current": "A"}
LEDGER_UNITS = {"max_amplitude": "V", "stress": "V s"}
_ROWS = 1_000_000
"""About how many rows one piece of a large table has."""

Pieces = Iterator["pd.DataFrame"]


def reading_pieces(tell: Teller) -> Pieces:
    """Return the rows that the protocol yielded; a channel of vectors has a column an element."""
    units = _channel_units(tell)
    yield from _pieces(tell, (d for _, d in tell.batches()), _flat_columns, units)


def pulse_pieces(tell: Teller) -> Pieces:
    """Return every delivered train, one row a cell and train."""
    yield from _pieces(tell, (d for _, d in tell.trains()), _train_columns, PULSE_UNITS)


def result_pieces(tell: Teller) -> Pieces:
    """Return values with interval, limits and outcome; ``unit`` is a column, cell -1 the array."""
    names = ("name", *EXACT[:1], "unit", *EXACT[1:], "outcome", "cell")
    frame = _table(tell, [d for _, d in tell.results()], names)
    frame["unit"] = [plain_unit(unit) for unit in frame["unit"]]
    yield frame


def event_pieces(tell: Teller) -> Pieces:
    """Return what happened, in order."""
    names = ("bench_time", "wall_time", "kind", "level", "message", "data")
    yield _table(tell, [d for _, d in tell.events()], names, {"bench_time": "s", "wall_time": "s"})


TABLES: dict[str, Callable[[Teller], Pieces]] = {
    "readings": reading_pieces,
    "pulses": pulse_pieces,
    "results": result_pieces,
    "events": event_pieces,
}


def whole(pieces: Pieces) -> "pd.DataFrame":
    """Return all pieces as one table."""
    import pandas as pd

    parts = list(pieces)
    frame = parts[0] if len(parts) == 1 else pd.concat(parts, ignore_index=True)
    frame.attrs = parts[0].attrs
    return frame


def ledger_frame(connection: sa.Connection, chip: str) -> "pd.DataFrame":
    """Return what each cell of a chip has borne; the index is the cell.

    A chip that is on record with several shapes gets one table, with columns ``rows`` and
    ``columns`` to tell them apart. Raises KeyError where the chip is not on record.
    """
    import pandas as pd

    arrays = connection.execute(sa.select(t.array).where(t.array.c.chip == chip)).all()
    if not arrays:
        raise KeyError(chip)
    parts = []
    for array in arrays:
        size = array.rows * array.columns
        frame = pd.DataFrame(cells.read(connection, array.id, size))
        frame.index = pd.RangeIndex(size, name="cell")
        if len(arrays) > 1:
            frame = frame.assign(rows=array.rows, columns=array.columns)
        parts.append(frame)
    frame = pd.concat(parts) if len(parts) > 1 else parts[0]
    frame.attrs = {"units": LEDGER_UNITS, "chip": chip}
    return frame


def _channel_units(tell: Teller) -> dict[str, str]:
    return {c.name: c.unit for _, said in tell.setups() for c in said.channels if c.unit}


def _pieces(
    tell: Teller,
    documents: Iterator[Any],
    columns_of: Callable[[Any], Columns],
    units: Mapping[str, str],
) -> Pieces:
    """Gather documents with the same columns until they make a piece."""
    waiting: list[tuple[str, int, Columns]] = []
    names: list[str] = []
    rows = told = 0
    for said in documents:
        columns = columns_of(said)
        if waiting and (list(columns) != names or rows >= _ROWS):
            yield _piece(tell, waiting, units)
            waiting, rows, told = [], 0, told + 1
        names = list(columns)
        waiting.append((said.unit, said.attempt, columns))
        rows += len(next(iter(columns.values()), ()))
    if waiting or not told:
        yield _piece(tell, waiting, units)


def _piece(
    tell: Teller, waiting: Sequence[tuple[str, int, Columns]], units: Mapping[str, str]
) -> "pd.DataFrame":
    import pandas as pd

    keys = list(tell.units.values())
    lengths = [len(next(iter(columns.values()), ())) for _, _, columns in waiting]
    number = {key: code for code, key in enumerate(keys)}
    codes = np.repeat(np.array([number[unit] for unit, _, _ in waiting], np.int64), lengths)
    attempts = np.repeat(np.array([attempt for _, attempt, _ in waiting], np.int64), lengths)
    data: dict[str, Any] = {
        "unit": pd.Categorical.from_codes(codes, categories=pd.Index(keys, dtype="str")),
        "attempt": attempts,
    }
    for name in waiting[0][2] if waiting else ():
        data[name] = np.concatenate([columns[name] for _, _, columns in waiting])
    frame = pd.DataFrame(data)
    known = {name: units[_base(name)] for name in data if _base(name) in units}
    frame.attrs = {"units": known, "run": tell.uuid}
    return frame


def _base(name: str) -> str:
    """Return the channel of a column: that of ``counts[3]`` is ``counts``."""
    return name.partition("[")[0]


def _flat_columns(said: Readings) -> Columns:
    flat: dict[str, NDArray[Any]] = {}
    for name, array in said.columns.items():
        if array.ndim == 1:
            flat[name] = array
            continue
        for place in np.ndindex(array.shape[1:]):
            flat[f"{name}[{','.join(map(str, place))}]"] = array[(slice(None), *place)]
    return flat


def _train_columns(said: Pulses) -> Columns:
    return {name: said.train[name] for name in PULSE.names or ()}


def _table(
    tell: Teller,
    documents: Sequence[Any],
    names: Sequence[str],
    units: Mapping[str, str] | None = None,
) -> "pd.DataFrame":
    import pandas as pd

    columns = {name: [getattr(said, name) for said in documents] for name in names}
    if "data" in columns:
        columns["data"] = [to_json(value) for value in columns["data"]]
    for name in EXACT:
        if name in columns:
            columns[name] = [np.nan if value is None else value for value in columns[name]]
    frame = pd.DataFrame(columns)
    frame.attrs = {"units": dict(units or {}), "run": tell.uuid}
    return frame
