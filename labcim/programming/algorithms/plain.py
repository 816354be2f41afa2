"""The published incremental pulse: amplitudes climb by equal steps until the target is passed.

Then the polarity reverses and its ramp starts anew (NeuRRAM: Wan et al., Nature 608:504, 2022).
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from labcim.programming.pulse_schedule import Numbers

from .steps import climbed, compiled, fired, heard, published_start, settled, spent, turned


@compiled
def next_pulse(cell: Any, g: float, s: Any) -> float:
    """Return the signed amplitude of the cell's next pulse in V, or 0 when it is given up."""
    if spent(cell, s):
        return 0.0
    wanted = 1 if g < cell.target else -1
    if wanted == cell.polarity:
        if not climbed(cell, s.step, s):
            return 0.0
    else:
        if not turned(cell, wanted, s):
            return 0.0
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
    """Take one reading of each active cell; leave its next amplitude (0: none)."""
    for i in range(active.shape[0]):
        cell = state[active[i]]
        amplitudes[i] = 0.0
        if heard(cell, readings[i], good[i], s) and not settled(cell, readings[i], s):
            amplitudes[i] = next_pulse(cell, readings[i], s)
