"""One part of a pulse on many cells: moved and logged in one loop. See `stepping`."""

from math import log10

import numpy as np
from numba import njit
from numpy.typing import NDArray

from ..devices.kernels import log_stimulus
from ..devices.laws import present_conductance, pulse_cell
from ..devices.layout import PULSE, Record


@njit(cache=True, nogil=True, error_model="numpy")
def pulse_part(
    cells: NDArray[np.void],
    devices: NDArray[np.void],
    p: Record,
    seed: int,
    chosen: NDArray[np.uint32],
    row: NDArray[np.float64],
    column: NDArray[np.float64],
    gate: NDArray[np.float64],
    width: float,
    limit: float,
    time: float,
    hold_draws: bool,
    places: NDArray[np.int64],
    log: NDArray[np.void],
    tail: NDArray[np.uint64],
    operation: int,
) -> NDArray[np.float64]:
    """Go on with a pulse for ``width`` s; return the largest currents in A meanwhile.

    row (the SET terminal), column, gate: V, (chosen,).  time: s, begin of the part.  places: where
    each cell's record of this pulse is on the log, -1 where it has none yet; filled in.
    hold_draws: whether what was drawn for the pulse's first part holds for this one too.
    """
    peak = np.empty(chosen.size)
    log_time = log10(width * 1e6)
    for i in range(chosen.size):
        index = chosen[i]
        cell, device = cells[index], devices[index]
        if hold_draws and places[i] >= 0:
            cell.pulses -= 1
        peak[i] = pulse_cell(
            cell, device, p, seed, index, row[i], column[i], gate[i], width, log_time, limit, time
        )
        after = present_conductance(cell, device, p, time + width)
        amplitude = row[i] - column[i]
        if places[i] < 0:
            places[i] = tail[0]
            log_stimulus(
                log, tail, PULSE, operation, index, time, amplitude, width, gate[i], after, peak[i]
            )
            continue
        record = log[places[i]]
        record.width = time + width - record.time
        record.conductance = after
        record.current = max(record.current, peak[i])
        if abs(amplitude) > abs(record.amplitude):
            record.amplitude = amplitude
    return peak
