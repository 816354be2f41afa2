"""The [SOURce:] commands of a simulated Keysight 33522B: function, levels, timing, bursts."""

import math
from collections.abc import Callable
from typing import Final, TypeVar

from ..wire.parameters import Boolean, Choice, Numeric, OneOf
from ..wire.scpi import command, query
from ._keysight33522b_base import Keysight33522BBase
from ._keysight33522b_signal import (
    HIGHEST_FREQUENCY,
    LONGEST_EDGE,
    SHORTEST_EDGE,
    SHORTEST_WIDTH,
    Signal,
    clipped_high,
)

T = TypeVar("T")
_S: Final = "[:SOURce<1..2>]"
_VOLTS = OneOf(Numeric("V"), Numeric("VPP"), Numeric("VRMS"), Numeric("DBM"))
_LEVEL = Numeric("V")
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

    @command(f"{_S}:VOLTage[:LEVel][:IMMediate][:AMPLitude]", _VOLTS)
    def set_amplitude(self, n: int, value: float) -> None:
        """Set the amplitude in the unit that is set."""
        self._then_settle(n, self.signals[n].set_amplitude, value)

    @query(f"{_S}:VOLTage[:LEVel][:IMMediate][:AMPLitude]")
    def amplitude(self, n: int) -> float:
        """Tell the amplitude in the unit that is set."""
        return self.signals[n].programmed_amplitude()

    @command(f"{_S}:VOLTage:OFFSet", _LEVEL)
    def set_offset(self, n: int, value: float) -> None:
        """Set the offset."""
        self._then_settle(n, self.signals[n].set_offset, value)

    @query(f"{_S}:VOLTage:OFFSet")
    def offset(self, n: int) -> float:
        """Tell the offset."""
        return self.signals[n].offset * self.signals[n].share

    @command(f"{_S}:VOLTage[:LEVel][:IMMediate]:HIGH", _LEVEL)
    def set_high(self, n: int, value: float) -> None:
        """Set the high level."""
        self._then_settle(n, self.signals[n].set_high, value)

    @query(f"{_S}:VOLTage[:LEVel][:IMMediate]:HIGH")
    def high(self, n: int) -> float:
        """Tell the high level."""
        return self.signals[n].high * self.signals[n].share

    @command(f"{_S}:VOLTage[:LEVel][:IMMediate]:LOW", _LEVEL)
    def set_low(self, n: int, value: float) -> None:
        """Set the low level."""
        self._then_settle(n, self.signals[n].set_low, value)

    @query(f"{_S}:VOLTage[:LEVel][:IMMediate]:LOW")
    def low(self, n: int) -> float:
        """Tell the low level."""
        return self.signals[n].low * self.signals[n].share

    @command(f"{_S}:VOLTage:UNIT", Choice("VPP", "VRMS", "DBM"))
    def set_unit(self, n: int, unit: str) -> None:
        """Set the unit of the amplitude."""
        self.signals[n].set_unit(unit)

    @query(f"{_S}:VOLTage:UNIT")
    def unit(self, n: int) -> str:
        """Tell the unit of the amplitude."""
        return self.signals[n].unit

    @command(f"{_S}:FREQuency[:CW]", Numeric("HZ", 1e-6, 30e6, 1e3))
    @command(f"{_S}:FREQuency:FIXed", Numeric("HZ", 1e-6, 30e6, 1e3))
    def set_frequency(self, n: int, frequency: float) -> None:
        """Set the frequency; clipped to that of the function."""
        signal = self.signals[n]
        highest = HIGHEST_FREQUENCY[signal.function]
        signal.set_period(1.0 / min(frequency, highest))
        if frequency > highest:
            raise clipped_high()

    @query(f"{_S}:FREQuency[:CW]")
    def frequency(self, n: int) -> float:
        """Tell the frequency."""
        return 1.0 / self.signals[n].period

    @command(f"{_S}:FREQuency:MODE", Choice("CW", "FIXed"))
    def set_frequency_mode(self, n: int, mode: str) -> None:
        """Choose a fixed frequency; sweeps and lists are not simulated (-224)."""

    @query(f"{_S}:FREQuency:MODE")
    def frequency_mode(self, _n: int) -> str:
        """Tell the frequency mode."""
        return "CW"

    @command(f"{_S}:PHASe[:ADJust]", Numeric("", -360.0, 360.0, 0.0))
    def set_phase(self, n: int, phase: float) -> None:
        """Set the phase in degrees."""
        self.signals[n].phase = phase

    @query(f"{_S}:PHASe[:ADJust]")
    def phase(self, n: int) -> float:
        """Tell the phase in degrees."""
        return self.signals[n].phase

    @command(f"{_S}:PHASe:SYNChronize")
    def synchronise(self, _n: int) -> None:
        """Restart both channels at their phases."""

    @command(f"{_S}:FUNCtion:SQUare:DCYCle", Numeric("", 0.01, 99.99, 50.0))
    def set_square_duty(self, n: int, duty: float) -> None:
        """Set the duty cycle of squares in per cent."""
        self.signals[n].square_duty = duty

    @query(f"{_S}:FUNCtion:SQUare:DCYCle")
    def square_duty(self, n: int) -> float:
        """Tell the duty cycle of squares in per cent."""
        return self.signals[n].square_duty

    @command(f"{_S}:FUNCtion:RAMP:SYMMetry", Numeric("", 0.0, 100.0, 100.0))
    def set_symmetry(self, n: int, symmetry: float) -> None:
        """Set the symmetry of ramps in per cent."""
        self.signals[n].symmetry = symmetry

    @query(f"{_S}:FUNCtion:RAMP:SYMMetry")
    def symmetry(self, n: int) -> float:
        """Tell the symmetry of ramps in per cent."""
        return self.signals[n].symmetry

    @command(f"{_S}:FUNCtion:PULSe:WIDTh", Numeric("S", SHORTEST_WIDTH, 1e6, 100e-6))
    def set_width(self, n: int, width: float) -> None:
        """Set the pulse width."""
        self.signals[n].set_width(width)

    @query(f"{_S}:FUNCtion:PULSe:WIDTh")
    def width(self, n: int) -> float:
        """Tell the pulse width."""
        return self.signals[n].width

    @command(f"{_S}:FUNCtion:PULSe:PERiod", Numeric("S", 33e-9, _LONGEST_PERIOD, 1e-3))
    def set_period(self, n: int, period: float) -> None:
        """Set the pulse period, which is that of all functions."""
        self.signals[n].set_period(period)

    @query(f"{_S}:FUNCtion:PULSe:PERiod")
    def period(self, n: int) -> float:
        """Tell the pulse period."""
        return self.signals[n].period

    @command(f"{_S}:FUNCtion:PULSe:DCYCle", Numeric("", 0.0, 100.0, 10.0))
    def set_duty(self, n: int, duty: float) -> None:
        """Set the pulse width as a part of the period, in per cent."""
        self.signals[n].set_width(self.signals[n].period * duty / 100.0)

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

    @command(
        f"{_S}:FUNCtion:PULSe:TRANsition:LEADing", Numeric("S", SHORTEST_EDGE, LONGEST_EDGE, 1e-8)
    )
    def set_lead(self, n: int, time: float) -> None:
        """Set the time of the leading edge."""
        self.signals[n].set_edges(lead=time)

    @command(
        f"{_S}:FUNCtion:PULSe:TRANsition:TRAiling",
        Numeric("S", SHORTEST_EDGE, LONGEST_EDGE, 1e-8),
    )
    def set_trail(self, n: int, time: float) -> None:
        """Set the time of the trailing edge."""
        self.signals[n].set_edges(trail=time)

    @query(f"{_S}:FUNCtion:PULSe:TRANsition[:LEADing]")
    def lead(self, n: int) -> float:
        """Tell the time of the leading edge."""
        return self.signals[n].lead

    @query(f"{_S}:FUNCtion:PULSe:TRANsition:TRAiling")
    def trail(self, n: int) -> float:
        """Tell the time of the trailing edge."""
        return self.signals[n].trail

    @command(f"{_S}:BURSt[:STATe]", Boolean())
    def set_burst(self, n: int, on: bool) -> None:
        """Switch burst mode."""
        self._then_settle(n, self.signals[n].set_burst, on)

    @query(f"{_S}:BURSt[:STATe]")
    def burst(self, n: int) -> int:
        """Tell whether burst mode is on."""
        return int(self.signals[n].burst.on)

    @command(f"{_S}:BURSt:MODE", Choice("TRIGgered", "GATed"))
    def set_burst_mode(self, n: int, mode: str) -> None:
        """Choose counted or gated bursts."""
        self.signals[n].burst.mode = mode

    @query(f"{_S}:BURSt:MODE")
    def burst_mode(self, n: int) -> str:
        """Tell the burst mode."""
        return self.signals[n].burst.mode

    @command(f"{_S}:BURSt:NCYCles", Numeric("", 1.0, math.inf, 1.0, infinite=True))
    def set_cycles(self, n: int, cycles: float) -> None:
        """Set how many cycles a burst has."""
        signal = self.signals[n]
        signal.burst.cycles = cycles if math.isinf(cycles) else float(min(round(cycles), 10**8))
        if 1e8 < cycles < math.inf:
            raise clipped_high()
        self._fit_burst(signal)

    @query(f"{_S}:BURSt:NCYCles")
    def cycles(self, n: int) -> float:
        """Tell how many cycles a burst has."""
        return self.signals[n].burst.cycles

    @command(f"{_S}:BURSt:PHASe", Numeric("", -360.0, 360.0, 0.0))
    def set_burst_phase(self, n: int, phase: float) -> None:
        """Set the phase at which bursts start, in degrees."""
        self.signals[n].burst.phase = phase

    @query(f"{_S}:BURSt:PHASe")
    def burst_phase(self, n: int) -> float:
        """Tell the phase at which bursts start, in degrees."""
        return self.signals[n].burst.phase

    @command(f"{_S}:BURSt:INTernal:PERiod", Numeric("S", 1e-6, 8000.0, 10e-3))
    def set_internal_period(self, n: int, period: float) -> None:
        """Set the period of internally triggered bursts."""
        self.signals[n].burst.internal_period = period
        self._fit_burst(self.signals[n])

    @query(f"{_S}:BURSt:INTernal:PERiod")
    def internal_period(self, n: int) -> float:
        """Tell the period of internally triggered bursts."""
        return self.signals[n].burst.internal_period

    @command(f"{_S}:BURSt:GATE:POLarity", _POLARITY)
    def set_gate_polarity(self, n: int, polarity: str) -> None:
        """Choose the polarity of the external gate."""
        self.signals[n].burst.gate_polarity = polarity

    @query(f"{_S}:BURSt:GATE:POLarity")
    def gate_polarity(self, n: int) -> str:
        """Tell the polarity of the external gate."""
        return self.signals[n].burst.gate_polarity

    def _then_settle(self, n: int, change: Callable[[T], None], value: T) -> None:
        """Make a change and let the terminal follow, also where the change was clipped."""
        try:
            change(value)
        finally:
            self.settle(n)

    def _fit_burst(self, signal: Signal) -> None:
        burst = signal.burst
        if burst.source == "IMM" and not math.isinf(burst.cycles):
            burst.internal_period = max(
                burst.internal_period, min(burst.cycles * signal.period + 1e-6, 8000.0)
            )
