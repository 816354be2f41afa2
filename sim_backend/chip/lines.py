"""The voltages of floating lines, on ideal wires: each takes the one at which no net current flows.

Only cells whose transistor has a gate voltage can carry current, so everything is done on those
"live" cells. Lines with one live cell follow its other line; the rest is a non-linear network that
is solved by Newton's method.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]
CurrentLaw = Callable[[Floats, Floats], Floats]

LEAK = 1e-15  # S from every line to ground: a line that nothing reaches rests at 0 V
STEPS_SECANT = 3
STEPS_NEWTON = 100
PROBE = 1e-6  # V, for derivatives
LONGEST_STEP = 0.3  # V
TOLERANCE = 1e-10  # V


@dataclass(frozen=True, slots=True)
class LineResult:
    """Every line's voltage in V, and the current in A from its driver into it (NaN: floating)."""

    row_current: Floats
    column_current: Floats
    row_voltage: Floats
    column_voltage: Floats


@dataclass(frozen=True, slots=True)
class Paths:
    """How floating nodes (rows, then columns) hang on others through live cells.

    inner: those that carry current and have to be solved for, with ``edges``, the cells at them.
    leaves: those that follow ``holders``, once these are known.
    """

    floating: Integers
    inner: Integers
    edges: Integers
    leaves: Integers
    holders: Integers


def paths(floats: Booleans, a: Integers, b: Integers) -> Paths:
    """Return how the nodes that float, shape (nodes,), hang on others. a, b: ends of each cell."""
    edges = np.flatnonzero(floats[a] | floats[b])
    edges, leaves, holders = _strip_leaves(edges, floats, a, b)
    inner = np.unique(np.concatenate([a[edges], b[edges]]))
    followed = np.arange(floats.size)
    for leaf, holder in zip(reversed(leaves), reversed(holders), strict=True):
        followed[leaf] = followed[holder]
    all_leaves = np.concatenate(leaves) if leaves else np.zeros(0, np.int64)
    return Paths(
        np.flatnonzero(floats), inner[floats[inner]], edges, all_leaves, followed[all_leaves]
    )


def settle(nodes: Floats, known: Paths, a: Integers, b: Integers, law: CurrentLaw) -> None:
    """Solve for the floating lines (NaN) among ``nodes``, rows and then columns, in place.

    a, b: nodes on either side of each live cell.  law(voltages at a, voltages at b) returns the
    current in A from row to column of each live cell.
    """
    nodes[known.floating] = 0.0
    if known.inner.size:
        _iterate(nodes, known.inner, known.edges, a, b, law)
    nodes[known.leaves] = nodes[known.holders]


def _strip_leaves(
    edges: Integers, loose: Booleans, a: Integers, b: Integers
) -> tuple[Integers, list[Integers], list[Integers]]:
    """Take off floating lines with one live cell: no current flows, so they follow its other line.

    Returns the cells that are left, and in order of removal the lines and those they follow.
    """
    leaves: list[Integers] = []
    holders: list[Integers] = []
    while edges.size:
        degree = np.bincount(np.concatenate([a[edges], b[edges]]), minlength=loose.size)
        leaf = loose & (degree == 1)
        at_a, at_b = leaf[a[edges]], leaf[b[edges]]
        at_b &= ~at_a  # a lone pair of floating lines: one follows the other
        if not (at_a.any() or at_b.any()):
            break
        leaves.append(np.concatenate([a[edges[at_a]], b[edges[at_b]]]))
        holders.append(np.concatenate([b[edges[at_a]], a[edges[at_b]]]))
        edges = edges[~(at_a | at_b)]
    return edges, leaves, holders


