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
from ..devices.finding import find_model
from .checked import check_train, spread
from .chip_file import ChipFile
from .exact_lines import ExactCircuit, ExactLines, is_exact
from .heating import Neighbours
from .lines import Floats, LineResult
from .live_lines import IdealCircuit, IdealLines, Sensed
from .single_cell import SingleCell
from .state import ChipState
from .stepping import Held, Stimulus, last_pulses
from .temperature import change_temperature
from .truth import TruthLog
from .whole_pulses import deliver

CellIndices = NDArray[np.uint32]
ASKED = 1e-9  # V: what a cell that is meant must see
SEEN = 0.05  # V: what a cell must see for a line state to count as a pulse on it


class CrossbarChip:
    """The open chip. Cells are flat, row-major: cell = row * columns + column.

    amplitude is signed: positive raises the SET terminal, negative the other one.
    """

    def __init__(self, chip_file: ChipFile) -> None:
        self.state = ChipState(chip_file)
        self.clock = self.state.clock
        self.truth = TruthLog(self.state)
        self._be(chip_file)

    def become(self, chip_file: ChipFile) -> None:
        """Be another chip of the same shape, as warm as this one, at the same time.

        Whoever holds this chip, its clock or its truth goes on with the other's.
        """
        now, kelvin = self.clock.now, self.temperature
        self.state.close()
        self.state = ChipState(chip_file)
        self.state.clock.catch_up(now)
        self.clock.follow(self.state.clock)
        self.state.clock = self.clock
        self.truth.follow(self.state)
        self._be(chip_file)
        change_temperature(chip_file, self.state, kelvin)

    def _be(self, chip_file: ChipFile) -> None:
        self.chip_file = chip_file
        self.topology = chip_file.chip.topology()
        self.rows, self.columns = self.topology.rows, self.topology.columns
        self.size = self.topology.size
        self._logs_reads = chip_file.state.truth == "full"
        self._p = self.state.parameters[0]
        self.disturb_voltage = float(self._p["disturb_voltage"])
        self._hold_draws = find_model(chip_file.preset.model).hold_draws
        warm = chip_file.chip.heating
        self._neighbours = (
            Neighbours(chip_file, self.state) if warm.neighbour or warm.diagonal else None
        )
        self._single = SingleCell(self.state, self._logs_reads)
        self.exact = is_exact(chip_file)
        self._circuit: IdealCircuit | ExactCircuit = (
            ExactCircuit(self.state, chip_file, self._logs_reads)
            if self.exact
            else IdealCircuit(self.state, self.topology, self._logs_reads)
        )

    @property
    def formed(self) -> NDArray[np.bool_]:
        """Return which cells are formed, shape (cells,). Truth."""
        return np.array(self.state.cells["formed"] != 0, dtype=np.bool_)

    @property
    def stuck(self) -> NDArray[np.bool_]:
        """Return which cells never move again, shape (cells,). Truth."""
        return np.array(self.state.cells["stuck"] != 0, dtype=np.bool_)

    @property
    def temperature(self) -> float:
        """Return the temperature in K of all cells."""
        return float(self._p["temperature"])

    def set_temperature(self, kelvin: float) -> None:
        """Let the chip go on at another temperature, at once. Kept in the state; see the log.

        Raises RangeError for less than 4 K or more than 1000 K.
        """
        change_temperature(self.chip_file, self.state, kelvin)
        self.truth.action("chip", "temperature", "", kelvin)

    def true_conductance(self, cells: CellIndices | None = None) -> Floats:
        """Return the noise-free conductance in S, now, of the given cells or of all."""
        chosen = self.topology.all_cells() if cells is None else self._indices(cells)
        values: Floats = kernels.true_conductances(
            self.state.cells, self.state.devices, self.state.parameters, chosen, self.clock.now
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
        level = spread(amplitude, chosen.size)
        high, low = np.maximum(level, 0.0), np.maximum(-level, 0.0)
        gates = spread(gate, chosen.size)
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
        check_train(chosen.size, width, gap, count)
        begins = self._starts(start, chosen.size)
        peak = deliver(
            self.state, chosen, set_side, other_side, gate, width, gap, count, limit, begins,
            self.state.next_operation(),
        )  # fmt: skip
        if self._neighbours is not None:
            volts = set_side - other_side
            self._neighbours.warm(chosen, volts, peak, width, count, begins)
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
        if len(cells) == 1 and isinstance(voltage, float) and isinstance(gate, float):
            if abs(voltage) <= self.disturb_voltage and math.isfinite(gate):
                chosen = self._indices(cells)
                begin = self.clock.now if start is None else float(start[0])
                return self._single.read(int(chosen[0]), voltage, gate, aperture * averages, begin)
        chosen = self._indices(cells)
        level = spread(voltage, chosen.size)
        high, low = np.maximum(level, 0.0), np.maximum(-level, 0.0)
        gates = spread(gate, chosen.size)
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
            self.state.cells, self.state.devices, self.state.parameters, self.state.seed, chosen,
            set_side, other_side, gate, float(duration), self._starts(start, chosen.size),
            log.records, log.tail, self.state.next_operation(), self._logs_reads,
        )  # fmt: skip
        return currents

    def _starts(self, start: Floats | None, size: int) -> Floats:
        if start is None:
            return np.full(size, self.clock.now)
        return spread(start, size)

    def _indices(self, cells: CellIndices) -> CellIndices:
        chosen = np.ascontiguousarray(cells, dtype=np.uint32)
        last = int(chosen[0]) if chosen.size == 1 else int(chosen.max(initial=0))
        if last >= self.size:
            raise RangeError(f"cell {last}: the chip has cells 0 to {self.size - 1}")
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
        Voltages that depend on cells change while these move: see `stepping`.
        """
        self.pulse_lines(
            row_v, column_v, gate_v, width, count=count, gap=gap,
            line_current_limit=line_current_limit, seen=seen,
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
        seen: float = SEEN,
        asked: CellIndices | None = None,
        start: float | None = None,
    ) -> Floats:
        """As `apply`, from ``start`` s on; return the peak current in A of each cell, (cells,).

        asked: cells that are meant, and pulsed whatever they see of it.
        """
        begin = self.clock.now if start is None else start
        held = self._circuit.hold(row_v, column_v, gate_v, begin)
        check_train(held.cells.size, width, gap, count)
        least = np.full(self.size, seen)
        if asked is not None:
            least[asked] = ASKED
        peak = np.zeros(self.size)
        peak[held.cells] = self._stimulate(
            held, width, gap, count, line_current_limit, least[held.cells], begin
        )
        return peak

    def hold(
        self,
        row_v: Floats,
        column_v: Floats,
        gate_v: Floats,
        *,
        time: float | None = None,
        sensed: Sensed = "none",
    ) -> IdealLines | ExactLines:
        """Return the lines held at V, settled at ``time`` s (None: now). See `line_currents`."""
        at = self.clock.now if time is None else time
        return self._circuit.hold(row_v, column_v, gate_v, at, sensed=sensed)

    def stimulate(
        self,
        held: Held,
        width: float,
        *,
        count: int = 1,
        gap: float = 0.0,
        limit: float = math.inf,
        seen: float = SEEN,
    ) -> Floats:
        """Pulse cells with lines as ``held`` holds them; return their peaks in A. See `apply`."""
        check_train(held.cells.size, width, gap, count)
        return self._stimulate(held, width, gap, count, limit, seen, self.clock.now)

    def go_on(self, held: Held, width: float, *, start: float, seen: float, written: int) -> None:
        """Let each cell's last pulse go on for ``width`` s from ``start`` s, without a limit.

        It stays one pulse on the log. written: records before the train that it belongs to.
        """
        stimulus = Stimulus(
            self.state, held, hold_draws=self._hold_draws, seen=seen, limit=math.inf
        )
        stimulus.go_on(start, width, last_pulses(self.state, written, held.cells))

    def at_rest(self, row_v: Floats, column_v: Floats, gate_v: Floats) -> LineResult:
        """Return voltages and noise-free currents of all lines, touching nothing. See `apply`."""
        held = self._circuit.hold(row_v, column_v, gate_v, self.clock.now, sensed="both")
        return held.at_rest()

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
        """Measure the current from every driver into its line, in A, over ``aperture`` s.

        Arguments as for `apply`. Cells contribute with their own noise. disturb: a voltage that can
        move cells moves them first; False where the caller has let it do so already.  start: s,
        begin of it; None is now.  sensed: the lines that sense channels hold; drivers hold the
        others.
        """
        begin = self.clock.now if start is None else start
        held = self._circuit.hold(row_v, column_v, gate_v, begin, sensed=sensed)
        if disturb:
            beyond = math.nextafter(self.disturb_voltage, math.inf)
            self._stimulate(held, aperture, 0.0, 1, math.inf, beyond, begin)
        return held.measured(aperture)

    def _stimulate(
        self,
        held: Held,
        width: float,
        gap: float,
        count: int,
        limit: float,
        seen: Floats | float,
        start: float,
    ) -> Floats:
        """Deliver a train with the lines as they are held; return the peak currents of cells."""
        high, low = held.sides()
        if not (np.abs(high - low) >= seen).any():
            return np.zeros(held.cells.size)
        stimulus = Stimulus(
            self.state, held, hold_draws=self._hold_draws, seen=seen, limit=float(limit)
        )
        peak = stimulus.deliver(start, float(width), float(gap), int(count))
        if self._neighbours is not None:
            begins = np.full(peak.size, start)
            self._neighbours.warm(held.cells, high - low, peak, width, count, begins)
        return peak

    @property
    def charges(self) -> bool:
        """Say whether lines have capacitance, so that short pulses do not reach all of them."""
        return isinstance(self._circuit, ExactCircuit) and not self._circuit.charging.instant

    @property
    def settling(self) -> float:
        """Return the time in s that lines take to settle to a thousandth."""
        return self._circuit.charging.settling if isinstance(self._circuit, ExactCircuit) else 0.0

    def close(self) -> None:
        """Write the state back and let go of its files."""
        self.state.close()
