"""What all cells of a chip conduct between the nodes of their lines, and how that changes."""

from math import asinh, exp, sqrt
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from ..devices.kernels import log_stimulus
from ..devices.laws import cell_current, observed_conductance, present_conductance
from ..devices.layout import READING, Record

Floats = NDArray[np.float64]
PROBE = 1e-6  # V, for slopes of laws that have no closed form here
STEPS = 60
LEAK = 1e-15  # S, beside each transistor
_jit = njit(cache=True, nogil=True, error_model="numpy")
_njit: Any = njit  # its stub does not know all options
# Without reference counts, which would be kept, atomically, at every cell; nothing is allocated.
_loop = _njit(cache=True, nogil=True, error_model="numpy", _nrt=False)


@_jit
def observe(
    cells: NDArray[np.void],
    devices: NDArray[np.void],
    p: Record,
    seed: int,
    chosen: NDArray[np.uint32],
    aperture: float,
    time: float,
) -> Floats:
    """Return what reads of ``aperture`` s see of the cells' conductances: S, (chosen,)."""
    seen = np.empty(chosen.size)
    for i in range(chosen.size):
        index = chosen[i]
        true = present_conductance(cells[index], devices[index], p, time)
        seen[i] = observed_conductance(
            cells[index], devices[index], p, seed, index, true, aperture, time
        )
    return seen


@_jit
def log_readings(
    cells: NDArray[np.void],
    devices: NDArray[np.void],
    p: Record,
    chosen: NDArray[np.uint32],
    amplitude: Floats,
    gate: Floats,
    current: Floats,
    aperture: float,
    time: float,
    log: NDArray[np.void],
    tail: NDArray[np.uint64],
    operation: int,
) -> None:
    """Write one record for each cell that was read. current: A, as measured."""
    for i in range(chosen.size):
        index = chosen[i]
        true = present_conductance(cells[index], devices[index], p, time)
        log_stimulus(
            log, tail, READING, operation, index, time, amplitude[i], aperture, gate[i], true,
            current[i],
        )  # fmt: skip


@_loop
def gated_tangents(
    devices: NDArray[np.void],
    p: Record,
    live: NDArray[np.uint32],
    conductance: Floats,
    gate: Floats,
    row_is_set: bool,
    row: Floats,
    column: Floats,
    current: Floats,
    by_row: Floats,
    by_column: Floats,
) -> None:
    """Write the current, row to column, and its slopes of cells behind transistors.

    All arrays but live, conductance and gate, (live,), are flat over all cells.
    """
    for i in range(live.size):
        k = live[i]
        device, g = devices[k], conductance[i]
        a, b = (row[k], column[k]) if row_is_set else (column[k], row[k])
        here = cell_current(device, p, g, a, b, gate[i])
        by_set = max((cell_current(device, p, g, a + PROBE, b, gate[i]) - here) / PROBE, 0.0)
        by_other = max((here - cell_current(device, p, g, a, b + PROBE, gate[i])) / PROBE, 0.0)
        if not row_is_set:
            here, by_set, by_other = -here, by_other, by_set
        # A line that hangs on saturated transistors alone must find its level in the end.
        current[k] = here + LEAK * (row[k] - column[k])
        by_row[k], by_column[k] = by_set + LEAK, by_other + LEAK


@_loop
def sinh_current(zero: float, alpha: float, highest: float, voltage: float) -> tuple[float, float]:
    """Return A and S of zero sinh(alpha v) / alpha; beyond ``highest`` V its secant there holds."""
    size = abs(voltage)
    x = alpha * min(size, highest)
    if x < 1e-4:
        secant, slope = zero * (1.0 + x * x / 6.0), zero * (1.0 + 0.5 * x * x)
    else:
        grown = exp(x)
        secant, slope = zero * 0.5 * (grown - 1.0 / grown) / x, zero * 0.5 * (grown + 1.0 / grown)
    return secant * voltage, slope if size <= highest else secant


@_loop
def _conducts(
    devices: NDArray[np.void], p: Record, k: int, form: Floats, i: int, sign: float, voltage: float
) -> tuple[float, float]:
    """Return A from row to column, and S, of one cell without a transistor.

    form: either its conductance, (1, live), or G at 0 V, alpha and highest voltage, (3, live).
    """
    if form.shape[0] == 3:
        found: tuple[float, float] = sinh_current(form[0, i], form[1, i], form[2, i], voltage)
        return found
    here = cell_current(devices[k], p, form[0, i], sign * voltage, 0.0, 0.0)
    there = cell_current(devices[k], p, form[0, i], sign * voltage + PROBE, 0.0, 0.0)
    return sign * here, max((there - here) / PROBE, 0.0)


@_loop
def plain_tangents(
    devices: NDArray[np.void],
    p: Record,
    live: NDArray[np.uint32],
    form: Floats,
    row_is_set: bool,
    row: Floats,
    column: Floats,
    current: Floats,
    slope: Floats,
) -> None:
    """Write current and slope of cells without transistors. Arrays as for `gated_tangents`."""
    sign = 1.0 if row_is_set else -1.0
    for i in range(live.size):
        k = live[i]
        current[k], slope[k] = _conducts(devices, p, k, form, i, sign, row[k] - column[k])


@_loop
def selected_tangents(
    devices: NDArray[np.void],
    p: Record,
    live: NDArray[np.uint32],
    form: Floats,
    row_is_set: bool,
    leakage: float,
    steepness: float,
    row: Floats,
    column: Floats,
    current: Floats,
    slope: Floats,
    share: Floats,
) -> None:
    """As `plain_tangents`, each with a selector of I = leakage sinh(v / steepness) in series.

    share: V that is left for each cell, (live,); where the search for it begins, too. Its sum with
    the selector's, u + steepness asinh(I(u) / leakage), only rises with u: Newton, in a bracket.
    """
    sign = 1.0 if row_is_set else -1.0
    for i in range(live.size):
        k = live[i]
        voltage = row[k] - column[k]
        low, high = min(0.0, voltage), max(0.0, voltage)
        u = min(max(share[i], low), high)
        found, steep, ratio = 0.0, 0.0, 1.0
        for _ in range(STEPS):
            found, steep = _conducts(devices, p, k, form, i, sign, u)
            ratio = 1.0 + steepness * steep / sqrt(found * found + leakage * leakage)
            missing = voltage - u - steepness * asinh(found / leakage)
            if missing > 0.0:
                low = u
            else:
                high = u
            step = missing / ratio
            if abs(step) <= 1e-15 + 1e-14 * abs(u):
                break
            u = u + step if low <= u + step <= high else 0.5 * (low + high)
        share[i], current[k], slope[k] = u, found, steep / ratio
