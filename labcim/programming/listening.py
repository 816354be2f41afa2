"""Listening to cells: how much each one's readings scatter, many cells at once."""

from collections.abc import Generator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from labcim.analysis.noise_sources import noise_sources, spread_interval
from labcim.analysis.pickup import remove_pickup
from labcim.capabilities import CellIndices, Cells, Floats
from labcim.protocol import Progress

from .cell_selection import places

_FEWEST = 64  # good readings from which on a scatter is told


@dataclass(frozen=True, slots=True)
class Ear:
    """How cells are recorded: V, V, Hz; readings of each cell; samples averaged into one."""

    voltage: float
    gate: float
    rate: float
    count: int
    averages: int

    @property
    def seconds(self) -> float:
        """Return how long a record takes."""
        return self.count / self.rate


@dataclass(frozen=True, slots=True)
class Heard:
    """What cells' records say; NaN for a cell that was hardly ever in range. All (cells,).

    mean: S.  sigma, low, high: standard deviation over the mean, pickup taken out, with its 95 %
    interval.  flagged: samples.  readings: S, (count, cells).
    """

    mean: Floats
    sigma: Floats
    low: Floats
    high: Floats
    flagged: NDArray[np.uint32]
    readings: Floats = field(repr=False)

    @classmethod
    def nothing(cls, cells: int, count: int) -> "Heard":
        """Return what is known before anything was heard."""
        mean, sigma, low, high = (np.full(cells, np.nan) for _ in range(4))
        flagged = np.zeros(cells, np.uint32)
        return cls(mean, sigma, low, high, flagged, np.full((count, cells), np.nan))

    def put(
        self, at: NDArray[np.intp], readings: Floats, flagged: NDArray[np.int64], rate: float
    ) -> None:
        """Judge the records of the cells at positions ``at``; readings: S, (count, at)."""
        self.readings[:, at] = readings
        self.flagged[at] += flagged.astype(np.uint32)
        for place, series in zip(at, readings.T, strict=True):
            known = series[np.isfinite(series)]
            if len(known) < _FEWEST or not known.mean() > 0.0:
                continue
            mean = known.mean()
            self.mean[place] = mean
            cleaned = remove_pickup(np.where(np.isfinite(series), series, mean), rate).values
            found = spread_interval(cleaned) if np.ptp(cleaned) > 0.0 else None
            scatter = (found.value, found.low, found.high) if found else (0.0, 0.0, 0.0)
            self.sigma[place], self.low[place], self.high[place] = np.array(scatter) / mean

    def telegraph_share(self, place: int, rate: float, traps: int) -> float:
        """Return which share of a cell's variance ``traps`` traps at most explain, or NaN."""
        if not self.sigma[place] > 0.0:
            return float("nan")
        return noise_sources(self.readings[:, place], rate, most_traps=traps).telegraph_share


def listen(given: Cells, cells: CellIndices, ear: Ear) -> Generator[Progress, None, Heard]:
    """Record cells, all those of a gate line together; return what was heard, in their order."""
    heard = Heard.nothing(len(cells), ear.count)
    for done, at in _lines(given, cells):
        yield Progress(done / max(len(cells), 1), f"listening to {len(cells)} cells")
        samples = given.record(
            cells[at],
            ear.voltage,
            rate=ear.rate * ear.averages,
            count=ear.count * ear.averages,
            gate=ear.gate,
        )
        table = samples.reshape(ear.count, ear.averages, len(at)) / ear.voltage
        good = np.isfinite(table)
        total, many = np.where(good, table, 0.0).sum(axis=1), good.sum(axis=1)
        readings = np.divide(total, many, out=np.full(total.shape, np.nan), where=many > 0)
        heard.put(at, readings, np.sum(~good, axis=(0, 1)), ear.rate)
    return heard


def _lines(given: Cells, cells: CellIndices) -> list[tuple[int, NDArray[np.intp]]]:
    """Return the positions of the cells on each gate line, after how many others."""
    row, column = places(cells, given.topology)
    line = {"row": row, "column": column, "cell": cells}[given.topology.gate_along]
    found, done = [], 0
    for number in np.unique(line):
        at = np.flatnonzero(line == number)
        found.append((done, at))
        done += len(at)
    return found
