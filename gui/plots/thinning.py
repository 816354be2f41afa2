"""What of a long trace is worth drawing, and within which limits. No Qt here.

Places come out in the coordinates of the axes: log10 of the values on a logarithmic axis.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

MOST_SCATTERED = 5_000
MOST_UNSORTED = 10_000  # points of lines that turn back on themselves


@dataclass(frozen=True, slots=True)
class Drawn:
    """A trace as it is drawn; ``sorted`` says that x never falls and is known everywhere."""

    name: str
    x: Floats
    y: Floats
    sorted: bool
    left_out: int = 0  # values that a logarithmic axis has no place for


def on_axes(name: str, x: Floats, y: Floats, x_log: bool, y_log: bool) -> Drawn:
    """Return a trace in the coordinates of its axes; what has no place there is NaN."""
    x_place, x_lost = _on_axis(x, x_log)
    y_place, y_lost = _on_axis(y, y_log)
    in_order = bool(np.all(x_place[1:] >= x_place[:-1])) and bool(np.isfinite(x_place).all())
    return Drawn(name, x_place, y_place, in_order, x_lost + y_lost)


def spread_out(count: int, most: int) -> NDArray[np.int64] | slice:
    """Return which of ``count`` points to draw so that ``most`` are: evenly, ends included."""
    if count <= most:
        return slice(None)
    return np.linspace(0, count - 1, most).round().astype(np.int64)


def peaks(x: Floats, y: Floats, most: int) -> tuple[Floats, Floats]:
    """Return about ``most`` points of a trace in their order: of each stretch both extremes.

    It keeps every spike, and asks nothing of x: a loop stays a loop. NaN points are left out,
    unless a whole stretch is NaN, which stays a gap.
    """
    count = len(y)
    if count <= most:
        return x, y
    length = -(-count // max(1, most // 2))
    whole = count // length * length
    starts = np.arange(0, whole, length)
    unknown = np.isnan(y) | np.isnan(x)
    spotless = not unknown.any()
    lowest = y if spotless else np.where(unknown, np.inf, y)
    highest = y if spotless else np.where(unknown, -np.inf, y)
    at_low = starts + lowest[:whole].reshape(-1, length).argmin(axis=1)
    at_high = starts + highest[:whole].reshape(-1, length).argmax(axis=1)
    kept = np.column_stack([np.minimum(at_low, at_high), np.maximum(at_low, at_high)]).reshape(-1)
    if whole < count:
        rest = slice(whole, None)
        ends = (whole + int(lowest[rest].argmin()), whole + int(highest[rest].argmax()))
        kept = np.concatenate([kept, sorted(ends)])
    return x[kept], y[kept]


def in_sight(x: Floats, y: Floats, low: float, high: float) -> tuple[Floats, Floats]:
    """Return the part of a trace in order of x that lies between, with a neighbour on each side."""
    first = max(0, int(np.searchsorted(x, low, "left")) - 1)
    last = int(np.searchsorted(x, high, "right")) + 1
    return x[first:last], y[first:last]


def limits(parts: Iterable[Floats]) -> tuple[float, float] | None:
    """Return the least and greatest finite value of all parts; None if there is none."""
    lows, highs = [], []
    for part in parts:
        if not part.size:
            continue
        low, high = float(np.fmin.reduce(part)), float(np.fmax.reduce(part))
        if math.isfinite(low) and math.isfinite(high):
            lows.append(low)
            highs.append(high)
    return (min(lows), max(highs)) if lows else None


def with_margin(low: float, high: float, share: float = 0.04) -> tuple[float, float]:
    """Return limits with some room beyond them; a single value gets room as well."""
    room = (high - low) * share or max(abs(low) * 0.1, 0.5 if low == 0 else 1e-12)
    return low - room, high + room


def _on_axis(values: Floats, log: bool) -> tuple[Floats, int]:
    known = np.asarray(values, np.float64)
    if log:
        with np.errstate(divide="ignore", invalid="ignore"):
            place = np.log10(known)
    else:
        place = known
    if not _spoilt(place):
        return place, 0
    nowhere = ~np.isfinite(place)
    place = np.where(nowhere, np.nan, place)
    return place, int(np.count_nonzero(nowhere & ~np.isnan(known))) if log else 0


def _spoilt(values: Floats) -> bool:
    """Say whether a value may not be finite: quicker than to look at each.

    A sum that overflows says yes as well, which costs time and nothing else.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        return not math.isfinite(float(values.sum()))
