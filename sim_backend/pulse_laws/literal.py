"""The literal law: one pulse after the other, one cell after the other. The oracle of all kernels.

Nothing here is clever. Each pulse draws its own normal number, keyed by seed, cell and event. Laws
that need no more than + - * / are computed in float32, in the order in which the fast kernels
compute them, so that without noise both agree to the last bit; exponentials and powers are
computed in float64 and rounded once.
"""

from math import exp
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from ..devices.random import normal
from .keys import EVENTS, PULSE, SLOTS
from .lanes import are_opposite, has_slot
from .layout import EXPONENTIAL, LINEAR, POWER, Cells, LawNumbers, Matrix

Number = Any  # float32, which numba keeps apart from the float that annotations know
_ONE, _ZERO = np.float32(1.0), np.float32(0.0)


@njit(cache=True, nogil=True, error_model="numpy")
def _exponential_share(law: LawNumbers, share: float, up: bool) -> float:
    a, b, big_up, big_down, gamma_up, gamma_down = law.exponential
    z = 2.0 * float(a) * share + float(b)
    if up:
        return max(1.0 - float(big_up) * exp(float(gamma_up) * z), 0.0)
    return max(1.0 - float(big_down) * exp(-float(gamma_down) * z), 0.0)


@njit(cache=True, nogil=True, error_model="numpy")
def _piecewise_share(nodes: NDArray[np.float32], place: Number) -> Number:
    """Return the value at ``place``, counted in nodes."""
    sections = nodes.size - 1
    place = max(place, _ZERO)
    index = min(int(place), sections - 1)
    part = min(place - np.float32(index), _ONE)
    return (_ONE - part) * nodes[index] + part * nodes[index + 1]


@njit(cache=True, nogil=True, error_model="numpy")
def step_of(law: LawNumbers, cells: Cells, i: int, j: int, w: Number, up: bool) -> Number:
    """Return the step of one pulse without noise: above 0 for an up pulse."""
    scale = cells.scale_up[i, j] if up else -cells.scale_down[i, j]
    shape = cells.shape_up[i, j] if up else cells.shape_down[i, j]
    low, high = cells.w_min[i, j], cells.w_max[i, j]
    if law.family == LINEAR:
        return scale + (shape if up else -shape) * w
    if high <= low:
        return _ZERO
    if law.family == EXPONENTIAL:
        share = float(w) / (float(high) - float(low))
        return np.float32(float(scale) * _exponential_share(law, share, up))
    if law.family == POWER:
        left = (float(high) - float(w)) if up else (float(w) - float(low))
        share = left / (float(high) - float(low))
        return np.float32(float(scale) * max(share, 0.0) ** float(shape))
    nodes = law.nodes_up if up else law.nodes_down
    place = (w - low) / (high - low) * np.float32(nodes.size - 1)
    return scale * _piecewise_share(nodes, place)


@njit(cache=True, nogil=True, error_model="numpy")
def pulse_once(
    law: LawNumbers, cells: Cells, i: int, j: int, w: Number, up: bool, noise: Number
) -> Number:
    """Return the weight after one pulse. noise: a standard normal number."""
    step = step_of(law, cells, i, j, w, up)
    scale = cells.scale_up[i, j] if up else cells.scale_down[i, j]
    if cells.w_max[i, j] > cells.w_min[i, j]:
        spread = law.by_step * abs(step) + law.by_scale * scale + law.add + law.by_weight * abs(w)
        w = w + step + law.sigma * spread * noise
    return min(max(w, cells.w_min[i, j]), cells.w_max[i, j])


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
