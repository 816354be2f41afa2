"""The recipe of the switch seeker."""

from typing import ClassVar, Literal

import numpy as np
from pydantic import Field, model_validator

from labcim.analysis.sweeps import ramp
from labcim.capabilities import Topology
from labcim.limits import Demand
from labcim.programming.cell_selection import CellSelection, along_gates, chosen_cells
from labcim.programming.estimate import CellCost, Estimate
from labcim.programming.fresh_cells import FormedCells
from labcim.recipe import Unit, blocks_of_cells
from labcim.units import Ampere, Second, Volt


class SwitchSeeker(FormedCells):
    """Find the SET and RESET voltages of cells by ramps of both polarities."""

    protocol: ClassVar[str] = "switch_seeker"

    cells: CellSelection = Field("all", description="Which cells: all, a rectangle, or a list.")
    algorithm: Literal["fast", "slow"] = Field(
        "slow", description="Fast: a ramp begins a little below the last threshold of its polarity."
    )
    skip_stage_1: bool = Field(False, description="Take first_polarity instead of looking for it.")
    first_polarity: Literal["SET", "RESET"] = Field(
        "RESET", description="First ramp, if stage I is skipped or found nothing."
    )
    start: Volt = Field(0.5, gt=0, le=10, description="First amplitude of every ramp.")
    step: Volt = Field(0.05, gt=0, le=1, description="Rise from step to step.")
    stop: Volt = Field(2.5, gt=0, le=10, description="Largest amplitude of either polarity.")
    past: Volt = Field(1.0, ge=0, le=5, description="Go on this far beyond a threshold.")
    past_step: Volt = Field(0.2, gt=0, le=1, description="Rise from step to step beyond it.")
    pulses: int = Field(1, ge=1, le=10_000, description="Pulses at each amplitude.")
    width: Second = Field(1e-6, gt=0, le=1, description="Pulse width.")
    cycles: int = Field(3, ge=1, le=1000, description="Most switching cycles of a cell.")
    tolerance: float = Field(0.1, gt=0, le=10, description="Relative change that counts.")
    range_share: float = Field(
        0.02, ge=0, le=1, description="It must be this share of all that the cell has shown too."
    )
    sigmas: float = Field(5.0, ge=1, le=20, description="It must exceed the noise this often too.")
    reads: int = Field(5, ge=2, le=1000, description="Readings before and after each change.")
    settle: Second = Field(0.0, ge=0, le=3600, description="Wait between pulse and reading.")
    set_gate: Volt = Field(2.5, ge=0, le=10, description="Gate during SET: the compliance.")
    reset_gate: Volt = Field(5.0, ge=0, le=10, description="Gate during RESET.")
    current_limit: Ampere = Field(
        2e-4, gt=0, le=0.1, description="Current limit of cells without a gate."
    )
    read_voltage: Volt = Field(0.2, gt=0, le=0.5, description="Read voltage.")
    read_gate: Volt = Field(2.5, ge=0, le=10, description="Gate during reading.")
    flagged: int = Field(5, ge=1, le=1000, description="Flagged readings before giving up.")
    block: int = Field(1024, ge=1, le=1 << 24, description="Cells in one unit of work.")

    @model_validator(mode="after")
    def _ramp_rises(self) -> "SwitchSeeker":
        if self.start > self.stop:
            raise ValueError(f"start = {self.start:g} V is above stop = {self.stop:g} V")
        return self

    def ramp(self) -> list[float]:
        """Return the amplitudes of a ramp in V."""
        return ramp(self.start, self.stop, self.step)

    def units(self, topology: Topology) -> list[Unit]:
        """Return blocks of cells, ramped together."""
        cells = along_gates(chosen_cells(self.cells, topology), topology)
        steps = len(self.ramp())
        beyond = int(np.ceil(self.past / self.past_step))
        stage_1 = 0 if self.skip_stage_1 else 2 * steps
        bound = self.pulses * (stage_1 + 2 * self.cycles * (steps + beyond))
        return blocks_of_cells(cells, self.block, bound)

    def demands(self) -> list[Demand]:
        """Return the end of the ramps on both families, the gates, and the read voltage."""
        return [
            Demand("stop", "row", self.stop),
            Demand("stop", "column", self.stop),
            Demand("current_limit", "row", current=self.current_limit),
            Demand("set_gate", "gate", self.set_gate),
            Demand("reset_gate", "gate", self.reset_gate),
            Demand("read_gate", "gate", self.read_gate),
            Demand("read_voltage", "row", self.read_voltage, reads=True),
        ]

    def estimate(self, topology: Topology) -> Estimate:
        """Return the expected cost, if cells switch half-way up the ramps."""
        bound = self.units(topology)[0].bound
        cells = len(chosen_cells(self.cells, topology))
        steps = bound / self.pulses / 2
        cost = CellCost(bound / 2, steps, self.reads, self.width + self.settle, bound)
        return cost.of(cells, topology)
