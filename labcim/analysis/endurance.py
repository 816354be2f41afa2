"""When a cell that is cycled has failed, and whether it came back: judged by every cycle read.

A cycle is missed where high over low conductance is below ``ratio``. A cell has failed while it
misses ``misses`` read cycles in a row, or while the median ratio of a stretch of as many cycles or
more, read one after the other, is below ``ratio``: its window has closed. A failure is over, and
was no end of life, once the cell has worked for ``misses`` read cycles again: it came back.

Lanza et al., ACS Nano 15:17214 (2021), say why every cycle has to be read.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Cycles = NDArray[np.int64]


class End(IntEnum):
    """How the life of a cell ended."""

    ALIVE = 0
    CLOSED = 1  # its window
    STUCK_HIGH = 2  # in high conductance
    STUCK_LOW = 3


@dataclass(frozen=True, slots=True)
class Judged:
    """What one cell did. lower, upper: the cycles between which it failed for good.

    upper is inf for a cell that still works, and lower then the last cycle that was read. misses:
    of ``read`` cycles that are data; early: of those misses, how many came before the end of life.
    came_back: failures that ended.
    """

    end: End
    lower: float
    upper: float
    read: int
    misses: int
    early: int
    alive: int
    came_back: int


def judge(
    cycle: Cycles, high: Floats, low: Floats, *, ratio: float, misses: int, stretch: int
) -> Judged:
    """Judge one cell. cycle: numbers, rising; high, low: S after SET and RESET; NaN is no data.

    stretch: cycles of which a median is taken at most.
    """
    known = np.isfinite(high) & np.isfinite(low)
    cycle, high, low = cycle[known], high[known], np.maximum(low[known], 1e-15)
    if not len(cycle):
        return Judged(End.ALIVE, 0.0, np.inf, 0, 0, 0, 0, 0)
    found = np.maximum(high, 0.0) / low
    missed = found < ratio
    stuck = _in_long_runs(missed, cycle, misses)
    closed = np.zeros(len(cycle), np.bool_)
    for part in stretches(cycle, stretch):
        moving = found[part][~stuck[part]]
        if len(moving) >= misses:
            closed[part] = np.median(moving) < ratio
    failed = _without_short_gaps(stuck | closed, misses)
    starts = np.flatnonzero(failed & ~np.append(False, failed[:-1]))
    total = int(missed.sum())
    if not failed[-1]:
        return Judged(
            End.ALIVE, float(cycle[-1]), np.inf, len(cycle), total, total, len(cycle), len(starts)
        )
    first = int(starts[-1])
    end = End.CLOSED
    # A window that closes is still a little open at first; a cell that is stuck does not move.
    if np.median(found[first : first + misses]) < ratio**0.25:
        usual = _usual_level(high, low, failed)
        there = np.median(np.sqrt(np.maximum(high[first:], 1e-15) * low[first:]))
        end = End.STUCK_HIGH if there > usual else End.STUCK_LOW
    lower = float(cycle[first - 1]) if first else 0.0
    return Judged(
        end, lower, float(cycle[first]), len(cycle), total, int(missed[:first].sum()), first,
        len(starts) - 1,
    )  # fmt: skip


def _usual_level(high: Floats, low: Floats, failed: NDArray[np.bool_]) -> float:
    """Return the conductance in S in the middle of the window while the cell worked."""
    good = ~failed if (~failed).any() else np.ones(len(high), np.bool_)
    return float(np.sqrt(np.median(np.maximum(high[good], 1e-15)) * np.median(low[good])))


def _in_long_runs(missed: NDArray[np.bool_], cycle: Cycles, least: int) -> NDArray[np.bool_]:
    """Return which misses stand in ``least`` or more, cycle after cycle, with none in between."""
    breaks = ~missed[1:] | ~missed[:-1] | (np.diff(cycle) != 1)
    run = np.concatenate([[0], np.cumsum(breaks)])
    length = np.bincount(run)[run]
    return np.asarray(missed & (length >= least))


def _without_short_gaps(failed: NDArray[np.bool_], least: int) -> NDArray[np.bool_]:
    """Return failures that go on over fewer than ``least`` good cycles: noise is no recovery."""
    run = np.concatenate([[0], np.cumsum(failed[1:] != failed[:-1])])
    length = np.bincount(run)[run]
    begun = np.logical_or.accumulate(failed)
    return np.asarray(failed | (begun & (length < least)))


def stretches(cycle: Cycles, most: int) -> Iterator[slice]:
    """Yield parts of at most ``most`` cycles that were read one after the other."""
    ends = np.append(np.flatnonzero(np.diff(cycle) != 1) + 1, len(cycle))
    start = 0
    for end in ends.tolist():
        for first in range(start, end, most):
            yield slice(first, min(first + most, end))
        start = end
