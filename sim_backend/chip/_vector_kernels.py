"""Charges of many pulses on one family of lines, cell by cell: see `vectors`."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from ..devices.laws import cell_current, observed_conductance, present_conductance
from ..devices.layout import Record

# Between the first and the last pulse of a message a conductance that changes by less than this, of
# itself, is taken to change evenly.
STRAIGHT = 1e-4


@njit(cache=True, nogil=True, error_model="numpy")
def vector_charges(
    cells: NDArray[np.void],
    devices: NDArray[np.void],
    p: Record,
    seed: int,
    stride_driven: int,
    stride_sensed: int,
    raises_set: bool,
    volts: NDArray[np.float64],
    widths: NDArray[np.float64],
    level: float,
    gates: NDArray[np.float64],
    times: NDArray[np.float64],
    first: int,
    last: int,
    charges: NDArray[np.float64],
) -> None:
    """Write the charges in C that flow out of the sensed lines ``first`` to ``last``.

    stride_driven, stride_sensed: cells from one line to the next.  raises_set: whether the driven
    lines are the SET terminals.  volts: V, widths: s, (driven, pulses).  level: V of the sensed
    lines.  gates: V on each cell's gate, (cells,), not above 0 where the cell carries nothing.
    times: s, begin of each pulse, (pulses,).  charges: (sensed, pulses).
    """
    for sensed in range(first, last):
        for driven in range(volts.shape[0]):
            index = driven * stride_driven + sensed * stride_sensed
            gate = gates[index]
            if gate <= 0.0:
                continue
            cell, device = cells[index], devices[index]
            begin = present_conductance(cell, device, p, times[0])
            change = present_conductance(cell, device, p, times[-1]) - begin
            straight = abs(change) <= STRAIGHT * begin
            slope = change / (times[-1] - times[0]) if straight and change != 0.0 else 0.0
            for n in range(times.size):
                volt, width = volts[driven, n], widths[driven, n]
                if width <= 0.0 or volt == level:
                    continue
                if straight:
                    true = begin + slope * (times[n] - times[0])
                else:
                    true = present_conductance(cell, device, p, times[n])
                seen = observed_conductance(cell, device, p, seed, index, true, width, times[n])
                if raises_set:
                    current = cell_current(device, p, seen, volt, level, gate)
                else:
                    current = -cell_current(device, p, seen, level, volt, gate)
                charges[sensed, n] += current * width
