"""The shape of one captured pulse: levels, edges, width, overshoot, after IEEE Std 181.

The base is the level before the pulse; the top is that of the last part of the time that it was
meant to last, so that a pulse which lines have rounded is as high as it became until then. A level
is the mean of what lies around the median: the converter's noise makes it finer than its steps.
Edges are from 10 to 90 % of the amplitude, the width is between the half-way points; between
samples lies a straight line.
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from ..capabilities import Floats

PLATEAU: Final = (0.6, 0.85)  # part of the width, from its foot on, whose level is the top
FOOT: Final = 0.1  # of the whole height, where a pulse begins
NEAR: Final = 3.5  # levels of the converter around a state that belong to it
LEAST_LEVELS: Final = 8.0  # of the converter, below which nothing is a pulse
LEAST_POINTS: Final = 4  # of the plateau


@dataclass(frozen=True, slots=True)
class PulseShape:
    """What is found of a pulse; NaN where it cannot be said.

    base: V.  amplitude: V from base to top, with its sign.  overshoot, undershoot: beyond top and
    base as shares of the amplitude.  rise, fall, width: s.
    """

    base: float = math.nan
    amplitude: float = math.nan
    overshoot: float = math.nan
    undershoot: float = math.nan
    rise: float = math.nan
    fall: float = math.nan
    width: float = math.nan

    @property
    def is_known(self) -> bool:
        """Say whether there is a pulse."""
        return math.isfinite(self.amplitude)


NO_PULSE: Final = PulseShape()


def pulse_shape(
    times: Floats, volts: Floats, resolution: float, width: float, sign: float = 1.0
) -> PulseShape:
    """Return the shape of the first pulse of a polarity.

    times: s, ascending, (points,).  volts: V, (points,).  resolution: V of one level.  width: s
    that it was meant to last.
    """
    height = sign * volts
    lowest, highest = float(height.min()), float(height.max())
    if not highest - lowest >= LEAST_LEVELS * resolution:
        return NO_PULSE
    # A first guess of where it is from the extremes; then each state from its own part.
    rough = _crossings(times, height, 0.5 * (lowest + highest))
    if rough is None:
        return NO_PULSE
    low = np.flatnonzero((height <= lowest + FOOT * (highest - lowest)) & (times <= rough[0]))
    foot = float(times[low[-1]]) if low.size else rough[0]
    lasts = min(width, rough[1] - rough[0])
    before = height[times < foot - 0.1 * lasts]
    base = _level(before if before.size >= LEAST_POINTS else height[:LEAST_POINTS], resolution)
    top = _top(times, height, foot, lasts, resolution)
    found = _crossings(times, height, 0.5 * (base + top))
    if found is None:
        return NO_PULSE
    begin, end = found
    amplitude = top - base
    if not amplitude >= LEAST_LEVELS * resolution:
        return NO_PULSE
    inside = height[(times >= begin) & (times <= end)]
    after = height[(times > end) & (times < end + (end - begin))]
    return PulseShape(
        base=sign * base,
        amplitude=sign * amplitude,
        overshoot=max(float(inside.max()) - top, 0.0) / amplitude,
        undershoot=max(base - float(after.min(initial=base)), 0.0) / amplitude,
        rise=_edge(times, height, base, amplitude, begin, rising=True),
        fall=_edge(times, height, base, amplitude, end, rising=False),
        width=end - begin,
    )


def _top(times: Floats, height: Floats, foot: float, width: float, resolution: float) -> float:
    first, last = (foot + part * width for part in PLATEAU)
    plateau = height[(times >= first) & (times <= last)]
    return _level(plateau, resolution) if plateau.size >= LEAST_POINTS else math.nan


def _level(height: Floats, resolution: float) -> float:
    """Return the mean of what lies within some levels of the median."""
    middle = float(np.median(height))
    return float(height[np.abs(height - middle) <= NEAR * resolution].mean())


def _crossings(times: Floats, height: Floats, level: float) -> tuple[float, float] | None:
    """Return when a record first rises through a level, and when it falls back after that."""
    above = height >= level
    ups = np.flatnonzero(~above[:-1] & above[1:])
    downs = np.flatnonzero(above[:-1] & ~above[1:])
    for up in ups:
        later = downs[downs > up]
        # One that noise has made returns at once; the pulse's own edge stays above.
        if later.size and later[0] - up >= LEAST_POINTS:
            return _between(times, height, level, int(up)), _between(
                times, height, level, int(later[0])
            )
    return None


def _between(times: Floats, height: Floats, level: float, index: int) -> float:
    """Return when the straight line from one point to the next is at a level, in s."""
    share = (level - height[index]) / (height[index + 1] - height[index])
    return float(times[index] + share * (times[index + 1] - times[index]))


def _edge(
    times: Floats, height: Floats, base: float, amplitude: float, middle: float, *, rising: bool
) -> float:
    """Return the time in s from 10 to 90 % around an edge's half-way point, or back."""
    at = int(np.searchsorted(times, middle))
    low, high = base + 0.1 * amplitude, base + 0.9 * amplitude
    outward, inward = (low, high) if rising else (high, low)
    before = np.flatnonzero(height[:at] <= low) if rising else np.flatnonzero(height[:at] >= high)
    after = np.flatnonzero(height[at:] >= high) if rising else np.flatnonzero(height[at:] <= low)
    if not before.size or not after.size or at + after[0] == 0:
        return math.nan
    begin = _between(times, height, outward, int(before[-1]))
    return _between(times, height, inward, int(at + after[0] - 1)) - begin
