"""What a simulated Keithley 2400 does to its terminal, and what it measures there.

A reading is one source-delay-measure cycle (User's Manual, section 6): the level goes to the
terminal, the delay passes, each enabled function is converted. With auto zero each conversion is
three: of zero, reference and signal.
"""

from collections import deque
from dataclasses import dataclass
from typing import Final

from ..chip.electrics import Measured
from ._keithley2400_hardware import MEASURED_OVER, OVER, TEST_CURRENTS, Hardware
from ._keithley2400_settings import LINE_FREQUENCY, Settings
from ._metrology import Metrology
from ._smu_stage import SmuStage

OVERFLOW: Final = 9.9e37
NOT_MEASURED: Final = 9.91e37
_CONVERSION: Final = 185e-6  # s that a conversion takes beyond its integration (appendix A)
_PHASES: Final = 3  # zero, reference and signal


@dataclass(slots=True)
class Reading:
    """One reading: V, A, ohm, s; a value that was not measured is 9.91e37. status: 24 bits."""

    voltage: float
    current: float
    resistance: float
    time: float
    status: int = 0

    @property
    def in_compliance(self) -> bool:
        """Say whether the source was limited, by its setting or by a fixed range."""
        return bool(self.status & (COMPLIANT | RANGE_COMPLIANT))


# Status word of a reading (User's Manual, :FORMat:ELEMents).
OVER_RANGE, FILTERED, FRONT, COMPLIANT, PROTECTED = 1, 2, 4, 8, 16
MATH, NULL, LIMITS, AUTO_OHMS = 32, 64, 128, 1024
_MEASURED: Final = {"VOLT": 2048, "CURR": 4096, "RES": 8192}
_SOURCED: Final = {"VOLT": 16384, "CURR": 32768}
RANGE_COMPLIANT, OFFSET_COMPENSATED, REMOTE = 1 << 16, 1 << 17, 1 << 22


