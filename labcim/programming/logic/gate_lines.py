"""Where the cells of a gate lie: on one line that floats, at stations on the lines that cross it.

Voltages are given in the frame of the gate, in which a cell is SET where its station is above the
shared line. Where the station's end is not the cells' SET terminal, everything is turned over.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from labcim.capabilities import CellIndices, Floats, LineState, Topology
from labcim.errors import RangeError

Along = Literal["row", "column"]
FLOAT = float("nan")


@dataclass(frozen=True, slots=True)
class GateLines:
    """Gates side by side, one on each of ``lines``, all with their cells at the same stations.

    along: the family of the shared lines. Raises RangeError for lines that the array lacks.
    """

    topology: Topology
    along: Along
    lines: tuple[int, ...]

    def __post_init__(self) -> None:
        _check_lines(self.along, self.lines, self._count(self.along))

    @property
    def crossing(self) -> Along:
        """Return the family of the lines that are the stations."""
        return "column" if self.along == "row" else "row"

    @property
    def gates_cross(self) -> bool:
        """Say whether each station has a gate voltage of its own."""
        return self.topology.kind == "1T1R" and self.topology.gate_along != self.along

    def _count(self, family: str) -> int:
        return self.topology.rows if family == "row" else self.topology.columns

    def cells(self, station: int) -> CellIndices:
        """Return the cell at a station of every line, flat indices, (lines,)."""
        _check_lines(self.crossing, (station,), self._count(self.crossing))
        lines = np.array(self.lines, np.uint32)
        if self.along == "row":
            return np.asarray(lines * np.uint32(self.topology.columns) + station, np.uint32)
        return np.asarray(np.uint32(station * self.topology.columns) + lines, np.uint32)

    def state(
        self,
        stations: Mapping[int, float],
        gates: float | Mapping[int, float],
        duration: float,
        *,
        shared: float = FLOAT,
        others: float = 0.0,
        unused: float = FLOAT,
    ) -> LineState:
        """Return one state: stations at V, the shared lines at ``shared`` V, or afloat.

        gates: V on the transistors of all stations, or of each.  others: V of the lines of the
        shared family that take no part, where their cells at the stations are open too.  unused: V
        of stations that are not named. Raises RangeError where stations must share a gate but
        should not, and for gates that cannot be done side by side.
        """
        _check_lines(self.crossing, tuple(stations), self._count(self.crossing))
        if np.isnan(shared) and np.isnan(unused):
            self._check_apart(len(stations))
        level = dict.fromkeys(stations, gates) if isinstance(gates, float | int) else dict(gates)
        turned = self.topology.set_terminal != self.crossing
        driven = [v for v in (*stations.values(), shared, others, unused) if not np.isnan(v)]
        top = max(driven)
        across = np.full(self._count(self.crossing), unused)
        along = np.full(self._count(self.along), others if self._others_open else np.nan)
        for station, volts in stations.items():
            across[station] = volts
        along[list(self.lines)] = shared
        if turned:
            across, along = top - across, top - along
        rows, columns = (along, across) if self.along == "row" else (across, along)
        return LineState(rows, columns, self._gates(level), duration)

    @property
    def _others_open(self) -> bool:
        """Say whether cells of lines that take no part carry current."""
        return self.topology.kind != "1T1R" or self.topology.gate_along == self.crossing

    def _check_apart(self, stations: int) -> None:
        """Raise RangeError where floating lines are joined by cells that are unused."""
        unused = self._count(self.crossing) - stations
        if len(self.lines) == 1 or self.gates_cross or not unused:
            return
        why = (
            f"the transistors of a {self.along} open together"
            if self.topology.kind == "1T1R"
            else "cells without transistors cannot be shut off"
        )
        raise RangeError(
            f"gates on {len(self.lines)} {self.along}s at once: {why}, so that {unused} unused "
            f"{self.crossing}s join them; accepts one at a time; nothing was sent"
        )

    def _gates(self, level: Mapping[int, float]) -> Floats:
        """Return V of every gate line."""
        chip = self.topology
        gates = np.zeros(chip.gates)
        if not chip.gates:
            return gates
        if chip.gate_along == self.along:
            if len(set(level.values())) > 1:
                raise RangeError(
                    f"gate voltages {sorted(set(level.values()))} V on one {self.along}: its cells "
                    f"share one gate line; a {self.crossing} of cells can have one for each; "
                    "nothing was sent"
                )
            gates[list(self.lines)] = max(level.values())
            return gates
        for station, volts in level.items():
            at = self.cells(station) if chip.gate_along == "cell" else station
            gates[at] = volts
        return gates


def _check_lines(family: str, lines: tuple[int, ...], count: int) -> None:
    if not lines:
        raise RangeError(f"{family}s: none are given; nothing was sent")
    if len(set(lines)) != len(lines):
        raise RangeError(f"{family}s {list(lines)}: one is given twice; nothing was sent")
    for line in lines:
        if not 0 <= line < count:
            raise RangeError(f"{family} {line}: accepts 0 to {count - 1}; nothing was sent")
