"""The run that is shown: what its documents told so far, as far as it can be drawn.

Rows and pulses wait in a list until ``settle`` puts them away together, so that it costs the same,
and shows the same, in however many documents they came. No locks here: the hub has them.
"""

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labcim.documents import (
    PULSE,
    Attempt,
    Channel,
    Channels,
    Document,
    Pulses,
    Readings,
    Result,
    RunStart,
    RunStop,
    UnitDone,
)

from .cell_table import CellTable, Picture, PulseTable, tells_cells
from .columns import Columns
from .declared import dtypes_of, fitting, plots_of

PULSES = "pulses in this run"
BEFORE = " before this run"
CONDUCTANCE = "conductance"

_MOST_CELLS = 2**22
_MOST_RESULTS = 20_000
_MOST_WAITING = 8192  # rows, or pulses
_LONGEST_WAIT = 0.05  # s, of pulses


@dataclass(frozen=True, slots=True)
class Earlier:
    """What an earlier run found out about the cells of the same array."""

    channel: Channel
    picture: Picture


class ShownRun:
    """One run, or none; ``earlier`` and ``done`` are what it goes on from."""

    def __init__(
        self,
        start: RunStart | None,
        most_rows: int,
        clock: Callable[[], float],
        earlier: Mapping[str, Earlier] | None = None,
        done: set[str] | None = None,
    ) -> None:
        self.start = start
        self.stop: RunStop | None = None
        self.attempt: Attempt | None = None
        self.results: deque[Result] = deque(maxlen=_MOST_RESULTS)
        self.last_pulses: Pulses | None = None
        self.earlier = dict(earlier or {})
        self.done = set(done or ())
        self.documents = self.readings = self.pulse_count = self.not_taken = 0
        self._most_rows = most_rows
        self._clock = clock
        rows, columns = (start.rows, start.columns) if start else (0, 0)
        drawn = rows > 0 and columns > 0 and rows * columns <= _MOST_CELLS
        self.shape = (rows, columns) if drawn else (0, 0)
        self.pulses = PulseTable(*self.shape)
        self._waiting: list[list[NDArray[Any]]] = []
        self._waiting_rows = 0
        self._trains: list[NDArray[np.void]] = []
        self._waiting_pulses = 0
        self._arrived = 0.0
        self._declare(None)

    def follow(self, start: RunStart) -> "ShownRun":
        """Return the run that begins now, with what stays true of this one."""
        if self.start is None or not _same_array(self.start, start):
            return ShownRun(start, self._most_rows, self._clock)
        goes_on = start.resumes == self.start.run
        kept = [n for n in self.map_names if n != PULSES and (goes_on or n == CONDUCTANCE)]
        earlier = {name: Earlier(self.channel(name), self.map(name)) for name in kept}
        done = self.done if goes_on else None
        return ShownRun(start, self._most_rows, self._clock, earlier, done)

    def take(self, document: Document) -> set[str]:
        """Take a document of this run; return what changed at once."""
        if isinstance(document, Readings):
            return self._take_readings(document)
        if isinstance(document, Pulses):
            return self._take_pulses(document)
        self.documents += 1
        match document:
            case Channels():
                changed = self.settle() | {"run", "rows", "map"}
                self._declare(document)
                return changed
            case Attempt():
                self.attempt = document
            case UnitDone():
                self.done.add(document.unit)
            case Result():
                self.results.append(document)
                return {"results"}
            case RunStop():
                self.stop = document
                return {"run", "progress"}
        return {"progress"}

    def settle(self) -> set[str]:
        """Put away what waits; return what changed by it."""
        changed = set()
        if self._waiting:
            waiting, count = self._waiting, self._waiting_rows
            self._waiting, self._waiting_rows = [], 0
            batch = {
                name: np.concatenate([parts[place] for parts in waiting])
                for place, name in enumerate(self.dtypes)
            }
            self.rows.append(batch, count)
            if self.cells is not None:
                self.cells.take(batch)
            changed |= {"rows", "map", "progress"}
        if self._trains:
            train = np.concatenate(self._trains)
            self._trains, self._waiting_pulses = [], 0
            self.pulse_count += int(train["count"].sum(dtype=np.uint64))
            self.pulses.take(train, self._arrived)
            changed |= {"map", "progress"}
        return changed

    def channel(self, name: str) -> Channel:
        """Return what a name stands for; for a name that is not known, one without a unit."""
        plain = name.removesuffix(BEFORE)
        if plain in self.named:
            return self.named[plain]
        if plain in self.earlier:
            return self.earlier[plain].channel
        doc = "pulses given to each cell, as they were recorded" if name == PULSES else ""
        return Channel(name=name, dtype="<f8", doc=doc)

    def map(self, name: str) -> Picture:
        """Return the latest value of each cell, shape (rows, columns), NaN where none is known."""
        if name == PULSES:
            return self.pulses.picture()
        shown = self.cells is not None and name in self.cells.names
        picture = self.cells.picture(name) if self.cells is not None and shown else self._nothing()
        if name in self.earlier:
            np.copyto(picture, self.earlier[name].picture, where=self._unseen(name))
        return picture

    def earlier_cells(self, name: str) -> int:
        """Return of how many cells the map shows what an earlier run found."""
        if name not in self.earlier:
            return 0
        known = np.isfinite(self.earlier[name].picture)
        return int(np.count_nonzero(known & self._unseen(name)))

    def cell(self, cell: int) -> dict[str, float]:
        """Return the latest row of a cell, and its pulses; empty outside the array."""
        if not 0 <= cell < self.shape[0] * self.shape[1]:
            return {}
        found = self.cells.row(cell) if self.cells is not None else {}
        place = divmod(cell, self.shape[1])
        for name, earlier in self.earlier.items():
            value = float(earlier.picture[place])
            if name not in found and np.isfinite(value):
                found[name + BEFORE] = value
        found[PULSES] = float(self.pulses.of(cell))
        return found

    def _nothing(self) -> Picture:
        return np.full(self.shape, np.nan, np.float32)

    def _unseen(self, name: str) -> NDArray[np.bool_]:
        """Return for which cells the present run has told nothing of this name yet."""
        if self.cells is None or name not in self.cells.names:
            return np.ones(self.shape, np.bool_)
        return ~self.cells.seen.reshape(self.shape)

    def _declare(self, channels: Channels | None) -> None:
        self.channels = channels
        declared = channels.channels if channels else ()
        self.dtypes = dtypes_of(declared)
        self.named = {c.name: c for c in declared if c.name in self.dtypes}
        self.plots = plots_of(channels.plots if channels else ())
        self.rows = Columns(self.dtypes, self._most_rows)
        self.cells = CellTable(*self.shape, self.dtypes) if tells_cells(self.dtypes) else None
        self.map_names = self._mappable()

    def _mappable(self) -> tuple[str, ...]:
        if self.shape == (0, 0) or (self.channels is None and not self.earlier):
            return ()  # what is offered first would stay chosen when there is better to see
        told = self.cells.names if self.cells else ()
        wanted = [*(plot.y for plot in self.plots if plot.kind == "map"), CONDUCTANCE]
        shown = [name for name in wanted if name in told or name in self.earlier]
        return tuple(dict.fromkeys([*shown, *self.earlier, PULSES]))

    def _take_readings(self, readings: Readings) -> set[str]:
        self.documents += 1
        columns = readings.columns
        rows = len(next(iter(columns.values()), ()))
        parts = fitting(columns, self.dtypes, rows) if self.dtypes else None
        if parts is None:  # of a run that was joined late, or not as it was declared
            self.not_taken += rows
            return {"progress"}
        self.readings += rows
        if not rows:
            return set()
        self._waiting.append(parts)
        self._waiting_rows += rows
        most = min(_MOST_WAITING, self.rows.capacity)  # a row of text may be many bytes
        return self.settle() if self._waiting_rows > most else set()

    def _take_pulses(self, pulses: Pulses) -> set[str]:
        self.documents += 1
        if not len(pulses.train) or pulses.train.dtype != PULSE or pulses.train.ndim != 1:
            return set()
        now = self._clock()
        # Those that wait are put away with one time of arrival.
        changed = self.settle() if self._trains and now > self._arrived + _LONGEST_WAIT else set()
        if not self._trains:
            self._arrived = now
        self.last_pulses = pulses
        self._trains.append(pulses.train)
        self._waiting_pulses += len(pulses.train)
        return changed | self.settle() if self._waiting_pulses > _MOST_WAITING else changed


def _same_array(one: RunStart, other: RunStart) -> bool:
    return all(
        getattr(one, name) == getattr(other, name)
        for name in ("chip", "rows", "columns", "bench", "mode")
    )
