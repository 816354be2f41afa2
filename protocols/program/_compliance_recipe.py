"""What compliance-current tuning needs to know."""

from typing import ClassVar, Literal

import numpy as np
from pydantic import Field, model_validator

from labcim.capabilities import CellIndices, Topology
from labcim.errors import RecipeError
from labcim.limits import Demand
from labcim.programming.cell_selection import CellSelection, along_gates, chosen_cells
from labcim.programming.estimate import CellCost, Estimate
from labcim.recipe import Recipe, Unit
from labcim.units import Ampere, Second, Siemens, Volt

CLOSER_LOOKS = 2
"""How often a calibration looks between its first point and the knee, where that is needed."""


class ComplianceTuning(Recipe):
    """Set cells once, by a limited current, and find what conductance follows from it."""

    protocol: ClassVar[str] = "compliance_tuning"

    cells: CellSelection = Field("all", description="Which cells: all, a rectangle, or a list.")
    by: Literal["gate", "instrument"] = Field(
        "gate", description="What limits the current: the access transistor, or the instrument."
    )
    lowest: Ampere = Field(10e-6, gt=0, le=1, description="Smallest compliance current.")
    highest: Ampere = Field(200e-6, gt=0, le=1, description="Largest compliance current.")
    levels: int = Field(8, ge=2, le=256, description="Compliance currents, spaced by the spread.")
    calibration: int = Field(
        64, ge=2, le=1 << 20, description="Cells of the calibration, spread over the chosen ones."
    )
    points: int = Field(6, ge=2, le=100, description="Gates, or limits, of the calibration.")
    gate_start: Volt = Field(0.85, ge=0, le=10, description="First gate of the calibration.")
    gate_stop: Volt = Field(1.95, ge=0, le=10, description="Last gate of the calibration.")
    set_gate: Volt = Field(3.3, ge=0, le=10, description="Gate where the instrument limits.")
    set_amplitude: Volt = Field(3.5, gt=0, le=10, description="Amplitude of the one SET.")
    reset_amplitude: Volt = Field(3.3, gt=0, le=10, description="Amplitude of a RESET.")
    reset_gate: Volt = Field(5.0, ge=0, le=10, description="Gate during RESET.")
    off_below: Siemens = Field(12e-6, gt=0, le=1, description="A cell is off below this.")
    attempts: int = Field(12, ge=1, le=1000, description="RESETs until a cell is off.")
    width: Second = Field(1e-6, gt=0, le=1, description="Pulse width.")
    settle: Second = Field(0.0, ge=0, le=1e7, description="Wait between the SET and the reading.")
    probe_voltage: Volt = Field(
        1.2, gt=0, le=10, description="Where the current that a gate allows is measured."
    )
    dwell: Second = Field(1e-3, gt=0, le=10, description="How long it is held there.")
    limit: Ampere = Field(2e-3, gt=0, le=1, description="Instrument's limit meanwhile.")
    read_voltage: Volt = Field(0.2, gt=0, le=0.5, description="Read voltage.")
    read_gate: Volt = Field(2.5, ge=0, le=10, description="Gate during reading.")
    averages: int = Field(10, ge=1, le=10_000, description="Readings averaged into one.")
    flagged: int = Field(5, ge=1, le=1000, description="Flagged readings before giving up.")
    separable_at_least: float = Field(
        0.95, ge=0, le=1, description="Share of cells to be found in their own level."
    )

    @model_validator(mode="after")
    def _ranges_rise(self) -> "ComplianceTuning":
        for low, high in (("lowest", "highest"), ("gate_start", "gate_stop")):
            if getattr(self, low) >= getattr(self, high):
                raise ValueError(
                    f"{low} = {getattr(self, low):g} is not below {high} = {getattr(self, high):g}"
                )
        return self

    def units(self, topology: Topology) -> list[Unit]:
        """Return the calibration, then one unit for each level. Raises RecipeError."""
        if self.by == "gate" and topology.kind != "1T1R":
            raise RecipeError(
                f'by = "gate": the chip is {topology.kind}, without gates; use "instrument"'
            )
        cells = along_gates(chosen_cells(self.cells, topology), topology)
        each = 2 * self.attempts + 1
        first = Unit("calibration", self._sample(cells), (1 + CLOSER_LOOKS) * self.points * each)
        return [first] + [
            Unit(f"level-{level}", cells, each, {"level": float(level)})
            for level in range(1, self.levels + 1)
        ]

    def _sample(self, cells: CellIndices) -> CellIndices:
        """Return the cells of the calibration."""
        count = min(self.calibration, len(cells))
        return cells[np.linspace(0, len(cells) - 1, count).round().astype(np.intp)]

    def demands(self) -> list[Demand]:
        """Return the amplitudes, the current that SETs are let, gates and the read voltage."""
        gate = self.gate_stop if self.by == "gate" else max(self.gate_stop, self.set_gate)
        return [
            Demand("set_amplitude", "row", max(self.set_amplitude, self.probe_voltage)),
            Demand("highest", "row", current=self.highest)
            if self.by == "instrument"
            else Demand("limit", "row", current=self.limit),
            Demand("reset_amplitude", "column", self.reset_amplitude),
            Demand("gate_stop", "gate", gate),
            Demand("reset_gate", "gate", self.reset_gate),
            Demand("read_gate", "gate", self.read_gate),
            Demand("read_voltage", "row", self.read_voltage, reads=True),
        ]

    def estimate(self, topology: Topology) -> Estimate:
        """Return the expected cost, with half a RESET more for each SET than it needs."""
        chosen = len(chosen_cells(self.cells, topology))
        bound = sum(unit.bound for unit in self.units(topology))
        cost = CellCost(
            2.5 * self.levels, 3.5 * self.levels, self.averages, self.width + self.settle, bound
        )
        sample = min(self.calibration, chosen) * self.points
        return cost.of(chosen, topology, waits=sample * (self.dwell + self.width))
