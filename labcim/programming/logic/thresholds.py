"""What cells switch at, and what that leaves to a gate: windows of its voltages."""

import math
from dataclasses import dataclass

from labcim.errors import RangeError


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Where cells begin to switch in the time of a gate, in V, both as magnitudes.

    set_voltage: the least at which one may be SET.  reset_voltage: the most that one may need to be
    RESET.  margin: V that a gate keeps from either.
    """

    set_voltage: float
    reset_voltage: float
    margin: float = 0.0

    def __post_init__(self) -> None:
        for name, value in (("set", self.set_voltage), ("reset", self.reset_voltage)):
            if not (math.isfinite(value) and value > 0.0):
                raise RangeError(f"{name} threshold = {value} V: accepts more than 0 V")
        if not (math.isfinite(self.margin) and self.margin >= 0.0):
            raise RangeError(f"margin = {self.margin} V: accepts 0 V and more")


@dataclass(frozen=True, slots=True)
class Window:
    """Voltages that a gate can be driven with, in V, and what bounds them."""

    low: float
    high: float
    because_low: str
    because_high: str

    @property
    def is_open(self) -> bool:
        """Say whether any voltage fits."""
        return self.low < self.high

    @property
    def middle(self) -> float:
        """Return the voltage in its middle, V. Raises RangeError where none fits."""
        if not self.is_open:
            raise RangeError(f"no voltage fits: {self}; nothing was sent")
        return 0.5 * (self.low + self.high)

    def check(self, name: str, value: float) -> None:
        """Raise RangeError unless ``value`` V lies inside."""
        if not self.is_open:
            raise RangeError(f"{name} = {value:g} V, and no other voltage fits: {self}")
        if not self.low <= value <= self.high:
            raise RangeError(f"{name} = {value:g} V does not fit: {self}; nothing was sent")

    def __str__(self) -> str:
        return (
            f"accepts {self.low:.3g} V ({self.because_low}) to {self.high:.3g} V "
            f"({self.because_high})"
        )
