"""A 1T1R crossbar chip: cells on lines, with ideal wires. State and truth live in its folder.

Two ways in. The fast path (`pulse_cells`, `read_cells`) is for a controller that inhibits every
cell it does not mean: no gate, or no voltage. The general path (`apply`, `line_currents`) takes a
voltage for every line, NaN for a floating one, and lets every cell see what comes of it. Both end
in the same kernels. The chip never advances the clock: instruments do, by commanded durations.
"""

import math
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from labcim.errors import RangeError

from ..devices import kernels
from .chip_file import ChipFile
from .clock import SimClock
from .lines import CurrentLaw, Floats, Integers, LineResult, Paths, paths, settle
from .state import ChipState
from .truth import TruthLog

T = TypeVar("T")
CellIndices = NDArray[np.uint32]
MOST_KEPT = 2**21  # numbers that are kept of each kind of what was worked out before
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
        self._gated: _Memory[_Gated] = _Memory()
        self._paths: _Memory[Paths] = _Memory()
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
            self.state.cells, self.state.devices, self._p, chosen, self.clock.now
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
        if disturb and (strong := np.abs(set_side - other_side) > self.disturb_voltage).any():
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
    ) -> None:
        """Hold every line at its voltage for ``width`` s, ``count`` times; cells move by it.

        row_v, column_v: V, shapes (rows,) and (columns,); NaN floats.  gate_v: V, one for each gate
        line; a floating gate is discharged.  seen: V that make it a pulse on a cell.
        """
        live = self._live(row_v, column_v, gate_v)
        set_side, other_side = live.sides(self._row_is_set)
        met = np.flatnonzero(np.abs(set_side - other_side) >= seen)
        if met.size:
            self._pulse(
                live.cells[met], set_side[met], other_side[met], live.gate[met], width, gap, count,
                line_current_limit, None,
            )  # fmt: skip

    def at_rest(self, row_v: Floats, column_v: Floats, gate_v: Floats) -> LineResult:
        """Return voltages and noise-free currents of all lines, touching nothing. See `apply`."""
        live = self._live(row_v, column_v, gate_v)
        return live.result(row_v, column_v, live.law(live.at_row, live.at_column))

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
        live = self._live(row_v, column_v, gate_v)
        set_side, other_side = live.sides(self._row_is_set)
        seen = np.flatnonzero(np.abs(set_side - other_side) >= SENSED)
        currents = np.zeros(live.cells.size)
        if seen.size:
            currents[seen] = self._read(
                live.cells[seen], set_side[seen], other_side[seen], live.gate[seen], aperture,
                None, disturb,
            )  # fmt: skip
        return live.result(row_v, column_v, currents if self._row_is_set else -currents)

    def _live(self, row_v: Floats, column_v: Floats, gate_v: Floats) -> "_Live":
        """Return the cells with a gate voltage, and all lines at the voltages they settle to."""
        levels = np.array(gate_v, dtype=np.float64).ravel()
        on = np.flatnonzero(levels > 0.0)  # a floating gate, NaN, is off
        key = on.tobytes()
        gated = self._gated.find(key)
        if gated is None:
            gated = self._cells_of(on)
            self._gated.keep(key, gated, 5 * gated.cells.size)
        nodes = np.concatenate([row_v, column_v]).astype(np.float64)
        floats = np.isnan(nodes)
        key = floats.tobytes() + key
        known = self._paths.find(key)
        if known is None:
            known = paths(floats, gated.row, gated.column_node)
            self._paths.keep(key, known, 4 * nodes.size + known.edges.size)
        gate = levels[gated.gate]

        def law(at_row: Floats, at_column: Floats) -> Floats:
            sides = (at_row, at_column) if self._row_is_set else (at_column, at_row)
            current: Floats = kernels.noise_free_currents(
                self.state.cells, self.state.devices, self._p, gated.cells, *sides, gate,
                self.clock.now,
            )  # fmt: skip
            return current if self._row_is_set else -current

        settle(nodes, known, gated.row, gated.column_node, law)
        return _Live(gated, gate, nodes, law)

    def _cells_of(self, on: Integers) -> "_Gated":
        """Return the cells on gate lines ``on``."""
        along = self.topology.gate_along
        if along == "row":
            cells = (on[:, None] * self.columns + np.arange(self.columns)).ravel()
            gate = np.repeat(on, self.columns)
        elif along == "column":
            cells = (np.arange(self.rows)[:, None] * self.columns + on).ravel()
            gate = np.tile(on, self.rows)
        else:
            cells = gate = on
        return _Gated(cells, gate, self.rows, self.columns)

    def close(self) -> None:
        """Write the state back and let go of its files."""
        self.state.close()


class _Memory(Generic[T]):
    """What was worked out before, by key; all is forgotten when it gets too much."""

    def __init__(self) -> None:
        self._kept: dict[bytes, T] = {}
        self._numbers = 0
        self.find = self._kept.get

    def keep(self, key: bytes, what: T, numbers: int) -> None:
        """Keep something that consists of so many numbers."""
        self._numbers += numbers
        if self._numbers > MOST_KEPT:
            self._kept.clear()
            self._numbers = numbers
        self._kept[key] = what


class _Gated:
    """Cells on the same gate lines. row, column, gate: their lines; column_node: after all rows."""

    def __init__(self, cells: Integers, gate: Integers, rows: int, columns: int) -> None:
        self.cells = cells.astype(np.uint32)
        self.row, self.column, self.gate = cells // columns, cells % columns, gate
        self.column_node = self.column + rows
        self.rows, self.columns = rows, columns


class _Live:
    """Live cells between settled lines. at_row, at_column: V on either side of each cell."""

    def __init__(self, gated: _Gated, gate: Floats, nodes: Floats, law: CurrentLaw) -> None:
        self.cells, self.gate, self.law = gated.cells, gate, law
        self._gated, self._nodes = gated, nodes
        self.at_row, self.at_column = nodes[gated.row], nodes[gated.column_node]

    def sides(self, row_is_set: bool) -> tuple[Floats, Floats]:
        """Return V on the SET terminal and on the other one of each cell."""
        sides = (self.at_row, self.at_column)
        return sides if row_is_set else sides[::-1]

    def result(self, row_v: Floats, column_v: Floats, currents: Floats) -> LineResult:
        """Sum the cells' currents, row to column, on the lines; where one floats it is NaN."""
        gated = self._gated
        into_row = np.bincount(gated.row, currents, gated.rows).astype(np.float64)
        into_column = -np.bincount(gated.column, currents, gated.columns).astype(np.float64)
        into_row[np.isnan(row_v)] = np.nan
        into_column[np.isnan(column_v)] = np.nan
        rows = gated.rows
        return LineResult(into_row, into_column, self._nodes[:rows], self._nodes[rows:])


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
