"""Spike-timing-dependent plasticity: what two spikes do to cells, over the time between them.

Spikes overlap on the lines of a crossbar; see `labcim.programming.logic.spikes`.
"""

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from labcim.analysis.exponentials import fit_decay
from labcim.capabilities import LineState, Topology, Train
from labcim.documents import Channel
from labcim.limits import Demand
from labcim.plots import PlotSpec
from labcim.programming.cell_selection import CellSelection, chosen_cells, places
from labcim.programming.estimate import CellCost, Estimate
from labcim.programming.fresh_cells import FormedCells, read_and_refuse
from labcim.programming.logic.spikes import Spike, pair_states
from labcim.programming.reading import read_good
from labcim.protocol import Capabilities, Carry, Finding, Progress, Rows, Steps, protocol
from labcim.recipe import Unit
from labcim.units import Second, Volt

from ._bit_recipe import lines_of


class Stdp(FormedCells):
    """Bring cells to a middle state, let a spike come from either side, read what it changed.

    All chosen rows and columns spike together, each row as one neuron's far end, each column as the
    other's. The neuron after drives the cells' SET terminals.
    """

    protocol: ClassVar[str] = "stdp"

    cells: CellSelection = Field(
        "0:8, 0:8", description="A rectangle of cells; every row meets every column."
    )
    shape: Literal["exponential", "triangular"] = Field("exponential", description="Of tails.")
    head: Volt = Field(1.5, gt=0, le=10, description="Height of a spike's head.")
    tail: Volt = Field(0.6, gt=0, le=10, description="Depth of its tail.")
    head_width: Second = Field(1e-6, gt=0, le=1, description="Width of the head.")
    decay: Second = Field(
        10e-6, gt=0, le=10, description="Time constant of the tail, or its length if triangular."
    )
    nearest: Second = Field(2e-6, gt=0, le=10, description="Smallest time between spikes.")
    farthest: Second = Field(40e-6, gt=0, le=10, description="Largest time between spikes.")
    points: int = Field(10, ge=3, le=1000, description="Times between spikes, on either side.")
    step: Second = Field(1e-6, gt=0, le=1, description="Time of one state of the lines.")
    rest: Volt = Field(1.5, ge=0, le=10, description="Level of lines between spikes.")
    gate: Volt = Field(5.0, ge=0, le=10, description="Gate meanwhile.")
    erase_voltage: Volt = Field(3.3, gt=0, le=10, description="RESET before each pair.")
    start_voltage: Volt = Field(
        1.65, gt=0, le=10, description="SET after that, to the state from which cells change."
    )
    start_gate: Volt = Field(5.0, ge=0, le=10, description="Gate of both.")
    repeats: int = Field(1, ge=1, le=10_000, description="Pairs at each time.")
    read_voltage: Volt = Field(0.2, gt=0, le=0.5, description="Read voltage.")
    read_gate: Volt = Field(2.5, ge=0, le=10, description="Gate during reading.")
    averages: int = Field(4, ge=1, le=10_000, description="Readings averaged into one.")
    flagged: int = Field(5, ge=1, le=1000, description="Flagged readings before giving up.")

    @model_validator(mode="after")
    def _fits(self) -> "Stdp":
        if not self.head_width <= self.nearest < self.farthest:
            raise ValueError(
                f"nearest = {self.nearest:g} s: accepts head_width = {self.head_width:g} s to "
                f"less than farthest = {self.farthest:g} s"
            )
        if self.step > self.head_width:
            raise ValueError(f"step = {self.step:g} s: accepts at most {self.head_width:g} s")
        if self.rest < self.tail:
            raise ValueError(f"rest = {self.rest:g} V: accepts {self.tail:g} V and more")
        return self

    def spike(self) -> Spike:
        """Return the spike of either neuron."""
        return Spike(self.head, self.tail, self.head_width, self.decay, self.shape)

    def delays(self) -> NDArray[np.float64]:
        """Return the times between spikes in s, negative ones first, denser near 0."""
        side = np.geomspace(self.nearest, self.farthest, self.points)
        return np.concatenate([-side[::-1], side])

    def states(
        self, topology: Topology, cells: NDArray[np.uint32], delay: float
    ) -> list[LineState]:
        """Return the line states of a pair of spikes, ``delay`` s apart."""
        rows, columns = (np.unique(lines).tolist() for lines in places(cells, topology))
        return pair_states(
            topology,
            self.spike(),
            delay,
            rows=tuple(rows),
            columns=tuple(columns),
            rest=self.rest,
            gate=self.gate,
            step=self.step,
        )

    def units(self, topology: Topology) -> list[Unit]:
        """Return one unit for each time between spikes."""
        cells = chosen_cells(self.cells, topology)
        return [
            Unit(f"delay-{delay * 1e6:.6g}-us", cells, self._pulses(delay), {"delay": float(delay)})
            for delay in self.delays()
        ]

    def _pulses(self, delay: float) -> int:
        """Return the most pulses that a cell gets: two to prepare it, and each state of lines."""
        states = (abs(delay) + self.spike().length) / self.step
        return self.repeats * (2 + int(np.ceil(states)))

    def demands(self) -> list[Demand]:
        """Return the highest level of each family, and the gates."""
        high = self.rest + self.head
        return [
            Demand("start_voltage", "row", self.start_voltage),
            Demand("erase_voltage", "column", self.erase_voltage),
            Demand("rest + head", "row", high),
            Demand("rest + head", "column", high),
            Demand("gate", "gate", max(self.gate, self.start_gate)),
            Demand("read_voltage", "row", self.read_voltage, reads=True),
            Demand("read_gate", "gate", self.read_gate),
        ]

    def estimate(self, topology: Topology) -> Estimate:
        """Return the expected cost."""
        cells, pairs = len(chosen_cells(self.cells, topology)), 2 * self.points * self.repeats
        bound = max(self._pulses(delay) for delay in self.delays())
        cost = CellCost(2 * pairs, 2 * pairs, self.averages, self.head_width, bound)
        waits = self.repeats * float(np.sum(np.abs(self.delays()) + self.spike().length))
        return cost.of(cells, topology, waits=waits)


