"""What all algorithms do with a cell, compiled: hear, accept, turn round, climb, give up."""

from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar, cast

import numpy as np
from numba import njit

from labcim.programming.pulse_schedule import Status

P = ParamSpec("P")
R = TypeVar("R")


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """Compile without the interpreter lock, kept on disk; numba itself has no types."""
    return cast(Callable[P, R], njit(nogil=True, cache=True)(function))


_ACCEPTED = int(Status.ACCEPTED)
_UNRESPONSIVE = int(Status.UNRESPONSIVE)
_GIVEN_UP = int(Status.GIVEN_UP)
_UNREADABLE = int(Status.UNREADABLE)


@compiled
def heard(cell: Any, g: float, good: bool, s: Any) -> bool:
    """Take a reading; return whether it is data. A cell that stays flagged is given up."""
    if not good or not np.isfinite(g):
        cell.flagged += 1
        if cell.flagged >= s.flagged_readings:
            cell.status = _UNREADABLE
        return False
    cell.flagged = 0
    cell.reading = g
    return True


@compiled
def settled(cell: Any, g: float, s: Any) -> bool:
    """Return whether the cell is in range, and accept it after enough consecutive readings.

    Below a target of zero there is nothing to miss.
    """
    window = s.guard * cell.tolerance
    if abs(g - cell.target) <= window or (cell.target <= 0.0 and g <= window):
        cell.in_range += 1
        if cell.in_range >= s.confirmations:
            cell.status = _ACCEPTED
        return True
    cell.in_range = 0
    return False


@compiled
def spent(cell: Any, s: Any) -> bool:
    """Return whether the cell had all pulses that it may get, and give it up if so."""
    if cell.pulses >= s.pulses:
        cell.status = _GIVEN_UP
        return True
    return False


@compiled
def forget(cell: Any) -> None:
    """Begin with nothing noticed of what pulses do."""
    for kind in range(2):
        cell.steps[kind] = 0
        cell.step_v[kind] = cell.step_g[kind] = 0.0


@compiled
def turned(cell: Any, wanted: int, s: Any) -> bool:
    """Begin a ramp of polarity ``wanted``; False and given up where no reversal is left."""
    if cell.polarity != 0:
        if cell.reversals >= s.reversals:
            cell.status = _GIVEN_UP
            return False
        cell.reversals += 1
    cell.polarity = wanted
    cell.at_cap = 0
    cell.change = 0.0
    cell.on_line = cell.counted = 0
    forget(cell)
    return True


@compiled
def waits_at_cap(cell: Any, s: Any) -> bool:
    """Count one more pulse at a cap; False and given up after too many of them."""
    cell.at_cap += 1
    if cell.at_cap >= s.cap_pulses:
        cell.status = _UNRESPONSIVE
        return False
    return True


@compiled
def cycled(cell: Any, s: Any) -> bool:
    """Begin a whole SET for a cell that no RESET brings low enough; False where none is left.

    How far a RESET goes differs from cycle to cycle, so that the next one may go further.
    """
    if cell.polarity > 0 or cell.cycles >= s.cycles or cell.reversals >= s.reversals:
        return False
    cell.cycles += 1
    turned(cell, 1, s)
    cell.voltage = s.cap
    cell.counted = 1  # an end at the cap says nothing about where to start
    return True


@compiled
def climbed(cell: Any, rise: float, s: Any) -> bool:
    """Raise the amplitude by ``rise`` V up to the cap; False where the cell is given up there."""
    if cell.voltage >= s.cap:
        if cell.at_cap + 1 >= s.cap_pulses and cycled(cell, s):
            return True
        if not waits_at_cap(cell, s):
            return False
    raised = min(cell.voltage + rise, s.cap)
    cell.change = raised - cell.voltage
    cell.voltage = raised
    return True


@compiled
def published_start(cell: Any, s: Any) -> float:
    """Return the published amplitude with which a ramp of the cell's polarity starts, in V."""
    start = s.set_start
    if cell.polarity < 0:
        start = s.zero_reset_start if cell.target <= 0.0 else s.reset_start
    return float(min(start, s.cap))


@compiled
def fired(cell: Any, g: float) -> float:
    """Count a pulse that is decided on reading ``g``; return its signed amplitude in V."""
    cell.pulses += 1
    cell.pulsed = 1
    cell.before = g
    return float(cell.polarity * cell.voltage)
