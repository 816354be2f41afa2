"""Wire resistance: ohm of each segment of rows and columns, from cells read under load.

Some rows are driven one after the other with all columns at ground, then some columns are grounded
one after the other with all rows driven; the cells where they cross are read both ways, and what
they conduct themselves drops out. Rows and columns without a part float.
"""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from labcim.analysis.distributions import Interval
from labcim.analysis.wires import Loads, Wires, curve_power, fit_wires
from labcim.capabilities import LineCurrents, Lines, LineState, Topology
from labcim.documents import Channel
from labcim.errors import RangeError, RecipeError
from labcim.limits import Demand
from labcim.plots import PlotSpec
from labcim.programming.estimate import Estimate
from labcim.protocol import Capabilities, Carry, Finding, Progress, Rows, Steps, protocol
from labcim.recipe import Recipe, Unit
from labcim.units import Ohm, Second, Volt

SHARE = 0.8
"""Part of the voltage at which the cells' curves are read a second time."""

ROW, COLUMN, LOWER = 0, 1, 2


class WireResistance(Recipe):
    """Estimate the resistance of a row's and a column's wire from cells under load."""

    protocol: ClassVar[str] = "wire_resistance"

    read_voltage: Volt = Field(0.2, gt=0, le=0.5, description="Voltage of driven lines.")
    read_gate: Volt = Field(2.5, ge=0, le=10, description="Gates, all of them on.")
    lines: int = Field(16, ge=3, le=1024, description="Rows and columns that are loaded, of each.")
    repeats: int = Field(32, ge=1, le=100_000, description="Times each of them is.")
    dwell: Second = Field(50e-6, gt=0, le=1, description="Time of each state of the lines.")
    terminal: Ohm = Field(
        0.0,
        ge=0,
        le=1e5,
        description="Between each line and its driver or sense channel.",
    )
    row_side: Literal["left", "right"] = Field("left", description="End where rows are driven.")
    column_side: Literal["top", "bottom"] = Field(
        "bottom", description="End where columns are driven."
    )

    def units(self, topology: Topology) -> list[Unit]:
        """Return one unit: nothing but readings, and no cell is pulsed."""
        return [Unit("wires", topology.all_cells())]

    def demands(self) -> list[Demand]:
        """Return the voltage on both families, and the gates."""
        return [
            Demand("read_voltage", "row", self.read_voltage, reads=True),
            Demand("read_voltage", "column", self.read_voltage),
            Demand("read_gate", "gate", self.read_gate),
        ]

    def loaded(self, count: int) -> NDArray[np.intp]:
        """Return the lines of ``count`` that are loaded, both ends among them."""
        return np.unique(np.linspace(0, count - 1, min(self.lines, count)).round()).astype(np.intp)

    def estimate(self, topology: Topology) -> Estimate:
        """Return the expected cost on an array of this shape."""
        rows, columns = len(self.loaded(topology.rows)), len(self.loaded(topology.columns))
        states = self.repeats * (2 * rows + columns)
        readings = self.repeats * (2 * rows * topology.columns + columns * topology.rows)
        return Estimate(topology.size, 0.0, readings, 0, states * self.dwell, states * self.dwell)


CHANNELS = (
    Channel(name="load", dtype="u1", doc="0 row, 1 column, 2 row at a lower voltage"),
    Channel(name="line", dtype="<u4", doc="the line that was loaded"),
    Channel(name="crossing", dtype="<u4", doc="the line whose current it is"),
    Channel(name="current", dtype="<f8", unit="A", doc="mean of the repeats"),
    Channel(name="sigma", dtype="<f8", unit="A", doc="their standard deviation; NaN for one"),
    Channel(name="readings", dtype="<u4", doc="how many"),
)

PLOTS = (
    PlotSpec("Current under load", "scatter", "current", x="crossing", group="load"),
    PlotSpec("Scatter", "scatter", "sigma", x="current", group="load", y_scale="log"),
)


def summarise(recipe: WireResistance, rows: Mapping[str, NDArray[Any]]) -> list[Finding]:
    """Return ohm of each segment; or at most how much it is, where noise hides it."""
    tables = [_table(rows, load) for load in (ROW, COLUMN, LOWER)]
    if any(table is None for table in tables):
        return []
    by_row, by_column, lower = (table for table in tables if table is not None)
    count = (by_column.shape[1], by_row.shape[1])
    loaded = [recipe.loaded(lines) for lines in count]
    power = curve_power(by_row[:, loaded[1]], lower[:, loaded[1]], SHARE)
    rows_at, columns_at = loaded
    if recipe.column_side == "bottom":
        rows_at, by_column = count[0] - 1 - rows_at, by_column[:, ::-1]
    if recipe.row_side == "right":
        columns_at, by_row = count[1] - 1 - columns_at, by_row[:, ::-1]
    try:
        found = fit_wires(
            Loads(
                rows_at, columns_at, by_row, by_column, power, recipe.read_voltage, recipe.terminal
            )
        )
    except RangeError:
        return [Finding("wires cannot be told: cells do not conduct", 1.0, upper_limit=0.0)]
    return _findings(found)


