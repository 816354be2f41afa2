"""Constants of the read noise from a cell that was read again and again."""

import math

import numpy as np
from numpy.typing import NDArray

from labcim.analysis.noise import noise_levels, power_spectrum
from labcim.errors import RangeError
from labcim.units import Second

from ..devices._filament_preset import FilamentPreset

Floats = NDArray[np.float64]

SEGMENTS = 5  # of the spectrum, that do not overlap


def fit_read_noise(
    preset: FilamentPreset,
    time: Floats,
    conductance: Floats,
    *,
    aperture: Second,
    without: tuple[float, float] = (0.0, 0.0),
) -> dict[str, float]:
    """Return the constants of white and 1/f noise, with no traps, from one cell's record.

    time: s, evenly spaced on the whole.  conductance: S, of the same shape (reads,).  aperture: s,
    of a reading.  without: band in Hz that is left out, where something was picked up.  How noise
    depends on the conductance, one cell does not tell: the preset's law is kept, and scaled.
    """
    mean = float(conductance.mean())
    if len(time) != len(conductance) or len(time) < 16 * SEGMENTS or mean <= 0.0:
        raise RangeError(f"a record of {len(conductance)} reads: accepts {16 * SEGMENTS} or more")
    interval = float(time[-1] - time[0]) / (len(time) - 1)
    spectrum = power_spectrum(conductance / mean, interval, len(time) // SEGMENTS)
    found = noise_levels(*spectrum, without=without)
    noise, flicker = preset.read_noise, preset.flicker
    variance = found.white / (2.0 * interval) - _folded(found.flicker, interval, aperture)
    white = math.sqrt(max(variance, 0.0) * aperture / noise.white_aperture)
    floor = min(noise.white_floor, white)
    return {
        "white_floor": floor,
        "white_slope": (white - floor) / math.sqrt(2e-5 / mean),
        "flicker": math.sqrt(found.flicker) / (2e-5 / mean) ** flicker.flicker_exponent,
        "flicker_log": 0.0,
        "trap_fraction": 0.0,
    }


def _folded(level: float, interval: Second, aperture: Second) -> float:
    """Return the variance of level/f noise that reads see but do not resolve in time.

    It is what lies between half the rate of the reads and the end of what one reading averages:
    the integral of level/f sinc²(f aperture), which folds down and looks white. For apertures well
    below the interval it is  level (3/2 - Euler's gamma - ln(pi aperture / interval)).
    """
    return level * max(1.5 - np.euler_gamma - math.log(math.pi * aperture / interval), 0.0)
