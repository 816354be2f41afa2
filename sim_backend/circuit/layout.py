"""How a network lies in memory while it is solved: strips of 16 columns, blocks of 16 rows.

A strip holds, row after row, one record of 16 numbers for each quantity of 16 neighbouring cells.
A column line is then swept with 16 lines side by side, all its quantities in one stream of memory.
Row lines are swept in blocks of 16, turned on their way through a small scratch array. All arrays
are flat and padded to whole blocks both ways, with zeros where no line is; indices are unsigned.
"""

from typing import Any, NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

U: Any = np.uintp  # in compiled code an unsigned number, like any other
LANES = U(16)

# Records of the outer strips, in float64: what the answer is made of.
G, FACTOR, ROW, COLUMN = (U(16 * k) for k in range(4))
OUTER = U(4 * 16)
# Records of the inner strips, in float64 or float32: the correction under way. The first two are
# those of the outer ones. NET: what is swept, then what it became.
NET, RESIDUAL, STEP, PUSH, SUM = (U(16 * k) for k in range(2, 7))
INNER = U(7 * 16)

Floats = NDArray[np.float64]
Reals = NDArray[np.float64] | NDArray[np.float32]

_njit: Any = numba.njit  # its stub does not know all options
# Without reference counts: they would be kept, atomically, at every step along a line. So compiled
# code allocates nothing.
_OPTIONS = {
    "cache": True,
    "nogil": True,
    "error_model": "numpy",
    "_nrt": False,
}
called = _njit(no_cfunc_wrapper=True, **_OPTIONS)  # from Python
fast = _njit(no_cfunc_wrapper=True, no_cpython_wrapper=True, **_OPTIONS)  # from compiled code only
within = _njit(no_cfunc_wrapper=True, no_cpython_wrapper=True, forceinline=True, **_OPTIONS)


class Lines(NamedTuple):
    """The lines of one direction, padded to whole blocks.

    wire: ohm from each node to the next, 16 lines side by side, node by node, block by block; or
    one number for all of it.  far: ohm from the last node to its terminal, with the last segment.
    held: how many nodes, counted from the near end, are at the near terminal's voltage; no node of
    a line that is only padding counts as one.  inlet: S, from the near terminal to the next node.
    last: ohm, the load of each last node.  loads: of all nodes, as ``wire``; empty if ``even``.
    even: whether one number, not infinite, is all wire: a load is that number times the factor.
    plain: whether no node is held and no wire is broken, which is faster.
    """

    wire: Floats
    far: Floats
    held: Floats
    inlet: Floats
    last: Floats
    loads: Floats
    even: bool
    plain: bool


class Work(NamedTuple):
    """All arrays of one calculation; see the head of the file.

    cells, source: S and A, row after row, padded to whole blocks both ways.  row_factors: node by
    node, 16 lines side by side.  scratch, scratch_inner: one row for each thread, as long as 16
    lines of either direction.
    """

    rows: int
    columns: int
    cells: Floats
    source: Floats
    across: Lines
    down: Lines
    outer: Floats
    inner: Reals
    row_factors: Floats
    row_factors_inner: Reals
    scratch: Floats
    scratch_inner: Reals


class Drive(NamedTuple):
    """The voltages of the terminals, in V, and what the solution is written to, (rows, columns).

    scale: what currents are multiplied by while they are corrected, so that float32 holds them.
    """

    left: Floats
    right: Floats
    top: Floats
    bottom: Floats
    row_voltage: Floats
    column_voltage: Floats
    scale: float


@within
def strip_start(work: Work, strip: int, record: int) -> int:
    """Return where a strip begins.

    Between strips lies a gap: rows of neighbours would else fall on the same few lines of a cache.
    """
    return strip * (U(work.cells.shape[0]) * record + LANES)


@within
def strips(work: Work) -> int:
    """Return how many strips the columns are in."""
    return U(work.cells.shape[1]) // LANES


def blocks(lines: int) -> int:
    """Return how many blocks of 16 hold so many lines."""
    return -(-lines // 16)


def lines(wire: Floats, near: Floats, far: Floats, nodes: int) -> Lines:
    """Return the lines of one direction.

    wire: ohm, (lines or 1, nodes + 1 or 1).  near, far: ohm of the terminals, (lines,).
    """
    far_ohm, held, inlet, last = np.empty((4, blocks(near.size) * 16))
    wire = np.ascontiguousarray(wire)
    wire.flags.writeable = False  # as those of networks are: compiled code is made for one kind
    free = _ends(wire, near, far, nodes, far_ohm, held, inlet)
    even = wire.size == 1 and bool(wire[0, 0] < np.inf)
    flat = wire.flatten() if even else _side_by_side(wire, near.size, nodes)
    loads = np.empty(0 if even else flat.size)
    plain = free and (even or bool(np.isfinite(flat).all()))
    return Lines(flat, far_ohm, held, inlet, last, loads, even, plain)


@called
def _ends(
    wire: Floats,
    near: Floats,
    far: Floats,
    nodes: int,
    far_ohm: Floats,
    held: Floats,
    inlet: Floats,
) -> bool:
    """Find `Lines.far`, `held` and ``inlet`` of all lines; return whether no node is held.

    Ideal wire joins nodes to an ideal driver: these are held, up to the first that has resistance.
    """
    far_ohm[:], held[:], inlet[:] = 1.0, 2.0**31, 0.0
    free = True
    for line in range(near.size):
        row = wire[line if wire.shape[0] > 1 else 0]
        first, joined = row[0] + near[line], 0
        far_ohm[line] = row[row.size - 1] + far[line]
        if first == 0.0:
            free = False
            joined = 1
            while joined < nodes and row[joined if row.size > 1 else 0] == 0.0:
                joined += 1
            first = row[joined if row.size > 1 else 0] if joined < nodes else np.inf
        held[line], inlet[line] = joined, 1.0 / first
    return free


def _side_by_side(wire: Floats, count: int, nodes: int) -> Floats:
    found = np.ones((blocks(count) * 16, nodes))
    found[:count] = np.broadcast_to(wire, (count, nodes + 1))[:, 1:]
    return np.ascontiguousarray(found.reshape(-1, 16, nodes).swapaxes(1, 2)).ravel()
