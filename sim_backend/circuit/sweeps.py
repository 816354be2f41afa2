"""Lines solved one by one: a row or column line with all other lines at known voltages.

A line is a chain of nodes. Node k has a load g_k to a known voltage, and the wire r_k leads on to
node k + 1. Seen from its wire, what lies behind node k is a conductance y_k and a current source
J_k (Norton). One step along the chain is free of subtractions, so nothing cancels, and it holds for
ideal wire, r = 0, as for broken wire, r = inf:

    factor  c_k = 1 / (1 + r_k y_k)       load  e_k = r_k c_k, which is 1 / y_k on broken wire
    y_k+1 = g_k+1 + c_k y_k               J_k+1 = b_k+1 + c_k J_k        (forward)
    v_k = c_k v_k+1 + e_k J_k                                            (backward)

b: the current into the node from its load's far side. A piece that nothing holds is at 0 V. The sum
of e_k J_k^2 is the energy b . v of the line, which conjugate gradients ask for.
"""

import numpy as np

from .layout import (
    COLUMN,
    FACTOR,
    FACTORS,
    INNER,
    LANES,
    LOAD,
    OUTER,
    ROW,
    SOURCE,
    Drive,
    Floats,
    G,
    Reals,
    U,
    Work,
    fast,
)


@fast
def _onward(far: Floats, wire: Floats, line: int, node: int, last: int) -> float:
    """Return the resistance in ohm from a node to the next one, or to the far terminal."""
    if node == last:
        return far[line]
    across = line if wire.shape[0] > 1 else U(0)
    along = node + U(1) if wire.shape[1] > 1 else U(0)
    return wire[across, along]


@fast
def _step(behind: float, wire: float) -> tuple[float, float, float]:
    """Return factor, load and what is seen from the next node, but for that node's own load."""
    if wire == np.inf:
        return 0.0, (1.0 / behind if behind > 0.0 else 0.0), 0.0
    factor = 1.0 / (1.0 + wire * behind)
    return factor, wire * factor, factor * behind


@fast
def factor_rows(block: int, work: Work) -> None:
    """Work out factors and loads of 16 row lines."""
    rows, columns = work.conductance.shape
    nodes, last = U(columns), U(columns - 1)
    behind = np.zeros(16)
    at = block * nodes * FACTORS
    for node in range(nodes):
        for lane in range(LANES):
            line = block * LANES + lane
            factor, load = 0.0, 0.0
            if line < U(rows) and node >= work.rows.held[line]:
                if node == work.rows.held[line]:
                    behind[lane] = work.rows.inlet[line]
                seen = behind[lane] + work.conductance[line, node]
                wire = _onward(work.rows.far, work.rows.wire, line, node, last)
                factor, load, behind[lane] = _step(seen, wire)
            work.row_factors[at + lane] = factor
            work.row_factors[at + LANES + lane] = load
            work.row_factors_inner[at + lane] = factor
            work.row_factors_inner[at + LANES + lane] = load
        at += FACTORS


@fast
def factor_columns(strip: int, work: Work, warm: bool) -> None:
    """Lay down the conductances of 16 column lines; work out factors and loads.

    warm: whether COLUMN is to stay as it is; else it becomes 0 V.
    """
    rows, columns = work.conductance.shape
    nodes, last = U(rows), U(rows - 1)
    behind = np.zeros(16)
    outer, inner = strip * nodes * OUTER, strip * nodes * INNER
    for node in range(nodes):
        for lane in range(LANES):
            line = strip * LANES + lane
            own, factor, load = 0.0, 0.0, 0.0
            if line < U(columns):
                own = work.conductance[node, line]
                if node >= work.columns.held[line]:
                    if node == work.columns.held[line]:
                        behind[lane] = work.columns.inlet[line]
                    wire = _onward(work.columns.far, work.columns.wire, line, node, last)
                    factor, load, behind[lane] = _step(behind[lane] + own, wire)
            work.outer[outer + G + lane] = work.inner[inner + G + lane] = own
            work.outer[outer + FACTOR + lane] = work.inner[inner + FACTOR + lane] = factor
            work.outer[outer + LOAD + lane] = work.inner[inner + LOAD + lane] = load
            if not warm:
                work.outer[outer + COLUMN + lane] = 0.0
        outer += OUTER
        inner += INNER


@fast
def clear_columns(strip: int, work: Work) -> None:
    """Set COLUMN of 16 column lines to 0 V."""
    rows = U(work.conductance.shape[0])
    for node in range(rows):
        for lane in range(LANES):
            work.outer[(strip * rows + node) * OUTER + COLUMN + lane] = 0.0


