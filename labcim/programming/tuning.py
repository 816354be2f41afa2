"""Write-verify as an experiment: the recipe's common part, and the generator that does it.

A unit's first action is a read, so a unit that was cut off needs no memory of what happened: done
again, it takes the cells as they are.
"""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, ValidationInfo, field_validator, model_validator

from labcim.capabilities import CellIndices, Floats, Topology, Train
from labcim.documents import Channel
from labcim.limits import Demand
from labcim.plots import PlotSpec
from labcim.protocol import Capabilities, Carry, Progress, Rows, Steps
from labcim.recipe import Recipe, Unit, blocks_of_cells
from labcim.units import Second, Siemens, Volt

from .cell_selection import CellSelection, along_gates, chosen_cells, places
from .estimate import CellCost, Estimate
from .images import COMPUTED, conductances, image_for
from .pulse_schedule import Algorithm, PulseSchedule, Status
from .reading import GoodReadings
from .write_verify import Pulses, Tuner

EXPECTED_PULSES = {"plain": 14.0, "adaptive": 4.0}
"""Mean pulses for each cell, measured on the filament model of the neurram-130nm preset."""


class TuningRecipe(Recipe):
    """What every write-verify needs to know: how to pulse, how to read, when to stop."""

    cells: CellSelection = Field("all", description="Which cells: all, a rectangle, or a list.")
    tolerance: Siemens = Field(1e-6, gt=0, le=1e-2, description="Accept within ± this of target.")
    guard: float = Field(0.7, gt=0, le=1, description="Share of the tolerance readings must meet.")
    algorithm: Algorithm = Field("adaptive", description="Fixed start, or one learned from reads.")
    set_start: Volt = Field(1.2, gt=0, le=10, description="First SET amplitude.")
    reset_start: Volt = Field(1.5, gt=0, le=10, description="First RESET amplitude, as magnitude.")
    zero_reset_start: Volt = Field(2.5, gt=0, le=10, description="The same for a target of 0 S.")
    step: Volt = Field(0.1, gt=0, le=1, description="Largest rise from pulse to pulse.")
    cap: Volt = Field(3.3, gt=0, le=10, description="Largest amplitude of either polarity.")
    width: Second = Field(1e-6, gt=0, le=1, description="Pulse width.")
    set_gate: Volt = Field(2.5, ge=0, le=10, description="Gate during SET: the compliance.")
    reset_gate: Volt = Field(5.0, ge=0, le=10, description="Gate during RESET.")
    settle: Second = Field(0.0, ge=0, le=3600, description="Wait between pulse and reading.")
    read_voltage: Volt = Field(0.2, gt=0, le=0.5, description="Read voltage.")
    read_gate: Volt = Field(2.5, ge=0, le=10, description="Gate during reading.")
    averages: int = Field(5, ge=1, le=10_000, description="Readings averaged into one.")
    confirmations: int = Field(2, ge=1, le=100, description="Consecutive readings in range.")
    cap_pulses: int = Field(30, ge=1, le=10_000, description="Pulses at the cap before giving up.")
    reversals: int = Field(30, ge=0, le=10_000, description="Polarity reversals before giving up.")
    pulses: int = Field(300, ge=1, le=60_000, description="Pulses for a cell before giving up.")
    flagged: int = Field(5, ge=1, le=1000, description="Flagged readings before giving up.")
    block: int = Field(1024, ge=1, le=1 << 24, description="Cells in one unit of work.")
    first: int = Field(32, ge=1, description="Cells of the first group, from which others learn.")
    latency: Second = Field(
        0.2, gt=0, le=1e6, description="Longest time to read the cells that take turns."
    )

    @model_validator(mode="after")
    def _starts_below_the_cap(self) -> "TuningRecipe":
        for name in ("set_start", "reset_start", "zero_reset_start"):
            if getattr(self, name) > self.cap:
                raise ValueError(
                    f"{name} = {getattr(self, name):g} V is above cap = {self.cap:g} V"
                )
        return self

    def target_map(self, topology: Topology) -> Floats:
        """Return the target of each of ``units``' cells in S, in an array of shape (size,)."""
        raise TypeError(f"{type(self).__name__} does not say its targets")

    def schedule(self) -> PulseSchedule:
        """Return when to pulse at what amplitude."""
        return PulseSchedule(
            tolerance=self.tolerance,
            guard=self.guard,
            set_start=self.set_start,
            reset_start=self.reset_start,
            zero_reset_start=self.zero_reset_start,
            step=self.step,
            cap=self.cap,
            cap_pulses=self.cap_pulses,
            reversals=self.reversals,
            pulses=self.pulses,
            confirmations=self.confirmations,
            flagged_readings=self.flagged,
            algorithm=self.algorithm,
        )

    def units(self, topology: Topology) -> list[Unit]:
        """Return blocks of cells, each tuned whole or not at all."""
        cells = along_gates(chosen_cells(self.cells, topology), topology)
        return blocks_of_cells(cells, self.block, self.pulses)

    def demands(self) -> list[Demand]:
        """Return the cap on both line families, the gates, and the read voltage."""
        return [
            Demand("cap", "row", self.cap),
            Demand("cap", "column", self.cap),
            Demand("set_gate", "gate", self.set_gate),
            Demand("reset_gate", "gate", self.reset_gate),
            Demand("read_gate", "gate", self.read_gate),
            Demand("read_voltage", "row", self.read_voltage, reads=True),
        ]

    def estimate(self, topology: Topology) -> Estimate:
        """Return the expected cost on an array of this shape."""
        cells = len(chosen_cells(self.cells, topology))
        pulses = EXPECTED_PULSES[self.algorithm]
        verifies = pulses + self.confirmations
        cost = CellCost(pulses, verifies, self.averages, self.width + self.settle, self.pulses)
        return cost.of(cells, topology)


