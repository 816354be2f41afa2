"""Whole calls on arrays of cells: one loop, one thread, every stimulus logged inside it.

The truth record is written before the loop goes on to the next cell, and ``tail[0]``, the number of
valid records in the mapped log, right after it: a process that is killed leaves no cell moved by
more than one unlogged pulse. amplitude > 0 raises the SET terminal, amplitude < 0 the other one.

The loops are those of every cell model: the laws that they call are compiled in by the type of the
records, see `laws`. The parameters come as an array of one record: numba takes 5 us to unpack a
record that comes alone.
"""

from math import log10

import numpy as np
from numba import njit
from numpy.typing import NDArray

from .laws import (
    cell_current,
    observed_conductance,
    present_conductance,
    pulse_cell,
    settle_cell,
)
from .layout import PULSE, READING


@njit(cache=True, nogil=True, error_model="numpy")
def log_stimulus(
    log: NDArray[np.void],
    tail: NDArray[np.uint64],
    kind: int,
    operation: int,
    index: int,
    time: float,
    amplitude: float,
    width: float,
    gate: float,
    conductance: float,
    current: float,
) -> None:
    """Write one record of the truth, and count it. Arguments: see `layout.TRUTH`."""
    record = log[tail[0]]
    record.time = time
    record.operation = operation
    record.cell = index
    record.amplitude = amplitude
    record.width = width
    record.gate = gate
    record.conductance = conductance
    record.current = current
    record.kind = kind
    tail[0] += 1


@njit(cache=True, nogil=True, error_model="numpy")
def pulse_cells(
    cells: NDArray[np.void],
    devices: NDArray[np.void],
    parameters: NDArray[np.void],
    seed: int,
    chosen: NDArray[np.uint32],
    row: NDArray[np.float64],
    column: NDArray[np.float64],
    gate: NDArray[np.float64],
    width: float,
    gap: float,
    count: int,
    limit: float,
    start: NDArray[np.float64],
    log: NDArray[np.void],
    tail: NDArray[np.uint64],
    operation: int,
) -> NDArray[np.float64]:
    """Deliver ``count`` pulses to each chosen cell; return the peak currents in A.

    row (the SET terminal), column, gate: V; start: s; each of shape (chosen,).  width, gap: s.
    """
    p = parameters[0]
    peak = np.zeros(chosen.size)
    log_time = log10(width * 1e6)
    for i in range(chosen.size):
        index = chosen[i]
        cell = cells[index]
        for n in range(count):
            time = start[i] + n * (width + gap)
            current = pulse_cell(
                cell,
                devices[index],
                p,
                seed,
                index,
                row[i],
                column[i],
                gate[i],
                width,
                log_time,
                limit,
                time,
            )
            peak[i] = max(peak[i], current)
            after = present_conductance(cell, devices[index], p, time + width)
            amplitude = row[i] - column[i]
            log_stimulus(
                log, tail, PULSE, operation, index, time, amplitude, width, gate[i], after, current
            )
    return peak


@njit(cache=True, nogil=True, error_model="numpy")
def read_cells(
    cells: NDArray[np.void],
    devices: NDArray[np.void],
    parameters: NDArray[np.void],
    seed: int,
    chosen: NDArray[np.uint32],
    row: NDArray[np.float64],
    column: NDArray[np.float64],
    gate: NDArray[np.float64],
    aperture: float,
    start: NDArray[np.float64],
    log: NDArray[np.void],
    tail: NDArray[np.uint64],
    operation: int,
    logged: bool,
) -> NDArray[np.float64]:
    """Read each chosen cell over ``aperture`` s (all averages together); return currents in A."""
    p = parameters[0]
    currents = np.empty(chosen.size)
    for i in range(chosen.size):
        index = chosen[i]
        cell, device = cells[index], devices[index]
        true = present_conductance(cell, device, p, start[i])
        seen = observed_conductance(cell, device, p, seed, index, true, aperture, start[i])
        currents[i] = cell_current(device, p, seen, row[i], column[i], gate[i])
        if logged:
            amplitude = row[i] - column[i]
            log_stimulus(
                log, tail, READING, operation, index, start[i], amplitude, aperture, gate[i], true,
                currents[i],
            )  # fmt: skip
    return currents


@njit(cache=True, nogil=True, error_model="numpy")
def noise_free_currents(
    cells: NDArray[np.void],
    devices: NDArray[np.void],
    parameters: NDArray[np.void],
    chosen: NDArray[np.uint32],
    row: NDArray[np.float64],
    column: NDArray[np.float64],
    gate: NDArray[np.float64],
    time: float,
) -> NDArray[np.float64]:
    """Return the true current in A of each chosen cell at ``time`` s; voltages as for a pulse."""
    p = parameters[0]
    currents = np.empty(chosen.size)
    for i in range(chosen.size):
        index = chosen[i]
        device = devices[index]
        true = present_conductance(cells[index], device, p, time)
        currents[i] = cell_current(device, p, true, row[i], column[i], gate[i])
    return currents


@njit(cache=True, nogil=True, error_model="numpy")
def true_conductances(
    cells: NDArray[np.void],
    devices: NDArray[np.void],
    parameters: NDArray[np.void],
    chosen: NDArray[np.uint32],
    time: float,
) -> NDArray[np.float64]:
    """Return the noise-free conductances in S of the chosen cells at ``time`` s."""
    p = parameters[0]
    values = np.empty(chosen.size)
    for i in range(chosen.size):
        index = chosen[i]
        values[i] = present_conductance(cells[index], devices[index], p, time)
    return values


@njit(cache=True, nogil=True, error_model="numpy")
def settle_cells(
    cells: NDArray[np.void],
    devices: NDArray[np.void],
    parameters: NDArray[np.void],
    seed: int,
    time: float,
    temperature: float,
) -> None:
    """Bring all cells up to date at ``time`` s, before their chip goes on at ``temperature`` K."""
    p = parameters[0]
    for index in range(cells.size):
        settle_cell(cells[index], devices[index], p, seed, index, time, temperature)
