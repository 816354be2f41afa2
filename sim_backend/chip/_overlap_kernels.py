"""Pulses of overlapping trains, cell by cell: see `overlap`."""

from math import log10

import numpy as np
from numba import njit
from numpy.typing import NDArray

from ..devices.kernels import log_stimulus
from ..devices.laws import present_conductance, pulse_cell
from ..devices.layout import PULSE, Record


@njit(cache=True, nogil=True, error_model="numpy")
def overlap_pulses(
    cells: NDArray[np.void],
    devices: NDArray[np.void],
    p: Record,
    seed: int,
    row_words: NDArray[np.uint32],
    column_words: NDArray[np.uint32],
    kinds: NDArray[np.int64],
    sides: NDArray[np.float64],
    slots: int,
    width: float,
    period: float,
    times: NDArray[np.float64],
    seen: float,
    limit: float,
    log: NDArray[np.void],
    tail: NDArray[np.uint64],
    operation: int,
) -> None:
    """Deliver every pulse that a cell sees, in the order of time for each cell.

    row_words, column_words: a bit for each slot, (phases, lines).  kinds: which of ``sides`` holds,
    (phases,).  sides: V on the SET terminal, on the other one, on the gate, (kinds, 4, 3); the
    second index is 2 where the row pulses, plus 1 where the column does.  times: s, (phases,).
    seen: V, and a gate above 0, that make it a pulse.  limit: A.
    """
    log_time, columns = log10(width * 1e6), column_words.shape[1]
    for index in range(row_words.shape[1] * columns):
        cell, device = cells[index], devices[index]
        for phase in range(times.size):
            row = row_words[phase, index // columns]
            column = column_words[phase, index % columns]
            if (row | column) == 0:
                continue
            for slot in range(slots):
                state = 2 * ((row >> slot) & 1) + ((column >> slot) & 1)
                high, low, gate = sides[kinds[phase], state]
                if state == 0 or abs(high - low) < seen or gate <= 0.0:
                    continue
                time = times[phase] + slot * period
                peak = pulse_cell(
                    cell, device, p, seed, index, high, low, gate, width, log_time, limit, time
                )
                after = present_conductance(cell, device, p, time + width)
                log_stimulus(
                    log, tail, PULSE, operation, index, time, high - low, width, gate, after, peak
                )
