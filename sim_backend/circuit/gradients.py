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

from .lanes import fused, like, load, minus, spread, store, total, wide
from .layout import (
    COLUMN,
    FACTOR,
    INNER,
    LANES,
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
    Reals,
    U,
    Work,
    fast,
    strip_start,
    strips,
    within,
)
from .sweeps import load_of, settle_columns, sweep_rows, turn_in, turn_out


@fast
def residual_columns(
    strip: int, work: Work, drive: Drive, sourced: bool, cold: bool, swept: Floats, sums: Floats
) -> None:
    """Settle 16 column lines; write the currents that COLUMN lacks into RESIDUAL.

    cold: whether COLUMN is to be taken as 0 V.  sums: the power in the cells, in W, and what it
    would be with either side at 0 V.
    """
    settle_columns(strip, work, drive, sourced, swept)
    outer, inner = work.outer, work.inner
    at, to, here = strip_start(work, strip, OUTER), strip_start(work, strip, INNER), U(0)
    scale = spread(outer, drive.scale)
    power, loose = spread(outer, 0.0), spread(outer, 0.0)
    for _ in range(U(work.rows)):
        own, row, column = load(outer, at + G), load(outer, at + ROW), load(swept, here)
        across = row - column
        power = fused(own * across, across, power)
        loose = fused(own * row, row, fused(own * column, column, loose))
        lacking = column if cold else column - load(outer, at + COLUMN)
        store(inner, to + RESIDUAL, scale * own * lacking)
        at += OUTER
        to += INNER
        here += LANES
    sums[0], sums[1] = total(power), total(loose)


@fast
def descend_rows(
    block: int, work: Work, length: float, first: bool, turned: Reals, sums: Floats
) -> None:
    """Take ``length`` steps off the residual of 16 row lines and sweep it into NET.

    first: whether there was no step yet.  sums: the power of the residual, in W.
    """
    inner, back = work.inner, spread(work.inner, -length)
    if not first:
        for strip in range(strips(work)):
            at = strip_start(work, strip, INNER) + block * LANES * INNER + RESIDUAL
            for _ in range(LANES):
                store(inner, at, fused(back, load(inner, at + NET - RESIDUAL), load(inner, at)))
                at += INNER
    turn_in(block, RESIDUAL, work, turned)
    at_rest = spread(inner, 0.0)
    sums[0] = sweep_rows(turned, work.row_factors_inner, work.across, block, at_rest)
    turn_out(block, turned, work, inner, NET, INNER)


@fast
def step_columns(
    strip: int, work: Work, last: float, turn: float, first: bool, sums: Floats
) -> None:
    """Add the ``last`` step to SUM; make the next one, and the current it takes, for 16 columns.

    turn: how much of the last step is in the next.  first: whether there was none.  sums: twice the
    power of the step, in W.
    """
    rows, inner, lines = U(work.rows), work.inner, work.down
    old, mix, none = spread(inner, last), spread(inner, turn), spread(inner, 0.0)
    given, swept, factor, current = none, none, none, none
    at = strip_start(work, strip, INNER)
    for node in range(rows):
        step, push = load(inner, at + NET), load(inner, at + RESIDUAL)
        if first:
            store(inner, at + SUM, none)
        else:
            before = load(inner, at + STEP)
            store(inner, at + SUM, fused(old, before, load(inner, at + SUM)))
            step = fused(mix, before, step)
            push = fused(mix, load(inner, at + PUSH), push)
        store(inner, at + STEP, step)
        store(inner, at + PUSH, push)
        given = fused(step, push, given)
        current = fused(factor, current, load(inner, at + G) * step)
        store(inner, at + NET, current)
        factor = load(inner, at + FACTOR)
        if node + U(1) < rows:
            swept = fused(load_of(lines, strip, node, factor) * current, current, swept)
        at += INNER
    voltage = like(inner, load(lines.last, strip * LANES)) * current
    sums[0] = total(given) - total(fused(voltage, current, swept))
    at -= INNER
    store(inner, at + NET, fused(minus(load(inner, at + G)), voltage, load(inner, at + PUSH)))
    for behind in range(U(1), rows):
        at -= INNER
        factor = load(inner, at + FACTOR)
        own = load_of(lines, strip, rows - U(1) - behind, factor) * load(inner, at + NET)
        voltage = fused(factor, voltage, own)
        store(inner, at + NET, fused(minus(load(inner, at + G)), voltage, load(inner, at + PUSH)))


@fast
def correct_columns(
    strip: int,
    work: Work,
    drive: Drive,
    sourced: bool,
    length: float,
    none: bool,
    last: bool,
    swept: Floats,
) -> None:
    """Add SUM and the last step, of ``length``, to ROW; settle 16 column lines into COLUMN.

    none: whether there was no step.  last: whether this is the solution, to be written as such.
    """
    if not none:
        _add_correction(strip, work, length, 1.0 / drive.scale)
    settle_columns(strip, work, drive, sourced, swept)
    rows, columns = U(work.rows), U(work.columns)
    first, at = strip * LANES, strip_start(work, strip, OUTER)
    width = min(LANES, columns - first)
    for node in range(rows):
        voltage = load(swept, node * LANES)
        store(work.outer, at + COLUMN, voltage)
        at += OUTER
        if last and width == LANES:
            store(drive.column_voltage, node * columns + first, voltage)
        elif last:
            for lane in range(width):
                drive.column_voltage[node, first + lane] = swept[node * LANES + lane]


@within
def _add_correction(strip: int, work: Work, length: float, volts: float) -> None:
    outer, inner = work.outer, work.inner
    at, to = strip_start(work, strip, OUTER), strip_start(work, strip, INNER)
    far, scale = spread(outer, length), spread(outer, volts)
    for _ in range(U(work.rows)):
        correction = fused(far, wide(load(inner, to + STEP)), wide(load(inner, to + SUM)))
        store(outer, at + ROW, fused(correction, scale, load(outer, at + ROW)))
        at += OUTER
        to += INNER
