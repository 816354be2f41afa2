"""Reads of several rows at once: the column's current is the sum of its cells.

Scouting logic (Xie et al., ISVLSI 2017) and Pinatubo (Li et al., DAC 2016) compare that sum with
references between the levels that 0, 1, ... conducting cells give. Operands are not touched: what a
cell sees is a read.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from labcim.capabilities import Floats, LineCurrents, LineState, Topology
from labcim.errors import RangeError

Function = Literal["or", "and", "xor", "majority", "nor", "nand", "xnor"]
Bits = NDArray[np.bool_]


def read_state(
    topology: Topology,
    rows: tuple[int, ...],
    *,
    voltage: float,
    gate: float,
    duration: float,
    columns: tuple[int, ...] | None = None,
) -> LineState:
    """Return the state that reads ``rows`` together on every column, or on some.

    The rows read are at ``voltage`` V, all other rows and the columns at 0 V: nothing sneaks.
    Columns that are not read float, and their gates stay shut where they have some.
    """
    for row in rows:
        if not 0 <= row < topology.rows:
            raise RangeError(f"row {row}: accepts 0 to {topology.rows - 1}; nothing was sent")
    if not rows or len(set(rows)) != len(rows):
        raise RangeError(f"rows {list(rows)}: accepts one or more different ones; nothing was sent")
    chosen = list(range(topology.columns)) if columns is None else list(columns)
    at_rows = np.zeros(topology.rows)
    at_rows[list(rows)] = voltage
    at_columns = np.full(topology.columns, np.nan if topology.gates else 0.0)
    at_columns[chosen] = 0.0
    gates = np.zeros(topology.gates)
    if topology.gates:
        open_gates = {
            "row": np.array(rows),
            "column": np.array(chosen),
            "cell": (np.array(rows)[:, None] * topology.columns + chosen).ravel(),
        }[topology.gate_along]
        gates[open_gates] = gate
    return LineState(at_rows, at_columns, gates, duration)


def sums(currents: list[LineCurrents]) -> Floats:
    """Return the current that leaves each column in A, (states, columns); NaN where it floats."""
    return np.array([-one.columns for one in currents])


@dataclass(frozen=True, slots=True)
class References:
    """Levels of current in A between 0, 1, ... n cells that conduct, (rows,): n rows are read."""

    levels: Floats

    @classmethod
    def between(cls, zero: float, one: float, rows: int) -> "References":
        """Return references in the middle between neighbouring sums.

        zero, one: A, of a cell of either kind at the read voltage.
        """
        if not (np.isfinite([zero, one]).all() and one > zero >= 0.0):
            raise RangeError(f"currents {zero:g} A and {one:g} A: accepts 0 <= zero < one")
        if rows < 1:
            raise RangeError(f"{rows} rows: accepts 1 and more")
        counts = np.arange(rows) + 0.5
        return cls(zero * (rows - counts) + one * counts)

    @property
    def rows(self) -> int:
        """Return how many rows are read together."""
        return len(self.levels)

    def count(self, currents: Floats) -> NDArray[np.int64]:
        """Return how many cells conduct, for each current in A; -1 where there is none (NaN)."""
        found = np.searchsorted(self.levels, np.nan_to_num(currents))
        return np.where(np.isnan(currents), -1, found)

    def margin(self, currents: Floats, ones: NDArray[np.int64]) -> Floats:
        """Return how far sums stay from the nearest reference in A; negative beyond it.

        ones: how many cells conduct, for each of ``currents``, A.
        """
        below = np.concatenate([[-np.inf], self.levels])[ones]
        above = np.concatenate([self.levels, [np.inf]])[ones]
        return np.asarray(np.minimum(currents - below, above - currents), np.float64)


def decide(function: Function, counts: NDArray[np.int64], rows: int) -> Bits:
    """Return the function of ``rows`` operands of which ``counts`` are 1. Raises RangeError."""
    if (counts < 0).any():
        raise RangeError("a column was not read: no current, no operands")
    if function == "majority" and rows % 2 == 0:
        raise RangeError(f"majority of {rows} operands: accepts odd numbers")
    found = {
        "or": counts > 0,
        "and": counts == rows,
        "xor": counts % 2 == 1,
        "majority": 2 * counts > rows,
        "nor": counts == 0,
        "nand": counts < rows,
        "xnor": counts % 2 == 0,
    }
    return np.asarray(found[function], np.bool_)


def truth(function: Function, operands: Bits) -> Bits:
    """Return what a function of operands, (rows, ...), is."""
    return decide(function, np.sum(operands, axis=0, dtype=np.int64), len(operands))
