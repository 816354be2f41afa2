"""What a simulated Keithley 2450 does to its terminal, and what it measures there."""

from collections import deque
from typing import Final

from ..chip.electrics import Measured
from ._keithley2450_buffer import OVERFLOW, Reading
from ._keithley2450_settings import (
    AUTO_DELAY,
    CURRENT_ACCURACY,
    CURRENT_STEPS,
    LINE_FREQUENCY,
    NOISE,
    OVER,
    RANGES,
    VOLTAGE_ACCURACY,
    VOLTAGE_RANGES,
    VOLTAGE_STEPS,
    Settings,
    range_for,
)
from ._metrology import Metrology
from ._smu_stage import SmuStage
from ._terminal import Terminal

_SOURCE_UNITS: Final = {"VOLT": "V", "CURR": "A"}
_UNITS: Final = {"VOLT": "V", "AMP": "A", "OHM": "Ohm", "WATT": "W"}


class Meter:
    """Source and measure stage. Its errors come from its serial number, its noise from a seed."""

    def __init__(self, terminal: Terminal, serial: str, seed: int) -> None:
        self.stage = SmuStage(terminal)
        self.metrology = Metrology(
            serial,
            "2450",
            {"CURR": CURRENT_ACCURACY, "VOLT": VOLTAGE_ACCURACY},
            seed=seed,
            noise=NOISE,
            steps={"CURR": CURRENT_STEPS, "VOLT": VOLTAGE_STEPS},
        )
        self._is_settled = True
        self._past: deque[float] = deque()
        self._range = self._last_range = 0.0  # that were measured on automatically

    @property
    def now(self) -> float:
        """Return simulated time in s."""
        return self.stage.now

    @property
    def tripped(self) -> bool:
        """Say whether the limit of the source holds it back now."""
        return self.stage.tripped

    def forget_past(self) -> None:
        """Begin the moving average anew."""
        self._past.clear()

    def settle(self, settings: Settings) -> None:
        """Bring the terminal to what the settings say."""
        self._past.clear()
        self.stage.sense_remotely(settings.sense[settings.sensed].four_wire)
        if not settings.output:
            # Of the off states, high impedance opens the relay; the others hold 0 V.
            changed = self.stage.off(settings.active.off_state in ("HIMP", "GUAR"))
        else:
            changed = self._source(settings)
        self._is_settled = self._is_settled and not changed

    def measure(self, settings: Settings) -> Reading:
        """Make one reading; time passes by source delay and integration."""
        sense = settings.sense[settings.sensed]
        repeats = sense.filter_on and sense.filter_kind == "REP"
        samples = sense.filter_count if repeats else 1
        aperture = sense.cycles / LINE_FREQUENCY * samples
        if not self._is_settled:
            self._let_settle(settings)
            self._is_settled = True
        reading = self._reading(settings, self.stage.look(aperture), aperture)
        if settings.sensed == "RES" and settings.function == "CURR" and sense.offset_compensated:
            self._compensate(reading, settings, aperture)
        if sense.auto and settings.sensed != "RES":
            self._rerange(aperture / samples)
        if sense.filter_on and not repeats:
            self._average(reading, sense.filter_count)
        return reading

    def _compensate(self, reading: Reading, settings: Settings, aperture: float) -> None:
        """Take off ohms what the voltage is with the source at zero, on the same range.

        That is another conversion, and the source settles anew after it.
        """
        level = settings.active.level
        if not settings.output or level == 0.0 or abs(reading.value) >= OVERFLOW:
            return
        volts = reading.value * reading.source
        name = range_for("VOLT", min(abs(volts), VOLTAGE_RANGES[-1]))
        self.stage.source_current(0.0, settings.active.limit)
        self._let_settle(settings)
        offset = self.stage.look(aperture).voltage
        offset = self.metrology.shown("VOLT", offset, name, aperture * LINE_FREQUENCY)
        reading.value, reading.time = (volts - offset) / reading.source, self.now
        self._source(settings)
        self._is_settled = False

    def _rerange(self, conversion: float) -> None:
        """Let the time of another conversion pass where the automatic range has changed."""
        if self._range != self._last_range and self._last_range:
            self.stage.pause(conversion)
        self._last_range = self._range

    def _average(self, reading: Reading, count: int) -> None:
        """Put a reading's value into the mean of the last ones, as the moving filter does."""
        if self._past.maxlen != count:
            self._past = deque(self._past, count)
        if abs(reading.value) < OVERFLOW:
            self._past.append(reading.value)
            reading.value = sum(self._past) / len(self._past)

    def _source(self, settings: Settings) -> bool:
        source = settings.active
        level = self.metrology.given(settings.function, source.level, source.range)
        highest = settings.protection
        if settings.function == "VOLT":
            return self.stage.source_voltage(min(max(level, -highest), highest), source.limit)
        return self.stage.source_current(level, min(source.limit, highest))

    def _let_settle(self, settings: Settings) -> None:
        """Let the source delay pass; the automatic one is short against the integration."""
        if settings.active.auto_delay:
            self.stage.pause(AUTO_DELAY)
        else:
            self.stage.wait(settings.active.delay)

    def step(self, settings: Settings, dwell: float) -> Reading:
        """Hold the present level for ``dwell`` s and read at its end, as a sweep does."""
        aperture = settings.sense[settings.sensed].cycles / LINE_FREQUENCY
        self._source(settings)
        seen = self.stage.step(source_delay(settings) + dwell + aperture)
        return self._reading(settings, seen, aperture)

    def _reading(self, settings: Settings, seen: Measured, aperture: float) -> Reading:
        sense, source = settings.sense[settings.sensed], settings.active
        current = self._shown("CURR", seen.current, settings, aperture)
        voltage = self._shown("VOLT", seen.voltage, settings, aperture)
        sourced = voltage if settings.function == "VOLT" else current
        value = _value(sense.unit, voltage, current)
        if settings.sensed == "RES" and sense.auto and abs(value) > sense.upper * OVER:
            value = OVERFLOW
        return Reading(
            value=value,
            unit=_UNITS[sense.unit],
            source=sourced if source.read_back else source.level,
            source_unit=_SOURCE_UNITS[settings.function],
            time=self.now,
            limited=self.tripped,
            four_wire=sense.four_wire,
            read_back=source.read_back,
            output_on=settings.output,
            digits=sense.digits,
        )

    def _shown(self, function: str, value: float, settings: Settings, aperture: float) -> float:
        """Return a value as measured on its range, with error, noise and overflow."""
        sense = settings.sense[function]
        if settings.sensed != function:
            name = range_for(function, min(abs(value), RANGES[function][-1]))
        elif sense.auto:
            name = max(range_for(function, min(abs(value), RANGES[function][-1])), sense.lower)
            self._range = sense.range = name  # where automatic ranging would stay when switched off
        else:
            name = sense.range
        shown = self.metrology.shown(function, value, name, aperture * LINE_FREQUENCY)
        return OVERFLOW if abs(shown) > name * OVER * 1.001 else shown


def source_delay(settings: Settings) -> float:
    """Return how long the source settles before a reading, in s."""
    source = settings.active
    return AUTO_DELAY if source.auto_delay else source.delay


def _value(unit: str, voltage: float, current: float) -> float:
    """Return what a reading tells in its unit."""
    if unit == "AMP":
        return current
    if unit == "VOLT":
        return voltage
    if unit == "WATT":
        return OVERFLOW if max(abs(voltage), abs(current)) >= OVERFLOW else voltage * current
    return voltage / current if 0.0 < abs(current) < OVERFLOW else OVERFLOW
