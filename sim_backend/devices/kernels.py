"""Whole calls on arrays of cells: one loop, one thread, every stimulus logged inside it.

The truth record is written before the loop goes on to the next cell, and ``tail[0]``, the number of
valid records in the mapped log, right after it: a process that is killed leaves no cell moved by
more than one unlogged pulse. amplitude > 0 raises the SET terminal, amplitude < 0 the other one.
"""

import numpy as np
from numba import njit

from .conduction import cell_current, present_conductance
from .filament import pulse_cell
from .layout import PULSE, READING
from .noise import noisy_conductance


@njit(cache=True, nogil=True, error_model="numpy")
def _log(
    log: np.ndarray,
    tail: np.ndarray,
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
    cells: np.ndarray,
    devices: np.ndarray,
    p: np.record,
    seed: int,
    chosen: np.ndarray,
    row: np.ndarray,
    column: np.ndarray,
    gate: np.ndarray,
    width: float,
    gap: float,
    count: int,
    limit: float,
    start: np.ndarray,
    log: np.ndarray,
    tail: np.ndarray,
    operation: int,
) -> np.ndarray:
    """Deliver ``count`` pulses to each chosen cell; return the peak currents in A.

    row (the SET terminal), column, gate: V; start: s; each of shape (chosen,).  width, gap: s.
    """
    peak = np.zeros(chosen.size)
    for i in range(chosen.size):
        index = chosen[i]
        cell = cells[index]
        for n in range(count):
            time = start[i] + n * (width + gap)
            current = pulse_cell(
                cell, devices[index], p, seed, index, row[i], column[i], gate[i], width, limit, time
            )
            peak[i] = max(peak[i], current)
            after = present_conductance(cell, p, time + width)
            amplitude = row[i] - column[i]
            _log(
                log, tail, PULSE, operation, index, time, amplitude, width, gate[i], after, current
            )
    return peak


@njit(cache=True, nogil=True, error_model="numpy")
def read_cells(
    cells: np.ndarray,
    devices: np.ndarray,
    p: np.record,
    seed: int,
    chosen: np.ndarray,
    row: np.ndarray,
    column: np.ndarray,
    gate: np.ndarray,
    aperture: float,
    start: np.ndarray,
    log: np.ndarray,
    tail: np.ndarray,
    operation: int,
    logged: bool,
) -> np.ndarray:
    """Read each chosen cell over ``aperture`` s (all averages together); return currents in A."""
    currents = np.empty(chosen.size)
    for i in range(chosen.size):
        index = chosen[i]
        cell, device = cells[index], devices[index]
        true = present_conductance(cell, p, start[i])
        seen = noisy_conductance(cell, device, p, seed, index, true, aperture, start[i])
        currents[i] = cell_current(p, device, seen, row[i], column[i], gate[i])
        if logged:
            amplitude = row[i] - column[i]
            _log(
                log, tail, READING, operation, index, start[i], amplitude, aperture, gate[i], true,
                currents[i],
            )  # fmt: skip
    return currents


@njit(cache=True, nogil=True, error_model="numpy")
def noise_free_currents(
    cells: np.ndarray,
    devices: np.ndarray,
    p: np.record,
    chosen: np.ndarray,
    row: np.ndarray,
    column: np.ndarray,
    gate: np.ndarray,
    time: float,
) -> np.ndarray:
    """Return the true current in A of each chosen cell at ``time`` s; voltages as for a pulse."""
    currents = np.empty(chosen.size)
    for i in range(chosen.size):
        index = chosen[i]
        true = present_conductance(cells[index], p, time)
        currents[i] = cell_current(p, devices[index], true, row[i], column[i], gate[i])
    return currents


@njit(cache=True, nogil=True, error_model="numpy")
def true_conductances(
    cells: np.ndarray, p: np.record, chosen: np.ndarray, time: float
) -> np.ndarray:
    """Return the noise-free conductances in S of the chosen cells at ``time`` s."""
    values = np.empty(chosen.size)
    for i in range(chosen.size):
        values[i] = present_conductance(cells[chosen[i]], p, time)
    return values
