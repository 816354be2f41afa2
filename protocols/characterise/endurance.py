"""Endurance: SET and RESET until cells fail, with every cycle read, or whole blocks of cycles.

What single readings between many unread cycles miss, and how to do better: Lanza et al., ACS Nano
15:17214 (2021).
"""

from typing import ClassVar

import numpy as np
from pydantic import Field, model_validator

from labcim.capabilities import CellIndices, Cycled, Topology, Train
from labcim.documents import Channel
from labcim.limits import Demand
from labcim.plots import PlotSpec
from labcim.programming.cell_selection import CellSelection, along_gates, chosen_cells
from labcim.programming.estimate import CellCost, Estimate
from labcim.programming.fresh_cells import FormedCells, read_and_refuse
from labcim.protocol import Capabilities, Carry, Progress, Rows, Steps, protocol
from labcim.recipe import Unit
from labcim.units import Second, Volt

from ._endurance_findings import summarise

UNREAD_EACH = 1 << 19
"""Cycles times cells between two looks at whether to go on: one message to a board."""
READ_EACH = 1 << 17
PIECE = 1000
"""Cycles in one unit of those that are all read."""


class Endurance(FormedCells):
    """Cycle cells: read every cycle at first, then blocks of cycles, spaced in decades."""

    protocol: ClassVar[str] = "endurance"

    cells: CellSelection = Field("all", description="Which cells: all, a rectangle, or a list.")
    most_cells: int = Field(
        128, ge=1, le=1 << 20, description="Of more cells, as many are taken, spread evenly."
    )
    cycles: int = Field(1_000_000, ge=1, le=10**10, description="Cycles of each cell.")
    every: int = Field(10_000, ge=1, le=10**7, description="Every cycle is read up to this one.")
    block: int = Field(100, ge=1, le=10**6, description="Cycles read one after the other later.")
    per_decade: int = Field(5, ge=1, le=100, description="Blocks in a decade of cycles.")
    set_voltage: Volt = Field(2.3, gt=0, le=10, description="SET amplitude.")
    set_gate: Volt = Field(2.0, ge=0, le=10, description="Gate during SET: the compliance.")
    set_width: Second = Field(1e-6, gt=0, le=1, description="SET pulse width.")
    reset_voltage: Volt = Field(2.7, gt=0, le=10, description="RESET amplitude.")
    reset_gate: Volt = Field(4.0, ge=0, le=10, description="Gate during RESET.")
    reset_width: Second = Field(1e-6, gt=0, le=1, description="RESET pulse width.")
    ratio: float = Field(2.0, gt=1, le=1e6, description="Least high over low conductance.")
    misses: int = Field(10, ge=1, le=10_000, description="Missed in a row, a cell has failed.")
    read_voltage: Volt = Field(0.2, gt=0, le=0.5, description="Read voltage.")
    read_gate: Volt = Field(2.5, ge=0, le=10, description="Gate during reading.")
    averages: int = Field(1, ge=1, le=10_000, description="Readings averaged into one.")

    @model_validator(mode="after")
    def _order(self) -> "Endurance":
        for name, size in (("every", self.every), ("block", self.block)):
            if size < self.misses:
                raise ValueError(f"{name} = {size} is less than misses = {self.misses}")
        return self

    def trains(self) -> tuple[Train, Train]:
        """Return the SET and the RESET."""
        return (
            Train(self.set_voltage, self.set_width, self.set_gate),
            Train(-self.reset_voltage, self.reset_width, self.reset_gate),
        )

    def chosen(self, topology: Topology) -> CellIndices:
        """Return the cells that are cycled."""
        cells = chosen_cells(self.cells, topology)
        if len(cells) > self.most_cells:
            spread = np.linspace(0, len(cells) - 1, self.most_cells).round().astype(np.intp)
            cells = cells[spread]
        return along_gates(cells, topology)

    def read_stretches(self) -> list[tuple[int, int]]:
        """Return first and last cycle of each stretch that is read, in order."""
        whole = min(self.every, self.cycles)
        found = [(n, min(n + PIECE - 1, whole)) for n in range(1, whole + 1, PIECE)]
        step = 1
        while True:
            first = round(self.every * 10.0 ** (step / self.per_decade))
            step += 1
            if first + self.block > self.cycles - self.block + 1:
                break
            if first > found[-1][1]:
                found.append((first, first + self.block - 1))
        last = max(found[-1][1] + 1, self.cycles - self.block + 1)
        return [*found, (last, self.cycles)] if last <= self.cycles else found

    def units(self, topology: Topology) -> list[Unit]:
        """Return stretches of cycles: read ones, and what lies between them."""
        cells, found, done = self.chosen(topology), [], 0
        for first, last in self.read_stretches():
            if first > done + 1:
                found.append(_unit("cycle", cells, done + 1, first - 1))
            found.append(_unit("read", cells, first, last))
            done = last
        return found

    def demands(self) -> list[Demand]:
        """Return both amplitudes, the gates and the read voltage."""
        return [
            Demand("set_voltage", "row", self.set_voltage),
            Demand("reset_voltage", "column", self.reset_voltage),
            Demand("set_gate", "gate", self.set_gate),
            Demand("reset_gate", "gate", self.reset_gate),
            Demand("read_gate", "gate", self.read_gate),
            Demand("read_voltage", "row", self.read_voltage, reads=True),
        ]

    def estimate(self, topology: Topology) -> Estimate:
        """Return the cost of all cycles, and of those that are read."""
        read = sum(last - first + 1 for first, last in self.read_stretches())
        seconds = 0.5 * (self.set_width + self.reset_width)
        cost = CellCost(2.0 * self.cycles, 2.0 * read, self.averages, seconds, 2 * self.cycles)
        return cost.of(len(self.chosen(topology)), topology)


