"""The record from Python: what was run, and everything of it into pandas in one line."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from labcim.db.archive import Archive
from labcim.db.store import Store
from labcim.documents import RunStop
from labcim.record import RunDetail
from labcim.result_text import plain_unit, result_row

from .report import Report

if TYPE_CHECKING:
    import pandas as pd


def open_record(record: str | Path = "labcim.sqlite") -> Archive:
    """Open a record for reading. Raises RecordError where there is none, or one that is newer."""
    return Archive(record)


def open_store(record: str | Path) -> Store:
    """Open a record for writing; it is a context. Raises RecordError."""
    return Store(record)


def write_report(record: str | Path, run: str, path: Path) -> Path:
    """Write the report of a run on record. Raises RecordError."""
    with open_record(record) as kept:
        return Report.of(kept.documents(run)).write(path)


class RunView:
    """One finished run, read back from its record."""

    def __init__(self, record: str | Path, stop: RunStop) -> None:
        self.record = record
        self.stop = stop
        self._detail: RunDetail | None = None

    @property
    def run(self) -> str:
        """Return the run's identifier."""
        return self.stop.run

    @property
    def protocol(self) -> str:
        """Return the name of the protocol."""
        return self.detail().summary.protocol

    @property
    def chip(self) -> str:
        """Return the identity of the chip."""
        return self.detail().summary.chip

    def detail(self) -> RunDetail:
        """Return recipe, units and results; they are final, so that they are read once."""
        if self._detail is None:
            with open_record(self.record) as kept:
                self._detail = kept.run(self.run)
        return self._detail

    def readings(self) -> "pd.DataFrame":
        """Return the rows that the protocol yielded."""
        with open_record(self.record) as kept:
            return kept.readings(self.run)

    def pulses(self) -> "pd.DataFrame":
        """Return every delivered train."""
        with open_record(self.record) as kept:
            return kept.pulses(self.run)

    def results(self) -> "pd.DataFrame":
        """Return the results with intervals, limits and outcomes."""
        with open_record(self.record) as kept:
            return kept.results(self.run)

    @property
    def outcome(self) -> str:
        """Return PASS, FAIL, ABORTED or ERROR; NONE where nothing had limits."""
        return self.detail().summary.outcome

    def outcomes(self) -> "pd.Series[Any]":
        """Return what became of each cell, by cell: PASS, FAIL, ABORTED, ERROR or NONE."""
        from .outcomes import cell_outcomes

        with open_record(self.record) as kept:
            return cell_outcomes(kept.documents(self.run))

    def report(self, path: str | Path) -> Path:
        """Write the report."""
        return write_report(self.record, self.run, Path(path))

    def failed_limits(self) -> list[str]:
        """Return the names of the results that are outside their limits, or that have no value."""
        return [r.name for r in self.detail().results if r.outcome in ("FAIL", "ERROR")]

    def result_rows(self) -> list[tuple[str, str, str, str, str]]:
        """Return name, value, interval, limits and verdict of every result of the array."""
        return [result_row(result) for result in self.detail().results if result.cell < 0]

    def as_dict(self) -> dict[str, Any]:
        """Return what a script wants to know."""
        stop, detail = self.stop, self.detail()
        return {
            "run": stop.run,
            "protocol": detail.summary.protocol,
            "state": stop.state,
            "reason": stop.reason,
            "safe": stop.safe,
            "hash": stop.hash,
            "pulses": stop.pulses,
            "readings": stop.readings,
            "units_done": stop.units_done,
            "modelled_time": stop.modelled_time,
            "results": [
                {"name": r.name, "value": r.value, "unit": plain_unit(r.unit), "outcome": r.outcome}
                for r in detail.results
                if r.cell < 0
            ],
            "record": str(self.record),
        }

    def _repr_html_(self) -> str:
        rows = "".join(
            "<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>"
            for row in self.result_rows()
        )
        return f"<p>{self.protocol}: {self.stop.state}</p><table>{rows}</table>"
