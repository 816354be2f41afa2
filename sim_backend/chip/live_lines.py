"""Lines on ideal wires, and the cells between them that can carry current.

Only cells whose transistor has a gate voltage can, and all of those that have none: everything is
done on these "live" cells.
"""

from typing import Generic, Literal, TypeVar

import numpy as np

from labcim.capabilities import Topology

from ..devices import kernels
from .lines import Floats, Integers, LineResult, Paths, paths, settle
from .state import ChipState

T = TypeVar("T")
MOST_KEPT = 2**21  # numbers that are kept of each kind of what was worked out before
Sensed = Literal["none", "row", "column", "both"]
SENSED = 1e-3  # V: what a cell must see to be part of a measurement


class IdealCircuit:
    """An array on ideal wires, without selectors and faults."""

    def __init__(self, state: ChipState, topology: Topology, logs_reads: bool) -> None:
        self.state, self.topology, self.logs_reads = state, topology, logs_reads
        self._gated: Memory[Gated] = Memory()
        self._paths: Memory[Paths] = Memory()

    def hold(
        self,
        row_v: Floats,
        column_v: Floats,
        gate_v: Floats,
        time: float,
        *,
        sensed: Sensed = "none",
    ) -> "IdealLines":
        """Return the lines held at V, NaN floating, and the live cells, settled at ``time`` s.

        A floating gate is discharged.  sensed: drivers and sense channels are alike here.
        """
        levels = np.array(gate_v, dtype=np.float64).ravel()
        if self.topology.kind != "1T1R":
            levels = np.zeros(1)
        on = np.flatnonzero(levels > 0.0)  # a floating gate, NaN, is off
        key = on.tobytes()
        gated = self._gated.find(key)
        if gated is None:
            gated = gated_cells(self.topology, on)
            self._gated.keep(key, gated, 5 * gated.cells.size)
        nodes = np.concatenate([row_v, column_v]).astype(np.float64)
        floats = np.isnan(nodes)
        key = floats.tobytes() + key
        known = self._paths.find(key)
        if known is None:
            known = paths(floats, gated.row, gated.column_node)
            self._paths.keep(key, known, 4 * nodes.size + known.edges.size)
        lines = IdealLines(self, gated, levels[gated.gate], nodes, known)
        lines.settle(time)
        return lines


class IdealLines:
    """Live cells between lines. cells: flat indices.  gate: V on the gate of each.

    at_row, at_column: V on either side of each cell.  stiff: whether no cell that moves can change
    them; loose: the opposite, since lines that carry current float.
    """

    def __init__(
        self, circuit: IdealCircuit, gated: "Gated", gate: Floats, nodes: Floats, known: Paths
    ) -> None:
        self.cells, self.gate = gated.cells, gate
        self.loose = bool(known.inner.size)
        self.stiff = not self.loose
        self._circuit, self._gated, self._known = circuit, gated, known
        self._nodes, self._floating = nodes, np.isnan(nodes)
        self._row_is_set = circuit.topology.set_terminal == "row"

    @property
    def logs_reads(self) -> bool:
        """Say whether readings are put on the truth log."""
        return self._circuit.logs_reads

    def settle(self, time: float) -> None:
        """Find the voltages of floating lines with the cells as they are at ``time`` s."""
        self._time = time
        gated = self._gated
        settle(self._nodes, self._known, gated.row, gated.column_node, self._law)
        self.at_row, self.at_column = self._nodes[gated.row], self._nodes[gated.column_node]

    def _law(self, at_row: Floats, at_column: Floats) -> Floats:
        """Return the noise-free current in A, row to column, of every live cell."""
        sides = (at_row, at_column) if self._row_is_set else (at_column, at_row)
        state = self._circuit.state
        current: Floats = kernels.noise_free_currents(
            state.cells, state.devices, state.parameters, self.cells, *sides, self.gate,
            self._time,
        )  # fmt: skip
        return current if self._row_is_set else -current

    def charge(self, width: float) -> None:
        """Do nothing: these lines take no time."""

    def feed(self, ohm: Floats) -> None:
        """Do nothing: these lines take no time."""

    def sides(self) -> tuple[Floats, Floats]:
        """Return V on the SET terminal and on the other one of each cell."""
        sides = (self.at_row, self.at_column)
        return sides if self._row_is_set else sides[::-1]

    def at_rest(self) -> LineResult:
        """Return voltages and noise-free currents of all lines."""
        return self._result(self._law(self.at_row, self.at_column))

    def measured(self, duration: float) -> LineResult:
        """Read all live cells for ``duration`` s, with their own noise; see `CrossbarChip`."""
        high, low = self.sides()
        seen = np.flatnonzero(np.abs(high - low) >= SENSED)
        currents = np.zeros(self.cells.size)
        if seen.size:
            state, logged = self._circuit.state, self._circuit.logs_reads
            if logged:
                state.truth.reserve(seen.size)
            currents[seen] = kernels.read_cells(
                state.cells, state.devices, state.parameters, state.seed, self.cells[seen],
                high[seen], low[seen], self.gate[seen], float(duration),
                np.full(seen.size, self._time), state.truth.records, state.truth.tail,
                state.next_operation(), logged,
            )  # fmt: skip
        return self._result(currents if self._row_is_set else -currents)

    def _result(self, currents: Floats) -> LineResult:
        """Sum the cells' currents, row to column, on the lines; where one floats it is NaN."""
        gated = self._gated
        into_row = np.bincount(gated.row, currents, gated.rows).astype(np.float64)
        into_column = -np.bincount(gated.column, currents, gated.columns).astype(np.float64)
        rows = gated.rows
        into_row[self._floating[:rows]] = np.nan
        into_column[self._floating[rows:]] = np.nan
        return LineResult(into_row, into_column, self._nodes[:rows], self._nodes[rows:])


def gated_cells(topology: Topology, on: Integers) -> "Gated":
    """Return the cells on gate lines ``on``, or all where there are none."""
    rows, columns, along = topology.rows, topology.columns, topology.gate_along
    if topology.kind != "1T1R":
        cells = np.arange(topology.size)
        return Gated(cells, np.zeros(cells.size, np.int64), rows, columns)
    if along == "row":
        cells = (on[:, None] * columns + np.arange(columns)).ravel()
        gate = np.repeat(on, columns)
    elif along == "column":
        cells = (np.arange(rows)[:, None] * columns + on).ravel()
        gate = np.tile(on, rows)
    else:
        cells = gate = on
    return Gated(cells, gate, rows, columns)


class Gated:
    """Cells on the same gate lines. row, column, gate: their lines; column_node: after all rows."""

    def __init__(self, cells: Integers, gate: Integers, rows: int, columns: int) -> None:
        self.cells = cells.astype(np.uint32)
        self.row, self.column, self.gate = cells // columns, cells % columns, gate
        self.column_node = self.column + rows
        self.rows, self.columns = rows, columns


class Memory(Generic[T]):
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
