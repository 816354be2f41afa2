"""What cycling does to the two states of a cell, span by span of its life."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labcim.errors import RangeError

from .distributions import Interval, share_interval

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Span:
    """Cycles above ``first`` up to ``last``: medians of the resistances in ohm, and violations.

    violations: share of the reads in which high was below ``ratio`` times low, with its interval.
    """

    first: float
    last: float
    reads: int
    low: float
    high: float
    violations: Interval


def wear(
    cycle: Floats, low: Floats, high: Floats, edges: Sequence[float], *, ratio: float = 2.0
) -> list[Span]:
    """Return what each span between two ``edges`` shows; spans without reads are left out.

    cycle: numbers; low, high: resistances in ohm of the low and the high state; all (reads,).
    """
    if not len(cycle) == len(low) == len(high) or len(edges) < 2 or not ratio > 1.0:
        raise RangeError(
            f"wear of {len(cycle)} cycles, {len(low)} and {len(high)} resistances, {len(edges)} "
            f"edges, ratio {ratio:g}: accepts as many of each, two edges or more, a ratio above 1"
        )
    found = []
    for first, last in itertools.pairwise(edges):
        inside = (cycle > first) & (cycle <= last)
        reads = int(inside.sum())
        if reads:
            missed = int((high[inside] < ratio * low[inside]).sum())
            found.append(
                Span(
                    float(first),
                    float(last),
                    reads,
                    float(np.median(low[inside])),
                    float(np.median(high[inside])),
                    share_interval(missed, reads),
                )
            )
    return found
