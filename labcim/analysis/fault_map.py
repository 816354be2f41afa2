"""Which cells of an array are faulty, and how, from maps of what they conduct and how they moved.

A fault that a whole line has is one fault of that line, not many of cells.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

_TAIL = 3  # dead cells up to the end of a line from which on the line is taken for broken
_MOST = 0.9  # share of a line's cells that speak for the whole line


class Fault(IntEnum):
    """What is wrong with a cell."""

    NONE = 0
    STUCK_ON = 1
    STUCK_OFF = 2  # or never formed: both conduct little and do not move
    SHORTED = 3
    OPEN = 4
    OPEN_LINE = 5  # the whole line, or what lies behind a break
    SHORTED_LINE = 6
    UNKNOWN = 7  # its readings stay flagged, or the fault of a line hides it


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of every cell, each of shape (rows, columns); NaN: not measured.

    off, on: S with the gate off and on, infinite beyond the range.  low, high: S after RESETs and
    after SETs.  fell, rose: whether it moved.  Without stimulus ``low`` and ``high`` are all NaN.
    """

    off: Floats
    on: Floats
    low: Floats
    high: Floats
    fell: Bools
    rose: Bools


@dataclass(frozen=True, slots=True)
class Bounds:
    """S: less than ``dead`` is open, more than ``short`` with the gate off is shorted.

    on_above, off_below: S, what a cell that was only read is suspected of being stuck at.
    """

    dead: float
    short: float
    on_above: float
    off_below: float


def line_faults(off: Floats, on: Floats, bounds: Bounds, *, gated: bool) -> NDArray[np.uint8]:
    """Return what can be told by reading alone: shorts and opens, of cells and of whole lines."""
    fault = np.zeros(on.shape, np.uint8)
    shorted = (off if gated else on) > bounds.short
    silent = np.isnan(on) & ~shorted
    dead = (on < bounds.dead) & ~shorted
    lines = _whole(shorted)
    fault[shorted & ~lines] = Fault.SHORTED
    fault[dead] = Fault.OPEN
    broken = _whole(dead | lines) | _tails(dead, lines) | _tails(dead.T, lines.T).T
    fault[dead & broken] = Fault.OPEN_LINE
    fault[silent] = Fault.UNKNOWN
    fault[lines] = Fault.SHORTED_LINE
    return fault


def _whole(bad: Bools) -> Bools:
    """Return the cells of rows and columns of which nearly all are bad."""
    found = np.zeros(bad.shape, np.bool_)
    if bad.shape[1] > 1:
        found[bad.mean(axis=1) >= _MOST] = True
    if bad.shape[0] > 1:
        found[:, bad.mean(axis=0) >= _MOST] = True
    return found & bad


def _tails(dead: Bools, hidden: Bools) -> Bools:
    """Return the cells of rows in runs of dead ones that reach an end of the row.

    hidden: cells that may be dead or not.
    """
    found = np.zeros(dead.shape, np.bool_)
    for way in (slice(None), slice(None, None, -1)):
        run = np.logical_and.accumulate((dead | hidden)[:, way], axis=1)[:, way]
        found |= run & ((run & dead).sum(axis=1) >= min(_TAIL, dead.shape[1]))[:, None]
    return found


def place_shorts(fault: NDArray[np.uint8], pairs: list[tuple[int, int]]) -> None:
    """Mark the cells where a row and a column are known to be shorted to each other, in place.

    All cells of such a row or column read too much, so that readings alone cannot tell which it is.
    """
    for row, column in pairs:
        fault[row, column] = Fault.SHORTED


def cell_faults(known: Evidence, bounds: Bounds, *, gated: bool) -> NDArray[np.uint8]:
    """Return the fault of every cell, (rows, columns), 0 for none.

    A cell that was pulsed is stuck where it moved neither way or only one: on where it stayed
    nearer to what good cells conduct after a SET, off where nearer to what they do after a RESET.
    Without gates, what does not move beside a shorted cell is not known to be stuck.
    """
    fault = line_faults(known.off, known.on, bounds, gated=gated)
    left = fault == Fault.NONE
    if np.isnan(known.low).all() and np.isnan(known.high).all():
        fault[left & (known.on > bounds.on_above)] = Fault.STUCK_ON
        fault[left & (known.on < bounds.off_below)] = Fault.STUCK_OFF
        return fault
    good = left & known.fell & known.rose
    middle = _middle(known, good, bounds)
    stays_at = np.where(known.fell & ~known.rose, known.low, known.high)
    stays_at = np.where(np.isnan(stays_at), known.on, stays_at)
    stuck = left & ~good
    fault[stuck] = np.where(stays_at[stuck] > middle, Fault.STUCK_ON, Fault.STUCK_OFF)
    if not gated:  # a short takes the voltage from all cells of its lines, and no gate keeps it off
        short = fault == Fault.SHORTED
        beside = short.any(axis=1)[:, None] | short.any(axis=0)[None, :]
        fault[stuck & beside] = Fault.UNKNOWN
    return fault


def _middle(known: Evidence, good: Bools, bounds: Bounds) -> float:
    """Return the geometric middle in S of what good cells conduct when on and when off."""
    if not good.any():
        return float(np.sqrt(bounds.on_above * bounds.off_below))
    on, off = np.nanmedian(known.high[good]), np.nanmedian(known.low[good])
    return float(np.sqrt(max(on, 1e-12) * max(off, 1e-12)))


def held_conductances(rows: Mapping[str, NDArray[np.generic]], shape: tuple[int, int]) -> Floats:
    """Return what faulty cells hold in S, NaN for good ones, (rows, columns).

    rows: of the protocol `fault_map`.  It is what `labcim.AnalogMatrix` takes as ``faults`` of an
    array: open cells hold nothing, shorted ones more than any cell can.
    """
    fault = rows["fault"].astype(np.int64)
    held = rows["conductance"].astype(np.float64)
    silent = np.isin(fault, (Fault.OPEN, Fault.OPEN_LINE))
    held = np.where(silent, 0.0, np.where(np.isfinite(held), held, rows["largest"]))
    found = np.full(shape, np.nan)
    at = (rows["row"].astype(np.int64), rows["column"].astype(np.int64))
    found[at] = np.where(fault == Fault.NONE, np.nan, held)
    return found
