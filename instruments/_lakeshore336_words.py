"""What a Lake Shore 336 is told in several fields, and what it tells so.

Source: Model 336 Temperature Controller User's Manual, section 6.6.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Literal

from labcim.errors import RangeError

Input = Literal["A", "B", "C", "D"]
INPUTS: Final[tuple[Input, ...]] = ("A", "B", "C", "D")
RANGES: Final = ("off", "low", "medium", "high")
CURRENTS: Final = {0.707: 1, 1.0: 2, 1.141: 3, 2.0: 4}  # A: their numbers in HTRSET
USER_CURVES: Final = range(21, 60)
MOST_POINTS: Final = 200


def within(name: str, value: float, low: float, high: float, unit: str = "") -> float:
    """Return a value. Raises RangeError outside of its limits, and for NaN."""
    if not low <= value <= high:
        raise RangeError(f"{name} = {value} {unit}: accepts {low:g} to {high:g}; nothing was sent")
    return value


def input_name(channel: str) -> str:
    """Return an input's name. Raises RangeError for any other word."""
    if channel not in INPUTS:
        raise RangeError(f"input {channel!r}: accepts A, B, C or D; nothing was sent")
    return channel


@dataclass(frozen=True, slots=True)
class Gains:
    """P in % for each kelvin; I in thousandths of 1/s; D in % of a quarter of the integral time."""

    p: float
    i: float
    d: float = 0.0

    def words(self) -> str:
        """Return the fields of PID. Raises RangeError."""
        within("P", self.p, 0.1, 1000.0)
        within("I", self.i, 0.1, 1000.0)
        within("D", self.d, 0.0, 200.0, "%")
        return f"{self.p:.1f},{self.i:.1f},{self.d:.1f}"


@dataclass(frozen=True, slots=True)
class Zone:
    """What a loop has for setpoints up to ``top`` K. manual: %.  ramp: K/s."""

    top: float
    gains: Gains
    heater_range: Literal["off", "low", "medium", "high"]
    manual: float = 0.0
    ramp: float = 0.0

    def words(self) -> str:
        """Return the fields of ZONE: the input stays that of the loop. Raises RangeError."""
        within("top", self.top, 0.0, 1505.0, "K")
        within("manual", self.manual, 0.0, 100.0, "%")
        within("ramp", self.ramp, 0.0, 100.0 / 60.0, "K/s")
        number = RANGES.index(self.heater_range)
        gains = self.gains.words()
        return f"{self.top:.3f},{gains},{self.manual:.2f},{number},0,{60.0 * self.ramp:.1f}"


@dataclass(frozen=True, slots=True)
class Alarm:
    """When an input raises an alarm, in K. latch: it stays until it is reset."""

    high: float
    low: float
    deadband: float = 0.0
    latch: bool = False

    def words(self) -> str:
        """Return the fields of ALARM, silent and visible. Raises RangeError."""
        for name, value in (("low", self.low), ("high", self.high), ("deadband", self.deadband)):
            within(name, value, 0.0, 1505.0, "K")
        if self.low >= self.high:
            raise RangeError(f"alarm: low = {self.low:g} K is not below high = {self.high:g} K")
        return f"1,{self.high:.3f},{self.low:.3f},{self.deadband:.3f},{int(self.latch)},0,1"


def curve_messages(
    number: int, name: str, points: Sequence[tuple[float, float]], limit: float
) -> list[str]:
    """Return what writes a user curve of (ohm, K). Raises RangeError."""
    if number not in USER_CURVES:
        raise RangeError(f"curve {number!r}: accepts 21 to 59; nothing was sent")
    if not (name.isascii() and name.isprintable() and 0 < len(name) <= 15) or '"' in name:
        raise RangeError(f"curve name {name!r:.40}: accepts 1 to 15 ASCII characters")
    if not 2 <= len(points) <= MOST_POINTS:
        raise RangeError(f"{len(points)} points: accepts 2 to {MOST_POINTS}; nothing was sent")
    for ohm, kelvin in points:
        within("ohm", ohm, 1e-3, 1e5, "Ω")
        within("kelvin", kelvin, 0.001, 1505.0, "K")
    ohms = [ohm for ohm, _ in points]
    if any(b <= a for a, b in pairwise(ohms)):
        raise RangeError("points: resistances must rise from point to point; nothing was sent")
    sign = 2 if points[-1][1] > points[0][1] else 1
    header = f'CRVHDR {number},"{name}","labcim",3,{within("limit", limit, 1.0, 1505.0, "K"):.3f}'
    return [
        f"CRVDEL {number}",
        f"{header},{sign}",
        *(f"CRVPT {number},{n},{o:.6g},{k:.6g}" for n, (o, k) in enumerate(points, 1)),
    ]
