"""Relative offset, math and user limits of a Keithley 2450.

Source: the manual's :CALCulate1, :CALCulate2 and :SENSe:RELative.
"""

from dataclasses import dataclass, field

from ._keithley2450_buffer import OVERFLOW, Reading

_NAMES = ("CURR", "VOLT", "RES")


@dataclass(slots=True)
class Limit:
    """One user limit: whether it is on, its bounds, and what failed since it was cleared."""

    on: bool = False
    low: float = -1.0
    high: float = 1.0
    failed: str = "NONE"
    clears_itself: bool = True
    audible: str = "NONE"


@dataclass(slots=True)
class Function:
    """What is done with readings of one function."""

    relative_on: bool = False
    relative: float = 0.0
    math_on: bool = False
    math: str = "PERC"
    slope: float = 1.0
    intercept: float = 0.0
    percent: float = 1.0
    limits: dict[int, Limit] = field(default_factory=lambda: {1: Limit(), 2: Limit()})

    def forget_failures(self) -> None:
        """Forget what failed."""
        for limit in self.limits.values():
            limit.failed = "NONE"


class Calculation:
    """What is done with readings before they are stored."""

    def __init__(self) -> None:
        self.functions = {name: Function() for name in _NAMES}
        self.is_on = False

    def forget_failures(self) -> None:
        """Forget what failed: results are no settings."""
        for function in self.functions.values():
            function.forget_failures()

    def changed(self) -> None:
        """Look whether there is anything to do at all."""
        self.is_on = any(
            each.relative_on or each.math_on or any(limit.on for limit in each.limits.values())
            for each in self.functions.values()
        )

    def apply(self, name: str, reading: Reading) -> None:
        """Calculate a reading in place: relative, then math, then limits."""
        function = self.functions[name]
        if abs(reading.value) < OVERFLOW:
            reading.value = self._calculated(function, reading.value)
        for place, limit in function.limits.items():
            if limit.on:
                self._judge(limit, place, reading)

    def _calculated(self, function: Function, value: float) -> float:
        if function.relative_on:
            value -= function.relative
        if not function.math_on:
            return value
        if function.math == "MXB":
            return function.slope * value + function.intercept
        if function.math == "REC":
            return 1.0 / value if value else OVERFLOW
        return (value - function.percent) / function.percent * 100.0

    def _judge(self, limit: Limit, place: int, reading: Reading) -> None:
        low, high = reading.value < limit.low, reading.value > limit.high
        reading.failed |= (low | high << 1) << 2 * (place - 1)
        now = "LOW" if low else "HIGH" if high else "NONE"
        if limit.clears_itself or limit.failed == "NONE":
            limit.failed = now
        elif now not in ("NONE", limit.failed):
            limit.failed = "BOTH"
