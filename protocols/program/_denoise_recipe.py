"""What denoising needs to know."""

from typing import ClassVar

import numpy as np
from pydantic import Field

from labcim.capabilities import Floats, Topology
from labcim.limits import Demand
from labcim.programming.cell_selection import chosen_cells
from labcim.programming.estimate import APERTURE, Estimate
from labcim.programming.listening import Ear
from labcim.programming.tuning_recipe import TuningRecipe
from labcim.recipe import Unit
from labcim.units import Hertz, Second, Siemens, Volt

NOISY = 0.3  # share of the cells that an estimate expects to be noisy
TRIES = 4.0  # records of such a cell that it expects, beside the first and the last two


class Denoise(TuningRecipe):
    """Make noisy cells quiet by pulses too small to move them, each try checked by a record."""

    protocol: ClassVar[str] = "denoise"

    target: Siemens = Field(
        0.0, ge=0, le=1, description="Bring cells there first; 0: each stays where it is."
    )
    lowest: Siemens = Field(
        1e-6, ge=0, le=1, description="Cells that conduct less are left alone: nothing is heard."
    )
    quiet: float = Field(0.01, gt=0, le=1, description="A cell with at most this sigma/G is quiet.")
    small_pulse: Volt = Field(0.45, gt=0, le=5, description="Small pulses, both polarities.")
    small_width: Second = Field(1e-6, gt=0, le=1, description="Width of a small pulse.")
    small_gate: Volt = Field(2.5, ge=0, le=10, description="Gate during small pulses.")
    pairs: int = Field(4, ge=1, le=10_000, description="Pairs of small pulses in a try: +, then -.")
    tries: int = Field(10, ge=1, le=1000, description="Tries before a cell is given up.")
    rate: Hertz = Field(1e3, gt=0, le=1e6, description="Readings in a second of a record.")
    count: int = Field(512, ge=64, le=1 << 16, description="Readings in a record.")
    samples: int = Field(
        8, ge=1, le=10_000, description="Samples averaged into a reading of a record."
    )
    traps: int = Field(
        1, ge=0, le=2, description="Most traps looked for in noisy cells, half a second each; or 0."
    )
    rest: Second = Field(
        10.0, ge=0, le=1e6, description="Wait before the records that say how noisy cells are."
    )
    block: int = Field(256, ge=1, le=4096, description="Cells in one unit of work.")

    @property
    def ear(self) -> Ear:
        """Return how cells are listened to."""
        return Ear(self.read_voltage, self.read_gate, self.rate, self.count, self.samples)

    def target_map(self, topology: Topology) -> Floats:
        """Return the target of every cell in S, shape (size,); 0 where it stays as it is."""
        return np.full(topology.size, self.target)

    def tolerated(self, targets: Floats) -> Floats:
        """Return by how much in S the conductance of cells at ``targets`` may be off."""
        share = self.relative * targets
        return np.where(share > 0.0, share, self.tolerance)

    def units(self, topology: Topology) -> list[Unit]:
        """Return blocks of cells, each done whole or not at all. Raises RecipeError."""
        # Each try may move a cell, which is then tuned again, and so may the first and the last.
        most = (self.tries + 2) * self.pulses * self.epochs + 2 * self.pairs * self.tries
        return [Unit(unit.key, unit.cells, most) for unit in super().units(topology)]

    def demands(self) -> list[Demand]:
        """Return those of tuning, and the small pulses."""
        return [
            *super().demands(),
            Demand("small_pulse", "row", self.small_pulse),
            Demand("small_pulse", "column", self.small_pulse),
            Demand("small_gate", "gate", self.small_gate),
        ]

    def estimate(self, topology: Topology) -> Estimate:
        """Return the expected cost on an array of this shape."""
        cells = len(chosen_cells(self.cells, topology))
        tuned = super().estimate(topology) if self.target > 0.0 else None
        records = 1.0 + NOISY * (2.0 + TRIES)  # for each cell
        across = topology.columns if topology.gate_along == "row" else topology.rows
        rests = (3.0 if self.target > 0.0 else 2.0) * self.rest * -(-cells // self.block)
        alone = max(self.ear.seconds, self.count * self.samples * APERTURE)
        return Estimate(
            cells,
            cells * NOISY * TRIES * 2 * self.pairs + (tuned.pulses if tuned else 0.0),
            cells * records * self.count * self.samples + (tuned.readings if tuned else 0.0),
            max(unit.bound for unit in self.units(topology)),
            -(-cells // across) * records * self.ear.seconds + rests + (tuned.time if tuned else 0),
            cells * records * alone + rests + (tuned.serial_time if tuned else 0.0),
        )
