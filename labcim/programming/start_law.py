"""What a write-verify learns from its readings: where to start, and how far to step.

On its line, a cell's conductance answers an amplitude linearly, ``g = s * k * (V - onset)`` with
s = +1 for SET, -1 for RESET (physics: the "equilibrium line" of a filament, and NeuRRAM's ramps);
a pulse that is hardly larger than the last one adds a little, as time does: ``repeat``. Learned are

- slope k: from full steps on one cell, and from the ends of ramps to different targets;
- repeat: from small steps;
- onset: from the ends of ramps, its mean and spread over cells, and how far one cell's own moves
  from one ramp to the next.

Only readings enter, so the law works on any chip whose cells answer so. A ramp teaches nothing
before it has reached its target: a dead cell reaches none, however loud its noise, so it cannot
mislead the others. Ends are kept as sums of amplitudes and conductances, not of onsets: what was
learned while the slope was hardly known is right as soon as the slope is.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

# Columns of the sums; row 0 is SET, row 1 is RESET.
STEPS, STEP_V, STEP_G, REPEATS, REPEAT_V, REPEAT_G = range(6)
ENDS, END_V, END_G, END_T, END_VV, END_VG, END_GG, END_VT, END_GT = range(6, 15)
RETURNS, RETURN_VV, RETURN_VG, RETURN_GG = range(15, 19)
SUMS_SHAPE = (2, 19)

_ENOUGH = 8.0  # answers, and ends of ramps, before the law is trusted
_AIM_SHORT = 0.7  # start this many standard deviations early: a short pulse costs one, a long four
_STEPS_ERR = 0.3  # share by which the slope that full steps say may be wrong, one sigma
_LEAST_SPREAD = 0.02  # V, of onsets: what readings and jitter leave even among equal cells


class Law(NamedTuple):
    """One polarity's law, as the algorithms take it.

    slope: S/V, 0 while unknown.  repeat: S that an equal pulse adds.  onset: V, mean of all cells,
    NaN while unknown.  short_new, short_known: V by which to start early, without and with an end
    of the cell's own.
    """

    slope: float = 0.0
    repeat: float = 0.0
    onset: float = float("nan")
    short_new: float = 0.0
    short_known: float = 0.0


def empty_sums() -> NDArray[np.float64]:
    """Return sums that know nothing, shape (2, 19): SET, RESET."""
    return np.zeros(SUMS_SHAPE)


def law_of(sums: NDArray[np.float64], polarity: int) -> Law:
    """Return what ``sums`` say of a polarity, +1 or -1; nothing until enough cells answered."""
    row = sums[0 if polarity > 0 else 1]
    if row[STEPS] < _ENOUGH or row[STEP_V] <= 0.0 or row[STEP_G] <= 0.0:
        return Law()
    per = float(row[STEP_V] / row[STEP_G])
    if row[ENDS] >= _ENOUGH:
        per = _shrunken(row, polarity, per)
    repeat = 0.0
    if row[REPEATS] >= _ENOUGH:
        # Around an equal pulse the answer to a change is half of the slope, by the log-time law.
        repeat = max(float((row[REPEAT_G] - 0.5 * row[REPEAT_V] / per) / row[REPEATS]), 0.0)
    if row[ENDS] < _ENOUGH:
        return Law(1.0 / per, repeat)
    return Law(1.0 / per, repeat, *_onset(row, polarity * per))


def _spread(row: NDArray[np.float64], per: float) -> float:
    """Return the standard deviation of the onsets in V. per: V/S, signed as the polarity."""
    v, g = row[END_V] / row[ENDS], row[END_G] / row[ENDS]
    square = row[END_VV] - 2.0 * per * row[END_VG] + per**2 * row[END_GG]
    return float(np.sqrt(max(square / row[ENDS] - (v - per * g) ** 2, 0.0)))


def _shrunken(row: NDArray[np.float64], polarity: int, per: float) -> float:
    """Return V/S that the ends say, shrunken to what the full steps say: ``per``.

    Targets serve as instrument: where a cell ended up between two steps says more of its own onset
    than of the slope, and its target knows nothing of that.
    """
    error = max(_spread(row, polarity * per), _LEAST_SPREAD) ** 2
    with_v = polarity * (row[END_VT] - row[END_V] * row[END_T] / row[ENDS]) / error
    with_g = max(float(row[END_GT] - row[END_G] * row[END_T] / row[ENDS]) / error, 0.0)
    prior = 1.0 / (_STEPS_ERR * per) ** 2
    return max(float((with_v + prior * per) / (with_g + prior)), 0.3 * per)


def _onset(row: NDArray[np.float64], per: float) -> tuple[float, float, float]:
    """Return mean onset and both shorts in V. per: V/S, signed as the polarity."""
    spread = wander = _spread(row, per)
    if row[RETURNS] >= _ENOUGH:
        square = row[RETURN_VV] - 2.0 * per * row[RETURN_VG] + per**2 * row[RETURN_GG]
        wander = min(spread, float(np.sqrt(max(square / row[RETURNS], 0.0))))
    mean = float((row[END_V] - per * row[END_G]) / row[ENDS])
    return mean, _AIM_SHORT * spread, _AIM_SHORT * wander


def laws_of(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return both polarities' laws as an array of shape (2, 5): SET, RESET."""
    return np.array([law_of(sums, 1), law_of(sums, -1)])
