"""Cycles of SET and RESET, and waits for a current, on many cells: compiled loops."""

from math import log10, pi, sin, sqrt

import numpy as np
from numba import njit
from numpy.typing import NDArray

from ..devices.kernels import log_stimulus
from ..devices.laws import cell_current, observed_conductance, present_conductance, pulse_cell
from ..devices.layout import CYCLED, PULSE, READING, Record

Floats = NDArray[np.float64]


@njit(cache=True, nogil=True, error_model="numpy")
def _count(record: Record, cycles: int) -> None:
    record.cycles[0] = cycles & 255
    record.cycles[1] = (cycles >> 8) & 255
    record.cycles[2] = (cycles >> 16) & 255


@njit(cache=True, nogil=True, error_model="numpy")
def cycle_cells(
    cells: NDArray[np.void],
    devices: NDArray[np.void],
    p: Record,
    seed: int,
    chosen: NDArray[np.uint32],
    row: Floats,
    column: Floats,
    gate: Floats,
    width: Floats,
    limit: Floats,
    offset: Floats,
    moments: Floats,
    log: NDArray[np.void],
    tail: NDArray[np.uint64],
    operation: int,
) -> Floats:
    """Give each cell as many cycles as there are ``moments``; return peaks in A, (2, chosen).

    row (the SET terminal), column, gate: V; offset: s, from a moment to the cell's own pulse; all
    (2, chosen), SET first.  width: s, limit: A, (2,).  moments: s, (count, 2).  Two records a cell
    are written, which say at any time how many pulses there have been.
    """
    peak = np.zeros((2, chosen.size))
    log_time = np.log10(width * 1e6)
    for i in range(chosen.size):
        index = chosen[i]
        cell, device = cells[index], devices[index]
        first = tail[0]
        for half in range(2):
            amplitude = row[half, i] - column[half, i]
            log_stimulus(
                log, tail, CYCLED, operation, index, moments[0, half] + offset[half, i], amplitude,
                width[half], gate[half, i], 0.0, 0.0,
            )  # fmt: skip
            _count(log[first + half], 0)
        for n in range(moments.shape[0]):
            for half in range(2):
                time = moments[n, half] + offset[half, i]
                current = pulse_cell(
                    cell, device, p, seed, index, row[half, i], column[half, i], gate[half, i],
                    width[half], log_time[half], limit[half], time,
                )  # fmt: skip
                peak[half, i] = max(peak[half, i], current)
                record = log[first + half]
                record.current = peak[half, i]
                _count(record, n + 1)
        for half in range(2):
            last = moments[-1, half] + offset[half, i] + width[half]
            log[first + half].conductance = present_conductance(cell, device, p, last)
    return peak


@njit(cache=True, nogil=True, error_model="numpy")
def cycle_and_read(
    cells: NDArray[np.void],
    devices: NDArray[np.void],
    p: Record,
    seed: int,
    chosen: NDArray[np.uint32],
    row: Floats,
    column: Floats,
    gate: Floats,
    width: Floats,
    limit: Floats,
    offset: Floats,
    moments: Floats,
    sense_row: float,
    sense_column: float,
    sense_gate: float,
    aperture: float,
    sense_offset: Floats,
    log: NDArray[np.void],
    tail: NDArray[np.uint64],
    operation: int,
    logged: bool,
    currents: Floats,
) -> Floats:
    """As `cycle_cells`, with a reading after each pulse, and a record of each pulse and reading.

    moments: s, (count, 4): SET, reading, RESET, reading.  sense_row, sense_column, sense_gate: V.
    aperture: s, of all averages.  sense_offset: s, (chosen,).  logged: whether readings are.
    currents: A, (2, count, chosen), filled.
    """
    peak = np.zeros((2, chosen.size))
    log_time = np.log10(width * 1e6)
    for i in range(chosen.size):
        index = chosen[i]
        cell, device = cells[index], devices[index]
        for n in range(moments.shape[0]):
            for half in range(2):
                time = moments[n, 2 * half] + offset[half, i]
                current = pulse_cell(
                    cell, device, p, seed, index, row[half, i], column[half, i], gate[half, i],
                    width[half], log_time[half], limit[half], time,
                )  # fmt: skip
                peak[half, i] = max(peak[half, i], current)
                after = present_conductance(cell, device, p, time + width[half])
                log_stimulus(
                    log, tail, PULSE, operation, index, time, row[half, i] - column[half, i],
                    width[half], gate[half, i], after, current,
                )  # fmt: skip
                time = moments[n, 2 * half + 1] + sense_offset[i]
                true = present_conductance(cell, device, p, time)
                seen = observed_conductance(cell, device, p, seed, index, true, aperture, time)
                found = cell_current(device, p, seen, sense_row, sense_column, sense_gate)
                currents[half, n, i] = found
                if logged:
                    log_stimulus(
                        log, tail, READING, operation, index, time, sense_row - sense_column,
                        aperture, sense_gate, true, found,
                    )  # fmt: skip
    return peak


