"""The signal of one channel of a simulated Keysight 33522B: levels, timing and their coupling.

Levels are kept as the source behind its 50 ohm has them, for that is what a change of the load
setting leaves alone; programmed numbers are those times load / (load + 50). Where two settings
collide, the instrument adjusts one and says so with -221, or clips what was asked with -222
(33500 Series Operating and Service Guide, "SCPI Error Messages").
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final, Self

from ..wire.errors import ScpiError
from ._extremes import Limits
from ._keysight33522b_program import SWEPT, Program

SOURCE_IMPEDANCE: Final = 50.0
HIGHEST: Final = 10.0  # V, of the source behind its 50 ohm
SMALLEST_SPAN: Final = 2e-3  # V peak to peak, likewise
SHORTEST_WIDTH: Final = 16e-9
SHORTEST_EDGE, LONGEST_EDGE = 8.4e-9, 1e-6
EDGE_SHARE: Final = 0.625  # longest edge over the pulse width
HIGHEST_FREQUENCY: Final = {
    "SIN": 30e6,
    "SQU": 30e6,
    "TRI": 200e3,
    "RAMP": 200e3,
    "PULS": 30e6,
    "ARB": 30e6,
    "NOIS": 30e6,
    "PRBS": 30e6,
    "DC": 30e6,
}
_SLACK: Final = 1.0 + 1e-9
_SMALL: Final = 1e-8  # V
_NO_BURST: Final = ("NOIS", "PRBS", "DC")
_CREST: Final = {
    "SIN": 2.0 * math.sqrt(2.0),
    "SQU": 2.0,
    "PULS": 2.0,
    "DC": 2.0,
    "TRI": 2.0 * math.sqrt(3.0),
    "RAMP": 2.0 * math.sqrt(3.0),
    "ARB": 2.0 * math.sqrt(2.0),
    "NOIS": 2.0 * math.sqrt(3.0),
    "PRBS": 2.0,
}


def clipped_high() -> ScpiError:
    """Return the error of a value that was lowered to its upper limit."""
    return ScpiError(-222, device_info=" value clipped to upper limit")


def clipped_low() -> ScpiError:
    """Return the error of a value that was raised to its lower limit."""
    return ScpiError(-222, device_info=" value clipped to lower limit")


def conflict(what: str) -> ScpiError:
    """Return the error of a setting that was adjusted."""
    return ScpiError(-221, device_info=f" {what}")


@dataclass(slots=True)
class Burst:
    """Burst and trigger settings. cycles may be infinite."""

    on: bool = False
    mode: str = "TRIG"
    cycles: float = 1.0
    phase: float = 0.0
    internal_period: float = 10e-3
    gate_polarity: str = "NORM"
    source: str = "IMM"
    slope: str = "POS"
    delay: float = 0.0
    timer: float = 1.0
    count: float = 1.0
    continuous: bool = True


@dataclass(slots=True)
class Connectors:
    """What the sync and trigger connectors show."""

    sync: bool = True
    source: str = "CH1"
    mode: str = "NORM"
    trigger: bool = False
    slope: str = "POS"
    trigger_source: str = "CH1"
    text: str = ""


@dataclass(slots=True)
class Signal:
    """Settings of one channel, as after ``*RST``. amplitude, offset: V behind the 50 ohm."""

    report: Callable[[ScpiError], None]
    function: str = "SIN"
    amplitude: float = 0.2
    offset: float = 0.0
    unit: str = "VPP"
    load: float = SOURCE_IMPEDANCE
    inverted: bool = False
    output: bool = False
    period: float = 1e-3
    width: float = 100e-6
    lead: float = 10e-9
    trail: float = 10e-9
    hold: str = "WIDT"
    square_duty: float = 50.0
    symmetry: float = 100.0
    phase: float = 0.0
    sample_rate: float = 40e3
    arb_name: str = "EXP_RISE"
    arb_filter: str = "NORM"
    arb_advance: str = "SRAT"
    range_auto: bool = True
    limited: bool = False
    upper: float = HIGHEST
    lower: float = -HIGHEST
    burst: Burst = field(default_factory=Burst)
    program: Program = field(default_factory=Program)

    def copy(self) -> Self:
        """Return the same settings, which changes of these do not reach."""
        return replace(self, burst=replace(self.burst), program=replace(self.program))

    # -- levels ------------------------------------------------------------------------------

    @property
    def share(self) -> float:
        """Return the programmed voltage over that of the source."""
        return 1.0 if math.isinf(self.load) else self.load / (self.load + SOURCE_IMPEDANCE)

    @property
    def high(self) -> float:
        """Return the high level of the source in V."""
        return self.offset + self.amplitude / 2.0

    @property
    def low(self) -> float:
        """Return the low level of the source in V."""
        return self.offset - self.amplitude / 2.0

    def programmed_amplitude(self) -> float:
        """Return the amplitude as it is programmed, in its unit."""
        return self._in_unit(self.amplitude * self.share)

    def converted(self, value: float, unit: str) -> float:
        """Return an amplitude, sent with a unit of its own, in the unit that is set."""
        if unit == "DBM" and math.isinf(self.load):
            raise conflict("amplitude units changed due to high-Z load")
        return value if unit == self.unit else self._in_unit(self._peak_to_peak(value, unit))

    def _in_unit(self, peak_to_peak: float) -> float:
        if self.unit == "VPP":
            return peak_to_peak
        effective = peak_to_peak / _CREST[self.function]
        if self.unit == "VRMS":
            return effective
        return 10.0 * math.log10(effective**2 / self.load / 1e-3)

    @property
    def ceiling(self) -> float:
        """Return the highest level in V of the source: its own, or as VOLTage:LIMit says."""
        return min(self.upper, HIGHEST) if self.limited else HIGHEST

    @property
    def floor(self) -> float:
        """Return the lowest level in V of the source."""
        return max(self.lower, -HIGHEST) if self.limited else -HIGHEST

    def set_limit(self, *, upper: float | None = None, lower: float | None = None) -> None:
        """Set a programmed limit of the levels; -221 where the signal is beyond it already."""
        upper = self.upper if upper is None else upper / self.share
        lower = self.lower if lower is None else lower / self.share
        if self.limited and not self.within(lower, upper):
            raise conflict("output limits exceeded by the present signal")
        self.upper, self.lower = upper, lower

    def set_limited(self, on: bool) -> None:
        """Switch the limits of the levels; -221 where the signal is beyond them."""
        if on and not self.within(self.lower, self.upper):
            raise conflict("output limits exceeded by the present signal")
        self.limited = on

    def within(self, lower: float, upper: float) -> bool:
        """Say whether the signal is within two levels of the source in V."""
        low, high = (self.offset,) * 2 if self.function == "DC" else (self.low, self.high)
        return lower <= low + _SMALL and high - _SMALL <= upper

    def _room(self) -> float:
        """Return the largest amplitude in V of the source with the present offset."""
        if self.function == "DC":
            return 2.0 * HIGHEST
        return 2.0 * min(self.ceiling - self.offset, self.offset - self.floor)

    def set_amplitude(self, value: float) -> None:
        """Set the programmed amplitude; clipped to what the offset leaves."""
        asked = self._peak_to_peak(value, self.unit) / self.share
        most = self._room()
        self.amplitude = min(max(asked, SMALLEST_SPAN), max(most, SMALLEST_SPAN))
        if asked > most * _SLACK:
            raise clipped_high()
        if asked * _SLACK < SMALLEST_SPAN:
            raise clipped_low()

    def amplitude_limits(self) -> Limits:
        """Return least, most and default amplitude in its unit, with the present offset."""
        spans = (SMALLEST_SPAN, max(self._room(), SMALLEST_SPAN), 0.2)
        low, high, start = (self._in_unit(span * self.share) for span in spans)
        return low, high, start

    def offset_limits(self) -> Limits:
        """Return least, most and default offset in V, with the present amplitude."""
        least, most = self._offsets()
        return least * self.share, most * self.share, 0.0

    def level_limits(self, which: str) -> Limits:
        """Return least, most and default of the "high" or "low" level in V."""
        span, share = SMALLEST_SPAN * self.share, self.share
        least, most = self.floor * share, self.ceiling * share
        if which == "high":
            return least + span, most, 0.1 * share
        return least, most - span, -0.1 * share

    def frequency_limits(self) -> Limits:
        """Return least, most and default frequency in Hz of the function."""
        return 1e-6, HIGHEST_FREQUENCY[self.function], 1e3

    def period_limits(self) -> Limits:
        """Return least, most and default period in s of the function."""
        return 1.0 / HIGHEST_FREQUENCY[self.function], 1e6, 1e-3

    def width_limits(self) -> Limits:
        """Return least, most and default pulse width in s, with the present period."""
        return SHORTEST_WIDTH, self.period - SHORTEST_WIDTH, 100e-6

    def _peak_to_peak(self, value: float, unit: str) -> float:
        if unit == "VPP":
            return value
        if unit == "VRMS":
            return value * _CREST[self.function]
        return _CREST[self.function] * math.sqrt(1e-3 * 10.0 ** (value / 10.0) * self.load)

    def set_offset(self, value: float) -> None:
        """Set the programmed offset; clipped to what the amplitude leaves."""
        asked = value / self.share
        least, most = self._offsets()
        self.offset = min(max(asked, least), most)
        if asked > most + _SMALL:
            raise clipped_high()
        if asked < least - _SMALL:
            raise clipped_low()

    def _offsets(self) -> tuple[float, float]:
        """Return the lowest and highest offset in V of the source with the present amplitude."""
        half = 0.0 if self.function == "DC" else self.amplitude / 2.0
        return self.floor + half, self.ceiling - half

    def set_high(self, value: float) -> None:
        """Set the programmed high level; one not above the low level pushes that down."""
        asked = value / self.share
        new = min(max(asked, self.floor + SMALLEST_SPAN), self.ceiling)
        pushed = new < self.low + SMALLEST_SPAN / _SLACK
        self._set_levels(new - SMALLEST_SPAN if pushed else self.low, new)
        if new != asked:
            raise clipped_high() if asked > new else clipped_low()
        if pushed:
            raise conflict("low level changed by high level")

    def set_low(self, value: float) -> None:
        """Set the programmed low level; one not below the high level pushes that up."""
        asked = value / self.share
        new = min(max(asked, self.floor), self.ceiling - SMALLEST_SPAN)
        pushed = new > self.high - SMALLEST_SPAN / _SLACK
        self._set_levels(new, new + SMALLEST_SPAN if pushed else self.high)
        if new != asked:
            raise clipped_high() if asked > new else clipped_low()
        if pushed:
            raise conflict("high level changed by low level")

    def _set_levels(self, low: float, high: float) -> None:
        self.amplitude, self.offset = high - low, (high + low) / 2.0

    def set_unit(self, unit: str) -> None:
        """Set the unit of the amplitude; dBm needs a load."""
        if unit == "DBM" and math.isinf(self.load):
            raise conflict("amplitude units changed due to high-Z load")
        self.unit = unit

    def set_load(self, load: float) -> None:
        """Set the load that is believed in; the signal stays, dBm becomes Vpp without a load."""
        self.load = load
        if math.isinf(load) and self.unit == "DBM":
            self.unit = "VPP"
            self.report(conflict("amplitude units changed due to high-Z load"))

    def set_function(self, function: str) -> None:
        """Change the function; what does not go with it is adjusted."""
        leaving_dc = self.function == "DC" and function != "DC"
        self.function = function
        if leaving_dc and abs(self.offset) + self.amplitude / 2.0 > HIGHEST * _SLACK:
            self.offset = math.copysign(HIGHEST - self.amplitude / 2.0, self.offset)
            self.report(conflict("offset changed on exit from dc function"))
        if function in _NO_BURST and self.burst.on:
            self.burst.on = False
            self.report(conflict("burst turned off by selection of other mode or modulation"))
        if function not in SWEPT and self.program.on:
            self.program.mode = "CW"
            self.report(conflict("sweep turned off by selection of other mode or modulation"))
        if self.period < 1.0 / HIGHEST_FREQUENCY[function]:
            self.period = 1.0 / HIGHEST_FREQUENCY[function]
            self.report(conflict("frequency reduced for selected function"))
        if function == "PULS":
            self._fit_pulse()

    # -- timing ------------------------------------------------------------------------------

    def set_period(self, period: float) -> None:
        """Set the period; the width gives way, or keeps its share where that is held."""
        shortest = 1.0 / HIGHEST_FREQUENCY[self.function]
        duty = self.width / self.period
        self.period = max(period, shortest)
        if self.hold == "DCYC":
            self.width = duty * self.period
        self._fit_pulse()
        if period * _SLACK < shortest:
            raise clipped_low()

    def set_width(self, width: float) -> None:
        """Set the pulse width; one that does not fit into the period is shortened."""
        self.width = max(width, SHORTEST_WIDTH)
        self._fit_pulse()

    def set_edges(self, *, lead: float | None = None, trail: float | None = None) -> None:
        """Set rise and fall time; longer than the width allows, they are shortened."""
        self.lead = self.lead if lead is None else lead
        self.trail = self.trail if trail is None else trail
        self._fit_edges()

    def _fit_pulse(self) -> None:
        most = self.period - SHORTEST_WIDTH
        if self.width > most * _SLACK:
            self.width = most
            if self.function == "PULS":
                self.report(conflict("pulse width decreased due to period"))
        self._fit_edges()

    def _fit_edges(self) -> None:
        longest = max(EDGE_SHARE * min(self.width, self.period - self.width), SHORTEST_EDGE)
        if max(self.lead, self.trail) > longest * _SLACK:
            self.lead, self.trail = min(self.lead, longest), min(self.trail, longest)
            if self.function == "PULS":
                self.report(conflict("pulse edge time decreased due to pulse width"))

    def set_burst(self, on: bool) -> None:
        """Switch burst mode; functions without cycles refuse it."""
        if on and self.function in _NO_BURST:
            raise conflict("burst mode is not available for selected function")
        if on and self.program.on:
            self.program.mode = "CW"
            self.report(conflict("sweep turned off by selection of other mode or modulation"))
        self.burst.on = on

    # -- what comes out ----------------------------------------------------------------------

    def mirrored(self, level: float) -> float:
        """Return a level after the polarity: mirrored about the offset if inverted."""
        return 2.0 * self.offset - level if self.inverted else level

    @property
    def runs(self) -> bool:
        """Say whether the signal goes on by itself: freely, or in bursts that time triggers."""
        if self.function == "DC":
            return False
        by_itself = self.burst.source in ("IMM", "TIM")
        if self.program.on:
            return by_itself
        return not self.burst.on or (self.burst.mode == "TRIG" and by_itself)

    @property
    def triggered(self) -> bool:
        """Say whether triggers start anything: counted bursts, sweeps or lists."""
        return self.program.on or (self.burst.on and self.burst.mode == "TRIG")

    @property
    def cycles(self) -> float:
        """Return how many cycles a trigger starts, which may be infinite; a sweep is one."""
        return 1.0 if self.program.on else self.burst.cycles
