"""Kinetics map: how likely a pulse of a voltage and a width switches a cell, SET and RESET."""

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from labcim.analysis.distributions import share_interval
from labcim.analysis.kinetics import Trials, fit_kinetics
from labcim.analysis.sweeps import ramp
from labcim.capabilities import Floats, Topology, Train
from labcim.documents import Channel
from labcim.errors import RangeError
from labcim.limits import Demand
from labcim.plots import PlotSpec
from labcim.programming.cell_selection import CellSelection, along_gates, chosen_cells
from labcim.programming.estimate import CellCost, Estimate
from labcim.programming.fresh_cells import FormedCells, read_and_refuse
from labcim.programming.reading import read_good
from labcim.protocol import Capabilities, Carry, Finding, Progress, Rows, Steps, protocol
from labcim.recipe import Unit
from labcim.units import Second, Siemens, Volt


class KineticsMap(FormedCells):
    """Prepare cells, give each one pulse, and see who has switched, by voltage and width."""

    protocol: ClassVar[str] = "kinetics_map"

    cells: CellSelection = Field("all", description="Which cells: all, a rectangle, or a list.")
    set_start: Volt = Field(1.0, gt=0, le=10, description="Lowest SET amplitude.")
    set_stop: Volt = Field(1.7, gt=0, le=10, description="Highest SET amplitude.")
    reset_start: Volt = Field(1.5, gt=0, le=10, description="Lowest RESET amplitude.")
    reset_stop: Volt = Field(2.2, gt=0, le=10, description="Highest RESET amplitude.")
    step: Volt = Field(0.1, gt=0, le=10, description="From one amplitude to the next.")
    shortest: Second = Field(1e-7, gt=0, le=1, description="Shortest pulse.")
    longest: Second = Field(1e-4, gt=0, le=1, description="Longest pulse.")
    per_decade: int = Field(1, ge=1, le=20, description="Widths in a decade.")
    repeats: int = Field(2, ge=1, le=1000, description="Trials of each cell at each of them.")
    set_gate: Volt = Field(2.5, ge=0, le=10, description="Gate during SET.")
    reset_gate: Volt = Field(4.0, ge=0, le=10, description="Gate during RESET.")
    prepare_set: Volt = Field(2.3, gt=0, le=10, description="SET that prepares for a RESET.")
    prepare_reset: Volt = Field(2.7, gt=0, le=10, description="RESET that prepares for a SET.")
    prepare_width: Second = Field(1e-6, gt=0, le=1, description="Width of both.")
    high_above: Siemens = Field(30e-6, gt=0, le=1, description="Prepared for a RESET: above this.")
    low_below: Siemens = Field(5e-6, gt=0, le=1, description="Prepared for a SET: below this.")
    is_set_above: Siemens = Field(10e-6, gt=0, le=1, description="A SET has switched: above this.")
    is_reset_below: Siemens = Field(20e-6, gt=0, le=1, description="A RESET has: below this.")
    read_voltage: Volt = Field(0.2, gt=0, le=0.5, description="Read voltage.")
    read_gate: Volt = Field(2.5, ge=0, le=10, description="Gate during reading.")
    averages: int = Field(1, ge=1, le=10_000, description="Readings averaged into one.")
    flagged: int = Field(5, ge=1, le=1000, description="Flagged readings before giving up.")

    @model_validator(mode="after")
    def _order(self) -> "KineticsMap":
        for low, high in (
            ("set_start", "set_stop"), ("reset_start", "reset_stop"), ("shortest", "longest"),
            ("low_below", "is_set_above"), ("is_reset_below", "high_above"),
        ):  # fmt: skip
            if getattr(self, low) > getattr(self, high):
                raise ValueError(
                    f"{low} = {getattr(self, low):g} is above {high} = {getattr(self, high):g}"
                )
        return self

    def widths(self) -> Floats:
        """Return the widths in s, evenly over the decades, from shortest to longest."""
        decades = np.log10(self.longest / self.shortest)
        count = max(1, round(decades * self.per_decade)) if decades > 0.0 else 0
        return np.geomspace(self.shortest, self.longest, count + 1)

    def voltages(self, is_set: bool) -> list[float]:
        """Return the sizes of the amplitudes in V."""
        ends = (self.set_start, self.set_stop) if is_set else (self.reset_start, self.reset_stop)
        return ramp(*ends, self.step)

    def units(self, topology: Topology) -> list[Unit]:
        """Return one unit for each polarity and width."""
        cells = along_gates(chosen_cells(self.cells, topology), topology)
        return [
            Unit(
                f"{'set' if is_set else 'reset'}-{width:.3g}s",
                cells,
                2 * self.repeats * len(self.voltages(is_set)),
                {"set": float(is_set), "width": float(width)},
            )
            for is_set in (True, False)
            for width in self.widths()
        ]

    def demands(self) -> list[Demand]:
        """Return the largest amplitudes, the gates and the read voltage."""
        return [
            Demand("prepare_set", "row", self.prepare_set),
            Demand("set_stop", "row", self.set_stop),
            Demand("prepare_reset", "column", self.prepare_reset),
            Demand("reset_stop", "column", self.reset_stop),
            Demand("set_gate", "gate", self.set_gate),
            Demand("reset_gate", "gate", self.reset_gate),
            Demand("read_gate", "gate", self.read_gate),
            Demand("read_voltage", "row", self.read_voltage, reads=True),
        ]

    def estimate(self, topology: Topology) -> Estimate:
        """Return the cost of all trials: two pulses and two readings each."""
        steps = len(self.voltages(True)) + len(self.voltages(False))
        trials = self.repeats * steps * len(self.widths())
        seconds = 0.5 * (float(self.widths().mean()) + self.prepare_width)
        cost = CellCost(2.0 * trials, 2.0 * trials, self.averages, seconds, 2 * trials)
        return cost.of(len(chosen_cells(self.cells, topology)), topology)


