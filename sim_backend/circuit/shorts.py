"""Shorted cells: too good a conductor beside the wires to be an ordinary cell.

The voltage across such a cell is lost in rounding, and with it the current. So a cell of ordinary
conductance takes its place, with the rest of its conductance beside it as a branch of its own,
whose current f is an unknown. With Z, the voltages across all such cells for 1 A taken through one
of them, and d, those without any f,   R f = d + Z f,   R the resistance of the rest: 0 for a short.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numba import njit
from numpy.typing import NDArray

from labcim.errors import RangeError

from .network import Floats, Network

DECADES = 1e6  # a cell this much above the others, or above its lines, is taken as shorted
AGREE = 1e-6
OF_WIRE = ("row_wire", "column_wire", "left", "right", "top", "bottom")

Voltages = tuple[Floats, Floats]
Solve = Callable[[Floats], Voltages]  # (rows, columns) of A, to V with no terminal driven


def find_shorts(network: Network) -> tuple[NDArray[np.int64], float]:
    """Return the flat indices of shorted cells, and the conductance in S that stands for them."""
    cells = network.cells
    most = float(cells.max())
    wires = _largest_finite(*(np.asarray(getattr(network, name)).ravel() for name in OF_WIRE))
    lines = wires * (sum(network.shape) + 2)
    if np.isfinite(most) and most * lines <= DECADES and _alike(cells, most):
        return np.zeros(0, dtype=np.int64), 0.0
    some = cells[(cells > 0.0) & np.isfinite(cells)]
    usual = float(np.median(some)) if some.size else np.inf
    limit = min(DECADES * usual, DECADES / lines if lines else np.inf)
    found = np.flatnonzero((cells > limit) | np.isinf(cells))
    if lines:
        usual = min(usual, 1.0 / lines)
    return found, usual if np.isfinite(usual) else 1.0


@njit(cache=True, nogil=True)
def _largest_finite(*resistances: Floats) -> float:
    found = 0.0
    for some in resistances:
        for value in some:
            if found < value < np.inf:
                found = value
    return found


def _alike(cells: Floats, most: float) -> bool:
    """Return whether most conducting cells are within the limit of the best one."""
    if cells.min() * DECADES > most:
        return True
    near = np.count_nonzero(cells > most / DECADES)
    return bool(4 * near > cells.size or 4 * near > np.count_nonzero(cells))


def currents_of_shorts(
    shorts: NDArray[np.int64], rest: Floats, across: Floats, solve: Solve, shape: tuple[int, int]
) -> Floats:
    """Return A through the rest of each shorted cell, (inputs, shorts).

    rest: ohm of the rest of each.  across: V across them when it carries nothing, (inputs, shorts).
    """
    response = np.empty((shorts.size, shorts.size))
    for k, cell in enumerate(shorts):
        source = np.zeros(shape)
        source.flat[cell] = 1.0
        rows, columns = solve(source)
        response[:, k] = (rows - columns).flat[shorts]
    matrix = np.diag(rest) - response
    scale = float(np.abs(matrix).max()) or 1.0
    found = np.linalg.lstsq(matrix / scale, across.T / scale, rcond=1e-13)[0].T
    missed = np.abs(found @ matrix.T - across).max()
    if missed > AGREE * max(float(np.abs(across).max()), 1e-300):
        raise RangeError(
            f"shorted cells join ideal drivers that are {missed:g} V apart: accepts a resistance"
            " in the wires, the drivers or the cells"
        )
    return np.asarray(found, dtype=np.float64)


def with_bridges(cells: Floats, shorts: Sequence[int] | NDArray[np.int64], bridge: float) -> Floats:
    """Return the conductances with ``bridge`` in the place of shorted cells."""
    found = cells.copy()
    found.flat[shorts] = bridge
    return found
