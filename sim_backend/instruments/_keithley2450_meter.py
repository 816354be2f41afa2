"""What a simulated Keithley 2450 does to its terminal, and what it measures there."""

import math
import zlib
from typing import Final

import numpy as np

from ..chip.electrics import Measured
from ._keithley2450_buffer import OVERFLOW, Reading
from ._keithley2450_settings import (
    AUTO_DELAY,
    CURRENT_ACCURACY,
    LINE_FREQUENCY,
    NOISE,
    OVER,
    RANGES,
    VOLTAGE_ACCURACY,
    Settings,
    range_for,
)
from ._terminal import Terminal

_UNITS: Final = {"VOLT": "V", "CURR": "A", "RES": "Ohm"}
_TYPICAL: Final = 0.25  # a good instrument's error over what its data sheet allows
_BLOCK: Final = 1024
_OFF_LIMIT: Final = 1e-6  # A that the "normal" off state still carries at 0 V

_Errors = dict[float, tuple[float, float]]


class Meter:
    """Source and measure stage. Its errors come from its serial number, its noise from a seed."""

    def __init__(self, terminal: Terminal, serial: str, seed: int) -> None:
        self.terminal = terminal
        self._tripped: bool | None = False  # None: not looked at since something changed
        self._is_settled = True
        key = zlib.crc32(serial.encode())
        errors = np.random.Generator(np.random.Philox(key=[key, 2450]))
        self._errors: dict[str, _Errors] = {
            "CURR": {name: _wrong(errors, *spec) for name, spec in CURRENT_ACCURACY.items()},
            "VOLT": {name: _wrong(errors, *spec) for name, spec in VOLTAGE_ACCURACY.items()},
        }
        self._noise = np.random.Generator(np.random.Philox(key=[seed % 2**63, key]))
        self._normals: list[float] = []

    def settle(self, settings: Settings) -> None:
        """Bring the terminal to what the settings say."""
        self._tripped = None if settings.output else False
        if not settings.output:
            # Of the off states, high impedance opens the relay; the others hold 0 V.
            is_open = settings.active.off_state in ("HIMP", "GUAR")
            changed = self.terminal.hold(None if is_open else 0.0, _OFF_LIMIT)
        elif settings.function == "VOLT":
            changed = self.terminal.hold(settings.active.level, settings.active.limit)
        else:
            self._find(settings, 0.0)
            changed = True
        self._is_settled = self._is_settled and not changed

    def tripped(self, settings: Settings) -> bool:
        """Say whether the limit of the source holds it back now."""
        if self._tripped is None:
            self._look(settings, 0.0)
        return bool(self._tripped)

    def measure(self, settings: Settings) -> Reading:
        """Make one reading; time passes by source delay and integration."""
        sense = settings.sense[settings.sensed]
        samples = sense.filter_count if sense.filter_on else 1
        aperture = sense.cycles / LINE_FREQUENCY * samples
        if not self._is_settled:
            self._let_settle(settings)
            self._is_settled = True
        seen = self._look(settings, aperture)
        return self._reading(settings, seen, aperture)

    def _let_settle(self, settings: Settings) -> None:
        """Let the source delay pass; the automatic one is short against the integration."""
        if settings.active.auto_delay:
            self.terminal.pause(AUTO_DELAY)
        else:
            self.terminal.wait(settings.active.delay)

    def step(self, settings: Settings, dwell: float) -> Reading:
        """Hold the present level for ``dwell`` s and read at its end, as a sweep does."""
        aperture = settings.sense[settings.sensed].cycles / LINE_FREQUENCY
        duration = source_delay(settings) + dwell + aperture
        source = settings.active
        if settings.function == "VOLT":
            seen = self.terminal.dwell(source.level, duration, source.limit)
            self._tripped = seen.in_compliance
        else:
            seen = self._find(settings, duration)
        return self._reading(settings, seen, aperture)

    def _look(self, settings: Settings, aperture: float) -> Measured:
        if settings.output and settings.function == "CURR":
            return self._find(settings, aperture)
        seen = self.terminal.measure(aperture)
        self._tripped = seen.in_compliance
        return seen

    def _find(self, settings: Settings, duration: float) -> Measured:
        """Source a current: a voltage source at the limit, held back to just that current.

        The terminal is then left at the voltage that was found.
        """
        source = settings.active
        if source.level == 0.0:
            seen = self.terminal.dwell(0.0, duration, 1e-9)
            self._tripped = False
            return seen
        limit = math.copysign(source.limit, source.level)
        seen = self.terminal.dwell(limit, duration, abs(source.level))
        self._tripped = not seen.in_compliance
        self.terminal.hold(seen.voltage, abs(source.level) * OVER)
        return seen

    def _reading(self, settings: Settings, seen: Measured, aperture: float) -> Reading:
        sense, source = settings.sense[settings.sensed], settings.active
        current = self._shown("CURR", seen.current, settings, aperture)
        voltage = self._shown("VOLT", seen.voltage, settings, aperture)
        sourced = voltage if settings.function == "VOLT" else current
        return Reading(
            value=_value(settings.sensed, voltage, current),
            unit=_UNITS[settings.sensed],
            source=sourced if source.read_back else source.level,
            source_unit=_UNITS[settings.function],
            time=self.terminal.now,
            limited=bool(self._tripped),
            four_wire=sense.four_wire,
            read_back=source.read_back,
            output_on=settings.output,
        )

    def _shown(self, function: str, value: float, settings: Settings, aperture: float) -> float:
        """Return a value as measured on its range, with error, noise and overflow."""
        sense = settings.sense[function]
        if sense.auto or settings.sensed != function:
            name = range_for(function, min(abs(value), RANGES[function][-1]))
        else:
            name = sense.range
        gain, offset = self._errors[function][name]
        noise = NOISE * name * self._normal() / math.sqrt(max(aperture * LINE_FREQUENCY, 1e-2))
        shown = value * (1.0 + gain) + offset + noise
        return OVERFLOW if abs(shown) > name * OVER * 1.001 else shown

    def _normal(self) -> float:
        if not self._normals:
            self._normals = self._noise.standard_normal(_BLOCK).tolist()
        return self._normals.pop()


def source_delay(settings: Settings) -> float:
    """Return how long the source settles before a reading, in s."""
    source = settings.active
    return AUTO_DELAY if source.auto_delay else source.delay


def _wrong(generator: np.random.Generator, gain: float, offset: float) -> tuple[float, float]:
    """Return the (part of reading, offset) by which one range is really wrong."""
    first, second = generator.uniform(-_TYPICAL, _TYPICAL, 2)
    return gain * float(first), offset * float(second)


def _value(sensed: str, voltage: float, current: float) -> float:
    if sensed == "CURR":
        return current
    if sensed == "VOLT":
        return voltage
    return voltage / current if 0.0 < abs(current) < OVERFLOW else OVERFLOW
