"""Readings, reading buffers and formats of a simulated Keithley 2450."""

import re
import struct
from collections.abc import Callable, Iterable

import numpy as np
from numpy.typing import NDArray

from ..wire.parameters import Boolean, Choice, Integer, String
from ..wire.scpi import command, query
from ._keithley2450_base import BUFFER_EMPTY, BUFFER_FULL, Keithley2450Base
from ._keithley2450_buffer import (
    DEFAULT_BUFFERS,
    DEFAULT_SIZE,
    LARGEST,
    OVERFLOW,
    SMALLEST,
    BufferElements,
    Reading,
    ReadingBuffer,
)
from ._stored import stored

_NAME = String(31)
_DEFAULT = DEFAULT_BUFFERS[0]
_STATISTICS: dict[str, Callable[[NDArray[np.float64]], float]] = {
    "AVER": np.mean,
    "MAX": np.max,
    "MIN": np.min,
    "STDD": np.std,
    "PK2P": np.ptp,
    "PK2PK": np.ptp,
}
Asked = tuple[str, list[str]]
_EXPONENTIAL = re.compile(r"-?\d\.\d+E[+-]\d+$")
_CODES = {"REAL": "d", "SRE": "f"}


class TraceCommands(Keithley2450Base):
    """Making, storing and giving out readings."""

    @query(":READ", BufferElements(), optional=1)
    def read(self, asked: Asked = (_DEFAULT, ["READ"])) -> str | bytes:
        """Make readings, store them and tell the last one."""
        name, elements = asked
        self.acquire(name)
        return self.written(name, (self.buffers.last(name),), elements)

    @query(":MEASure", BufferElements(), optional=1)
    def measure(self, asked: Asked = (_DEFAULT, ["READ"])) -> str | bytes:
        """Make readings with the active function and tell the last one."""
        return self.read(asked)

    @query(":MEASure:{CURRent|VOLTage|RESistance}[:DC]", BufferElements(), optional=1)
    def measure_function(self, function: str, asked: Asked = (_DEFAULT, ["READ"])) -> str | bytes:
        """Choose a function, make readings and tell the last one."""
        self.settings.sensed = function
        return self.read(asked)

    @query(":FETCh", BufferElements(), optional=1)
    def fetch(self, asked: Asked = (_DEFAULT, ["READ"])) -> str | bytes:
        """Tell the newest stored reading."""
        name, elements = asked
        return self.written(name, (self.buffers.last(name),), elements)

    @command(":TRACe:TRIGger", _NAME, optional=1)
    def trigger_trace(self, name: str = _DEFAULT) -> None:
        """Make readings into a buffer."""
        self.acquire(name)

    @query(":TRACe:DATA", Integer(), Integer(), BufferElements(), optional=1)
    def trace_data(self, first: int, last: int, asked: Asked = (_DEFAULT, ["READ"])) -> str | bytes:
        """Tell elements of a span of stored readings."""
        name, elements = asked
        return self.written(name, self.buffers.span(name, first, last), elements)

    @command(
        ":TRACe:MAKE",
        _NAME,
        Integer(SMALLEST, LARGEST),
        Choice("STANdard", "COMPact", "FULL", "WRITable", "FULLWRITable"),
        optional=1,
    )
    def make_trace(self, name: str, size: int, style: str = "STAN") -> None:
        """Make a user buffer, which is filled once; all styles of readings store the same here."""
        self.buffers.make(name, size, style)

    @command(":TRACe:DELete", _NAME)
    def delete_trace(self, name: str) -> None:
        """Delete a user buffer."""
        self.buffers.delete(name)

    @command(":TRACe:CLEar", _NAME, optional=1)
    def clear_trace(self, name: str = _DEFAULT) -> None:
        """Empty a buffer."""
        self.buffers.clear(name)
        self.event(BUFFER_EMPTY)

    @command(":TRACe:FILL:MODE", Choice("CONTinuous", "ONCE"), _NAME, optional=1)
    def set_fill_mode(self, mode: str, name: str = _DEFAULT) -> None:
        """Choose whether a full buffer drops its oldest reading or takes no more."""
        self.buffers.get(name).mode = mode

    @query(":TRACe:FILL:MODE", _NAME, optional=1)
    def fill_mode(self, name: str = _DEFAULT) -> str:
        """Tell what a full buffer does."""
        return self.buffers.get(name).mode

    @query(":TRACe:ACTual:STARt", _NAME, optional=1)
    def first_there(self, name: str = _DEFAULT) -> int:
        """Tell the place of the oldest reading; 0 where there is none."""
        return int(bool(self.buffers.get(name).readings))

    @command(":TRACe:STATistics:CLEar", _NAME, optional=1)
    def clear_statistics(self, name: str = _DEFAULT) -> None:
        """Begin the statistics anew, with the readings that are still to come."""
        buffer = self.buffers.get(name)
        buffer.counted_from = len(buffer.readings)

    @command(":TRACe:LOG:STATe", Boolean(), _NAME, optional=1)
    def set_logging(self, on: bool, name: str = _DEFAULT) -> None:
        """Choose whether a buffer notes in the event log that it is full."""
        self.buffers.get(name).logs = on

    @query(":TRACe:LOG:STATe", _NAME, optional=1)
    def logging(self, name: str = _DEFAULT) -> int:
        """Tell whether a buffer notes in the event log that it is full."""
        return int(self.buffers.get(name).logs)

    @query(":TRACe:ACTual[:END]", _NAME, optional=1)
    def actual(self, name: str = _DEFAULT) -> int:
        """Tell how many readings a buffer holds."""
        return len(self.buffers.get(name).readings)

    @command(":TRACe:POINts", Integer(SMALLEST, LARGEST, DEFAULT_SIZE), _NAME, optional=1)
    def set_points(self, size: int, name: str = _DEFAULT) -> None:
        """Set the size of a buffer, which empties it."""
        self.buffers.get(name).resize(size)

    @query(":TRACe:POINts", _NAME, optional=1)
    def points(self, name: str = _DEFAULT) -> int:
        """Tell the size of a buffer."""
        return self.buffers.get(name).size

    @query(":TRACe:STATistics:{AVERage|MAXimum|MINimum|STDDev|PK2P|PK2PK}", _NAME, optional=1)
    def statistics(self, what: str, name: str = _DEFAULT) -> float:
        """Tell a statistic of a buffer's readings."""
        buffer = self.buffers.get(name)
        values = [reading.value for reading in buffer.readings][buffer.counted_from :]
        if not values:
            return OVERFLOW
        return float(_STATISTICS[what](np.array(values)))

    set_format, format = stored(":FORMat[:DATA]", Choice("ASCii", "REAL", "SREal"), "format")
    set_byte_order, byte_order = stored(":FORMat:BORDer", Choice("NORMal", "SWAPped"), "byte_order")
    set_precision, precision = stored(":FORMat:ASCii:PRECision", Integer(0, 16, 0), "precision")

    def acquire(self, name: str, count: int | None = None) -> Reading:
        """Make readings, as many as SENSe:COUNt says, into a buffer; return the last one."""
        buffer = self.buffers.get(name)
        for _ in range(self.settings.count if count is None else count):
            reading = self.take(buffer)
        return reading

    def take(self, buffer: ReadingBuffer) -> Reading:
        """Make one reading into a buffer."""
        reading = self.meter.measure(self.settings)
        self.keep(buffer, reading)
        return reading

    def keep(self, buffer: ReadingBuffer, reading: Reading) -> None:
        """Store a reading, calculated and judged."""
        if self.calculation.is_on:
            self.calculation.apply(self.settings.sensed, reading)
        if buffer.store(reading):
            self.event(BUFFER_FULL)

    def written(self, name: str, readings: Iterable[Reading], elements: list[str]) -> str | bytes:
        """Return elements of readings in the format that is set."""
        buffer = self.buffers.get(name)
        settings = self.settings
        if settings.format == "ASC":
            told = buffer.element
            text = ",".join([told(element, each) for each in readings for element in elements])
            return text if not settings.precision else _rounded(text, settings.precision)
        values = [buffer.value(element, each) for each in readings for element in elements]
        order = "<" if settings.byte_order == "SWAP" else ">"
        return b"#0" + struct.pack(f"{order}{len(values)}{_CODES[settings.format]}", *values)


def _rounded(text: str, digits: int) -> str:
    """Return numbers in text with as many digits; what is no exponential number stays."""
    parts = text.split(",")
    return ",".join(f"{float(x):.{digits - 1}E}" if _EXPONENTIAL.match(x) else x for x in parts)
