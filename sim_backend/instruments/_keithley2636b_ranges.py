"""Ranges, accuracy and safe operating area of a Keithley 2636B, and the errors that go with them.

Source: Series 2600B data sheet, Models 2634B, 2635B and 2636B (one-year accuracy at 23 degrees C
+- 5); errors: Series 2600B Reference Manual, 2600BS-901-01, section 8 (error summary list).
"""

import math
from typing import Final, Literal

from ..wire.errors import ScpiError
from ..wire.tsp import number

Function = Literal["v", "i"]

VOLTAGE_RANGES: Final = (0.2, 2.0, 20.0, 200.0)
SOURCE_CURRENT_RANGES: Final = (1e-9, 1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1.0, 1.5)
MEASURE_CURRENT_RANGES: Final = (1e-10, *SOURCE_CURRENT_RANGES)
SOURCE_RANGES: Final = {"v": VOLTAGE_RANGES, "i": SOURCE_CURRENT_RANGES}
MEASURE_RANGES: Final = {"v": VOLTAGE_RANGES, "i": MEASURE_CURRENT_RANGES}
OVER: Final = 1.01  # a range reaches 1 % beyond its name

#: range -> (part of reading, offset in A or V), of readings.
MEASURE_ACCURACY: Final = {
    "i": {
        1e-10: (1.5e-3, 120e-15),
        1e-9: (1.5e-3, 240e-15),
        1e-8: (1.5e-3, 3e-12),
        1e-7: (6e-4, 40e-12),
        1e-6: (2.5e-4, 400e-12),
        1e-5: (2.5e-4, 1.5e-9),
        1e-4: (2e-4, 25e-9),
        1e-3: (2e-4, 200e-9),
        1e-2: (2e-4, 2.5e-6),
        1e-1: (2e-4, 20e-6),
        1.0: (3e-4, 1.5e-3),
        1.5: (5e-4, 3.5e-3),
    },
    "v": {
        0.2: (1.5e-4, 225e-6),
        2.0: (2e-4, 350e-6),
        20.0: (1.5e-4, 5e-3),
        200.0: (1.5e-4, 50e-3),
    },
}
#: The same of levels.
SOURCE_ACCURACY: Final = {
    "i": {
        1e-9: (1.5e-3, 2e-12),
        1e-8: (1.5e-3, 5e-12),
        1e-7: (6e-4, 50e-12),
        1e-6: (3e-4, 700e-12),
        1e-5: (3e-4, 5e-9),
        1e-4: (3e-4, 60e-9),
        1e-3: (3e-4, 300e-9),
        1e-2: (3e-4, 6e-6),
        1e-1: (3e-4, 30e-6),
        1.0: (5e-4, 1.8e-3),
        1.5: (6e-4, 4e-3),
    },
    "v": {
        0.2: (2e-4, 375e-6),
        2.0: (2e-4, 600e-6),
        20.0: (2e-4, 5e-3),
        200.0: (2e-4, 50e-3),
    },
}
#: Smallest step of a level.
STEPS: Final = {
    "i": {name: 2e-5 * name for name in SOURCE_CURRENT_RANGES[:-1]} | {1.5: 5e-5},
    "v": {name: 2.5e-5 * name for name in VOLTAGE_RANGES},
}
NOISE: Final = 1e-6  # rms at one line cycle over the range: the last digit of 6 1/2

#: Above this voltage the current is limited to that of the high voltage range.
CORNER_VOLTAGE: Final = 20.0
CORNER_CURRENT: Final = 0.1
#: s of the automatic measure delay by current range; low currents settle slowly.
AUTO_DELAYS: Final = {1e-10: 15e-3, 1e-9: 4e-3, 1e-8: 2e-3, 1e-7: 1e-3}


def between(value: object, low: float, high: float) -> float:
    """Return a number within limits. Raises ScpiError: 1101 too big, 1102 too small."""
    given = number(value)
    if math.isnan(given):
        raise ScpiError(-224, "Illegal Parameter Value")
    if given > high:
        raise ScpiError(1101, "Parameter Too Big")
    if given < low:
        raise ScpiError(1102, "Parameter Too Small")
    return given


def range_for(ranges: tuple[float, ...], value: float) -> float:
    """Return the smallest range that holds a value. Raises ScpiError 1101 where none does."""
    for name in ranges:
        if abs(value) <= name * OVER * (1.0 + 1e-12):
            return name
    raise ScpiError(1101, "Parameter Too Big")


def check_area(voltage: float, current: float) -> None:
    """Raise ScpiError 5007 where a voltage and a current together are more than is safe."""
    if abs(voltage) > CORNER_VOLTAGE * OVER and abs(current) > CORNER_CURRENT * OVER:
        raise ScpiError(5007, "Operation would exceed safe operating area of the instrument")
