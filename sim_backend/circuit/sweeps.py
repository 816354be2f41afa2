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

from .lanes import Sixteen, fused, like, load, spread, store, total, turn, where_equal
from .layout import (
    COLUMN,
    FACTOR,
    INNER,
    LANES,
    OUTER,
    ROW,
    Drive,
    Floats,
    G,
    Lines,
    Reals,
    U,
    Work,
    fast,
    strip_start,
    strips,
    within,
)


@fast
def turn_in(block: int, of: int, work: Work, turned: Reals) -> None:
    """Copy the inner records ``of`` 16 rows out of the strips, so that 16 rows lie side by side."""
    for strip in range(strips(work)):
        at = strip_start(work, strip, INNER) + block * LANES * INNER + of
        turn(work.inner, at, INNER, turned, strip * LANES * LANES, LANES)


@fast
def turn_out(block: int, turned: Reals, work: Work, to: Reals, of: int, record: int) -> None:
    """Copy 16 rows that lie side by side back into the records ``of`` the strips."""
    for node in range(U(work.columns), strips(work) * LANES):
        store(turned, node * LANES, spread(turned, 0.0))
    for strip in range(strips(work)):
        at = strip_start(work, strip, record) + block * LANES * record + of
        turn(turned, strip * LANES * LANES, LANES, to, at, record)


@within
def load_of(lines: Lines, block: int, node: int, factor: Sixteen) -> Sixteen:
    """Return the loads, in ohm, of a node of 16 lines that is not their last one."""
    if lines.even:
        return spread(factor, lines.wire[0]) * factor
    nodes = lines.loads.size // lines.far.size
    return like(factor, load(lines.loads, (block * nodes + node) * LANES))


@fast
def sweep_rows(turned: Reals, factors: Reals, lines: Lines, block: int, far: Sixteen) -> float:
    """Solve 16 lines in place: currents become voltages. Return their energy, b . v, in W.

    turned: A, then V; node by node, 16 lines side by side.  far: V of the far terminals.
    """
    nodes = factors.size // lines.far.size
    at, none = block * nodes * LANES, spread(turned, 0.0)
    factor, current, energy = none, none, none
    last = nodes - U(1)
    for node in range(last):
        current = fused(factor, current, load(turned, node * LANES))
        store(turned, node * LANES, current)
        factor = load(factors, at)
        energy = fused(load_of(lines, block, node, factor) * current, current, energy)
        at += LANES
    current = fused(factor, current, load(turned, last * LANES))
    own = like(turned, load(lines.last, block * LANES)) * current
    voltage = fused(load(factors, at), far, own)
    energy = fused(own, current, energy)
    store(turned, last * LANES, voltage)
    for behind in range(last):
        node = last - U(1) - behind
        at -= LANES
        factor = load(factors, at)
        own = load_of(lines, block, node, factor) * load(turned, node * LANES)
        voltage = fused(factor, voltage, own)
        store(turned, node * LANES, voltage)
    return total(energy)


@fast
def settle_rows(
    block: int, work: Work, drive: Drive, sourced: bool, cold: bool, last: bool, turned: Floats
) -> None:
    """Solve 16 row lines with the column lines at COLUMN, or ``cold``, at 0 V; write ROW.

    sourced: whether cells carry a source, in A, from row to column, besides G times their voltage.
    last: whether this is the solution, to be written as such.
    """
    rows, nodes = U(work.rows), U(work.columns)
    first, held = block * LANES, work.across.held
    for strip in range(strips(work)):
        _currents_of_rows(block, strip, work, sourced, cold, turned)
    for lane in range(min(LANES, rows - first)):
        if held[first + lane] < nodes:
            node = U(held[first + lane])
            inlet = work.across.inlet[first + lane]
            turned[node * LANES + lane] += inlet * drive.left[first + lane]
    far = load(drive.right, first)
    sweep_rows(turned, work.row_factors, work.across, block, far)
    for lane in range(min(LANES, rows - first)):
        for node in range(U(held[first + lane])):
            turned[node * LANES + lane] = drive.left[first + lane]
    turn_out(block, turned, work, work.outer, ROW, OUTER)
    if last:
        _write_rows(block, work, drive.row_voltage)


@within
def _currents_of_rows(
    block: int, strip: int, work: Work, sourced: bool, cold: bool, turned: Floats
) -> None:
    """Write the currents that the columns of a strip bring to 16 rows, turned."""
    outer, to = work.outer, strip * LANES * LANES
    if cold and not sourced:
        for node in range(LANES):
            store(turned, to + node * LANES, spread(outer, 0.0))
        return
    start = strip_start(work, strip, OUTER) + block * LANES * OUTER
    at, stride = start, U(work.cells.shape[1])
    cell = block * LANES * stride + strip * LANES
    for _ in range(LANES):
        into = spread(outer, 0.0)
        if not cold:
            into = load(work.cells, cell) * load(outer, at + COLUMN)
        if sourced:
            into = into - load(work.source, cell)
        store(outer, at + ROW, into)
        at += OUTER
        cell += stride
    turn(outer, start + ROW, OUTER, turned, to, LANES)


@fast
def _write_rows(block: int, work: Work, row_voltage: Floats) -> None:
    """Write ROW of 16 row lines into the solution."""
    rows, nodes = U(work.rows), U(work.columns)
    first = block * LANES
    for strip in range(strips(work)):
        width = min(LANES, nodes - strip * LANES)
        for lane in range(min(LANES, rows - first)):
            at = strip_start(work, strip, OUTER) + (first + lane) * OUTER + ROW
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
    rows, stride, lines = U(work.rows), U(work.cells.shape[1]), work.down
    first, outer = strip * LANES, work.outer
    at, cell, none = strip_start(work, strip, OUTER), first, spread(outer, 0.0)
    inlets = load(lines.inlet, first) * load(drive.top, first)
    factor, current = spread(outer, 1.0), inlets if lines.plain else none
    for node in range(rows):
        current = fused(factor, current, load(outer, at + G) * load(outer, at + ROW))
        if sourced:
            current = current + load(work.source, cell)
        if not lines.plain:
            number = spread(outer, float(node))
            current = current + where_equal(load(lines.held, first), number, inlets, none)
        store(swept, node * LANES, current)
        factor = load(outer, at + FACTOR)
        at += OUTER
        cell += stride
    last = rows - U(1)
    at -= OUTER
    own = load(lines.last, first) * load(swept, last * LANES)
    voltage = fused(load(outer, at + FACTOR), load(drive.bottom, first), own)
    store(swept, last * LANES, voltage)
    for behind in range(last):
        node = last - U(1) - behind
        at -= OUTER
        factor = load(outer, at + FACTOR)
        own = load_of(lines, strip, node, factor) * load(swept, node * LANES)
        voltage = fused(factor, voltage, own)
        store(swept, node * LANES, voltage)
    for lane in range(min(LANES, U(work.columns) - first)):
        for node in range(U(lines.held[first + lane])):
            swept[node * LANES + lane] = drive.top[first + lane]
