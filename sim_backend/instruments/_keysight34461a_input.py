"""The input terminals of a simulated 34461A: what each function puts on them, and what it sees.

A voltmeter is its input resistance, an ammeter its shunt, an ohmmeter a current source below 10 V,
all between a terminal and the low one, which is ground where the chip file wires it to nothing.
Both current terminals always have a shunt behind them, as fuse and shunt stay in circuit.
"""

import math
from typing import Final, Protocol

from ..chip.clock import SimClock
from ..chip.ports import Measured, Port
from ..chip.probing import Waveforms
from ._keysight34461a_alternating import Alternating
from ._keysight34461a_functions import (
    ACCURACY,
    FUNCTIONS,
    HIGH_RANGES,
    HIGH_RESISTANCE,
    INPUT_RESISTANCE,
    NOISE,
    OPEN_VOLTAGE,
    OVERLOAD,
    PARALLEL,
    SHUNTS,
    TEST_CURRENTS,
)
from ._keysight34461a_settings import Settings
from ._metrology import Metrology

_PT100: Final = (100.0, 3.9083e-3, -5.775e-7)  # IEC 60751, above 0 C
_SOURCE_IMPEDANCE: Final = 1e-3
_AC_INPUT: Final = 1e6
_DOWN: Final = 0.1  # below this part of a range the next lower one is tried
_RATIO_LIMIT: Final = 12.0  # V of the reference


class Inputs(Protocol):
    """What a multimeter needs of a bench (see `Electrics`)."""

    clock: SimClock
    waveforms: Waveforms

    def advance(self, duration: float) -> None:
        """Let time pass."""

    def drive(
        self, terminal: str, voltage: float | None, *, impedance: float, current_limit: float
    ) -> None:
        """Hold a terminal at a voltage, or open it."""

    def set_port(self, terminal: str, port: Port) -> None:
        """Say how a terminal meets the bench."""

    def look(self, terminal: str, aperture: float) -> Measured:
        """Return what a reading shows that ends now."""


