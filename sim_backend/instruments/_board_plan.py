"""How the board's firmware splits a request into what the lines can do at once.

The cells of one step hang on one line that they share, see one gate voltage and one polarity. On a
1T1R chip with the gates along the columns, one gate is opened: it opens the cells of one column.
The column is what they share; each of them is reached through its own row. A positive amplitude
raises the row over a grounded column; a negative one raises the column to the largest amplitude
of the step, Vmax, and each row to Vmax - |amplitude|, so that no line is driven below its window.
Rows of other cells follow the column, or float where their window does not reach as far: either
way the cells on them see 0 V, and all cells elsewhere have closed gates. With the gates along the
rows, row and column change places.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Cells = NDArray[np.uint32]
Along = Literal["row", "column", "cell"]


@dataclass(frozen=True, slots=True)
class Plan:
    """Steps: the step in which each cell is served, and how many steps there are."""

    step: NDArray[np.int64]
    steps: int

    def begins(self, first: float, step_time: float) -> Floats:
        """Return when each cell's step begins, in s, if the first one begins at ``first``."""
        if len(self.step) == 1:
            return np.array([first])
        times: Floats = self.step * np.float64(step_time) + np.float64(first)
        return times

    def members(self) -> list[NDArray[np.intp]]:
        """Return the places of the cells of each step."""
        order = np.argsort(self.step, kind="stable")
        return np.split(order, np.flatnonzero(np.diff(self.step[order])) + 1)


ONE_STEP = Plan(np.zeros(1, np.int64), 1)
"""The plan of a single cell."""


def shared_line(cells: Cells, columns: int, along: Along) -> NDArray[np.uint32]:
    """Return the line that each cell shares with the others of its step."""
    return cells // np.uint32(columns) if along == "row" else cells % np.uint32(columns)


def plan(line: NDArray[np.uint32], amplitude: Floats | float, gate: Floats | float,
         parallel: int) -> Plan:  # fmt: skip
    """Split cells into steps of at most ``parallel`` cells.

    line: the shared line of each cell.  amplitude: V, signed.  gate: V.  Linear in the cells.
    """
    if len(line) == 1:
        return ONE_STEP
    key = line.astype(np.uint64)
    if isinstance(gate, np.ndarray):
        values, which = np.unique(gate, return_inverse=True)
        key = key * np.uint64(len(values)) + which.astype(np.uint64)
    if isinstance(amplitude, np.ndarray):
        key = key * np.uint64(2) + (amplitude < 0.0)
    order = np.argsort(_narrow(key), kind="stable")
    return _number(key[order], order, parallel)


def _narrow(key: NDArray[np.uint64]) -> NDArray[np.generic]:
    """Return the keys in 16 bits if they fit: numpy then sorts by radix, in linear time."""
    return key.astype(np.uint16) if len(key) and key.max() < 2**16 else key


def _number(key: NDArray[np.uint64], order: NDArray[np.intp], parallel: int) -> Plan:
    """Return the plan: a step begins with a new key, and after every ``parallel`` cells."""
    count = len(key)
    if not count:
        return Plan(np.zeros(0, np.int64), 0)
    places = np.arange(count)
    new_key = np.empty(count, np.bool_)
    new_key[0] = True
    np.not_equal(key[1:], key[:-1], out=new_key[1:])
    first = np.maximum.accumulate(np.where(new_key, places, 0))
    begins = (places - first) % parallel == 0
    step = np.empty(count, np.int64)
    step[order] = np.cumsum(begins) - 1
    return Plan(step, int(np.count_nonzero(begins)))
