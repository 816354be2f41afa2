"""Scouting logic: OR, AND, XOR and majority by reading several rows of a column at once.

Xie et al., ISVLSI 2017; Li et al. (Pinatubo), DAC 2016. Operands are only read; each column answers
one operation on its own operands in the same reading.
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from labcim.analysis.distributions import share_interval
from labcim.capabilities import LineState, Topology
from labcim.documents import Channel
from labcim.errors import RecipeError
from labcim.limits import Demand
from labcim.plots import PlotSpec
from labcim.programming.estimate import CellCost, Estimate
from labcim.programming.logic import multi_row
from labcim.programming.logic.multi_row import Function, References
from labcim.protocol import Capabilities, Carry, Finding, Progress, Rows, Steps, protocol
from labcim.recipe import Unit
from labcim.units import Second, Volt

from ._bit_recipe import BitRecipe, lines_of

FUNCTIONS: tuple[Function, ...] = ("or", "and", "xor", "majority")


class ScoutingLogic(BitRecipe):
    """Write random operands, read rows together, and count answers that are wrong."""

    protocol: ClassVar[str] = "scouting_logic"

    first_row: int = Field(0, ge=0, description="First row that holds operands.")
    rows: int = Field(8, ge=2, le=65536, description="Rows that hold operands.")
    operands: int = Field(2, ge=2, le=8, description="Rows that are read together.")
    operations: int = Field(1000, ge=1, le=10_000_000, description="Answers to ask for, at least.")
    scout_voltage: Volt = Field(0.1, gt=0, le=0.5, description="Voltage on rows read together.")
    duration: Second = Field(20e-6, gt=0, le=1, description="Time of one reading together.")
    seed: int = Field(1, ge=0, lt=2**31, description="Of operands, and of the rows that are read.")
    readings: int = Field(
        400, ge=1, le=100_000, description="Readings together in one unit of work."
    )

    def units(self, topology: Topology) -> list[Unit]:
        """Return units of readings together; each begins with new operands."""
        stop = self.first_row + self.rows
        if stop > topology.rows or self.operands > self.rows:
            raise RecipeError(
                f"{self.operands} of rows {self.first_row} to {stop - 1}: the array has "
                f"{topology.describe()}"
            )
        first = self.first_row * topology.columns
        cells = np.arange(first, stop * topology.columns, dtype=np.uint32)
        total = -(-self.operations // topology.columns)
        counts = [min(self.readings, total - done) for done in range(0, total, self.readings)]
        return [
            Unit(f"readings-{at}", cells, 1, {"number": float(at), "readings": float(count)})
            for at, count in enumerate(counts)
        ]

    def demands(self) -> list[Demand]:
        """Return the worst of writing and reading."""
        return [*self.bit_demands(), Demand("scout_voltage", "row", self.scout_voltage)]

    def estimate(self, topology: Topology) -> Estimate:
        """Return the expected cost."""
        units = len(self.units(topology))
        cost = CellCost(units, 2 * units, self.averages, self.write_width, units)
        waits = self.operations / topology.columns * self.duration
        return cost.of(self.rows * topology.columns, topology, waits=waits)


CHANNELS = (
    Channel(name="reading", dtype="<u4", doc="number of the reading together in the run"),
    Channel(name="column", dtype="<u4"),
    Channel(name="ones", dtype="u1", doc="operands that hold 1, each read by itself"),
    Channel(name="current", dtype="<f8", unit="A", doc="sum of the cells"),
    Channel(name="counted", dtype="u1", doc="operands that the sum is taken for"),
    Channel(name="margin", dtype="<f8", unit="A", doc="to the nearest reference; wrong: negative"),
    Channel(name="is_wrong", dtype="?", doc="any of the functions is"),
)

PLOTS = (
    PlotSpec("Current over operands that are 1", "scatter", "current", x="ones"),
    PlotSpec("Currents", "histogram", "current"),
    PlotSpec("Margin", "cdf", "margin"),
)


def summarise(recipe: ScoutingLogic, rows: Mapping[str, NDArray[Any]]) -> list[Finding]:
    """Return the share of wrong answers of each function, and the smallest margin."""
    ones, counted = rows["ones"].astype(np.int64), rows["counted"].astype(np.int64)
    found = [Finding("operations", float(len(ones)))]
    for function in _functions(recipe):
        answers = [multi_row.decide(function, n, recipe.operands) for n in (ones, counted)]
        wrong = share_interval(int((answers[0] != answers[1]).sum()), len(ones))
        found.append(Finding(f"wrong answers, {function}", wrong.value, "", wrong.low, wrong.high))
    found.append(Finding("margin, smallest", float(rows["margin"].min()), "A"))
    return found


def _functions(recipe: ScoutingLogic) -> list[Function]:
    return [f for f in FUNCTIONS if f != "majority" or recipe.operands % 2]


@protocol(ScoutingLogic, channels=CHANNELS, plots=PLOTS, summarise=summarise)
def scouting_logic(recipe: ScoutingLogic, given: Capabilities, unit: Unit, carry: Carry) -> Steps:
    """Write operands, read them one by one, then rows together, then one by one again.

    References are set from the single readings; so is what is right. A bit that reads otherwise
    afterwards was changed by scouting, and is told.
    """
    control, reads, chip = lines_of(given), recipe.reads(), given.cells.topology
    number, count = int(unit.values["number"]), int(unit.values["readings"])
    random = np.random.default_rng([recipe.seed, number])
    shape = (recipe.rows, chip.columns)
    _check_sensed(multi_row.sums(control.apply([_together(recipe, chip, range(recipe.operands))])))
    yield Progress(0.0, "writing operands")
    recipe.pulses().write(given.cells, unit.cells, random.random(unit.cells.size) < 0.5)
    before = reads.conductance(given.cells, unit.cells).reshape(shape)
    references = _references(recipe, before)
    yield Progress(0.2, f"{count} readings of {recipe.operands} rows")
    chosen = [
        tuple(random.choice(recipe.rows, recipe.operands, replace=False).tolist())
        for _ in range(count)
    ]
    currents = multi_row.sums(control.apply([_together(recipe, chip, rows) for rows in chosen]))
    ones = np.array([(before[list(rows)] > recipe.boundary).sum(axis=0) for rows in chosen])
    yield Rows(_judged(recipe, references, currents, ones, number))
    after = reads.conductance(given.cells, unit.cells).reshape(shape)
    changed = (before > recipe.boundary) != (after > recipe.boundary)
    yield Finding(f"operands changed in unit {number}", float(changed.sum()), upper_limit=0.0)
    return None


def _together(recipe: ScoutingLogic, chip: Topology, rows: Sequence[int]) -> LineState:
    """Return the state of all lines in which some of the operands' rows are read together."""
    return multi_row.read_state(
        chip,
        tuple(recipe.first_row + row for row in rows),
        voltage=recipe.scout_voltage,
        gate=recipe.read_gate,
        duration=recipe.duration,
    )


