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

from .lanes import Sixteen, load, spread, store, total, turn, where_above, where_equal
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
    Lines,
    Reals,
    U,
    Work,
    fast,
    row_strips,
    strip_rows,
    within,
)


@within
def _onward(lines: Lines, block: int, node: int, nodes: int) -> Sixteen:
    """Return ohm from a node to the next one, or to the far terminal, of 16 lines."""
    if node + U(1) == nodes:
        return load(lines.far, block * LANES)
    if lines.wire.size == 1:
        return spread(lines.wire, lines.wire[0])
    return load(lines.wire, (block * nodes + node) * LANES)


@within
def _factors(
    lines: Lines, block: int, node: int, nodes: int, own: Sixteen, behind: Sixteen
) -> tuple[Sixteen, Sixteen, Sixteen]:
    """Return factor and load of a node, and what is seen from the next one but for its own load.

    own: S of the node's load.  behind: S that it sees behind itself.
    """
    none, one = spread(lines.far, 0.0), spread(lines.far, 1.0)
    if lines.plain and node + U(1) < nodes:
        seen = (load(lines.inlet, block * LANES) if node == U(0) else behind) + own
        wire = _onward(lines, block, node, nodes)
        factor = one / (one + wire * seen)
        return factor, wire * factor, factor * seen
    here, held = spread(lines.far, float(node)), load(lines.held, block * LANES)
    seen = where_equal(held, here, load(lines.inlet, block * LANES), behind) + own
    wire, broken = _onward(lines, block, node, nodes), spread(lines.far, np.inf)
    under = where_equal(wire, broken, seen, one + wire * seen)
    inverse = where_above(held, here, none, where_above(under, none, one / under, none))
    factor = where_equal(wire, broken, none, inverse)
    return factor, where_equal(wire, broken, inverse, wire * inverse), factor * seen


@fast
def factor_rows(block: int, work: Work) -> None:
    """Work out factors and loads of 16 row lines; their conductances are in the strips."""
    nodes, strips = U(work.conductance.shape[1]), row_strips(work)
    turned = np.empty(strips * LANES * LANES)
    turn_in(block, work.outer, G, OUTER, work, turned)
    behind = spread(turned, 0.0)
    at = block * nodes * FACTORS
    for node in range(nodes):
        own = load(turned, node * LANES)
        factor, resistance, behind = _factors(work.rows, block, node, nodes, own, behind)
        store(work.row_factors, at, factor)
        store(work.row_factors, at + LANES, resistance)
        store(work.row_factors_inner, at, factor)
        store(work.row_factors_inner, at + LANES, resistance)
        at += FACTORS


@fast
def turn_in(block: int, strips: Reals, of: int, record: int, work: Work, turned: Reals) -> None:
    """Copy the records ``of`` 16 rows out of the strips, so that 16 rows lie side by side."""
    rows = strip_rows(work)
    for strip in range(row_strips(work)):
        at = (strip * rows + block * LANES) * record + of
        turn(strips, at, record, turned, strip * LANES * LANES, LANES)


@fast
def turn_out(block: int, turned: Reals, work: Work, strips: Reals, of: int, record: int) -> None:
    """Copy 16 rows that lie side by side back into the records ``of`` the strips."""
    rows = strip_rows(work)
    for strip in range(row_strips(work)):
        at = (strip * rows + block * LANES) * record + of
        turn(turned, strip * LANES * LANES, LANES, strips, at, record)


@fast
def factor_columns(strip: int, work: Work, warm: bool) -> None:
    """Lay down the conductances of 16 column lines; work out factors and loads.

    warm: whether COLUMN is to stay as it is; else it becomes 0 V.
    """
    rows, columns = U(work.conductance.shape[0]), U(work.conductance.shape[1])
    first, some = strip * LANES, np.zeros(16)
    count, none = min(LANES, columns - first), spread(some, 0.0)
    outer, inner = strip * strip_rows(work) * OUTER, strip * strip_rows(work) * INNER
    behind = none
    for node in range(rows):
        if count == LANES:
            own = load(work.conductance, node * columns + first)
        else:
            for lane in range(count):
                some[lane] = work.conductance[node, first + lane]
            own = load(some, U(0))
        factor, resistance, behind = _factors(work.columns, strip, node, rows, own, behind)
        store(work.outer, outer + G, own)
        store(work.outer, outer + FACTOR, factor)
        store(work.outer, outer + LOAD, resistance)
        store(work.inner, inner + G, own)
        store(work.inner, inner + FACTOR, factor)
        store(work.inner, inner + LOAD, resistance)
        if not warm:
            store(work.outer, outer + COLUMN, none)
        outer += OUTER
        inner += INNER


