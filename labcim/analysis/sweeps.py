"""I-V sweeps: the voltages to step through, and what a loop says."""

import math

import numpy as np
from numpy.typing import NDArray

from labcim.errors import RecipeError

Floats = NDArray[np.float64]

MOST_STEPS = 10_000


def staircase(start: float, stop: float, step: float, *, double: bool) -> Floats:
    """Return voltages in V from ``start`` to ``stop``, both included, in steps of about ``step``.

    With ``double`` also back to ``start``; the turning point appears once.
    """
    intervals = max(round(_bounded(abs(stop - start) / step)), 1)
    up = np.linspace(start, stop, intervals + 1)
    return np.concatenate([up, up[-2::-1]]) if double else up


def ramp(start: float, stop: float, step: float) -> list[float]:
    """Return start, start + step, ... and ``stop`` itself at the end, in V."""
    steps = int(np.ceil(_bounded((stop - start) / step) - 1e-9))
    return [round(start + i * step, 9) for i in range(steps)] + [stop]


def _bounded(steps: float) -> float:
    """Refuse a slip of the pen that would make millions of steps. Raises RecipeError."""
    if not steps <= MOST_STEPS:
        raise RecipeError(f"{steps:.3g} steps from start to stop: accepts at most {MOST_STEPS}")
    return steps


def set_voltage(voltage: Floats, current: Floats) -> float:
    """Return where a SET branch first conducts twice what it did at low voltage, in V.

    voltage: V, current: A, in order of time. The next point must say the same, so that noise is
    not taken for SET. NaN if that never happens on the way out.
    """
    at, conductance = _way_out(voltage, current)
    if len(at) < 2:
        return math.nan
    before = float(np.median(conductance[:5]))
    doubled = conductance >= 2.0 * max(before, 0.0)
    where = np.flatnonzero(doubled[:-1] & doubled[1:])
    return float(at[where[0]]) if len(where) else math.nan


def reset_voltage(voltage: Floats, current: Floats) -> float:
    """Return where the current is largest before it falls, on the way out of a RESET branch, in V.

    NaN if it has not fallen by a tenth at the turning point: no RESET was seen.
    """
    at, conductance = _way_out(voltage, current)
    if len(at) < 2:
        return math.nan
    size = conductance * np.abs(at)
    peak = int(np.argmax(size))
    return float(at[peak]) if size[-1] < 0.9 * size[peak] else math.nan


def loop_area(voltage: Floats, current: Floats) -> float:
    """Return the area that a loop encloses in the I-V plane, in W; 0 for no hysteresis."""
    closed_v, closed_i = np.append(voltage, voltage[:1]), np.append(current, current[:1])
    lobes = []
    for sign in (1.0, -1.0):  # the lobes turn opposite ways, so each is taken by itself
        side = np.where(sign * closed_v > 0.0, closed_i, 0.0)
        lobes.append(abs(float(np.trapezoid(side, closed_v))))
    return sum(lobes)


def _way_out(voltage: Floats, current: Floats) -> tuple[Floats, Floats]:
    """Return voltages up to the turning point, without those near 0 V, and the conductance."""
    if len(voltage) == 0:
        return voltage, current
    turn = int(np.argmax(np.abs(voltage))) + 1
    at = voltage[:turn]
    usable = np.abs(at) > 0.02 * np.abs(at).max()
    return at[usable], current[:turn][usable] / at[usable]