def _check_sensed(currents: NDArray[np.float64]) -> None:
    """Raise RecipeError where a column tells no current: no answer could be had of it."""
    silent = int(np.isnan(currents).any(axis=0).sum())
    if silent:
        raise RecipeError(
            f"{silent} of {currents.shape[1]} columns tell no current while rows are read together:"
            " scouting needs a bench that senses every column, as a crossbar board does; no operand"
            " was written"
        )


def _references(recipe: ScoutingLogic, conductance: NDArray[np.float64]) -> References:
    """Return references for the sums, from what single cells were read to conduct."""
    ones = conductance > recipe.boundary
    if not (ones.any() and (~ones).any()):
        raise RecipeError(
            f"no cell reads above, or none below, the boundary of {recipe.boundary:g} S: "
            "references need both; see boundary, set_voltage and reset_voltage"
        )
    zero, one = conductance[~ones].mean(), conductance[ones].mean()
    volts = recipe.scout_voltage
    return References.between(float(volts * zero), float(volts * one), recipe.operands)


def _judged(
    recipe: ScoutingLogic,
    references: References,
    currents: NDArray[np.float64],
    ones: NDArray[np.int64],
    number: int,
) -> dict[str, NDArray[Any]]:
    """Return the rows of readings together. currents: A, ones: (readings, columns)."""
    count, columns = currents.shape
    counted = references.count(currents)
    first = number * recipe.readings
    return {
        "reading": np.repeat(np.arange(first, first + count), columns),
        "column": np.tile(np.arange(columns), count),
        "ones": ones.ravel(),
        "current": currents.ravel(),
        "counted": counted.ravel(),
        "margin": references.margin(currents, ones).ravel(),
        "is_wrong": (counted != ones).ravel(),
    }
