"""The cells of one unit of the fault map: read, and prodded until they move."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from labcim.analysis.fault_map import Fault, line_faults
from labcim.capabilities import CellIndices, Flag, Floats, Train
from labcim.programming.compliance import pulse_limit
from labcim.programming.fresh_cells import refuse_fresh
from labcim.programming.reading import GoodReadings, read_good
from labcim.protocol import Capabilities

from ._fault_recipe import FaultMap

MEASURED = (
    "cell", "off", "before", "low", "high", "fell", "rose", "conductance", "largest", "pulses",
    "time",
)  # fmt: skip


class Prodding:
    """Cells on their way through RESETs and SETs; each ramp ends for a cell where it moves."""

    def __init__(self, recipe: FaultMap, given: Capabilities, cells: CellIndices) -> None:
        self._recipe, self._given, self._cells = recipe, given, cells
        count = len(cells)
        self._gated = given.cells.topology.kind == "1T1R"
        self._off, self._before, self._low, self._high = np.full((4, count), np.nan)
        self._now, self._time = np.full(count, np.nan), np.full(count, np.nan)
        self._fell, self._rose = np.zeros((2, count), np.bool_)
        self._pulses = np.zeros(count, np.uint32)
        self._left: NDArray[np.intp] = np.arange(count)
        self._tell: NDArray[np.intp] = np.arange(count)
        self._half: NDArray[np.intp] = self._tell

    def read(self) -> None:
        """Read with gates off and on; what is shorted or dead gets no pulse.

        Raises RecipeError where most of the cells that are to be pulsed look unformed.
        """
        everyone = np.arange(len(self._cells))
        if self._gated:
            self._off = self._read(everyone, 0.0)
        self._before = self._read(everyone, self._recipe.read_gate)
        self._now = self._before.copy()
        bounds = self._recipe.bounds()
        # One cell after the other: whether a whole line is bad does not matter for a pulse.
        fault = line_faults(
            self._off[:, None], self._before[:, None], bounds, gated=self._gated
        ).ravel()
        self._tell = np.flatnonzero(fault == Fault.NONE)
        usual = np.median(self._before[self._tell]) if len(self._tell) else 0.0
        self._least = self._recipe.least_share * float(usual)
        self._left = self._tell
        if self._recipe.polarities():
            refuse_fresh(self._recipe, self._given.cells.topology, self._before[self._tell])

    def step(self, polarity: int, amplitude: float) -> int:
        """Pulse and read the cells that have not moved; return how many are left."""
        at = self._left
        if not len(at):
            return 0
        recipe = self._recipe
        gate = recipe.set_gate if polarity > 0 else recipe.reset_gate
        limit = pulse_limit(self._given.cells.topology, recipe.current_limit)
        train = Train(polarity * amplitude, recipe.width, gate, current_limit=limit)
        self._given.cells.pulse(self._cells[at], train)
        self._pulses[at] += 1
        g = self._read(at, recipe.read_gate)
        good = np.isfinite(g)
        self._now[at[good]] = g[good]
        if polarity < 0:
            start = np.where(np.isfinite(self._high[at]), self._high[at], self._before[at])
            moved = (g * recipe.ratio < start) & (start - g > self._least)
            self._low[at[moved]] = g[moved]
            self._fell[at[moved]] = True
        else:
            # Who has fallen by the ratio shows that it rises when it has half of that back.
            ratio = np.where(self._fell[at], np.sqrt(recipe.ratio), recipe.ratio)
            moved = (g > ratio * self._low[at]) & (g - self._low[at] > self._least)
            self._high[at[moved]] = g[moved]
            self._rose[at[moved]] = True
        self._left = at[~moved]
        return len(self._left)

    def begin_ramp(self, number: int) -> None:
        """Say who takes part in the ramp of that number: RESET 0, SET 1, RESET 2, SET 3, ...

        All take the first two. Who was low already, and so has risen only, is RESET to have seen
        both; who still moves one way only gets the next cycle: a single one may be weak.
        """
        fell, rose = self._fell[self._tell], self._rose[self._tell]
        if number == 2:
            self._left = self._tell[rose & ~fell]
        elif number > 2 and number % 2:
            self._half = self._tell[fell != rose]
            self._left = self._half
        else:
            self._left = self._half if number > 2 else self._tell

    def end_of_ramp(self, polarity: int) -> None:
        """Note where the cells that did not move are."""
        (self._high if polarity > 0 else self._low)[self._left] = self._now[self._left]

    def measured(self) -> dict[str, NDArray[Any]]:
        """Return what is known of each cell."""
        most = np.full(len(self._cells), 1e-3 / self._recipe.read_voltage)
        values = (
            self._cells, self._off, self._before, self._low, self._high, self._fell, self._rose,
            self._now, most, self._pulses, self._time,
        )  # fmt: skip
        return dict(zip(MEASURED, values, strict=True))

    def _read(self, at: NDArray[np.intp], gate: float) -> Floats:
        """Return S: infinite where the current exceeds the range, NaN where flagged otherwise."""
        recipe = self._recipe
        readings: GoodReadings = read_good(
            self._given.cells,
            self._cells[at],
            recipe.read_voltage,
            gate=gate,
            averages=recipe.averages,
            attempts=recipe.flagged,
        )
        known = np.isfinite(readings.time)
        self._time[at[known]] = readings.time[known]
        # No number is taken from a flagged reading; that too much flows is what we look for.
        too_much = (readings.flags & (Flag.OVER_RANGE | Flag.IN_COMPLIANCE)) != 0
        return np.where(np.isnan(readings.conductance) & too_much, np.inf, readings.conductance)
