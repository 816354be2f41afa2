"""Readings that are data: flagged ones are taken again, and given up at last."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labcim.capabilities import CellIndices, CellReadings, Cells, Floats


@dataclass(frozen=True, slots=True)
class GoodReadings:
    """One good reading of each cell, NaN where there was none. S, s; all of shape (cells,).

    flags: those of the last reading, good or not.  flagged: how many had to be thrown away.
    """

    conductance: Floats
    raw: Floats
    time: Floats
    flags: NDArray[np.uint8]
    flagged: NDArray[np.uint32]

    @classmethod
    def none(cls, cells: int) -> "GoodReadings":
        """Return readings of which none was made yet."""
        return cls(
            conductance=np.full(cells, np.nan),
            raw=np.full(cells, np.nan),
            time=np.full(cells, np.nan),
            flags=np.zeros(cells, np.uint8),
            flagged=np.zeros(cells, np.uint32),
        )

    def take(self, at: NDArray[np.intp] | NDArray[np.uint32], readings: CellReadings) -> None:
        """Keep what is good of the readings of the cells at positions ``at``."""
        good = readings.good & np.isfinite(readings.corrected)
        self.flags[at] = readings.flags
        self.flagged[at] += ~good
        self.conductance[at[good]] = readings.corrected[good]
        self.raw[at[good]] = readings.conductance[good]
        self.time[at[good]] = readings.time[good]

    def merge(self, at: NDArray[np.intp], newer: "GoodReadings") -> None:
        """Take newer readings of the cells at positions ``at``; NaN replaces nothing."""
        self.flags[at] = newer.flags
        self.flagged[at] += newer.flagged
        good = np.isfinite(newer.conductance)
        self.conductance[at[good]] = newer.conductance[good]
        self.raw[at[good]] = newer.raw[good]
        self.time[at[good]] = newer.time[good]


def read_good(
    given: Cells,
    cells: CellIndices,
    voltage: float,
    *,
    gate: float,
    averages: int,
    attempts: int,
) -> GoodReadings:
    """Read ``cells`` at ``voltage`` V, those that come back flagged up to ``attempts`` times."""
    found = GoodReadings.none(len(cells))
    left = np.arange(len(cells))
    for _ in range(attempts):
        if not len(left):
            break
        found.take(left, given.read(cells[left], voltage, gate=gate, averages=averages))
        left = left[~np.isfinite(found.conductance[left])]
    return found