CHANNELS = (
    Channel(name="cell", dtype="<u4", doc="index, row-major"),
    Channel(name="set", dtype="?", doc="a SET was tried"),
    Channel(name="reset", dtype="?", doc="a RESET was tried"),
    Channel(name="voltage", dtype="<f8", unit="V", doc="size of the amplitude"),
    Channel(name="width", dtype="<f8", unit="s", doc="of the pulse"),
    Channel(name="tries", dtype="<u4", doc="pulses on the prepared cell with a good reading after"),
    Channel(name="switched", dtype="<u4", doc="of these, how many have switched it"),
    Channel(name="probability", dtype="<f8", doc="switched over tries; NaN for none"),
    Channel(name="unprepared", dtype="<u4", doc="trials left out: the cell was not prepared"),
    Channel(name="flagged", dtype="<u4", doc="flagged readings, none of them taken for data"),
    Channel(name="time", dtype="<f8", unit="s", doc="bench time of the last good reading"),
)

PLOTS = (
    PlotSpec("SET probability", "table", "probability", x="width", group="voltage", where="set"),
    PlotSpec("RESET probability", "table", "probability", x="width", group="voltage",
             where="reset"),
)  # fmt: skip


def summarise(recipe: KineticsMap, rows: Mapping[str, NDArray[Any]]) -> list[Finding]:
    """Return voltage, voltage-time slope and spread of SET and RESET, and what was left out."""
    tries, left_out = int(rows["tries"].sum()), int(rows["unprepared"].sum())
    share = share_interval(tries, tries + left_out)
    found = [Finding("trials on prepared cells, share", share.value, "", share.low, share.high)]
    for name in ("set", "reset"):
        here = rows[name]
        trials = Trials(
            rows["cell"][here], rows["voltage"][here], rows["width"][here],
            rows["tries"][here].astype(np.int64), rows["switched"][here].astype(np.int64),
        )  # fmt: skip
        found.append(Finding(f"{name.upper()} trials", float(trials.tries.sum())))
        try:
            fit = fit_kinetics(trials)
        except RangeError:  # too few cells, voltages or widths, or a range that misses the edge
            continue
        for what, of, unit in (
            ("slope", fit.slope, "V/decade"),
            ("voltage at 1 us", fit.voltage, "V"),
            ("spread", fit.sigma, "V"),
        ):
            found.append(Finding(f"{name.upper()} {what}", of.value, unit, of.low, of.high))
    return found


