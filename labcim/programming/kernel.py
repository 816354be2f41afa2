"""The state machine of a write-verify, one cell after the other, compiled.

For each reading: learn from it; accept, give up, or say the next amplitude. A cell whose reading
is outside the window is pulsed towards its target; while the polarity stays, the amplitude climbs;
when the target was passed, the polarity reverses and the ramp starts anew.
"""

from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar, cast

import numpy as np
from numba import njit
from numpy.typing import NDArray

from .pulse_schedule import Numbers, Status
from .start_law import (
    DG,
    DV,
    DV_DG,
    DV_DV,
    ONSET,
    ONSET_SQ,
    ONSETS,
    RETURN_SQ,
    RETURNS,
    STEPS,
)

P = ParamSpec("P")
R = TypeVar("R")


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """Compile without the interpreter lock, kept on disk; numba itself has no types."""
    return cast(Callable[P, R], njit(nogil=True, cache=True)(function))


_ACCEPTED = int(Status.ACCEPTED)
_UNRESPONSIVE = int(Status.UNRESPONSIVE)
_GIVEN_UP = int(Status.GIVEN_UP)
_UNREADABLE = int(Status.UNREADABLE)

# An answer well under the tolerance cannot be told from noise: the cell is off its line again.
_NO_ANSWER = 0.3

_SLOPE, _REPEAT, _ONSET, _SHORT_NEW, _SHORT_KNOWN = range(5)


@compiled
def _count_onset(cell: Any, g: float, which: int, slope: float, row: Any) -> None:
    """Take the cell's onset of this ramp into the sums, and keep it as the cell's own."""
    onset = cell.voltage - cell.polarity * g / slope
    row[ONSETS] += 1.0
    row[ONSET] += onset
    row[ONSET_SQ] += onset * onset
    known = cell.set_onset if which == 0 else cell.reset_onset
    if not np.isnan(known):
        row[RETURNS] += 1.0
        row[RETURN_SQ] += (onset - known) ** 2
    if which == 0:
        cell.set_onset = onset
    else:
        cell.reset_onset = onset


@compiled
def _learn(cell: Any, g: float, laws: Any, sums: Any, s: Any) -> None:
    """Take what the last pulse did to the cell into the sums and into the cell's own onset."""
    which = 0 if cell.polarity > 0 else 1
    moved = cell.polarity * (g - cell.before)
    row = sums[which]
    if cell.on_line:
        row[STEPS] += 1.0
        row[DV] += cell.change
        row[DG] += moved
        row[DV_DV] += cell.change * cell.change
        row[DV_DG] += cell.change * moved
        if moved < _NO_ANSWER * s.tolerance:
            cell.on_line = 0
    elif moved > s.tolerance:
        cell.on_line = 1
    # While the slope is unknown a cell waits for its onset, so that late ones are not favoured.
    if cell.on_line and not cell.counted and laws[which, _SLOPE] > 0.0:
        cell.counted = 1
        _count_onset(cell, g, which, laws[which, _SLOPE], row)


@compiled
def _start(cell: Any, laws: Any, s: Any) -> float:
    """Return the amplitude with which a ramp of the cell's polarity starts, in V."""
    which = 0 if cell.polarity > 0 else 1
    plain = s.set_start
    if which == 1:
        plain = s.zero_reset_start if cell.target <= 0.0 else s.reset_start
    onset = laws[which, _ONSET]
    if not s.adaptive or np.isnan(onset):
        return float(min(plain, s.cap))
    own = cell.set_onset if which == 0 else cell.reset_onset
    short = laws[which, _SHORT_NEW]
    if not np.isnan(own):
        onset = own
        short = laws[which, _SHORT_KNOWN]
    aimed = onset + cell.polarity * cell.target / laws[which, _SLOPE] - short
    return float(min(max(aimed, s.step), s.cap))


@compiled
def _climb(cell: Any, g: float, laws: Any, s: Any) -> float:
    """Return by how much the amplitude changes within a ramp, in V; never more than one step."""
    which = 0 if cell.polarity > 0 else 1
    slope = laws[which, _SLOPE]
    if not s.adaptive or not cell.on_line or slope <= 0.0:
        return float(s.step)
    need = cell.polarity * (cell.target - g)
    return float(min(max((need - laws[which, _REPEAT]) / slope, -0.5 * s.step), s.step))


@compiled
def _next_pulse(cell: Any, g: float, laws: Any, s: Any) -> float:
    """Return the signed amplitude of the cell's next pulse in V, or 0 when it is given up."""
    wanted = 1 if g < cell.target else -1
    if cell.pulses >= s.pulses:
        cell.status = _GIVEN_UP
        return 0.0
    if wanted == cell.polarity:
        if cell.voltage >= s.cap:
            cell.at_cap += 1
            if cell.at_cap >= s.cap_pulses:
                cell.status = _UNRESPONSIVE
                return 0.0
        raised = min(cell.voltage + _climb(cell, g, laws, s), s.cap)
        cell.change = raised - cell.voltage
        cell.voltage = raised
    else:
        if cell.polarity != 0:
            if cell.reversals >= s.reversals:
                cell.status = _GIVEN_UP
                return 0.0
            cell.reversals += 1
        cell.polarity = wanted
        cell.at_cap = 0
        cell.on_line = 0
        cell.counted = 0
        cell.change = 0.0
        cell.voltage = _start(cell, laws, s)
    cell.pulses += 1
    cell.pulsed = 1
    cell.before = g
    return float(wanted * cell.voltage)


@compiled
def _in_window(g: float, target: float, window: float) -> bool:
    """Return whether a reading is in range; below a target of zero there is nothing to miss."""
    return abs(g - target) <= window or (target <= 0.0 and g <= window)


@compiled
def advance(
    state: NDArray[Any],
    active: NDArray[np.uint32],
    readings: NDArray[np.float64],
    good: NDArray[np.bool_],
    laws: NDArray[np.float64],
    sums: NDArray[np.float64],
    s: Numbers,
    amplitudes: NDArray[np.float64],
) -> None:
    """Take one reading of each active cell; leave its next amplitude (0: none) in ``amplitudes``.

    state: CELL, shape (cells,).  active, readings (S), good, amplitudes (V): shape (active,).
    """
    for i in range(active.shape[0]):
        cell = state[active[i]]
        amplitudes[i] = 0.0
        g = readings[i]
        if not good[i] or not np.isfinite(g):
            cell.flagged += 1
            if cell.flagged >= s.flagged_readings:
                cell.status = _UNREADABLE
            continue
        cell.flagged = 0
        cell.reading = g
        if cell.pulsed and s.adaptive:
            _learn(cell, g, laws, sums, s)
        cell.pulsed = 0
        if _in_window(g, cell.target, s.window):
            cell.in_range += 1
            if cell.in_range >= s.confirmations:
                cell.status = _ACCEPTED
            continue
        cell.in_range = 0
        amplitudes[i] = _next_pulse(cell, g, laws, s)
