"""A 1T1R crossbar chip: cells on lines, with ideal wires. State and truth live in its folder.

Two ways in. The fast path (`pulse_cells`, `read_cells`) is for a controller that inhibits every
cell it does not mean: no gate, or no voltage. The general path (`apply`, `line_currents`) takes a
voltage for every line, NaN for a floating one, and lets every cell see what comes of it. Both end
in the same kernels. The chip never advances the clock: instruments do, by commanded durations.
"""

import math

import numpy as np
from numpy.typing import NDArray

from labcim.errors import RangeError

from ..devices import kernels
from .chip_file import ChipFile
from .clock import SimClock
from .lines import Floats, Integers, LineResult, settle
from .state import ChipState
from .truth import TruthLog

CellIndices = NDArray[np.uint32]
Live = tuple[CellIndices, Integers, Integers, Floats]
MOST_PULSES = 2**30
SEEN = 0.05  # V: what a cell must see for a line state to count as a pulse on it
SENSED = 1e-3  # V: what it must see to be part of a measurement


class CrossbarChip:
    """The open chip. Cells are flat, row-major: cell = row * columns + column.

    amplitude is signed: positive raises the SET terminal, negative the other one.
    """

    def __init__(self, chip_file: ChipFile) -> None:
        self.state = ChipState(chip_file)
        self.topology = chip_file.chip.topology()
        self.windows = chip_file.chip.windows
        self.rows, self.columns = self.topology.rows, self.topology.columns
        self.size = self.topology.size
        self.truth = TruthLog(self.state)
        self._logs_reads = chip_file.state.truth == "full"
        self._p = self.state.parameters[0]
        self.disturb_voltage = float(self._p["disturb_voltage"])
        self._gate_key = b""
        self._gated = self._cells_of(np.zeros(self.topology.gates))
        self._row_is_set = self.topology.set_terminal == "row"

    @property
    def clock(self) -> SimClock:
        """Return simulated time."""
        return self.state.clock

    @property
    def formed(self) -> NDArray[np.bool_]:
        """Return which cells are formed, shape (cells,). Truth."""
        return np.array(self.state.cells["formed"] != 0, dtype=np.bool_)

    @property
    def stuck(self) -> NDArray[np.bool_]:
        """Return which cells never move again, shape (cells,). Truth."""
        return np.array(self.state.cells["stuck"] != 0, dtype=np.bool_)

    def true_conductance(self, cells: CellIndices | None = None) -> Floats:
        """Return the noise-free conductance in S, now, of the given cells or of all."""
        chosen = self.topology.all_cells() if cells is None else self._indices(cells)
        values: Floats = kernels.true_conductances(
            self.state.cells, self._p, chosen, self.clock.now
        )
        return values

    # -- fast path ---------------------------------------------------------------------------

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
        """Deliver ``count`` pulses to each cell; return the peak currents in A, shape (cells,).

        amplitude, gate: V, a scalar or for each cell.  width, gap: s.  current_limit: A.
        start: s, absolute start of each cell's first pulse; None is now for all.
        """
        chosen = self._indices(cells)
        level = _spread(amplitude, chosen.size)
        high, low = np.maximum(level, 0.0), np.maximum(-level, 0.0)
        gates = _spread(gate, chosen.size)
        return self._pulse(chosen, high, low, gates, width, gap, count, current_limit, start)

    def _pulse(
        self,
        chosen: CellIndices,
        set_side: Floats,
        other_side: Floats,
        gate: Floats,
        width: float,
        gap: float,
        count: int,
        limit: float,
        start: Floats | None,
    ) -> Floats:
        _check_train(chosen.size, width, gap, count)
        log = self.state.truth
        log.reserve(chosen.size * count)
        peak: Floats = kernels.pulse_cells(
            self.state.cells, self.state.devices, self._p, self.state.seed, chosen,
            set_side, other_side, gate, float(width), float(gap), int(count), float(limit),
            self._starts(start, chosen.size), log.records, log.tail, self.state.next_operation(),
        )  # fmt: skip
        return peak

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
        """Read each cell; return currents in A, with the cell's own noise, shape (cells,).

        voltage, gate: V.  aperture: s of each of ``averages`` samples; white noise falls with the
        root of their product.  A voltage that can move cells does: it is a stimulus first.
        """
        chosen = self._indices(cells)
        level = _spread(voltage, chosen.size)
        high, low = np.maximum(level, 0.0), np.maximum(-level, 0.0)
        gates = _spread(gate, chosen.size)
        return self._read(chosen, high, low, gates, aperture * averages, start)

    def _read(
        self,
        chosen: CellIndices,
        set_side: Floats,
        other_side: Floats,
        gate: Floats,
        duration: float,
        start: Floats | None,
        disturb: bool = True,
    ) -> Floats:
        strong = np.abs(set_side - other_side) > self.disturb_voltage
        if disturb and strong.any():
            begin = None if start is None else start[strong]
            self._pulse(
                chosen[strong], set_side[strong], other_side[strong], gate[strong], duration,
                0.0, 1, math.inf, begin,
            )  # fmt: skip
        log = self.state.truth
        if self._logs_reads:
            log.reserve(chosen.size)
        currents: Floats = kernels.read_cells(
            self.state.cells, self.state.devices, self._p, self.state.seed, chosen,
            set_side, other_side, gate, float(duration), self._starts(start, chosen.size),
            log.records, log.tail, self.state.next_operation(), self._logs_reads,
        )  # fmt: skip
        return currents

    def _starts(self, start: Floats | None, size: int) -> Floats:
        if start is None:
            return np.full(size, self.clock.now)
        return _spread(start, size)

    def _indices(self, cells: CellIndices) -> CellIndices:
        chosen = np.ascontiguousarray(cells, dtype=np.uint32)
        if chosen.size and int(chosen.max()) >= self.size:
            raise RangeError(f"cell {int(chosen.max())}: the chip has cells 0 to {self.size - 1}")
        return chosen

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
        seen: float = SEEN,
    ) -> LineResult:
        """Hold every line at its voltage for ``width`` s, ``count`` times; cells move by it.

        row_v, column_v: V, shapes (rows,) and (columns,); NaN floats.  gate_v: V, one for each gate
        line; a floating gate is discharged.  seen: V that make it a pulse on a cell.  Returns the
        noise-free state before the stimulus.
        """
        cells, row, column, gate = self._live(gate_v)
        result, set_side, other_side = self._settled(row_v, column_v, cells, row, column, gate)
        met = np.abs(set_side - other_side) >= seen
        if met.any():
            self._pulse(
                cells[met], set_side[met], other_side[met], gate[met], width, gap, count,
                line_current_limit, None,
            )  # fmt: skip
        return result

    def at_rest(self, row_v: Floats, column_v: Floats, gate_v: Floats) -> LineResult:
        """Return voltages and noise-free currents of all lines, touching nothing. See `apply`."""
        return self._settled(row_v, column_v, *self._live(gate_v))[0]

    def line_currents(
        self,
        row_v: Floats,
        column_v: Floats,
        gate_v: Floats,
        *,
        aperture: float,
        disturb: bool = True,
    ) -> LineResult:
        """Measure the current from every driver into its line, in A, over ``aperture`` s.

        Arguments as for `apply`. Cells contribute with their own noise. disturb: a voltage that can
        move cells moves them first; False where the caller has let it do so already.
        """
        cells, row, column, gate = self._live(gate_v)
        result, set_side, other_side = self._settled(row_v, column_v, cells, row, column, gate)
        seen = np.abs(set_side - other_side) >= SENSED
        currents = np.zeros(cells.size)
        if seen.any():
            currents[seen] = self._read(
                cells[seen], set_side[seen], other_side[seen], gate[seen], aperture, None, disturb
            )
        return self._line_result(result, row_v, column_v, row, column, currents)

    def _live(self, gate_v: Floats) -> Live:
        """Return cells with a gate voltage, their rows, columns and gate voltages."""
        levels = np.nan_to_num(np.asarray(gate_v, dtype=np.float64).ravel())
        key = levels.tobytes()
        if key != self._gate_key:
            self._gate_key, self._gated = key, self._cells_of(levels)
        return self._gated

    def _cells_of(self, levels: Floats) -> Live:
        along = self.topology.gate_along
        on = np.flatnonzero(levels > 0.0)
        if along == "row":
            cells = (on[:, None] * self.columns + np.arange(self.columns)).ravel()
            gate = np.repeat(levels[on], self.columns)
        elif along == "column":
            cells = (np.arange(self.rows)[:, None] * self.columns + on).ravel()
            gate = np.tile(levels[on], self.rows)
        else:
            cells, gate = on, levels[on]
        return cells.astype(np.uint32), cells // self.columns, cells % self.columns, gate

    def _settled(
        self,
        row_v: Floats,
        column_v: Floats,
        cells: CellIndices,
        row: Integers,
        column: Integers,
        gate: Floats,
    ) -> tuple[LineResult, Floats, Floats]:
        """Return the lines at rest, and the voltages on either side of each live cell."""

        def law(at_row: Floats, at_column: Floats) -> Floats:
            sides = (at_row, at_column) if self._row_is_set else (at_column, at_row)
            current: Floats = kernels.noise_free_currents(
                self.state.cells, self.state.devices, self._p, cells, *sides, gate, self.clock.now
            )
            return current if self._row_is_set else -current

        rows, columns = settle(
            np.array(row_v, dtype=np.float64), np.array(column_v, dtype=np.float64),
            row, column, law,
        )  # fmt: skip
        at_row, at_column = rows[row], columns[column]
        plain = LineResult(rows, columns, rows, columns)
        result = self._line_result(
            plain, row_v, column_v, row, column, law(at_row, at_column), signed=True
        )
        if self._row_is_set:
            return result, at_row, at_column
        return result, at_column, at_row

    def _line_result(
        self,
        at: LineResult,
        row_v: Floats,
        column_v: Floats,
        row: Integers,
        column: Integers,
        currents: Floats,
        *,
        signed: bool = False,
    ) -> LineResult:
        """Sum cell currents on the lines. signed: from row to column already."""
        down = currents if signed or self._row_is_set else -currents
        into_row = np.bincount(row, down, self.rows).astype(np.float64)
        into_column = -np.bincount(column, down, self.columns).astype(np.float64)
        into_row[np.isnan(row_v)] = np.nan
        into_column[np.isnan(column_v)] = np.nan
        return LineResult(into_row, into_column, at.row_voltage, at.column_voltage)

    def close(self) -> None:
        """Write the state back and let go of its files."""
        self.state.close()


def _spread(value: float | Floats, size: int) -> Floats:
    """Return a value for each cell. The kernels check nothing, so a NaN must stop here."""
    values = np.asarray(value, dtype=np.float64)
    if not np.isfinite(values).all():
        raise RangeError(f"{value} is given to cells: accepts finite numbers only")
    return np.ascontiguousarray(np.broadcast_to(values, (size,)))


def _check_train(size: int, width: float, gap: float, count: int) -> None:
    """Raise RangeError for a train that no log could hold or that runs backwards."""
    if not (math.isfinite(width) and width > 0.0 and math.isfinite(gap) and gap >= 0.0):
        raise RangeError(f"width = {width} s, gap = {gap} s: accepts width > 0 and gap >= 0")
    if not (count >= 1 and size * count <= MOST_PULSES):
        raise RangeError(f"{count} pulses on {size} cells: accepts 1 to {MOST_PULSES} in one call")
