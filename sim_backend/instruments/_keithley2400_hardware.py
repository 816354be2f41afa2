"""Ranges and accuracy of the source-meters that speak the language of the Keithley 2400.

Source: SPEC-2400 Rev. H (ranges, one-year accuracy at 23 degrees C +- 5, programming resolution);
2400 Series User's Manual, table 3-1 (every range reaches 5 % beyond its name, 5.5 % measuring).
"""

from bisect import bisect_left
from dataclasses import dataclass, field
from typing import Final

from ..wire.errors import ScpiError
from ._metrology import Accuracy, Steps

OVER: Final = 1.05
MEASURED_OVER: Final = 1.055
HIGH_VOLTAGE: Final = 21.0
HIGH_VOLTAGE_CURRENT: Final = 0.105
_ROUNDING: Final = 1.0 + 1e-9


RESISTANCE_RANGES: Final = (20.0, 200.0, 2e3, 2e4, 2e5, 2e6, 2e7, 2e8)


@dataclass(frozen=True, slots=True)
class Hardware:
    """What one model can source and measure, and how well.

    read, source: accuracy; steps: of its converters; noise: rms at one line cycle over the range.
    auto_delay: s by current range; shorter ranges take the last.
    """

    model: str
    read: Accuracy
    source: Accuracy
    steps: Steps
    noise: float = 1e-6
    auto_delay: dict[float, float] = field(
        default_factory=lambda: {1e-6: 3e-3, 1e-5: 2e-3, 1e-4: 1e-3, 1.0: 2e-3}
    )
    _ranges: dict[str, tuple[float, ...]] = field(init=False, default_factory=dict)
    _reaches: dict[str, list[float]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        for function in ("VOLT", "CURR"):
            self._ranges[function] = tuple(self.read[function])
        self._ranges["RES"] = RESISTANCE_RANGES
        for function, names in self._ranges.items():
            self._reaches[function] = [name * OVER * _ROUNDING for name in names]

    def ranges(self, function: str) -> tuple[float, ...]:
        """Return the ranges of VOLT, CURR or RES, from the lowest."""
        return self._ranges[function]

    def range_for(self, function: str, value: float, lowest: float = 0.0) -> float:
        """Return the smallest range that holds a value; -222 when none does."""
        place = bisect_left(self._reaches[function], abs(value))
        ranges = self._ranges[function]
        if place == len(ranges) or value != value:
            raise ScpiError(-222)
        return max(ranges[place], lowest)

    def delay(self, current_range: float) -> float:
        """Return the automatic source delay in s on a current range."""
        for name, delay in self.auto_delay.items():
            if current_range <= name and name <= 1e-4:
                return delay
        return self.auto_delay[1.0] if current_range >= 1.0 else self.auto_delay[1e-4]


#: Test current in A and voltage range in V of the automatic ohms function, by range.
TEST_CURRENTS: Final = {
    20.0: (0.1, 2.0),
    200.0: (1e-2, 2.0),
    2e3: (1e-3, 2.0),
    2e4: (1e-4, 2.0),
    2e5: (1e-5, 2.0),
    2e6: (1e-6, 2.0),
    2e7: (1e-6, 20.0),
    2e8: (1e-7, 20.0),
}

MODEL_2400: Final = Hardware(
    model="2400",
    read={
        "CURR": {
            1e-6: (2.9e-4, 300e-12),
            1e-5: (2.7e-4, 700e-12),
            1e-4: (2.5e-4, 6e-9),
            1e-3: (2.7e-4, 60e-9),
            1e-2: (3.5e-4, 600e-9),
            1e-1: (5.5e-4, 6e-6),
            1.0: (2.2e-3, 570e-6),
        },
        "VOLT": {
            0.2: (1.2e-4, 300e-6),
            2.0: (1.2e-4, 300e-6),
            20.0: (1.5e-4, 1.5e-3),
            200.0: (1.5e-4, 10e-3),
        },
    },
    source={
        "CURR": {
            1e-6: (3.5e-4, 600e-12),
            1e-5: (3.3e-4, 2e-9),
            1e-4: (3.1e-4, 20e-9),
            1e-3: (3.4e-4, 200e-9),
            1e-2: (4.5e-4, 2e-6),
            1e-1: (6.6e-4, 20e-6),
            1.0: (2.7e-3, 900e-6),
        },
        "VOLT": {
            0.2: (2e-4, 600e-6),
            2.0: (2e-4, 600e-6),
            20.0: (2e-4, 2.4e-3),
            200.0: (2e-4, 24e-3),
        },
    },
    steps={
        "CURR": {name: name * 5e-5 for name in (1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1.0)},
        "VOLT": {0.2: 5e-6, 2.0: 50e-6, 20.0: 500e-6, 200.0: 5e-3},
    },
)
