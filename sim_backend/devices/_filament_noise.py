"""What a read shows beside the true conductance: white, 1/f, and telegraph noise from traps.

White noise falls with the root of the integration time. A trap is a two-state Markov process; its
state at the start of a read follows exactly from its state at the last one, and the mean over the
aperture has the exact conditional mean and the exact variance of an average of telegraph noise.
"""

from math import exp, log10, sqrt

from numba import njit

from .flicker import relative_flicker
from .layout import Record
from .random import READ, TRAP, TRAP_AVERAGE, normal, uniform


@njit(cache=True, nogil=True, error_model="numpy")
def white_sigma(p: Record, conductance: float, aperture: float) -> float:
    """Return sigma(G)/G of the white part when ``aperture`` s are averaged."""
    at_reference: float = p.white_floor + p.white_slope * sqrt(2e-5 / max(conductance, 1e-9))
    return at_reference * sqrt(p.white_aperture / aperture)


@njit(cache=True, nogil=True, error_model="numpy")
def trap_amplitude(p: Record, device: Record, trap: int, conductance: float) -> float:
    """Return the relative step of one trap at this conductance."""
    step: float = device.trap_amplitude[trap] * sqrt(2e-5 / max(conductance, 1e-9))
    lowest: float = p.trap_lowest
    highest: float = p.trap_highest
    return min(max(step, lowest), highest)


@njit(cache=True, nogil=True, error_model="numpy")
def _telegraph(
    cell: Record,
    device: Record,
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
    # With x = aperture / time: mean given the first state, and what the average scatters beside it.
    x = aperture / time
    if x < 1e-3:  # first order, where the differences below would lose all their digits
        kept, spread = 1.0 - 0.5 * x, 2.0 / 3.0 * x
    else:
        kept = (1.0 - exp(-x)) / x
        spread = 2.0 / x * (1.0 - kept) - kept * kept
    rest = sqrt(max(occupied * (1.0 - occupied) * spread, 0.0))
    scatter = rest * normal(seed, index, TRAP_AVERAGE + trap, cell.reads)
    mean: float = (state - occupied) * kept + scatter
    return mean


@njit(cache=True, nogil=True, error_model="numpy")
def flicker_sigma(p: Record, conductance: float) -> float:
    """Return sigma(G)/G of the 1/f noise, for each root of ln(time)."""
    share: float = p.flicker * (2e-5 / max(conductance, 1e-9)) ** p.flicker_exponent
    if p.flicker_log > 0.0 and conductance > 1e-6:
        share += p.flicker_log * log10(conductance * 1e6) / conductance
    return share


@njit(cache=True, nogil=True, error_model="numpy")
def observed_conductance(
    cell: Record,
    device: Record,
    p: Record,
    seed: int,
    index: int,
    conductance: float,
    aperture: float,
    time: float,
) -> float:
    """Return what a read of ``aperture`` s at ``time`` s sees of ``conductance`` S; moves traps."""
    cell.reads += 1
    relative = white_sigma(p, conductance, aperture) * normal(seed, index, READ, cell.reads)
    if device.trap_count > 0.0 and cell.formed != 0:
        age = max(time - cell.trap_time, 0.0)
        for trap in range(int(device.trap_count)):
            step = trap_amplitude(p, device, trap, conductance)
            relative += step * _telegraph(cell, device, trap, seed, index, age, aperture)
        cell.trap_time = time
    if p.flicker + p.flicker_log > 0.0:
        sigma = flicker_sigma(p, conductance)
        relative += sigma * relative_flicker(
            seed, index, p.flicker_time, time, aperture, cell.written_at
        )
    return conductance * max(1.0 + relative, 0.0)
