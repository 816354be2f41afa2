"""The crossbar board: a controller with a driver and a sense channel on every line of a chip.

Whole arrays go out and come back in one message each; `docs/crossbar-board.md` is its manual.
"""

from collections.abc import Iterator
from typing import ClassVar, final

import numpy as np

from labcim.capabilities import (
    CellIndices,
    CellReadings,
    Delivered,
    Floats,
    LineCurrents,
    LineState,
    Schedule,
    SweepReadings,
    Train,
)
from labcim.parameter import Parameter
from labcim.units import Ampere, Hertz, Second, Volt

from . import _board_blocks as blocks
from . import _board_checks as checks
from ._board_bias import checked_scheme
from ._board_bits import BitVerbs
from ._board_cycling import CyclingVerbs
from ._board_feedback import FeedbackVerbs
from ._board_rules import TERMINALS, Request

_MOST_VALUES = 2**24


@final
class CrossbarBoard(FeedbackVerbs, BitVerbs, CyclingVerbs):
    """Cells and lines of a chip, and what can be done with all of them at once.

    `labcim.capabilities.Cells` and `Lines`; as far as it ``offers`` them also `Vectors`,
    `ParallelUpdate` and `Feedback`, or for bits `labcim.bit_capabilities.BulkLogic` and
    `ChargeSums`.

    Settings that a request needs are sent only where they have changed; a request for up to 262,144
    cells is then one message, and its answer one block.
    """

    identified_by: ClassVar[str] = "CROSSBAR BOARD"
    terminals: ClassVar[tuple[str, ...]] = TERMINALS

    enabled = Parameter(
        doc="Control whether the drivers are armed.",
        get=":OUTP?", set=":OUTP {}", choices={True: "1", False: "0"},
    )  # fmt: skip
    aperture: Parameter[float] = Parameter(
        doc="Control the time over which a reading integrates.",
        unit="s", get=":SENS:APER?", set=":SENS:APER {!r}", limits=(1e-7, 10.0),
    )  # fmt: skip
    current_range: Parameter[float] = Parameter(
        doc="Control the range of the sense channels; setting one leaves auto range.",
        unit="A", get=":SENS:CURR:RANG?", set=":SENS:CURR:RANG {!r}", limits=(1e-9, 1e-3),
        guard="_guard_range",
    )  # fmt: skip
    auto_range = Parameter(
        doc="Control whether each sense channel chooses its range.",
        get=":SENS:CURR:RANG:AUTO?", set=":SENS:CURR:RANG:AUTO {}",
        choices={True: "1", False: "0"},
    )  # fmt: skip
    averages: Parameter[int] = Parameter(
        doc="Get how many apertures are averaged.", get=":SENS:AVER:COUN?", parse=int
    )
    pulse_width: Parameter[float] = Parameter(
        doc="Get the pulse width.", unit="s", get=":SOUR:PULS:WIDT?"
    )
    pulse_period: Parameter[float] = Parameter(
        doc="Get the pulse period; 0 s is the shortest.", unit="s", get=":SOUR:PULS:PER?"
    )
    pulse_count: Parameter[int] = Parameter(
        doc="Get the number of pulses.", get=":SOUR:PULS:COUN?", parse=int
    )
    current_limit: Parameter[float] = Parameter(
        doc="Get the current limit of one cell.", unit="A", get=":SOUR:CURR:PROT?"
    )
    common_limit: Parameter[float] = Parameter(
        doc="Get the current limit of the line that cells share.",
        unit="A", get=":SOUR:CURR:PROT:COMM?",
    )  # fmt: skip

    # --- Cells ---

    def bias(self, *, pulses: str = "half", readings: str = "ground") -> None:
        """Choose what lines without selected cells are held at, on chips without transistors.

        pulses, readings: "half" (V/2), "third" (V/3), "ground" or "float". Raises RangeError.
        """
        self.rules.pulse_bias = checked_scheme(pulses)
        self.rules.read_bias = checked_scheme(readings)

    def read(
        self, cells: CellIndices, voltage: Volt, *, gate: Volt = 0.0, averages: int = 1
    ) -> CellReadings:
        """Read cells at ``voltage`` V with ``gate`` V on their transistors."""
        chosen = checks.checked_cells(cells, self.topology)
        applied, opening = self.rules.read_voltage(voltage), self.rules.gate_voltage(gate)
        self._ensure(self.rules.sense_settings(averages))
        tail = b",".join((b"", blocks.volts_text(applied), blocks.volts_text(opening)))
        tables = []
        for part in self._chunks(chosen):
            payload = self._request(b":READ:CELL? " + blocks.cells_block(part) + tail)
            tables += blocks.read_rows(payload, len(part))
        return self._readings(chosen, applied, averages, blocks.joined(tables))

    def pulse(self, cells: CellIndices, train: Train) -> Delivered:
        """Deliver ``train`` to cells. Raises RangeError before anything is sent."""
        request = self.rules.checked_train(cells, train)
        self._ensure(self.rules.pulse_settings(train))
        tables = []
        for part in request.parts(self.rules.capability.cells_in_message):
            payload = self._request(b":PULS:CELL? " + part.text)
            tables += blocks.read_rows(payload, len(part.cells))
        return _delivered(request, train, blocks.joined(tables))

    def pulse_read(
        self,
        cells: CellIndices,
        train: Train,
        voltage: Volt,
        *,
        delay: Second,
        gate: Volt = 0.0,
        averages: int = 1,
    ) -> tuple[Delivered, CellReadings]:
        """Deliver ``train``, wait ``delay`` s from its end and read, as one operation.

        The sense channels settle meanwhile, which is the shortest delay.
        """
        request = self.rules.checked_train(cells, train)
        applied, opening = self.rules.read_voltage(voltage), self.rules.gate_voltage(gate)
        checks.check_between("delay", delay, 0.0, 1e8, "s")
        self._ensure({**self.rules.pulse_settings(train), **self.rules.sense_settings(averages)})
        numbers = (repr(float(delay)).encode(), blocks.volts_text(applied))
        tail = b",".join((b"", *numbers, blocks.volts_text(opening)))
        pulsed, measured = [], []
        for part in request.parts(self.rules.capability.cells_in_message):
            payload = self._request(b":PULS:READ? " + part.text + tail)
            first, second = blocks.read_rows(payload, len(part.cells), tables=2)
            pulsed.append(first)
            measured.append(second)
        readings = self._readings(request.cells, applied, averages, blocks.joined(measured))
        return _delivered(request, train, blocks.joined(pulsed)), readings

    def sweep(
        self, cell: int, voltages: Floats, *, dwell: Second, gate: Volt, current_limit: Ampere
    ) -> SweepReadings:
        """Step one cell through ``voltages`` V, ``dwell`` s each, under a current limit in A."""
        checks.checked_cells(np.array([cell]), self.topology)
        count = len(voltages)
        checks.check_between("points of a sweep", count, 1, _MOST_VALUES, "")
        steps = self.rules.amplitudes(
            "sweep", checks.spread("sweep", voltages, count), together=False
        )
        opening = self.rules.gate_voltage(gate)
        checks.check_between("dwell", dwell, self.rules.capability.shortest_pulse, 1e8, "s")
        self._ensure(
            {**self.rules.current_settings(current_limit), **self.rules.bias_settings("PULS")}
        )
        head = f":SWE:CELL? {int(cell)},{opening!r},{float(dwell)!r},".encode()
        payload = self._request(head + blocks.float_block(steps))
        (table,) = blocks.read_rows(payload, count)
        volts = steps.astype(np.float64)
        return SweepReadings(int(cell), volts, table.current, table.time, table.flags)

    def record(
        self, cells: CellIndices, voltage: Volt, *, rate: Hertz, count: int, gate: Volt = 0.0
    ) -> Floats:
        """Read cells ``count`` times at ``rate`` Hz; return A, (count, cells); NaN over range."""
        chosen = checks.checked_cells(cells, self.topology)
        applied, opening = self.rules.read_voltage(voltage), self.rules.gate_voltage(gate)
        checks.check_between("rate", rate, 1e-8, 1e6, "Hz")
        checks.check_between("values of a record", count * len(chosen), 1, _MOST_VALUES, "")
        self._ensure(self.rules.sense_settings(1))
        tail = f",{applied!r},{opening!r},{1.0 / rate!r},{int(count)}".encode()
        payload = self._request(b":REC:CELL? " + blocks.cells_block(chosen) + tail)
        return blocks.read_currents(payload, (int(count), len(chosen)))

    def schedule(self, cells: CellIndices, train: Train) -> Schedule:
        """Say how ``train`` would be split, without touching the chip."""
        return self.rules.schedule(cells, train)

    # --- Lines ---

    def apply(self, sequence: list[LineState]) -> list[LineCurrents]:
        """Apply timed line states one after the other; all lines are grounded at the end."""
        levels = self.rules.line_levels(sequence)
        self._ensure(self.rules.current_settings(self.rules.line_current))
        seconds = np.array([state.duration for state in sequence], np.float64)
        volts = blocks.float_block(levels)
        payload = self._request(b":SEQ:APPL? " + blocks.seconds_block(seconds) + b"," + volts)
        return blocks.read_line_currents(payload, len(sequence), self.topology)

    def _chunks(self, cells: CellIndices) -> Iterator[CellIndices]:
        size = self.rules.capability.cells_in_message
        for start in range(0, len(cells), size):
            yield cells[start : start + size]

    def _guard_range(self, value: float) -> None:
        """Refuse a range that lets more current flow than the lines stand."""
        self.rules.range_fits(value)

    def _readings(
        self, cells: CellIndices, applied: float, averages: int, table: blocks.Table
    ) -> CellReadings:
        volts = np.full(len(cells), applied)
        with np.errstate(divide="ignore", invalid="ignore"):
            conductance = table.current / volts
        return CellReadings(
            cells, table.current, volts, volts.copy(), conductance, conductance.copy(),
            table.time, table.flags, averages=averages, current_range=self._present_range(),
        )  # fmt: skip

    def _present_range(self) -> float:
        """Return the fixed range in A, or NaN where every channel chooses its own."""
        if "range" not in self._known:
            auto = self.transport.query(":SENS:CURR:RANG:AUTO?").strip() == "1"
            self._known["range"] = "nan" if auto else self.transport.query(":SENS:CURR:RANG?")
        return float(self._known["range"])


def _delivered(request: Request, train: Train, table: blocks.Table) -> Delivered:
    return Delivered(
        request.cells,
        request.amplitude.astype(np.float64),
        request.gate.astype(np.float64),
        train.width,
        train.count,
        table.time,
        table.current,
        table.flags,
    )
