"""What I-V loops say: SET and RESET voltage, on/off, and how ohmic the on-state is."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .distributions import Interval, student_interval
from .sweeps import loop_area, reset_voltage, set_voltage

Floats = NDArray[np.float64]
Rows = Mapping[str, NDArray[np.generic]]

SET, RESET = 1, -1


@dataclass(frozen=True, slots=True)
class Loop:
    """One loop of one cell. V, W, S; NaN for what was not seen.

    on, off: S at the read voltage, after the SET and after the RESET branch.  bend: largest
    deviation from Ohm's law on the way back from SET, see `deviation_from_ohmic`.
    """

    cell: int
    cycle: int
    set_voltage: float
    reset_voltage: float
    area: float
    on: float
    off: float
    bend: float
    tripped: bool


def loops(rows: Rows, *, bend_to: float) -> list[Loop]:
    """Return the loops in the rows of sweeps, ordered by cell and cycle.

    Rows have the channels of `iv_sweep`. Of a loop that was cut off and done again the last try
    counts.  bend_to: V.
    """
    cell, cycle = rows["cell"].astype(np.int64), rows["cycle"].astype(np.int64)
    order = np.lexsort((cycle, cell))
    edges = np.flatnonzero(np.diff(cell[order]) | np.diff(cycle[order])) + 1
    parts = np.split(order, edges) if len(order) else []
    return [_loop(rows, part, bend_to) for part in parts]


def _loop(rows: Rows, part: NDArray[np.intp], bend_to: float) -> Loop:
    branches = {polarity: _branch(rows, part, polarity) for polarity in (SET, RESET)}
    found = {}
    for polarity, find in ((SET, set_voltage), (RESET, reset_voltage)):
        at = branches[polarity]
        found[polarity] = find(*_curve(rows, at))
    both = np.concatenate([branches[SET], branches[RESET]])
    both = both[np.isfinite(rows["current"][both].astype(np.float64))]
    volts, amperes = (rows[name][both].astype(np.float64) for name in ("voltage", "current"))
    on, off = (_last(rows["conductance"][branches[p]].astype(np.float64)) for p in (SET, RESET))
    return Loop(
        cell=int(rows["cell"][part[0]]),
        cycle=int(rows["cycle"][part[0]]),
        set_voltage=found[SET],
        reset_voltage=found[RESET],
        area=loop_area(volts, amperes) if len(both) else math.nan,
        on=on,
        off=off,
        bend=_bend_of(rows, branches[SET], bend_to),
        tripped=bool(np.any(rows["tripped"][both])),
    )


def _branch(rows: Rows, part: NDArray[np.intp], polarity: int) -> NDArray[np.intp]:
    """Return the places of a branch's points; of several tries those of the last."""
    here = part[rows["polarity"][part] == polarity]
    starts = np.flatnonzero(rows["point"][here] == 0)
    return np.asarray(here[starts[-1] :] if len(starts) else here)


def _curve(rows: Rows, at: NDArray[np.intp]) -> tuple[Floats, Floats]:
    """Return V and A of a branch: readings after the points where these have them all.

    A reading is at one voltage, so that a cell which only bends is not taken for one that switches.
    """
    volts = rows["voltage"][at].astype(np.float64)
    read = rows["conductance"][at].astype(np.float64)
    if len(at) > 1 and np.isfinite(read[:-1]).sum() > 0.5 * (len(at) - 1):
        known = np.isfinite(read)
        return volts[known], read[known] * volts[known]
    amperes = rows["current"][at].astype(np.float64)
    known = np.isfinite(amperes)
    return volts[known], amperes[known]


def _last(values: Floats) -> float:
    known = values[np.isfinite(values)]
    return float(known[-1]) if len(known) else math.nan


def _bend_of(rows: Rows, at: NDArray[np.intp], most: float) -> float:
    volts = rows["voltage"][at].astype(np.float64)
    amperes = rows["current"][at].astype(np.float64)
    if not len(at):
        return math.nan
    back = np.arange(len(at)) > int(np.argmax(np.abs(volts)))
    good = back & (rows["flags"][at] == 0) & np.isfinite(amperes)
    return deviation_from_ohmic(volts[good], amperes[good], most)


def deviation_from_ohmic(voltage: Floats, current: Floats, most: float) -> float:
    """Return how far I / V at ``most`` V is from that at small voltage, as a share of it.

    By least squares of I = G V + c V^3 over all points up to there, so that noise of single points
    counts little. NaN for fewer than four points.
    """
    inside = (np.abs(voltage) > 0.0) & (np.abs(voltage) <= most * (1.0 + 1e-9))
    v, i = voltage[inside], current[inside]
    if len(v) < 4:
        return math.nan
    (slope, cubic), *_ = np.linalg.lstsq(np.column_stack([v, v**3]), i)
    return abs(float(cubic / slope)) * most**2 if slope > 0.0 else math.nan


def over_cells(found: list[Loop], name: str, *, logarithm: bool = False) -> Interval:
    """Return the mean of a quantity over cells with its 95 % interval.

    Cycles of a cell are averaged first: they are no independent sample of the array. logarithm: the
    geometric mean instead.
    """
    of_cell: dict[int, list[float]] = {}
    for loop in found:
        value = _ratio(loop) if name == "on/off" else getattr(loop, name)
        if math.isfinite(value) and (value > 0.0 or not logarithm):
            of_cell.setdefault(loop.cell, []).append(math.log(value) if logarithm else value)
    mean = student_interval(np.array([np.mean(values) for values in of_cell.values()]))
    if not logarithm:
        return mean
    return Interval(*(math.exp(value) for value in (mean.value, mean.low, mean.high)))


def _ratio(loop: Loop) -> float:
    return loop.on / loop.off if loop.off > 0.0 else math.nan


def spread_over_cells(found: list[Loop], name: str) -> float:
    """Return the standard deviation over cells of the means of their cycles; NaN for one cell."""
    of_cell: dict[int, list[float]] = {}
    for loop in found:
        if math.isfinite(value := getattr(loop, name)):
            of_cell.setdefault(loop.cell, []).append(value)
    means = [float(np.mean(values)) for values in of_cell.values()]
    return float(np.std(means, ddof=1)) if len(means) > 1 else math.nan
