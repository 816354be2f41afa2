"""Which traps a filament has: those of the fab, until a pulse moves them.

What a filament's noise is depends on a few atoms beside its narrowest part. Where a pulse moves
the conductance these are others than before; and so they may be after a pulse that is too small for
that (Balogh et al., arXiv 2412.16080: such cycling lowers the noise of Ta2O5 by up to a factor of
ten; Rao et al., Nature 615:823 (2023): so are 2,048 levels told apart). A cell has ``PLACES``
configurations, the first as it comes from the fab and every other one drawn by the same laws; the
one that holds is part of its state, in the bits above those of the occupied traps.
"""

from math import exp, log
from typing import Any

import numpy as np
from numba import njit

from .inlining import inlined
from .layout import Record
from .random import TRAP_MOVE, TRAP_PLACE, TRAP_PLACED, normal, uniform

PLACES = 64  # as many as there are bits for
_QUANTITIES = 9  # of a configuration: the number of its traps, and four places for each
_LONG_AGO = -1e18  # s: where nothing is remembered of a trap's state


@inlined
def drawn_count(p: Record, chance: float) -> float:
    """Return how many traps there are, of a number that is even between 0 and 1."""
    if chance > p.trap_fraction:
        return 0.0
    return 2.0 if chance < p.trap_fraction * p.second_trap_fraction else 1.0


@njit(cache=True, nogil=True, error_model="numpy")
def drawn_trap(
    p: Record, seed: int, index: int, kind: int, first: int
) -> tuple[float, float, float]:
    """Return amplitude at 20 uS, correlation time in s and occupancy of a trap.

    kind: of draw.  first: counter of its first draw.
    """
    decades = log(p.trap_slowest / p.trap_fastest)
    amplitude: float = p.trap_amplitude * exp(p.trap_spread * normal(seed, index, kind, first))
    time: float = p.trap_fastest * exp(decades * uniform(seed, index, kind, first + 1))
    return amplitude, time, 0.1 + 0.8 * uniform(seed, index, kind, first + 2)


@njit(cache=True, nogil=True, error_model="numpy")
def trap_count(cell: Record, device: Record, p: Record, seed: int, index: int) -> int:
    """Return how many traps the cell has now."""
    place = cell.traps >> 2
    if place == 0:
        return int(device.trap_count)
    return int(drawn_count(p, uniform(seed, index, TRAP_PLACED, _QUANTITIES * place)))


@njit(cache=True, nogil=True, error_model="numpy")
def trap_of(
    cell: Record, device: Record, p: Record, seed: int, index: int, trap: int
) -> tuple[Any, Any, Any]:
    """Return amplitude at 20 uS, correlation time in s and occupancy of one of its traps now.

    All in single precision, as the records keep them.
    """
    place = cell.traps >> 2
    if place == 0:
        return device.trap_amplitude[trap], device.trap_time[trap], device.trap_occupancy[trap]
    first = _QUANTITIES * place + 1 + 4 * trap
    amplitude, time, occupancy = drawn_trap(p, seed, index, TRAP_PLACED, first)
    return np.float32(amplitude), np.float32(time), np.float32(occupancy)


@njit(cache=True, nogil=True, error_model="numpy")
def move_traps(cell: Record, p: Record, seed: int, index: int, surely: int) -> None:
    """Take another configuration, by chance, or ``surely`` (not 0); once for each number of pulses.

    The states of its traps are those of a configuration that has been there for long.
    """
    if surely != 0 or uniform(seed, index, TRAP_MOVE, cell.pulses) < p.trap_move_chance:
        place = 1 + int((PLACES - 1) * uniform(seed, index, TRAP_PLACE, cell.pulses))
        cell.traps = place << 2
        cell.trap_time = _LONG_AGO
