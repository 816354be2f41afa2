"""The stored documents of a run in their order, bit for bit as they were given."""

import heapq
import json
import math
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from labcim.documents import (
    Attempt,
    Channel,
    Channels,
    Document,
    Event,
    Note,
    Pulses,
    Readings,
    Result,
    RunStart,
    RunStop,
    UnitDone,
)

from . import tables as t
from .packing import Packed, unpack
from .rows import EXACT
from .trains import Encoded, decode

Numbered = tuple[int, Document]
_AT_ONCE = 64
"""Rows fetched at a time: a blob may have megabytes."""


def documents(connection: sa.Connection, run_id: int, start: int = 0) -> Iterator[Document]:
    """Return the documents of a run. Raises RecordError where one of them is damaged.

    A run that died has no RunStop; notes and events that were added later come last.
    start: how many of the first ones are left out; the database does not read them.
    """
    tell = Teller(connection, run_id, start)
    sources = (
        tell.ends(), tell.setups(), tell.attempts(), tell.batches(), tell.trains(), tell.events(),
        tell.results(), tell.units_done(), tell.notes(),
    )  # fmt: skip
    for _, document in heapq.merge(*sources, key=lambda item: item[0]):
        yield document


class Teller:
    """Reads one run's rows from an ordinal on, one kind of document at a time."""

    def __init__(self, connection: sa.Connection, run_id: int, start: int = 0) -> None:
        self._connection = connection
        self._run_id = run_id
        self._from = start
        uuid = sa.select(t.run.c.uuid).where(t.run.c.id == run_id)
        self.uuid: str = connection.execute(uuid).scalar_one()
        units = sa.select(t.unit.c.position, t.unit.c.key).where(t.unit.c.run_id == run_id)
        rows = connection.execute(units.order_by(t.unit.c.position))
        self.units: dict[int, str] = {row.position: row.key for row in rows}

    def _rows(self, table: sa.Table, order: sa.Column[Any] | None = None) -> Iterator[Any]:
        by = table.c.ordinal if order is None else order
        select = sa.select(table).where(table.c.run_id == self._run_id, by >= self._from)
        ordered = select.order_by(by).execution_options(yield_per=_AT_ONCE)
        return iter(self._connection.execute(ordered))

    def _said(self, row: Any, start: str = "") -> dict[str, Any]:
        """Return what every document has; ``start`` is the beginning of its columns' names."""
        times = (getattr(row, f"{start}bench_time"), getattr(row, f"{start}wall_time"))
        bench_time, wall_time = (math.nan if value is None else value for value in times)
        return {"run": self.uuid, "bench_time": bench_time, "wall_time": wall_time}

    def ends(self) -> Iterator[Numbered]:
        """Return RunStart, and RunStop where there is one."""
        select = (
            sa.select(
                t.run, t.array.c.chip, t.array.c.rows, t.array.c.columns,
                t.operator.c.name.label("operator"), t.station.c.name.label("station"),
            )
            .join(t.array, t.array.c.id == t.run.c.array_id)
            .join(t.operator, t.operator.c.id == t.run.c.operator_id)
            .join(t.station, t.station.c.id == t.run.c.station_id)
            .where(t.run.c.id == self._run_id)
        )  # fmt: skip
        row = self._connection.execute(select).one()
        if self._from <= 0:
            yield 0, self._start(row)
        if row.stop_ordinal is not None and row.stop_ordinal >= self._from:
            modelled = math.nan if row.modelled_time is None else row.modelled_time
            yield row.stop_ordinal, RunStop(
                **self._said(row, "stop_"), state=row.state, reason=row.reason, hash=row.hash,
                units_done=row.units_done, pulses=row.pulses, readings=row.readings,
                safe=row.safe, modelled_time=modelled,
            )  # fmt: skip

    def _start(self, row: Any) -> RunStart:
        roles = (
            sa.select(t.run_instrument.c.role, t.instrument.c.identity)
            .join(t.instrument, t.instrument.c.id == t.run_instrument.c.instrument_id)
            .where(t.run_instrument.c.run_id == self._run_id)
            .order_by(t.run_instrument.c.position)
        )
        units = (
            sa.select(t.unit.c.key)
            .where(t.unit.c.run_id == self._run_id, t.unit.c.listed)
            .order_by(t.unit.c.position)
        )
        return RunStart(
            **self._said(row, "start_"), protocol=row.protocol, recipe=row.recipe,
            recipe_hash=row.recipe_hash, chip=row.chip, rows=row.rows, columns=row.columns,
            bench=row.bench, mode=row.mode, operator=row.operator, station=row.station,
            versions=json.loads(row.versions), resumes=row.resumes, version=row.version,
            units=tuple(self._connection.execute(units).scalars()),
            instruments={row.role: row.identity for row in self._connection.execute(roles)},
        )  # fmt: skip

    def setups(self) -> Iterator[tuple[int, Channels]]:
        """Return Channels."""
        for row in self._rows(t.setup):
            c = t.channel.c
            select = sa.select(t.channel).where(c.run_id == self._run_id, c.setup == row.ordinal)
            channels = tuple(
                Channel(
                    name=it.name, dtype=it.dtype, unit=it.unit, doc=it.doc,
                    shape=tuple(json.loads(it.shape)),
                )
                for it in self._connection.execute(select.order_by(c.position))
            )  # fmt: skip
            yield row.ordinal, Channels(
                **self._said(row), channels=channels, settings=json.loads(row.settings),
                plots=tuple(json.loads(row.plots)),
            )  # fmt: skip

    def attempts(self) -> Iterator[tuple[int, Attempt]]:
        """Return Attempt."""
        for row in self._rows(t.attempt):
            packed = Packed(row.cells_layout, row.cells_crc32, row.cells)
            cells = unpack(packed, f"attempt {row.number} of unit {self.units[row.unit]}")["cells"]
            yield row.ordinal, Attempt(
                **self._said(row), unit=self.units[row.unit], number=row.number, cells=cells,
                bound=row.bound,
            )  # fmt: skip

    def batches(self) -> Iterator[tuple[int, Readings]]:
        """Return Readings."""
        select = sa.select(t.layout.c.number, t.layout.c.columns)
        mine = select.where(t.layout.c.run_id == self._run_id)
        layouts = {row.number: row.columns for row in self._connection.execute(mine)}
        for row in self._rows(t.batch):
            what = f"batch {row.ordinal} of run {self.uuid}"
            packed = Packed(layouts[row.layout], row.crc32, row.data)
            yield row.ordinal, Readings(
                **self._said(row), unit=self.units[row.unit], attempt=row.attempt,
                columns=unpack(packed, what, row.rows),
            )  # fmt: skip

    def trains(self) -> Iterator[tuple[int, Pulses]]:
        """Return Pulses."""
        for row in self._rows(t.train):
            stored = Encoded(row.codec, row.crc32, row.data)
            yield row.ordinal, Pulses(
                **self._said(row), unit=self.units[row.unit], attempt=row.attempt,
                train=decode(row.rows, stored, f"train {row.ordinal} of run {self.uuid}"),
            )  # fmt: skip

    def events(self) -> Iterator[tuple[int, Event]]:
        """Return Event."""
        for row in self._rows(t.event):
            yield row.ordinal, Event(
                **self._said(row), kind=row.kind, message=row.message, level=row.level,
                data=json.loads(row.data),
            )  # fmt: skip

    def results(self) -> Iterator[tuple[int, Result]]:
        """Return Result."""
        for row in self._rows(t.result):
            exact = dict(zip(EXACT, json.loads(row.exact), strict=True))
            yield row.ordinal, Result(
                **self._said(row), name=row.name, unit=row.unit, outcome=row.outcome,
                cell=row.cell, **exact,
            )  # fmt: skip

    def units_done(self) -> Iterator[tuple[int, UnitDone]]:
        """Return UnitDone."""
        for row in self._rows(t.attempt, t.attempt.c.done_ordinal):
            key = self.units[row.unit]
            packed = Packed(row.carry_layout, row.carry_crc32, row.carry)
            yield row.done_ordinal, UnitDone(
                **self._said(row, "done_"), unit=key, attempt=row.number,
                carry=unpack(packed, f"carry of unit {key}"),
            )  # fmt: skip

    def notes(self) -> Iterator[tuple[int, Note]]:
        """Return Note."""
        for row in self._rows(t.note):
            yield row.ordinal, Note(**self._said(row), text=row.text, author=row.author)
