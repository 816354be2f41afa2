"""Lines whose voltages come from the exact circuit: resistive wires, selectors, faulty cells.

Same calls as `live_lines`. Whatever a cell sees follows from the solution: IR drop, sneak paths,
half-selects. Cells conduct by their preset's own law; a measurement is the solution with the
conductances that its readings saw.
"""

import numpy as np

from labcim.capabilities import Topology

from ..circuit import NonlinearSolver, Solution
from . import _law_kernels
from .cell_law import CellIndices, ChipLaw
from .charging import Charging
from .chip_file import ChipFile
from .line_network import LineNetwork
from .lines import Floats, LineResult
from .live_lines import SENSED, Sensed
from .state import ChipState

TOLERANCE = 1e-11


class ExactCircuit:
    """The array with everything that the chip file says of it."""

    def __init__(self, state: ChipState, chip_file: ChipFile, logs_reads: bool) -> None:
        self.state, self.logs_reads = state, logs_reads
        self.topology: Topology = chip_file.chip.topology()
        self.lines = LineNetwork(chip_file)
        self.law = ChipLaw(state, chip_file)
        self.charging = Charging(chip_file)
        self.selected = chip_file.chip.selector is not None

    def hold(
        self,
        row_v: Floats,
        column_v: Floats,
        gate_v: Floats,
        time: float,
        *,
        sensed: Sensed = "none",
    ) -> "ExactLines":
        """Return the lines held at V, NaN floating, and the live cells, settled at ``time`` s.

        sensed: the lines that sense channels hold; drivers hold the others.
        """
        gate = gate_voltages(self.topology, gate_v)
        on = self.law.whole & (gate > 0.0) if self.topology.kind == "1T1R" else self.law.whole
        cells = np.flatnonzero(on).astype(np.uint32)
        wires = self.lines.wires
        at_rows = wires.sense if sensed in ("row", "both") else wires.driver
        at_columns = wires.sense if sensed in ("column", "both") else wires.driver
        lines = ExactLines(
            self, cells, gate[cells], np.array(row_v), np.array(column_v), (at_rows, at_columns)
        )
        lines.settle(time)
        return lines


class ExactLines:
    """Live cells between lines; see `live_lines.IdealLines`. row_v, column_v: V, NaN floats.

    ohm: between the rows and what holds them, and the columns.
    """

    def __init__(
        self,
        circuit: ExactCircuit,
        cells: CellIndices,
        gate: Floats,
        row_v: Floats,
        column_v: Floats,
        ohm: tuple[float, float],
    ) -> None:
        self.cells, self.gate = cells, gate
        self.stiff, self.loose = False, bool(np.isnan(row_v).any() or np.isnan(column_v).any())
        self._circuit, self._row_v, self._column_v = circuit, row_v, column_v
        network = circuit.lines.network(np.isnan(row_v), np.isnan(column_v), *ohm)
        self._solver = NonlinearSolver(network, circuit.law, tolerance=TOLERANCE)
        self._volts = circuit.lines.voltages(row_v, column_v)
        self._reach: Floats | float = 1.0
        self._feeding: Floats | None = None
        self._row_is_set = circuit.topology.set_terminal == "row"

    def settle(self, time: float) -> None:
        """Solve the circuit with the cells as they are at ``time`` s, from where it was."""
        self._time = time
        law = self._circuit.law
        self._solve(law.present(self.cells, time))

    def _solve(self, conductance: Floats) -> None:
        law = self._circuit.law
        law.load(self.cells, self.gate, conductance)
        self._solution: Solution = self._solver.solve(self._volts)
        self.at_row = self._solution.row_voltage.reshape(-1)[self.cells]
        self.at_column = self._solution.column_voltage.reshape(-1)[self.cells]
        if self._circuit.selected:  # the rest is across the selector
            law.evaluate(self._solution.row_voltage, self._solution.column_voltage)
            self.at_row = self.at_column + law.share

    def charge(self, width: float) -> None:
        """Let pulses be ``width`` s long: shorter ones than lines need to charge reach less."""
        self._reach = self._circuit.charging.reach(self.cells, width, self._feeding)

    def feed(self, ohm: Floats) -> None:
        """Say through how much ohm each line is pulsed, rows and then columns, before `charge`."""
        self._feeding = ohm

    def sides(self) -> tuple[Floats, Floats]:
        """Return V on the SET terminal and on the other one of each cell."""
        high, low = np.maximum(self.at_row, self.at_column), np.minimum(self.at_row, self.at_column)
        high = low + self._reach * (high - low)
        row_is_high = self.at_row >= self.at_column
        if self._row_is_set:
            return np.where(row_is_high, high, low), np.where(row_is_high, low, high)
        return np.where(row_is_high, low, high), np.where(row_is_high, high, low)

    def at_rest(self) -> LineResult:
        """Return voltages and noise-free currents of all lines."""
        found = self._solution
        into_row = found.left + found.right
        into_column = found.top + found.bottom
        row_floats, column_floats = np.isnan(self._row_v), np.isnan(self._column_v)
        into_row[row_floats] = into_column[column_floats] = np.nan
        wires = self._circuit.lines.wires
        row_end = -1 if wires.row_side == "right" else 0
        column_end = 0 if wires.column_side == "top" else -1
        return LineResult(
            into_row,
            into_column,
            np.where(row_floats, found.row_voltage[:, row_end], self._row_v),
            np.where(column_floats, found.column_voltage[column_end], self._column_v),
        )

    def measured(self, duration: float) -> LineResult:
        """Read all live cells for ``duration`` s, with their own noise; see `CrossbarChip`."""
        across = self.at_row - self.at_column
        seen = np.flatnonzero(np.abs(across) >= SENSED)
        state, law = self._circuit.state, self._circuit.law
        operation = state.next_operation()
        conductance = law.present(self.cells, self._time)
        conductance[seen] = law.observed(self.cells[seen], duration, self._time)
        self._solve(conductance)
        if self._circuit.logs_reads:
            state.truth.reserve(seen.size)
            sign = 1.0 if self._row_is_set else -1.0
            flat = self._solution.cell_current.reshape(-1)
            _law_kernels.log_readings(
                state.cells, state.devices, state.parameters[0], self.cells[seen],
                sign * (self.at_row - self.at_column)[seen], self.gate[seen],
                sign * flat[self.cells[seen]], float(duration), self._time,
                state.truth.records, state.truth.tail, operation,
            )  # fmt: skip
        return self.at_rest()


def gate_voltages(topology: Topology, gate_v: Floats) -> Floats:
    """Return V on the gate of each cell, flat; 0 where it floats, or where there is none."""
    levels: Floats = np.nan_to_num(np.asarray(gate_v, np.float64).ravel())
    rows, columns = topology.rows, topology.columns
    if topology.kind != "1T1R":
        return np.zeros(rows * columns)
    if topology.gate_along == "row":
        return np.repeat(levels, columns)
    return np.tile(levels, rows) if topology.gate_along == "column" else levels


def is_exact(chip_file: ChipFile) -> bool:
    """Say whether a chip's voltages need the exact circuit."""
    chip = chip_file.chip
    return not (
        chip.wires.ideal and chip.wires.instant and chip.selector is None and chip_file.faults.sound
    )
