"""Where the documents of a run become what a window can look at; it knows nothing of windows.

Any thread hands documents in, and returns at once. The record keeps everything; what is kept here
for display is bounded, and what is let go is counted.
"""

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labcim.documents import (
    Attempt,
    Channel,
    Channels,
    Document,
    Pulses,
    Readings,
    Result,
    RunStart,
    RunStop,
)
from labcim.plots import PlotSpec

from .cell_table import Picture
from .log_lines import LogLine, LogLines
from .shown_run import CONDUCTANCE, ShownRun
from .telling import Teller

_ALL = frozenset({"run", "rows", "map", "log", "results", "progress"})


@dataclass(frozen=True, slots=True)
class Counts:
    """What came in the present run. dropped: rows that are on record but not kept for display.

    units_done: also those of the run that this one resumes, where that one was shown before.
    """

    documents: int = 0
    readings: int = 0
    pulses: int = 0
    units_done: int = 0
    units: int = 0
    dropped: int = 0


@dataclass(frozen=True, slots=True)
class Stimulus:
    """The latest pulse: amplitude and gate in V, peak current in A, Unix time in s."""

    amplitude: float
    gate: float
    peak_current: float
    wall_time: float


@dataclass(frozen=True, slots=True)
class Drawable:
    """Rows and channels that belong together, for ``labcim.plotted``; shape: of the array."""

    rows: Mapping[str, NDArray[Any]]
    channels: Mapping[str, Channel]
    shape: tuple[int, int]


class Hub:
    """A sink for the documents of one run after the other; the latest run is what is shown.

    A run on the same chip goes on showing the conductances of the one before it, until its own
    rows replace them; a run that resumes the one shown goes on with all its maps.
    rows, lines: how many of the newest are kept.  clock: any steady clock, s.
    """

    def __init__(
        self, rows: int = 200_000, lines: int = 5000, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.resets = 0
        self._lock = threading.Lock()
        self._most_rows = rows
        self._clock = clock
        self._log = LogLines(lines)
        self._changed = set(_ALL)
        self._run = ShownRun(None, rows, clock)
        self._teller = Teller()
        self._strange_rows = 0

    def __call__(self, document: Document) -> None:
        """Take one document."""
        with self._lock:
            if isinstance(document, RunStart):
                self._run.settle()
                self._run = self._run.follow(document)
                self._strange_rows = 0
                self._changed |= _ALL
            start = self._run.start
            if start is not None and start.run == document.run:
                self._changed |= self._run.take(document)
            elif isinstance(document, Readings):  # of a run that was joined late
                self._strange_rows += len(next(iter(document.columns.values()), ()))
            if isinstance(document, Readings | Pulses):
                return
            told = self._teller(document)
            if told is not None:
                self._log.add(document.wall_time, *told)
                self._changed.add("log")

    def reset(self) -> None:
        """Forget everything, the log too, whose numbers go on. ``resets`` counts this."""
        with self._lock:
            self._run = ShownRun(None, self._most_rows, self._clock)
            self._teller = Teller()
            self._strange_rows = 0
            self._log.clear()
            self.resets += 1
            self._changed |= _ALL

    def look(self) -> frozenset[str]:
        """Return what has changed since the last look: run, rows, map, log, results, progress."""
        with self._lock:
            self._settle()
            changed = frozenset(self._changed)
            self._changed.clear()
            return changed

    @property
    def start(self) -> RunStart | None:
        """Return the RunStart of the run that is shown."""
        return self._run.start

    @property
    def channels(self) -> Channels | None:
        """Return the Channels of the run that is shown."""
        return self._run.channels

    @property
    def stop(self) -> RunStop | None:
        """Return the RunStop of the run that is shown, once it has ended."""
        return self._run.stop

    @property
    def attempt(self) -> Attempt | None:
        """Return the latest Attempt: what is being done at present."""
        return self._run.attempt

    @property
    def cut_off(self) -> Attempt | None:
        """Return the attempt in the middle of which the run ended, if it did."""
        run = self._run
        if run.stop is None or run.attempt is None or run.attempt.unit in run.done:
            return None
        return run.attempt

    @property
    def plots(self) -> tuple[PlotSpec, ...]:
        """Return the plots that the protocol declares."""
        return self._run.plots

    @property
    def map_names(self) -> tuple[str, ...]:
        """Return what a map can show, the declared plots first."""
        return self._run.map_names

    def channel(self, name: str) -> Channel:
        """Return what a name stands for that a map, a cell or the rows have."""
        with self._lock:
            return self._run.channel(name)

    def rows(self, names: Iterable[str] | None = None) -> dict[str, NDArray[Any]]:
        """Return the newest rows, oldest first: equally long, read-only, never changed later.

        names: only these channels. Channels that the run does not have are left out.
        """
        with self._lock:
            run = self._settle()
            wanted = run.dtypes if names is None else [n for n in names if n in run.dtypes]
            return run.rows.newest(wanted)

    def drawable(self, spec: PlotSpec) -> Drawable | None:
        """Return rows and channels for a plot; None where the run has not what it needs.

        Another run may begin at any time: these rows and channels are those of one run.
        """
        with self._lock:
            run = self._settle()
            if not spec.needs <= set(run.dtypes):
                return None
            return Drawable(run.rows.newest(run.dtypes), dict(run.named), run.shape)

    def map(self, name: str) -> Picture:
        """Return the latest value of each cell, shape (rows, columns), NaN where none is known.

        For a name that the present run does not have all is NaN: it may have begun just now.
        """
        with self._lock:
            return self._settle().map(name)

    def earlier_cells(self, name: str = CONDUCTANCE) -> int:
        """Return of how many cells the map shows what an earlier run found."""
        with self._lock:
            return self._settle().earlier_cells(name)

    def cell(self, cell: int) -> dict[str, float]:
        """Return the latest row of a cell, and its pulses; empty outside the array.

        What only an earlier run found out has " before this run" in its name.
        """
        with self._lock:
            return self._settle().cell(cell)

    def recently_pulsed(self, since: float = 0.5) -> NDArray[np.uint32]:
        """Return the cells of which a pulse became known within the last ``since`` s, sorted."""
        with self._lock:
            return self._settle().pulses.after(self._clock() - since)

    @property
    def last_stimulus(self) -> Stimulus | None:
        """Return the latest pulse of the run that is shown."""
        pulses = self._run.last_pulses
        if pulses is None:
            return None
        last = pulses.train[-1]
        return Stimulus(
            float(last["amplitude"]),
            float(last["gate"]),
            float(last["peak_current"]),
            pulses.wall_time,
        )

    def log(self) -> list[LogLine]:
        """Return the lines that are kept, oldest first."""
        with self._lock:
            return list(self._log)

    def new_log(self, after: int) -> tuple[list[LogLine], int]:
        """Return the lines after line ``after``, and the number to ask with next."""
        with self._lock:
            return self._log.after(after), self._log.last

    def results(self) -> list[Result]:
        """Return the results of the run; of very many the newest 20,000."""
        with self._lock:
            return list(self._run.results)

    @property
    def counts(self) -> Counts:
        """Return what came in, in numbers."""
        with self._lock:
            run = self._settle()
            return Counts(
                documents=run.documents,
                readings=run.readings,
                pulses=run.pulse_count,
                units_done=len(run.done),
                units=len(run.start.units) if run.start else 0,
                dropped=run.not_taken + run.rows.gone + self._strange_rows,
            )

    def _settle(self) -> ShownRun:
        self._changed |= self._run.settle()
        return self._run
