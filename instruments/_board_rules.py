"""What a train, a reading or a line sequence becomes before it goes to a crossbar board.

Everything is checked against the chip's and the board's limits here, whole arrays at once; what
comes out can be sent as it is.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labcim.capabilities import CellIndices, Floats, LineState, Schedule, Train
from labcim.errors import RangeError
from labcim.limits import UNLIMITED, TerminalLimits

from . import _board_blocks as blocks
from . import _board_checks as checks
from ._board_bias import SCHEMES, check_levels
from ._board_capability import Capability, count_steps, schedule_of

TERMINALS = ("row", "column", "gate")
CELL_CURRENT = 1e-3
"""Current limit of a cell in A where a train states none."""
MOST_BYTES = 2**26
"""Largest block of a line sequence."""


@dataclass(frozen=True, slots=True)
class Request:
    """A train as it will be sent: V as float32, shape (cells,)."""

    cells: CellIndices
    amplitude: checks.Volts
    gate: checks.Volts

    def parts(self, size: int) -> Iterator["Request"]:
        """Return the request in parts of at most ``size`` cells."""
        for start in range(0, len(self.cells), size):
            part = slice(start, start + size)
            yield Request(self.cells[part], self.amplitude[part], self.gate[part])

    @property
    def text(self) -> bytes:
        """Return cells, amplitudes and gates as a message has them."""
        arrays = (blocks.volts_block(self.amplitude), blocks.volts_block(self.gate))
        return b",".join((blocks.cells_block(self.cells), *arrays))


class BoardRules:
    """The limits of one board on one chip. limits: of the terminals row, column and gate."""

    def __init__(self, capability: Capability, limits: Mapping[str, TerminalLimits]) -> None:
        self.capability = capability
        self.limits = {name: limits.get(name, UNLIMITED) for name in TERMINALS}
        self.windows = self._windows()
        self.gated = capability.topology.kind == "1T1R"
        self.pulse_bias, self.read_bias = "half", "ground"

    def _windows(self) -> dict[str, TerminalLimits]:
        """Return what each terminal may be given: the chip's limits within the board's own."""
        able = self.capability
        return {
            name: TerminalLimits(
                low=max(limit.low, -able.voltage),
                high=min(limit.high, able.voltage),
                current=limit.current,
                gate=limit.gate,
                read=limit.read,
                timing=limit.timing,
            )
            for name, limit in ((name, self.limits[name]) for name in TERMINALS)
        }

    @property
    def line_current(self) -> float:
        """Return the largest current in A that a row and a column may both carry."""
        lines = (self.limits["row"], self.limits["column"])
        return min(self.capability.line_current, *(line.current for line in lines))

    @property
    def common_current(self) -> float:
        """Return the largest current in A of the line that the cells of a step share."""
        along = self.capability.topology.gate_along
        shared = "row" if along == "row" or not self.gated else "column"
        return min(self.capability.common_current, self.limits[shared].current)

    def cell_current(self, train: Train) -> float:
        """Return the current limit of a cell in A."""
        if train.current_limit is None:
            return min(CELL_CURRENT, self.line_current)
        return train.current_limit

    def current_settings(self, limit: float) -> dict[str, str]:
        """Return the settings of the current limits. Raises RangeError."""
        for name in ("row", "column"):
            self.limits[name].check_current(f"current limit of the {name}s", limit)
        checks.check_between("current limit", limit, 1e-9, self.capability.line_current, "A")
        return {
            "OUTP": "1",
            "SOUR:CURR:PROT": repr(float(limit)),
            "SOUR:CURR:PROT:COMM": repr(float(self.common_current)),
        }

    def sense_settings(self, averages: int) -> dict[str, str]:
        """Return the settings that a reading needs. Raises RangeError."""
        checks.check_between("averages", averages, 1, 65536, "")
        common = repr(float(self.common_current))
        settings = {"OUTP": "1", "SOUR:CURR:PROT:COMM": common}
        return {**settings, "SENS:AVER:COUN": str(int(averages)), **self.bias_settings("READ")}

    def bias_settings(self, of: str) -> dict[str, str]:
        """Return the setting of what unselected lines are held at; none with transistors."""
        if self.gated:
            return {}
        scheme = self.pulse_bias if of == "PULS" else self.read_bias
        return {f"SOUR:BIAS:{of}": SCHEMES[scheme][0]}

    def pulse_settings(self, train: Train) -> dict[str, str]:
        """Return the settings that a train needs. Raises RangeError for its current limit."""
        return {
            **self.current_settings(self.cell_current(train)),
            **self.bias_settings("PULS"),
            "SOUR:PULS:WIDT": repr(float(train.width)),
            "SOUR:PULS:PER": repr(float(train.period)),
            "SOUR:PULS:COUN": str(int(train.count)),
            "SOUR:PULS:TRAN:LEAD": repr(float(train.rise)),
            "SOUR:PULS:TRAN:TRA": repr(float(train.fall)),
        }

    def checked_train(self, cells: CellIndices, train: Train) -> Request:
        """Return what will be sent. Raises RangeError for anything out of limits."""
        able = self.capability
        if train.series_resistance is not None:
            raise RangeError("series resistance: the board has none to switch in; accepts None")
        chosen = checks.checked_cells(cells, able.topology)
        count = len(chosen)
        checks.check_between("pulse width", train.width, able.shortest_pulse, 1e8, "s")
        for limits in self.windows.values():
            limits.check_width("pulse width", train.width)
        checks.check_between("pulse rise", train.rise, 0.0, 1e8, "s")
        checks.check_between("pulse fall", train.fall, 0.0, 1e8, "s")
        checks.check_between("pulse count", train.count, 1, 2**31 - 1, "")
        if train.period != 0.0:
            shortest = (pulse_time(train) + able.gap) * (1.0 - 1e-9)
            checks.check_between("pulse period", train.period, shortest, 1e8, "s")
        amplitude = self.amplitudes("pulse", checks.spread("amplitude", train.amplitude, count))
        gate = self.gates(checks.spread("gate", train.gate, count))
        self.current_settings(self.cell_current(train))
        return Request(chosen, amplitude, gate)

    def amplitudes(self, name: str, volts: Floats, *, together: bool = True) -> checks.Volts:
        """Return amplitudes in V as they will be sent. Raises RangeError."""
        windows, chip = self.windows, self.capability.topology
        if not self.gated:
            scheme = self.read_bias if name == "read" else self.pulse_bias
            check_levels(name, volts, scheme, chip, windows, together=together)
            return volts.astype(np.float32)
        checks.check_amplitudes(name, volts, chip, windows, together=together)
        other = "column" if chip.set_terminal == "row" else "row"
        return checks.commanded(volts, -windows[other].high, windows[chip.set_terminal].high)

    def gates(self, volts: Floats) -> checks.Volts:
        """Return gate voltages in V as they will be sent; 0 V where there are no gates."""
        if not self.gated:
            return np.zeros(volts.shape, np.float32)
        window = self.windows["gate"]
        checks.check_window("gate", volts, window)
        return checks.commanded(volts, window.low, window.high)

    def read_voltage(self, voltage: float) -> float:
        """Return a read voltage in V as it will be sent. Raises RangeError."""
        given = checks.spread("read voltage", voltage, 1)
        checks.check_read("read voltage", float(given[0]), self.windows)
        return float(self.amplitudes("read", given)[0])

    def gate_voltage(self, gate: float) -> float:
        """Return the gate voltage of a reading in V as it will be sent. Raises RangeError."""
        return float(self.gates(checks.spread("gate", gate, 1))[0])

    def range_fits(self, value: float) -> None:
        """Raise RangeError if the range for ``value`` A lets more flow than the lines stand."""
        decade = min(10.0 ** float(np.ceil(np.log10(max(value, 1e-6)) - 1e-9)), 1e-3)
        for name in ("row", "column"):
            self.limits[name].check_current(f"current range of the {name}s", decade)

    def line_levels(self, sequence: list[LineState]) -> NDArray[np.float32]:
        """Return V as they will be sent, (states, rows + columns + gates); NaN floats."""
        chip = self.capability.topology
        checks.check_sequence(sequence, chip, self.windows)
        rows = [np.concatenate([state.rows, state.columns, state.gates]) for state in sequence]
        levels = np.array(rows, np.float64)
        checks.check_between("bytes of a line sequence", 4 * levels.size, 1, MOST_BYTES, "")
        ends = np.cumsum([chip.rows, chip.columns])
        families = np.split(levels, ends, axis=1)
        return np.concatenate(
            [
                checks.commanded(part, window.low, window.high)
                for part, window in zip(families, self.windows.values(), strict=True)
            ],
            axis=1,
        )

    def _apart(self, part: Request) -> checks.Volts:
        """Return what the cells of a step have in common, besides line and polarity."""
        if self.gated:
            return part.gate
        return np.abs(part.amplitude) if self.pulse_bias == "third" else np.zeros_like(part.gate)

    def schedule(self, cells: CellIndices, train: Train) -> Schedule:
        """Return how the board will split a train. Raises RangeError like the train itself."""
        request, able = self.checked_train(cells, train), self.capability
        limit = self.cell_current(train)
        together = min(able.parallel, max(1, int(self.common_current / limit * (1.0 + 1e-9))))
        parts = list(request.parts(able.cells_in_message))
        steps = sum(
            count_steps(able.topology, part.cells, part.amplitude, self._apart(part), together)
            for part in parts
        )
        period = train.period or pulse_time(train) + able.gap
        return schedule_of(steps, train.count * period, len(request.cells), len(parts))


def pulse_time(train: Train) -> float:
    """Return the time from the first to the last moment of a pulse; width is at half height."""
    return train.width + 0.5 * (train.rise + train.fall)