@fast
def sweep_rows(turned: Reals, factors: Reals, at: int, nodes: int) -> float:
    """Solve 16 lines in place: currents become voltages. Return their energy, b . v, in W.

    turned: A, then V; node by node, 16 lines side by side, and after the last node the far
    terminals' voltages and 32 numbers of scratch.
    """
    carried = nodes * LANES
    energy, voltage = carried + LANES, carried + LANES + LANES
    for lane in range(LANES):
        turned[voltage + lane] = turned[carried + lane]
        turned[carried + lane] = 0.0
        turned[energy + lane] = 0.0
    here = U(0)
    for _ in range(nodes):
        for lane in range(LANES):
            current = turned[here + lane] + turned[carried + lane]
            turned[here + lane] = current
            turned[carried + lane] = factors[at + lane] * current
        here += LANES
        at += FACTORS
    for _ in range(nodes):
        here -= LANES
        at -= FACTORS
        for lane in range(LANES):
            current = turned[here + lane]
            own = factors[at + LANES + lane] * current
            turned[energy + lane] += own * current
            now = factors[at + lane] * turned[voltage + lane] + own
            turned[voltage + lane] = now
            turned[here + lane] = now
    total = 0.0
    for lane in range(LANES):
        total += turned[energy + lane]
    return total


@fast
def settle_rows(block: int, work: Work, drive: Drive, sourced: bool, sums: Floats) -> None:
    """Solve 16 row lines with the column lines at COLUMN; write ROW and the solution.

    sourced: whether cells carry SOURCE, in A, from row to column, besides G times their voltage.
    sums: the largest change of ROW and the largest ROW, in V.
    """
    rows, columns = work.conductance.shape
    nodes, first, outer = U(columns), block * LANES, work.outer
    count = min(LANES, U(rows) - first)
    turned = np.zeros((nodes + U(3)) * LANES + LANES * LANES)
    for lane in range(count):
        line = first + lane
        for node in range(nodes):
            at = ((node // LANES) * U(rows) + line) * OUTER + node % LANES
            into = outer[at + G] * outer[at + COLUMN]
            if sourced:
                into -= outer[at + SOURCE]
            turned[node * LANES + lane] = into
        turned[nodes * LANES + lane] = drive.right[line]
        if work.rows.held[line] < nodes:
            node = work.rows.held[line]
            turned[node * LANES + lane] += work.rows.inlet[line] * drive.left[line]
    sweep_rows(turned, work.row_factors, block * nodes * FACTORS, nodes)
    change, largest = 0.0, 0.0
    for lane in range(count):
        line = first + lane
        for node in range(nodes):
            at = ((node // LANES) * U(rows) + line) * OUTER + node % LANES
            now = turned[node * LANES + lane]
            if node < work.rows.held[line]:
                now = drive.left[line]
            change = max(change, abs(now - outer[at + ROW]))
            largest = max(largest, abs(now))
            outer[at + ROW] = now
            drive.row_voltage[line, node] = now
    sums[0], sums[1] = change, largest


@fast
def settle_columns(strip: int, work: Work, drive: Drive, sourced: bool, swept: Floats) -> None:
    """Solve 16 column lines with the row lines at ROW; ``swept`` becomes the column voltages.

    swept: V, 16 for each row, and 16 more.  sourced: see `settle_rows`.
    """
    rows, columns = work.conductance.shape
    nodes, first, outer = U(rows), strip * LANES, work.outer
    count = min(LANES, U(columns) - first)
    at, here, carried = first * nodes * (OUTER // LANES), U(0), nodes * LANES
    for lane in range(LANES):
        swept[carried + lane] = 0.0
    for node in range(nodes):
        for lane in range(LANES):
            into = outer[at + G + lane] * outer[at + ROW + lane]
            if sourced:
                into += outer[at + SOURCE + lane]
            swept[here + lane] = into
        for lane in range(count):
            if work.columns.held[first + lane] == node:
                line = first + lane
                swept[here + lane] += work.columns.inlet[line] * drive.top[line]
        for lane in range(LANES):
            swept[here + lane] += swept[carried + lane]
            swept[carried + lane] = outer[at + FACTOR + lane] * swept[here + lane]
        at += OUTER
        here += LANES
    for lane in range(count):
        swept[carried + lane] = drive.bottom[first + lane]
    for _ in range(nodes):
        at -= OUTER
        here -= LANES
        for lane in range(LANES):
            own = outer[at + LOAD + lane] * swept[here + lane]
            swept[carried + lane] = outer[at + FACTOR + lane] * swept[carried + lane] + own
            swept[here + lane] = swept[carried + lane]
    for lane in range(count):
        for node in range(work.columns.held[first + lane]):
            swept[node * LANES + lane] = drive.top[first + lane]
