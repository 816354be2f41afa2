"""Readings and reading buffers of a simulated Keithley 2450: READ, MEASure, FETCh, TRACe."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ..wire.parameters import Choice, Integer, String
from ..wire.scpi import ScpiError, command, query
from ._keithley2450_base import Keithley2450Base
from ._keithley2450_buffer import (
    DEFAULT_BUFFERS,
    DEFAULT_SIZE,
    LARGEST,
    OVERFLOW,
    SMALLEST,
    BufferElements,
)

_NAME = String(31)
_DEFAULT = DEFAULT_BUFFERS[0]
_STATISTICS: dict[str, Callable[[NDArray[np.float64]], float]] = {
    "AVER": np.mean,
    "MAX": np.max,
    "MIN": np.min,
    "STDD": np.std,
    "PKPK": np.ptp,
}
Asked = tuple[str, list[str]]


class TraceCommands(Keithley2450Base):
    """Making, storing and giving out readings."""

    @query(":READ", BufferElements(), optional=1)
    def read(self, asked: Asked = (_DEFAULT, ["READ"])) -> str:
        """Make readings, store them and tell the last one."""
        self._acquire(asked[0])
        return self.buffers.last(*asked)

    @query(":MEASure", BufferElements(), optional=1)
    def measure(self, asked: Asked = (_DEFAULT, ["READ"])) -> str:
        """Make readings with the active function and tell the last one."""
        return self.read(asked)

    @query(":MEASure:{CURRent|VOLTage|RESistance}[:DC]", BufferElements(), optional=1)
    def measure_function(self, function: str, asked: Asked = (_DEFAULT, ["READ"])) -> str:
        """Choose a function, make readings and tell the last one."""
        self.settings.sensed = function
        return self.read(asked)

    @query(":FETCh", BufferElements(), optional=1)
    def fetch(self, asked: Asked = (_DEFAULT, ["READ"])) -> str:
        """Tell the newest stored reading."""
        return self.buffers.last(*asked)

    @command(":TRACe:TRIGger", _NAME, optional=1)
    def trigger_trace(self, name: str = _DEFAULT) -> None:
        """Make readings into a buffer."""
        self._acquire(name)

    @query(":TRACe:DATA", Integer(), Integer(), BufferElements(), optional=1)
    def trace_data(self, first: int, last: int, asked: Asked = (_DEFAULT, ["READ"])) -> str:
        """Tell elements of a span of stored readings."""
        name, elements = asked
        return self.buffers.span(name, first, last, elements)

    @command(
        ":TRACe:MAKE",
        _NAME,
        Integer(SMALLEST, LARGEST),
        Choice("STANdard", "COMPact", "FULL", "WRITable", "FULLWRITable"),
        optional=1,
    )
    def make_trace(self, name: str, size: int, _style: str = "STAN") -> None:
        """Make a user buffer; all styles store the same here."""
        self.buffers.make(name, size)

    @command(":TRACe:DELete", _NAME)
    def delete_trace(self, name: str) -> None:
        """Delete a user buffer."""
        self.buffers.delete(name)

    @command(":TRACe:CLEar", _NAME, optional=1)
    def clear_trace(self, name: str = _DEFAULT) -> None:
        """Empty a buffer."""
        self.buffers.clear(name)

    @query(":TRACe:ACTual[:END]", _NAME, optional=1)
    def actual(self, name: str = _DEFAULT) -> int:
        """Tell how many readings a buffer holds."""
        return len(self.buffers.get(name).readings)

    @command(":TRACe:POINts", Integer(SMALLEST, LARGEST, DEFAULT_SIZE), _NAME, optional=1)
    def set_points(self, size: int, name: str = _DEFAULT) -> None:
        """Set the size of a buffer, which empties it."""
        self.buffers.resize(name, size)

    @query(":TRACe:POINts", _NAME, optional=1)
    def points(self, name: str = _DEFAULT) -> int:
        """Tell the size of a buffer."""
        return self.buffers.get(name).size

    @query(":TRACe:STATistics:{AVERage|MAXimum|MINimum|STDDev|PKPK}", _NAME, optional=1)
    def statistics(self, what: str, name: str = _DEFAULT) -> float:
        """Tell a statistic of a buffer's readings."""
        values = [reading.value for reading in self.buffers.get(name).readings]
        if not values:
            return OVERFLOW
        return float(_STATISTICS[what](np.array(values)))

    @command(":FORMat[:DATA]", Choice("ASCii", "REAL", "SREal"))
    def set_format(self, form: str) -> None:
        """Choose text for readings; the binary formats are not simulated (-221)."""
        if form != "ASC":
            raise ScpiError(-221)

    @query(":FORMat[:DATA]")
    def format(self) -> str:
        """Tell the format of readings."""
        return "ASC"

    def _acquire(self, name: str) -> None:
        buffer = self.buffers.get(name)
        for _ in range(self.settings.count):
            buffer.store(self.meter.measure(self.settings))