def _iterate(
    nodes: Floats, floating: Integers, edges: Integers, a: Integers, b: Integers, law: CurrentLaw
) -> None:
    """Newton's method on the floating nodes that carry current, from a linear network's answer."""
    net = _Net(floating, edges, a, b, nodes.size)
    low, high = nodes.min(), nodes.max()
    nodes[floating] = high  # from above: transistors start in their triode range
    for _ in range(STEPS_SECANT):
        nodes[floating] = _linear_step(nodes, net, law)
    for _ in range(STEPS_NEWTON):
        wanted = _newton_step(nodes, net, law)
        # Currents of saturated transistors have corners; a bounded step cannot leap over them.
        step = np.clip(wanted, -LONGEST_STEP, LONGEST_STEP)
        nodes[floating] = np.clip(nodes[floating] + step, low, high)
        if np.abs(step).max() < TOLERANCE:
            break


class _Net:
    """The cells between nodes of which at least one floats. a, b: node on either side."""

    def __init__(
        self, floating: Integers, edges: Integers, a: Integers, b: Integers, size: int
    ) -> None:
        self.all_a, self.all_b, self.edges = a, b, edges
        self.a, self.b = a[edges], b[edges]
        self.floating, self.size = floating, floating.size
        number = np.full(size, -1)
        number[floating] = np.arange(floating.size)
        self.i, self.j = number[self.a], number[self.b]
        self.at_a, self.at_b = self.i >= 0, self.j >= 0
        self.both = self.at_a & self.at_b

    def currents(self, law: CurrentLaw, at_a: Floats, at_b: Floats) -> Floats:
        """Return the current in A of every cell of the net, a to b."""
        full_a, full_b = np.zeros(self.all_a.size), np.zeros(self.all_a.size)
        full_a[self.edges], full_b[self.edges] = at_a, at_b
        return law(full_a, full_b)[self.edges]

    def matrix(self, by_a: Floats, by_b: Floats) -> Floats:
        """Return d(current out of each floating node)/d(its voltages): S, shape (n, n)."""
        found = np.zeros((self.size, self.size))
        np.add.at(found, (self.i[self.at_a], self.i[self.at_a]), by_a[self.at_a])
        np.add.at(found, (self.j[self.at_b], self.j[self.at_b]), -by_b[self.at_b])
        np.add.at(found, (self.i[self.both], self.j[self.both]), by_b[self.both])
        np.add.at(found, (self.j[self.both], self.i[self.both]), -by_a[self.both])
        found[np.diag_indices(self.size)] += LEAK
        return found

    def outflow(self, current: Floats) -> Floats:
        """Return the current in A that cells take out of each floating node."""
        found = np.bincount(self.i[self.at_a], current[self.at_a], self.size)
        back = np.bincount(self.j[self.at_b], current[self.at_b], self.size)
        return np.asarray(found - back, dtype=np.float64)


def _linear_step(nodes: Floats, net: _Net, law: CurrentLaw) -> Floats:
    """Return the voltages of the network of secant conductances at ``nodes``."""
    at_b = nodes[net.b]
    at_a = np.where(np.abs(nodes[net.a] - at_b) < 1e-3, at_b + 1e-3, nodes[net.a])
    secant = np.maximum(net.currents(law, at_a, at_b) / (at_a - at_b), 0.0)
    driven = nodes.copy()
    driven[net.floating] = 0.0
    inflow = -net.outflow(secant * (driven[net.a] - driven[net.b]))
    return np.asarray(np.linalg.solve(net.matrix(secant, -secant), inflow), dtype=np.float64)


def _newton_step(nodes: Floats, net: _Net, law: CurrentLaw) -> Floats:
    """Return the change of the floating nodes that would bring every net current to zero."""
    at_a, at_b = nodes[net.a], nodes[net.b]
    current = net.currents(law, at_a, at_b)
    by_a = (net.currents(law, at_a + PROBE, at_b) - current) / PROBE
    by_b = (net.currents(law, at_a, at_b + PROBE) - current) / PROBE
    residual = net.outflow(current) + LEAK * nodes[net.floating]
    return np.asarray(np.linalg.solve(net.matrix(by_a, by_b), -residual), dtype=np.float64)
