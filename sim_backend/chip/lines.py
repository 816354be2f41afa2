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
    loose = np.zeros(nodes.size, dtype=np.bool_)
    loose[floating] = True
    edges = np.flatnonzero(loose[a] | loose[b])
    edges, leaves, holders = _strip_leaves(edges, loose, a, b)
    inner = np.unique(np.concatenate([a[edges], b[edges]]))
    inner = inner[loose[inner]]
    if inner.size:
        _iterate(nodes, inner, edges, a, b, law)
    for leaf, holder in zip(reversed(leaves), reversed(holders), strict=True):
        nodes[leaf] = nodes[holder]


def _strip_leaves(
    edges: Integers, loose: NDArray[np.bool_], a: Integers, b: Integers
) -> tuple[Integers, list[Integers], list[Integers]]:
    """Take off floating lines with one live cell: no current flows, so they follow its other line.

    Returns the cells that are left, and in order of removal the lines and those they follow.
    """
    leaves: list[Integers] = []
    holders: list[Integers] = []
    while edges.size:
        degree = np.bincount(np.concatenate([a[edges], b[edges]]), minlength=loose.size)
        leaf = loose & (degree == 1)
        at_a, at_b = leaf[a[edges]], leaf[b[edges]]
        at_b &= ~at_a  # a lone pair of floating lines: one follows the other
        if not (at_a.any() or at_b.any()):
            break
        leaves.append(np.concatenate([a[edges[at_a]], b[edges[at_b]]]))
        holders.append(np.concatenate([b[edges[at_a]], a[edges[at_b]]]))
        edges = edges[~(at_a | at_b)]
    return edges, leaves, holders


def _iterate(
    nodes: Floats, floating: Integers, edges: Integers, a: Integers, b: Integers, law: CurrentLaw
) -> None:
    """Picard iteration on the floating nodes that carry current."""
    number = np.full(nodes.size, -1)
    number[floating] = np.arange(floating.size)
    driven = nodes.copy()
    nodes[floating] = nodes.max()  # from above: transistors start in their triode range
    for step in range(STEPS):
        conductance = _secant(nodes, a, b, edges, law)
        solved = _linear(conductance, number, a[edges], b[edges], driven, floating.size)
        change = np.abs(solved - nodes[floating]).max()
        # Half steps when it has not settled: saturated transistors can make it swing.
        nodes[floating] = solved if step < 10 else 0.5 * (solved + nodes[floating])
        if change < TOLERANCE:
            break


def _secant(nodes: Floats, a: Integers, b: Integers, edges: Integers, law: CurrentLaw) -> Floats:
    """Return current / voltage in S of the cells ``edges``, taken at 1 mV at least."""
    column = nodes[b]
    small = np.abs(nodes[a] - nodes[b]) < 1e-3
    row = np.where(small, column + 1e-3, nodes[a])
    current = law(row, column)
    slope: Floats = np.maximum(current / (row - column), 0.0)[edges]
    return slope


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
    return np.asarray(np.linalg.solve(matrix, source), dtype=np.float64)
