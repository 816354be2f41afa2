"""In which order a probed chip visits its cells."""

import numpy as np
from numpy.typing import NDArray

from .capabilities import CellIndices, Topology


def visits(
    cells: CellIndices, topology: Topology, set_pulse: NDArray[np.bool_] | None = None
) -> list[int]:
    """Return the places of ``cells`` in the order that moves and wears the fewest relays.

    All cells of a gate line come together, and of these all pulses of one polarity (set_pulse).
    Cells named twice stay in the order that was asked.
    """
    indices, columns = cells.tolist(), topology.columns
    if len(set(indices)) < len(indices):
        return list(range(len(indices)))
    polarity = [False] * len(indices) if set_pulse is None else set_pulse.tolist()
    gate_along_row = topology.gate_along == "row"

    def key(place: int) -> tuple[int, bool, int]:
        row, column = divmod(indices[place], columns)
        first, second = (row, column) if gate_along_row else (column, row)
        return first, polarity[place], second

    return sorted(range(len(indices)), key=key)