def _unit(kind: str, cells: CellIndices, first: int, last: int) -> Unit:
    values = {"first": float(first), "last": float(last), "read": float(kind == "read")}
    return Unit(f"{kind}-{first}-{last}", cells, 2 * (last - first + 1), values)


CHANNELS = (
    Channel(name="cell", dtype="<u4", doc="index, row-major"),
    Channel(name="cycle", dtype="<u4", doc="number of the cycle, from 1"),
    Channel(name="high", dtype="<f4", unit="S", doc="after SET; NaN where the reading was flagged"),
    Channel(name="low", dtype="<f4", unit="S", doc="after RESET; NaN likewise"),
    Channel(name="ratio", dtype="<f4", doc="high over low; NaN where one of them is no data"),
    Channel(name="missed", dtype="?", doc="the ratio is below the recipe's"),
    Channel(name="flagged", dtype="?", doc="a reading was flagged and is no data"),
    Channel(name="shown", dtype="?", doc="thinned out for plots, evenly over decades of cycles"),
    Channel(name="time", dtype="<f8", unit="s", doc="bench time at which the cycle began"),
)

PLOTS = (
    PlotSpec("After SET", "scatter", "high", x="cycle", where="shown", x_scale="log",
             y_scale="log", overlay=("low",)),
    PlotSpec("Window", "scatter", "ratio", x="cycle", where="shown", x_scale="log",
             y_scale="log"),
    PlotSpec("Missed cycles", "scatter", "ratio", x="cycle", where="missed", x_scale="log"),
    PlotSpec("Low conductance", "cdf", "low", where="shown"),
)  # fmt: skip


@protocol(Endurance, channels=CHANNELS, plots=PLOTS, summarise=summarise)
def endurance(recipe: Endurance, given: Capabilities, unit: Unit, carry: Carry) -> Steps:
    """Cycle the unit's cells, and read each cycle if it is one of those that are read.

    A unit that was cut off goes on with the cycle after the last one that is on record; what was
    under way then is told there as of unknown extent.
    """
    reads = unit.values["read"] > 0.0
    set_train, reset_train = recipe.trains()
    first, last = int(unit.values["first"]), int(unit.values["last"])
    at = first + unit.given // 2
    if at == 1:
        read_and_refuse(
            recipe, given, unit.cells, voltage=recipe.read_voltage, gate=recipe.read_gate,
            averages=recipe.averages,
        )  # fmt: skip
    each = max(1, (READ_EACH if reads else UNREAD_EACH) // len(unit.cells))
    while at <= last:
        count = min(each, last - at + 1)
        yield Progress((at - first) / (last - first + 1), f"cycle {at}")
        cycled = given.cells.cycle(
            unit.cells, set_train, reset_train, count,
            voltage=recipe.read_voltage if reads else 0.0, gate=recipe.read_gate,
            averages=recipe.averages,
        )  # fmt: skip
        if reads:
            yield Rows(_rows(cycled, at, recipe.ratio))
        at += count
    return None


def _rows(cycled: Cycled, first: int, least: float) -> dict[str, np.ndarray]:
    """Return one row for each cell and cycle, cell after cell."""
    count, cells = cycled.high.shape
    cycle = np.arange(first, first + count, dtype=np.uint32)
    flagged = (cycled.high_flags | cycled.low_flags) != 0
    high = np.where(cycled.high_flags == 0, cycled.high, np.nan)
    low = np.where(cycled.low_flags == 0, cycled.low, np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(low > 0.0, high / low, np.inf)
    ratio = np.where(flagged, np.nan, ratio)
    edges = np.unique(np.logspace(0.0, 10.0, 201).round())
    shown = np.isin(cycle, edges) | (cycle == first)
    columns = {
        "cell": np.broadcast_to(cycled.cells, (count, cells)),
        "cycle": np.broadcast_to(cycle[:, None], (count, cells)),
        "high": high, "low": low, "ratio": ratio, "missed": ratio < least, "flagged": flagged,
        "shown": np.broadcast_to(shown[:, None], (count, cells)) & ~flagged,
        "time": np.broadcast_to(cycled.time[:, None], (count, cells)),
    }  # fmt: skip
    return {name: np.ascontiguousarray(column.T).ravel() for name, column in columns.items()}
