"""What recipes of random sources share: how values are drawn, calibrated and watched."""

from abc import abstractmethod
from typing import Annotated, Literal, Self

import numpy as np
from annotated_types import Ge, Le
from pydantic import Field, model_validator

from labcim.capabilities import CellIndices, Cells, Topology, Train
from labcim.limits import Demand
from labcim.programming.cell_selection import CellSelection, along_gates, chosen_cells
from labcim.programming.estimate import CellCost, Estimate
from labcim.programming.fresh_cells import FormedCells, good_conductance, refuse_fresh
from labcim.recipe import Unit
from labcim.units import Ampere, Hertz, Second, Siemens, Volt

Mode = Literal["delay", "high_resistance", "telegraph", "half_set"]
CHUNK = 64
"""Samples of a cell in one row of the record."""

ADAPTING = 32  # rounds in which calibration looks for each cell's voltage


class RandomSource(FormedCells):
    """Cells as a source of random bits.

    delay: parity of the clocks that a SET takes. high_resistance: the state after RESET, from cycle
    to cycle. telegraph: read noise. half_set: whether a SET pulse of even odds succeeds.
    """

    cells: CellSelection = Field("all", description="Sources.")
    mode: Mode = Field("delay", description="What is random.")
    compare: Literal["pairs", "median"] = Field(
        "pairs", description="Values become bits against the next one, or the median of 31 before."
    )

    set_voltage: Volt = Field(1.3, gt=0, le=10, description="SET, where calibration begins.")
    set_lowest: Volt = Field(0.6, gt=0, le=10, description="Lowest SET that calibration may use.")
    set_highest: Volt = Field(1.8, gt=0, le=10, description="Highest SET it may use.")
    set_gate: Volt = Field(2.5, ge=0, le=10, description="Gate during SET.")
    set_width: Second = Field(1e-6, gt=0, le=1, description="SET pulse, where it is not timed.")
    reset_voltage: Volt = Field(2.8, gt=0, le=10, description="RESET, as magnitude.")
    reset_gate: Volt = Field(5.0, ge=0, le=10, description="Gate during RESET.")
    reset_width: Second = Field(1e-6, gt=0, le=1, description="RESET pulse.")
    read_voltage: Volt = Field(0.2, gt=0, le=0.5, description="Read voltage.")
    read_gate: Volt = Field(2.5, ge=0, le=10, description="Gate during reading.")
    averages: int = Field(1, ge=1, le=10_000, description="Readings of each value.")
    interval: Second = Field(1e-3, gt=0, le=100, description="Between values of telegraph noise.")
    set_level: Siemens = Field(
        12e-6, gt=0, le=1e-2, description="Above it a pulse of even odds has succeeded."
    )
    feedback: Volt = Field(4e-3, ge=0, le=0.1, description="Voltage step that keeps the odds even.")

    threshold: Ampere = Field(15e-6, gt=0, le=0.1, description="Current at which a SET is timed.")
    clock: Second = Field(20e-9, gt=0, le=1, description="Period of the counter.")
    longest: Second = Field(4e-4, gt=0, le=100, description="Longest wait for a SET.")
    target: int = Field(500, ge=40, le=10**6, description="Median wait to calibrate to, clocks.")

    calibration: int = Field(
        128, ge=64, le=65536, description="Samples of each cell that tell what is healthy."
    )
    reached_at_least: float = Field(0.9, ge=0.5, le=1, description="Share of waits that end.")
    mean_at_least: float = Field(20.0, ge=1, description="Mean wait of a fit cell, clocks.")
    sigma_at_least: float = Field(2.0, ge=0.5, description="Its spread, clocks.")
    early_at_most: float = Field(0.02, ge=0, le=0.5, description="Share of waits below 5 clocks.")
    cells_at_least: int = Field(1, ge=1, description="Fit cells without which the run fails.")

    assumed_entropy: float = Field(
        0.9, gt=0, le=1, description="Min-entropy that the health tests take a raw bit to have."
    )
    raw_entropy: float = Field(
        2.0, gt=0, le=8, description="Likewise of a raw value in steps of half its spread."
    )
    false_alarms: float = Field(40.0, ge=10, le=64, description="Health tests: a of 2**-a a bit.")
    monitor: float = Field(30.0, ge=10, le=64, description="Monitor: a of 2**-a a judgement.")
    mains: tuple[Annotated[Hertz, Ge(1.0), Le(1e4)], ...] = Field(
        (50.0, 60.0), max_length=8, description="Lines that pickup would have."
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if not self.set_lowest <= self.set_voltage <= self.set_highest:
            raise ValueError("set_voltage accepts set_lowest to set_highest")
        clocks = self.longest / self.clock
        if not 2.0 * self.target <= clocks <= 1e7:
            raise ValueError(
                f"longest / clock is {clocks:g}: accepts 2 x target = {2 * self.target} to 1e7"
            )
        return self

    @property
    def adapting(self) -> int:
        """Return in how many rounds of calibration voltages are looked for."""
        return ADAPTING if self.mode in ("delay", "half_set") else 0

    @property
    def pulses(self) -> int:
        """Return how many pulses a sample costs."""
        return 0 if self.mode == "telegraph" else 2

    def wait(self) -> tuple[float, float] | None:
        """Return clock and longest wait in s, None where no SET is timed."""
        return (self.clock, self.longest) if self.mode == "delay" else None

    @abstractmethod
    def rounds(self, topology: Topology) -> int:
        """Return how many samples each cell is expected to give after calibration."""

    def chosen(self, topology: Topology) -> CellIndices:
        """Return the cells in the order in which the lines serve them."""
        return along_gates(chosen_cells(self.cells, topology), topology)

    def calibration_unit(self, topology: Topology) -> Unit:
        """Return the unit of work that comes first."""
        bound = self.pulses * (self.adapting + self.calibration)
        return Unit("calibration", self.chosen(topology), bound)

    def look(self, given: Cells, unit: Unit) -> None:
        """Read a unit's cells, whatever was cut off before.

        Raises RecipeError where most look unformed, and the calibration would pulse them.
        """
        found = given.read(unit.cells, self.read_voltage, gate=self.read_gate)
        if unit.key == "calibration" and any(other.bound for other in self.units(given.topology)):
            refuse_fresh(self, given.topology, good_conductance(found))

    def demands(self) -> list[Demand]:
        """Return the reading, and both pulses with their gates where there are any."""
        return reading_demands(self) + (pulse_demands(self) if self.pulses else [])

    def estimate(self, topology: Topology) -> Estimate:
        """Return the expected cost on an array of this shape."""
        cells, bound = len(self.chosen(topology)), sum(u.bound for u in self.units(topology))
        rounds = self.rounds(topology) + self.calibration + self.adapting
        wait = 3.0 * self.target * self.clock if self.mode == "delay" else self.set_width
        reads = {"delay": 0.0, "half_set": 1.0, "high_resistance": 2.0, "telegraph": 1.0}[self.mode]
        waits = rounds * self.interval if self.mode == "telegraph" else 0.0
        seconds = (wait + self.reset_width) / 2.0
        pulses = float(rounds * self.pulses)
        cost = CellCost(pulses, rounds * reads, self.averages, seconds, bound)
        return cost.of(cells, topology, waits=waits)

    def reset_train(self) -> Train:
        """Return the RESET pulse."""
        return Train(-self.reset_voltage, self.reset_width, self.reset_gate)

    def set_train(self, amplitude: "float | np.ndarray[tuple[int], np.dtype[np.float64]]") -> Train:
        """Return the SET pulse of an amplitude in V, for all cells or for each."""
        return Train(amplitude, self.set_width, self.set_gate)


def reading_demands(recipe: RandomSource) -> list[Demand]:
    """Return the worst of reading."""
    return [
        Demand("read_voltage", "row", recipe.read_voltage, reads=True),
        Demand("read_gate", "gate", recipe.read_gate),
    ]


def pulse_demands(recipe: RandomSource) -> list[Demand]:
    """Return the worst of SET and RESET."""
    return [
        Demand("set_highest", "row", recipe.set_highest),
        Demand("reset_voltage", "column", recipe.reset_voltage),
        Demand("set_gate", "gate", recipe.set_gate),
        Demand("reset_gate", "gate", recipe.reset_gate),
    ]
