"""What a read shows beside the true conductance: white, 1/f, and telegraph noise from traps.

White noise falls with the root of the integration time. A trap is a two-state Markov process: its
states at the start and at the end of a read follow exactly from that at the end of the last one,
and the mean over the aperture has the exact mean and variance for these two states.
"""

from math import exp, log10, sqrt

from numba import njit

from ._filament_traps import trap_count, trap_of
from .flicker import relative_flicker
from .inlining import inlined
from .layout import Record
from .random import READ, TRAP, TRAP_AVERAGE, TRAP_END, normal, uniform


@inlined
def white_sigma(p: Record, conductance: float, aperture: float) -> float:
    """Return sigma(G)/G of the white part when ``aperture`` s are averaged."""
    at_reference: float = p.white_floor + p.white_slope * sqrt(2e-5 / max(conductance, 1e-9))
    return at_reference * sqrt(p.white_aperture / aperture)


@njit(cache=True, nogil=True, error_model="numpy")
def trap_amplitude(p: Record, at_reference: float, conductance: float) -> float:
    """Return the relative step at this conductance of a trap whose step at 20 uS is known."""
    step: float = at_reference * sqrt(2e-5 / max(conductance, 1e-9))
    lowest: float = p.trap_lowest
    highest: float = p.trap_highest
    return min(max(step, lowest), highest)


@njit(cache=True, nogil=True, error_model="numpy")
def _mean_between(q: float, x: float, first: float, last: float) -> tuple[float, float]:
    """Return mean and variance of a telegraph signal's average, given its state at both ends.

    q: occupancy.  x: length over correlation time.  first, last: 0 or 1.  From
    P(1 at t | first) = q + (first - q) e^-t, integrated once and twice over the times between.
    """
    if x < 1e-3:  # one change of state at most, at any time between
        return 0.5 * (first + last), 0.0 if first == last else 1.0 / 12.0
    a, b, e = first - q, 1.0 - q, exp(-x)
    f = (1.0 - e) / x
    j = (x - 1.0 + e) / (x * x)
    k = (1.0 - e - x * e) / (x * x)
    # The end is in state 1, or, from the whole, not in it.
    once = q * q + q * (b + a) * f + a * b * e
    twice = 2.0 * (q * q * (0.5 * q + (2.0 * b + a) * j) + b * (q * (b + 2.0 * a) * k))
    twice += a * b * b * e
    chance = q + a * e
    if last < 0.5:
        once = q + a * f - once
        twice = q * q + 2.0 * (q * b * j + a * q * j + a * b * k) - twice
        chance = 1.0 - chance
    chance = max(chance, 1e-300)
    mean = once / chance
    return mean, max(twice / chance - mean * mean, 0.0)


@njit(cache=True, nogil=True, error_model="numpy")
def _telegraph(
    cell: Record,
    trap: int,
    time: float,
    occupied: float,
    seed: int,
    index: int,
    age: float,
    aperture: float,
) -> float:
    """Return the mean of one trap over the aperture, less its long-time mean; move its state on."""
    state = 1.0 if cell.traps & (1 << trap) else 0.0
    chance = occupied + (state - occupied) * exp(-age / time)
    first = 1.0 if uniform(seed, index, TRAP + trap, cell.reads) < chance else 0.0
    chance = occupied + (first - occupied) * exp(-aperture / time)
    last = 1.0 if uniform(seed, index, TRAP_END + trap, cell.reads) < chance else 0.0
    if last > 0.5:
        cell.traps |= 1 << trap
    else:
        cell.traps &= 255 - (1 << trap)
    mean, variance = _mean_between(occupied, aperture / time, first, last)
    scatter = sqrt(variance) * normal(seed, index, TRAP_AVERAGE + trap, cell.reads)
    seen: float = mean - occupied + scatter
    return seen


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
    count = trap_count(cell, device, p, seed, index) if cell.formed != 0 else 0
    if count > 0:
        age = max(time - cell.trap_time, 0.0)
        for trap in range(count):
            amplitude, slow, occupied = trap_of(cell, device, p, seed, index, trap)
            step = trap_amplitude(p, amplitude, conductance)
            relative += step * _telegraph(cell, trap, slow, occupied, seed, index, age, aperture)
        cell.trap_time = time + aperture
    if p.flicker + p.flicker_log > 0.0:
        sigma = flicker_sigma(p, conductance)
        relative += sigma * relative_flicker(
            seed, index, p.flicker_time, time, aperture, cell.written_at
        )
    return conductance * max(1.0 + relative, 0.0)
