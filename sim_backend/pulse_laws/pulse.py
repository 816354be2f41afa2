"""One pulse on one cell, as the laws have it: what the oracle and the cells of a chip both do.

Laws that need no more than + - * / are computed in float32, in the order in which the fast kernels
compute them; exponentials and powers in float64, and rounded once. ``law`` is anything with the
fields of `layout.LawNumbers` that are read here: that tuple, or the constants of a chip's cells.
"""

from math import exp
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from .layout import EXPONENTIAL, LINEAR, POWER

Number = Any  # float32, which numba keeps apart from the float that annotations know
_ONE, _ZERO = np.float32(1.0), np.float32(0.0)


@njit(cache=True, nogil=True, error_model="numpy")
def _exponential_share(constants: NDArray[np.float32], share: float, up: bool) -> float:
    a, b = float(constants[0]), float(constants[1])
    z = 2.0 * a * share + b
    if up:
        return max(1.0 - float(constants[2]) * exp(float(constants[4]) * z), 0.0)
    return max(1.0 - float(constants[3]) * exp(-float(constants[5]) * z), 0.0)


@njit(cache=True, nogil=True, error_model="numpy")
def _piecewise_share(nodes: NDArray[np.float32], place: Number) -> Number:
    """Return the value at ``place``, counted in nodes."""
    sections = nodes.size - 1
    place = max(place, _ZERO)
    index = min(int(place), sections - 1)
    part = min(place - np.float32(index), _ONE)
    return (_ONE - part) * nodes[index] + part * nodes[index + 1]


@njit(cache=True, nogil=True, error_model="numpy")
def step_of(
    law: Any,
    nodes: NDArray[np.float32],
    size: Number,
    shape: Number,
    low: Number,
    high: Number,
    w: Number,
    up: bool,
) -> Number:
    """Return the step of one pulse without noise: above 0 for an up pulse.

    nodes, size, shape: of that direction (see `layout.Cells`).  low, high: bounds of the cell.
    """
    scale = size if up else -size
    if law.family == LINEAR:
        return scale + (shape if up else -shape) * w
    if high <= low:
        return _ZERO
    if law.family == EXPONENTIAL:
        share = float(w) / (float(high) - float(low))
        return np.float32(float(scale) * _exponential_share(law.exponential, share, up))
    if law.family == POWER:
        left = (float(high) - float(w)) if up else (float(w) - float(low))
        share = left / (float(high) - float(low))
        return np.float32(float(scale) * max(share, 0.0) ** float(shape))
    place = (w - low) / (high - low) * np.float32(nodes.size - 1)
    return scale * _piecewise_share(nodes, place)


@njit(cache=True, nogil=True, error_model="numpy")
def weight_after(
    law: Any,
    nodes: NDArray[np.float32],
    size: Number,
    shape: Number,
    low: Number,
    high: Number,
    w: Number,
    up: bool,
    share: Number,
    noise: Number,
) -> Number:
    """Return the weight after a pulse. noise: a standard normal number; the rest: see `step_of`.

    share: how many pulses it is worth. Their mean changes add, and so do their variances.
    """
    step = step_of(law, nodes, size, shape, low, high, w, up)
    if high > low:
        spread = law.by_step * abs(step) + law.by_scale * size + law.add + law.by_weight * abs(w)
        w = w + share * step + np.sqrt(share) * law.sigma * spread * noise
    return min(max(w, low), high)
