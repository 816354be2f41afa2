"""Which cells are half-selected by pulses on others, and line states that half-select cells."""

import numpy as np
from numpy.typing import NDArray

from labcim.capabilities import CellIndices, LineState, Topology


def aggressors(topology: Topology) -> CellIndices:
    """Return cells on the diagonal that reach every row and every column."""
    steps = np.arange(max(topology.rows, topology.columns))
    cells = (steps % topology.rows) * topology.columns + steps % topology.columns
    return np.unique(cells).astype(np.uint32)


def half_selects(topology: Topology, pulsed: CellIndices) -> NDArray[np.int64]:
    """Return how often one pulse on each of ``pulsed`` half-selects each cell, shape (cells,)."""
    row, column = np.divmod(pulsed.astype(np.int64), topology.columns)
    on_row = np.bincount(row, minlength=topology.rows)
    on_column = np.bincount(column, minlength=topology.columns)
    times = np.add.outer(on_row, on_column).ravel()
    times[pulsed] = 0
    return times


def line_states(
    topology: Topology, part: float, width: float, gate: float, set_polarity: bool
) -> list[LineState]:
    """Return one state for each line: ``part`` V across its cells, none across all others.

    width: s.  gate: V on every gate.  set_polarity: from the SET terminal's lines, else from those
    on the other side, so that no line goes below ground.
    """
    by_row = set_polarity is (topology.set_terminal == "row")
    found = []
    for line in range(topology.rows if by_row else topology.columns):
        rows, columns = np.zeros(topology.rows), np.zeros(topology.columns)
        (rows if by_row else columns)[line] = part
        found.append(LineState(rows, columns, np.full(topology.gates, gate), width))
    return found
