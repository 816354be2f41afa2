"""The mean step of each law, as it is written in a book: whole arrays, float64, no noise."""

import numpy as np
from numpy.typing import NDArray

from .layout import EXPONENTIAL, LINEAR, POWER, Cells, LawNumbers

Values = NDArray[np.float64]


def mean_steps(law: LawNumbers, cells: Cells, weights: Values, *, up: bool) -> Values:
    """Return the mean change of each weight by one pulse, shape (rows, columns); bounds apart."""
    scale = (cells.scale_up if up else cells.scale_down).astype(float)
    shape = (cells.shape_up if up else cells.shape_down).astype(float)
    low, high = cells.w_min.astype(float), cells.w_max.astype(float)
    width = np.where(high > low, high - low, 1.0)
    if law.family == LINEAR:
        size = scale + shape * weights
    elif law.family == EXPONENTIAL:
        size = scale * _exponential(law, weights / width, up)
    elif law.family == POWER:
        left = (high - weights if up else weights - low) / width
        size = scale * np.maximum(left, 0.0) ** shape
    else:
        nodes = (law.nodes_up if up else law.nodes_down).astype(float)
        places = (weights - low) / width * (nodes.size - 1)
        size = scale * np.interp(places, np.arange(nodes.size), nodes)
    return np.where(high > low, size if up else -size, 0.0)


def _exponential(law: LawNumbers, share: Values, up: bool) -> Values:
    a, b, big_up, big_down, gamma_up, gamma_down = (float(value) for value in law.exponential)
    z = 2.0 * a * share + b
    if up:
        return np.maximum(1.0 - big_up * np.exp(gamma_up * z), 0.0)
    return np.maximum(1.0 - big_down * np.exp(-gamma_down * z), 0.0)
