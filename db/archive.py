"""The record for readers: history, documents, tables and files, each in one line.

``Archive("labcim.sqlite").readings("last")`` is a DataFrame.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import sqlalchemy as sa
from numpy.typing import NDArray

from labcim.documents import Document
from labcim.errors import RecordError
from labcim.record import ExportFormat, HashCheck, ResumeState, RunDetail, RunSummary

from . import frames, history, replay
from .engine import BUSY_TIMEOUT, open_reader
from .export import export
from .trouble import told

if TYPE_CHECKING:
    import pandas as pd


class Archive:
    """Reads a record and can never write it. Every call raises RecordError that says what is wrong.

    target: a path (SQLite) or an SQLAlchemy URL.  ``run`` is a uuid, a unique beginning of one, or
    ``last``. What a run that still goes has committed is seen.
    """

    def __init__(self, target: str | Path, *, busy_timeout: float = BUSY_TIMEOUT) -> None:
        self._database = open_reader(target, busy_timeout=busy_timeout)
        self.name = self._database.name

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()

    def runs(
        self, *, limit: int | None = None, before: str = "", search: str = ""
    ) -> list[RunSummary]:
        """Return the runs, newest first.

        before: a run's whole uuid; only older ones are returned.  search: words that each stand in
        protocol, chip or state, or begin the uuid; capitals and small letters are the same.
        """
        with self._reading() as connection:
            return history.page(connection, limit, before, search.split())

    def run(self, run: str) -> RunDetail:
        """Return one run with its recipe, what it ran on, its units and its results."""
        with self._reading() as connection:
            return history.detail(connection, history.find(connection, run, self.name))

    def resume_state(self, run: str) -> ResumeState:
        """Return what it takes to go on with a run that did not complete."""
        with self._reading() as connection:
            return history.resume_state(connection, history.find(connection, run, self.name))

    def done_rows(self, run: str) -> Mapping[str, NDArray[Any]]:
        """Return what the done units of a run, and of those it resumes, yielded: one array each."""
        with self._reading() as connection:
            return history.done_rows(connection, history.find(connection, run, self.name))

    def documents(self, run: str, start: int = 0) -> Iterator[Document]:
        """Return the documents in their order, bit for bit as they were given.

        start: how many of the first ones are left out, without being read.
        """
        with self._reading() as connection:
            run_id = history.find(connection, run, self.name)
            yield from replay.documents(connection, run_id, start)

    def is_intact(self, run: str) -> bool:
        """Return whether the stored documents have the hash that the run's RunStop states.

        A run that died states none, and is not called intact.
        """
        check = HashCheck()
        for document in self.documents(run):
            check(document)
        return check.intact is True

    def readings(self, run: str) -> "pd.DataFrame":
        """Return the rows that the protocol yielded, one column a channel."""
        return self._frame(run, "readings")

    def pulses(self, run: str) -> "pd.DataFrame":
        """Return every delivered train, one row a cell and train."""
        return self._frame(run, "pulses")

    def results(self, run: str) -> "pd.DataFrame":
        """Return values with interval, limits and outcome."""
        return self._frame(run, "results")

    def events(self, run: str) -> "pd.DataFrame":
        """Return what happened: limits, faults, retries, safety calls, pauses."""
        return self._frame(run, "events")

    def ledger(self, chip: str) -> "pd.DataFrame":
        """Return pulses, SETs, RESETs, largest |V| (V) and stress (V s) of each cell of a chip."""
        with self._reading() as connection:
            try:
                return frames.ledger_frame(connection, chip)
            except KeyError as trouble:
                raise RecordError(
                    f"chip {chip!r:.60} is not in record {self.name}: see labcim list"
                ) from trouble

    def export(self, run: str, folder: str | Path, form: ExportFormat = "csv") -> list[Path]:
        """Write readings, pulses, results and events as files; return their paths."""
        with self._teller(run) as tell:
            return export(tell, Path(folder), form)

    def _frame(self, run: str, table: str) -> "pd.DataFrame":
        with self._teller(run) as tell:
            return frames.whole(frames.TABLES[table](tell))

    @contextmanager
    def _teller(self, run: str) -> Iterator[replay.Teller]:
        with self._reading() as connection:
            yield replay.Teller(connection, history.find(connection, run, self.name))

    @contextmanager
    def _reading(self) -> Iterator[sa.Connection]:
        with told(self.name), self._database.engine.connect() as connection:
            yield connection
