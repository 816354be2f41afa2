"""I-V sweep: hysteresis loops of single cells, by staircase or by pulses.

A compliance and, if wanted, a current trip for each polarity; spans to both sides or to one.
"""

from collections.abc import Iterator
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from labcim.analysis.sweeps import staircase
from labcim.capabilities import Cells, Topology
from labcim.documents import Channel
from labcim.limits import Demand
from labcim.plots import PlotSpec
from labcim.programming.branches import Branch, Points, PulseReader, Walk, staircase_points
from labcim.programming.cell_selection import CellSelection, chosen_cells, places
from labcim.programming.estimate import APERTURE, Estimate
from labcim.protocol import Capabilities, Carry, Progress, Rows, Steps, protocol
from labcim.recipe import Recipe, Unit
from labcim.units import Ampere, Second, Volt

from ._iv_findings import loop_findings

SET, RESET, READING = 1, -1, 0


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


CHANNELS = (
    Channel(name="cell", dtype="<u4", doc="index, row-major"),
    Channel(name="row", dtype="<u4"),
    Channel(name="column", dtype="<u4"),
    Channel(name="cycle", dtype="<u4", doc="loop number, from 0"),
    Channel(name="polarity", dtype="i1", doc="1 SET branch, -1 RESET branch, 0 a reading before"),
    Channel(name="point", dtype="<u4", doc="number in its branch, from 0"),
    Channel(name="swept", dtype="?", doc="a point of a branch"),
    Channel(name="voltage", dtype="<f8", unit="V", doc="row - column"),
    Channel(name="current", dtype="<f8", unit="A", doc="at that voltage; NaN: nobody measured it"),
    Channel(name="magnitude", dtype="<f8", unit="A", doc="|current|, for logarithmic axes"),
    Channel(
        name="conductance", dtype="<f8", unit="S", doc="read after the point at the read voltage"
    ),
    Channel(name="tripped", dtype="?", doc="its current was beyond the trip: the way out ended"),
    Channel(name="flags", dtype="u1"),
    Channel(name="time", dtype="<f8", unit="s"),
)

PLOTS = (
    PlotSpec("I-V", "line", "current", x="voltage", group="cell", where="swept"),
    PlotSpec("|I|-V", "line", "magnitude", x="voltage", group="cell", where="swept", y_scale="log"),
    PlotSpec("Read after each point", "scatter", "conductance", x="voltage", group="cell"),
)


@protocol(IvSweep, channels=CHANNELS, plots=PLOTS, summarise=loop_findings)
def iv_sweep(recipe: IvSweep, given: Capabilities, unit: Unit, carry: Carry) -> Steps:
    """Read the unit's cell, then sweep it through all loops; it is read after each branch.

    Points in compliance stay in the rows with their flag: they show where the limit took hold.
    """
    cell = int(unit.cells[0])
    yield Rows(_rows(given.cells.topology, cell, 0, READING, 0, _reading(recipe, given, cell)))
    branches = recipe.branches()
    for cycle in range(recipe.cycles):
        for number, branch in enumerate(branches):
            done = (cycle + number / len(branches)) / recipe.cycles
            text = f"cell {cell}, loop {cycle + 1} of {recipe.cycles}"
            point = 0
            for points, tripped in _measured(recipe, given, cell, branch):
                yield Progress(done, text)
                rows = _rows(
                    given.cells.topology, cell, cycle, branch.polarity, point, points, tripped
                )
                point += len(points.voltage)
                yield Rows(rows)
    return None


def _measured(
    recipe: IvSweep, given: Capabilities, cell: int, branch: Branch
) -> Iterator[tuple[Points, bool]]:
    """Sweep one branch; yield points and whether the trip ended the way out at their last.

    A branch without trip goes out whole; else each point must be seen before the next is driven.
    """
    cells = given.cells
    if recipe.mode == "staircase" and not branch.trip:
        points = staircase_points(cells, cell, branch, branch.voltages, recipe.dwell)
        points.conductance[-1] = _reading(recipe, given, cell).conductance[0]
        yield points, False
        return
    reader = PulseReader(
        cells, recipe.dwell, recipe.pulses, recipe.read_voltage, recipe.read_gate, recipe.averages,
        recipe.pause,
    )  # fmt: skip
    walk, kept = Walk(branch), None
    for volt in walk:
        if kept is not None:
            yield kept
        was_tripped = walk.tripped
        points = _one_point(recipe, given, cell, branch, volt, reader)
        walk.saw(points)
        kept = points, walk.tripped and not was_tripped
    assert kept is not None  # a branch has points
    if not np.isfinite(kept[0].conductance[-1]):
        kept[0].conductance[-1] = _reading(recipe, given, cell).conductance[0]
    yield kept


def _one_point(
    recipe: IvSweep,
    given: Capabilities,
    cell: int,
    branch: Branch,
    volt: float,
    reader: PulseReader,
) -> Points:
    if recipe.mode == "pulsed" and recipe.read_at == "read voltage":
        return reader.points(cell, branch, volt)
    times = recipe.pulses if recipe.mode == "pulsed" else 1
    volts = np.array([volt])
    for _ in range(times):
        points = staircase_points(given.cells, cell, branch, volts, recipe.dwell)
        if recipe.mode == "pulsed" and recipe.pause > 0.0:
            given.clock.sleep(recipe.pause)
    return points


def _reading(recipe: IvSweep, given: Capabilities, cell: int) -> Points:
    cells: Cells = given.cells
    read = cells.read(
        np.array([cell], np.uint32),
        recipe.read_voltage,
        gate=recipe.read_gate,
        averages=recipe.averages,
    )
    found = np.where(read.good, read.corrected, np.nan)
    return Points(read.applied, read.current, found, read.flags, read.time)


def _rows(
    topology: Topology,
    cell: int,
    cycle: int,
    polarity: int,
    first: int,
    points: Points,
    tripped: bool = False,
) -> dict[str, NDArray[Any]]:
    row, column = places(np.array([cell], np.uint32), topology)
    count = len(points.voltage)
    flag = np.zeros(count, np.bool_)
    flag[-1] = tripped
    return {
        "cell": np.full(count, cell),
        "row": np.full(count, row[0]),
        "column": np.full(count, column[0]),
        "cycle": np.full(count, cycle),
        "polarity": np.full(count, polarity),
        "point": first + np.arange(count),
        "swept": np.full(count, polarity != READING),
        "voltage": points.voltage,
        "current": points.current,
        "magnitude": np.abs(points.current),
        "conductance": points.conductance,
        "tripped": flag,
        "flags": points.flags,
        "time": points.time,
    }
