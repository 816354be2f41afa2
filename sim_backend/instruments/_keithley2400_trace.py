"""Data store, statistics and formats of a simulated Keithley 2400: TRACe, CALCulate3, FORMat."""

import struct
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..wire.parameters import Choice, Integer, Parameter
from ..wire.program import Token
from ..wire.scpi import ScpiError, command, query
from ._keithley2400_base import BUFFER_AVAILABLE, BUFFER_FULL
from ._keithley2400_errors import STORAGE_ACTIVE, own
from ._keithley2400_limits import LimitCommands
from ._keithley2400_meter import NOT_MEASURED, OVERFLOW, Reading
from ._keithley2400_settings import ELEMENTS, MOST_POINTS
from ._stored import stored

_TRACE = ":{TRACe|DATA}"
_ELEMENT = Choice("VOLTage[:DC]", "CURRent[:DC]", "RESistance", "TIME", "STATus")
_FEED_NAMES = {
    "SENS": "SENS",
    "SENS1": "SENS",
    "SENSE1": "SENS",
    "CALC": "CALC",
    "CALC1": "CALC",
    "CALCULATE1": "CALC",
    "CALC2": "CALC2",
    "CALCULATE2": "CALC2",
}
_FEEDS = Choice("SENSe", "CALCulate", *(name for name in _FEED_NAMES if name[-1].isdigit()))
_BYTES_EACH = 24  # of a stored reading
_STATISTICS: Final[dict[str, Callable[[NDArray[np.float64]], float]]] = {
    "MEAN": lambda values: float(values.mean()),
    "MAX": lambda values: float(values.max()),
    "MIN": lambda values: float(values.min()),
    "SDEV": lambda values: float(values.std(ddof=1)) if values.size > 1 else 0.0,
    "PKPK": lambda values: float(np.ptp(values)),
}
_VALUES: Final[dict[str, Callable[[Reading, float], float]]] = {
    "VOLT": lambda reading, _: reading.voltage,
    "CURR": lambda reading, _: reading.current,
    "RES": lambda reading, _: reading.resistance,
    "TIME": lambda reading, zero: reading.time - zero,
    "STAT": lambda reading, _: float(reading.status),
}


class _Elements(Parameter):
    """Names of elements in any order. Gives them in the order in which they are always told."""

    takes_rest = True

    def convert(self, token: Token) -> str:
        return _ELEMENT.convert(token)

    def convert_all(self, tokens: Sequence[Token]) -> tuple[str, ...]:
        if not tokens:
            raise ScpiError(-109)
        named = {self.convert(token) for token in tokens}
        return tuple(name for name in ELEMENTS if name in named)


