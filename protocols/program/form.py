"""Forming: make fresh cells conduct, by a ramp of the gate and then the drain, verified each step.

Ramps and yields of a public recipe: SkyWater ReRAM documentation (form at 2.2 to 3.1 V, 1 µs).
"""

from collections.abc import Mapping
from enum import IntEnum
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from labcim.analysis.distributions import last_of_each, mean_interval, share_interval
from labcim.analysis.sweeps import ramp
from labcim.capabilities import Topology, Train
from labcim.documents import Channel
from labcim.limits import Demand
from labcim.plots import PlotSpec
from labcim.programming.cell_selection import (
    CellSelection,
    along_gates,
    chosen_cells,
    places,
)
from labcim.programming.estimate import CellCost, Estimate
from labcim.programming.reading import GoodReadings, read_good
from labcim.protocol import Capabilities, Carry, Finding, Progress, Rows, Steps, protocol
from labcim.recipe import Recipe, Unit, blocks_of_cells
from labcim.units import Second, Siemens, Volt


class Outcome(IntEnum):
    """What became of a cell."""

    NOT_FORMED = 0
    FORMED = 1
    WAS_FORMED = 2  # conducted before the first pulse, and got none
    OVER_FORMED = 3  # conducts more than the guard allows
    WAS_HIGH = 4  # did so before the first pulse: shorted, stuck, or over-formed earlier
    UNREADABLE = 5  # its readings stay flagged


class Form(Recipe):
    """Form fresh cells: raise the gate at the first drain voltage, then the drain, and verify."""

    protocol: ClassVar[str] = "form"

    cells: CellSelection = Field("all", description="Which cells: all, a rectangle, or a list.")
    gate_start: Volt = Field(1.2, ge=0, le=10, description="First gate voltage.")
    gate_stop: Volt = Field(1.4, ge=0, le=10, description="Last gate voltage: the compliance.")
    gate_step: Volt = Field(0.1, gt=0, le=10, description="Gate rise from step to step.")
    drain_start: Volt = Field(2.0, gt=0, le=10, description="First forming amplitude.")
    drain_stop: Volt = Field(3.3, gt=0, le=10, description="Largest forming amplitude.")
    drain_step: Volt = Field(0.1, gt=0, le=10, description="Amplitude rise from step to step.")
    width: Second = Field(1e-6, gt=0, le=1, description="Pulse width.")
    count: int = Field(1, ge=1, le=10_000, description="Pulses at each step.")
    settle: Second = Field(0.0, ge=0, le=3600, description="Wait between pulse and reading.")
    formed_above: Siemens = Field(0.5e-6, gt=0, le=1, description="A formed cell conducts this.")
    over_formed: Siemens = Field(60e-6, gt=0, le=1, description="No formed cell may conduct this.")
    read_voltage: Volt = Field(0.2, gt=0, le=0.5, description="Read voltage.")
    read_gate: Volt = Field(2.5, ge=0, le=10, description="Gate during reading.")
    averages: int = Field(3, ge=1, le=10_000, description="Readings averaged into one.")
    flagged: int = Field(5, ge=1, le=1000, description="Flagged readings before giving up.")
    yield_at_least: float = Field(0.98, ge=0, le=1, description="Share of cells to be formed.")
    block: int = Field(1024, ge=1, le=1 << 24, description="Cells in one unit of work.")

    @model_validator(mode="after")
    def _ramps_rise(self) -> "Form":
        for low, high in (
            ("gate_start", "gate_stop"),
            ("drain_start", "drain_stop"),
            ("formed_above", "over_formed"),
        ):
            if getattr(self, low) > getattr(self, high):
                raise ValueError(
                    f"{low} = {getattr(self, low):g} is above {high} = {getattr(self, high):g}"
                )
        return self

    def steps(self) -> list[tuple[float, float]]:
        """Return (gate, amplitude) in V of each step: the gate rises first, then the drain."""
        gates = ramp(self.gate_start, self.gate_stop, self.gate_step)
        drains = ramp(self.drain_start, self.drain_stop, self.drain_step)
        return [(gate, drains[0]) for gate in gates] + [(gates[-1], v) for v in drains[1:]]

    def units(self, topology: Topology) -> list[Unit]:
        """Return blocks of cells; each cell may get every step of the ramp."""
        cells = along_gates(chosen_cells(self.cells, topology), topology)
        return blocks_of_cells(cells, self.block, len(self.steps()) * self.count)

    def demands(self) -> list[Demand]:
        """Return the largest amplitude, the gates and the read voltage."""
        return [
            Demand("drain_stop", "row", self.drain_stop),
            Demand("gate_stop", "gate", self.gate_stop),
            Demand("read_gate", "gate", self.read_gate),
            Demand("read_voltage", "row", self.read_voltage, reads=True),
        ]

    def estimate(self, topology: Topology) -> Estimate:
        """Return the expected cost, if cells form half-way up the ramp."""
        cells = len(chosen_cells(self.cells, topology))
        bound = len(self.steps()) * self.count
        half = (len(self.steps()) + 1) / 2
        seconds = self.width + self.settle / self.count
        cost = CellCost(half * self.count, half + 1, self.averages, seconds, bound)
        return cost.of(cells, topology)


