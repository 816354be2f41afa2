"""What lines make of the conductances of their cells, once for a network: see `sweeps`."""

import numpy as np

from .lanes import Sixteen, fused, load, spread, store, turn, where_above, where_equal
from .layout import (
    FACTOR,
    INNER,
    LANES,
    OUTER,
    Floats,
    G,
    Lines,
    U,
    Work,
    fast,
    strip_start,
    strips,
    within,
)


@within
def _onward(lines: Lines, block: int, node: int, nodes: int) -> Sixteen:
    """Return ohm from a node to the next one, or to the far terminal, of 16 lines."""
    if node + U(1) == nodes:
        return load(lines.far, block * LANES)
    if lines.even:
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
        factor = one / fused(wire, seen, one)
        return factor, wire * factor, factor * seen
    here, held = spread(lines.far, float(node)), load(lines.held, block * LANES)
    seen = where_equal(held, here, load(lines.inlet, block * LANES), behind) + own
    wire, broken = _onward(lines, block, node, nodes), spread(lines.far, np.inf)
    under = where_equal(wire, broken, seen, fused(wire, seen, one))
    inverse = where_above(held, here, none, where_above(under, none, one / under, none))
    factor = where_equal(wire, broken, none, inverse)
    return factor, where_equal(wire, broken, inverse, wire * inverse), factor * seen


@fast
def factor_rows(block: int, work: Work, turned: Floats) -> None:
    """Work out factors and loads of 16 row lines."""
    nodes, stride = U(work.columns), U(work.cells.shape[1])
    for strip in range(strips(work)):
        at = block * LANES * stride + strip * LANES
        turn(work.cells, at, stride, turned, strip * LANES * LANES, LANES)
    behind = spread(turned, 0.0)
    at = block * nodes * LANES
    for node in range(nodes):
        own = load(turned, node * LANES)
        factor, ohm, behind = _factors(work.across, block, node, nodes, own, behind)
        store(work.row_factors, at, factor)
        store(work.row_factors_inner, at, factor)
        _keep(work.across, block, node, nodes, ohm)
        at += LANES


@within
def _keep(lines: Lines, block: int, node: int, nodes: int, ohm: Sixteen) -> None:
    """Keep the loads of a node of 16 lines, where they are not wire times factor."""
    if node + U(1) == nodes:
        store(lines.last, block * LANES, ohm)
    if not lines.even:
        store(lines.loads, (block * nodes + node) * LANES, ohm)


@fast
def factor_columns(strip: int, work: Work) -> None:
    """Lay down the conductances of 16 column lines; work out factors and loads."""
    rows, stride = U(work.rows), U(work.cells.shape[1])
    outer, inner = strip_start(work, strip, OUTER), strip_start(work, strip, INNER)
    behind, at = spread(work.cells, 0.0), strip * LANES
    for node in range(rows):
        own = load(work.cells, at)
        factor, ohm, behind = _factors(work.down, strip, node, rows, own, behind)
        store(work.outer, outer + G, own)
        store(work.outer, outer + FACTOR, factor)
        store(work.inner, inner + G, own)
        store(work.inner, inner + FACTOR, factor)
        _keep(work.down, strip, node, rows, ohm)
        outer += OUTER
        inner += INNER
        at += stride
