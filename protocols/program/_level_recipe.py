"""What multi-level allocation needs to know."""

from typing import ClassVar, Literal

import numpy as np
from pydantic import Field, model_validator

from labcim.capabilities import CellIndices, Floats, Topology
from labcim.programming.cell_selection import along_gates, chosen_cells
from labcim.programming.estimate import Estimate
from labcim.programming.tuning_recipe import TuningRecipe
from labcim.recipe import Unit
from labcim.units import Second, Siemens


class MultiLevel(TuningRecipe):
    """Place as many levels as cells hold apart after a delay, write them, and count the errors."""

    protocol: ClassVar[str] = "multi_level"

    low: Siemens = Field(2e-6, gt=0, le=1, description="Lowest level.")
    high: Siemens = Field(38e-6, gt=0, le=1, description="Highest level.")
    levels: int = Field(
        4, ge=0, le=4096, description="Number of levels; 0: as many as the margin allows."
    )
    margin: float = Field(
        2.0, gt=0, le=6, description="Edges are that many sigma from a level, where levels = 0."
    )
    spacing: Literal["spread", "equal"] = Field(
        "spread", description="Levels with equal margins by the measured spread, or equally apart."
    )
    grid: int = Field(6, ge=2, le=100, description="Conductances at which the spread is measured.")
    sample: int = Field(
        64, ge=2, le=1 << 20, description="Cells of that measurement, spread over the chosen ones."
    )
    delay: Second = Field(
        1.0, gt=0, le=1e7, description="Wait at the end of each epoch, before cells are read again."
    )
    within: Siemens = Field(4e-6, gt=0, le=1, description="Counted: later within ± this of target.")
    within_at_least: float = Field(0.95, ge=0, le=1, description="Share of cells to be within.")
    seed: int = Field(1, ge=0, lt=1 << 63, description="Of which cell gets which level.")

    @model_validator(mode="after")
    def _levels_make_sense(self) -> "MultiLevel":
        if self.low >= self.high:
            raise ValueError(f"low = {self.low:g} S is not below high = {self.high:g} S")
        if self.levels == 1:
            raise ValueError("levels = 1: accepts 0, or 2 and more")
        if self.levels == 0 and self.spacing == "equal":
            raise ValueError('levels = 0: the spread decides; accepts spacing = "spread"')
        return self

    def units(self, topology: Topology) -> list[Unit]:
        """Return the measurement of the spread, then blocks of cells."""
        cells = along_gates(chosen_cells(self.cells, topology), topology)
        count = min(self.sample, len(cells))
        sample = cells[np.linspace(0, len(cells) - 1, count).round().astype(np.intp)]
        bound = self.grid * self.pulses * self.epochs
        return [Unit("spread", sample, bound), *super().units(topology)]

    def points(self) -> Floats:
        """Return the conductances in S at which the spread is measured."""
        return np.linspace(self.low, self.high, self.grid)

    def level_of(self, cells: CellIndices, count: int) -> CellIndices:
        """Return the number of each cell's level, 1 to ``count``: drawn by cell, evenly."""
        size = int(cells.max()) + 1 if len(cells) else 0
        turns = np.random.default_rng(self.seed).permutation(size) % count
        return np.asarray(turns[cells] + 1, dtype=np.uint32)

    def estimate(self, topology: Topology) -> Estimate:
        """Return the expected cost: as of a write-verify, and the sample ``grid`` times more."""
        once = super().estimate(topology)
        share = 1.0 + self.grid * min(self.sample, once.cells) / max(once.cells, 1)
        waits = self.delay * self.epochs * self.grid
        return Estimate(
            once.cells,
            once.pulses * share,
            once.readings * share,
            once.bound * (1 + self.grid),
            once.time * share + waits,
            once.serial_time * share + waits,
        )
