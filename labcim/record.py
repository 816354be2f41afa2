"""The record as the front door, resume and the dashboard see it, whatever keeps it.

A wing that needs the past asks for these; the front door hands them the database's.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from .documents import Document, Outcome, Result, RunHash, RunStop, State

if TYPE_CHECKING:
    import pandas as pd

RunState = State | Literal["planned", "running"]
AttemptState = Literal["open", "done", "indeterminate"]
ExportFormat = Literal["csv", "parquet"]
Carry = Mapping[str, NDArray[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSummary:
    """One line of the list of runs. started, stopped, heartbeat: Unix time in s, UTC."""

    run: str
    protocol: str
    state: RunState
    outcome: Outcome
    reason: str
    chip: str
    rows: int
    columns: int
    bench: str
    mode: str
    operator: str
    station: str
    started: float
    stopped: float | None
    heartbeat: float
    units: int
    units_done: int
    pulses: int
    readings: int
    resumes: str
    recipe_hash: str
    hash: str
    safe: bool | None
    modelled_time: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitSummary:
    """A unit of work: how often it was attempted, and how the last attempt stands."""

    key: str
    attempts: int
    state: AttemptState | Literal["waiting"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunDetail:
    """A run with its recipe, what it ran on, its units and its results."""

    summary: RunSummary
    recipe: str
    versions: Mapping[str, str]
    instruments: Mapping[str, str]
    units: tuple[UnitSummary, ...]
    results: tuple[Result, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAttempt:
    """An attempt that was cut off: up to ``bound`` pulses a cell may be missing on the record."""

    run: str
    unit: str
    number: int
    cells: NDArray[np.uint32]
    bound: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ResumeState:
    """What it takes to go on with a run that did not complete.

    run: the newest run of the chain, which the next one resumes.  done: carry of every unit that
    is done, in the order in which they were done.  indeterminate: attempts at the other units.
    next_attempt: number of the next attempt for each unit that is not done, in recipe order.
    given: pulses on record of those attempts, the most that any cell of the unit got.
    """

    run: str
    protocol: str
    recipe: str
    recipe_hash: str
    chip: str
    done: Mapping[str, Carry] = field(default_factory=dict)
    indeterminate: tuple[OpenAttempt, ...] = ()
    next_attempt: Mapping[str, int] = field(default_factory=dict)
    given: Mapping[str, int] = field(default_factory=dict)


class HashCheck:
    """A sink that compares the documents of a run with the hash that their RunStop states."""

    def __init__(self) -> None:
        self.documents = 0
        self.stop: RunStop | None = None
        self._found = RunHash()

    def __call__(self, document: Document) -> None:
        """Take one document."""
        self.documents += 1
        self._found.update(document)
        if isinstance(document, RunStop):
            self.stop = document

    @property
    def found(self) -> str:
        """Return the hash of what was taken."""
        return self._found.hexdigest()

    @property
    def intact(self) -> bool | None:
        """Return whether the hashes are the same; None where no RunStop states one."""
        return None if self.stop is None else self.stop.hash == self.found

    def __str__(self) -> str:
        told = f"{self.documents:,} documents"
        if self.stop is None:
            return f"{told}; the run never stopped, so that no hash stands at its end to compare"
        if self.intact:
            return f"{told}; their hash {self.found[:12]} is the one that the end of the run states"
        return (
            f"{told}; their hash {self.found[:12]} is not {self.stop.hash[:12]!r}, which the end "
            "of the run states: the record was changed or is damaged"
        )


@runtime_checkable
class RecordWriter(Protocol):
    """A required sink: when a call returns, what had to be durable is; else RecordError."""

    def __call__(self, document: Document) -> None:
        """Take one document."""

    def heartbeat(self) -> None:
        """Say that the present runs are alive; commit what has waited long enough."""

    def flush(self) -> None:
        """Commit everything that was taken."""

    def close(self) -> None:
        """Commit, mark runs that had no RunStop as interrupted, and let go of the file."""


@runtime_checkable
class RunHistory(Protocol):
    """What was run before. ``run`` is a uuid, a unique beginning of one, or ``last``.

    Every call raises RecordError that says what is wrong.
    """

    def close(self) -> None:
        """Let go of the record."""

    def runs(
        self, *, limit: int | None = None, before: str = "", search: str = ""
    ) -> list[RunSummary]:
        """Return the runs, newest first.

        before: a run's whole uuid; only older ones are returned.  search: words that each stand in
        protocol, chip or state, or begin the uuid; capitals and small letters are the same.
        """

    def run(self, run: str) -> RunDetail:
        """Return one run. Raises RecordError where no or more than one run fits."""

    def documents(self, run: str, start: int = 0) -> Iterator[Document]:
        """Return the documents in their order, bit for bit as they were given.

        start: how many of the first ones are left out, without being read.
        """

    def resume_state(self, run: str) -> ResumeState:
        """Return what it takes to go on. Raises RecordError where the run is still alive."""

    def ledger(self, chip: str) -> "pd.DataFrame":
        """Return pulses, SETs, RESETs, largest |V| and stress (V s) of each cell of a chip."""


@runtime_checkable
class RecordReader(Protocol):
    """The stored documents and tables of a run; units stand in ``frame.attrs["units"]``."""

    def documents(self, run: str, start: int = 0) -> Iterator[Document]:
        """Return the documents in their order, bit for bit as they were given.

        start: how many of the first ones are left out, without being read.
        """

    def readings(self, run: str) -> "pd.DataFrame":
        """Return the rows that the protocol yielded, one column a channel."""

    def pulses(self, run: str) -> "pd.DataFrame":
        """Return every delivered train, one row a cell and train."""

    def results(self, run: str) -> "pd.DataFrame":
        """Return values with interval, limits and outcome."""

    def events(self, run: str) -> "pd.DataFrame":
        """Return what happened: limits, faults, retries, safety calls, pauses."""

    def export(self, run: str, folder: str | Path, form: ExportFormat = "csv") -> list[Path]:
        """Write readings, pulses, results and events as files; return their paths."""
