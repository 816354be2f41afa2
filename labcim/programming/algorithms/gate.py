"""Gate-voltage increments: SETs of one amplitude, whose gate climbs until they reach far enough.

The access transistor's current decides how far a SET goes, so the gate, not the amplitude, is
verified step by step (IGVVA: incremental gate voltage with verify, IHP's 4-kbit arrays). A cell
that went too far is brought back by RESET pulses of climbing amplitude, and the gate starts a few
steps below where it had been too high.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from labcim.programming.pulse_schedule import Numbers

from .steps import (
    climbed,
    compiled,
    fired,
    heard,
    published_start,
    settled,
    spent,
    turned,
    waits_at_cap,
)

_RUN_UP = 4.0  # gate steps below the one that was too high


@compiled
def _gate_raised(cell: Any, s: Any) -> bool:
    """Raise the gate by a step up to the SET gate; False where the cell is given up there."""
    if cell.gate >= s.set_gate and not waits_at_cap(cell, s):
        return False
    cell.gate = min(cell.gate + s.gate_step, s.set_gate)
    return True


@compiled
def next_pulse(cell: Any, g: float, s: Any) -> float:
    """Return the signed amplitude of the cell's next pulse in V, or 0 when it is given up."""
    if spent(cell, s):
        return 0.0
    wanted = 1 if g < cell.target else -1
    if wanted == cell.polarity:
        if not (_gate_raised(cell, s) if wanted > 0 else climbed(cell, s.step, s)):
            return 0.0
    else:
        if not turned(cell, wanted, s):
            return 0.0
        if wanted > 0:
            known = not np.isnan(cell.gate)
            cell.gate = (
                max(cell.gate - _RUN_UP * s.gate_step, s.gate_start) if known else s.gate_start
            )
            cell.voltage = s.gate_amplitude
        else:
            cell.voltage = published_start(cell, s)
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
    """Take one reading of each active cell; leave its next amplitude (0: none) and its gate."""
    for i in range(active.shape[0]):
        cell = state[active[i]]
        amplitudes[i] = 0.0
        if heard(cell, readings[i], good[i], s) and not settled(cell, readings[i], s):
            amplitudes[i] = next_pulse(cell, readings[i], s)