OUTCOMES = ", ".join(f"{outcome.value} {outcome.name.lower()}" for outcome in Outcome)

CHANNELS = (
    Channel(name="cell", dtype="<u4", doc="index, row-major"),
    Channel(name="row", dtype="<u4"),
    Channel(name="column", dtype="<u4"),
    Channel(name="formed", dtype="?", doc="conducts, and not too much"),
    Channel(name="by_us", dtype="?", doc="formed by this run"),
    Channel(name="outcome", dtype="u1", doc=OUTCOMES),
    Channel(name="voltage", dtype="<f8", unit="V", doc="amplitude that formed it, or NaN"),
    Channel(name="gate", dtype="<f8", unit="V", doc="gate at which it formed, or NaN"),
    Channel(name="pulses", dtype="<u4"),
    Channel(name="conductance", dtype="<f8", unit="S", doc="last good reading, corrected"),
    Channel(name="flagged", dtype="<u4", doc="flagged readings, none of them taken for data"),
    Channel(name="time", dtype="<f8", unit="s", doc="bench time of the last good reading"),
)

PLOTS = (
    PlotSpec("Conductance after forming", "map", "conductance"),
    PlotSpec("Outcome", "map", "outcome"),
    PlotSpec("Forming voltage", "cdf", "voltage", where="by_us"),
    PlotSpec("Conductance", "histogram", "conductance", where="formed"),
)


def summarise(recipe: Form, rows: Mapping[str, NDArray[Any]]) -> list[Finding]:
    """Return yield, forming voltage and conductance, and every cell that was given up."""
    last = last_of_each(rows)
    outcome = rows["outcome"][last]
    formed, by_us = rows["formed"][last], rows["by_us"][last]
    share = share_interval(int(formed.sum()), len(last))
    over = float(np.sum(outcome == Outcome.OVER_FORMED))
    found = [
        Finding("cells formed", share.value, "", share.low, share.high, recipe.yield_at_least),
        Finding("over-formed cells", over, upper_limit=0.0),
        Finding("cells found high before", float(np.sum(outcome == Outcome.WAS_HIGH))),
        Finding("cells formed before", float(np.sum(outcome == Outcome.WAS_FORMED))),
        Finding("cells given up", float(np.sum(outcome == Outcome.NOT_FORMED))),
    ]
    for name, column, unit in (
        ("forming voltage, mean", "voltage", "V"),
        ("pulses for each cell, mean", "pulses", ""),
        ("conductance after forming, mean", "conductance", "S"),
    ):
        if by_us.any():
            mean = mean_interval(rows[column][last][by_us].astype(np.float64))
            found.append(Finding(name, mean.value, unit, mean.low, mean.high))
    return found + _given_up(rows, last, outcome)


_LISTED = 1000  # more cells than anybody reads one by one; the map has them all