CHANNELS = (
    Channel(name="cell", dtype="<u4", doc="index, row-major"),
    Channel(name="row", dtype="<u4"),
    Channel(name="column", dtype="<u4"),
    Channel(name="delay", dtype="<f8", unit="s", doc="positive: the SET terminal spikes second"),
    Channel(name="repeat", dtype="<u4"),
    Channel(name="before", dtype="<f8", unit="S"),
    Channel(name="after", dtype="<f8", unit="S"),
    Channel(name="change", dtype="<f8", doc="(after - before) / before; NaN where unreadable"),
    Channel(name="mean", dtype="<f8", doc="mean change of all cells of this pair"),
    Channel(name="time", dtype="<f8", unit="s"),
)

PLOTS = (
    PlotSpec("STDP window", "scatter", "change", x="delay", overlay=("mean",)),
    PlotSpec("Mean change", "scatter", "mean", x="delay"),
    PlotSpec("Before and after", "scatter", "after", x="before"),
)


def summarise(recipe: Stdp, rows: Mapping[str, NDArray[Any]]) -> list[Finding]:
    """Return the exponential that fits the mean changes of either side."""
    delay = np.unique(rows["delay"])
    mean = np.array([np.nanmean(rows["change"][rows["delay"] == at]) for at in delay])
    found = []
    for name, side in (("potentiation", delay > 0.0), ("depression", delay < 0.0)):
        fit = fit_decay(np.abs(delay[side]), mean[side])
        found += [
            Finding(f"{name}, largest change", float(mean[side][np.abs(mean[side]).argmax()])),
            Finding(f"{name}, amplitude", fit.amplitude),
            Finding(f"{name}, time constant", fit.constant, "s"),
            Finding(f"{name}, R squared", fit.r_squared, lower_limit=0.95),
        ]
    return found


@protocol(Stdp, channels=CHANNELS, plots=PLOTS, summarise=summarise)
def stdp(recipe: Stdp, given: Capabilities, unit: Unit, carry: Carry) -> Steps:
    """Erase, start, read, spike, read; one row for each cell and pair.

    Each pair begins with erasing, so that a unit that was cut off can be done again.
    """
    control, chip, delay = lines_of(given), given.cells.topology, unit.values["delay"]
    states = recipe.states(chip, unit.cells, delay)
    if unit.key == recipe.units(given.cells.topology)[0].key:
        read_and_refuse(
            recipe, given, unit.cells, voltage=recipe.read_voltage, gate=recipe.read_gate,
            averages=recipe.averages,
        )  # fmt: skip
    row, column = places(unit.cells, chip)
    size = len(unit.cells)
    for repeat in range(recipe.repeats):
        yield Progress(repeat / recipe.repeats, f"spikes {delay * 1e6:.3g} us apart")
        for volts in (-recipe.erase_voltage, recipe.start_voltage):
            given.cells.pulse(unit.cells, Train(volts, recipe.head_width, recipe.start_gate))
        before = _conductance(recipe, given, unit)
        control.apply(states)
        after = _conductance(recipe, given, unit)
        change = (after - before) / before
        good = np.isfinite(change)
        mean = float(change[good].mean()) if good.any() else float("nan")
        yield Rows(
            {
                "cell": unit.cells,
                "row": row,
                "column": column,
                "delay": np.full(size, delay),
                "repeat": np.full(size, repeat),
                "before": before,
                "after": after,
                "change": change,
                "mean": np.full(size, mean),
                "time": np.full(size, given.clock.now()),
            }
        )
    return None


def _conductance(recipe: Stdp, given: Capabilities, unit: Unit) -> NDArray[np.float64]:
    return read_good(
        given.cells,
        unit.cells,
        recipe.read_voltage,
        gate=recipe.read_gate,
        averages=recipe.averages,
        attempts=recipe.flagged,
    ).conductance
