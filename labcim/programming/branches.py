"""One branch of an I-V loop: out to a turning point and back, held on the way if a current trips.

A trip halts the way out at the first point whose current is beyond it, and returns from there. The
instruments' compliance limits the current meanwhile, so that the trip lies below it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labcim.capabilities import CellIndices, CellReadings, Cells, Floats, Train

from .compliance import pulse_limit


@dataclass(frozen=True, slots=True)
class Branch:
    """Voltages in V in order of time, up to place ``turn`` on the way out.

    polarity: 1 SET, -1 RESET.  gate: V.  limit: A, compliance.  trip: A; 0: none.
    """

    polarity: int
    voltages: Floats
    turn: int
    gate: float
    limit: float
    trip: float = 0.0


@dataclass(frozen=True, slots=True)
class Points:
    """What was measured at points of a branch: V, A, S, s; all of shape (points,).

    conductance: S, of a reading after the point, or NaN.  current: A, NaN where nobody measured it.
    """

    voltage: Floats
    current: Floats
    conductance: Floats
    flags: NDArray[Any]
    time: Floats


class Walk:
    """The voltages of a branch one by one; what is seen of them may shorten the way out."""

    def __init__(self, branch: Branch) -> None:
        self._branch = branch
        self.tripped = False

    def __iter__(self) -> Iterator[float]:
        volts, turn = self._branch.voltages, self._branch.turn
        for place in range(turn + 1):
            yield float(volts[place])
            if self.tripped:
                back = volts[turn + 1 :]
                nearer = np.abs(back - volts[0]) < abs(volts[place] - volts[0]) - 1e-9
                yield from (float(volt) for volt in back[nearer])
                return
        yield from (float(volt) for volt in volts[turn + 1 :])

    def saw(self, points: Points) -> None:
        """Take note of what was measured at the last voltage."""
        trip = self._branch.trip
        current = points.current
        if not np.isfinite(current).all():  # as much as the reading after the pulse says
            current = points.conductance * points.voltage
        self.tripped = self.tripped or bool(trip and (np.abs(current) > trip).any())


def staircase_points(
    cells: Cells, cell: int, branch: Branch, volts: Floats, dwell: float
) -> Points:
    """Step one cell through ``volts`` V, ``dwell`` s each, under the branch's compliance."""
    swept = cells.sweep(cell, volts, dwell=dwell, gate=branch.gate, current_limit=branch.limit)
    nothing = np.full(len(swept.voltage), np.nan)
    return Points(swept.voltage, swept.current, nothing, swept.flags, swept.time)


@dataclass(frozen=True, slots=True)
class PulseReader:
    """Gives pulses of ``width`` s and reads the cell after each, at ``voltage`` V.

    gate: V, during the reading.  settle: s, between pulse and reading.
    """

    cells: Cells
    width: float
    count: int
    voltage: float
    gate: float
    averages: int
    settle: float

    def points(self, cell: int, branch: Branch, volt: float) -> Points:
        """Pulse a cell at ``volt`` V and read it; at 0 V it is only read."""
        at = np.array([cell], np.uint32)
        current, flags = np.zeros(1), np.zeros(1)
        if volt != 0.0:
            limit = pulse_limit(self.cells.topology, branch.limit)
            train = Train(volt, self.width, branch.gate, count=self.count, current_limit=limit)
            done, read = self.cells.pulse_read(
                at, train, self.voltage, delay=self.settle, gate=self.gate, averages=self.averages
            )
            current = np.copysign(done.peak_current, volt)
            flags = (done.flags | read.flags).astype(np.float64)
        else:
            read = self._read(at)
            flags = read.flags.astype(np.float64)
        found = np.where(read.good, read.corrected, np.nan)
        return Points(np.full(1, volt), current, found, flags, read.time)

    def _read(self, at: CellIndices) -> CellReadings:
        return self.cells.read(at, self.voltage, gate=self.gate, averages=self.averages)
