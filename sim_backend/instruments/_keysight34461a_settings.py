"""Settings of a simulated 34461A, as ``*RST`` leaves them."""

import math
from dataclasses import dataclass, field
from typing import Final

from ._keysight34461a_functions import (
    CYCLES,
    FIXED,
    FUNCTIONS,
    LINE_FREQUENCY,
    RANGES_AT_RESET,
    RESOLUTION,
    TEN_AMPERES,
    aperture_of,
    settling,
)

MEMORY: Final = 10_000
_DEFAULT_CYCLES: Final = 10.0


@dataclass(slots=True)
class Sense:
    """What one function measures with. null: what is taken off each reading, while it is on."""

    full_scale: float
    auto: bool = True
    cycles: float = _DEFAULT_CYCLES
    zero: bool = True
    null_on: bool = False
    null: float = 0.0
    null_auto: bool = False
    band: float = 20.0
    gate: float = 0.1


@dataclass(slots=True)
class Trigger:
    """Trigger and sample settings. count may be infinite; delay None: automatic."""

    source: str = "IMM"
    count: float = 1.0
    delay: float | None = None
    slope: str = "NEG"
    samples: int = 1
    timer: float = 1.0


@dataclass(slots=True)
class Math:
    """Scaling, statistics and limits."""

    scaling: bool = False
    scale: str = "DB"
    reference: float = 0.0
    reference_auto: bool = True
    ohms: float = 600.0
    average: bool = False
    limits: bool = False
    lower: float = 0.0
    upper: float = 0.0


def _senses() -> dict[str, Sense]:
    return {name: sense_at_reset(name) for name in FUNCTIONS}


def sense_at_reset(function: str) -> Sense:
    """Return what a function measures with after ``*RST``."""
    ranges = FUNCTIONS[function].ranges
    if function in FIXED:
        fast = function != "TEMP"
        return Sense(ranges[0], auto=False, cycles=0.2 if fast else _DEFAULT_CYCLES, zero=not fast)
    return Sense(RANGES_AT_RESET.get(function, 10.0))


@dataclass(slots=True)
class Settings:
    """All that ``*RST`` sets and ``*SAV`` keeps."""

    function: str = "VOLT"
    sense: dict[str, Sense] = field(default_factory=_senses)
    trigger: Trigger = field(default_factory=Trigger)
    math: Math = field(default_factory=Math)
    impedance_auto: bool = False
    current_terminals: int = 3
    probe: str = "FRTD"
    unit: str = "C"
    text_format: bool = True
    real_length: int = 64
    swapped: bool = False
    threshold: int = 1
    display: bool = True
    label: str = ""
    complete_slope: str = "NEG"

    @property
    def active(self) -> Sense:
        """Return the settings of the active function."""
        return self.sense[self.function]

    def ranges(self, function: str) -> tuple[float, ...]:
        """Return the ranges of a function as its terminals have them."""
        if function in ("CURR", "CURR:AC") and self.current_terminals == 10:
            return TEN_AMPERES
        return FUNCTIONS[function].ranges

    @property
    def aperture(self) -> float:
        """Return how long one reading integrates, in s."""
        sense = self.active
        if self.function in ("FREQ", "PER"):
            return sense.gate
        if not FUNCTIONS[self.function].integrates:
            return 1.0 / LINE_FREQUENCY
        return aperture_of(sense.cycles)

    @property
    def sampling(self) -> float:
        """Return how long one reading takes in all, in s: autozero looks a second time."""
        zeroed = self.active.zero and FUNCTIONS[self.function].integrates
        return self.aperture * (2.0 if zeroed else 1.0)

    @property
    def delay(self) -> float:
        """Return the trigger delay in s, automatic or as set."""
        if self.trigger.delay is not None:
            return self.trigger.delay
        sense = self.active
        return settling(self.function, sense.full_scale, sense.cycles, sense.band)


def range_for(ranges: tuple[float, ...], value: float) -> float:
    """Return the smallest range that holds a value, or infinity."""
    return next((it for it in ranges if abs(value) <= it * (1.0 + 1e-9)), math.inf)


def cycles_for(value: float) -> float:
    """Return the integration time that is set for one that was asked for: the next longer one."""
    return next(it for it in CYCLES if value <= it * (1.0 + 1e-9))


def cycles_of_resolution(part: float) -> float | None:
    """Return the shortest integration with a resolution over the range; None where none has."""
    return next((it for it in CYCLES if RESOLUTION[it] <= part * (1.0 + 1e-6)), None)
