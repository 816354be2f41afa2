"""Line-preconditioned conjugate gradients: row and column lines brought to agree.

With A and B what row and column lines do with currents (`sweeps`: inverses of tridiagonal matrices,
one for each line), D the cells, x and w the voltages of row and column nodes,

    x = h + A D w,   w = k + B D x,   h and k what the terminals drive by themselves.

The unknown is the current u = D w that the cells bring to the row lines. (1 - D B D A) u = D (k +
B D h) is symmetric in the inner product of A, and one round of conjugate gradients is one sweep of
all row lines and one of all column lines. A^-1 is never needed: beside each step p = A s its
currents s are kept. So wires may be ideal. The residual r measured by r A r is a power: rounds end
where its root is below the tolerance times that of the power in the cells.

Voltages x and w stay in float64. The correction may be carried in float32: it is then found to five
digits, added, and what is left is corrected again.
"""

import numpy as np

from .layout import (
    COLUMN,
    FACTOR,
    FACTORS,
    INNER,
    LANES,
    LOAD,
    NET,
    OUTER,
    PUSH,
    RESIDUAL,
    ROW,
    STEP,
    SUM,
    Drive,
    Floats,
    G,
    U,
    Work,
    fast,
)
from .sweeps import settle_columns, sweep_rows


@fast
def residual_columns(strip: int, work: Work, drive: Drive, sourced: bool, sums: Floats) -> None:
    """Settle 16 column lines; write the currents that COLUMN lacks into RESIDUAL.

    sums: the power in the cells, in W, and what it would be with either side at 0 V.
    """
    rows = U(work.conductance.shape[0])
    swept = np.empty((rows + U(1)) * LANES)
    settle_columns(strip, work, drive, sourced, swept)
    outer, inner = work.outer, work.inner
    at, to, here = strip * rows * OUTER, strip * rows * INNER, U(0)
    zero = inner.dtype.type(0.0)
    power, loose = 0.0, 0.0
    for _ in range(rows):
        for lane in range(LANES):
            own, row, column = outer[at + G + lane], outer[at + ROW + lane], swept[here + lane]
            power += own * (row - column) * (row - column)
            loose += own * (row * row + column * column)
            inner[to + RESIDUAL + lane] = own * (column - outer[at + COLUMN + lane])
            inner[to + NET + lane] = zero
            inner[to + STEP + lane] = zero
            inner[to + PUSH + lane] = zero
            inner[to + SUM + lane] = zero
        at += OUTER
        to += INNER
        here += LANES
    sums[0], sums[1] = power, loose


@fast
def descend_rows(block: int, work: Work, length: float, sums: Floats) -> None:
    """Take ``length`` steps off the residual of 16 row lines and sweep it into NET.

    sums: the power of the residual, in W.
    """
    rows, columns = work.conductance.shape
    nodes, first, inner = U(columns), block * LANES, work.inner
    count, strips = min(LANES, U(rows) - first), (nodes + LANES - U(1)) // LANES
    far = inner.dtype.type(length)
    turned = np.zeros((strips + U(1)) * LANES * LANES, inner.dtype)
    for strip in range(strips):
        for lane in range(count):
            at = (strip * U(rows) + first + lane) * INNER
            to = strip * LANES * LANES + lane
            for k in range(LANES):
                left = inner[at + RESIDUAL + k] - far * inner[at + NET + k]
                inner[at + RESIDUAL + k] = left
                turned[to + k * LANES] = left
    for lane in range(LANES):
        turned[nodes * LANES + lane] = 0.0
    sums[0] = sweep_rows(turned, work.row_factors_inner, block * nodes * FACTORS, nodes)
    for strip in range(strips):
        for lane in range(count):
            at = (strip * U(rows) + first + lane) * INNER
            to = strip * LANES * LANES + lane
            for k in range(LANES):
                inner[at + NET + k] = turned[to + k * LANES]


@fast
def step_columns(strip: int, work: Work, last: float, turn: float, sums: Floats) -> None:
    """Add the ``last`` step to SUM; make the next one, and the current it takes, for 16 columns.

    turn: how much of the last step is in the next.  sums: twice the power of the step, in W.
    """
    rows, inner = U(work.conductance.shape[0]), work.inner
    run, old, mix = np.zeros(48, inner.dtype), inner.dtype.type(last), inner.dtype.type(turn)
    at = strip * rows * INNER
    for _ in range(rows):
        for k in range(LANES):
            inner[at + SUM + k] += old * inner[at + STEP + k]
            step = inner[at + NET + k] + mix * inner[at + STEP + k]
            push = inner[at + RESIDUAL + k] + mix * inner[at + PUSH + k]
            inner[at + STEP + k] = step
            inner[at + PUSH + k] = push
            run[LANES + k] += step * push
            current = inner[at + G + k] * step + run[k]
            inner[at + NET + k] = current
            run[k] = inner[at + FACTOR + k] * current
            run[LANES + LANES + k] += inner[at + LOAD + k] * current * current
        at += INNER
    total = 0.0
    for k in range(LANES):
        total += run[LANES + k] - run[LANES + LANES + k]
        run[k] = 0.0
    sums[0] = total
    for _ in range(rows):
        at -= INNER
        for k in range(LANES):
            own = inner[at + LOAD + k] * inner[at + NET + k]
            run[k] = inner[at + FACTOR + k] * run[k] + own
            inner[at + NET + k] = inner[at + PUSH + k] - inner[at + G + k] * run[k]


@fast
def correct_columns(strip: int, work: Work, drive: Drive, sourced: bool, last: float) -> None:
    """Add SUM and the ``last`` step to ROW, settle 16 column lines, write the solution."""
    rows, columns = work.conductance.shape
    nodes, first, outer, inner = U(rows), strip * LANES, work.outer, work.inner
    at, to = strip * nodes * OUTER, strip * nodes * INNER
    for _ in range(nodes):
        for k in range(LANES):
            correction = float(inner[to + SUM + k]) + last * float(inner[to + STEP + k])
            outer[at + ROW + k] += correction
        at += OUTER
        to += INNER
    swept = np.empty((nodes + U(1)) * LANES)
    settle_columns(strip, work, drive, sourced, swept)
    count = min(LANES, U(columns) - first)
    for node in range(nodes):
        at = (strip * nodes + node) * OUTER
        for lane in range(LANES):
            outer[at + COLUMN + lane] = swept[node * LANES + lane]
        for lane in range(count):
            drive.column_voltage[node, first + lane] = swept[node * LANES + lane]
