"""The recipe of I-V sweeps."""

from typing import ClassVar, Literal

import numpy as np
from pydantic import Field, model_validator

from labcim.analysis.sweeps import staircase
from labcim.capabilities import Topology
from labcim.limits import Demand
from labcim.programming.branches import Branch
from labcim.programming.cell_selection import CellSelection, chosen_cells
from labcim.programming.estimate import APERTURE, Estimate
from labcim.recipe import Recipe, Unit
from labcim.units import Ampere, Second, Volt

SET, RESET = 1, -1


class IvSweep(Recipe):
    """Sweep cells from 0 V to SET and RESET and back, and measure the current on the way."""

    protocol: ClassVar[str] = "iv_sweep"

    cells: CellSelection = Field(((0, 0),), description="Which cells, swept one after the other.")
    mode: Literal["staircase", "pulsed"] = Field(
        "staircase", description="Stay at each point, or return to 0 V after each."
    )
    span: Literal["SET first", "RESET first", "only SET", "only RESET"] = Field(
        "SET first", description="Which branches a loop has, and in which order."
    )
    start: Volt = Field(0.0, ge=-1, le=1, description="Where every branch starts.")
    set_stop: Volt = Field(2.5, ge=0, le=10, description="Turning point of SET; 0: no SET branch.")
    reset_stop: Volt = Field(
        2.5, ge=0, le=10, description="Turning point of RESET, as magnitude; 0: no RESET branch."
    )
    step: Volt = Field(0.05, ge=1e-4, le=1, description="Voltage from point to point.")
    double: bool = Field(True, description="Sweep back to the start as well.")
    dwell: Second = Field(1e-3, gt=0, le=100, description="Time at each point; width of a pulse.")
    hold: Second = Field(0.0, ge=0, le=1000, description="Time more at the turning point.")
    pause: Second = Field(0.0, ge=0, le=100, description="Wait at 0 V between pulses.")
    pulses: int = Field(1, ge=1, le=10_000, description="Pulses at each point, when pulsed.")
    read_at: Literal["bias", "read voltage"] = Field(
        "bias", description="When pulsed: measure during the pulse, or read the cell after it."
    )
    set_gate: Volt = Field(1.6, ge=0, le=10, description="Gate during SET: the compliance.")
    reset_gate: Volt = Field(5.0, ge=0, le=10, description="Gate during RESET.")
    set_limit: Ampere = Field(2e-4, gt=0, le=0.1, description="Current limit during SET.")
    reset_limit: Ampere = Field(1e-3, gt=0, le=0.1, description="Current limit during RESET.")
    set_trip: Ampere = Field(
        0.0, ge=0, le=0.1, description="Beyond this current SET halts and returns; 0: never."
    )
    reset_trip: Ampere = Field(0.0, ge=0, le=0.1, description="The same for RESET.")
    cycles: int = Field(1, ge=1, le=10_000, description="Loops for each cell.")
    read_voltage: Volt = Field(0.2, gt=0, le=0.5, description="Voltage of readings.")
    read_gate: Volt = Field(2.5, ge=0, le=10, description="Gate during reading.")
    averages: int = Field(3, ge=1, le=10_000, description="Readings averaged into one.")
    ohmic_to: Volt = Field(0.3, gt=0, le=1, description="Up to here the on-state should be ohmic.")

    @model_validator(mode="after")
    def _trips_below_limits(self) -> "IvSweep":
        for side in ("set", "reset"):
            trip, limit = getattr(self, f"{side}_trip"), getattr(self, f"{side}_limit")
            if trip >= limit:
                raise ValueError(
                    f"{side}_trip = {trip:g} A: the limit of {limit:g} A holds the current first; "
                    f"accepts less"
                )
        return self

    def branches(self) -> list[Branch]:
        """Return the branches of a loop in order."""
        held = int(np.ceil(self.hold / self.dwell - 1e-9))
        found = {}
        for sign, name in ((SET, "set"), (RESET, "reset")):
            stop = getattr(self, f"{name}_stop")
            if stop > 0.0 and self.span != f"only {'RESET' if sign == SET else 'SET'}":
                volts = staircase(self.start, sign * stop, self.step, double=self.double, held=held)
                turn = int(np.flatnonzero(volts == sign * stop)[-1])
                settings = (getattr(self, f"{name}_{what}") for what in ("gate", "limit", "trip"))
                found[sign] = Branch(sign, volts, turn, *settings)
        order = (RESET, SET) if self.span == "RESET first" else (SET, RESET)
        return [found[sign] for sign in order if sign in found]

    def units(self, topology: Topology) -> list[Unit]:
        """Return one unit for each cell; each point of a loop counts as a pulse."""
        cells = chosen_cells(self.cells, topology)
        bound = self._points()
        return [Unit(f"cell-{cell}", np.array([cell], np.uint32), bound) for cell in cells]

    def _points(self) -> int:
        each = self.pulses if self.mode == "pulsed" else 1
        return each * self.cycles * sum(len(branch.voltages) for branch in self.branches())

    def demands(self) -> list[Demand]:
        """Return both turning points with their current limits, and the gates."""
        return [
            Demand("set_stop", "row", max(self.set_stop, self.start)),
            Demand("set_limit", "row", current=self.set_limit),
            Demand("reset_stop", "column", max(self.reset_stop, -self.start)),
            Demand("reset_limit", "column", current=self.reset_limit),
            Demand("set_gate", "gate", self.set_gate),
            Demand("reset_gate", "gate", self.reset_gate),
            Demand("read_gate", "gate", self.read_gate),
            Demand("read_voltage", "row", self.read_voltage, reads=True),
        ]

    def estimate(self, topology: Topology) -> Estimate:
        """Return the expected cost on an array of this shape."""
        cells, points = len(chosen_cells(self.cells, topology)), self._points()
        read = points if self.mode == "pulsed" and self.read_at == "read voltage" else 0
        readings = self.averages * (1 + read + self.cycles * len(self.branches()))
        time = cells * (points * (self.dwell + self.pause * (self.mode == "pulsed")))
        serial = time + cells * readings * APERTURE
        return Estimate(cells, cells * points, cells * (points + readings), points, time, serial)