class TraceCommands(LimitCommands):
    """The data store survives ``*RST`` and power (User's Manual, table 18-10)."""

    _size = 100
    _feed = "SENS"
    _stores = False
    _delta = False
    _statistic = "MEAN"

    def keep(self, reading: Reading) -> None:
        """Put a reading into the sample buffer, and into the data store until that is full."""
        super().keep(reading)
        if not self._stores:
            return
        stored_readings = self.stored_readings
        value = self.calculated(reading) if self._feed != "SENS" else None
        stored_readings.append(reading if value is None else replace(reading, voltage=value))
        if len(stored_readings) == 2:
            self.measurement.set_bit(BUFFER_AVAILABLE, True)
        if len(stored_readings) >= self._size:
            self._stores = False
            self.measurement.set_bit(BUFFER_FULL, True)

    @query(f"{_TRACE}:DATA")
    def trace_data(self, _root: str) -> str | bytes:
        """Tell the data store; -230 when it is empty."""
        if not self.stored_readings:
            raise ScpiError(-230)
        return self.written(self._stamped())

    @command(f"{_TRACE}:CLEar")
    def clear_trace(self, _root: str) -> None:
        """Empty the data store; +800 while it takes readings."""
        self._free()
        self._empty()

    @query(f"{_TRACE}:FREE")
    def free(self, _root: str) -> str:
        """Tell the bytes that are free and those that are used."""
        used = _BYTES_EACH * len(self.stored_readings)
        return f"{_BYTES_EACH * MOST_POINTS - used},{used}"

    @command(f"{_TRACE}:POINts", Integer(1, MOST_POINTS, 100))
    def set_points_kept(self, _root: str, size: int) -> None:
        """Set the size of the data store, which empties it."""
        self._free()
        self._empty()
        self._size = size

    @query(f"{_TRACE}:POINts")
    def points_kept(self, _root: str) -> int:
        """Tell the size of the data store."""
        return self._size

    @query(f"{_TRACE}:POINts:ACTual")
    def points_there(self, _root: str) -> int:
        """Tell how many readings the data store holds."""
        return len(self.stored_readings)

    @command(f"{_TRACE}:FEED", _FEEDS)
    def set_feed(self, _root: str, feed: str) -> None:
        """Choose raw, calculated or limit-tested readings."""
        self._free()
        self._feed = _FEED_NAMES[feed]

    @query(f"{_TRACE}:FEED")
    def feed(self, _root: str) -> str:
        """Tell what the data store takes."""
        return self._feed

    @command(f"{_TRACE}:FEED:CONTrol", Choice("NEXT", "NEVer"))
    def set_feed_control(self, _root: str, control: str) -> None:
        """Start to fill the data store anew, or stop."""
        self._stores = control == "NEXT"
        if self._stores:
            self._empty()

    @query(f"{_TRACE}:FEED:CONTrol")
    def feed_control(self, _root: str) -> str:
        """Tell whether the data store takes readings."""
        return "NEXT" if self._stores else "NEV"

    @command(f"{_TRACE}:TSTamp:FORMat", Choice("ABSolute", "DELTa"))
    def set_stamp_format(self, _root: str, form: str) -> None:
        """Choose time stamps from the first reading on, or from one to the next."""
        self._delta = form == "DELT"

    @query(f"{_TRACE}:TSTamp:FORMat")
    def stamp_format(self, _root: str) -> str:
        """Tell what time stamps mean."""
        return "DELT" if self._delta else "ABS"

    @command(":CALCulate3:FORMat", Choice("MEAN", "SDEViation", "MAXimum", "MINimum", "PKPK"))
    def set_statistic(self, statistic: str) -> None:
        """Choose a statistic of the data store."""
        self._statistic = statistic

    @query(":CALCulate3:FORMat")
    def statistic(self) -> str:
        """Tell the statistic of the data store."""
        return self._statistic

    @query(":CALCulate3:DATA")
    def statistics(self) -> str:
        """Tell the statistic of voltage, current and resistance; -230 of nothing."""
        if not self.stored_readings:
            raise ScpiError(-230)
        return ",".join(f"{self._summed(name):+.6E}" for name in ("VOLT", "CURR", "RES"))

    @command(":FORMat[:DATA]", Choice("ASCii", "REAL", "SREal"), Integer(32, 32), optional=1)
    def set_format(self, form: str, _length: int = 32) -> None:
        """Choose text or IEEE 754 single precision for readings."""
        self.settings.format = "ASC" if form == "ASC" else "REAL,32"

    @query(":FORMat[:DATA]")
    def format(self) -> str:
        """Tell the format of readings."""
        return self.settings.format

    set_byte_order, byte_order = stored(":FORMat:BORDer", Choice("NORMal", "SWAPped"), "byte_order")

    @command(":FORMat:ELEMents[:SENSe[1]]", _Elements())
    def set_elements(self, elements: tuple[str, ...]) -> None:
        """Choose what is told of a reading; the order is always the same."""
        self.settings.elements = elements

    @query(":FORMat:ELEMents[:SENSe[1]]")
    def elements(self) -> str:
        """Tell what is told of a reading."""
        return ",".join(self.settings.elements)

    def written(self, readings: list[Reading]) -> str | bytes:
        """Return the chosen elements of readings in the format that is set."""
        zero = self.meter.started
        return self.encoded(
            [
                _VALUES[name](reading, zero)
                for reading in readings
                for name in self.settings.elements
            ]
        )

    def encoded(self, values: Sequence[float]) -> str | bytes:
        """Return numbers in the format that is set: text, or a block of single precision."""
        if self.settings.format == "ASC":
            return ",".join(f"{value:+.6E}" for value in values)
        order = ">" if self.settings.byte_order == "NORM" else "<"
        return b"#0" + struct.pack(f"{order}{len(values)}f", *values)

    def _stamped(self) -> list[Reading]:
        """Return the data store with time stamps from its first reading, or from the last one."""
        kept = self.stored_readings
        zero = self.meter.started
        before = kept[0].time
        stamped = []
        for reading in kept:
            stamped.append(replace(reading, time=zero + reading.time - before))
            if self._delta:
                before = reading.time
        return stamped

    def _summed(self, name: str) -> float:
        values = np.array([_VALUES[name](reading, 0.0) for reading in self.stored_readings])
        if (values == NOT_MEASURED).any():
            return NOT_MEASURED
        return OVERFLOW if (values == OVERFLOW).any() else _STATISTICS[self._statistic](values)

    def _free(self) -> None:
        if self._stores:
            raise own(STORAGE_ACTIVE)

    def _empty(self) -> None:
        self.stored_readings.clear()
        self.measurement.set_bit(BUFFER_AVAILABLE, False)
        self.measurement.set_bit(BUFFER_FULL, False)
