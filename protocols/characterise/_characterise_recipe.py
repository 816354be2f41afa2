"""The recipe of `characterise`: which cells, how far it may go, and how much it takes."""

from typing import ClassVar

import numpy as np
from pydantic import Field, field_validator

from labcim.capabilities import Topology
from labcim.limits import Demand
from labcim.programming.cell_selection import CellSelection, chosen_cells
from labcim.programming.estimate import CellCost, Estimate
from labcim.recipe import Recipe, Unit
from labcim.units import Ampere, Hertz, Second, Volt


class Characterise(Recipe):
    """Find out what an unknown chip is: each stage goes by what those before it found."""

    protocol: ClassVar[str] = "characterise"

    cells: CellSelection = Field("0:2, 0:4", description="The cells that are measured, a few.")
    leave_out: tuple[str, ...] = Field((), description="Stages that are not done.")
    start: Volt = Field(0.3, gt=0, le=10, description="First amplitude of every climb.")
    step: Volt = Field(0.05, gt=0, le=1, description="Rise from pulse to pulse of a climb.")
    set_cap: Volt = Field(2.6, gt=0, le=10, description="No SET goes beyond.")
    reset_cap: Volt = Field(2.8, gt=0, le=10, description="No RESET goes beyond.")
    forming_cap: Volt = Field(3.3, gt=0, le=10, description="No forming pulse goes beyond.")
    forming_gate: Volt = Field(1.4, ge=0, le=10, description="Gate during forming.")
    set_gate: Volt = Field(1.6, gt=0, le=10, description="Gate during SET: the compliance.")
    reset_gate: Volt = Field(5.0, ge=0, le=10, description="Gate during RESET.")
    current_cap: Ampere = Field(
        2e-4, gt=0, le=0.1, description="No SET of a cell without a gate, and no sweep, draws more."
    )
    width: Second = Field(1e-6, gt=0, le=1, description="Width of pulses.")
    read_voltage: Volt = Field(0.1, gt=0, le=0.5, description="Read voltage, from the beginning.")
    read_gate: Volt = Field(2.5, ge=0, le=10, description="Gate during reading.")
    averages: int = Field(20, ge=2, le=10_000, description="Readings averaged into one.")
    watch: Second = Field(100.0, gt=0, le=1e9, description="How long a written cell is watched.")
    noise_rate: Hertz = Field(1e3, gt=0, le=1e6, description="Readings in a second, of the noise.")
    noise_count: int = Field(2048, ge=64, le=1 << 20, description="Readings of a cell's noise.")
    noise_cells: int = Field(4, ge=1, le=1000, description="Cells whose noise is recorded.")
    pulses: int = Field(20, ge=4, le=10_000, description="Pulses up, and pulses down.")
    half_selects: int = Field(200, ge=2, le=10**7, description="Half-selects of each cell.")
    reads: int = Field(10_000, ge=1, le=10**9, description="Reads of each cell, as a disturb.")
    cycles: int = Field(100, ge=20, le=10**7, description="Cycles of the short endurance.")

    @field_validator("leave_out")
    @classmethod
    def _known(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        from ._stages import STAGES

        known = [stage.name for stage in STAGES]
        for name in names:
            if name not in known:
                raise ValueError(f"{name!r} is no stage: accepts {', '.join(known)}")
        return names

    def units(self, topology: Topology) -> list[Unit]:
        """Return one unit for each stage, with the most pulses that it could give to a cell."""
        from ._stage import most_pulses
        from ._stages import STAGES

        cells = chosen_cells(self.cells, topology)
        return [
            Unit(stage.name, cells.astype(np.uint32), most_pulses(stage, self, topology))
            for stage in STAGES
            if stage.name not in self.leave_out
        ]

    def demands(self) -> list[Demand]:
        """Return the caps: no stage goes beyond them."""
        return [
            Demand("set_cap", "row", self.set_cap),
            Demand("forming_cap", "row", self.forming_cap),
            Demand("reset_cap", "column", self.reset_cap),
            Demand("current_cap", "row", current=self.current_cap),
            Demand("forming_gate", "gate", self.forming_gate),
            Demand("set_gate", "gate", self.set_gate),
            Demand("reset_gate", "gate", self.reset_gate),
            Demand("read_gate", "gate", self.read_gate),
            Demand("read_voltage", "row", self.read_voltage, reads=True),
        ]

    def estimate(self, topology: Topology) -> Estimate:
        """Return the most that it could cost, with every stage done."""
        units = self.units(topology)
        bound = sum(unit.bound for unit in units)
        waits = self.watch + self.noise_cells * self.noise_count / self.noise_rate
        cost = CellCost(float(bound), float(bound), self.averages, self.width, bound)
        return cost.of(len(units[0].cells) if units else 0, topology, waits=waits)
