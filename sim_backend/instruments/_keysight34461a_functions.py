"""Measurement functions of a 34461A: ranges, accuracy, shunts, test currents, settling.

Source: Truevolt Series Operating and Service Guide ("Range, Resolution and Integration Time",
status register tables) and the data sheet's one-year specifications.
"""

from dataclasses import dataclass
from typing import Final

LINE_FREQUENCY: Final = 60.0
OVERLOAD: Final = 9.9e37
NOT_A_NUMBER: Final = 9.91e37
NOISE: Final = 1e-6  # rms of a reading over one line cycle, over the range: a third of 3 ppm
HIGH_RESISTANCE: Final = 1e10  # ohm of an input set to AUTO, at least
INPUT_RESISTANCE: Final = 10e6
HIGH_RANGES: Final = 10.0  # V: up to this range AUTO takes the divider out
OPEN_VOLTAGE: Final = 10.0  # V of the ohms source at most

CYCLES: Final = (0.02, 0.2, 1.0, 10.0, 100.0)
RESOLUTION: Final = {100.0: 0.3e-6, 10.0: 1e-6, 1.0: 3e-6, 0.2: 10e-6, 0.02: 100e-6}
"""Resolution over range, by integration time in power line cycles."""
FAST_APERTURE: Final = {0.02: 0.3e-3, 0.2: 3e-3}  # s, whatever the line frequency

_VOLTS: Final = (0.1, 1.0, 10.0, 100.0, 1000.0)
_AC_VOLTS: Final = (0.1, 1.0, 10.0, 100.0, 750.0)
_AMPERES: Final = (1e-4, 1e-3, 1e-2, 0.1, 1.0, 3.0)
_OHMS: Final = (1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8)


@dataclass(frozen=True, slots=True)
class Function:
    """A measurement function. ranges: in its unit.  unit: as in DATA:LAST?.

    overload: bit of the questionable data register.  integrates: whether it counts power line
    cycles.  over: largest reading over the range.
    """

    ranges: tuple[float, ...]
    unit: str
    overload: int
    integrates: bool = True
    over: float = 1.2


FUNCTIONS: Final[dict[str, Function]] = {
    "VOLT": Function(_VOLTS, "VDC", 0),
    "VOLT:AC": Function(_AC_VOLTS, "VAC", 0, integrates=False),
    "VOLT:RAT": Function(_VOLTS, "", 0),
    "CURR": Function(_AMPERES, "ADC", 1),
    "CURR:AC": Function(_AMPERES, "AAC", 1, integrates=False),
    "RES": Function(_OHMS, "OHM", 9),
    "FRES": Function(_OHMS, "OHM", 9),
    "CONT": Function((1e3,), "OHM", 9),
    "DIOD": Function((5.0,), "VDC", 0, over=1.0),
    "TEMP": Function((1e3,), "C", 4),
    "FREQ": Function(_AC_VOLTS, "HZ", 5, integrates=False),
    "PER": Function(_AC_VOLTS, "S", 5, integrates=False),
}
TEN_AMPERES: Final = (10.0,)  # the only range of the 10 A terminals
FIXED: Final = ("CONT", "DIOD", "TEMP")
RANGES_AT_RESET: Final = {"CURR": 0.1, "CURR:AC": 0.1, "RES": 1e3, "FRES": 1e3}  # others: 10

_OHMS_ACCURACY: Final = {
    1e2: (1e-4, 4e-5 * 1e2), 1e3: (1e-4, 1e-5 * 1e3), 1e4: (1e-4, 1e-5 * 1e4),
    1e5: (1e-4, 1e-5 * 1e5), 1e6: (1e-4, 1e-5 * 1e6), 1e7: (4e-4, 1e-5 * 1e7),
    1e8: (8e-3, 1e-4 * 1e8),
}  # fmt: skip
_AC_CURRENT: Final = {name: (1e-3, 4e-4 * name) for name in _AMPERES[:-1]}
ACCURACY: Final = {
    "VOLT": {
        0.1: (5e-5, 3.5e-5 * 0.1), 1.0: (4e-5, 7e-6), 10.0: (3.5e-5, 5e-6 * 10.0),
        100.0: (4.5e-5, 6e-6 * 100.0), 1000.0: (4.5e-5, 1e-5 * 1000.0),
    },
    "VOLT:AC": {name: (6e-4, 3e-4 * name) for name in _AC_VOLTS},
    "CURR": {
        1e-4: (5e-4, 2.5e-4 * 1e-4), 1e-3: (5e-4, 6e-5 * 1e-3), 1e-2: (5e-4, 2e-4 * 1e-2),
        0.1: (5e-4, 5e-5 * 0.1), 1.0: (1e-3, 1e-4), 3.0: (2e-3, 2e-4 * 3.0),
        10.0: (1.2e-3, 1e-4 * 10.0),
    },
    "CURR:AC": {**_AC_CURRENT, 3.0: (2.3e-3, 4e-4 * 3.0), 10.0: (1.5e-3, 4e-4 * 10.0)},
    "RES": _OHMS_ACCURACY,
    "FRES": _OHMS_ACCURACY,
    "CONT": {1e3: (1e-4, 2e-4 * 1e3)},
    "DIOD": {5.0: (1e-4, 2e-4 * 5.0)},
    "FREQ": {1.0: (1e-4, 0.0)},  # of reading, on every range
}  # fmt: skip
"""Function -> range -> (part of reading, offset), one year, 23 C, 10 Hz to 20 kHz where AC."""

SHUNTS: Final = {1e-4: 100.0, 1e-3: 100.0, 1e-2: 5.0, 0.1: 5.0, 1.0: 0.1, 3.0: 0.1, 10.0: 0.01}
"""Ohm of the current shunt by range."""
TEST_CURRENTS: Final = {
    1e2: 1e-3, 1e3: 1e-3, 1e4: 1e-4, 1e5: 1e-5, 1e6: 5e-6, 1e7: 5e-7, 1e8: 5e-7,
}  # fmt: skip
"""A of the ohms source by range; that of 100 Mohm has 10 Mohm beside it."""
PARALLEL: Final = 10e6

AC_SETTLING: Final = {3.0: 2.5, 20.0: 0.625, 200.0: 0.025}  # s, by the lowest frequency in Hz
_OHMS_SETTLING: Final = {1e6: 15e-3, 1e7: 0.1, 1e8: 0.1}


def settling(function: str, full_scale: float, cycles: float, band: float) -> float:
    """Return the automatic trigger delay in s. band: lowest frequency in Hz."""
    if function in ("VOLT:AC", "CURR:AC"):
        return AC_SETTLING[band]
    if function in ("FREQ", "PER"):
        return 1.0
    if function in ("RES", "FRES"):
        return _OHMS_SETTLING.get(full_scale, 1.5e-3 if cycles >= 1.0 else 1e-3)
    return 1.5e-3 if cycles >= 1.0 else 1e-3


def aperture_of(cycles: float) -> float:
    """Return the integration time in s of a number of power line cycles."""
    return FAST_APERTURE.get(cycles, cycles / LINE_FREQUENCY)
