"""The [SOURce:] commands of a simulated Keysight 33522B: function, levels, timing, bursts."""

from collections.abc import Callable
from typing import Final, TypeVar

from ..wire.errors import ScpiError
from ..wire.parameters import Choice, Numeric, OneOf, Parameter
from ..wire.program import Token
from ..wire.scpi import command, query
from ._extremes import EXTREME, Limits, number, told, within
from ._keysight33522b_base import Keysight33522BBase
from ._keysight33522b_signal import (
    HIGHEST_FREQUENCY,
    LONGEST_EDGE,
    SHORTEST_EDGE,
    SHORTEST_WIDTH,
    clipped_high,
)

T = TypeVar("T")
Amplitude = float | str | tuple[float, str]
_S: Final = "[:SOURce<1..2>]"


class InUnit(Parameter):
    """A number with a unit that counts, whatever VOLTage:UNIT says. Gives both."""

    def __init__(self, unit: str) -> None:
        self.unit = unit
        self._number = Numeric(unit)

    def convert(self, token: Token) -> tuple[float, str]:
        """Return the number and its unit; -131 for another unit."""
        return self._number.convert(token), self.unit


AMPLITUDE: Final = (Numeric("V"), *map(InUnit, ("VPP", "VRMS", "DBM")))

_LEVEL = number("V")
_EDGE: Final[Limits] = (SHORTEST_EDGE, LONGEST_EDGE, 1e-8)
_CYCLES: Final[Limits] = (1.0, 1e8, 1.0)
_INTERNAL: Final[Limits] = (1e-6, 8000.0, 10e-3)
_SECONDS = Numeric("S", 0.0, 1e6)
_FUNCTIONS = Choice(
    "SINusoid", "SQUare", "TRIangle", "RAMP", "PULSe", "PRBS", "NOISe", "ARB", "ARBitrary", "DC"
)
_POLARITY = Choice("NORMal", "INVerted")
_LONGEST_PERIOD: Final = 1e6


