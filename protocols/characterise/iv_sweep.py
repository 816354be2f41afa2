"""I-V sweep: the hysteresis loop of single cells, with a compliance for each polarity."""

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from labcim.analysis.sweeps import loop_area, reset_voltage, set_voltage, staircase
from labcim.capabilities import Floats, Topology
from labcim.documents import Channel
from labcim.limits import Demand
from labcim.plots import PlotSpec
from labcim.programming.cell_selection import CellSelection, chosen_cells, places
from labcim.programming.estimate import Estimate
from labcim.protocol import Capabilities, Carry, Finding, Progress, Rows, Steps, protocol
from labcim.recipe import Recipe, Unit
from labcim.units import Ampere, Second, Volt

SET, RESET = 1, -1


class IvSweep(Recipe):
    """Sweep cells from 0 V to SET and RESET and back, and measure the current on the way."""

    protocol: ClassVar[str] = "iv_sweep"

    cells: CellSelection = Field(((0, 0),), description="Which cells, swept one after the other.")
    start: Volt = Field(0.0, ge=-1, le=1, description="Where every branch starts.")
    set_stop: Volt = Field(2.5, ge=0, le=10, description="Turning point of SET; 0: no SET branch.")
    reset_stop: Volt = Field(
        2.5, ge=0, le=10, description="Turning point of RESET, as magnitude; 0: no RESET branch."
    )
    step: Volt = Field(0.05, ge=1e-4, le=1, description="Voltage from point to point.")
    double: bool = Field(True, description="Sweep back to the start as well.")
    dwell: Second = Field(1e-3, gt=0, le=100, description="Time at each point.")
    set_gate: Volt = Field(1.6, ge=0, le=10, description="Gate during SET: the compliance.")
    reset_gate: Volt = Field(5.0, ge=0, le=10, description="Gate during RESET.")
    set_limit: Ampere = Field(2e-4, gt=0, le=0.1, description="Current limit during SET.")
    reset_limit: Ampere = Field(1e-3, gt=0, le=0.1, description="Current limit during RESET.")
    cycles: int = Field(1, ge=1, le=10_000, description="Loops for each cell.")

    def branches(self) -> list[tuple[int, Floats, float, float]]:
        """Return (polarity, voltages in V, gate in V, limit in A) of each branch of a loop."""
        found = []
        if self.set_stop > 0.0:
            up = staircase(self.start, self.set_stop, self.step, double=self.double)
            found.append((SET, up, self.set_gate, self.set_limit))
        if self.reset_stop > 0.0:
            down = staircase(self.start, -self.reset_stop, self.step, double=self.double)
            found.append((RESET, down, self.reset_gate, self.reset_limit))
        return found

    def units(self, topology: Topology) -> list[Unit]:
        """Return one unit for each cell; each point of a loop counts as a pulse."""
        points = self.cycles * sum(len(branch[1]) for branch in self.branches())
        cells = chosen_cells(self.cells, topology)
        return [Unit(f"cell-{cell}", np.array([cell], np.uint32), points) for cell in cells]

    def demands(self) -> list[Demand]:
        """Return both turning points with their current limits, and the gates."""
        return [
            Demand("set_stop", "row", max(self.set_stop, self.start)),
            Demand("set_limit", "row", current=self.set_limit),
            Demand("reset_stop", "column", max(self.reset_stop, -self.start)),
            Demand("reset_limit", "column", current=self.reset_limit),
            Demand("set_gate", "gate", self.set_gate),
            Demand("reset_gate", "gate", self.reset_gate),
        ]

    def estimate(self, topology: Topology) -> Estimate:
        """Return the expected cost on an array of this shape."""
        cells = len(chosen_cells(self.cells, topology))
        points = self.cycles * sum(len(branch[1]) for branch in self.branches())
        time = cells * points * self.dwell
        return Estimate(cells, cells * points, cells * points, points, time, time)


CHANNELS = (
    Channel(name="cell", dtype="<u4", doc="index, row-major"),
    Channel(name="row", dtype="<u4"),
    Channel(name="column", dtype="<u4"),
    Channel(name="cycle", dtype="<u4", doc="loop number, from 0"),
    Channel(name="polarity", dtype="i1", doc="1 SET branch, -1 RESET branch"),
    Channel(name="voltage", dtype="<f8", unit="V", doc="row - column"),
    Channel(name="current", dtype="<f8", unit="A"),
    Channel(name="magnitude", dtype="<f8", unit="A", doc="|current|, for logarithmic axes"),
    Channel(name="flags", dtype="u1"),
    Channel(name="time", dtype="<f8", unit="s"),
)

PLOTS = (
    PlotSpec("I-V", "line", "current", x="voltage", group="cell"),
    PlotSpec("|I|-V", "line", "magnitude", x="voltage", group="cell", y_scale="log"),
)


def summarise(recipe: IvSweep, rows: Mapping[str, NDArray[Any]]) -> list[Finding]:
    """Return SET and RESET voltage and loop area of each cell's first complete loop."""
    found = []
    for cell in np.unique(rows["cell"]):
        here = (rows["cell"] == cell) & (rows["cycle"] == 0)
        for polarity, name, find in (
            (SET, "SET voltage", set_voltage),
            (RESET, "RESET voltage", reset_voltage),
        ):
            branch = here & (rows["polarity"] == polarity)
            value = find(rows["voltage"][branch], rows["current"][branch])
            if np.isfinite(value):
                found.append(Finding(name, value, "V", cell=int(cell)))
        area = loop_area(rows["voltage"][here], rows["current"][here])
        found.append(Finding("loop area", area, "W", cell=int(cell)))
    return found


@protocol(IvSweep, channels=CHANNELS, plots=PLOTS, summarise=summarise)
def iv_sweep(recipe: IvSweep, given: Capabilities, unit: Unit, carry: Carry) -> Steps:
    """Sweep the unit's cell through all loops; one batch of rows for each branch.

    Points in compliance stay in the rows with their flag: they show where the limit took hold.
    """
    cell = int(unit.cells[0])
    row, column = places(unit.cells, given.cells.topology)
    branches = recipe.branches()
    for cycle in range(recipe.cycles):
        for number, (polarity, voltages, gate, limit) in enumerate(branches):
            done = (cycle + number / len(branches)) / recipe.cycles
            yield Progress(done, f"cell {cell}, loop {cycle + 1} of {recipe.cycles}")
            swept = given.cells.sweep(
                cell, voltages, dwell=recipe.dwell, gate=gate, current_limit=limit
            )
            points = len(swept.voltage)
            yield Rows(
                {
                    "cell": np.full(points, cell),
                    "row": np.full(points, row[0]),
                    "column": np.full(points, column[0]),
                    "cycle": np.full(points, cycle),
                    "polarity": np.full(points, polarity),
                    "voltage": swept.voltage,
                    "current": swept.current,
                    "magnitude": np.abs(swept.current),
                    "flags": swept.flags,
                    "time": swept.time,
                }
            )
    return None
