"""Resistance of wires, from how much less cells conduct when their line carries others' currents.

A row driven at V with all columns at ground (a row load) sends the currents of all its cells
through its wire; a column at ground with all rows at V (a column load) does so with its column's.
Every cell at a crossing is thus read twice, and what it conducts itself drops out of the ratio of
its two currents: that is the ratio of the voltages it saw, to the power n of its own curve. By
Kirchhoff's law these voltages are linear in the resistances, with currents that were all measured.
"""

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from labcim.errors import RangeError

from .distributions import Interval

Floats = NDArray[np.float64]

_ROUNDS = 6  # the voltage that a cell saw depends a little on what is looked for
_STEP = 1e-3  # ohm, for slopes


@dataclass(frozen=True, slots=True)
class Loads:
    """Currents under load, A, and the power of the cells' curves.

    rows, columns: indices of the lines that were loaded, counted from the driven end, (r,), (c,).
    by_row: current of every column while each row is loaded, (r, all columns).  by_column: current
    of every row while each column is loaded, (c, all rows).  power: d ln I / d ln V, (r, c).
    voltage: V.  terminal: ohm between a line and its terminal, as far as known.
    """

    rows: NDArray[np.intp]
    columns: NDArray[np.intp]
    by_row: Floats
    by_column: Floats
    power: Floats
    voltage: float
    terminal: float = 0.0


@dataclass(frozen=True, slots=True)
class Wires:
    """Ohm of one segment of a row and of a column.

    Each with its 95 % interval by Student's t over the cells at the crossings.
    """

    row: Interval
    column: Interval


def fit_wires(loads: Loads) -> Wires:
    """Return the resistances by least squares. Raises RangeError for fewer than six crossings.

    What the terminals of rows and columns have beyond what is known of them takes part as well;
    the two all but cancel, so that only their difference is seen, and nothing is said of them.
    """
    seen = [loads.by_row[:, loads.columns], loads.by_column[:, loads.rows].T]
    good = (seen[0] > 0.0) & (seen[1] > 0.0) & (loads.power > 0.0)
    if good.sum() < 6:
        raise RangeError(f"wires: {int(good.sum())} cells at crossings conduct: accepts 6 and more")
    # Row segment, column segment, and what row and column ends have beyond the known terminals.
    unknown = np.zeros(4)
    for _ in range(_ROUNDS):
        left, terms = _missed(loads, good, unknown)
        steps = [_missed(loads, good, unknown + step)[0] - left for step in _STEP * np.eye(4)]
        # Leaks depend on what is looked for, but only to first order: what is explained is what the
        # drops along the lines explain, so that the fit is theirs, with leaks as they follow.
        solve = np.linalg.pinv(terms.T @ np.column_stack(steps) / _STEP) @ terms.T
        unknown = unknown - solve @ left
    left, _ = _missed(loads, good, unknown)
    degrees = len(left) - 4
    error = np.sqrt(float(left @ left) / degrees * np.sum(solve**2, axis=1))
    half = float(stdtrit(degrees, 0.975)) * error
    row, column = (
        Interval(float(r), float(r - h), float(r + h))
        for r, h in zip(unknown[:2], half[:2], strict=True)
    )
    return Wires(row, column)


def _missed(loads: Loads, good: NDArray[np.bool_], unknown: Floats) -> tuple[Floats, Floats]:
    """Return V that resistances leave unexplained at each good crossing, and V for each ohm.

    Shapes (good,) and (good, 4).
    """
    ends = np.full(2, loads.terminal)
    wires = np.array([*unknown[:2], *ends])
    true = _without_leaks(loads, wires)
    by_row, by_column = true.by_row[:, loads.columns], true.by_column[:, loads.rows].T
    terms, row_drops = _terms(true, by_row, by_column)
    ratio = np.maximum(by_column[good] / np.maximum(by_row[good], 1e-15), 1e-6)
    saw = loads.voltage - (row_drops @ wires)[good]
    more = saw * (ratio ** (1.0 / loads.power[good]) - 1.0)
    return more - terms[good] @ (unknown + np.array([0.0, 0.0, *ends])), terms[good]


def _without_leaks(loads: Loads, resistance: Floats) -> Loads:
    """Return the currents of the cells themselves, without what flows on through floating lines.

    A grounded column stands a little above 0 V where its current enters; through the cells of the
    floating rows, columns with more current lose some to those with less. Floating rows settle at
    the mean of the columns, so that nothing is lost in all. Rows lose to each other likewise.
    """
    row, column, row_end, column_end = np.maximum(resistance, 0.0)
    many_rows, many_columns = loads.by_column.shape[1], loads.by_row.shape[1]
    conductance = float(np.nanmean(loads.by_row)) / loads.voltage
    reach = np.minimum(loads.rows[:, None], np.arange(many_rows)) + 1.0
    across = np.minimum(loads.columns[:, None], np.arange(many_columns)) + 1.0
    by_row = conductance * (column_end + column * reach).sum(axis=1)
    by_column = conductance * (row_end + row * across).sum(axis=1)
    return replace(
        loads,
        by_row=loads.by_row + by_row[:, None] * (loads.by_row - _means(loads.by_row)),
        by_column=loads.by_column
        + by_column[:, None] * (loads.by_column - _means(loads.by_column)),
    )


def _means(currents: Floats) -> Floats:
    return np.asarray(currents.mean(axis=1, keepdims=True))


def _terms(loads: Loads, by_row: Floats, by_column: Floats) -> tuple[Floats, Floats]:
    """Return V for each ohm of (row segment, column segment, row end, column end).

    The first: what a cell sees more under its column's load than under its row's, (r, c, 4).  The
    second: what it loses under its row's load, likewise.
    """
    i, j = loads.rows[:, None], loads.columns[None, :]
    every_column = np.arange(loads.by_row.shape[1])
    every_row = np.arange(loads.by_column.shape[1])
    along_row = np.minimum(loads.columns[:, None], every_column[None, :]) + 1.0
    along_column = np.minimum(loads.rows[:, None], every_row[None, :]) + 1.0
    row_load = np.stack(
        [
            loads.by_row @ along_row.T,
            (i + 1.0) * by_row,
            np.broadcast_to(loads.by_row.sum(axis=1)[:, None], by_row.shape),
            by_row,
        ],
        axis=-1,
    )
    column_load = np.stack(
        [
            (j + 1.0) * by_column,
            (loads.by_column @ along_column.T).T,
            by_column,
            np.broadcast_to(loads.by_column.sum(axis=1)[None, :], by_column.shape),
        ],
        axis=-1,
    )
    return row_load - column_load, row_load


def curve_power(current: Floats, lower: Floats, share: float) -> Floats:
    """Return d ln I / d ln V of cells from their currents at V and at ``share`` of V.

    current, lower: A, any shape. A line through all cells over the logarithm of their current:
    each alone would be told by the noise.
    """
    good = (current > 0.0) & (lower > 0.0)
    if good.sum() < 3:
        return np.where(good, 1.0, math.nan)
    x = np.log(np.where(good, current, 1.0))
    y = np.zeros(current.shape)
    y[good] = np.log(current[good] / lower[good]) / math.log(1.0 / share)
    spread = float(np.std(x[good]))
    slope, middle = 0.0, float(np.mean(x[good]))
    if spread > 0.1:
        slope = float(np.polyfit(x[good] - middle, y[good], 1)[0])
    return np.where(good, np.mean(y[good]) + slope * (x - middle), math.nan)