def _table(rows: Mapping[str, NDArray[Any]], load: int) -> NDArray[np.float64] | None:
    """Return currents of one kind of load, (loaded lines, crossing lines); the last try counts."""
    at = np.flatnonzero(rows["load"] == load)
    if not len(at):
        return None
    _, line = np.unique(rows["line"][at], return_inverse=True)
    table = np.full((line.max() + 1, int(rows["crossing"][at].max()) + 1), np.nan)
    table[line, rows["crossing"][at]] = rows["current"][at]
    return table


def _findings(found: Wires) -> list[Finding]:
    listed = []
    for name, value in (
        ("row wire, each segment", found.row),
        ("column wire, each segment", found.column),
    ):
        listed += _finding(name, value)
    return listed


def _finding(name: str, value: Interval) -> list[Finding]:
    if value.low > 0.0:
        return [Finding(name, value.value, "Ω", value.low, value.high)]
    return [Finding(f"{name}: not seen under noise, at most", max(value.high, 0.0), "Ω")]


@protocol(WireResistance, channels=CHANNELS, plots=PLOTS, summarise=summarise)
def wire_resistance(recipe: WireResistance, given: Capabilities, unit: Unit, carry: Carry) -> Steps:
    """Load rows, columns, and rows at a lower voltage in turn, so that slow noise is in all."""
    topology = given.cells.topology
    if given.lines is None:
        raise RecipeError("wire_resistance: nothing on this bench drives all lines at once")
    if topology.rows < 3 or topology.columns < 3:
        raise RecipeError("wire_resistance: accepts arrays of 3 rows and 3 columns at least")
    sets: dict[int, list[NDArray[np.float64]]] = {ROW: [], COLUMN: [], LOWER: []}
    for repeat in range(recipe.repeats):
        yield Progress(repeat / recipe.repeats, f"round {repeat + 1} of {recipe.repeats}")
        for load in sets:
            sets[load].append(_measured(given.lines, list(_states(recipe, topology, load)), load))
    if not all(np.isfinite(table).all() for tables in sets.values() for table in tables):
        raise RecipeError("wire_resistance: this bench does not measure the current of every line")
    for load, tables in sets.items():
        yield Rows(_rows(recipe, topology, load, np.array(tables)))
    return None


def _states(recipe: WireResistance, topology: Topology, load: int) -> Iterator[LineState]:
    gates = np.full(topology.gates, recipe.read_gate)
    if load == COLUMN:
        for column in recipe.loaded(topology.columns):
            grounded = np.full(topology.columns, np.nan)
            grounded[column] = 0.0
            driven = np.full(topology.rows, recipe.read_voltage)
            yield LineState(driven, grounded, gates, recipe.dwell)
        return
    for row in recipe.loaded(topology.rows):
        driven = np.full(topology.rows, np.nan)
        driven[row] = recipe.read_voltage * (SHARE if load == LOWER else 1.0)
        yield LineState(driven, np.zeros(topology.columns), gates, recipe.dwell)


def _measured(lines: Lines, states: list[LineState], load: int) -> NDArray[np.float64]:
    """Return currents out of the crossing lines in A, (loaded lines, crossing lines)."""
    found: list[LineCurrents] = lines.apply(states)
    return np.array([one.rows if load == COLUMN else -one.columns for one in found])


def _rows(
    recipe: WireResistance, topology: Topology, load: int, tables: NDArray[np.float64]
) -> dict[str, NDArray[Any]]:
    loaded = recipe.loaded(topology.columns if load == COLUMN else topology.rows)
    crossing = np.arange(tables.shape[2])
    size = len(loaded) * len(crossing)
    sigma = np.std(tables, axis=0, ddof=1) if len(tables) > 1 else np.full(tables.shape[1:], np.nan)
    return {
        "load": np.full(size, load),
        "line": np.repeat(loaded, len(crossing)),
        "crossing": np.tile(crossing, len(loaded)),
        "current": tables.mean(axis=0).ravel(),
        "sigma": sigma.ravel(),
        "readings": np.full(size, len(tables)),
    }
