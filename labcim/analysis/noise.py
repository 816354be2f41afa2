"""Noise of a recorded quantity: its spectrum, the spectrum's slope, blocks and drift."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.signal import welch

from labcim.errors import RangeError

Floats = NDArray[np.float64]


def power_spectrum(values: Floats, interval: float, length: int) -> tuple[Floats, Floats]:
    """Return frequencies in Hz and the one-sided power density in (unit of the values)²/Hz.

    values: shape (n,), ``interval`` s apart.  length: points of each segment, under a Hann window
    and half overlapping (Welch, IEEE Trans. Audio Electroacoust. 15:70, 1967).  Zero frequency is
    left out.
    """
    if not (8 <= length <= len(values) and interval > 0.0 and np.isfinite(values).all()):
        raise RangeError(f"spectrum of {len(values)} values in segments of {length}: accepts 8 up")
    frequency, density = welch(values, fs=1.0 / interval, nperseg=length, detrend="constant")
    return np.asarray(frequency[1:]), np.asarray(density[1:])


def spectrum_slope(frequency: Floats, density: Floats, low: float, high: float) -> float:
    """Return the slope of log density over log frequency from ``low`` to ``high`` Hz.

    -1 is 1/f noise, 0 white noise. Each octave weighs the same, however many lines it holds.
    """
    inside = (frequency >= low) & (frequency <= high)
    x, y = np.log(frequency[inside]), np.log(density[inside])
    if len(x) < 3:
        raise RangeError(f"{len(x)} frequencies from {low} to {high} Hz: accepts 3 or more")
    slope, _ = np.polyfit(x, y, 1, w=1.0 / np.sqrt(frequency[inside]))
    return float(slope)


def band_density(frequency: Floats, density: Floats, low: float, high: float) -> float:
    """Return the mean power density from ``low`` to ``high`` Hz."""
    inside = (frequency >= low) & (frequency <= high)
    return float(density[inside].mean()) if inside.any() else math.nan


def block_spread(values: Floats, block: int) -> float:
    """Return the root mean square of the standard deviations inside blocks of ``block`` values.

    What moves over longer times stays out of it.
    """
    whole = len(values) // block
    if block < 2 or whole < 1:
        raise RangeError(f"blocks of {block} in {len(values)} values: accepts 2 to all of them")
    table = values[: whole * block].reshape(whole, block)
    return float(np.sqrt(np.var(table, axis=1, ddof=1).mean()))


def relative_drift(time: Floats, values: Floats) -> float:
    """Return the change along the straight line through ``values``, end to end, over their mean."""
    if len(time) < 2 or len(time) != len(values):
        raise RangeError(f"drift of {len(values)} values at {len(time)} times: accepts 2 or more")
    slope, _ = np.polyfit(time - time.mean(), values, 1)
    return float(slope * (time[-1] - time[0]) / values.mean())


@dataclass(frozen=True, slots=True)
class Levels:
    """Power densities of relative noise: flicker / f + white, the latter in 1/Hz."""

    flicker: float
    white: float


def noise_levels(
    frequency: Floats, density: Floats, *, without: tuple[float, float] = (0.0, 0.0)
) -> Levels:
    """Fit flicker / f + white to a spectrum by Whittle's likelihood (Ark. Mat. 2:423, 1953).

    frequency: Hz, above 0.  density: 1/Hz.  without: band in Hz that is left out, where something
    was picked up.
    """
    used = ~((frequency >= without[0]) & (frequency <= without[1]) & (without[1] > 0.0))
    f, seen = frequency[used], density[used]
    if len(f) < 4 or not (f > 0.0).all() or not (seen > 0.0).all():
        raise RangeError(
            f"{len(f)} frequencies of a noise spectrum: accepts 4 or more, all above 0"
        )

    def unlikely(x: Floats) -> float:
        law = np.exp(x[0]) / f + np.exp(x[1])
        return float(np.sum(np.log(law) + seen / law))

    start = np.log([float(seen[0] * f[0]), float(np.median(seen[len(seen) // 2 :]))])
    best = minimize(unlikely, start, method="Nelder-Mead", options={"maxiter": 500})
    return Levels(*(float(level) for level in np.exp(best.x)))