def _given_up(
    rows: Mapping[str, NDArray[Any]], last: NDArray[np.intp], outcome: NDArray[np.uint8]
) -> list[Finding]:
    bad = last[(outcome != Outcome.FORMED) & (outcome != Outcome.WAS_FORMED)][:_LISTED]
    return [
        Finding(
            Outcome(rows["outcome"][i]).name.lower().replace("_", " "),
            float(rows["conductance"][i]),
            "S",
            cell=int(rows["cell"][i]),
        )
        for i in bad
    ]


class _Forming:
    """The cells of one unit on their way up the ramp."""

    def __init__(self, recipe: Form, given: Capabilities, unit: Unit) -> None:
        self._recipe, self._given, self._cells = recipe, given, unit.cells
        n = len(unit.cells)
        self.last = GoodReadings.none(n)
        self.outcome = np.full(n, Outcome.NOT_FORMED, np.uint8)
        self.voltage, self.gate = np.full(n, np.nan), np.full(n, np.nan)
        self.pulses = np.zeros(n, np.uint32)
        self.pending: NDArray[np.intp] = np.arange(n)

    def verify(self) -> NDArray[np.intp]:
        """Read the pending cells, sort out those that are done; return who conducts now."""
        recipe, at = self._recipe, self.pending
        readings = read_good(
            self._given.cells,
            self._cells[at],
            recipe.read_voltage,
            gate=recipe.read_gate,
            averages=recipe.averages,
            attempts=recipe.flagged,
        )
        self.last.merge(at, readings)
        g = readings.conductance
        self.outcome[at[np.isnan(g)]] = Outcome.UNREADABLE
        self.pending = at[g < recipe.formed_above]
        return np.asarray(at[g >= recipe.formed_above])

    def pulse(self, gate: float, amplitude: float) -> None:
        """Give all pending cells one step of the ramp, in one request."""
        recipe = self._recipe
        train = Train(amplitude, recipe.width, gate, count=recipe.count)
        self._given.cells.pulse(self._cells[self.pending], train)
        self.pulses[self.pending] += recipe.count
        if recipe.settle > 0.0:
            self._given.clock.sleep(recipe.settle)

    def high(self, cells: NDArray[np.intp]) -> NDArray[np.bool_]:
        """Return which of ``cells`` conduct more than the guard allows."""
        return self.last.conductance[cells] > self._recipe.over_formed


@protocol(Form, channels=CHANNELS, plots=PLOTS, summarise=summarise)
def form(recipe: Form, given: Capabilities, unit: Unit, carry: Carry) -> Steps:
    """Read; then for each step pulse what does not conduct yet, read it, and sort out what does.

    A resumed unit starts with a reading like any other, so formed cells are not pulsed again.
    """
    forming = _Forming(recipe, given, unit)
    conducting = forming.verify()
    high = forming.high(conducting)
    forming.outcome[conducting] = np.where(high, Outcome.WAS_HIGH, Outcome.WAS_FORMED)
    for gate, amplitude in recipe.steps():
        left = len(forming.pending)
        if left == 0:
            break
        yield Progress(1.0 - left / len(unit.cells), f"{left} cells at {amplitude:g} V")
        forming.pulse(gate, amplitude)
        conducting = forming.verify()
        high = forming.high(conducting)
        forming.outcome[conducting] = np.where(high, Outcome.OVER_FORMED, Outcome.FORMED)
        forming.voltage[conducting], forming.gate[conducting] = amplitude, gate
    yield Rows(_rows(unit, given.cells.topology, forming))
    return None


def _rows(unit: Unit, topology: Topology, forming: _Forming) -> dict[str, NDArray[Any]]:
    row, column = places(unit.cells, topology)
    by_us = forming.outcome == Outcome.FORMED
    return {
        "cell": unit.cells,
        "row": row,
        "column": column,
        "formed": by_us | (forming.outcome == Outcome.WAS_FORMED),
        "by_us": by_us,
        "outcome": forming.outcome,
        "voltage": forming.voltage,
        "gate": forming.gate,
        "pulses": forming.pulses,
        "conductance": forming.last.conductance,
        "flagged": forming.last.flagged,
        "time": forming.last.time,
    }
