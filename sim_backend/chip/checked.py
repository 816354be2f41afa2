"""What callers give to cells, checked: the kernels check nothing."""

import math

import numpy as np

from labcim.errors import RangeError

from .lines import Floats

MOST_PULSES = 2**30


def spread(value: float | Floats, size: int) -> Floats:
    """Return a value for each cell. The kernels check nothing, so a NaN must stop here."""
    if isinstance(value, float) and math.isfinite(value):
        return np.full(size, value)
    values = np.asarray(value, dtype=np.float64)
    if not np.isfinite(values).all():
        raise RangeError(f"{value} is given to cells: accepts finite numbers only")
    return np.ascontiguousarray(np.broadcast_to(values, (size,)))


def check_train(size: int, width: float, gap: float, count: int) -> None:
    """Raise RangeError for a train that no log could hold or that runs backwards."""
    if not (math.isfinite(width) and width > 0.0 and math.isfinite(gap) and gap >= 0.0):
        raise RangeError(f"width = {width} s, gap = {gap} s: accepts width > 0 and gap >= 0")
    if not (count >= 1 and size * count <= MOST_PULSES):
        raise RangeError(f"{count} pulses on {size} cells: accepts 1 to {MOST_PULSES} in one call")