class SourceCommands(Keysight33522BBase):
    """What a channel gives."""

    @command(f"{_S}:FUNCtion", _FUNCTIONS)
    def set_function(self, n: int, function: str) -> None:
        """Choose the function."""
        self.signals[n].set_function(function)
        self.settle(n)

    @query(f"{_S}:FUNCtion")
    def function(self, n: int) -> str:
        """Tell the function."""
        return self.signals[n].function

    @command(f"{_S}:VOLTage[:LEVel][:IMMediate][:AMPLitude]", OneOf(EXTREME, *AMPLITUDE))
    def set_amplitude(self, n: int, value: Amplitude) -> None:
        """Set the amplitude in the unit that it is sent with, or else in the unit that is set."""
        signal = self.signals[n]
        if isinstance(value, tuple):
            value = signal.converted(*value)
        volts = within(value, signal.amplitude_limits()) if isinstance(value, str) else value
        self._then_settle(n, signal.set_amplitude, volts)

    @query(f"{_S}:VOLTage[:LEVel][:IMMediate][:AMPLitude]", EXTREME, optional=1)
    def amplitude(self, n: int, which: str | None = None) -> float:
        """Tell the amplitude in the unit that is set."""
        return told(
            self.signals[n].programmed_amplitude(), which, self.signals[n].amplitude_limits()
        )

    @command(f"{_S}:VOLTage:OFFSet", _LEVEL)
    def set_offset(self, n: int, value: float | str) -> None:
        """Set the offset."""
        signal = self.signals[n]
        volts = within(value, signal.offset_limits()) if isinstance(value, str) else value
        self._then_settle(n, signal.set_offset, volts)

    @query(f"{_S}:VOLTage:OFFSet", EXTREME, optional=1)
    def offset(self, n: int, which: str | None = None) -> float:
        """Tell the offset."""
        return told(
            self.signals[n].offset * self.signals[n].share, which, self.signals[n].offset_limits()
        )

    @command(f"{_S}:VOLTage[:LEVel][:IMMediate]:HIGH", _LEVEL)
    def set_high(self, n: int, value: float | str) -> None:
        """Set the high level."""
        signal = self.signals[n]
        volts = within(value, signal.level_limits("high")) if isinstance(value, str) else value
        self._then_settle(n, signal.set_high, volts)

    @query(f"{_S}:VOLTage[:LEVel][:IMMediate]:HIGH", EXTREME, optional=1)
    def high(self, n: int, which: str | None = None) -> float:
        """Tell the high level."""
        return told(
            self.signals[n].high * self.signals[n].share,
            which,
            self.signals[n].level_limits("high"),
        )

    @command(f"{_S}:VOLTage[:LEVel][:IMMediate]:LOW", _LEVEL)
    def set_low(self, n: int, value: float | str) -> None:
        """Set the low level."""
        signal = self.signals[n]
        volts = within(value, signal.level_limits("low")) if isinstance(value, str) else value
        self._then_settle(n, signal.set_low, volts)

    @query(f"{_S}:VOLTage[:LEVel][:IMMediate]:LOW", EXTREME, optional=1)
    def low(self, n: int, which: str | None = None) -> float:
        """Tell the low level."""
        return told(
            self.signals[n].low * self.signals[n].share, which, self.signals[n].level_limits("low")
        )

    @command(f"{_S}:VOLTage:UNIT", Choice("VPP", "VRMS", "DBM"))
    def set_unit(self, n: int, unit: str) -> None:
        """Set the unit of the amplitude."""
        self.signals[n].set_unit(unit)

    @query(f"{_S}:VOLTage:UNIT")
    def unit(self, n: int) -> str:
        """Tell the unit of the amplitude."""
        return self.signals[n].unit

    @command(f"{_S}:FREQuency[:CW]", number("HZ"))
    @command(f"{_S}:FREQuency:FIXed", number("HZ"))
    def set_frequency(self, n: int, value: float | str) -> None:
        """Set the frequency; clipped to that of the function."""
        signal = self.signals[n]
        limits = signal.frequency_limits()
        if isinstance(value, str):
            value = within(value, limits)
        if not limits[0] * (1.0 - 1e-9) <= value <= HIGHEST_FREQUENCY["SIN"]:
            raise ScpiError(-222)
        self._then_settle(n, signal.set_period, 1.0 / min(value, limits[1]))
        if value > limits[1]:
            raise clipped_high()

    @query(f"{_S}:FREQuency:FIXed", EXTREME, optional=1)
    @query(f"{_S}:FREQuency[:CW]", EXTREME, optional=1)
    def frequency(self, n: int, which: str | None = None) -> float:
        """Tell the frequency."""
        return told(1.0 / self.signals[n].period, which, self.signals[n].frequency_limits())

    @command(f"{_S}:PHASe:SYNChronize")
    def synchronise(self, _n: int) -> None:
        """Restart what runs on both channels, each at its phase."""
        self.settle()

    @command(f"{_S}:FUNCtion:SQUare:DCYCle", Numeric("", 0.01, 99.99, 50.0))
    def set_square_duty(self, n: int, duty: float) -> None:
        """Set the duty cycle of squares in per cent."""
        self.signals[n].square_duty = duty
        self.settle(n)

    @query(f"{_S}:FUNCtion:SQUare:DCYCle", EXTREME, optional=1)
    def square_duty(self, n: int, which: str | None = None) -> float:
        """Tell the duty cycle of squares in per cent."""
        return told(self.signals[n].square_duty, which, (0.01, 99.99, 50.0))

    @command(f"{_S}:FUNCtion:RAMP:SYMMetry", Numeric("", 0.0, 100.0, 100.0))
    def set_symmetry(self, n: int, symmetry: float) -> None:
        """Set the symmetry of ramps in per cent."""
        self.signals[n].symmetry = symmetry
        self.settle(n)

    @query(f"{_S}:FUNCtion:RAMP:SYMMetry", EXTREME, optional=1)
    def symmetry(self, n: int, which: str | None = None) -> float:
        """Tell the symmetry of ramps in per cent."""
        return told(self.signals[n].symmetry, which, (0.0, 100.0, 100.0))

    @command(f"{_S}:FUNCtion:PULSe:WIDTh", Numeric("S", SHORTEST_WIDTH, 1e6, 100e-6))
    def set_width(self, n: int, width: float) -> None:
        """Set the pulse width."""
        self._then_settle(n, self.signals[n].set_width, width)

    @query(f"{_S}:FUNCtion:PULSe:WIDTh", EXTREME, optional=1)
    def width(self, n: int, which: str | None = None) -> float:
        """Tell the pulse width."""
        return told(self.signals[n].width, which, self.signals[n].width_limits())

    @command(f"{_S}:FUNCtion:PULSe:PERiod", Numeric("S", 33e-9, _LONGEST_PERIOD, 1e-3))
    def set_period(self, n: int, period: float) -> None:
        """Set the pulse period, which is that of all functions."""
        self._then_settle(n, self.signals[n].set_period, period)

    @query(f"{_S}:FUNCtion:PULSe:PERiod", EXTREME, optional=1)
    def period(self, n: int, which: str | None = None) -> float:
        """Tell the pulse period."""
        return told(self.signals[n].period, which, self.signals[n].period_limits())

    @command(f"{_S}:FUNCtion:PULSe:DCYCle", Numeric("", 0.0, 100.0, 10.0))
    def set_duty(self, n: int, duty: float) -> None:
        """Set the pulse width as a part of the period, in per cent."""
        signal = self.signals[n]
        self._then_settle(n, signal.set_width, signal.period * duty / 100.0)

    @query(f"{_S}:FUNCtion:PULSe:DCYCle")
    def duty(self, n: int) -> float:
        """Tell the pulse width as a part of the period, in per cent."""
        return 100.0 * self.signals[n].width / self.signals[n].period

    @command(f"{_S}:FUNCtion:PULSe:HOLD", Choice("WIDTh", "DCYCle"))
    def set_hold(self, n: int, what: str) -> None:
        """Choose what a change of the period leaves alone."""
        self.signals[n].hold = what

    @query(f"{_S}:FUNCtion:PULSe:HOLD")
    def hold(self, n: int) -> str:
        """Tell what a change of the period leaves alone."""
        return self.signals[n].hold

    @command(
        f"{_S}:FUNCtion:PULSe:TRANsition[:BOTH]", Numeric("S", SHORTEST_EDGE, LONGEST_EDGE, 1e-8)
    )
    def set_edges(self, n: int, time: float) -> None:
        """Set both edge times."""
        self.signals[n].set_edges(lead=time, trail=time)
        self.settle(n)

    @command(
        f"{_S}:FUNCtion:PULSe:TRANsition:LEADing", Numeric("S", SHORTEST_EDGE, LONGEST_EDGE, 1e-8)
    )
    def set_lead(self, n: int, time: float) -> None:
        """Set the time of the leading edge."""
        self.signals[n].set_edges(lead=time)
        self.settle(n)

    @command(
        f"{_S}:FUNCtion:PULSe:TRANsition:TRAiling",
        Numeric("S", SHORTEST_EDGE, LONGEST_EDGE, 1e-8),
    )
    def set_trail(self, n: int, time: float) -> None:
        """Set the time of the trailing edge."""
        self.signals[n].set_edges(trail=time)
        self.settle(n)

    @query(f"{_S}:FUNCtion:PULSe:TRANsition[:LEADing]", EXTREME, optional=1)
    def lead(self, n: int, which: str | None = None) -> float:
        """Tell the time of the leading edge."""
        return told(self.signals[n].lead, which, _EDGE)

    @query(f"{_S}:FUNCtion:PULSe:TRANsition:TRAiling", EXTREME, optional=1)
    def trail(self, n: int, which: str | None = None) -> float:
        """Tell the time of the trailing edge."""
        return told(self.signals[n].trail, which, _EDGE)

    def _then_settle(self, n: int, change: Callable[[T], None], value: T) -> None:
        """Make a change and let the terminal follow, also where the change was clipped."""
        try:
            change(value)
        finally:
            self.settle(n)
