"""Stateful logic: MAGIC and IMPLY on cells of a chip; truth table, and yield over the drive.

Kvatinsky et al., IEEE TCAS-II 61:895 (2014); Borghetti et al., Nature 464:873 (2010).
"""

from typing import ClassVar, Literal

import numpy as np
from pydantic import Field, model_validator

from labcim.analysis.sweeps import ramp
from labcim.capabilities import Topology
from labcim.errors import RangeError, RecipeError
from labcim.limits import Demand
from labcim.programming.cell_selection import places
from labcim.programming.estimate import CellCost, Estimate
from labcim.programming.logic import imply, magic
from labcim.programming.logic.gate_lines import GateLines
from labcim.programming.logic.imply import ImplyDrive
from labcim.programming.logic.operations import Drives, Operation, operation
from labcim.programming.logic.thresholds import Thresholds
from labcim.protocol import Capabilities, Carry, Progress, Rows, Steps, protocol
from labcim.recipe import Unit
from labcim.units import Ampere, Second, Siemens, Volt

from ._bit_recipe import BitRecipe, holds, lines_of
from ._stateful_findings import CHANNELS, PLOTS, summarise


class StatefulLogic(BitRecipe):
    """Do one stateful operation for all operands, on gates side by side, over a range of drives.

    A gate is a line with its cells at consecutive stations: operands, output, and for implications
    the load. The drive is that of MAGIC, or V_cond of an implication.
    """

    protocol: ClassVar[str] = "stateful_logic"

    operation: Literal["not", "nor", "adder", "imply", "nand"] = Field(
        "nor", description="MAGIC: NOT, NOR, adder of NOR. Implication, or NAND made of two."
    )
    inputs: int = Field(2, ge=1, le=16, description="Inputs of a NOR, or bits of an adder.")
    along: Literal["row", "column"] = Field(
        "row", description="Lines that the cells of a gate share."
    )
    first_line: int = Field(0, ge=0, description="First line with a gate.")
    lines: int = Field(16, ge=1, le=65536, description="Gates, each on a line of its own.")
    first_station: int = Field(0, ge=0, description="Where each line's first operand stands.")
    drive_start: Volt = Field(1.25, ge=0, le=10, description="First drive.")
    drive_stop: Volt = Field(1.25, ge=0, le=10, description="Last drive.")
    drive_step: Volt = Field(0.05, gt=0, le=10, description="Rise from drive to drive.")
    duration: Second = Field(1e-6, gt=0, le=1, description="Time of one step of an operation.")
    gate: Volt = Field(5.0, ge=0, le=10, description="Gate during operations.")
    imply_set: Volt = Field(1.95, gt=0, le=10, description="V_set of implications.")
    imply_gate: Volt = Field(0.853, ge=0, le=10, description="Gate of Q: what limits it.")
    imply_limit: Ampere = Field(8e-6, gt=0, le=0.01, description="Current that Q is limited to.")
    imply_drop: Volt = Field(0.126, ge=0, le=10, description="Voltage over its transistor then.")
    load_one: bool = Field(True, description="Whether the load holds 1.")
    set_threshold: Volt = Field(
        0.0, ge=0, le=10, description="V_SET: drives that do not fit are refused. 0: not known."
    )
    reset_threshold: Volt = Field(0.0, ge=0, le=10, description="V_RESET. 0: not known.")
    margin: Volt = Field(0.0, ge=0, le=10, description="To be kept from both thresholds.")
    one: Siemens = Field(40e-6, gt=0, le=1, description="Conductance of a 1, for that check.")
    zero: Siemens = Field(0.4e-6, gt=0, le=1, description="Conductance of a 0, for that check.")
    repeats: int = Field(1, ge=1, le=10_000, description="Times the truth table is gone through.")
    block: int = Field(16, ge=1, le=4096, description="Gates side by side in one unit of work.")

    @model_validator(mode="after")
    def _fits(self) -> "StatefulLogic":
        if self.drive_start > self.drive_stop:
            raise ValueError(f"drive_start = {self.drive_start:g} is above {self.drive_stop:g}")
        if (self.set_threshold > 0.0) != (self.reset_threshold > 0.0):
            raise ValueError("set_threshold, reset_threshold: give both, or none")
        if self.set_threshold > 0.0:
            try:
                for drive in self.drives():
                    self.check_drive(drive)
            except RangeError as trouble:
                raise ValueError(str(trouble)) from trouble
        return self

    def what(self) -> Operation:
        """Return the operation."""
        return operation(self.operation, self.inputs, self.load_one)

    def drives(self) -> list[float]:
        """Return the drives in V."""
        return ramp(self.drive_start, self.drive_stop, self.drive_step)

    def driven_with(self, drive: float) -> Drives:
        """Return all voltages for a drive in V."""
        implied = ImplyDrive(
            drive, self.imply_set, self.gate, self.imply_gate, self.imply_limit, self.imply_drop
        )
        return Drives(drive, implied, self.reset_voltage, self.gate, self.duration)

    def check_drive(self, drive: float) -> None:
        """Raise RangeError unless the drive fits the cells' thresholds."""
        cells = Thresholds(self.set_threshold, self.reset_threshold, self.margin)
        if self.operation in ("not", "nor", "adder"):
            inputs = {"not": 1, "nor": self.inputs, "adder": 2}[self.operation]
            magic.check_drive(cells, inputs, self.one / self.zero, drive)
        else:
            load = self.one if self.load_one else self.zero
            driven = self.driven_with(drive).imply
            imply.check_imply(
                cells, driven, p_one=self.one, load=load, q_zero=self.zero, load_one=self.load_one
            )

    def lines_of(self, unit: Unit) -> tuple[int, ...]:
        """Return the lines of a unit."""
        first = int(unit.values["first"])
        return tuple(range(first, first + int(unit.values["lines"])))

    def units(self, topology: Topology) -> list[Unit]:
        """Return blocks of gates that are done side by side; refuse what does not fit."""
        stop = self.first_line + self.lines
        count = topology.rows if self.along == "row" else topology.columns
        across = topology.columns if self.along == "row" else topology.rows
        last = self.first_station + self.what().stations
        if stop > count or last > across:
            raise RecipeError(
                f"gates on {self.along}s {self.first_line} to {stop - 1}, stations "
                f"{self.first_station} to {last - 1}: the array has {topology.describe()}"
            )
        units = []
        for first in range(self.first_line, stop, self.block):
            lines = tuple(range(first, min(first + self.block, stop)))
            at = GateLines(topology, self.along, lines)
            # Raises RangeError for what the array cannot do, before anything is done.
            self.what().states(at, self.first_station, self.driven_with(self.drive_start))
            cells = np.concatenate([at.cells(s) for s in range(self.first_station, last)])
            values = {"first": float(first), "lines": float(len(lines))}
            units.append(Unit(f"gates-{lines[0]}-{lines[-1]}", cells, self._pulses(), values))
        return units

    def _pulses(self) -> int:
        """Return the most pulses that a cell gets in a unit: it is written, and then driven."""
        steps = {"nand": 3, "adder": 9 * self.inputs}.get(self.operation, 1)
        return len(self.drives()) * self.repeats * len(self.what().inputs()) * (1 + steps)

    def demands(self) -> list[Demand]:
        """Return the worst of writing, reading and driving."""
        most = self.drive_stop
        if self.operation in ("imply", "nand"):
            most = max(most, self.imply_set)
        return [
            *self.bit_demands(),
            Demand("drive", "row", most),
            Demand("drive", "column", most),
            Demand("gate", "gate", max(self.gate, self.imply_gate)),
        ]

    def estimate(self, topology: Topology) -> Estimate:
        """Return the expected cost."""
        tables = len(self.drives()) * self.repeats * len(self.what().inputs())
        cells = self.lines * self.what().stations
        cost = CellCost(self._pulses(), 2 * tables, self.averages, self.write_width, self._pulses())
        return cost.of(cells, topology, waits=tables * self.duration)


