"""What a source-measure unit of a B1500A can do, and what its terminal may be given.

Source: B1500A Programming Guide, tables 4-6 and 4-7 (HRSMU, MPSMU), WT and PT in chapter 4.
"""

import math
from collections.abc import Sequence
from typing import Final

from labcim.errors import RangeError
from labcim.limits import TerminalLimits
from labcim.units import show

HIGHEST_CHANNEL: Final = 10
HIGHEST_VOLTAGE: Final = 100.0
#: (V, A): what flows at most up to a voltage.
REACH: Final = ((20.0, 0.1), (40.0, 0.05), (100.0, 0.02))
LOWEST_LIMIT: Final = 1e-12  # A
MOST_POINTS: Final = 100_000
TICK: Final = 1e-4  # s, resolution of delays, widths and periods
DWELLS: Final = (1e-4, 2.0)  # s
WIDTHS: Final = (5e-4, 2.0)  # s
LONGEST_PERIOD: Final = 5.0  # s
MOST_PULSES: Final = 1_000_000

NOTHING_SENT: Final = "nothing was sent"


def check_channel(channel: int) -> None:
    """Raise RangeError unless ``channel`` could be one of the mainframe."""
    if not (isinstance(channel, int) and 1 <= channel <= HIGHEST_CHANNEL):
        raise RangeError(f"channel = {channel!r}: accepts 1 to {HIGHEST_CHANNEL}; {NOTHING_SENT}")


def highest_current(voltage: float) -> float:
    """Return the largest current in A at ``voltage`` V."""
    return next((ampere for volt, ampere in REACH if abs(voltage) <= volt), 0.0)


def check_limit(name: str, limit: float, voltage: float, limits: TerminalLimits) -> None:
    """Raise RangeError for a current limit that unit or terminal cannot have at ``voltage`` V."""
    highest = highest_current(voltage)
    if not LOWEST_LIMIT <= limit <= highest:
        raise RangeError(
            f"{name} = {show(limit, 'A')}: accepts {show(LOWEST_LIMIT, 'A')} to "
            f"{show(highest, 'A')} at {show(voltage, 'V')}; {NOTHING_SENT}"
        )
    limits.check_current(name, limit)


def check_time(name: str, value: float, low: float, high: float, *, tick: float = TICK) -> None:
    """Raise RangeError for a time in s out of limits or between two ticks of the instrument."""
    within = low * (1.0 - 1e-9) <= value <= high
    if not within or abs(value / tick - round(value / tick)) > 1e-6 * value / tick:
        raise RangeError(
            f"{name} = {show(value, 's')}: accepts {show(low, 's')} to {show(high, 's')} "
            f"in steps of {show(tick, 's')}; {NOTHING_SENT}"
        )


def shortest_period(width: float) -> float:
    """Return the shortest period in s of pulses of ``width`` s (PT, parameter ``period``)."""
    return max(5e-3, width + (2e-3 if width <= 0.1 else 10e-3))


def check_pulse(width: float, period: float, count: int) -> None:
    """Raise RangeError for a train that a unit cannot deliver. period: s, 0 for the shortest."""
    check_time("width", width, *WIDTHS)
    if period:
        check_time("period", period, shortest_period(width), LONGEST_PERIOD)
    if not (1 <= count <= MOST_PULSES and count == int(count)):
        raise RangeError(f"count = {count!r}: accepts 1 to {MOST_PULSES}; {NOTHING_SENT}")


def stairs(levels: Sequence[float], longest: int) -> list[tuple[float, float, int]]:
    """Return (start, stop, steps) of the even stairs that a sweep is made of, in order.

    longest: steps that one stair has at most. An uneven sweep comes to stairs of one or two steps.
    """
    made: list[tuple[float, float, int]] = []
    first = 0
    while first < len(levels):
        last = first + 1
        if last < len(levels):
            step = levels[last] - levels[first]
            tolerance = 1e-9 * max(abs(step), abs(levels[first]), abs(levels[last]))
            while (
                last + 1 < len(levels)
                and last - first + 1 < longest
                and math.isclose(
                    levels[last + 1], levels[first] + (last + 1 - first) * step,
                    rel_tol=0.0, abs_tol=tolerance * (last + 1 - first),
                )
            ):  # fmt: skip
                last += 1
        last = min(last, len(levels) - 1, first + longest - 1)
        made.append((levels[first], levels[last], last - first + 1))
        first = last + 1
    return made
