"""Writing cells to a few levels before a measurement, or taking them as they are."""

from collections.abc import Generator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from labcim.capabilities import CellIndices, Floats, Topology
from labcim.limits import Demand
from labcim.protocol import Capabilities, Progress, Rows
from labcim.units import Second, Siemens, Volt

from .cell_selection import CellSelection, along_gates, chosen_cells
from .estimate import CellCost
from .fresh_cells import FormedCells
from .reading import GoodReadings, read_good
from .tuning import tune_to
from .tuning_recipe import EXPECTED_PULSES, TuningRecipe


@dataclass(frozen=True, slots=True)
class Written:
    """Which cells took their level, and when the last good reading of it was in s; (cells,)."""

    took: NDArray[np.bool_]
    time: Floats


Writing = Generator[Progress, None, Written]


class LevelRecipe(FormedCells):
    """Which cells, which levels they are written to, and how they are read."""

    cells: CellSelection = Field("all", description="Which cells: all, a rectangle, or a list.")
    levels: tuple[Siemens, ...] = Field(
        (), description="Conductances to write first, in turn; none: cells are taken as they are."
    )
    tolerance: Siemens = Field(1e-6, gt=0, le=1e-2, description="Write within ± this of a level.")
    set_start: Volt = Field(1.2, gt=0, le=10, description="First SET amplitude of the writing.")
    reset_start: Volt = Field(1.5, gt=0, le=10, description="First RESET amplitude, as magnitude.")
    cap: Volt = Field(3.3, gt=0, le=10, description="Largest amplitude of either polarity.")
    width: Second = Field(1e-6, gt=0, le=1, description="Pulse width.")
    set_gate: Volt = Field(2.5, ge=0, le=10, description="Gate during SET: the compliance.")
    reset_gate: Volt = Field(5.0, ge=0, le=10, description="Gate during RESET.")
    pulses: int = Field(300, ge=1, le=60_000, description="Pulses for a cell before giving up.")
    read_voltage: Volt = Field(0.2, gt=0, le=0.5, description="Read voltage.")
    read_gate: Volt = Field(2.5, ge=0, le=10, description="Gate during reading.")
    averages: int = Field(5, ge=1, le=10_000, description="Readings averaged into one.")
    flagged: int = Field(5, ge=1, le=1000, description="Flagged readings before giving up.")

    @model_validator(mode="after")
    def _levels_are_some(self) -> "LevelRecipe":
        if any(not level > 0.0 for level in self.levels):
            raise ValueError(f"levels = {self.levels}: accepts conductances above 0 S")
        if len(set(self.levels)) < len(self.levels):
            raise ValueError(f"levels = {self.levels}: each once")
        if max(self.set_start, self.reset_start) > self.cap:
            raise ValueError(f"set_start and reset_start: accept up to cap = {self.cap:g} V")
        return self

    def demands(self) -> list[Demand]:
        """Return the reading, and where levels are written the cap and the gates of that."""
        reads = [
            Demand("read_gate", "gate", self.read_gate),
            Demand("read_voltage", "row", self.read_voltage, reads=True),
        ]
        return reads + (self.tuning().demands() if self.levels else [])

    def level_of(self, cells: CellIndices) -> Floats:
        """Return the level in S of each cell: in turn over them; NaN where none are written."""
        if not self.levels:
            return np.full(len(cells), np.nan)
        return np.resize(np.array(self.levels), len(cells))

    def bound(self) -> int:
        """Return the most pulses that a cell may get when it is written once."""
        return self.pulses if self.levels else 0

    def cost(self, times: int, readings: float) -> CellCost:
        """Return what a cell is expected to need: ``times`` written, and so many readings."""
        pulses = times * EXPECTED_PULSES["adaptive"] if self.levels else 0.0
        return CellCost(pulses, pulses + readings, self.averages, self.width, times * self.bound())

    def chosen(self, topology: Topology) -> CellIndices:
        """Return the recipe's cells of an array of this shape, as a board serves them best."""
        return along_gates(chosen_cells(self.cells, topology), topology)

    def tuning(self) -> TuningRecipe:
        """Return how levels are written."""
        names = set(LevelRecipe.model_fields) - {"cells", "levels"}
        values = {name: getattr(self, name) for name in names}
        return TuningRecipe(**values, zero_reset_start=min(2.5, self.cap))


def write_levels(recipe: LevelRecipe, given: Capabilities, cells: CellIndices) -> Writing:
    """Write cells to their levels; return which of them took it, and when.

    Where the recipe names no levels nothing is written, and all count, as of now.
    """
    took, time = np.ones(len(cells), dtype=bool), np.full(len(cells), given.clock.now())
    if not recipe.levels:
        return Written(took, time)
    levels, order = recipe.level_of(cells), np.argsort(cells)
    for step in tune_to(levels, recipe.tuning(), given, cells, {}):
        if isinstance(step, Rows):
            place = np.searchsorted(cells, step.columns["cell"], sorter=order)
            took[order[place]] = step.columns["accepted"]
            time[order[place]] = step.columns["time"]
        elif isinstance(step, Progress):
            yield Progress(step.fraction, f"writing: {step.text}")
    return Written(took, time)


def read_levels(recipe: LevelRecipe, given: Capabilities, cells: CellIndices) -> GoodReadings:
    """Read cells as the recipe says, flagged readings again."""
    return read_good(
        given.cells, cells, recipe.read_voltage, gate=recipe.read_gate,
        averages=recipe.averages, attempts=recipe.flagged,
    )  # fmt: skip