class Input:
    """Terminals and converter of one instrument. Errors from its serial number, noise by seed."""

    def __init__(self, circuit: Inputs, name: str, serial: str, seed: int) -> None:
        self._circuit = circuit
        self._name = name
        self._metrology = Metrology(serial, "34461A", ACCURACY, seed=seed, noise=NOISE)
        self._alternating = Alternating(circuit)
        self._ports: dict[str, Port] = {}
        self._source: tuple[float, float, float] | None = None
        sense = Port(back=f"{name}.sense_lo", ohm=HIGH_RESISTANCE)
        self._put("sense", sense)

    # -- what is on the terminals ------------------------------------------------------------

    def connect(self, settings: Settings) -> None:
        """Put on the terminals what the active function has there."""
        function, full_scale = settings.function, settings.active.full_scale
        if function in ("RES", "FRES", "CONT", "DIOD", "TEMP"):
            current = 1e-3 if function in ("CONT", "DIOD", "TEMP") else TEST_CURRENTS[full_scale]
            if function in ("RES", "FRES") and full_scale == max(TEST_CURRENTS):
                self._drive((current * PARALLEL, PARALLEL, math.inf))
            else:
                self._drive((OPEN_VOLTAGE, _SOURCE_IMPEDANCE, current))
        else:
            self._drive(None)
        self._put("hi", Port(back=f"{self._name}.lo", ohm=self._resistance(settings)))
        for terminal, one in (("i", 3), ("i10", 10)):
            scale = settings.sense["CURR"].full_scale
            if function in ("CURR", "CURR:AC"):
                scale = full_scale
            shunt = SHUNTS[10.0] if one == 10 else SHUNTS[min(scale, 3.0)]
            self._put(terminal, Port(back=f"{self._name}.lo", ohm=shunt))
        self._watch(settings)

    def _watch(self, settings: Settings) -> None:
        """Look at the waveform on the terminal of a function that needs it."""
        watched = None
        if settings.function in ("VOLT:AC", "FREQ", "PER"):
            watched = f"{self._name}.hi"
        elif settings.function == "CURR:AC":
            watched = f"{self._name}.{_current_terminal(settings)}"
        self._alternating.watch(watched)

    @staticmethod
    def _resistance(settings: Settings) -> float:
        """Return what the voltage terminals draw current through, in ohm."""
        if settings.function in ("CURR", "CURR:AC"):
            return INPUT_RESISTANCE
        if settings.function in ("VOLT:AC", "FREQ", "PER"):
            return _AC_INPUT
        high = settings.impedance_auto and settings.active.full_scale <= HIGH_RANGES
        return HIGH_RESISTANCE if high else INPUT_RESISTANCE

    def _put(self, terminal: str, port: Port) -> None:
        if self._ports.get(terminal) != port:
            self._ports[terminal] = port
            self._circuit.set_port(f"{self._name}.{terminal}", port)

    def _drive(self, source: tuple[float, float, float] | None) -> None:
        if source == self._source:
            return
        self._source = source
        level, impedance, limit = source or (None, _SOURCE_IMPEDANCE, math.inf)
        self._circuit.drive(f"{self._name}.hi", level, impedance=impedance, current_limit=limit)

    # -- what is seen ------------------------------------------------------------------------

    def read(self, settings: Settings) -> float:
        """Return one reading over the aperture that ends now, overload as 9.9E+37 of its sign."""
        value = self._ranged(settings)
        function, sense = FUNCTIONS[settings.function], settings.active
        if settings.function in ("FREQ", "PER"):
            return value
        if settings.function == "TEMP":
            return self._temperature(value, settings)
        if settings.function == "VOLT:RAT":
            return value
        if abs(value) > function.over * sense.full_scale * (1.0 + 1e-12):
            return math.copysign(OVERLOAD, value)
        return self._shown(settings.function, value, settings)

    def _shown(self, function: str, value: float, settings: Settings) -> float:
        sense = settings.active
        cycles = sense.cycles if FUNCTIONS[settings.function].integrates else 1.0
        return self._metrology.shown(function, value, sense.full_scale, cycles)

    def _ranged(self, settings: Settings) -> float:
        """Return the true value, on the range that fits it where that is found automatically."""
        sense, function = settings.active, FUNCTIONS[settings.function]
        ranges = settings.ranges(settings.function)
        for _ in range(2 * len(ranges)):
            value = self._true(settings)
            if not sense.auto or settings.function in ("FREQ", "PER"):
                return value
            place = ranges.index(sense.full_scale)
            seen = abs(self._on_range) if settings.function == "VOLT:RAT" else abs(value)
            if seen > function.over * sense.full_scale and place + 1 < len(ranges):
                place += 1
            elif seen < _DOWN * sense.full_scale and place > 0:
                place -= 1
            else:
                return value
            sense.full_scale = ranges[place]
            self.connect(settings)
        return value

    def _true(self, settings: Settings) -> float:
        """Return what an instrument without errors would read on the present range."""
        function, aperture = settings.function, settings.aperture
        if function in ("RES", "FRES", "CONT", "TEMP"):
            return self._resistance_seen(settings, aperture)
        if function in ("VOLT", "DIOD"):
            return self._look("hi", aperture).voltage
        if function == "VOLT:RAT":
            return self._ratio(settings, aperture)
        terminal = _current_terminal(settings)
        if function == "CURR":
            return -self._look(terminal, aperture).current
        if function == "CURR:AC":
            return self._alternating.rms(aperture) / self._ports[terminal].ohm
        if function == "VOLT:AC":
            return self._alternating.rms(aperture)
        frequency = self._alternating.frequency(aperture)
        frequency = self._metrology.shown("FREQ", frequency, 1.0, math.inf)
        if function == "FREQ":
            return frequency
        return 1.0 / frequency if frequency else 0.0

    def _resistance_seen(self, settings: Settings, aperture: float) -> float:
        four = settings.function == "FRES" or settings.probe == "FRTD" == self._probe(settings)
        volts = self._look("sense" if four else "hi", aperture).voltage
        assert self._source is not None  # connected so before
        level, impedance, current = self._source
        if math.isinf(current):
            drop = level - volts
            return impedance * volts / drop if drop > 1e-6 * level else OVERLOAD
        return volts / current

    @staticmethod
    def _probe(settings: Settings) -> str:
        return settings.probe if settings.function == "TEMP" else ""

    def _ratio(self, settings: Settings, aperture: float) -> float:
        reference = self._look("sense", aperture).voltage
        self._on_range = self._look("hi", aperture).voltage
        over = abs(self._on_range) > 1.2 * settings.active.full_scale
        if over or not 0.0 < abs(reference) <= _RATIO_LIMIT:
            return OVERLOAD
        return self._shown("VOLT", self._on_range, settings) / reference

    _on_range = 0.0

    def _temperature(self, ohms: float, settings: Settings) -> float:
        """Return what a Pt100 of that resistance says, in the unit of temperatures."""
        if not 0.0 < ohms <= FUNCTIONS["TEMP"].ranges[0]:
            return OVERLOAD
        base, a, b = _PT100
        ohms = self._metrology.shown("CONT", ohms, 1e3, settings.active.cycles)
        root = a * a - 4.0 * b * (1.0 - ohms / base)
        if root < 0.0:
            return OVERLOAD
        celsius = (math.sqrt(root) - a) / (2.0 * b)
        return {"C": celsius, "F": 1.8 * celsius + 32.0, "K": celsius + 273.15}[settings.unit]

    def _look(self, terminal: str, aperture: float) -> Measured:
        return self._circuit.look(f"{self._name}.{terminal}", aperture)


def _current_terminal(settings: Settings) -> str:
    return "i10" if settings.current_terminals == 10 else "i"
