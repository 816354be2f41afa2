"""The required sink: when a call returns, what had to be durable is on the disk.

An attempt, the end of a unit, start and stop of a run are committed at once; readings and trains
wait at most half a second for each other, so that thousands of small ones share one commit.
"""

import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from labcim.documents import (
    Attempt,
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
from labcim.errors import RecordError

from . import ledger, lifecycle, rows, spine
from . import tables as t
from .engine import BUSY_TIMEOUT, open_writer
from .packing import pack
from .pending import Pending
from .trains import check_train
from .trouble import told

log = logging.getLogger(__name__)

COMMIT_EVERY = 0.5
"""Longest that a reading or a train waits for its commit, in s."""

_MOST_ROWS = 20_000
_MOST_BYTES = 8 << 20


class Store:
    """Takes documents and keeps them. Use it as a sink, and as a context manager.

    target: a path (SQLite) or an SQLAlchemy URL.  busy_timeout: how long a locked file is waited
    for, in s.  Raises RecordError, from any call, that says what is wrong; nothing is lost then
    that was committed, and what waits is tried again with the next call.
    """

    def __init__(
        self,
        target: str | Path,
        *,
        busy_timeout: float = BUSY_TIMEOUT,
        commit_every: float = COMMIT_EVERY,
    ) -> None:
        self._database = open_writer(target, busy_timeout=busy_timeout)
        self.name = self._database.name
        self._every = commit_every
        self._lock = threading.RLock()
        self._runs: dict[str, lifecycle.OpenRun] = {}
        self._pending = Pending(self._database.engine)
        self._oldest = 0.0
        self._closed = False
        self._take: dict[type[Document], Callable[[Any, lifecycle.OpenRun], None]] = {
            Channels: self._channels, Attempt: self._attempt, Readings: self._readings,
            Pulses: self._pulses, Event: self._event, Result: self._result,
            UnitDone: self._unit_done, Note: self._note,
        }  # fmt: skip
        try:
            with told(self.name), self._database.engine.begin() as connection:
                lifecycle.mark_dead(connection)
        except RecordError:
            self._database.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            self.close()
        except RecordError as trouble:
            if error is None:
                raise
            log.error("%s", trouble)  # what ended the block is the news

    def __call__(self, document: Document) -> None:
        """Take one document. Raises RecordError where it cannot be kept."""
        with self._lock:
            if self._closed:
                raise RecordError(f"record {self.name} is closed")
            match document:
                case RunStart():
                    self._start(document)
                case RunStop():
                    self._stop(document)
                case Event(run=""):  # something happened while no run was on
                    self._pending.add(
                        t.event, (None, *rows.event_row(rows.head(0, 0, document), document)[1:])
                    )
                    self.flush()
                case _:
                    self._small(document)

    def _small(self, document: Document) -> None:
        self._wait_from_now()
        run = self._run(document)
        self._take[type(document)](document, run)
        run.ordinal += 1  # only now: what was refused leaves no gap
        self._commit_if_due(at_once=isinstance(document, Attempt | UnitDone))

    def _wait_from_now(self) -> None:
        if not self._pending.rows:
            self._oldest = time.monotonic()

    def _commit_if_due(self, *, at_once: bool = False) -> None:
        large = self._pending.bytes >= _MOST_BYTES or self._pending.rows >= _MOST_ROWS
        if at_once or large or time.monotonic() - self._oldest >= self._every:
            self.flush()

    def flush(self) -> None:
        """Commit everything that was taken: rows and counts, or nothing of it."""
        with self._lock:
            if not self._pending.rows:
                return
            with told(self.name), self._database.engine.begin() as connection:
                self._pending.write(connection)
                for run in self._runs.values():
                    lifecycle.write_progress(connection, run)
            self._pending.clear()

    def heartbeat(self) -> None:
        """Say that the present runs are alive, and commit what waits. Any thread may call it."""
        with self._lock:
            self.flush()
            if self._runs:
                with told(self.name), self._database.engine.begin() as connection:
                    lifecycle.write_heartbeats(connection, list(self._runs.values()))

    def close(self) -> None:
        """Commit, mark runs that had no RunStop as interrupted, and let go of the file."""
        with self._lock:
            if self._closed:
                return
            try:
                self.flush()
                if self._runs:
                    with told(self.name), self._database.engine.begin() as connection:
                        for run in self._runs.values():
                            lifecycle.interrupt(connection, run.id, "the record was closed")
            finally:
                self._closed = True
                self._database.close()

    def place_chip(self, chip: str, lot: str, wafer: str, x: int, y: int) -> None:
        """Say from which lot, wafer and die (x, y) a chip comes, once it is on record."""
        with self._lock, told(self.name), self._database.engine.begin() as connection:
            spine.place(connection, chip, lot, wafer, x, y)

    def traffic(self, run: str, role: str, direction: str, data: bytes, wall_time: float) -> None:
        """Keep one message of the wire; direction is ``sent`` or ``received``."""
        with self._lock:
            row = (self._find(run).id if run else None, wall_time, role, direction, data)
            self._wait_from_now()
            self._pending.add(t.traffic, row, len(data))
            self._commit_if_due()

    def _start(self, document: RunStart) -> None:
        self.flush()
        with told(self.name), self._database.engine.begin() as connection:
            run = lifecycle.start(connection, document)
        self._runs[document.run] = run

    def _stop(self, document: RunStop) -> None:
        run = self._run(document)
        self.flush()
        with told(self.name), self._database.engine.begin() as connection:
            lifecycle.stop(connection, run, document)
        del self._runs[document.run]

    def _run(self, document: Document) -> lifecycle.OpenRun:
        run = self._runs.get(document.run)
        if run is None and isinstance(document, Note | Event):
            run = self._find(document.run)
        if run is None:
            kind = type(document).__name__
            raise RecordError(f"{kind} for run {document.run:.40}, which was not started here")
        return run

    def _find(self, uuid: str) -> lifecycle.OpenRun:
        if uuid in self._runs:
            return self._runs[uuid]
        self.flush()
        with told(self.name), self._database.engine.begin() as connection:
            return lifecycle.find(connection, uuid)

    def _unit(self, run: lifecycle.OpenRun, key: str) -> int:
        """Return the position of a unit; one that the recipe did not list is added."""
        position = run.units.get(key)
        if position is None:
            position = len(run.units)
            self._pending.add(t.unit, (run.id, position, key, False))
            run.units[key] = position
        return position

    def _channels(self, document: Channels, run: lifecycle.OpenRun) -> None:
        start = rows.head(run.id, run.next, document)
        channels = rows.channel_rows(start, document)
        self._pending.add(t.setup, rows.setup_row(start, document))
        for row in channels:
            self._pending.add(t.channel, row)

    def _attempt(self, document: Attempt, run: lifecycle.OpenRun) -> None:
        unit = self._unit(run, document.unit)
        if (unit, document.number) in run.attempts:
            raise RecordError(f"attempt {document.number} of unit {document.unit} is on record")
        row = rows.attempt_row(rows.head(run.id, run.next, document), unit, document)
        self._pending.add(t.attempt, row, document.cells.nbytes)
        run.attempts.add((unit, document.number))

    def _unit_done(self, document: UnitDone, run: lifecycle.OpenRun) -> None:
        unit = self._unit(run, document.unit)
        if (unit, document.attempt) not in run.attempts:
            raise RecordError(f"unit {document.unit} is done without attempt {document.attempt}")
        carry = pack(document.carry)
        _, ordinal, bench_time, wall_time = rows.head(run.id, run.next, document)
        self._pending.finish(
            of_run=run.id, of_unit=unit, of_number=document.attempt, new_ordinal=ordinal,
            new_bench_time=bench_time, new_wall_time=wall_time, new_layout=carry.layout,
            new_crc32=carry.crc32, new_data=carry.data,
        )  # fmt: skip
        run.units_done += 1

    def _readings(self, document: Readings, run: lifecycle.OpenRun) -> None:
        count = rows.rows_of(document.columns)
        shape = rows.row_layout(document.columns)
        layout = run.layouts.get(shape)
        if layout is None:
            layout = len(run.layouts)
            self._pending.add(t.layout, (run.id, layout, rows.layout_text(document.columns)))
            run.layouts[shape] = layout
        start = rows.head(run.id, run.next, document)
        row = rows.batch_row(start, self._unit(run, document.unit), document, count, layout)
        self._pending.add(t.batch, row, len(row[-1]))
        self._pending.extend(t.reading, rows.reading_rows(start, document.columns, count), count)
        run.readings += count

    def _pulses(self, document: Pulses, run: lifecycle.OpenRun) -> None:
        check_train(document.train)
        strokes = ledger.strokes(document.train)
        start = rows.head(run.id, run.next, document)
        unit = self._unit(run, document.unit)
        row = rows.train_row(start, unit, document, strokes, run.size)
        self._pending.add(t.train, row, len(row[-1]))
        run.behind += len(document.train) + ledger.TRAIN
        run.pulses += int(strokes.pulses.sum())

    def _event(self, document: Event, run: lifecycle.OpenRun) -> None:
        row = rows.event_row(rows.head(run.id, run.next, document), document)
        self._pending.add(t.event, row)

    def _note(self, document: Note, run: lifecycle.OpenRun) -> None:
        row = rows.note_row(rows.head(run.id, run.next, document), document)
        self._pending.add(t.note, row)

    def _result(self, document: Result, run: lifecycle.OpenRun) -> None:
        row = rows.result_row(rows.head(run.id, run.next, document), document)
        number = int(document.cell)
        if 0 <= number < run.size and number not in run.cells:
            place = divmod(number, run.columns)
            self._pending.add(t.cell, (run.array_id, number, *place))
            run.cells.add(number)
        self._pending.add(t.result, row)
        run.outcomes.add(document.outcome)
