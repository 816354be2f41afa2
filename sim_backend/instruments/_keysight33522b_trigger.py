"""Bursts and triggers of a simulated Keysight 33522B."""

import math
from typing import Final

from ..wire.errors import ScpiError
from ..wire.parameters import Boolean, Choice, Numeric
from ..wire.scpi import command, query
from ._extremes import EXTREME, Limits, number, told, within
from ._keysight33522b_base import CHANNELS
from ._keysight33522b_signal import Signal, clipped_high
from ._keysight33522b_source import SourceCommands

_S: Final = "[:SOURce<1..2>]"
_POLARITY: Final = Choice("NORMal", "INVerted")
_CYCLES: Final[Limits] = (1.0, 1e8, 1.0)
_INTERNAL: Final[Limits] = (1e-6, 8000.0, 10e-3)
_DELAY: Final[Limits] = (0.0, 1000.0, 0.0)
_TIMER: Final[Limits] = (1e-6, 8000.0, 1.0)
_COUNT: Final[Limits] = (1.0, 1e6, 1.0)


class TriggerCommands(SourceCommands):
    """When bursts come, and what they are."""

    _input_high = False

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
        self.settle(n)

    @query(f"{_S}:BURSt:MODE")
    def burst_mode(self, n: int) -> str:
        """Tell the burst mode."""
        return self.signals[n].burst.mode

    @command(f"{_S}:BURSt:NCYCles", number())
    def set_cycles(self, n: int, cycles: float | str) -> None:
        """Set how many cycles a burst has, or INFinite; more than there are is clipped."""
        signal = self.signals[n]
        asked = within(cycles, _CYCLES) if isinstance(cycles, str) else cycles
        if not asked >= 0.5:
            raise ScpiError(-222)
        clipped = _CYCLES[1] < asked < math.inf
        endless = math.isinf(asked)
        signal.burst.cycles = asked if endless else float(min(round(asked), _CYCLES[1]))
        self._fit_burst(signal)
        self.settle(n)
        if clipped:
            raise clipped_high()

    @query(f"{_S}:BURSt:NCYCles", EXTREME, optional=1)
    def cycles(self, n: int, which: str | None = None) -> float:
        """Tell how many cycles a burst has."""
        return told(self.signals[n].burst.cycles, which, _CYCLES)

    @command(f"{_S}:BURSt:INTernal:PERiod", Numeric("S", 1e-6, 8000.0, 10e-3))
    def set_internal_period(self, n: int, period: float) -> None:
        """Set the period of internally triggered bursts."""
        self.signals[n].burst.internal_period = period
        self._fit_burst(self.signals[n])
        self.settle(n)

    @query(f"{_S}:BURSt:INTernal:PERiod", EXTREME, optional=1)
    def internal_period(self, n: int, which: str | None = None) -> float:
        """Tell the period of internally triggered bursts."""
        return told(self.signals[n].burst.internal_period, which, _INTERNAL)

    @command(f"{_S}:BURSt:GATE:POLarity", _POLARITY)
    def set_gate_polarity(self, n: int, polarity: str) -> None:
        """Choose the polarity of the external gate."""
        self.signals[n].burst.gate_polarity = polarity
        self.settle(n)

    @query(f"{_S}:BURSt:GATE:POLarity")
    def gate_polarity(self, n: int) -> str:
        """Tell the polarity of the external gate."""
        return self.signals[n].burst.gate_polarity

    def trigger(self) -> None:
        """Fire the bursts of all channels that wait for the bus; -211 where none does."""
        waiting = [n for n in CHANNELS if self._waits_for("BUS", n)]
        if not waiting:
            raise ScpiError(-211)
        for n in waiting:
            self.fire(n)

    def trigger_input(self, high: bool) -> None:
        """Take an edge or a gate at the trigger connector, where a channel waits for it."""
        if high is self._input_high:
            return
        self._input_high = high
        for n in CHANNELS:
            burst, outlet = self.signals[n].burst, self.outlets[n]
            outlet.gate = high
            if burst.on and burst.mode == "GAT":
                self.settle(n)
            elif high is (burst.slope == "POS") and self._waits_for("EXT", n) and outlet.armed:
                self.fire(n)

    def _waits_for(self, source: str, n: int) -> bool:
        signal = self.signals[n]
        return signal.triggered and signal.burst.source == source

    @command("TRIGger<1..2>[:IMMediate]")
    def trigger_channel(self, n: int) -> None:
        """Fire the burst of one channel, whatever its trigger source."""
        self.fire(n)

    @command("TRIGger<1..2>:SOURce", Choice("IMMediate", "EXTernal", "TIMer", "BUS"))
    def set_trigger_source(self, n: int, source: str) -> None:
        """Choose what fires bursts."""
        self.signals[n].burst.source = source
        self.settle(n)

    @query("TRIGger<1..2>:SOURce")
    def trigger_source(self, n: int) -> str:
        """Tell what fires bursts."""
        return self.signals[n].burst.source

    @command("TRIGger<1..2>:SLOPe", Choice("POSitive", "NEGative"))
    def set_slope(self, n: int, slope: str) -> None:
        """Choose the edge of external triggers."""
        self.signals[n].burst.slope = slope

    @query("TRIGger<1..2>:SLOPe")
    def slope(self, n: int) -> str:
        """Tell the edge of external triggers."""
        return self.signals[n].burst.slope

    @command("TRIGger<1..2>:COUNt", Numeric("", *_COUNT))
    def set_trigger_count(self, n: int, count: float) -> None:
        """Set how many triggers INITiate takes, where it is not continuous."""
        self.signals[n].burst.count = float(round(count))

    @query("TRIGger<1..2>:COUNt", EXTREME, optional=1)
    def trigger_count(self, n: int, which: str | None = None) -> float:
        """Tell how many triggers are taken."""
        return told(self.signals[n].burst.count, which, _COUNT)

    @command("TRIGger<1..2>:DELay", Numeric("S", *_DELAY))
    def set_delay(self, n: int, delay: float) -> None:
        """Set the delay from trigger to burst."""
        self.signals[n].burst.delay = delay

    @query("TRIGger<1..2>:DELay", EXTREME, optional=1)
    def delay(self, n: int, which: str | None = None) -> float:
        """Tell the delay from trigger to burst."""
        return told(self.signals[n].burst.delay, which, _DELAY)

    @command("TRIGger<1..2>:TIMer", Numeric("S", *_TIMER))
    def set_timer(self, n: int, period: float) -> None:
        """Set the period of timed triggers."""
        self.signals[n].burst.timer = period
        self.settle(n)

    @query("TRIGger<1..2>:TIMer", EXTREME, optional=1)
    def timer(self, n: int, which: str | None = None) -> float:
        """Tell the period of timed triggers."""
        return told(self.signals[n].burst.timer, which, _TIMER)

    @command("INITiate<1..2>:CONTinuous", Boolean())
    def set_continuous(self, n: int, on: bool) -> None:
        """Choose whether triggers are always taken, or as INITiate says."""
        self.signals[n].burst.continuous = on
        self.outlets[n].arm(math.inf if on else 0.0)
        self.settle(n)

    @query("INITiate<1..2>:CONTinuous")
    def continuous(self, n: int) -> int:
        """Tell whether triggers are always taken."""
        return int(self.signals[n].burst.continuous)

    @command("INITiate<1..2>[:IMMediate]")
    def initiate(self, n: int) -> None:
        """Take the set number of triggers; -213 where they are always taken."""
        if self.signals[n].burst.continuous:
            raise ScpiError(-213)
        self.outlets[n].arm(self.signals[n].burst.count)

    @command("INITiate[:IMMediate]:ALL")
    def initiate_all(self) -> None:
        """As INITiate, for both channels."""
        for n in CHANNELS:
            self.initiate(n)

    @command("ABORt<1..2>")
    def abort_burst(self, n: int) -> None:
        """End a burst; where triggers are always taken, the next one is waited for."""
        if self.outlets[n].bursting:
            self.settle(n)
        elif not self.signals[n].burst.continuous:
            self.outlets[n].arm(0.0)

    def _fit_burst(self, signal: Signal) -> None:
        burst = signal.burst
        if burst.source == "IMM" and not math.isinf(burst.cycles):
            burst.internal_period = max(
                burst.internal_period, min(burst.cycles * signal.period + 1e-6, 8000.0)
            )
