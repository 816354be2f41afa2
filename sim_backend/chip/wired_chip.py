"""The chip as an instrument with a driver on every line finds it: through the true wiring.

Lines are numbered as the instrument numbers its own terminals ``NAME.row3``, ``NAME.column0``,
``NAME.gate12``; a line that the chip file does not wire for it is wired straight. Swapped and open
lines change which cell answers. Shorted lines make their drivers fight: both sit half way.
"""

import math

import numpy as np
from numpy.typing import NDArray

from .chip_file import ChipFile
from .crossbar import CellIndices, CrossbarChip
from .lines import Floats, LineResult
from .pads import FAMILIES, Family
from .wiring import Wiring

DRIVER_IMPEDANCE = 50.0  # ohm, of each line driver


class WiredChip:
    """Same calls as `CrossbarChip`, in an instrument's own numbering."""

    def __init__(self, chip: CrossbarChip, chip_file: ChipFile, wiring: Wiring, name: str) -> None:
        self.chip = chip
        self.topology = chip.topology
        self._wiring = wiring
        tied = {end for tie in chip_file.ties() for end in tie}
        self._map: dict[Family, list[list[int]]] = {
            family: [
                self._reach(name, family, index, f"{name}.{family}{index}" in tied)
                for index in range(chip_file.lines(family))
            ]
            for family in FAMILIES
        }
        self._straight = all(
            reached == [index]
            for lines in self._map.values()
            for index, reached in enumerate(lines)
        )

    def _reach(self, name: str, family: Family, index: int, tied: bool) -> list[int]:
        start = f"{name}.{family}{index}" if tied else f"{family}.{index}"
        return sorted(i for kind, i in self._wiring.lines(start) if kind == family)

    @property
    def straight(self) -> bool:
        """Say whether every line goes where its number says."""
        return self._straight

    def pulse_cells(
        self,
        cells: CellIndices,
        amplitude: float | Floats,
        width: float,
        gate: float | Floats,
        *,
        count: int = 1,
        gap: float = 0.0,
        current_limit: float = math.inf,
        start: Floats | None = None,
    ) -> Floats:
        """As `CrossbarChip.pulse_cells`."""
        if self._straight:
            return self.chip.pulse_cells(
                cells, amplitude, width, gate, count=count, gap=gap, current_limit=current_limit,
                start=start,
            )  # fmt: skip
        place, true_cells, share = self._through(cells)
        size = len(cells)
        peak = np.zeros(size)
        found = self.chip.pulse_cells(
            true_cells, _spread(amplitude, size)[place] * share, width,
            _spread(gate, size)[place], count=count, gap=gap, current_limit=current_limit,
            start=None if start is None else start[place],
        )  # fmt: skip
        np.add.at(peak, place, found)
        return peak + self._fight(_spread(amplitude, size), place, share)

    def read_cells(
        self,
        cells: CellIndices,
        voltage: float | Floats,
        gate: float | Floats,
        *,
        aperture: float,
        averages: int = 1,
        start: Floats | None = None,
    ) -> Floats:
        """As `CrossbarChip.read_cells`."""
        if self._straight:
            return self.chip.read_cells(
                cells, voltage, gate, aperture=aperture, averages=averages, start=start
            )
        place, true_cells, share = self._through(cells)
        size = len(cells)
        current = np.zeros(size)
        found = self.chip.read_cells(
            true_cells, _spread(voltage, size)[place] * share, _spread(gate, size)[place],
            aperture=aperture, averages=averages, start=None if start is None else start[place],
        )  # fmt: skip
        np.add.at(current, place, found)
        return current + self._fight(_spread(voltage, size), place, share)

    def _through(self, cells: CellIndices) -> tuple[NDArray[np.int64], CellIndices, Floats]:
        """Return (place in the request, true cell, share of the voltage) of every cell reached."""
        place: list[int] = []
        found: list[int] = []
        share: list[float] = []
        for i, cell in enumerate(cells):
            row, column = self.topology.place(int(cell))
            rows, columns = self._map["row"][row], self._map["column"][column]
            gates = self._map["gate"][self._gate_index(row, column)]
            # A shorted line has two drivers: the one that means it, and one at the other level.
            part = (2.0 / max(len(rows), 1) + 2.0 / max(len(columns), 1)) / 4.0
            for r in rows:
                for c in columns:
                    if self._gate_index(r, c) in gates:
                        place.append(i)
                        found.append(r * self.topology.columns + c)
                        share.append(part)
        return np.array(place, np.int64), np.array(found, np.uint32), np.array(share)

    def _gate_index(self, row: int, column: int) -> int:
        along = self.topology.gate_along
        if along == "cell":
            return row * self.topology.columns + column
        return row if along == "row" else column

    def _fight(self, level: Floats, place: NDArray[np.int64], share: Floats) -> Floats:
        """Return the current that drivers of shorted lines push into each other."""
        extra = np.zeros(level.size)
        fighting = share < 1.0
        extra[place[fighting]] = level[place[fighting]] / (2.0 * DRIVER_IMPEDANCE)
        return extra

    # -- general path ------------------------------------------------------------------------

    def apply(
        self,
        row_v: Floats,
        column_v: Floats,
        gate_v: Floats,
        width: float,
        *,
        count: int = 1,
        gap: float = 0.0,
        line_current_limit: float = math.inf,
    ) -> LineResult:
        """As `CrossbarChip.apply`; a short takes the mean of its drivers."""
        rows, columns, gates = self._onto(row_v, column_v, gate_v)
        result = self.chip.apply(
            rows, columns, gates, width, count=count, gap=gap,
            line_current_limit=line_current_limit,
        )  # fmt: skip
        return self._back(result)

    def line_currents(
        self, row_v: Floats, column_v: Floats, gate_v: Floats, *, aperture: float
    ) -> LineResult:
        """As `CrossbarChip.line_currents`."""
        rows, columns, gates = self._onto(row_v, column_v, gate_v)
        result = self.chip.line_currents(rows, columns, gates, aperture=aperture)
        return self._back(result)

    def _onto(self, *levels: Floats) -> list[Floats]:
        """Return the voltages of the chip's lines from those of the instrument's."""
        if self._straight:
            return list(levels)
        found = []
        for family, given in zip(FAMILIES, levels, strict=True):
            total, drivers = np.zeros(len(given)), np.zeros(len(given))
            for index, level in enumerate(given):
                if not math.isnan(level):
                    total[self._map[family][index]] += level
                    drivers[self._map[family][index]] += 1
            found.append(np.where(drivers > 0, total / np.maximum(drivers, 1), np.nan))
        return found

    def _back(self, result: LineResult) -> LineResult:
        """Return a result in the instrument's numbering; an open line carries nothing."""
        if self._straight:
            return result
        return LineResult(
            self._pick("row", result.row_current, 0.0),
            self._pick("column", result.column_current, 0.0),
            self._pick("row", result.row_voltage, math.nan),
            self._pick("column", result.column_voltage, math.nan),
        )

    def _pick(self, family: Family, values: Floats, absent: float) -> Floats:
        lines = self._map[family]
        return np.array([values[reached[0]] if reached else absent for reached in lines])


def _spread(value: float | Floats, size: int) -> Floats:
    return np.broadcast_to(np.asarray(value, dtype=np.float64), (size,))
