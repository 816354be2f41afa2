"""What of a long trace is worth drawing, and within which limits. No Qt here.

Places come out in the coordinates of the axes: log10 of the values on a logarithmic axis.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

MOST_SCATTERED = 5_000
MOST_UNSORTED = 20_000  # points of a line that turns back on itself


@dataclass(frozen=True, slots=True)
class Drawn:
    """A trace as it is drawn; ``sorted`` says that x never falls and both are finite."""

    name: str
    x: Floats
    y: Floats
    sorted: bool
    left_out: int = 0  # values that a logarithmic axis has no place for


def on_axes(name: str, x: Floats, y: Floats, x_log: bool, y_log: bool) -> Drawn:
    """Return a trace in the coordinates of its axes; what has no place there is NaN."""
    x_place, x_lost = _on_axis(x, x_log)
    y_place, y_lost = _on_axis(y, y_log)
    finite = bool(np.isfinite(x_place).all() and np.isfinite(y_place).all())
    in_order = finite and bool(np.all(x_place[1:] >= x_place[:-1]))
    return Drawn(name, x_place, y_place, in_order, x_lost + y_lost)


def spread_out(count: int, most: int) -> NDArray[np.int64] | slice:
    """Return which of ``count`` points to draw so that ``most`` are: evenly, ends included."""
    if count <= most:
        return slice(None)
    return np.linspace(0, count - 1, most).round().astype(np.int64)


def peaks(x: Floats, y: Floats, most: int) -> tuple[Floats, Floats]:
    """Return at most ``most`` points of a trace in their order: of each stretch both extremes.

    It keeps every spike, and asks nothing of x: a loop stays a loop. NaN points are left out,
    unless a whole stretch is NaN, which stays a gap.
    """
    if len(y) <= most:
        return x, y
    stretches = most // 2
    edges = np.linspace(0, len(y), stretches + 1).astype(np.int64)
    starts = edges[:-1]
    number = np.repeat(np.arange(stretches), np.diff(edges))
    known = np.isfinite(y) & np.isfinite(x)
    low = np.minimum.reduceat(np.where(known, y, np.inf), starts)
    high = np.maximum.reduceat(np.where(known, y, -np.inf), starts)
    position = np.arange(len(y))
    at_low = _first(position, known & (y == low[number]), starts)
    at_high = _first(position, known & (y == high[number]), starts)
    kept = np.sort(np.column_stack([at_low, at_high]), axis=1).reshape(-1)
    return x[kept], y[kept]


def limits(parts: Iterable[Floats]) -> tuple[float, float] | None:
    """Return the least and greatest finite value of all parts; None if there is none."""
    lows, highs = [], []
    for part in parts:
        finite = part[np.isfinite(part)]
        if finite.size:
            lows.append(float(finite.min()))
            highs.append(float(finite.max()))
    return (min(lows), max(highs)) if lows else None


def with_margin(low: float, high: float, share: float = 0.04) -> tuple[float, float]:
    """Return limits with some room beyond them; a single value gets room as well."""
    room = (high - low) * share or max(abs(low) * 0.1, 0.5 if low == 0 else 1e-12)
    return low - room, high + room


def _first(
    position: NDArray[np.int64], true: NDArray[np.bool_], starts: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return where in each stretch something is first true; its start where it never is."""
    last = len(position)
    found = np.minimum.reduceat(np.where(true, position, last), starts)
    return np.where(found < last, found, starts)


def _on_axis(values: Floats, log: bool) -> tuple[Floats, int]:
    known = np.asarray(values, np.float64)
    if not log:
        return np.where(np.isinf(known), np.nan, known), 0
    with np.errstate(divide="ignore", invalid="ignore"):
        place = np.log10(known)
    place[~np.isfinite(place)] = np.nan
    return place, int(np.count_nonzero(np.isnan(place) & ~np.isnan(known)))
