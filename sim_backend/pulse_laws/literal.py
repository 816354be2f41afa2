"""The literal law: one pulse after the other, one cell after the other. The oracle of all kernels.

Nothing here is clever. Each pulse draws its own normal number, keyed by seed, cell and event, and
does what `pulse` says: without noise, linear and piecewise laws agree with the fast kernels to the
last bit.
"""

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from ..devices.random import normal
from .keys import EVENTS, PULSE, SLOTS
from .lanes import are_opposite, has_slot
from .layout import Cells, LawNumbers, Matrix
from .pulse import weight_after

Number = Any  # float32, which numba keeps apart from the float that annotations know
_ONE = np.float32(1.0)


@njit(cache=True, nogil=True, error_model="numpy")
def pulse_once(
    law: LawNumbers, cells: Cells, i: int, j: int, w: Number, up: bool, noise: Number
) -> Number:
    """Return the weight after one pulse. noise: a standard normal number."""
    nodes = law.nodes_up if up else law.nodes_down
    size = cells.scale_up[i, j] if up else cells.scale_down[i, j]
    shape = cells.shape_up[i, j] if up else cells.shape_down[i, j]
    low, high = cells.w_min[i, j], cells.w_max[i, j]
    return weight_after(law, nodes, size, shape, low, high, w, up, _ONE, noise)


@njit(cache=True, nogil=True, error_model="numpy")
def apply_counts(
    law: LawNumbers,
    cells: Cells,
    weights: Matrix,
    counts: NDArray[np.int64],
    seed: int,
    event: int,
) -> None:
    """Give each cell ``counts`` pulses, one after the other: up above 0, down below 0."""
    rows, columns = weights.shape
    for i in range(rows):
        for j in range(columns):
            for n in range(abs(counts[i, j])):
                noise = np.float32(normal(seed, i * columns + j, PULSE, event + n))
                weights[i, j] = pulse_once(law, cells, i, j, weights[i, j], counts[i, j] > 0, noise)


@njit(cache=True, nogil=True, error_model="numpy")
def apply_trains(
    law: LawNumbers,
    cells: Cells,
    weights: Matrix,
    row_words: NDArray[np.uint32],
    column_words: NDArray[np.uint32],
    seed: int,
    first_sample: int,
) -> None:
    """Run trains, slot after slot: wherever a row and a column pulse together, the cell moves.

    Words: see `kernels.Trains`.
    """
    samples, columns = column_words.shape
    for sample in range(samples):
        for slot in range(SLOTS):
            event = (first_sample + sample) * EVENTS + slot
            for i in range(weights.shape[0]):
                if not has_slot(row_words[sample, i], np.int32(slot)):
                    continue
                for j in range(columns):
                    if not has_slot(column_words[sample, j], np.int32(slot)):
                        continue
                    up = not are_opposite(row_words[sample, i], column_words[sample, j])
                    noise = np.float32(normal(seed, i * columns + j, PULSE, event))
                    weights[i, j] = pulse_once(law, cells, i, j, weights[i, j], up, noise)