class Meter:
    """Source and measure stage of one instrument."""

    def __init__(self, hardware: Hardware, stage: SmuStage, serial: str, seed: int) -> None:
        self.hardware = hardware
        self.stage = stage
        self.metrology = Metrology(
            serial,
            hardware.model,
            hardware.read,
            seed=seed,
            noise=hardware.noise,
            source=hardware.source,
            steps=hardware.steps,
        )
        self.line_frequency = LINE_FREQUENCY
        self.started = 0.0  # s: when the time stamp was zero
        self._ohms = 2e5  # range that automatic ohms were last read on
        self._ranged: float | None = None  # automatic current or voltage range of the last reading
        self._moving: dict[str, deque[float]] = {}

    @property
    def now(self) -> float:
        """Return simulated time in s."""
        return self.stage.now

    def settle(self, settings: Settings, level: float | None = None) -> None:
        """Bring the terminal to what the settings say, or to another level of a sweep."""
        self._moving.clear()
        self.stage.sense_remotely(settings.four_wire)
        if not settings.output:
            # Of the off states, high impedance opens the relay; the others hold 0 V or 0 A.
            self.stage.off(settings.off_state in ("HIMP", "GUAR"))
            return
        self._source(settings, settings.active.level if level is None else level)

    def tripped(self, settings: Settings) -> bool:
        """Say whether the compliance holds the source back now."""
        return settings.output and self.stage.tripped

    def limit(self, settings: Settings) -> tuple[float, bool]:
        """Return the compliance in force, and whether it is that of a fixed measure range."""
        function = "CURR" if settings.function == "VOLT" else "VOLT"
        sense = settings.sense[function]
        if not sense.auto and sense.range * OVER < sense.limit:
            return sense.range * OVER, True
        return sense.limit, False

    def measure(self, settings: Settings, level: float, source_range: float) -> Reading:
        """Carry out one source-delay-measure cycle at a level of the source."""
        if settings.automatic_ohms:
            return self._automatic_ohms(settings)
        self._source(settings, level, source_range)
        aperture = self._aperture(settings)
        seen = self.stage.step(self._delay(settings) + aperture)
        self._rerange(settings, seen, aperture)
        return self._reading(settings, seen, level, source_range)

    def _source(self, settings: Settings, level: float, source_range: float | None = None) -> None:
        function = settings.function
        name = settings.source[function].range if source_range is None else source_range
        given = self.metrology.given(function, level, name)
        limit, _ = self.limit(settings)
        if function == "VOLT":
            highest = settings.protection
            self.stage.source_voltage(min(max(given, -highest), highest), limit)
        else:
            self.stage.source_current(given, min(limit, settings.protection))

    def _delay(self, settings: Settings) -> float:
        if not settings.auto_delay:
            return settings.trigger_delay + settings.delay
        name = settings.source["CURR"].range
        if settings.function == "VOLT":
            sense = settings.sense["CURR"]
            name = self.hardware.range_for("CURR", sense.limit) if sense.auto else sense.range
        return settings.trigger_delay + self.hardware.delay(name)

    def _aperture(self, settings: Settings) -> float:
        """Return how long the conversions of one reading take, in s."""
        conversion = settings.cycles / self.line_frequency + _CONVERSION
        functions = len(settings.functions - {"RES"}) or 1
        if "RES" in settings.functions:
            functions = 2
        return conversion * functions * (_PHASES if settings.auto_zero else 1) * _samples(settings)

    def _rerange(self, settings: Settings, seen: Measured, aperture: float) -> None:
        """Let the time of another conversion pass where the automatic range has to change."""
        function, value = ("CURR", seen.current) if settings.function == "VOLT" else (
            "VOLT", seen.voltage)  # fmt: skip
        if not settings.sense[function].auto or function not in settings.functions:
            return
        name = self._range(settings, function, value)
        if self._ranged is not None and name != self._ranged:
            self.stage.wait(aperture / _samples(settings))
        self._ranged = settings.sense[function].range = name  # where ranging off would stay

    def _range(self, settings: Settings, function: str, value: float) -> float:
        """Return the range that a value is measured on."""
        sense = settings.sense[function]
        if function == settings.function:
            return settings.source[function].range  # measured on the range that it is sourced on
        if not sense.auto:
            return sense.range
        highest = self.hardware.ranges(function)[-1]
        return self.hardware.range_for(function, min(abs(value), highest), sense.lower)

    def _reading(
        self, settings: Settings, seen: Measured, level: float, source_range: float
    ) -> Reading:
        wants_ohms = "RES" in settings.functions
        values = {"VOLT": seen.voltage, "CURR": seen.current}
        shown: dict[str, float] = {}
        for function, value in values.items():
            if function in settings.functions or wants_ohms:
                name = source_range if function == settings.function else self._range(
                    settings, function, value)  # fmt: skip
                shown[function] = self._shown(settings, function, value, name)
            else:
                # What is sourced and not measured is told as programmed; the other is not told.
                shown[function] = level if function == settings.function else NOT_MEASURED
        voltage, current = shown["VOLT"], shown["CURR"]
        ohms = _ratio(voltage, current) if wants_ohms else NOT_MEASURED
        over = OVERFLOW in (voltage, current, ohms)
        return Reading(voltage, current, ohms, self.now, self._status(settings, over))

    def _shown(self, settings: Settings, function: str, value: float, name: float) -> float:
        """Return a value as it reads on a range, filtered, or the overflow."""
        cycles = settings.cycles * _samples(settings)
        shown = self.metrology.shown(function, value, name, cycles)
        if abs(shown) > name * MEASURED_OVER:
            return OVERFLOW
        if not settings.filter_on or settings.filter_kind != "MOV":
            return shown
        past = self._moving.setdefault(function, deque(maxlen=settings.filter_count))
        past.append(shown)
        return sum(past) / len(past)

    def _status(self, settings: Settings, over: bool) -> int:
        by_range = self.limit(settings)[1]
        limited = self.stage.tripped
        word = OVER_RANGE * over | FILTERED * settings.filter_on | FRONT * (not settings.rear)
        word |= (RANGE_COMPLIANT if by_range else COMPLIANT) * limited
        if settings.function == "VOLT" and abs(settings.active.level) > settings.protection:
            word |= PROTECTED
        word |= AUTO_OHMS * (settings.ohms_mode == "AUTO") | _SOURCED[settings.function]
        word |= MATH * settings.math_on | NULL * settings.null_on
        for function in settings.functions:
            word |= _MEASURED[function]
        word |= OFFSET_COMPENSATED * settings.offset_compensated | REMOTE * settings.four_wire
        return word

    def _automatic_ohms(self, settings: Settings) -> Reading:
        """Source the test current of a range, measure the voltage; look for the range if free."""
        sense = settings.sense["RES"]
        name = self._ohms if sense.auto else sense.range
        tried: set[float] = set()
        while True:
            tried.add(name)
            test, volts = TEST_CURRENTS[name]
            self.stage.source_current(test, volts * OVER)
            seen = self.stage.step(self._delay(settings) + self._aperture(settings))
            voltage = self._shown(settings, "VOLT", seen.voltage, volts)
            current = self._shown(settings, "CURR", seen.current, self._test_range(test))
            ohms = _ratio(voltage, current)
            over = self.stage.tripped or ohms > name * MEASURED_OVER
            better = self._other_ohms(name, ohms, over, sense.lower)
            if not sense.auto or better in tried:
                break
            name = better
        self._ohms = name
        functions = settings.functions
        settings.function = "CURR"  # the source stays with the test current
        settings.source["CURR"].level, settings.source["CURR"].range = test, self._test_range(test)
        word = self._status(settings, over)
        return Reading(
            voltage if "VOLT" in functions else NOT_MEASURED,
            current if "CURR" in functions else test,
            OVERFLOW if over else ohms,
            self.now,
            word,
        )

    def _test_range(self, test: float) -> float:
        return self.hardware.range_for("CURR", test)

    def _other_ohms(self, name: float, ohms: float, over: bool, lowest: float) -> float:
        """Return the range to try next: one up, or the smallest that holds the value."""
        ranges = self.hardware.ranges("RES")
        if over:
            return ranges[min(ranges.index(name) + 1, len(ranges) - 1)]
        return self.hardware.range_for("RES", ohms, lowest)


def _samples(settings: Settings) -> int:
    repeats = settings.filter_on and settings.filter_kind == "REP"
    return settings.filter_count if repeats else 1


def _ratio(voltage: float, current: float) -> float:
    if OVERFLOW in (voltage, current) or current == 0.0:
        return OVERFLOW
    return voltage / current
