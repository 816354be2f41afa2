"""Currents along lines, from the voltages of their nodes and the currents of their cells."""

import numpy as np
from numba import njit

from .network import Floats

_jit = njit(cache=True, nogil=True, error_model="numpy")


@_jit
def _anchor(wires: Floats) -> int:
    """Return the segment whose current Ohm's law tells best: that of the most resistance."""
    best = 0
    for k in range(1, wires.size):
        if wires[k] > wires[best]:
            best = k
    return best


@_jit
def _ohm(before: float, after: float, wire: float) -> float:
    return 0.0 if wire == np.inf else (before - after) / wire


@_jit
def line_currents(
    voltage: Floats, drawn: Floats, wires: Floats, near: Floats, far: Floats, current: Floats
) -> None:
    """Write A in each segment, away from the near end: Ohm's law once a line, then Kirchhoff's.

    voltage: V of nodes; drawn: A that cells take, (lines, nodes).  wires: ohm with terminals;
    current: (lines, nodes + 1).  near, far: V.  Where all is ideal, both ends carry the same.
    """
    nodes = voltage.shape[1]
    for line in range(voltage.shape[0]):
        best = _anchor(wires[line])
        if wires[line, best] == 0.0:
            best, current[line, 0] = 0, drawn[line].sum() / 2
        else:
            before = near[line] if best == 0 else voltage[line, best - 1]
            after = far[line] if best == nodes else voltage[line, best]
            current[line, best] = _ohm(before, after, wires[line, best])
        for k in range(best, nodes):
            broken = wires[line, k + 1] == np.inf
            current[line, k + 1] = 0.0 if broken else current[line, k] - drawn[line, k]
        for k in range(best - 1, -1, -1):
            broken = wires[line, k] == np.inf
            current[line, k] = 0.0 if broken else current[line, k + 1] + drawn[line, k]


@_jit
def column_sums(cells: Floats, row: Floats, column: Floats, sums: Floats) -> None:
    """Write A that all cells together bring to each column line. row, column: V of the nodes."""
    sums[:] = 0.0
    for i in range(cells.shape[0]):
        for j in range(cells.shape[1]):
            sums[j] += cells[i, j] * (row[i, j] - column[i, j])


@_jit
def node_residual(
    voltage: Floats, drawn: Floats, wires: Floats, near: Floats, far: Floats
) -> float:
    """Return the largest sum of currents at a node, in A. Arguments as for `line_currents`."""
    nodes = voltage.shape[1]
    worst = 0.0
    for line in range(voltage.shape[0]):
        held = wires[line, 0] == 0.0
        total = 0.0 if held else _ohm(near[line], voltage[line, 0], wires[line, 0])
        for k in range(nodes):
            total -= drawn[line, k]
            wire = wires[line, k + 1]
            if wire == 0.0:
                held = held or k + 1 == nodes
                if k + 1 < nodes:
                    continue
            after = far[line] if k + 1 == nodes else voltage[line, k + 1]
            onward = 0.0 if wire == 0.0 else _ohm(voltage[line, k], after, wire)
            if not held:
                worst = max(worst, abs(total - onward))
            held, total = False, onward
    return worst
