"""The recipe of half-select and read disturb."""

from typing import ClassVar, Literal

from pydantic import Field, model_validator

from labcim.capabilities import Topology
from labcim.limits import Demand
from labcim.programming.cell_selection import CellSelection, chosen_cells
from labcim.programming.estimate import CellCost, Estimate
from labcim.recipe import Recipe, Unit
from labcim.units import Ampere, Second, Volt

Stress = Literal["half-select SET", "half-select RESET", "read"]
STRESSES: tuple[Stress, ...] = ("half-select SET", "half-select RESET", "read")


class DisturbRecipe(Recipe):
    """Stress cells by half-selects and by reads, and see how far they move."""

    protocol: ClassVar[str] = "disturb"

    cells: CellSelection = Field("all", description="Which cells are watched.")
    stresses: tuple[Stress, ...] = Field(
        STRESSES, min_length=1, description="Which stresses, one after the other."
    )
    way: Literal["auto", "cells", "lines"] = Field(
        "auto",
        description="Half-select by pulses on other cells, or by driving lines; auto: by lines "
        "where cells have transistors, which pulses on cells would protect.",
    )
    scheme: Literal["half", "third"] = Field("half", description="V/2 or V/3, when lines do it.")
    write_voltage: Volt = Field(2.4, gt=0, le=10, description="V of which cells get a part.")
    width: Second = Field(1e-6, gt=0, le=1, description="Width of a write pulse.")
    half_selects: int = Field(1000, ge=2, le=10**8, description="Half-selects of each cell.")
    gate: Volt = Field(2.5, ge=0, le=10, description="Gates during half-selects and read pulses.")
    current_limit: Ampere = Field(
        1e-3, gt=0, le=0.1, description="Current limit of cells without a gate."
    )
    reads: int = Field(1_000_000, ge=1, le=10**9, description="Read pulses on each cell.")
    read_width: Second = Field(1e-6, gt=0, le=1, description="Width of a read pulse.")
    rest: Second = Field(
        10.0, ge=0, le=1e6, description="Wait before a stress, for cells to come to rest."
    )
    read_voltage: Volt = Field(0.2, gt=0, le=0.5, description="Read voltage, of pulses as well.")
    read_gate: Volt = Field(2.5, ge=0, le=10, description="Gate during reading.")
    repeats: int = Field(4, ge=2, le=1000, description="Readings before and after, of each cell.")
    averages: int = Field(25, ge=1, le=10_000, description="Samples averaged into one reading.")
    moved_by: float = Field(0.01, gt=0, le=1, description="Relative change that counts.")
    sigmas: float = Field(4.0, ge=1, le=20, description="It must exceed the noise this often too.")
    moved_at_most: float = Field(0.01, ge=0, le=1, description="Share of cells that may move.")
    flagged: int = Field(5, ge=1, le=1000, description="Flagged readings before giving up.")

    @model_validator(mode="after")
    def _once(self) -> "DisturbRecipe":
        if len(set(self.stresses)) < len(self.stresses):
            raise ValueError(f"stresses = {list(self.stresses)}: each at most once")
        return self

    @property
    def part(self) -> float:
        """Return V that half-selected cells see."""
        return self.write_voltage / (2.0 if self.scheme == "half" else 3.0)

    def by_lines(self, topology: Topology) -> bool:
        """Say whether half-selects are given by driving lines."""
        return self.way == "lines" or (self.way == "auto" and topology.kind == "1T1R")

    def units(self, topology: Topology) -> list[Unit]:
        """Return one unit for each stress."""
        cells = chosen_cells(self.cells, topology)
        bounds = {"read": self.reads}
        return [Unit(name, cells, bounds.get(name, self.half_selects)) for name in self.stresses]

    def demands(self) -> list[Demand]:
        """Return the write voltage on both families, the gates and the read voltage."""
        return [
            Demand("write_voltage", "row", self.write_voltage),
            Demand("write_voltage", "column", self.write_voltage),
            Demand("current_limit", "row", current=self.current_limit),
            Demand("gate", "gate", self.gate),
            Demand("read_gate", "gate", self.read_gate),
            Demand("read_voltage", "row", self.read_voltage, reads=True),
        ]

    def estimate(self, topology: Topology) -> Estimate:
        """Return the expected cost on an array of this shape; every stress is waited for as well.

        Lines are driven one after the other; cells of one line are read-pulsed together.
        """
        cells = len(chosen_cells(self.cells, topology))
        lines = max(topology.rows, topology.columns)
        halves = sum(name != "read" for name in self.stresses)
        waits = (
            len(self.stresses) * self.rest + 4.0 * lines * halves * self.half_selects * self.width
        )
        waits += 4.0 * lines * ("read" in self.stresses) * self.reads * self.read_width
        count = 4 * self.repeats * len(self.stresses)
        bound = halves * self.half_selects + ("read" in self.stresses) * self.reads
        cost = CellCost(float(bound), count, self.averages, 0.0, bound)
        return cost.of(cells, topology, waits=waits)
