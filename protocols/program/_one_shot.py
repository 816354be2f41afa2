"""Cells switched off, and set once from there: no verify."""

import numpy as np
from numpy.typing import NDArray

from labcim.capabilities import CellIndices, Floats, Train
from labcim.programming.reading import GoodReadings, read_good
from labcim.protocol import Capabilities

from ._compliance_recipe import ComplianceTuning

_SATURATED = 0.8  # of what the cell would carry by itself: more is not the gate's doing


class OneShot:
    """Switches cells off, verified, and on by one pulse, read afterwards."""

    def __init__(self, recipe: ComplianceTuning, given: Capabilities) -> None:
        self._recipe, self._given = recipe, given

    def read(self, cells: CellIndices) -> GoodReadings:
        """Read cells, those that come back flagged again."""
        recipe = self._recipe
        return read_good(
            self._given.cells,
            cells,
            recipe.read_voltage,
            gate=recipe.read_gate,
            averages=recipe.averages,
            attempts=recipe.flagged,
        )

    def switch_off(self, cells: CellIndices) -> Floats:
        """RESET what conducts more than ``off_below``; return what all conduct, S, (cells,).

        How far a RESET goes differs from cycle to cycle: a cell that stays on is set before it is
        reset again.
        """
        recipe, found = self._recipe, self.read(cells).conductance
        for attempt in range(recipe.attempts):
            on: NDArray[np.intp] = np.flatnonzero(~(found < recipe.off_below))
            if not len(on):
                break
            if attempt:
                self.set(cells[on], recipe.gate_stop, None)
            train = Train(-recipe.reset_amplitude, recipe.width, recipe.reset_gate)
            self._given.cells.pulse(cells[on], train)
            found[on] = self.read(cells[on]).conductance
        return found

    def set(self, cells: CellIndices, gate: float, limit: float | None) -> None:
        """Give cells one SET. gate: V.  limit: A, of the instrument."""
        recipe = self._recipe
        train = Train(recipe.set_amplitude, recipe.width, gate, current_limit=limit)
        self._given.cells.pulse(cells, train)
        if recipe.settle > 0.0:
            self._given.clock.sleep(recipe.settle)

    def allowed(self, cells: CellIndices, gate: float, conductance: Floats) -> Floats:
        """Return the current in A that the gate allows through each cell that is on, (cells,).

        conductance: S, what the cells read. NaN where the cell, not the gate, held it back.
        """
        recipe, at = self._recipe, np.array([self._recipe.probe_voltage])
        found = np.full(len(cells), np.nan)
        for i, cell in enumerate(cells):
            swept = self._given.cells.sweep(
                int(cell), at, dwell=recipe.dwell, gate=gate, current_limit=recipe.limit
            )
            if swept.flags[-1] == 0:
                found[i] = swept.current[-1]
        found[found > _SATURATED * conductance * recipe.probe_voltage] = np.nan
        return found
