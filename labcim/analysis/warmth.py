"""How conductance follows temperature, by state: G = G_0 (1 + a (T - T_0)), with a of the state."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labcim.errors import RangeError

Floats = NDArray[np.float64]
ROUNDS = 30  # of the fixed point, where a change of a half still gives six digits


@dataclass(frozen=True, slots=True)
class StateCoefficient:
    """Coefficients in 1/K at some conductances in S, ascending; between them a straight line.

    reference: K at which the conductances are stated.
    """

    conductance: Floats
    coefficient: Floats
    reference: float

    def at(self, conductance: Floats) -> Floats:
        """Return the coefficient in 1/K of each conductance; at the ends, that of the end."""
        found: Floats = np.interp(conductance, self.conductance, self.coefficient)
        return found

    def at_reference(self, seen: Floats, kelvin: float) -> Floats:
        """Return what conductances that were seen at ``kelvin`` K are at the reference."""
        warmer = kelvin - self.reference
        found = np.asarray(seen, dtype=np.float64)
        for _ in range(ROUNDS):
            found = seen / (1.0 + self.at(found) * warmer)
        return found


def state_coefficient(
    state: Floats, cold: Floats, warm: Floats, *, reference: float, kelvin: float
) -> StateCoefficient:
    """Return the coefficient at each of some states from cells read at two temperatures.

    state: which state a cell is in, any label, (cells,).  cold, warm: S at ``reference`` and at
    ``kelvin`` K, (cells,), NaN for none.  The median over a state's cells counts, so that those
    that moved meanwhile, and either way, do not.  Raises RangeError for equal temperatures, or
    where no state was read at both.
    """
    if reference == kelvin:
        raise RangeError(f"both temperatures are {kelvin:g} K: accepts two that differ")
    places, coefficients = [], []
    known = np.isfinite(cold) & np.isfinite(warm) & (cold > 0.0) & (warm > 0.0)
    for one in np.unique(state[known]):
        here = known & (state == one)
        places.append(float(np.median(cold[here])))
        coefficients.append(float(np.median(warm[here] / cold[here]) - 1.0) / (kelvin - reference))
    if not places:
        raise RangeError("no cell was read at both temperatures")
    order = np.argsort(places)
    return StateCoefficient(np.array(places)[order], np.array(coefficients)[order], reference)


@dataclass(frozen=True, slots=True)
class CellCoefficients:
    """What cells that were read on a way up and down in temperature say; all of shape (cells,).

    conductance: S at the first temperature.  coefficient: 1/K of that.  change: share by which it
    has changed from the first to the last reading, whatever the temperature.
    """

    conductance: Floats
    coefficient: Floats
    change: Floats


def cell_coefficients(conductance: Floats, kelvin: Floats, time: Floats) -> CellCoefficients:
    """Return how each cell follows temperature, apart from what it does by itself meanwhile.

    conductance: S, (visits, cells), NaN for none.  kelvin, time: K and s of each visit, (visits,);
    the last is at the temperature of the first.  Least squares of G = G_0 (1 + a (T - T_0)) + d v,
    v the share of the time that has passed: on a way up and down, a change that goes on evenly does
    not touch the coefficient.  NaN for cells without every reading.
    Raises RangeError where the visits cannot part temperature and change.
    """
    visits = len(kelvin)
    design = np.column_stack(
        [np.ones(visits), kelvin - kelvin[0], (time - time[0]) / (time[-1] - time[0])]
    )
    if visits < 4 or np.linalg.matrix_rank(design) < 3:
        raise RangeError(
            f"{visits} visits at {', '.join(f'{k:g}' for k in kelvin)} K: accepts at least 4, "
            "up and down, so that temperature and change can be told apart"
        )
    # A product, as one cell's NaN must not become that of the others.
    start, slope, drift = np.linalg.pinv(design) @ conductance
    with np.errstate(invalid="ignore", divide="ignore"):
        return CellCoefficients(start, slope / start, drift / start)
