"""What becomes of cells that are formed, and the recipe that says how."""

from enum import IntEnum
from typing import ClassVar

from pydantic import Field, model_validator

from labcim.analysis.sweeps import ramp
from labcim.capabilities import Topology
from labcim.errors import RecipeError
from labcim.limits import Demand
from labcim.programming.cell_selection import CellSelection, along_gates, chosen_cells
from labcim.programming.estimate import CellCost, Estimate
from labcim.recipe import Recipe, Unit, blocks_of_cells
from labcim.units import Ampere, Second, Siemens, Volt


class Outcome(IntEnum):
    """What became of a cell."""

    NOT_FORMED = 0
    FORMED = 1
    WAS_FORMED = 2  # conducted before the first pulse, and got none
    OVER_FORMED = 3  # conducts more than the guard allows
    WAS_HIGH = 4  # did so before the first pulse: shorted, stuck, or over-formed earlier
    UNREADABLE = 5  # its readings stay flagged
    TRIPPED = 6  # a pulse drew more current than the trip allows


class Form(Recipe):
    """Form fresh cells: raise the gate at the first drain voltage, then the drain, and verify."""

    protocol: ClassVar[str] = "form"

    cells: CellSelection = Field("all", description="Which cells: all, a rectangle, or a list.")
    gate_start: Volt = Field(1.2, ge=0, le=10, description="First gate voltage.")
    gate_stop: Volt = Field(1.4, ge=0, le=10, description="Last gate voltage: the compliance.")
    gate_step: Volt = Field(0.1, gt=0, le=10, description="Gate rise from step to step.")
    drain_start: Volt = Field(2.0, gt=0, le=10, description="First forming amplitude.")
    drain_stop: Volt = Field(3.3, gt=0, le=10, description="Largest forming amplitude.")
    drain_step: Volt = Field(0.1, gt=0, le=10, description="Amplitude rise from step to step.")
    width: Second = Field(1e-6, gt=0, le=1, description="Pulse width.")
    current_limit: Ampere = Field(
        2e-4, gt=0, le=0.1, description="Current limit of cells without a gate."
    )
    accept_instrument_compliance: bool = Field(
        False,
        description="Form cells without a gate although only the instrument limits the current: "
        "its cable discharges into a cell that forms.",
    )
    trip: Ampere = Field(
        0.0, ge=0, le=0.1, description="A pulse with more current ends a cell's ramp; 0: none does."
    )
    reset_after: Volt = Field(
        0.0, ge=0, le=10, description="RESET each cell just after it formed, by this; 0: not."
    )
    reset_gate: Volt = Field(5.0, ge=0, le=10, description="Gate during that RESET.")
    count: int = Field(1, ge=1, le=10_000, description="Pulses at each step.")
    settle: Second = Field(0.0, ge=0, le=3600, description="Wait between pulse and reading.")
    formed_above: Siemens = Field(0.5e-6, gt=0, le=1, description="A formed cell conducts this.")
    over_formed: Siemens = Field(60e-6, gt=0, le=1, description="No formed cell may conduct this.")
    read_voltage: Volt = Field(0.2, gt=0, le=0.5, description="Read voltage.")
    read_gate: Volt = Field(2.5, ge=0, le=10, description="Gate during reading.")
    averages: int = Field(3, ge=1, le=10_000, description="Readings averaged into one.")
    flagged: int = Field(5, ge=1, le=1000, description="Flagged readings before giving up.")
    yield_at_least: float = Field(0.98, ge=0, le=1, description="Share of cells to be formed.")
    block: int = Field(1024, ge=1, le=1 << 24, description="Cells in one unit of work.")

    @model_validator(mode="after")
    def _ramps_rise(self) -> "Form":
        for low, high in (
            ("gate_start", "gate_stop"),
            ("drain_start", "drain_stop"),
            ("formed_above", "over_formed"),
        ):
            if getattr(self, low) > getattr(self, high):
                raise ValueError(
                    f"{low} = {getattr(self, low):g} is above {high} = {getattr(self, high):g}"
                )
        return self

    def steps(self) -> list[tuple[float, float]]:
        """Return (gate, amplitude) in V of each step: the gate rises first, then the drain."""
        gates = ramp(self.gate_start, self.gate_stop, self.gate_step)
        drains = ramp(self.drain_start, self.drain_stop, self.drain_step)
        return [(gate, drains[0]) for gate in gates] + [(gates[-1], v) for v in drains[1:]]

    def units(self, topology: Topology) -> list[Unit]:
        """Return blocks of cells; each cell may get every step of the ramp, and one RESET.

        Raises RecipeError for cells without a gate, unless the instrument's compliance is accepted.
        """
        if topology.kind != "1T1R" and not self.accept_instrument_compliance:
            raise RecipeError(
                "form: cells without a gate have nothing but the instrument to limit their current;"
                " accepts accept_instrument_compliance = true"
            )
        cells = along_gates(chosen_cells(self.cells, topology), topology)
        return blocks_of_cells(cells, self.block, self.bound())

    def bound(self) -> int:
        """Return the most pulses for a cell: every step of the ramp, and the RESET after it."""
        return len(self.steps()) * self.count + (self.reset_after > 0.0)

    def demands(self) -> list[Demand]:
        """Return the largest amplitude, the gates and the read voltage."""
        return [
            Demand("drain_stop", "row", self.drain_stop),
            Demand("current_limit", "row", current=self.current_limit),
            Demand("reset_after", "column", self.reset_after),
            Demand("gate_stop", "gate", self.gate_stop),
            Demand("reset_gate", "gate", self.reset_gate if self.reset_after else 0.0),
            Demand("read_gate", "gate", self.read_gate),
            Demand("read_voltage", "row", self.read_voltage, reads=True),
        ]

    def estimate(self, topology: Topology) -> Estimate:
        """Return the expected cost, if cells form half-way up the ramp."""
        cells = len(chosen_cells(self.cells, topology))
        half, reset = (len(self.steps()) + 1) / 2, self.reset_after > 0.0
        seconds = self.width + self.settle / self.count
        pulses, verifies = half * self.count + reset, half + 1 + reset
        cost = CellCost(pulses, verifies, self.averages, seconds, self.bound())
        return cost.of(cells, topology)
