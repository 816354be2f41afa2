"""Documents as rows: tuples in the order of a table's columns, without asking the database."""

import json
import math
import zlib
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labcim.documents import (
    Attempt,
    Channels,
    Columns,
    Document,
    Event,
    Note,
    Pulses,
    Readings,
    Result,
)
from labcim.errors import RecordError

from .ledger import Strokes
from .packing import check_dtype, pack
from .tables import REAL_CHANNELS, WHOLE_CHANNELS
from .trains import encode

Row = tuple[Any, ...]


def to_json(value: Any) -> str:
    """Return JSON of a document's field. Raises RecordError where it holds what JSON has not."""
    try:
        return json.dumps(value, default=_plain)
    except (TypeError, ValueError, RecursionError) as trouble:
        raise RecordError(f"a document's field cannot be kept as JSON: {trouble}") from trouble


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} is not a number, text, list or mapping")


def safe_text(text: str) -> str:
    """Return text that any database takes: half surrogates and NUL written out.

    An instrument's reply may hold them; an event must never be lost for that.
    """
    return text.encode("utf-8", "backslashreplace").decode("utf-8").replace("\x00", "\\x00")


def head(run_id: int, ordinal: int, document: Document) -> Row:
    """Return what every document's row begins with."""
    return run_id, ordinal, float(document.bench_time), float(document.wall_time)


def setup_row(start: Row, said: Channels) -> Row:
    """Return the row of table setup."""
    return *start, to_json(said.settings), to_json(said.plots)


def channel_rows(start: Row, said: Channels) -> list[Row]:
    """Return the rows of table channel."""
    return [
        (start[0], start[1], position, c.name, c.dtype, c.unit, c.doc, to_json(c.shape))
        for position, c in enumerate(said.channels)
    ]


def attempt_row(start: Row, unit: int, said: Attempt) -> Row:
    """Return the first columns of table attempt; the rest is written when the unit is done."""
    cells = pack({"cells": said.cells})
    return *start, unit, said.number, said.bound, "open", *cells


def event_row(start: Row, said: Event) -> Row:
    """Return the row of table event, less its id."""
    return *start, safe_text(said.kind), safe_text(said.message), said.level, to_json(said.data)


def note_row(start: Row, said: Note) -> Row:
    """Return the row of table note."""
    return *start, safe_text(said.text), safe_text(said.author)


EXACT = ("value", "low", "high", "lower_limit", "upper_limit")


def result_row(start: Row, said: Result) -> Row:
    """Return the row of table result; ``exact`` keeps NaN, None and -0.0 apart, as SQL cannot."""
    exact = to_json([getattr(said, name) for name in EXACT])
    value, low, high, lower, upper = (_real(getattr(said, name)) for name in EXACT)
    return (
        *start, said.name, value, said.unit, low, high, lower, upper,
        said.outcome, int(said.cell), exact,
    )  # fmt: skip


def _real(value: float | None) -> float | None:
    return None if value is None or math.isnan(value) else float(value)


def row_layout(columns: Columns) -> tuple[tuple[str, str, tuple[int, ...]], ...]:
    """Return name, dtype and shape of one row of each column."""
    return tuple((name, a.dtype.str, a.shape[1:]) for name, a in columns.items())


def layout_text(columns: Columns) -> str:
    """Return ``row_layout`` as it is stored. Raises RecordError for a dtype that cannot be kept."""
    return to_json([(n, check_dtype(n, a.dtype), a.shape[1:]) for n, a in columns.items()])


def rows_of(columns: Columns) -> int:
    """Return how many rows a batch has. Raises RecordError where its columns differ in length."""
    lengths = {a.shape[0] if a.shape else -1 for a in columns.values()}
    if len(lengths) > 1 or -1 in lengths:
        named = {name: a.shape for name, a in columns.items()}
        raise RecordError(f"columns of one batch must be equally long arrays, given are {named}")
    return lengths.pop() if lengths else 0


def batch_row(start: Row, unit: int, said: Readings, rows: int, layout: int) -> Row:
    """Return the row of table batch, with every column packed bit for bit."""
    data = b"".join([array.tobytes() for array in said.columns.values()])
    return *start, unit, said.attempt, rows, layout, zlib.crc32(data), data


def reading_rows(start: Row, columns: Columns, rows: int) -> Iterable[Row]:
    """Return the rows of table reading: the standard scalar channels, for SQL to see."""
    wholes = [_column(columns.get(name), "iu", rows) for name in WHOLE_CHANNELS]
    reals = [_column(columns.get(name), "fiu", rows) for name in REAL_CHANNELS]
    return zip([start[0]] * rows, [start[1]] * rows, range(rows), *wholes, *reals, strict=True)


def _column(array: NDArray[Any] | None, kinds: str, rows: int) -> list[Any]:
    if array is None or array.ndim != 1 or array.dtype.kind not in kinds or array.dtype == "<u8":
        return [None] * rows
    values: list[Any] = array.tolist()
    return values


def train_row(start: Row, unit: int, said: Pulses, strokes: Strokes, size: int) -> Row:
    """Return the row of table train. Raises RecordError for a pulse on a cell that is not there."""
    summary = _summary(said.train, strokes, size)
    return *start, unit, said.attempt, *summary, *encode(said.train)


def _summary(train: NDArray[np.void], strokes: Strokes, size: int) -> Row:
    """Return rows, pulses, SETs, RESETs, first and last time (s), largest |amplitude| (V)."""
    if not len(train):
        return 0, 0, 0, 0, None, None, None
    cell, amplitude, count = int(strokes.cells.max()), strokes.amplitude, strokes.pulses
    if cell >= size:
        raise RecordError(f"a pulse on cell {cell}: the array has cells 0 to {size - 1}")
    low, high = float(amplitude.min()), float(amplitude.max())
    pulses = int(count.sum())
    sets = pulses if low > 0.0 else int(count[amplitude > 0.0].sum())
    resets = pulses if high < 0.0 else int(count[amplitude < 0.0].sum())
    times = train["time"]
    return (
        len(train), pulses, sets, resets, float(times[0]), float(times[-1]), max(-low, high),
    )  # fmt: skip
