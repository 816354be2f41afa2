"""What moves cells and lines on the board: one message each way for a whole array.

A request that is refused answers an empty block, #10, so that no controller has to wait for an
answer that does not come; the reason is in the error queue. Nothing has then been driven.
"""

from collections.abc import Callable

import numpy as np

from labcim.errors import RangeError

from ..chip.clock import SimClock
from ..chip.truth import TruthLog
from ..chip.wired_chip import WiredChip
from ..wire.parameters import Block, Integer, Numeric, OneOf
from ..wire.scpi import ScpiError, ScpiInstrument, block, command, query
from ._board_bias import StepLines
from ._board_cells import Floats, Measured, Pulsed
from ._board_codec import Codec, Column
from ._board_cycling import CyclingFirmware, ResetPulse
from ._board_drive import LineFirmware, sequence_of
from ._board_lines import LineBank
from ._board_settings import LINE_CURRENT, BoardSettings
from ._board_steps import SteppedChip

PULSING = 8
MEASURING = 4
_COMPLIANCE = 1
_LINE_FAULT = 9
_CELLS = Block()
_VOLTS = Numeric("V")
_SECONDS = Numeric("S")
_EACH = OneOf(Block(), _VOLTS)
_ANY = Integer(0)


class BoardRequests(ScpiInstrument):
    """State of the board, and the queries for cells and lines."""

    def __init__(self, chip: WiredChip, clock: SimClock, truth: TruthLog, name: str) -> None:
        super().__init__()
        self.name = name
        self.topology = topology = chip.topology
        self._truth = truth
        self.output = False
        self.codec = Codec()
        self.settings = BoardSettings()
        self.banks = {
            "row": LineBank("row", topology.rows),
            "column": LineBank("column", topology.columns),
            "gate": LineBank("gate", topology.gates),
        }
        lines = StepLines(topology, self.banks)
        stepped = chip.exact or not lines.gated
        served = SteppedChip(chip, lines, self.settings) if stepped else chip
        self.reset_pulse = ResetPulse()
        self.cells = CyclingFirmware(
            served, clock, topology, self.settings, self.banks, lines, chip.settling
        )
        self.cells.reset_pulse = self.reset_pulse
        self.lines = LineFirmware(chip, clock, self.settings, self.banks)

    @property
    def operations(self) -> tuple[str, ...]:
        """Return what the topology allows: products, parallel updates, feedback loops.

        A selector blocks below its threshold: products at a voltage that moves no cell see nothing.
        """
        return ("UPD",) if self.topology.kind == "1S1R" else ("VECT", "UPD", "FEED")

    def bank(self, family: str) -> LineBank:
        """Return the drivers of ROW, COL or GATE."""
        return self.banks[{"ROW": "row", "COL": "column", "GATE": "gate"}[family]]

    def note(self, kind: str, target: str, value: float) -> None:
        """Write into the truth what the board has just done."""
        self._truth.action(self.name, kind, target, value)

    def numbers(self, values: list[float] | bytes, count: int) -> Floats | list[float] | float:
        """Return a list as it is, or the float32 of a block."""
        return self.codec.volts(values, count) if isinstance(values, bytes) else values

    def reset(self) -> None:
        """*RST: output off, every line grounded at 0 V, *RST formats and settings."""
        self.codec.reset()
        self.settings.reset()
        self.reset_pulse.reset()
        for bank in self.banks.values():
            bank.reset()
        self.output = False
        self._note_all_off()

    def device_clear(self) -> None:
        """Nothing is pending: every request has ended when its message has been read."""

    def trigger(self) -> None:
        """There is no trigger model: a request is its own trigger."""
        raise ScpiError(-211)

    @command("ABORt")
    def abort(self) -> None:
        """Bring every level to 0 V; lines keep their states."""
        for bank in self.banks.values():
            bank.set_levels(0.0)
        for name in ("rows", "columns"):
            self.note("source", name, 0.0)
        self.note("gate", "gates", 0.0)

    @query("PULSe:CELLs", _CELLS, _EACH, _EACH)
    def pulse_cells(self, cells: bytes, amplitude: bytes | float, gate: bytes | float) -> bytes:
        """Deliver the present train: begin, largest current, flag of each cell."""

        def carry_out() -> bytes:
            chosen = self.codec.cells(cells)
            height, opening = (self.codec.volts(value, len(chosen)) for value in (amplitude, gate))
            pulsed = self.cells.pulse(chosen, height, opening)
            self._note_request("pulse", len(chosen), height)
            return self.codec.answer(*self._pulsed(pulsed))

        return self._answered(carry_out, PULSING)

    @query("READ:CELLs", _CELLS, _VOLTS, _VOLTS)
    def read_cells(self, cells: bytes, voltage: float, gate: float) -> bytes:
        """Read cells: begin, current, flag of each."""

        def carry_out() -> bytes:
            chosen = self.codec.cells(cells)
            if len(chosen) == 1 and self.codec.text:
                row = self.cells.read_one(chosen, voltage, gate)
                self._note_request("read", 1, voltage)
                return self.codec.row(*row)
            measured = self.cells.read(chosen, voltage, gate)
            self._note_request("read", len(chosen), voltage)
            return self.codec.answer(*_measured(measured))

        return self._answered(carry_out, MEASURING)

    @query("PULSe:READ", _CELLS, _EACH, _EACH, _SECONDS, _VOLTS, _VOLTS)
    def pulse_read(
        self,
        cells: bytes,
        amplitude: bytes | float,
        gate: bytes | float,
        delay: float,
        voltage: float,
        read_gate: float,
    ) -> bytes:
        """Pulse, wait and read: what PULSe:CELLs? and READ:CELLs? answer, one after the other."""

        def carry_out() -> bytes:
            chosen = self.codec.cells(cells)
            height, opening = (self.codec.volts(value, len(chosen)) for value in (amplitude, gate))
            pulsed, measured = self.cells.pulse_read(
                chosen, height, opening, delay, voltage, read_gate
            )
            self._note_request("pulse", len(chosen), height)
            self._note_request("read", len(chosen), voltage)
            return self.codec.answer(*self._pulsed(pulsed), *_measured(measured))

        return self._answered(carry_out, PULSING, MEASURING)

    @query("SWEep:CELL", _ANY, _VOLTS, _SECONDS, _CELLS)
    def sweep_cell(self, cell: int, gate: float, dwell: float, voltages: bytes) -> bytes:
        """Step one cell through voltages: begin, current, flag of each step."""

        def carry_out() -> bytes:
            steps = np.asarray(self.codec.volts(voltages, len(voltages) // 4))
            swept = self.cells.sweep(cell, gate, dwell, steps)
            self._note_request("sweep", 1, steps)
            return self.codec.answer(*_measured(swept))

        return self._answered(carry_out, PULSING, MEASURING)

    @query("RECord:CELLs", _CELLS, _VOLTS, _VOLTS, _SECONDS, _ANY)
    def record_cells(
        self, cells: bytes, voltage: float, gate: float, interval: float, count: int
    ) -> bytes:
        """Read cells again and again: currents, one pass after the other."""

        def carry_out() -> bytes:
            chosen = self.codec.cells(cells)
            currents = self.cells.record(chosen, voltage, gate, interval, count)
            self._note_request("read", len(chosen), voltage)
            return self.codec.answer(("value", currents.ravel()))

        return self._answered(carry_out, MEASURING)

    @query("SEQuence:APPLy", Block(), Block())
    def apply_sequence(self, durations: bytes, levels: bytes) -> bytes:
        """Drive every line through timed states: current into rows and columns at each end."""

        def carry_out() -> bytes:
            seconds = self.codec.seconds(durations)
            lines = sum(bank.count for bank in self.banks.values())
            volts = np.asarray(self.codec.volts(levels, len(seconds) * lines))
            currents = self.lines.apply(sequence_of(seconds, volts, self.banks))
            self._note_request("lines", len(seconds), np.nan_to_num(volts))
            return self.codec.answer(("value", currents.ravel()))

        return self._answered(carry_out, PULSING, MEASURING)

    @query("MEASure:CURRent:{ROW|COLumn}")
    def line_current(self, family: str) -> bytes:
        """Measure the current into each row or column with all lines as they are set."""

        def carry_out() -> bytes:
            rows, columns = self.lines.measure()
            return self.codec.answer(("value", rows if family == "ROW" else columns))

        return self._answered(carry_out, MEASURING)

    def _answered(self, carry_out: Callable[[], bytes], *activities: int) -> bytes:
        """Carry a request out with its bits of the OPERation register; refused, answer #10."""
        try:
            if not self.output:
                raise ScpiError(-221, device_info="the output is off")
            answer = carry_out()
        except ScpiError as refusal:
            self.report(refusal)
            return block(b"")
        except RangeError as trouble:  # a circuit without an answer
            self.report(ScpiError(-240, device_info=str(trouble)[:120]))
            return block(b"")
        for bit in activities:
            self.status.operation.pulse(bit)
        return answer

    def _pulsed(self, pulsed: Pulsed) -> tuple[Column, ...]:
        if pulsed.flags.any():
            self.status.questionable.pulse(_COMPLIANCE)
        # No cell can draw more than its driver gives; another driver on the same line can.
        if pulsed.peak.max(initial=0.0) > LINE_CURRENT:
            self.status.questionable.pulse(_LINE_FAULT)
        return ("time", pulsed.time), ("value", pulsed.peak), ("flag", pulsed.flags)

    def _note_request(self, kind: str, count: int, volts: Floats | float) -> None:
        """One line in the truth for a whole request; the cells' own records tell the rest."""
        most = abs(volts) if isinstance(volts, float) else float(np.abs(volts).max(initial=0.0))
        self.note(kind, f"{count} cells", most)

    def _note_all_off(self) -> None:
        self.abort()
        self.note("output", "all", 0.0)
        self.note("line", "all", 0.0)


def _measured(measured: Measured) -> tuple[Column, ...]:
    return ("time", measured.time), ("value", measured.current), ("flag", measured.flags)