@fast
def clear_columns(strip: int, work: Work) -> None:
    """Set COLUMN of 16 column lines to 0 V."""
    rows = strip_rows(work)
    for node in range(rows):
        store(work.outer, (strip * rows + node) * OUTER + COLUMN, spread(work.outer, 0.0))


@fast
def sweep_rows(turned: Reals, factors: Reals, at: int, nodes: int, far: Sixteen) -> float:
    """Solve 16 lines in place: currents become voltages. Return their energy, b . v, in W.

    turned: A, then V; node by node, 16 lines side by side.  far: V of the far terminals.
    """
    here, carried = U(0), spread(turned, 0.0)
    for _ in range(nodes):
        current = load(turned, here) + carried
        store(turned, here, current)
        carried = load(factors, at) * current
        here += LANES
        at += FACTORS
    voltage, energy = far, spread(turned, 0.0)
    for _ in range(nodes):
        here -= LANES
        at -= FACTORS
        current = load(turned, here)
        own = load(factors, at + LANES) * current
        energy = energy + own * current
        voltage = load(factors, at) * voltage + own
        store(turned, here, voltage)
    return total(energy)


@fast
def settle_rows(block: int, work: Work, drive: Drive, sourced: bool) -> None:
    """Solve 16 row lines with the column lines at COLUMN; write ROW and the solution.

    sourced: whether cells carry SOURCE, in A, from row to column, besides G times their voltage.
    """
    rows, nodes = U(work.conductance.shape[0]), U(work.conductance.shape[1])
    first, outer, held = block * LANES, work.outer, work.rows.held
    turned = np.empty(row_strips(work) * LANES * LANES)
    for strip in range(row_strips(work)):
        at = (strip * strip_rows(work) + first) * OUTER
        for _ in range(LANES):
            into = load(outer, at + G) * load(outer, at + COLUMN)
            if sourced:
                into = into - load(outer, at + SOURCE)
            store(outer, at + ROW, into)
            at += OUTER
    turn_in(block, outer, ROW, OUTER, work, turned)
    for lane in range(min(LANES, rows - first)):
        if held[first + lane] < nodes:
            node = U(held[first + lane])
            inlet = work.rows.inlet[first + lane]
            turned[node * LANES + lane] += inlet * drive.left[first + lane]
    far = load(drive.right, first)
    sweep_rows(turned, work.row_factors, block * nodes * FACTORS, nodes, far)
    for lane in range(min(LANES, rows - first)):
        for node in range(U(held[first + lane])):
            turned[node * LANES + lane] = drive.left[first + lane]
    turn_out(block, turned, work, outer, ROW, OUTER)
    _write_rows(block, work, drive.row_voltage)


@fast
def _write_rows(block: int, work: Work, row_voltage: Floats) -> None:
    """Write ROW of 16 row lines into the solution."""
    rows, nodes = U(work.conductance.shape[0]), U(work.conductance.shape[1])
    first = block * LANES
    for strip in range(row_strips(work)):
        width = min(LANES, nodes - strip * LANES)
        for lane in range(min(LANES, rows - first)):
            at = (strip * strip_rows(work) + first + lane) * OUTER + ROW
            if width == LANES:
                to = (first + lane) * nodes + strip * LANES
                store(row_voltage, to, load(work.outer, at))
            else:
                for k in range(width):
                    row_voltage[first + lane, strip * LANES + k] = work.outer[at + k]


@fast
def settle_columns(strip: int, work: Work, drive: Drive, sourced: bool, swept: Floats) -> None:
    """Solve 16 column lines with the row lines at ROW; ``swept`` becomes the column voltages.

    swept: V, 16 for each row.  sourced: see `settle_rows`.
    """
    rows, columns = U(work.conductance.shape[0]), U(work.conductance.shape[1])
    first, outer, held = strip * LANES, work.outer, work.columns.held
    at, here, none = strip * strip_rows(work) * OUTER, U(0), spread(outer, 0.0)
    inlets, plain = load(work.columns.inlet, first) * load(drive.top, first), work.columns.plain
    carried = inlets if plain else none
    for node in range(rows):
        into = load(outer, at + G) * load(outer, at + ROW)
        if sourced:
            into = into + load(outer, at + SOURCE)
        if not plain:
            number = spread(outer, float(node))
            into = into + where_equal(load(held, first), number, inlets, none)
        current = into + carried
        store(swept, here, current)
        carried = load(outer, at + FACTOR) * current
        at += OUTER
        here += LANES
    voltage = load(drive.bottom, first)
    for _ in range(rows):
        at -= OUTER
        here -= LANES
        voltage = load(outer, at + FACTOR) * voltage + load(outer, at + LOAD) * load(swept, here)
        store(swept, here, voltage)
    for lane in range(min(LANES, columns - first)):
        for node in range(U(held[first + lane])):
            swept[node * LANES + lane] = drive.top[first + lane]
