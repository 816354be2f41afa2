"""What a cell conducts: an ohmic or sinh-shaped filament, relaxed since it was written."""

from math import exp, log, log10, sinh, sqrt

import numpy as np
from numba import njit
from numpy.typing import NDArray

from .access import current_through
from .layout import Record

DAY = 4.936513742478893  # log10(86,400 s)


@njit(cache=True, nogil=True, error_model="numpy")
def polynomial(coefficients: NDArray[np.float64], u: float) -> float:
    """Return c0 + c1 u + ... + c4 u^4."""
    value = float(coefficients[4])
    for power in range(3, -1, -1):
        value = value * u + coefficients[power]
    return value


@njit(cache=True, nogil=True, error_model="numpy")
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
    return early + (late - early) * min(log10(age) / DAY, 1.0)


@njit(cache=True, nogil=True, error_model="numpy")
def present_conductance(cell: Record, device: Record, p: Record, time: float) -> float:
    """Return the true, noise-free conductance in S at ``time`` s (bench clock)."""
    written: float = cell.conductance
    if cell.formed == 0 or cell.stuck != 0:
        return written
    moved: float = cell.relaxation * relaxation_sigma(p, written, time - cell.written_at)
    return max(written + moved, 0.1 * written)


@njit(cache=True, nogil=True, error_model="numpy")
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


@njit(cache=True, nogil=True, error_model="numpy")
def cell_current(
    device: Record, p: Record, conductance: float, row: float, column: float, gate: float
) -> float:
    """Return the current in A from the SET terminal through the cell; noise-free.

    conductance: S, at the reference read.  row (the SET terminal), column, gate: V.
    """
    warm = 1.0 + p.temperature_coefficient * (p.temperature - 300.0)
    seen = conductance * warm * _shape(p, conductance, row - column)
    current: float = current_through(device, p, seen, row, column, gate)
    return current
