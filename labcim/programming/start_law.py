"""What a write-verify learns from its readings: where to start, and how far to step.

On its line, a cell's conductance answers an amplitude linearly, ``g = s * k * (V - onset)`` with
s = +1 for SET, -1 for RESET (physics: the "equilibrium line" of a filament, and NeuRRAM's ramps).
Slope k is learned from consecutive pulses on one cell; onset from the first answer after a
reversal: its mean and spread over all cells, and how far one cell's own onset moves from one
reversal to the next. Only readings enter, so the law works on any chip whose cells answer so.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

# Columns of the sums; row 0 is SET, row 1 is RESET.
STEPS, DV, DG, DV_DV, DV_DG, ONSETS, ONSET, ONSET_SQ, RETURNS, RETURN_SQ = range(10)
SUMS_SHAPE = (2, 10)

_ENOUGH = 8.0  # answers before the law is trusted
_AIM_SHORT = 0.7  # start this many standard deviations early: a short pulse costs one, a long four
_RIDGE = 0.02  # share of the belief that a repeated pulse adds nothing


class Law(NamedTuple):
    """One polarity's law, as the kernel takes it.

    slope: S/V, 0 while unknown.  repeat: S that an equal pulse adds.  onset: V, mean of all cells,
    NaN while unknown.  short_new, short_known: V by which to start early, without and with an
    onset of the cell's own.
    """

    slope: float = 0.0
    repeat: float = 0.0
    onset: float = float("nan")
    short_new: float = 0.0
    short_known: float = 0.0


def empty_sums() -> NDArray[np.float64]:
    """Return sums that know nothing, shape (2, 10): SET, RESET."""
    return np.zeros(SUMS_SHAPE)


def law_of(sums: NDArray[np.float64], polarity: int) -> Law:
    """Return what ``sums`` say of a polarity, +1 or -1; nothing until enough cells answered."""
    row = sums[0 if polarity > 0 else 1]
    if row[STEPS] < _ENOUGH:
        return Law()
    # Least squares of the change in conductance on the change in voltage, with a weak belief in
    # zero intercept: while all steps are equal, slope and intercept cannot be told apart.
    weight = row[STEPS] * (1.0 + _RIDGE)
    determinant = weight * row[DV_DV] - row[DV] ** 2
    if determinant <= 0.0:
        return Law()
    slope = float((weight * row[DV_DG] - row[DV] * row[DG]) / determinant)
    repeat = max(float((row[DG] - slope * row[DV]) / weight), 0.0)
    if slope <= 0.0:
        return Law()
    if row[ONSETS] < _ENOUGH:
        return Law(slope, repeat)
    onset = float(row[ONSET] / row[ONSETS])
    spread = float(np.sqrt(max(row[ONSET_SQ] / row[ONSETS] - onset**2, 0.0)))
    wander = spread
    if row[RETURNS] >= _ENOUGH:
        wander = min(spread, float(np.sqrt(row[RETURN_SQ] / row[RETURNS])))
    return Law(slope, repeat, onset, _AIM_SHORT * spread, _AIM_SHORT * wander)


def laws_of(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return both polarities' laws as an array of shape (2, 5): SET, RESET."""
    return np.array([law_of(sums, 1), law_of(sums, -1)])
