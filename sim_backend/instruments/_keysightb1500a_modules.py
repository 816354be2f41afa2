"""The source-measure modules of a B1500A: ranges, limits and accuracy.

Sources: B1500A Programming Guide, tables 4-2 to 4-7 (range numbers, voltage and current limits);
B1500A data sheet (accuracy and resolution at 23 degrees C +- 5; the part that is proportional to
the output voltage is left out, it is under a tenth of the fixed offset up to 20 V).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ..wire.flex_errors import FlexError

OVER: Final = 1.15  # a range measures up to this much of its name
_TOLERANCE: Final = 1.0 + 1e-9

#: Number of a range -> V. Two numbers for some of them: the older ones are those of the 4142B.
VOLTAGE_NUMBERS: Final = {
    5: 0.5, 20: 2.0, 11: 2.0, 50: 5.0, 200: 20.0, 12: 20.0, 400: 40.0, 13: 40.0,
    1000: 100.0, 14: 100.0, 2000: 200.0, 15: 200.0,
}  # fmt: skip
#: Number of a range -> A; from 1 pA (8) to 1 A (20).
CURRENT_NUMBERS: Final = {number: float(f"1e{number - 20}") for number in range(8, 21)}

#: V -> the number that the instrument itself says.
VOLTAGE_NAMES: Final = {volt: round(volt * 10) for volt in VOLTAGE_NUMBERS.values()}
CURRENT_NAMES: Final = {ampere: number for number, ampere in CURRENT_NUMBERS.items()}

_Table = Mapping[float, tuple[float, float]]

_VOLTAGE_HIGH_RESOLUTION: Final[_Table] = {
    0.5: (1e-4, 120e-6), 2.0: (1e-4, 140e-6), 5.0: (0.9e-4, 250e-6), 20.0: (0.9e-4, 900e-6),
    40.0: (1e-4, 1e-3), 100.0: (1.2e-4, 2.5e-3), 200.0: (1.4e-4, 2.8e-3),
}  # fmt: skip
_VOLTAGE_HIGH_SPEED: Final[_Table] = {
    0.5: (1e-4, 250e-6), 2.0: (1e-4, 700e-6), 5.0: (1e-4, 2e-3), 20.0: (1e-4, 4e-3),
    40.0: (1.5e-4, 8e-3), 100.0: (2e-4, 20e-3), 200.0: (3.5e-4, 40e-3),
}  # fmt: skip
_VOLTAGE_FORCE: Final[_Table] = {
    0.5: (1.8e-4, 150e-6), 2.0: (1.8e-4, 400e-6), 5.0: (1.8e-4, 750e-6), 20.0: (1.8e-4, 3e-3),
    40.0: (1.8e-4, 6e-3), 100.0: (1.8e-4, 15e-3), 200.0: (1.8e-4, 30e-3),
}  # fmt: skip
_CURRENT_HIGH_RESOLUTION: Final[_Table] = {
    1e-11: (4.6e-3, 15e-15), 1e-10: (3e-3, 30e-15), 1e-9: (1e-3, 200e-15), 1e-8: (1e-3, 1e-12),
    1e-7: (5e-4, 20e-12), 1e-6: (5e-4, 100e-12), 1e-5: (4e-4, 2e-9), 1e-4: (3e-4, 3e-9),
    1e-3: (3e-4, 60e-9), 1e-2: (3e-4, 200e-9), 1e-1: (4e-4, 6e-6), 1.0: (4e-3, 150e-6),
}  # fmt: skip
_CURRENT_HIGH_SPEED: Final[_Table] = {
    1e-11: (1e-2, 200e-15), 1e-10: (5e-3, 300e-15), 1e-9: (2.5e-3, 300e-15),
    1e-8: (2.5e-3, 2e-12), 1e-7: (1e-3, 20e-12), 1e-6: (1e-3, 200e-12), 1e-5: (5e-4, 2e-9),
    1e-4: (5e-4, 20e-9), 1e-3: (4e-4, 200e-9), 1e-2: (4e-4, 2e-6), 1e-1: (1e-3, 20e-6),
    1.0: (5e-3, 300e-6),
}  # fmt: skip
_CURRENT_FORCE: Final[_Table] = {
    1e-11: (4.6e-3, 30e-15), 1e-10: (3e-3, 100e-15), 1e-9: (1e-3, 300e-15), 1e-8: (1e-3, 3e-12),
    1e-7: (5e-4, 30e-12), 1e-6: (5e-4, 300e-12), 1e-5: (5e-4, 3e-9), 1e-4: (3.5e-4, 15e-9),
    1e-3: (4e-4, 150e-9), 1e-2: (4e-4, 1.5e-6), 1e-1: (4.5e-4, 15e-6), 1.0: (4e-3, 300e-6),
}  # fmt: skip

HIGH_RESOLUTION: Final = {"VOLT": _VOLTAGE_HIGH_RESOLUTION, "CURR": _CURRENT_HIGH_RESOLUTION}
HIGH_SPEED: Final = {"VOLT": _VOLTAGE_HIGH_SPEED, "CURR": _CURRENT_HIGH_SPEED}
FORCE: Final = {"VOLT": _VOLTAGE_FORCE, "CURR": _CURRENT_FORCE}
#: The smallest steps of levels: a 20,000th of a range.
STEPS: Final = {
    "VOLT": {volt: volt / 20_000 for volt in _VOLTAGE_FORCE},
    "CURR": {ampere: ampere / 20_000 for ampere in _CURRENT_FORCE},
}
NUMBERS: Final = {"VOLT": VOLTAGE_NUMBERS, "CURR": CURRENT_NUMBERS}
NAMES: Final = {"VOLT": VOLTAGE_NAMES, "CURR": CURRENT_NAMES}


@dataclass(frozen=True, slots=True)
class Module:
    """One model of source-measure unit.

    reach: (V, A), the current that may flow up to a voltage, the lowest voltage first.
    """

    model: str
    ranges: Mapping[str, tuple[float, ...]]
    reach: tuple[tuple[float, float], ...]

    def highest_current(self, voltage: float) -> float:
        """Return the largest current in A at ``voltage`` V; 120 for a voltage beyond all."""
        for volt, ampere in self.reach:
            if abs(voltage) <= volt * _TOLERANCE:
                return ampere
        raise FlexError(120)

    def highest_voltage(self, current: float) -> float:
        """Return the largest voltage in V at ``current`` A; 120 for a current beyond all."""
        for volt, ampere in reversed(self.reach):
            if abs(current) <= ampere * _TOLERANCE:
                return volt
        raise FlexError(120)

    def named(self, function: str, number: int) -> float | None:
        """Return the range that a number of either sign means, None for 0; 124 for no such one."""
        if number == 0:
            return None
        found = NUMBERS[function].get(abs(number))
        if found is None or found not in self.ranges[function]:
            raise FlexError(124)
        return found

    def covering(self, function: str, value: float, least: float | None, over: float) -> float:
        """Return the smallest range that holds a value and is not below ``least``; the highest."""
        for name in self.ranges[function]:
            if (least is None or name >= least) and abs(value) <= name * over * _TOLERANCE:
                return name
        return self.ranges[function][-1]

    def output(self, function: str, value: float, number: int) -> float:
        """Return the range to put a level out on; 120 where a fixed one is too small for it."""
        least = self.named(function, number)
        if number < 0 and least is not None:
            if abs(value) > least * _TOLERANCE:
                raise FlexError(120)
            return least
        return self.covering(function, value, least, 1.0)


_VOLTS: Final = (0.5, 2.0, 5.0, 20.0, 40.0, 100.0)
_AMPERES: Final = tuple(CURRENT_NUMBERS[number] for number in range(11, 20))
_SMALL: Final = ((20.0, 0.1), (40.0, 0.05), (100.0, 0.02))
MODULES: Final = {
    module.model: module
    for module in (
        Module("B1517A", {"VOLT": _VOLTS, "CURR": (1e-11, 1e-10, *_AMPERES)}, _SMALL),
        Module("B1511A", {"VOLT": _VOLTS, "CURR": _AMPERES}, _SMALL),
        Module("B1511B", {"VOLT": _VOLTS, "CURR": _AMPERES}, _SMALL),
        Module(
            "B1510A",
            {"VOLT": (2.0, 20.0, 40.0, 100.0, 200.0), "CURR": (*_AMPERES, 1.0)},
            ((20.0, 1.0), (40.0, 0.5), (100.0, 0.125), (200.0, 0.05)),
        ),
    )
}
#: The pulse generator, which is no source-measure unit.
SPGU: Final = "B1525A"
