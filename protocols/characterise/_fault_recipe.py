"""The recipe of the fault map."""

from typing import ClassVar, Literal

from pydantic import Field, model_validator

from labcim.analysis.fault_map import Bounds
from labcim.analysis.sweeps import ramp
from labcim.capabilities import Topology
from labcim.limits import Demand
from labcim.programming.cell_selection import CellSelection, along_gates, chosen_cells
from labcim.programming.estimate import CellCost, Estimate
from labcim.programming.fresh_cells import FormedCells
from labcim.recipe import Unit, blocks_of_cells
from labcim.units import Ampere, Second, Siemens, Volt


class FaultMap(FormedCells):
    """Find stuck, shorted and open cells and lines, by reading and by gentle pulses."""

    protocol: ClassVar[str] = "fault_map"

    cells: CellSelection = Field("all", description="Which cells: all, a rectangle, or a list.")
    mode: Literal["gentle", "read only"] = Field(
        "gentle", description="Pulse what cannot be told otherwise, or only read."
    )
    set_start: Volt = Field(1.0, gt=0, le=10, description="First SET amplitude.")
    set_stop: Volt = Field(2.8, gt=0, le=10, description="Largest SET amplitude.")
    reset_start: Volt = Field(1.0, gt=0, le=10, description="First RESET amplitude.")
    reset_stop: Volt = Field(3.0, gt=0, le=10, description="Largest RESET amplitude.")
    step: Volt = Field(0.2, gt=0, le=1, description="Rise from pulse to pulse.")
    width: Second = Field(1e-6, gt=0, le=1, description="Pulse width.")
    set_gate: Volt = Field(2.5, ge=0, le=10, description="Gate during SET: the compliance.")
    reset_gate: Volt = Field(5.0, ge=0, le=10, description="Gate during RESET.")
    current_limit: Ampere = Field(
        1e-3, gt=0, le=0.1, description="Current limit of cells without a gate."
    )
    ratio: float = Field(1.5, gt=1, le=1000, description="A cell that moved has changed by this.")
    least_share: float = Field(
        0.05, ge=0, le=1, description="And by this share of what cells conduct in the median."
    )
    tries: int = Field(
        3, ge=1, le=100, description="Cycles for a cell that moves one way only: one may be weak."
    )
    read_voltage: Volt = Field(0.2, gt=0, le=0.5, description="Read voltage.")
    read_gate: Volt = Field(2.5, ge=0, le=10, description="Gate when it is on.")
    averages: int = Field(8, ge=1, le=10_000, description="Readings averaged into one.")
    flagged: int = Field(5, ge=1, le=1000, description="Flagged readings before giving up.")
    dead: Siemens = Field(3e-9, gt=0, le=1, description="An open cell conducts less.")
    short: Siemens = Field(4e-3, gt=0, le=1, description="A shorted cell conducts more.")
    on_above: Siemens = Field(60e-6, gt=0, le=1, description="Suspect when it is only read.")
    off_below: Siemens = Field(0.2e-6, gt=0, le=1, description="Suspect when it is only read.")
    faulty_at_most: float = Field(0.1, ge=0, le=1, description="Share of faulty cells allowed.")
    block: int = Field(4096, ge=1, le=1 << 24, description="Cells in one unit of work.")

    @model_validator(mode="after")
    def _ramps_rise(self) -> "FaultMap":
        for side in ("set", "reset"):
            low, high = getattr(self, f"{side}_start"), getattr(self, f"{side}_stop")
            if low > high:
                raise ValueError(f"{side}_start = {low:g} V is above {side}_stop = {high:g} V")
        return self

    def ramp(self, polarity: int) -> list[float]:
        """Return the amplitudes of a ramp in V, all positive."""
        if polarity > 0:
            return ramp(self.set_start, self.set_stop, self.step)
        return ramp(self.reset_start, self.reset_stop, self.step)

    def polarities(self) -> list[int]:
        """Return the ramps in order: RESET, then SET and RESET as often as a cell may need."""
        return [-1] + [1, -1] * self.tries if self.mode == "gentle" else []

    def bounds(self) -> Bounds:
        """Return the conductances that tell faults apart."""
        return Bounds(self.dead, self.short, self.on_above, self.off_below)

    def units(self, topology: Topology) -> list[Unit]:
        """Return blocks of cells; in the gentle mode a cell may get all the ramps of its tries."""
        cells = along_gates(chosen_cells(self.cells, topology), topology)
        bound = sum(len(self.ramp(polarity)) for polarity in self.polarities())
        return blocks_of_cells(cells, self.block, bound)

    def demands(self) -> list[Demand]:
        """Return the ends of the ramps, the gates and the read voltage."""
        reads = [
            Demand("read_gate", "gate", self.read_gate),
            Demand("read_voltage", "row", self.read_voltage, reads=True),
        ]
        if self.mode == "read only":
            return reads
        return [
            Demand("set_stop", "row", self.set_stop),
            Demand("reset_stop", "column", self.reset_stop),
            Demand("current_limit", "row", current=self.current_limit),
            Demand("set_gate", "gate", self.set_gate),
            Demand("reset_gate", "gate", self.reset_gate),
            *reads,
        ]

    def estimate(self, topology: Topology) -> Estimate:
        """Return the expected cost, if cells move half-way up the ramps."""
        bound = self.units(topology)[0].bound
        cells = len(chosen_cells(self.cells, topology))
        half = sum(len(self.ramp(polarity)) for polarity in self.polarities()[:2]) / 2
        return CellCost(half, half + 2, self.averages, self.width, bound).of(cells, topology)
