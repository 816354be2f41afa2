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
