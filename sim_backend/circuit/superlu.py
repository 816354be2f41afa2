"""The same network by sparse LU: nodes, branches, Kirchhoff. Slow, plain: oracle and fallback."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import splu

from labcim.errors import RangeError

from .network import Floats, Network

Integers = NDArray[np.int64]
SAME = 1e-12  # of the largest voltage: terminals that a short may join


def solve_superlu(
    network: Network,
    sides: Mapping[str, Floats],
    source: Floats | None = None,
    skew: Floats | None = None,
) -> tuple[Floats, Floats]:
    """Return V of all row nodes and of all column nodes, (inputs, rows, columns) each.

    sides: V by side, (inputs, lines).  source: A from row to column in each cell, beside what its
    conductance carries.  skew: S, by which a rise of the column's voltage lowers that current more
    than a fall of the row's.  Raises RangeError where ideal wire joins different voltages.
    """
    rows, columns = network.shape
    cells = rows * columns
    a, b, conductance = _branches(network)
    ideal = np.isinf(conductance)
    nodes = 2 * cells + 2 * (rows + columns)
    count, merged = _components(a[ideal], b[ideal], nodes)
    a, b, conductance = merged[a[~ideal]], merged[b[~ideal]], conductance[~ideal]
    terminals = merged[2 * cells :]
    voltage = np.concatenate([sides[name] for name in ("left", "right", "top", "bottom")], axis=1)
    held = np.zeros((voltage.shape[0], count))
    held[:, terminals] = voltage
    if np.abs(held[:, terminals] - voltage).max() > SAME * np.abs(voltage).max():
        raise RangeError("ideal wire or a short joins ideal drivers at different voltages")
    fixed = _fixed(a, b, terminals, count)
    free = np.flatnonzero(~fixed)
    if free.size:
        into = np.zeros((count, voltage.shape[0]))
        if source is not None:
            np.add.at(into, merged[:cells], -source.reshape(-1, 1))
            np.add.at(into, merged[cells : 2 * cells], source.reshape(-1, 1))
        matrix = _matrix(a, b, conductance, count)
        if skew is not None:
            tail = merged[cells : 2 * cells]
            matrix = (matrix + _skewed(merged[:cells], tail, skew.ravel(), count)).tocsc()
        _solve_free(matrix, held, free, fixed, into)
    found = held[:, merged[: 2 * cells]]
    shape = (-1, rows, columns)
    return found[:, :cells].reshape(shape), found[:, cells:].reshape(shape)


def _branches(network: Network) -> tuple[Integers, Integers, Floats]:
    """Return both nodes and the conductance of every branch; row nodes, column nodes, terminals."""
    rows, columns = network.shape
    cells = rows * columns
    row = np.arange(cells).reshape(rows, columns)
    column = row + cells
    left, right, top, bottom = np.split(
        2 * cells + np.arange(2 * (rows + columns)), [rows, 2 * rows, 2 * rows + columns]
    )
    along = np.hstack([left[:, None], row, right[:, None]])
    down = np.vstack([top, column, bottom])
    a = np.concatenate([row.ravel(), along[:, :-1].ravel(), down[:-1].ravel()])
    b = np.concatenate([column.ravel(), along[:, 1:].ravel(), down[1:].ravel()])
    with np.errstate(divide="ignore"):
        wires = [1.0 / network.segments(of).ravel() for of in ("row", "column")]
    conductance = np.concatenate([network.cells.ravel(), *wires])
    used = conductance > 0.0
    return a[used], b[used], conductance[used]


def _components(a: Integers, b: Integers, nodes: int) -> tuple[int, Integers]:
    graph = sparse.coo_array((np.ones(a.size), (a, b)), shape=(nodes, nodes))
    count, labels = connected_components(graph, directed=False)
    return int(count), labels.astype(np.int64)


def _fixed(a: Integers, b: Integers, terminals: Integers, nodes: int) -> NDArray[np.bool_]:
    """Return which nodes are at a known voltage: terminals, and what hangs on no terminal."""
    count, net = _components(a, b, nodes)
    held = np.zeros(count, dtype=np.bool_)
    held[net[terminals]] = True
    fixed = ~held[net]
    fixed[terminals] = True
    return fixed


def _matrix(a: Integers, b: Integers, conductance: Floats, nodes: int) -> sparse.csc_array:
    i, j = np.concatenate([a, b]), np.concatenate([b, a])
    off = sparse.coo_array((np.tile(conductance, 2), (i, j)), shape=(nodes, nodes)).tocsc()
    total = np.asarray(off.sum(axis=0)).ravel()
    return (sparse.diags_array(total) - off).tocsc()


def _skewed(row: Integers, column: Integers, skew: Floats, nodes: int) -> sparse.csc_array:
    """Return what a current of -skew times the column's voltage, row to column, adds."""
    i, j = np.concatenate([row, column]), np.concatenate([column, column])
    return sparse.coo_array((np.concatenate([-skew, skew]), (i, j)), shape=(nodes, nodes)).tocsc()


def _solve_free(
    matrix: sparse.csc_array,
    held: Floats,
    free: Integers,
    fixed: NDArray[np.bool_],
    into: Floats,
) -> None:
    """Write the voltages of the free nodes into ``held``. into: A into each node."""
    rows = matrix[free]
    factors = splu(
        rows[:, free].tocsc(),
        permc_spec="MMD_AT_PLUS_A",
        diag_pivot_thresh=0.0,
        options={"SymmetricMode": True},
    )
    known = into[free] - rows[:, np.flatnonzero(fixed)] @ held[:, fixed].T
    held[:, free] = factors.solve(known).T
