"""Fine tuning: alternating polarity, whose amplitude ramps take smaller steps at each reversal.

The first ramp is the published one. Whenever the target was passed the step is halved, down to the
fine step, and the ramp of the other polarity starts a few steps below where its last one ended
(Alibart et al., Nanotechnology 23:075201 (2012): 1 % of any target, about 7 bits).
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from labcim.programming.pulse_schedule import Numbers

from .steps import climbed, compiled, fired, heard, published_start, settled, spent, turned

_RUN_UP = 4.0  # present steps below the end of the last ramp of the same polarity


@compiled
def next_pulse(cell: Any, g: float, s: Any) -> float:
    """Return the signed amplitude of the cell's next pulse in V, or 0 when it is given up."""
    if spent(cell, s):
        return 0.0
    wanted = 1 if g < cell.target else -1
    if wanted == cell.polarity:
        if not climbed(cell, max(s.step * 0.5**cell.reversals, s.fine_step), s):
            return 0.0
    else:
        if cell.polarity != 0:
            cell.own_v[0 if cell.polarity > 0 else 1] = cell.voltage
        if not turned(cell, wanted, s):
            return 0.0
        own = cell.own_v[0 if wanted > 0 else 1]
        step = max(s.step * 0.5**cell.reversals, s.fine_step)
        cell.voltage = (
            published_start(cell, s) if np.isnan(own) else max(own - _RUN_UP * step, step)
        )
    return fired(cell, g)


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
    """Take one reading of each active cell; leave its next amplitude (0: none)."""
    for i in range(active.shape[0]):
        cell = state[active[i]]
        amplitudes[i] = 0.0
        if heard(cell, readings[i], good[i], s) and not settled(cell, readings[i], s):
            amplitudes[i] = next_pulse(cell, readings[i], s)
