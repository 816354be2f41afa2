"""The shape of a filament's current: I = G V0 sinh(V / V0)."""

import itertools
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

from labcim.errors import RangeError

Floats = NDArray[np.float64]

OHMIC = 20.0
"""V0 in V from which on a cell is called ohmic: below 0.5 V it bends by less than 0.01 %."""


@dataclass(frozen=True, slots=True)
class SinhFit:
    """Conductance at small voltage in S, V0 in V (infinite: ohmic), current at 0 V in A."""

    conductance: float
    scale: float
    offset: float


def sinh_fit(voltage: Floats, current: Floats, *, with_offset: bool = True) -> SinhFit:
    """Fit I = offset + G V0 sinh(V/V0) by least squares.

    voltage: V, current: A, shape (n,), at least 4 points.  with_offset: else it is 0.  For every V0
    offset and G follow by linear regression, so that one number is searched for.
    """
    if len(voltage) != len(current) or len(voltage) < 4:
        raise RangeError(f"{len(current)} points of a current: accepts 4 or more")
    if not (np.isfinite(voltage).all() and np.isfinite(current).all()):
        raise RangeError("a current or voltage is not finite")

    def solved(bend: float) -> tuple[Floats, float]:
        shape = _shape(voltage, bend)
        terms = np.column_stack([np.full_like(voltage, float(with_offset)), shape])
        found, *_ = np.linalg.lstsq(terms, current)
        return np.asarray(found), float(np.sum((current - terms @ found) ** 2))

    most = 30.0 / max(float(np.abs(voltage).max()), 1e-9)
    best = minimize_scalar(lambda bend: solved(bend)[1], bounds=(0.0, most), method="bounded")
    bend = float(best.x)
    if bend < 1.0 / OHMIC or solved(0.0)[1] <= best.fun:
        bend = 0.0
    (offset, conductance), _ = solved(bend)
    return SinhFit(float(conductance), 1.0 / bend if bend else math.inf, float(offset))


def rise(scale: float, low: float, high: float) -> float:
    """Return I/V at ``high`` V over I/V at ``low`` V of a cell with V0 = ``scale`` V."""
    return float(
        _shape(np.array([high]), 1.0 / scale)[0]
        * low
        / _shape(np.array([low]), 1.0 / scale)[0]
        / high
    )


def _shape(voltage: Floats, bend: float) -> Floats:
    """Return V0 sinh(V / V0) with bend = 1 / V0."""
    return voltage if bend == 0.0 else np.sinh(voltage * bend) / bend


@dataclass(frozen=True, slots=True)
class ConductanceClass:
    """What the mean current of the cells from ``low`` to ``high`` S says; cells in it."""

    low: float
    high: float
    cells: int
    fit: SinhFit


def bend_by_conductance(
    voltage: Floats, current: Floats, edges: list[float], *, at: float = 0.2
) -> list[ConductanceClass]:
    """Fit the mean current of each class of conductance; classes without cells are left out.

    voltage: V, (points,), 0 and ``at`` among them.  current: A, (cells, points).  edges: S, of the
    classes, by the conductance at ``at`` V.  What a cell shows at 0 V is the instrument's, and
    taken away.
    """
    zero, there = (int(np.argmin(np.abs(voltage - v))) for v in (0.0, at))
    if current.shape[1:] != voltage.shape or zero == there:
        raise RangeError(
            f"currents of shape {current.shape} at {len(voltage)} voltages: accepts (cells, "
            f"voltages) from 0 to {at:g} V or more"
        )
    moved = current - current[:, zero, None]
    conductance = moved[:, there] / voltage[there]
    found = []
    for low, high in itertools.pairwise(edges):
        inside = (conductance > low) & (conductance <= high)
        if inside.any():
            fit = sinh_fit(voltage, moved[inside].mean(axis=0), with_offset=False)
            found.append(ConductanceClass(low, high, int(inside.sum()), fit))
    return found