class _Trying:
    """The trials of one unit: polarity and width."""

    def __init__(self, recipe: KineticsMap, given: Capabilities, unit: Unit) -> None:
        self._recipe, self._given, self._cells = recipe, given, unit.cells
        self.is_set, self.width = unit.values["set"] > 0.0, unit.values["width"]
        self.start()

    def start(self) -> None:
        """Forget what was counted: another voltage begins."""
        count = len(self._cells)
        self.tries, self.switched = np.zeros(count, np.uint32), np.zeros(count, np.uint32)
        self.unprepared, self.flagged = np.zeros(count, np.uint32), np.zeros(count, np.uint32)
        self.time = np.full(count, np.nan)

    def once(self, voltage: float) -> None:
        """Prepare all cells, pulse those that are, and count who has switched."""
        recipe = self._recipe
        self._pulse(np.arange(len(self._cells)), not self.is_set, None)
        before = self._read(np.arange(len(self._cells)))
        ready = before < recipe.low_below if self.is_set else before > recipe.high_above
        self.unprepared += ~ready
        at = np.flatnonzero(ready)
        if not len(at):
            return
        self._pulse(at, self.is_set, voltage)
        after = self._read(at)
        known = np.isfinite(after)
        moved = after > recipe.is_set_above if self.is_set else after < recipe.is_reset_below
        self.tries[at] += known
        self.switched[at] += known & moved

    def _pulse(self, at: NDArray[np.intp], is_set: bool, voltage: float | None) -> None:
        """Pulse cells at places; no voltage: the one that prepares."""
        recipe = self._recipe
        width = recipe.prepare_width if voltage is None else self.width
        if voltage is None:
            voltage = recipe.prepare_set if is_set else recipe.prepare_reset
        gate = recipe.set_gate if is_set else recipe.reset_gate
        train = Train(voltage if is_set else -voltage, width, gate)
        self._given.cells.pulse(self._cells[at], train)

    def _read(self, at: NDArray[np.intp]) -> Floats:
        recipe = self._recipe
        found = read_good(
            self._given.cells, self._cells[at], recipe.read_voltage, gate=recipe.read_gate,
            averages=recipe.averages, attempts=recipe.flagged,
        )  # fmt: skip
        self.flagged[at] += found.flagged
        self.time[at] = np.fmax(self.time[at], found.time)
        return found.conductance


@protocol(KineticsMap, channels=CHANNELS, plots=PLOTS, summarise=summarise)
def kinetics_map(recipe: KineticsMap, given: Capabilities, unit: Unit, carry: Carry) -> Steps:
    """Try each voltage, lowest first; every trial begins with a pulse that prepares the cells.

    Without it, cells would keep what differs from cycle to cycle, and what the last pulse did.
    """
    if unit.key == recipe.units(given.cells.topology)[0].key:
        read_and_refuse(
            recipe, given, unit.cells, voltage=recipe.read_voltage, gate=recipe.read_gate,
            averages=recipe.averages,
        )  # fmt: skip
    trying = _Trying(recipe, given, unit)
    voltages = recipe.voltages(trying.is_set)
    for number, voltage in enumerate(voltages):
        trying.start()
        for _ in range(recipe.repeats):
            yield Progress(number / len(voltages), f"{voltage:g} V, {trying.width:g} s")
            trying.once(voltage)
        count = len(unit.cells)
        with np.errstate(invalid="ignore"):
            probability = trying.switched / trying.tries
        yield Rows(
            {
                "cell": unit.cells,
                "set": np.full(count, trying.is_set),
                "reset": np.full(count, not trying.is_set),
                "voltage": np.full(count, voltage),
                "width": np.full(count, trying.width),
                "tries": trying.tries,
                "switched": trying.switched,
                "probability": probability,
                "unprepared": trying.unprepared,
                "flagged": trying.flagged,
                "time": trying.time,
            }
        )
    return None