class ImageRecipe(TuningRecipe):
    """A write-verify whose targets can come from a picture."""

    image: str = Field(
        "face",
        description=f"Picture: {', '.join(COMPUTED)}, or a CSV, NPY, PGM or PNG file.",
        examples=list(COMPUTED),
    )
    low: Siemens = Field(2e-6, ge=0, le=1, description="Conductance of black.")
    high: Siemens = Field(38e-6, gt=0, le=1, description="Conductance of white.")
    levels: int = Field(0, ge=0, le=65536, description="Number of levels; 0 for all greys.")

    @field_validator("image")
    @classmethod
    def _find_beside_the_recipe(cls, image: str, info: ValidationInfo) -> str:
        """Resolve a file's name against the recipe's folder, which the front door hands over."""
        folder = (info.context or {}).get("folder")
        if image in COMPUTED or folder is None:
            return image
        return str(Path(folder) / image)

    @model_validator(mode="after")
    def _low_is_below_high(self) -> "ImageRecipe":
        if self.low >= self.high:
            raise ValueError(f"low = {self.low:g} S is not below high = {self.high:g} S")
        return self

    def target_map(self, topology: Topology) -> Floats:
        """Return the picture as targets in S, shape (size,)."""
        image = image_for(self.image, topology.rows, topology.columns)
        return conductances(image, self.low, self.high, self.levels).ravel()


TUNING_CHANNELS = (
    Channel(name="cell", dtype="<u4", doc="index, row-major"),
    Channel(name="row", dtype="<u4"),
    Channel(name="column", dtype="<u4"),
    Channel(name="target", dtype="<f8", unit="S"),
    Channel(name="conductance", dtype="<f8", unit="S", doc="last good reading, corrected"),
    Channel(name="raw", dtype="<f8", unit="S", doc="the same reading as it was measured"),
    Channel(name="error", dtype="<f8", unit="S", doc="conductance - target"),
    Channel(name="pulses", dtype="<u4", doc="pulses given to the cell"),
    Channel(name="reversals", dtype="<u4", doc="changes of polarity"),
    Channel(name="accepted", dtype="?", doc="in range in consecutive readings"),
    Channel(
        name="status", dtype="u1", doc=", ".join(f"{s.value} {s.name.lower()}" for s in Status)
    ),
    Channel(name="flags", dtype="u1", doc="flags of the last reading, good or not"),
    Channel(name="flagged", dtype="<u4", doc="flagged readings, none of them taken for data"),
    Channel(name="time", dtype="<f8", unit="s", doc="bench time of the last good reading"),
)

