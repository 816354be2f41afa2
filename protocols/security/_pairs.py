"""Pairs of cells that make the bits of a fingerprint: how they are put at random, and read."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from pydantic import Field

from labcim.capabilities import CellIndices, Floats, Topology, Train
from labcim.errors import RecipeError
from labcim.limits import Demand
from labcim.programming.cell_selection import CellSelection, chosen_cells
from labcim.programming.fresh_cells import FormedCells, refuse_fresh
from labcim.programming.reading import GoodReadings, read_good
from labcim.protocol import Capabilities
from labcim.units import Second, Volt

PULSES_TO_PREPARE = 2  # of each cell: a RESET and a SET


@dataclass(frozen=True, slots=True)
class Pairs:
    """The first and the other cell of each bit, both of shape (bits,)."""

    first: CellIndices
    other: CellIndices

    def __len__(self) -> int:
        return len(self.first)

    @property
    def cells(self) -> CellIndices:
        """Return all cells, those of a pair one after the other."""
        return np.ravel(np.column_stack([self.first, self.other]))


def pairs_of(cells: CellIndices) -> Pairs:
    """Return cells two by two in their order. Raises RecipeError for an odd number of them."""
    if len(cells) % 2 or not len(cells):
        raise RecipeError(f"cells: {len(cells)} of them make no pairs; accepts an even number")
    return Pairs(cells[0::2], cells[1::2])


class PairRecipe(FormedCells):
    """What every experiment with pairs needs: cells, the pulses that put them at random, reading.

    All cells get the same RESET and the same SET, so that only what makes them differ decides which
    cell of a pair conducts more. The last of both is to end in the middle of the window, or where
    cells differ most; the first one turns them round, so that they are drawn anew.
    """

    cells: CellSelection = Field(
        "all", description="Cells, two by two in their order: neighbours along a row."
    )
    reset_voltage: Volt = Field(2.6, gt=0, le=10, description="RESET of all cells, as magnitude.")
    reset_gate: Volt = Field(5.0, ge=0, le=10, description="Gate during RESET.")
    set_voltage: Volt = Field(1.45, gt=0, le=10, description="SET of all cells.")
    set_gate: Volt = Field(2.5, ge=0, le=10, description="Gate during SET.")
    last: Literal["SET", "RESET"] = Field(
        "SET", description="Which of both comes last, and makes the pattern."
    )
    width: Second = Field(1e-6, gt=0, le=1, description="Pulse width.")
    read_voltage: Volt = Field(0.2, gt=0, le=0.5, description="Read voltage.")
    read_gate: Volt = Field(2.5, ge=0, le=10, description="Gate during reading.")
    averages: int = Field(16, ge=1, le=10_000, description="Readings averaged into one.")
    flagged: int = Field(5, ge=1, le=1000, description="Flagged readings before giving up.")

    def pairs(self, topology: Topology) -> Pairs:
        """Return the pairs on an array of this shape. Raises RecipeError."""
        return pairs_of(chosen_cells(self.cells, topology))

    def demands(self) -> list[Demand]:
        """Return both amplitudes, the gates and the read voltage."""
        return [
            Demand("set_voltage", "row", self.set_voltage),
            Demand("reset_voltage", "column", self.reset_voltage),
            Demand("set_gate", "gate", self.set_gate),
            Demand("reset_gate", "gate", self.reset_gate),
            Demand("read_voltage", "row", self.read_voltage, reads=True),
            Demand("read_gate", "gate", self.read_gate),
        ]

    def prepare(self, given: Capabilities, cells: CellIndices) -> None:
        """Give all cells the same RESET and the same SET."""
        trains = [
            Train(-self.reset_voltage, self.width, self.reset_gate),
            Train(self.set_voltage, self.width, self.set_gate),
        ]
        for train in trains if self.last == "SET" else trains[::-1]:
            given.cells.pulse(cells, train)

    def look(self, given: Capabilities, cells: CellIndices) -> None:
        """Read cells before they are pulsed. Raises RecipeError where most look unformed."""
        refuse_fresh(self, given.cells.topology, self.read(given, cells).conductance)

    def read(
        self, given: Capabilities, cells: CellIndices, voltage: float | None = None
    ) -> GoodReadings:
        """Read cells at ``voltage`` V, or at the recipe's."""
        return read_good(
            given.cells,
            cells,
            self.read_voltage if voltage is None else voltage,
            gate=self.read_gate,
            averages=self.averages,
            attempts=self.flagged,
        )


def differences(readings: GoodReadings) -> Floats:
    """Return S of the first less S of the other cell of each pair, (bits,); NaN where unknown."""
    return np.asarray(readings.conductance[0::2] - readings.conductance[1::2])


def write_back(
    given: Capabilities, pairs: Pairs, bits: Floats, *, voltage: float, gate: float, width: float
) -> None:
    """RESET the cell of each pair that conducts less, so that the pair holds its bit for good.

    bits: 1 where the first cell conducts more, 0 where the other does, NaN leaves the pair alone.
    voltage: V, as magnitude.
    """
    lower = np.where(bits == 1.0, pairs.other, pairs.first)[np.isfinite(bits)]
    if len(lower):
        given.cells.pulse(lower.astype(np.uint32), Train(-voltage, width, gate))
