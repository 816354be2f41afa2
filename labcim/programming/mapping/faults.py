"""Weights around cells that do not move: their neighbours in the weight make up for them.

What a stuck cell holds is known. The cell on the other side of the pair, the copies and the lower
digits are set so that the weight comes out as near as it can; columns that cannot be mended that
way are exchanged for spare ones, the whole set by an optimal assignment.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from .scheme import Floats, Scheme


def mended(scheme: Scheme, weights: Floats, stuck: Floats) -> Floats:
    """Return the cells' fractions with those that are stuck made up for.

    weights: fractions of full scale, (...).  stuck: NaN for good cells, else the fraction that the
    cell holds, (..., sides, slices, copies). Weights without stuck cells are encoded as ever.
    """
    cells = scheme.encode(weights)
    ill = ~np.isnan(stuck).all(axis=(-3, -2, -1))
    if ill.any():
        cells[ill] = _mend(scheme, scheme.quantised(weights)[ill], cells[ill], stuck[ill])
    return cells


def _mend(scheme: Scheme, weights: Floats, cells: Floats, stuck: Floats) -> Floats:
    """Correct digit after digit, the most significant first. weights: (n,)."""
    free = np.isnan(stuck)
    cells = np.where(free, cells, stuck)
    for k in range(scheme.slices):
        missing = (weights - scheme.decode(cells)) / scheme.worth[k]
        for side in range(scheme.sides):
            sign = 1.0 - 2.0 * side
            for copy in range(scheme.copies):
                at = (slice(None), side, k, copy)
                wanted = cells[at] + sign * missing * scheme.copies
                settled = np.where(free[at], _held(scheme, wanted), cells[at])
                missing = missing - sign * (settled - cells[at]) / scheme.copies
                cells[at] = settled
    return cells


def _held(scheme: Scheme, fractions: Floats) -> Floats:
    """Return the nearest fractions that a cell can hold."""
    inside = np.clip(fractions, 0.0, 1.0)
    if not scheme.levels:
        return np.asarray(inside)
    return np.asarray(np.rint(inside * (scheme.levels - 1)) / (scheme.levels - 1))


def assigned(
    scheme: Scheme, weights: Floats, stuck: Floats, importance: Floats
) -> NDArray[np.intp]:
    """Return which group of columns each output should take, so that the least is lost.

    weights: fractions of full scale, (inputs, outputs).  stuck: of all groups that there are, NaN
    for good cells, (inputs, groups, sides, slices, copies).  importance: of outputs, (outputs,).
    The loss is the summed square of what the weights miss once they are mended; without stuck cells
    each output keeps its place.
    """
    outputs, groups = weights.shape[1], stuck.shape[1]
    loss = np.zeros((outputs, groups))
    wanted = scheme.quantised(weights)
    for group in np.flatnonzero(~np.isnan(stuck).all(axis=(0, 2, 3, 4))):
        here = np.broadcast_to(stuck[:, group, None], (*weights.shape, *stuck.shape[2:]))
        missed = scheme.decode(mended(scheme, weights, here)) - wanted
        loss[:, group] = importance * np.square(missed).sum(axis=0)
    # Without a loss to save a column keeps its place: a weight near its neighbours is seen better.
    away = 1e-12 * np.abs(np.subtract.outer(np.arange(outputs), np.arange(groups)))
    _, taken = linear_sum_assignment(loss + away)
    return np.asarray(taken, dtype=np.intp)
