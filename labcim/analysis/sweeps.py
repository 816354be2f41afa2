"""I-V sweeps: the voltages to step through, and what a loop says."""

import math

import numpy as np
from numpy.typing import NDArray

from labcim.errors import RecipeError

Floats = NDArray[np.float64]

MOST_STEPS = 10_000

_STEEPEST = 0.22  # V, of the steepest bend that is no SET
_LOW = 6  # points at low voltage where the ways out and back are compared


def staircase(start: float, stop: float, step: float, *, double: bool, held: int = 0) -> Floats:
    """Return voltages in V from ``start`` to ``stop``, both included, in steps of about ``step``.

    With ``double`` also back to ``start``; the turning point appears once, and ``held`` times more.
    """
    intervals = max(round(_bounded(abs(stop - start) / step)), 1)
    up = np.linspace(start, stop, intervals + 1)
    out = np.concatenate([up, np.full(held, up[-1])])
    return np.concatenate([out, up[-2::-1]]) if double else out


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
    """Return where the conductance of a SET branch rises most steeply on the way out, in V.

    voltage: V, current: A, in order of time. NaN where no SET was seen. A cell that only bends
    rises as well: SET is what stays, so that on the way back it must conduct 1.5 times what it did
    on the way out. Of a branch without a way back, conductance must double more steeply than it can
    by I = G V0 sinh(V / V0) with V0 = 0.22 V. The rise is from the larger of two points to the
    smaller of the next two, so that noise is not taken for SET.
    """
    at, conductance = _way_out(voltage, current)
    if len(at) < 3:
        return math.nan
    seen = np.maximum(conductance, 1e-12)
    before = np.maximum(seen, np.concatenate([seen[:1], seen[:-1]]))[:-1]
    after = np.minimum(seen, np.concatenate([seen[1:], seen[-1:]]))[1:]
    steepness = np.log(after / before) / np.maximum(np.diff(np.abs(at)), 1e-9)
    steepest = int(np.argmax(steepness))
    back = _way_back(voltage, current)
    if back is None:
        stays = steepness[steepest] > 1.0 / _STEEPEST and seen[-1] > 2.0 * seen[0]
    else:
        volts, returned = back
        earlier = np.interp(np.abs(volts), np.abs(at), conductance)
        stays = float(np.median(returned)) > 1.5 * float(np.median(earlier))
    return float(at[steepest + 1]) if stays else math.nan


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


def _way_back(voltage: Floats, current: Floats) -> tuple[Floats, Floats] | None:
    """Return V and S of the last few points of the way back, None where there is none."""
    last = np.abs(voltage[::-1])
    turn = len(voltage) - int(np.argmax(last))
    at, amperes = voltage[turn:], current[turn:]
    usable = (np.abs(at) > 0.02 * np.abs(voltage).max()) & (np.abs(at) < np.abs(voltage[0]) + 0.5)
    if not usable.any():
        return None
    return at[usable][-_LOW:], (amperes[usable] / at[usable])[-_LOW:]


def _way_out(voltage: Floats, current: Floats) -> tuple[Floats, Floats]:
    """Return voltages up to the turning point, without those near 0 V, and the conductance."""
    if len(voltage) == 0:
        return voltage, current
    turn = int(np.argmax(np.abs(voltage))) + 1
    at = voltage[:turn]
    usable = np.abs(at) > 0.02 * np.abs(at).max()
    return at[usable], current[:turn][usable] / at[usable]
