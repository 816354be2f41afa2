"""Math, relative readings and limit tests of a simulated Keithley 2400: CALCulate1, CALCulate2."""

from dataclasses import dataclass
from typing import Final

from ..wire.parameters import Boolean, Choice, Numeric, String
from ..wire.scpi import ScpiError, command, query
from ._keithley2400_base import LIMIT_1_FAILED, LIMITS_PASSED
from ._keithley2400_errors import UNKNOWN_EXPRESSION, own
from ._keithley2400_meter import LIMITS, NOT_MEASURED, OVERFLOW, Reading
from ._keithley2400_trigger import TriggerCommands
from ._stored import stored

_LIMIT = ":CALCulate2:LIMit<1..12>"
_TESTS: Final = (2, 3, 5, 6, 7, 8, 9, 10, 11, 12)
_POWER: Final = "POWER"
_FEEDS = Choice("CALCulate", "CALC1", "CALCULATE1", "VOLTage", "CURRent", "RESistance")
_BOUND = Numeric("", -9.999999e20, 9.999999e20)


@dataclass(slots=True)
class _Limit:
    """One software limit test. failed: of the last reading."""

    low: float = -1.0
    high: float = 1.0
    on: bool = False
    failed: bool = False


class LimitCommands(TriggerCommands):
    """What is made of readings before they are stored."""

    _compliance_test = False
    _compliance_fails = "IN"
    _compliance_failed = False
    stored_readings: list[Reading]
    tests: dict[int, _Limit]

    def forget_limits(self) -> None:
        """Bring the limit tests to ``*RST``."""
        self.tests = {place: _Limit() for place in _TESTS}
        self._tested: list[_Limit] = []
        self._compliance_test, self._compliance_failed = False, False

    @command(":CALCulate[1]:MATH[:EXPRession]:NAME", String(20))
    def choose_math(self, name: str) -> None:
        """Choose an expression; only POWER is kept here (+806 for others)."""
        if name.strip().upper() != _POWER:
            raise own(UNKNOWN_EXPRESSION)

    @query(":CALCulate[1]:MATH[:EXPRession]:NAME")
    def math_name(self) -> str:
        """Tell the name of the expression."""
        return f'"{_POWER}"'

    @query(":CALCulate[1]:MATH[:EXPRession]:CATalog")
    def math_names(self) -> str:
        """Tell all names of expressions."""
        return f'"{_POWER}"'

    set_math, math = stored(":CALCulate[1]:STATe", Boolean(), "math_on")

    @query(":CALCulate[1]:DATA[:LATest]")
    def math_data(self) -> str:
        """Tell the power in W of each reading of the sample buffer; -221 with math off."""
        if not self.settings.math_on:
            raise ScpiError(-221)
        return self._told([_power(reading) for reading in self.samples])

    @command(":CALCulate2:FEED", _FEEDS)
    def set_limit_feed(self, feed: str) -> None:
        """Choose which value is tested and made relative."""
        self.settings.limit_feed = "CALC" if feed.startswith("CALC") else feed

    @query(":CALCulate2:FEED")
    def limit_feed(self) -> str:
        """Tell which value is tested."""
        return self.settings.limit_feed

    @query(":CALCulate2:DATA[:LATest]")
    def limit_data(self) -> str:
        """Tell the values that are tested, relative where that is on; -221 with nothing on."""
        if not (self.settings.null_on or any(test.on for test in self.tests.values())):
            raise ScpiError(-221)
        return self._told([self.calculated(reading) for reading in self.samples])

    set_null, null = stored(":CALCulate2:NULL:STATe", Boolean(), "null_on")
    set_offset, offset = stored(":CALCulate2:NULL:OFFSet", _BOUND, "null_offset")

    @command(":CALCulate2:NULL:ACQuire")
    def acquire_offset(self) -> None:
        """Take the last value as the offset; -230 where there is none."""
        if not self.samples:
            raise ScpiError(-230)
        self.settings.null_offset += self.calculated(self.samples[-1]) * self.settings.null_on
        if not self.settings.null_on:
            self.settings.null_offset = self.calculated(self.samples[-1])

    @command(":CALCulate2:LIMit[1]:COMPliance:FAIL", Choice("IN", "OUT"))
    def set_compliance_fails(self, state: str) -> None:
        """Choose whether limit 1 fails in compliance or out of it."""
        self._compliance_fails = state

    @query(":CALCulate2:LIMit[1]:COMPliance:FAIL")
    def compliance_fails(self) -> str:
        """Tell when limit 1 fails."""
        return self._compliance_fails

    @command(f"{_LIMIT}:STATe", Boolean())
    def set_limit_on(self, place: int, on: bool) -> None:
        """Switch a limit test."""
        if place == 1:
            self._compliance_test = on
        else:
            self._limit(place).on = on
            self._tested = [test for test in self.tests.values() if test.on]

    @query(f"{_LIMIT}:STATe")
    def limit_on(self, place: int) -> int:
        """Tell whether a limit test is on."""
        return int(self._compliance_test if place == 1 else self._limit(place).on)

    @query(f"{_LIMIT}:FAIL")
    def limit_failed(self, place: int) -> int:
        """Tell whether a limit test failed."""
        return int(self._compliance_failed if place == 1 else self._limit(place).failed)

    @command(f"{_LIMIT}:UPPer[:DATA]", _BOUND)
    def set_upper(self, place: int, value: float) -> None:
        """Set the upper limit of a test."""
        self._limit(place).high = value

    @query(f"{_LIMIT}:UPPer[:DATA]")
    def upper(self, place: int) -> float:
        """Tell the upper limit of a test."""
        return self._limit(place).high

    @command(f"{_LIMIT}:LOWer[:DATA]", _BOUND)
    def set_lower(self, place: int, value: float) -> None:
        """Set the lower limit of a test."""
        self._limit(place).low = value

    @query(f"{_LIMIT}:LOWer[:DATA]")
    def lower(self, place: int) -> float:
        """Tell the lower limit of a test."""
        return self._limit(place).low

    set_limit_mode, limit_mode = stored(
        ":CALCulate2:CLIMits:MODE", Choice("GRADing", "SORTing"), "limit_mode"
    )

    @command(":CALCulate2:CLIMits:CLEar[:IMMediate]")
    def clear_limits(self) -> None:
        """Forget what failed."""
        self._compliance_failed = False
        for test in self.tests.values():
            test.failed = False

    def calculated(self, reading: Reading) -> float:
        """Return the value of a reading that is tested: as fed, less the offset where relative."""
        feed = self.settings.limit_feed
        value = {
            "VOLT": reading.voltage,
            "CURR": reading.current,
            "RES": reading.resistance,
            "CALC": _power(reading),
        }[feed]
        if self.settings.null_on and value not in (NOT_MEASURED, OVERFLOW):
            value -= self.settings.null_offset
        return value

    def note(self, reading: Reading) -> None:
        """Test a reading before it is shown in the registers."""
        if self._tested or self._compliance_test:
            self._judge(reading, self._tested)
        super().note(reading)

    def _judge(self, reading: Reading, tests: list[_Limit]) -> None:
        reading.status |= LIMITS
        value = self.calculated(reading)
        for test in tests:
            test.failed = not test.low <= value <= test.high
        fails = reading.in_compliance == (self._compliance_fails == "IN")
        self._compliance_failed = self._compliance_test and fails
        if self._compliance_failed:
            reading.status |= 1 << 8
            self.measurement.pulse(LIMIT_1_FAILED)
        elif not any(test.failed for test in tests):
            self.measurement.pulse(LIMITS_PASSED)
        else:
            self._show_failures()

    def _show_failures(self) -> None:
        """Low and high of limits 2 and 3 have bits of their own (figure 15-6)."""
        value = self.calculated(self.samples[-1]) if self.samples else 0.0
        for place, bits in ((2, (1, 2)), (3, (3, 4))):
            test = self.tests[place]
            if test.on and test.failed:
                self.measurement.pulse(bits[value > test.high])

    def _limit(self, place: int) -> _Limit:
        if place not in self.tests:
            raise ScpiError(-113)
        return self.tests[place]

    def _told(self, values: list[float]) -> str:
        if not values:
            raise ScpiError(-230)
        return ",".join(f"{value:+.6E}" for value in values)


def _power(reading: Reading) -> float:
    values = (reading.voltage, reading.current)
    if NOT_MEASURED in values:
        return NOT_MEASURED
    return OVERFLOW if OVERFLOW in values else reading.voltage * reading.current
