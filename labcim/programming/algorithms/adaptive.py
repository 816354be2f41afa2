"""Adaptive start: each ramp begins where the readings so far say that the cell will answer.

Steps are scaled to what is missing. What is learned, and when, is said in ``start_law``.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from labcim.programming.pulse_schedule import Numbers
from labcim.programming.start_law import (
    END_G,
    END_GG,
    END_GT,
    END_T,
    END_V,
    END_VG,
    END_VT,
    END_VV,
    ENDS,
    REPEAT_G,
    REPEAT_V,
    REPEATS,
    RETURN_GG,
    RETURN_VG,
    RETURN_VV,
    RETURNS,
    STEP_G,
    STEP_V,
    STEPS,
)

from .steps import climbed, compiled, fired, forget, heard, published_start, settled, spent, turned

# An answer well under the tolerance cannot be told from noise: the cell is off its line again.
_NO_ANSWER = 0.3

_FULL, _SMALL = 0.9, 0.3  # steps larger and smaller than that, in steps of the schedule
_LONGEST_RUN_UP = 5.0  # steps by which a ramp starts early at most, however unsure the law is

_LOG_2 = 0.30103

_SLOPE, _REPEAT, _ONSET, _SHORT_NEW, _SHORT_KNOWN = range(5)


@compiled
def _notice(cell: Any, g: float, s: Any) -> None:
    """Keep what the last pulse did to the cell, until its ramp is known to be one."""
    moved = cell.polarity * (g - cell.before)
    if cell.on_line:
        kind = 0 if cell.change > _FULL * s.step else 1
        if kind == 0 or cell.change < _SMALL * s.step:
            cell.steps[kind] += 1
            cell.step_v[kind] += cell.change
            cell.step_g[kind] += moved
        if moved < _NO_ANSWER * cell.tolerance:
            cell.on_line = 0
    elif moved > cell.tolerance:
        cell.on_line = 1


@compiled
def _count_end(cell: Any, g: float, which: int, row: Any) -> None:
    """Take the end of the cell's ramp into the sums, and keep it as the cell's own."""
    v = cell.voltage
    row[ENDS] += 1.0
    row[END_V] += v
    row[END_G] += g
    row[END_T] += cell.target
    row[END_VT] += v * cell.target
    row[END_GT] += g * cell.target
    row[END_VV] += v * v
    row[END_VG] += v * g
    row[END_GG] += g * g
    own_v, own_g = cell.own_v[which], cell.own_g[which]
    if not np.isnan(own_v):
        row[RETURNS] += 1.0
        row[RETURN_VV] += (v - own_v) ** 2
        row[RETURN_VG] += (v - own_v) * (g - own_g)
        row[RETURN_GG] += (g - own_g) ** 2
    cell.own_v[which] = v
    cell.own_g[which] = g


@compiled
def _learn(cell: Any, g: float, sums: Any, s: Any) -> None:
    """Take what the last pulse did; once the ramp has reached its target, all that it taught."""
    _notice(cell, g, s)
    if cell.on_line and cell.polarity * (cell.target - g) <= s.guard * cell.tolerance:
        which = 0 if cell.polarity > 0 else 1
        row = sums[which]
        row[STEPS] += cell.steps[0]
        row[STEP_V] += cell.step_v[0]
        row[STEP_G] += cell.step_g[0]
        row[REPEATS] += cell.steps[1]
        row[REPEAT_V] += cell.step_v[1]
        row[REPEAT_G] += cell.step_g[1]
        if not cell.counted:
            cell.counted = 1
            _count_end(cell, g, which, row)
        forget(cell)


@compiled
def _start(cell: Any, laws: Any, s: Any) -> float:
    """Return the amplitude with which a ramp of the cell's polarity starts, in V."""
    which = 0 if cell.polarity > 0 else 1
    onset = laws[which, _ONSET]
    if np.isnan(onset):
        return published_start(cell, s)
    per = cell.polarity / laws[which, _SLOPE]
    aimed = onset + per * cell.target
    short = laws[which, _SHORT_NEW]
    own = cell.own_v[which]
    if not np.isnan(own):
        aimed = own + per * (cell.target - cell.own_g[which])
        short = laws[which, _SHORT_KNOWN]
    aimed -= min(short, _LONGEST_RUN_UP * s.step)
    return float(min(max(aimed, s.step), s.cap))


@compiled
def _rise(cell: Any, g: float, laws: Any, s: Any) -> float:
    """Return by how much the amplitude changes within a ramp, in V; never more than one step."""
    which = 0 if cell.polarity > 0 else 1
    slope = laws[which, _SLOPE]
    if not cell.on_line or slope <= 0.0:
        return float(s.step)
    need = cell.polarity * (cell.target - g)
    # Log-time law: 10^(g/decade) grows by one with each pulse, so an equal one adds log10(2).
    decade = laws[which, _REPEAT] / _LOG_2
    if 8.0 * decade > need:
        need = decade * np.log10(max(10.0 ** (need / decade) - 1.0, 1e-3))
    return float(min(max(need / slope, -0.5 * s.step), s.step))


@compiled
def next_pulse(cell: Any, g: float, laws: Any, s: Any) -> float:
    """Return the signed amplitude of the cell's next pulse in V, or 0 when it is given up."""
    if spent(cell, s):
        return 0.0
    wanted = 1 if g < cell.target else -1
    if wanted == cell.polarity:
        if not climbed(cell, _rise(cell, g, laws, s), s):
            return 0.0
    else:
        if not turned(cell, wanted, s):
            return 0.0
        cell.voltage = _start(cell, laws, s)
    return fired(cell, g)


@compiled
def advance(
    state: NDArray[Any],
    active: NDArray[np.uint32],
    readings: NDArray[np.float64],
    good: NDArray[np.bool_],
    laws: NDArray[np.float64],
    sums: NDArray[np.float64],
    s: Numbers,
    amplitudes: NDArray[np.float64],
) -> None:
    """Learn from one reading of each active cell; leave its next amplitude (0: none)."""
    for i in range(active.shape[0]):
        cell = state[active[i]]
        amplitudes[i] = 0.0
        if heard(cell, readings[i], good[i], s):
            if cell.pulsed:
                _learn(cell, readings[i], sums, s)
            cell.pulsed = 0
            if not settled(cell, readings[i], s):
                amplitudes[i] = next_pulse(cell, readings[i], laws, s)
