"""The voltages of floating lines, on ideal wires: each takes the one at which no net current flows.

Only cells whose transistor has a gate voltage can carry current, so everything is done on those
"live" cells. Secant conductances turn the non-linear network into a linear one that is solved again
until the voltages stand still (Picard iteration; exact at once for ohmic cells).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
CurrentLaw = Callable[[Floats, Floats], Floats]

LEAK = 1e-15  # S from every line to ground: a line that nothing reaches rests at 0 V
STEPS = 80
TOLERANCE = 1e-10  # V


@dataclass(frozen=True, slots=True)
class LineResult:
    """Every line's voltage in V, and the current in A from its driver into it (NaN: floating)."""

    row_current: Floats
    column_current: Floats
    row_voltage: Floats
    column_voltage: Floats


def settle(
    row: Floats, column: Floats, cell_row: Integers, cell_column: Integers, law: CurrentLaw
) -> tuple[Floats, Floats]:
    """Return all line voltages in V, floating ones (NaN) solved for.

    cell_row, cell_column: lines of each live cell.  law(row voltages, column voltages) returns the
    current in A from row to column of each live cell.
    """
    nodes = np.concatenate([row, column])
    floating = np.flatnonzero(np.isnan(nodes))
    nodes[floating] = 0.0
    if floating.size:
        _solve(nodes, floating, cell_row, cell_column + row.size, law)
    return nodes[: row.size], nodes[row.size :]


def _solve(nodes: Floats, floating: Integers, a: Integers, b: Integers, law: CurrentLaw) -> None:
    """Fill the floating nodes in place. a, b: node on either side of each live cell."""
    number = np.full(nodes.size, -1)
    number[floating] = np.arange(floating.size)
    touched = (number[a] >= 0) | (number[b] >= 0)
    a, b = a[touched], b[touched]
    driven = nodes.copy()
    driven[floating] = 0.0
    known = np.delete(nodes, floating)
    nodes[floating] = known.max(initial=0.0)  # from above: transistors start in their triode range
    for step in range(STEPS):
        conductance = _secant(nodes, a, b, touched, law)
        solved = _linear(conductance, number, a, b, driven, floating.size)
        change = np.abs(solved - nodes[floating]).max()
        # Half steps when it has not settled: saturated transistors can make it swing.
        nodes[floating] = solved if step < 10 else 0.5 * (solved + nodes[floating])
        if change < TOLERANCE:
            break


def _secant(
    nodes: Floats, a: Integers, b: Integers, touched: NDArray[np.bool_], law: CurrentLaw
) -> Floats:
    """Return current / voltage of each touched cell in S, taken at 1 mV at least."""
    row = np.zeros(touched.size)
    column = np.zeros(touched.size)
    difference = nodes[a] - nodes[b]
    small = np.abs(difference) < 1e-3
    row[touched] = np.where(small, nodes[b] + 1e-3, nodes[a])
    column[touched] = nodes[b]
    current = law(row, column)[touched]
    return np.maximum(current / np.where(small, 1e-3, difference), 0.0)


def _linear(
    conductance: Floats, number: Integers, a: Integers, b: Integers, driven: Floats, size: int
) -> Floats:
    """Return the voltages of the floating nodes of a linear network."""
    matrix = np.zeros((size, size))
    source = np.zeros(size)
    i, j = number[a], number[b]
    np.add.at(matrix, (i[i >= 0], i[i >= 0]), conductance[i >= 0])
    np.add.at(matrix, (j[j >= 0], j[j >= 0]), conductance[j >= 0])
    both = (i >= 0) & (j >= 0)
    np.add.at(matrix, (i[both], j[both]), -conductance[both])
    np.add.at(matrix, (j[both], i[both]), -conductance[both])
    from_a, from_b = (i < 0) & (j >= 0), (j < 0) & (i >= 0)
    np.add.at(source, j[from_a], conductance[from_a] * driven[a[from_a]])
    np.add.at(source, i[from_b], conductance[from_b] * driven[b[from_b]])
    matrix[np.diag_indices(size)] += LEAK
    solved: Floats = np.linalg.solve(matrix, source)
    return solved
