"""What a read shows beside the true conductance: white noise and telegraph noise from traps.

White noise falls with the root of the integration time. A trap is a two-state Markov process; its
state at the start of a read follows exactly from its state at the last one, and the mean over the
aperture has the exact conditional mean and the exact variance of an average of telegraph noise.
"""

from math import exp, sqrt

import numpy as np
from numba import njit

from .random import READ, TRAP, TRAP_AVERAGE, normal, uniform


@njit(cache=True, nogil=True, error_model="numpy")
def white_sigma(p: np.record, conductance: float, aperture: float) -> float:
    """Return sigma(G)/G of the white part when ``aperture`` s are averaged."""
    at_reference = p.white_floor + p.white_slope * sqrt(2e-5 / max(conductance, 1e-9))
    return at_reference * sqrt(p.white_aperture / aperture)


@njit(cache=True, nogil=True, error_model="numpy")
def trap_amplitude(p: np.record, device: np.record, trap: int, conductance: float) -> float:
    """Return the relative step of one trap at this conductance."""
    step = device.trap_amplitude[trap] * sqrt(2e-5 / max(conductance, 1e-9))
    return min(max(step, p.trap_lowest), p.trap_highest)


@njit(cache=True, nogil=True, error_model="numpy")
def _telegraph(
    cell: np.record,
    device: np.record,
    trap: int,
    seed: int,
    index: int,
    age: float,
    aperture: float,
) -> float:
    """Return the mean of one trap over the aperture, less its long-time mean; move its state on."""
    occupied = device.trap_occupancy[trap]
    time = device.trap_time[trap]
    state = 1.0 if cell.traps & (1 << trap) else 0.0
    chance = occupied + (state - occupied) * exp(-age / time)
    state = 1.0 if uniform(seed, index, TRAP + trap, cell.reads) < chance else 0.0
    if state > 0.5:
        cell.traps |= 1 << trap
    else:
        cell.traps &= 255 - (1 << trap)
    ratio = time / aperture
    kept = ratio * (1.0 - exp(-1.0 / ratio))
    spread = 2.0 * ratio * (1.0 - kept) - kept * kept
    rest = sqrt(max(occupied * (1.0 - occupied) * spread, 0.0))
    return (state - occupied) * kept + rest * normal(seed, index, TRAP_AVERAGE + trap, cell.reads)


@njit(cache=True, nogil=True, error_model="numpy")
def noisy_conductance(
    cell: np.record,
    device: np.record,
    p: np.record,
    seed: int,
    index: int,
    conductance: float,
    aperture: float,
    time: float,
) -> float:
    """Return what a read of ``aperture`` s at ``time`` s sees of ``conductance`` S; changes traps."""
    cell.reads += 1
    relative = white_sigma(p, conductance, aperture) * normal(seed, index, READ, cell.reads)
    if device.trap_count > 0.0 and cell.formed != 0:
        age = max(time - cell.trap_time, 0.0)
        for trap in range(int(device.trap_count)):
            step = trap_amplitude(p, device, trap, conductance)
            relative += step * _telegraph(cell, device, trap, seed, index, age, aperture)
        cell.trap_time = time
    return conductance * max(1.0 + relative, 0.0)
