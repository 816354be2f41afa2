"""What a cell conducts: an ohmic or sinh-shaped filament, relaxed and faded since its write."""

from math import exp, log, log10, sinh, sqrt

import numpy as np
from numba import njit
from numpy.typing import NDArray

from .access import current_through
from .inlining import inlined
from .layout import Record

DAY = 4.936513742478893  # log10(86,400 s)
LEAST_FADED = 1e-4  # a cell holds that long: its conductance is exact until fading could show


@njit(cache=True, nogil=True, error_model="numpy")
def polynomial(coefficients: NDArray[np.float64], u: float) -> float:
    """Return c0 + c1 u + ... + c4 u^4."""
    value = float(coefficients[4])
    for power in range(3, -1, -1):
        value = value * u + coefficients[power]
    return value


@inlined
def relaxation_sigma(p: Record, conductance: float, age: float) -> float:
    """Return the standard deviation in S of the change ``age`` s after a write.

    Up to 1 s as sqrt(ln(1 + t/t1)) to the table of 1 s; then with log t to the table of one day.
    """
    if age <= 0.0:
        return 0.0
    u = min(conductance / p.relaxation_full_scale, 1.0)
    early = polynomial(p.one_second, u)
    if age <= 1.0:
        grown: float = p.relaxation_scale * sqrt(log(1.0 + age / p.relaxation_onset))
        return early * grown
    late = polynomial(p.one_day, u)
    grown_by: float = min(log10(age) / DAY, p.relaxation_most)
    return early + (late - early) * grown_by


@njit(cache=True, nogil=True, error_model="numpy")
def life_used(cell: Record, device: Record, p: Record, time: float) -> float:
    """Return how far a cell has faded: ln 2 is half, for a state in the middle of the window.

    What was used up at temperatures before the present one lies in ``stress``, below zero.
    """
    since = max(cell.written_at, p.temperature_since)
    used: float = device.retention_rate * (time - since) - min(cell.stress, 0.0)
    return used


@njit(cache=True, nogil=True, error_model="numpy")
def _faded(
    cell: Record, device: Record, p: Record, written: float, moved: float, time: float
) -> float:
    """Return what is left in S of ``moved`` S in a cell that was written to ``written`` S."""
    used = life_used(cell, device, p, time) - LEAST_FADED
    if used <= 0.0:
        return moved
    place = 2.0 * (written - device.lowest) / (device.highest - device.lowest) - 1.0
    lasts = exp(p.retention_ends * min(place * place, 1.0))
    left: float = p.retention_rest + (moved - p.retention_rest) * exp(-used / lasts)
    return left


@inlined
def present_conductance(cell: Record, device: Record, p: Record, time: float) -> float:
    """Return the true, noise-free conductance in S at ``time`` s (bench clock)."""
    written: float = cell.conductance
    if cell.formed == 0 or cell.stuck != 0:
        return written
    age = (time - cell.written_at) * p.relaxation_speed
    moved: float = cell.relaxation * relaxation_sigma(p, written, age)
    if p.relaxation_shift != 0.0 and age > 1.0:
        moved += p.relaxation_shift * log(age)
    present = max(written + moved, 0.1 * written)
    if time - cell.written_at > p.retention_onset or cell.stress < 0.0:
        return _faded(cell, device, p, written, present, time)
    return present


@inlined
def _shape(p: Record, conductance: float, voltage: float) -> float:
    """Return secant conductance at ``voltage`` over that at the reference read."""
    if p.nonlinearity <= 0.0:
        return 1.0
    slope = p.nonlinearity * exp(-conductance / p.nonlinear_scale)
    here: float = slope * min(max(abs(voltage), 1e-6), p.nonlinear_highest)
    there: float = slope * p.read_voltage
    if here < 1e-4 and there < 1e-4:
        return 1.0
    return (sinh(here) / here) / (sinh(there) / there)


@inlined
def _warmth(p: Record, conductance: float) -> float:
    """Return conductance at the chip's temperature over that at 300 K."""
    rise = p.temperature_rise * max(1.0 - conductance / p.highest, 0.0)
    warm: float = 1.0 + (p.temperature_coefficient + rise) * (p.temperature - 300.0)
    return max(warm, 0.05)


@inlined
def cell_current(
    device: Record, p: Record, conductance: float, row: float, column: float, gate: float
) -> float:
    """Return the current in A from the SET terminal through the cell; noise-free.

    conductance: S, at the reference read.  row (the SET terminal), column, gate: V.
    """
    seen = conductance * _shape(p, conductance, row - column)
    if p.temperature != 300.0:
        seen *= _warmth(p, conductance)
    current: float = current_through(device, p, seen, row, column, gate)
    return current


@njit(cache=True, nogil=True, error_model="numpy")
def sinh_form(
    devices: NDArray[np.void],
    p: Record,
    cells: NDArray[np.uint32],
    conductance: NDArray[np.float64],
) -> NDArray[np.float64]:
    """See `CellModel.sinh_form`: what `cell_current` says where there is no transistor."""
    found = np.empty((3, cells.size))
    for i in range(cells.size):
        slope = max(p.nonlinearity, 0.0) * exp(-conductance[i] / p.nonlinear_scale)
        there = slope * p.read_voltage
        shape = there / sinh(there) if there > 1e-6 else 1.0
        warm = _warmth(p, conductance[i]) if p.temperature != 300.0 else 1.0
        found[0, i] = conductance[i] * warm * shape
        found[1, i] = slope
        found[2, i] = p.nonlinear_highest
    return found