@protocol(StatefulLogic, channels=CHANNELS, plots=PLOTS, summarise=summarise)
def stateful_logic(recipe: StatefulLogic, given: Capabilities, unit: Unit, carry: Carry) -> Steps:
    """For each drive and all operands: write, read, operate, read; one row for each cell.

    Every gate of the unit has the same operands at a time. Writing is the first stimulus of each
    operation, so that a unit that was cut off can be done again.
    """
    control, what = lines_of(given), recipe.what()
    at = GateLines(given.cells.topology, recipe.along, recipe.lines_of(unit))
    tables = [
        (drive, before)
        for drive in recipe.drives()
        for _ in range(recipe.repeats)
        for before in what.inputs()
    ]
    for number, (drive, meant) in enumerate(tables):
        yield Progress(number / len(tables), f"{recipe.operation} at {drive:g} V")
        bits = np.repeat(meant, len(at.lines))
        recipe.pulses().write(given.cells, unit.cells, bits)
        before = recipe.reads().conductance(given.cells, unit.cells)
        control.apply(what.states(at, recipe.first_station, recipe.driven_with(drive)))
        after = recipe.reads().conductance(given.cells, unit.cells)
        wanted = np.repeat(what.after(meant), len(at.lines))
        size = len(unit.cells)
        row, column = places(unit.cells, given.cells.topology)
        station = np.repeat(np.arange(what.stations), len(at.lines))
        yield Rows(
            {
                "cell": unit.cells,
                "row": row,
                "column": column,
                "gate": np.tile(np.array(at.lines), what.stations),
                "station": station,
                "table": np.full(size, number),
                "drive": np.full(size, drive),
                "is_operand": station < what.operands,
                "is_output": np.isin(station, what.outputs),
                "meant": bits,
                "before": before,
                "wanted": wanted,
                "after": after,
                "written": holds(before, bits, recipe.boundary),
                "right": holds(after, wanted, recipe.boundary),
                "time": np.full(size, given.clock.now()),
            }
        )
    return None
