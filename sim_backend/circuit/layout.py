"""How a network lies in memory while it is solved: strips of 16 columns, blocks of 16 rows.

A strip holds, row after row, one record of 16 numbers for each quantity of 16 neighbouring cells.
A column line is then swept with 16 lines side by side, all its quantities in one stream of memory.
Row lines are swept in blocks of 16, turned on their way through a small scratch array. All arrays
are flat, and all indices unsigned: only so does the compiler turn 16 numbers into vectors.
"""

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

U = np.uintp
LANES = U(16)

# Records of the outer strips, in float64: what the answer is made of.
G, FACTOR, LOAD, ROW, COLUMN, SOURCE = (U(16 * k) for k in range(6))
OUTER = U(6 * 16)
# Records of the inner strips, in float64 or float32: the correction under way. The first three are
# those of the outer ones. NET: what is swept, then what it became.
NET, RESIDUAL, STEP, PUSH, SUM = (U(16 * k) for k in range(3, 8))
INNER = U(8 * 16)
FACTORS = U(2 * 16)  # a record of a row line: its factor, its load
SCRATCH = U(4 * 16)  # running values of a sweep: carried, and three sums

Floats = NDArray[np.float64]
Reals = NDArray[np.float64] | NDArray[np.float32]

_OPTIONS = {"cache": True, "nogil": True, "error_model": "numpy", "fastmath": {"contract"}}
called = njit(no_cfunc_wrapper=True, **_OPTIONS)  # from Python
fast = njit(no_cfunc_wrapper=True, no_cpython_wrapper=True, **_OPTIONS)  # from compiled code only


class Lines(NamedTuple):
    """The lines of one direction. wire: ohm, (lines or 1, segments or 1).

    near, far: ohm, from the first and last node to the terminals, wire and terminal together.
    held: how many nodes, counted from the near end, are at the near terminal's voltage.
    inlet: S, from the near terminal to the first node that is not.
    """

    wire: Floats
    near: Floats
    far: Floats
    held: NDArray[np.uintp]
    inlet: Floats


class Work(NamedTuple):
    """All arrays of one calculation; see the head of the file. Voltages: V, of terminals."""

    conductance: Floats
    rows: Lines
    columns: Lines
    outer: Floats
    inner: Reals
    row_factors: Floats
    row_factors_inner: Reals


class Drive(NamedTuple):
    """The voltages of the terminals, in V, and what the solution is written to, (rows, columns)."""

    left: Floats
    right: Floats
    top: Floats
    bottom: Floats
    row_voltage: Floats
    column_voltage: Floats


def blocks(lines: int) -> int:
    """Return how many blocks of 16 hold so many lines."""
    return -(-lines // 16)


def lines(wire: Floats, near: Floats, far: Floats, nodes: int) -> Lines:
    """Return the lines of one direction; what is at the near terminal's voltage is found here.

    wire: ohm, (lines or 1, nodes + 1 or 1).  near, far: ohm of the terminals, (lines,).
    """
    first, last = wire[:, 0] + near, wire[:, -1] + far
    held = np.zeros(near.size, dtype=np.uintp)
    with np.errstate(divide="ignore"):
        inlet = 1.0 / first
    for line in np.flatnonzero(first == 0.0):  # ideal wire joins nodes to an ideal driver
        inner = np.broadcast_to(wire, (near.size, nodes + 1))[line, 1:-1]
        resistive = np.flatnonzero(inner)
        held[line] = resistive[0] + 1 if resistive.size else nodes
        inlet[line] = 1.0 / inner[resistive[0]] if resistive.size else 0.0
    return Lines(wire, first, last, held, inlet)