@njit(cache=True, nogil=True, error_model="numpy")
def beside(fault: Floats, time: float) -> float:
    """Return the current in A that a sense channel adds by itself at ``time`` s.

    fault: A and Hz of the mains that it picks up, A/s of drift, and since when in s.
    """
    added: float = fault[2] * (time - fault[3])
    if fault[0] != 0.0:
        added += fault[0] * sin(2.0 * pi * fault[1] * time)
    return added


@njit(cache=True, nogil=True, error_model="numpy")
def _current_at_end(
    cell: Record,
    device: Record,
    p: Record,
    seed: int,
    index: int,
    row: float,
    column: float,
    gate: float,
    width: float,
    limit: float,
    time: float,
) -> tuple[float, float]:
    """Pulse a cell; return the largest current in A meanwhile, and that at its end."""
    peak = pulse_cell(
        cell, device, p, seed, index, row, column, gate, width, log10(width * 1e6), limit, time
    )
    if row > column:  # it rises: the end is the largest
        return peak, peak
    after = present_conductance(cell, device, p, time + width)
    return peak, min(abs(cell_current(device, p, after, row, column, gate)), limit)


@njit(cache=True, nogil=True, error_model="numpy")
def _crossed(current: float, threshold: float, rises: bool) -> bool:
    return current >= threshold if rises else current <= threshold


@njit(cache=True, nogil=True, error_model="numpy")
def _ticks(
    spare: NDArray[np.void],
    cell: Record,
    device: Record,
    p: Record,
    seed: int,
    index: int,
    row: float,
    column: float,
    gate: float,
    threshold: float,
    clock: float,
    most: int,
    limit: float,
    time: float,
    fault: Floats,
) -> int:
    """Return after how many clocks the current has crossed, ``most`` + 1 if it has not.

    What a pulse of some clocks would do is tried on ``spare``, with the draws that are to come.
    """
    rises = row > column
    low, high = 0, most + 1
    middle = most
    while low + 1 < high:
        spare[0] = cell
        width = middle * clock
        _, current = _current_at_end(
            spare[0], device, p, seed, index, row, column, gate, width, limit, time
        )
        # On a line that is raised for a RESET the current flows the other way.
        current += beside(fault, time + width) if rises else -beside(fault, time + width)
        if _crossed(current, threshold, rises):
            high = middle
        else:
            low = middle
        # Waits differ by decades: the middle is the geometric one until they are alike.
        middle = (low + high) // 2
        if high > 4 * max(low, 1):
            middle = min(max(int(sqrt(float(max(low, 1)) * high)), low + 1), high - 1)
    return high


@njit(cache=True, nogil=True, error_model="numpy")
def time_cells(
    cells: NDArray[np.void],
    devices: NDArray[np.void],
    p: Record,
    seed: int,
    chosen: NDArray[np.uint32],
    row: Floats,
    column: Floats,
    gate: Floats,
    step: NDArray[np.int64],
    threshold: float,
    clock: float,
    most: int,
    limit: float,
    gap: float,
    fault: Floats,
    spare: NDArray[np.void],
    log: NDArray[np.void],
    tail: NDArray[np.uint64],
    operation: int,
    time: Floats,
    ticks: NDArray[np.int64],
    peak: Floats,
) -> float:
    """Time the cells step by step from time[0] s on; return when the last step has ended, in s.

    chosen: in the order of ``step``, (chosen,).  A step ends ``gap`` s after the last of its cells.
    fault: see `beside`.  time: s, ticks, peak: A, (chosen,), filled; ``most`` + 1 ticks
    where the current did not cross, and the pulse took ``most``.
    """
    now = time[0]
    longest = 0
    for i in range(chosen.size):
        if i > 0 and step[i] != step[i - 1]:
            now += longest * clock + gap
            longest = 0
        index = chosen[i]
        cell, device = cells[index], devices[index]
        found = _ticks(
            spare, cell, device, p, seed, index, row[i], column[i], gate[i], threshold, clock, most,
            limit, now, fault,
        )  # fmt: skip
        lasted = min(found, most)
        width = lasted * clock
        peak[i], _ = _current_at_end(
            cell, device, p, seed, index, row[i], column[i], gate[i], width, limit, now
        )
        after = present_conductance(cell, device, p, now + width)
        amplitude = row[i] - column[i]
        log_stimulus(
            log, tail, PULSE, operation, index, now, amplitude, width, gate[i], after, peak[i]
        )
        time[i], ticks[i] = now, found
        longest = max(longest, lasted)
    ended: float = now + longest * clock + gap
    return ended
