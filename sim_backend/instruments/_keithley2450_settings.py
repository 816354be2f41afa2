"""Settings, ranges and accuracy of a Keithley 2450.

Source: Model 2450 data sheet (ranges; one-year accuracy at 23 degrees C +- 5).
"""

import math
from bisect import bisect_left
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

from ..wire.errors import ScpiError
from ._configuration_lists import ConfigurationLists
from ._keithley2450_calculate import Calculation

if TYPE_CHECKING:
    from ._keithley2450_points import SensePoint, SourcePoint

Function = Literal["VOLT", "CURR"]

VOLTAGE_RANGES: Final = (0.02, 0.2, 2.0, 20.0, 200.0)
CURRENT_RANGES: Final = (1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1.0)
RESISTANCE_RANGES: Final = (20.0, 200.0, 2e3, 2e4, 2e5, 2e6, 2e7, 2e8)
RANGES: Final = {"VOLT": VOLTAGE_RANGES, "CURR": CURRENT_RANGES, "RES": RESISTANCE_RANGES}
OVER: Final = 1.05  # every range reaches 5 % beyond its name

#: range -> (part of reading, offset in A), measuring current.
CURRENT_ACCURACY: Final = {
    1e-8: (1e-3, 50e-12),
    1e-7: (6e-4, 100e-12),
    1e-6: (2.5e-4, 300e-12),
    1e-5: (2.5e-4, 700e-12),
    1e-4: (2e-4, 6e-9),
    1e-3: (2e-4, 60e-9),
    1e-2: (2e-4, 600e-9),
    1e-1: (2.5e-4, 6e-6),
    1.0: (5e-4, 500e-6),
}
#: range -> (part of reading, offset in V), measuring voltage.
VOLTAGE_ACCURACY: Final = {
    0.02: (1e-3, 150e-6),
    0.2: (1.2e-4, 200e-6),
    2.0: (1.2e-4, 300e-6),
    20.0: (1.5e-4, 1e-3),
    200.0: (1.5e-4, 10e-3),
}
#: range -> smallest step of the source (data sheet, "Resolution").
VOLTAGE_STEPS: Final = {name: name * 2.5e-5 for name in VOLTAGE_RANGES}
CURRENT_STEPS: Final = {name: name * 5e-5 for name in CURRENT_RANGES}
#: Above 21 V the instrument gives 105 mA at most (20 W).
HIGH_VOLTAGE: Final = 21.0
HIGH_VOLTAGE_CURRENT: Final = 0.105
AUTO_DELAY: Final = 1e-3  # s, source delay of the middle ranges; commanded time, so it counts
NOISE: Final = 1e-6  # rms at one line cycle over the range: the last digit of 6 1/2
LINE_FREQUENCY: Final = 60.0


_REACHES: Final = {
    function: [name * OVER * (1.0 + 1e-12) for name in names] for function, names in RANGES.items()
}


def range_for(function: str, value: float) -> float:
    """Return the smallest range that holds a value; -222 when none does."""
    place = bisect_left(_REACHES[function], abs(value))
    if place == len(RANGES[function]) or value != value:
        raise ScpiError(-222)
    return RANGES[function][place]


@dataclass(slots=True)
class SourceSettings:
    """One source function: level, range, limit, delay."""

    level: float = 0.0
    range: float = 0.02
    auto: bool = True
    limit: float = 1.05e-4
    delay: float = 0.0
    auto_delay: bool = True
    read_back: bool = True
    off_state: str = "NORM"
    high_capacitance: bool = False
    user_delays: dict[int, float] = field(default_factory=lambda: dict.fromkeys(range(1, 6), 0.0))
    listed: list[float] = field(default_factory=list)


@dataclass(slots=True)
class SenseSettings:
    """One measure function: range, integration, filter."""

    range: float = 1e-4
    auto: bool = True
    lower: float = 1e-8
    cycles: float = 1.0
    four_wire: bool = False
    auto_zero: bool = True
    filter_on: bool = False
    filter_count: int = 10
    filter_kind: str = "REP"
    user_delays: dict[int, float] = field(default_factory=lambda: dict.fromkeys(range(1, 6), 0.0))
    unit: str = "AMP"
    digits: int = 5
    upper: float = 2e8  # highest range that is chosen automatically; it can be set for ohms only
    offset_compensated: bool = False


@dataclass(slots=True)
class Settings:
    """All settings, as after ``*RST``."""

    function: Function = "VOLT"
    sensed: str = "CURR"
    source: dict[str, SourceSettings] = field(
        default_factory=lambda: {
            "VOLT": SourceSettings(),
            "CURR": SourceSettings(range=1e-8, limit=21.0),
        }
    )
    sense: dict[str, SenseSettings] = field(
        default_factory=lambda: {
            "CURR": SenseSettings(),
            "VOLT": SenseSettings(range=20.0, lower=0.02, unit="VOLT", upper=200.0),
            "RES": SenseSettings(range=2e5, lower=20.0, unit="OHM"),
        }
    )
    calculation: Calculation = field(default_factory=Calculation)
    source_lists: "ConfigurationLists[SourcePoint]" = field(default_factory=ConfigurationLists)
    sense_lists: "ConfigurationLists[SensePoint]" = field(default_factory=ConfigurationLists)
    protection: float = math.inf
    output: bool = False
    terminals: str = "FRON"
    count: int = 1
    precision: int = 0
    format: str = "ASC"
    byte_order: str = "SWAP"

    @property
    def active(self) -> SourceSettings:
        """Return the settings of the present source function."""
        return self.source[self.function]
