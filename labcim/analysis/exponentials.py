"""Exponentials through points, and how well they fit."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import curve_fit

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Decay:
    """y = amplitude exp(-x / constant). r_squared: share of y's variance that it explains."""

    amplitude: float
    constant: float
    r_squared: float


def fit_decay(x: Floats, y: Floats) -> Decay:
    """Return the least-squares exponential through points, (n,), x from 0 on; NaN without one.

    Needs three points that differ.
    """
    good = np.isfinite(x) & np.isfinite(y)
    x, y = x[good], y[good]
    if len(x) < 3 or np.ptp(x) == 0.0 or np.ptp(y) == 0.0:
        return Decay(np.nan, np.nan, np.nan)
    start = (float(y[np.argmin(x)]), float(np.ptp(x)) / 3.0)
    scale = np.array([abs(start[0]) or float(np.abs(y).max()), start[1]])

    def law(at: Floats, amplitude: float, rate: float) -> Floats:
        return np.asarray(scale[0] * amplitude * np.exp(-at * rate / scale[1]))

    try:
        # In units of the data: siemens and seconds are far from 1.
        (amplitude, rate), _ = curve_fit(law, x, y, (start[0] / scale[0], 1.0), maxfev=2000)
    except RuntimeError:  # no end in sight
        return Decay(np.nan, np.nan, np.nan)
    left = float(np.sum((y - law(x, amplitude, rate)) ** 2))
    share = 1.0 - left / float(np.sum((y - y.mean()) ** 2))
    constant = float(scale[1] / rate) if rate else np.inf
    return Decay(float(scale[0] * amplitude), constant, share)
