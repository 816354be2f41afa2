"""What every write-verify needs to know: the common part of its recipes."""

from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationInfo, field_validator, model_validator

from labcim.capabilities import Floats, Topology
from labcim.errors import RecipeError
from labcim.limits import Demand
from labcim.recipe import Unit, blocks_of_cells
from labcim.units import Second, Siemens, Volt

from .cell_selection import CellSelection, along_gates, chosen_cells
from .estimate import CellCost, Estimate
from .fresh_cells import FormedCells
from .images import COMPUTED, conductances, image_for
from .pulse_schedule import Algorithm, PulseSchedule

EXPECTED_PULSES = {"plain": 14.0, "adaptive": 4.0, "gate": 21.0, "fine": 10.0}
"""Mean pulses for each cell, measured on the filament model of the neurram-130nm preset."""


class TuningRecipe(FormedCells):
    """What every write-verify needs to know: how to pulse, how to read, when to stop."""

    cells: CellSelection = Field("all", description="Which cells: all, a rectangle, or a list.")
    tolerance: Siemens = Field(1e-6, gt=0, le=1e-2, description="Accept within ± this of target.")
    guard: float = Field(0.7, gt=0, le=1, description="Share of the tolerance readings must meet.")
    relative: float = Field(
        0.0, ge=0, le=1, description="Accept within ± this share of target instead, 0 for none."
    )
    algorithm: Algorithm = Field(
        "adaptive",
        description="plain: fixed start; adaptive: learned from reads; gate: SETs of one amplitude "
        "whose gate climbs; fine: steps that halve at each reversal.",
    )
    set_start: Volt = Field(1.2, gt=0, le=10, description="First SET amplitude.")
    reset_start: Volt = Field(1.5, gt=0, le=10, description="First RESET amplitude, as magnitude.")
    zero_reset_start: Volt = Field(2.5, gt=0, le=10, description="The same for a target of 0 S.")
    step: Volt = Field(0.1, gt=0, le=1, description="Largest rise from pulse to pulse.")
    cap: Volt = Field(3.3, gt=0, le=10, description="Largest amplitude of either polarity.")
    fine_step: Volt = Field(0.01, gt=0, le=1, description="Smallest step of the fine algorithm.")
    gate_start: Volt = Field(0.65, ge=0, le=10, description="First SET gate, gate algorithm.")
    gate_step: Volt = Field(0.01, gt=0, le=1, description="Gate rise, gate algorithm.")
    gate_amplitude: Volt = Field(3.0, gt=0, le=10, description="Every SET, gate algorithm.")
    width: Second = Field(1e-6, gt=0, le=1, description="Pulse width.")
    set_gate: Volt = Field(2.5, ge=0, le=10, description="Gate during SET: the compliance.")
    reset_gate: Volt = Field(5.0, ge=0, le=10, description="Gate during RESET.")
    settle: Second = Field(0.0, ge=0, le=3600, description="Wait between pulse and reading.")
    read_voltage: Volt = Field(0.2, gt=0, le=0.5, description="Read voltage.")
    read_gate: Volt = Field(2.5, ge=0, le=10, description="Gate during reading.")
    verify: Literal["cells", "lines", "hadamard"] = Field(
        "cells",
        description="Readings cell by cell; or by products of vectors, of one row at a time "
        "(lines) or of rows together in patterns of +1 and -1 (hadamard).",
    )
    verify_pulse: Second = Field(10e-6, gt=0, le=1, description="Pulse of a vector.")
    verify_bits: int = Field(12, ge=2, le=32, description="Bits of the converters, with vectors.")
    verify_signs: Literal["phases", "shift"] = Field(
        "phases", description="Patterns' signs: in two phases, or about a shifted common level."
    )
    averages: int = Field(5, ge=1, le=10_000, description="Readings averaged into one.")
    confirmations: int = Field(2, ge=1, le=100, description="Consecutive readings in range.")
    cap_pulses: int = Field(30, ge=1, le=10_000, description="Pulses at the cap before giving up.")
    cycles: int = Field(
        0, ge=0, le=1000, description="Whole SETs tried for a cell that no RESET brings low enough."
    )
    reversals: int = Field(30, ge=0, le=10_000, description="Polarity reversals before giving up.")
    pulses: int = Field(300, ge=1, le=60_000, description="Pulses for a cell before giving up.")
    flagged: int = Field(5, ge=1, le=1000, description="Flagged readings before giving up.")
    epochs: int = Field(1, ge=1, le=100, description="How often cells are gone over.")
    delay: Second = Field(
        0.0, ge=0, le=1e7, description="Wait at the end of each epoch, before cells are read again."
    )
    block: int = Field(1024, ge=1, le=1 << 24, description="Cells in one unit of work.")
    first: int = Field(32, ge=1, description="Cells of the first group, from which others learn.")
    latency: Second = Field(
        0.2, gt=0, le=1e6, description="Longest time to read the cells that take turns."
    )

    @model_validator(mode="after")
    def _starts_below_the_cap(self) -> "TuningRecipe":
        starts = ["set_start", "reset_start", "zero_reset_start"]
        for name in [*starts, "gate_amplitude"] if self.algorithm == "gate" else starts:
            if getattr(self, name) > self.cap:
                raise ValueError(
                    f"{name} = {getattr(self, name):g} V is above cap = {self.cap:g} V"
                )
        if self.algorithm == "gate" and self.gate_start > self.set_gate:
            raise ValueError(
                f"gate_start = {self.gate_start:g} V is above set_gate = {self.set_gate:g} V"
            )
        return self

    def target_map(self, topology: Topology) -> Floats:
        """Return the target of each of ``units``' cells in S, in an array of shape (size,)."""
        raise TypeError(f"{type(self).__name__} does not say its targets")

    def schedule(self) -> PulseSchedule:
        """Return when to pulse at what amplitude."""
        return PulseSchedule(
            tolerance=self.tolerance,
            relative=self.relative,
            guard=self.guard,
            set_start=self.set_start,
            reset_start=self.reset_start,
            zero_reset_start=self.zero_reset_start,
            step=self.step,
            cap=self.cap,
            cap_pulses=self.cap_pulses,
            reversals=self.reversals,
            pulses=self.pulses,
            confirmations=self.confirmations,
            flagged_readings=self.flagged,
            cycles=self.cycles,
            fine_step=self.fine_step,
            gate_start=self.gate_start,
            gate_step=self.gate_step,
            gate_amplitude=self.gate_amplitude,
            set_gate=self.set_gate,
            reset_gate=self.reset_gate,
            algorithm=self.algorithm,
        )

    def units(self, topology: Topology) -> list[Unit]:
        """Return blocks of cells, each tuned whole or not at all. Raises RecipeError."""
        if self.algorithm == "gate" and topology.kind != "1T1R":
            raise RecipeError(f'algorithm = "gate": the chip is {topology.kind}, without gates')
        cells = along_gates(chosen_cells(self.cells, topology), topology)
        return blocks_of_cells(cells, self.block, self.pulses * self.epochs)

    def demands(self) -> list[Demand]:
        """Return the cap on both line families, the gates, and the read voltage."""
        return [
            Demand("cap", "row", self.cap),
            Demand("cap", "column", self.cap),
            Demand("set_gate", "gate", self.set_gate),
            Demand("reset_gate", "gate", self.reset_gate),
            Demand("read_gate", "gate", self.read_gate),
            Demand("read_voltage", "row", self.read_voltage, reads=True),
        ]

    def estimate(self, topology: Topology) -> Estimate:
        """Return the expected cost on an array of this shape."""
        return self.cost_of(len(chosen_cells(self.cells, topology)), topology)

    def cost_of(self, cells: int, topology: Topology) -> Estimate:
        """Return the expected cost of so many cells."""
        # Later epochs find about half of the cells out of range, close to their targets.
        pulses = EXPECTED_PULSES[self.algorithm] * (1.0 + 0.3 * (self.epochs - 1))
        verifies = pulses + (self.confirmations + (self.delay > 0.0)) * self.epochs
        bound = self.pulses * self.epochs
        cost = CellCost(pulses, verifies, self.averages, self.width + self.settle, bound)
        waits = self.delay * self.epochs * -(-cells // self.block)
        return cost.of(cells, topology, waits=waits)


class ImageRecipe(TuningRecipe):
    """A write-verify whose targets can come from a picture."""

    image: str = Field(
        "face",
        description=f"Picture: {', '.join(COMPUTED)}, or a CSV, NPY, PGM or PNG file.",
        examples=list(COMPUTED),
    )
    low: Siemens = Field(2e-6, ge=0, le=1, description="Conductance of black.")
    high: Siemens = Field(38e-6, gt=0, le=1, description="Conductance of white.")
    levels: int = Field(0, ge=0, le=65536, description="Number of levels; 0 for all greys.")

    @field_validator("image")
    @classmethod
    def _find_beside_the_recipe(cls, image: str, info: ValidationInfo) -> str:
        """Resolve a file's name against the recipe's folder, which the front door hands over."""
        folder = (info.context or {}).get("folder")
        if image in COMPUTED or folder is None:
            return image
        return str(Path(folder) / image)

    @model_validator(mode="after")
    def _low_is_below_high(self) -> "ImageRecipe":
        if self.low >= self.high:
            raise ValueError(f"low = {self.low:g} S is not below high = {self.high:g} S")
        return self

    def target_map(self, topology: Topology) -> Floats:
        """Return the picture as targets in S, shape (size,)."""
        image = image_for(self.image, topology.rows, topology.columns)
        return conductances(image, self.low, self.high, self.levels).ravel()
