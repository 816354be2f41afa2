"""The chip as an instrument with a driver on every line finds it: through the true wiring.

Lines are numbered as the instrument numbers its own terminals ``NAME.row3``, ``NAME.column0``,
``NAME.gate12``; a line that the chip file does not wire for it is wired straight. Swapped and open
lines change which cell answers. Shorted lines make their drivers fight: both sit half way.
"""

import math

import numpy as np
from numpy.typing import NDArray

from .chip_file import ChipFile
from .crossbar import SEEN, CellIndices, CrossbarChip
from .lines import Floats, LineResult
from .live_lines import Sensed
from .pads import FAMILIES, Family
from .probing import Waveforms
from .wiring import Wiring

DRIVER_IMPEDANCE = 50.0  # ohm, of each line driver


class WiredChip:
    """Same calls as `CrossbarChip`, in an instrument's own numbering."""

    def __init__(
        self,
        chip: CrossbarChip,
        chip_file: ChipFile,
        wiring: Wiring,
        name: str,
        waveforms: Waveforms | None = None,
    ) -> None:
        self.chip = chip
        self._waveforms = waveforms
        self.topology = chip.topology
        self.exact, self.settling = chip.exact, chip.settling
        self._wiring = wiring
        tied = {end for tie in chip_file.ties() for end in tie}
        self._starts: dict[Family, list[str]] = {
            family: [
                self._start(name, family, index, f"{name}.{family}{index}" in tied)
                for index in range(chip_file.lines(family))
            ]
            for family in FAMILIES
        }
        nets = [[wiring.node(start) for start in self._starts[family]] for family in FAMILIES]
        names = sorted({node for family in nets for node in family})
        place = {name: index for index, name in enumerate(names)}
        # The net of each line driver, families one after the other, and drivers of each net.
        self._net = [np.array([place[node] for node in family], np.int64) for family in nets]
        self._drivers = np.bincount(np.concatenate(self._net), minlength=len(names))
        self._look()

    def _look(self) -> None:
        """Find out which lines the instrument's own reach now."""
        self._touches = self._wiring.touches
        self._lines = {
            family: [self._reach(start, family) for start in self._starts[family]]
            for family in FAMILIES
        }
        self._is_straight = bool((self._drivers == 1).all()) and all(
            reached == [index]
            for lines in self._lines.values()
            for index, reached in enumerate(lines)
        )

    @property
    def _map(self) -> dict[Family, list[list[int]]]:
        """Return the chip's lines that each of the instrument's own reaches."""
        if self._touches != self._wiring.touches:
            self._look()
        return self._lines

    @staticmethod
    def _start(name: str, family: Family, index: int, tied: bool) -> str:
        return f"{name}.{family}{index}" if tied else f"{family}.{index}"

    def _reach(self, start: str, family: Family) -> list[int]:
        return sorted(i for kind, i in self._wiring.lines(start) if kind == family)

    @property
    def straight(self) -> bool:
        """Say whether every line goes where its number says."""
        if self._touches != self._wiring.touches:
            self._look()
        return self._is_straight

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
        if self._waveforms is not None and not self._waveforms.is_idle:
            self._tell(self._waveforms, cells, amplitude, (width, width + gap, count), start)
        if self.straight:
            return self.chip.pulse_cells(
                cells, amplitude, width, gate, count=count, gap=gap, current_limit=current_limit,
                start=start,
            )  # fmt: skip
        place, true_cells, share, fights = self._through(cells)
        size = len(cells)
        peak = np.zeros(size)
        found = self.chip.pulse_cells(
            true_cells, _spread(amplitude, size)[place] * share, width,
            _spread(gate, size)[place], count=count, gap=gap, current_limit=current_limit,
            start=None if start is None else start[place],
        )  # fmt: skip
        np.add.at(peak, place, found)
        return peak + _fight(_spread(amplitude, size), fights)

    def _tell(
        self,
        waveforms: Waveforms,
        cells: CellIndices,
        amplitude: float | Floats,
        times: tuple[float, float, int],
        start: Floats | None,
    ) -> None:
        """Tell probes which lines are raised to what: the SET terminal's, or the other one's."""
        heights = _spread(amplitude, len(cells))
        begins = _spread(self.chip.clock.now if start is None else start, len(cells))
        rows, columns = np.divmod(cells, self.topology.columns)
        on_row = (heights > 0.0) == (self.topology.set_terminal == "row")
        own: dict[Family, tuple[NDArray[np.uint32], NDArray[np.bool_]]] = {
            "row": (rows, on_row), "column": (columns, ~on_row)
        }  # fmt: skip
        for family, true_index in sorted(waveforms.probed_lines()):
            if family == "gate":
                continue
            lines, raised = own[family]
            drivers = [i for i, reached in enumerate(self._map[family]) if true_index in reached]
            chosen = raised & np.isin(lines, drivers)
            moments, first = np.unique(begins[chosen], return_index=True)
            tops = np.abs(heights[chosen])[first]
            waveforms.on_line((family, true_index), moments, tops, times, DRIVER_IMPEDANCE)

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
        if self.straight:
            return self.chip.read_cells(
                cells, voltage, gate, aperture=aperture, averages=averages, start=start
            )
        place, true_cells, share, fights = self._through(cells)
        size = len(cells)
        current = np.zeros(size)
        found = self.chip.read_cells(
            true_cells, _spread(voltage, size)[place] * share, _spread(gate, size)[place],
            aperture=aperture, averages=averages, start=None if start is None else start[place],
        )  # fmt: skip
        np.add.at(current, place, found)
        return current + _fight(_spread(voltage, size), fights)

    def _through(
        self, cells: CellIndices
    ) -> tuple[NDArray[np.int64], CellIndices, Floats, NDArray[np.bool_]]:
        """Return (place in the request, true cell, share of the voltage) of every cell reached.

        And for each cell of the request whether another driver fights that of its row or column.
        """
        place: list[int] = []
        found: list[int] = []
        share: list[float] = []
        fights = np.zeros(len(cells), np.bool_)
        for i, cell in enumerate(cells):
            row, column = self.topology.place(int(cell))
            rows, columns = self._map["row"][row], self._map["column"][column]
            gated = self.topology.kind == "1T1R"
            gates = self._map["gate"][self._gate_index(row, column)] if gated else []
            on_row, on_column = self._net[0][row], self._net[1][column]
            fights[i] = self._drivers[on_row] > 1 or self._drivers[on_column] > 1
            # A shorted line has two drivers: the one that means it, and one at the other level.
            part = 0.5 * (1.0 / self._drivers[on_row] + 1.0 / self._drivers[on_column])
            if on_row == on_column:
                continue  # shorted to each other: no voltage is left for the cells
            for r in rows:
                for c in columns:
                    if self._opens(gates, r, c):
                        place.append(i)
                        found.append(r * self.topology.columns + c)
                        share.append(part)
        return (
            np.array(place, np.int64), np.array(found, np.uint32), np.array(share, np.float64),
            fights,
        )  # fmt: skip

    def _opens(self, gates: list[int], row: int, column: int) -> bool:
        """Say whether the gate of a cell is among ``gates``; one without any is always on."""
        return self.topology.kind != "1T1R" or self._gate_index(row, column) in gates

    def _gate_index(self, row: int, column: int) -> int:
        along = self.topology.gate_along
        if along == "cell":
            return row * self.topology.columns + column
        return row if along == "row" else column

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
    ) -> None:
        """As `CrossbarChip.apply`; a short takes the mean of its drivers.

        A level that moves no cell is no pulse, as it is none from a source on a probe station.
        """
        self.pulse_lines(
            row_v, column_v, gate_v, width, count=count, gap=gap,
            line_current_limit=line_current_limit,
        )  # fmt: skip

    def pulse_lines(
        self,
        row_v: Floats,
        column_v: Floats,
        gate_v: Floats,
        width: float,
        *,
        count: int = 1,
        gap: float = 0.0,
        line_current_limit: float = math.inf,
        asked: CellIndices | None = None,
        start: float | None = None,
    ) -> Floats:
        """As `CrossbarChip.pulse_lines`; see `apply`. Peaks are those of the cells reached."""
        rows, columns, gates = self._onto(row_v, column_v, gate_v)
        if asked is not None and not self.straight:
            asked = self._through(asked)[1]
        found = self.chip.pulse_lines(
            rows, columns, gates, width, count=count, gap=gap,
            line_current_limit=line_current_limit, seen=max(self.chip.disturb_voltage, SEEN),
            asked=asked, start=start,
        )  # fmt: skip
        if self.straight:
            return found
        place, true_cells, _, fights = self._through(self.topology.all_cells())
        peak = np.zeros(self.topology.size)
        np.maximum.at(peak, place, found[true_cells])
        across = np.nan_to_num(row_v[:, None] - column_v).ravel()
        return peak + _fight(np.abs(across), fights)

    def line_currents(
        self,
        row_v: Floats,
        column_v: Floats,
        gate_v: Floats,
        *,
        aperture: float,
        disturb: bool = True,
        start: float | None = None,
        sensed: Sensed = "both",
    ) -> LineResult:
        """As `CrossbarChip.line_currents`."""
        rows, columns, gates = self._onto(row_v, column_v, gate_v)
        result = self.chip.line_currents(
            rows, columns, gates, aperture=aperture, disturb=disturb, start=start, sensed=sensed
        )
        return self._back(result, row_v, column_v, gate_v)

    def _onto(self, *levels: Floats) -> list[Floats]:
        """Return the voltages of the chip's lines from those of the instrument's."""
        if self.straight:
            return list(levels)
        net_levels = self._net_levels(levels)
        found = []
        for family, given, nets in zip(FAMILIES, levels, self._net, strict=True):
            volts = np.full(len(given), np.nan)
            for reached, level in zip(self._map[family], net_levels[nets], strict=True):
                volts[reached] = level
            found.append(volts)
        return found

    def _net_levels(self, levels: tuple[Floats, ...]) -> Floats:
        """Return the V of every net: the mean of its drivers, NaN where all of them float."""
        given, nets = np.concatenate(levels), np.concatenate(self._net)
        driven = ~np.isnan(given)
        count = np.bincount(nets[driven], minlength=len(self._drivers))
        total = np.bincount(nets[driven], given[driven], minlength=len(self._drivers))
        return np.where(count > 0, total / np.maximum(count, 1), np.nan)

    def _back(self, result: LineResult, *levels: Floats) -> LineResult:
        """Return a result in the instrument's numbering; an open line carries nothing.

        A driver also carries what the others on its net push into it, or draw from it.
        """
        if self.straight:
            return result
        at = self._net_levels(levels)
        extra = [
            np.nan_to_num((given - at[nets]) / DRIVER_IMPEDANCE)
            for given, nets in zip(levels, self._net, strict=True)
        ]
        return LineResult(
            self._pick("row", result.row_current, 0.0) + extra[0],
            self._pick("column", result.column_current, 0.0) + extra[1],
            self._pick("row", result.row_voltage, math.nan),
            self._pick("column", result.column_voltage, math.nan),
        )

    def _pick(self, family: Family, values: Floats, absent: float) -> Floats:
        lines = self._map[family]
        return np.array([values[reached[0]] if reached else absent for reached in lines])


def _fight(level: Floats, fights: NDArray[np.bool_]) -> Floats:
    """Return the current in A that drivers of shorted lines push into each other."""
    return np.where(fights, level / (2.0 * DRIVER_IMPEDANCE), 0.0)


def _spread(value: float | Floats, size: int) -> Floats:
    return np.broadcast_to(np.asarray(value, dtype=np.float64), (size,))