TUNING_PLOTS = (
    PlotSpec("Target", "map", "target"),
    PlotSpec("Achieved", "map", "conductance"),
    PlotSpec("Error", "map", "error"),
    PlotSpec("Error of accepted cells", "histogram", "error", where="accepted"),
    PlotSpec("Achieved over target", "scatter", "conductance", x="target"),
    PlotSpec("Levels", "cdf", "conductance", group="target", where="accepted"),
    PlotSpec("Pulses for each cell", "histogram", "pulses"),
)


def tune(recipe: TuningRecipe, given: Capabilities, unit: Unit, carry: Carry) -> Steps:
    """Bring the unit's cells to the recipe's targets; yield a row for each cell."""
    targets = recipe.target_map(given.cells.topology)[unit.cells]
    return (yield from tune_to(targets, recipe, given, unit.cells, carry))


def tune_to(
    targets: Floats, recipe: TuningRecipe, given: Capabilities, chosen: CellIndices, carry: Carry
) -> Steps:
    """Bring cells to ``targets`` in S, group after group; yield a row for each cell.

    A group is as large as the bench can read within ``latency``: cells relax after a pulse, so on
    a slow bench fewer take turns. Hands on what was learned: about the cells, and the bench.
    """
    handed_on: dict[str, NDArray[Any]] = dict(carry)
    first = 0
    while first < len(chosen):
        group = slice(first, first + _group_size(recipe, handed_on))
        tuner = Tuner(targets[group], recipe.schedule(), handed_on.get("learned"))
        last = GoodReadings.none(len(tuner.state))
        cells = chosen[group]
        while len(tuner.active):
            left = len(chosen) - first - len(cells) + len(tuner.active)
            yield Progress(1.0 - left / len(chosen), f"{left} cells are not there yet")
            # The larger the group, the better a board shares its time: all of it or nothing.
            began = given.clock.now() if len(tuner.active) == len(cells) else None
            pulses = _read_and_decide(recipe, given, cells, tuner, last)
            if began is not None:
                handed_on["seconds"] = np.array([(given.clock.now() - began) / len(cells)])
            _pulse(recipe, given, cells, pulses)
        yield Rows(_rows(cells, given.cells.topology, tuner.state, last))
        handed_on["learned"] = tuner.sums
        first += len(cells)
    return handed_on


def _group_size(recipe: TuningRecipe, handed_on: Carry) -> int:
    """Return how many cells can be read within ``latency``, by the time for each so far."""
    if "seconds" not in handed_on:
        return recipe.first
    return max(int(recipe.latency / max(float(handed_on["seconds"][0]), 1e-12)), 1)


def _read_and_decide(
    recipe: TuningRecipe, given: Capabilities, cells: CellIndices, tuner: Tuner, last: GoodReadings
) -> Pulses:
    at = tuner.active
    readings = given.cells.read(
        cells[at], recipe.read_voltage, gate=recipe.read_gate, averages=recipe.averages
    )
    last.take(at, readings)
    return tuner.decide(readings.corrected, readings.good)


def _pulse(recipe: TuningRecipe, given: Capabilities, cells: CellIndices, pulses: Pulses) -> None:
    if not len(pulses):
        return
    gate = np.where(pulses.amplitude > 0.0, recipe.set_gate, recipe.reset_gate)
    given.cells.pulse(cells[pulses.cells], Train(pulses.amplitude, recipe.width, gate))
    if recipe.settle > 0.0:
        given.clock.sleep(recipe.settle)


def _rows(
    cells: CellIndices, topology: Topology, state: NDArray[Any], last: GoodReadings
) -> dict[str, NDArray[Any]]:
    row, column = places(cells, topology)
    return {
        "cell": cells,
        "row": row,
        "column": column,
        "target": state["target"],
        "conductance": state["reading"],
        "raw": last.raw,
        "error": state["reading"] - state["target"],
        "pulses": state["pulses"],
        "reversals": state["reversals"],
        "accepted": state["status"] == Status.ACCEPTED,
        "status": state["status"],
        "flags": last.flags,
        "flagged": last.flagged,
        "time": last.time,
    }
