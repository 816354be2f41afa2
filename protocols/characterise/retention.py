"""Retention: written states at several temperatures, read on a logarithmic schedule until they go.

JESD22-A117 and JEP122 ask for three temperatures or more, and one likelihood over all of them with
the cells that outlived the test in it.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from labcim.analysis.retention import log_schedule
from labcim.capabilities import CellIndices, Floats, Topology
from labcim.documents import Channel
from labcim.limits import Demand
from labcim.plots import PlotSpec
from labcim.programming.cell_selection import places
from labcim.programming.estimate import Estimate
from labcim.programming.levels import LevelRecipe, read_levels, write_levels
from labcim.programming.reading import GoodReadings
from labcim.programming.soak import Soak, keep, measured, soak, stage_of
from labcim.protocol import Capabilities, Carry, Finding, Progress, Rows, Steps, protocol
from labcim.recipe import Unit
from labcim.units import Kelvin, Second, Siemens, show

from ._retention_findings import retention_findings

HEATING = 1500.0  # s of a change of temperature, for the estimate


class Retention(LevelRecipe):
    """Bake written cells and find out when they leave their window, and with which energy."""

    protocol: ClassVar[str] = "retention"

    temperatures: tuple[Kelvin, ...] = Field(
        (), description="Temperatures of the bakes; none: where the chip is, without a stage."
    )
    cells_each: bool = Field(
        True, description="A block of cells for each temperature, not the same ones written again."
    )
    write_temperature: Kelvin = Field(
        300.0, gt=0, le=1000, description="Temperature at which levels are written."
    )
    first: Second = Field(10.0, gt=0, le=1e9, description="First look after the first reading.")
    duration: Second = Field(1e4, gt=0, le=1e10, description="Last look: how long a bake is.")
    looks: int = Field(20, ge=2, le=10_000, description="Looks, equally far apart in log time.")
    window: float = Field(
        0.5, gt=0, lt=1, description="Share of its first conductance that a cell may lose or gain."
    )
    lowest: Siemens = Field(1e-6, ge=0, le=1, description="Cells below this are left out.")
    use_temperature: Kelvin = Field(358.15, gt=0, le=1000, description="Where the life is used.")
    use_time: Second = Field(3.156e8, gt=0, le=1e11, description="How long it is to be: 10 years.")
    use_share: float = Field(0.01, gt=0, lt=1, description="Share of cells that may fail by then.")
    window_kelvin: Kelvin = Field(0.5, gt=0, le=50, description="Temperature counts within ± this.")
    hold: Second = Field(60.0, ge=0, le=1e6, description="How long it has stayed there before.")
    patience: Second = Field(7200.0, gt=0, le=1e6, description="Wait for it at most this long.")
    overshoot: Kelvin = Field(5.0, gt=0, le=100, description="It may run over by at most this.")
    stability: Kelvin = Field(1.0, gt=0, le=100, description="Readings of the hold differ by less.")

    @model_validator(mode="after")
    def _can_be_done(self) -> "Retention":
        if self.first >= self.duration:
            raise ValueError(f"first = {self.first:g} s is not before duration")
        if len(set(self.temperatures)) < len(self.temperatures):
            raise ValueError(f"temperatures = {self.temperatures}: each once")
        if len(self.temperatures) > 1 and not self.levels:
            raise ValueError(
                "temperatures: without levels to write, cells come to the second one through the "
                "first; accepts one temperature, or levels"
            )
        return self

    def units(self, topology: Topology) -> list[Unit]:
        """Return one unit for each temperature: its cells are written and baked as a whole."""
        cells, bound = self.chosen(topology), self.bound()
        if not self.temperatures:
            return [Unit("as it is", cells, bound)]
        n = len(self.temperatures)
        return [
            Unit(f"{kelvin:g} K", cells[k::n] if self.cells_each else cells, bound,
                 {"kelvin": kelvin})
            for k, kelvin in enumerate(self.temperatures)
        ]  # fmt: skip

    def demands(self) -> list[Demand]:
        """Return those of writing and reading, and every temperature."""
        kelvins = [("temperatures", kelvin) for kelvin in self.temperatures]
        if self.temperatures and self.levels:
            kelvins.append(("write_temperature", self.write_temperature))
        return super().demands() + [Demand(name, "stage", kelvin=k) for name, k in kelvins]

    def estimate(self, topology: Topology) -> Estimate:
        """Return the expected cost on an array of this shape."""
        units = self.units(topology)
        bakes = max(len(self.temperatures), 1)
        heating = HEATING * len(self.temperatures) * (2 if self.levels else 1)
        cost = self.cost(1, self.looks + 2.0)
        cells = sum(len(unit.cells) for unit in units)
        return cost.of(cells, topology, waits=bakes * self.duration + heating)

    def soaking(self) -> Soak:
        """Return when a temperature counts as reached."""
        return Soak(self.window_kelvin, self.hold, self.patience, self.overshoot, self.stability)


CHANNELS = (
    Channel(name="cell", dtype="<u4", doc="index, row-major"),
    Channel(name="row", dtype="<u4"),
    Channel(name="column", dtype="<u4"),
    Channel(name="level", dtype="<f8", unit="S", doc="written to; NaN: taken as it was"),
    Channel(name="bake", dtype="<f8", unit="K", doc="temperature of the bake; NaN: no stage"),
    Channel(name="temperature", dtype="<f8", unit="K", doc="measured when it was read"),
    Channel(name="soaked", dtype="<f8", unit="s", doc="at temperature before the first look"),
    Channel(name="since", dtype="<f8", unit="s", doc="since the first look, at temperature"),
    Channel(name="conductance", dtype="<f8", unit="S", doc="corrected; NaN: no good reading"),
    Channel(name="raw", dtype="<f8", unit="S", doc="the same reading as it was measured"),
    Channel(name="written", dtype="<f8", unit="S", doc="read before it was heated"),
    Channel(name="share", dtype="<f8", doc="of the conductance at the first look"),
    Channel(name="counts", dtype="?", doc="took its level, and conducted enough to be followed"),
    Channel(name="late", dtype="<f8", unit="s", doc="how far the look was behind its schedule"),
    Channel(name="flagged", dtype="<u4", doc="flagged readings, none of them taken for data"),
    Channel(name="time", dtype="<f8", unit="s", doc="bench time of the reading"),
)

PLOTS = (
    PlotSpec("Share over time", "scatter", "share", x="since", group="bake", where="counts",
             x_scale="log"),
    PlotSpec("Conductance over time", "scatter", "conductance", x="since", group="level",
             where="counts", x_scale="log"),
    PlotSpec("Last conductance", "map", "conductance"),
)  # fmt: skip


def summarise(recipe: Retention, rows: Mapping[str, NDArray[Any]]) -> list[Finding]:
    """Return survivors, energies with their intervals, and the life at the temperature of use."""
    return retention_findings(
        rows, window=recipe.window, write_temperature=recipe.write_temperature,
        use_temperature=recipe.use_temperature,
        use_time=recipe.use_time, use_share=recipe.use_share,
    )  # fmt: skip


@protocol(Retention, channels=CHANNELS, plots=PLOTS, summarise=summarise)
def retention(recipe: Retention, given: Capabilities, unit: Unit, carry: Carry) -> Steps:
    """Read, write, bring to temperature, then look on the schedule; a batch of rows for each look.

    The schedule is one of absolute times on the bench's clock: a look that comes late is not the
    next one's fault, and says by how much it was. A unit that was cut off is written and baked
    anew.
    """
    cells, kelvin = unit.cells, unit.values.get("kelvin", float("nan"))
    read_levels(recipe, given, cells)
    yield Progress(0.0, f"{len(cells)} cells")
    if np.isfinite(kelvin) and recipe.levels:
        yield from soak(given, recipe.write_temperature, recipe.soaking())
    took = (yield from write_levels(recipe, given, cells)).took
    written = read_levels(recipe, given, cells)
    if np.isfinite(kelvin):
        yield from soak(given, kelvin, recipe.soaking())
    began = given.clock.now()
    first = read_levels(recipe, given, cells)
    book = _Book(recipe, given, cells, kelvin, written, first, took)
    yield book.rows(first, 0.0)
    schedule = log_schedule(recipe.first, recipe.duration, recipe.looks)
    for number, after in enumerate(schedule, 1):
        yield from _wait(recipe, given, kelvin, began + float(after))
        late = max(given.clock.now() - began - float(after), 0.0)
        behind = f", {show(late, 's')} behind its time" if late > 0.01 * after else ""
        yield Progress(number / recipe.looks, f"look {number} of {recipe.looks}{behind}")
        yield book.rows(read_levels(recipe, given, cells), late)
    return None


def _wait(recipe: Retention, given: Capabilities, kelvin: float, until: float) -> Steps:
    """Wait for a time of the bench's clock, with an eye on the temperature where one is held."""
    if np.isfinite(kelvin):
        yield from keep(given, kelvin, until, recipe.soaking())
    elif (left := until - given.clock.now()) > 0.0:
        given.clock.sleep(left)
    return None


class _Book:
    """Makes rows of looks at the same cells."""

    def __init__(
        self,
        recipe: Retention,
        given: Capabilities,
        cells: CellIndices,
        kelvin: float,
        written: GoodReadings,
        first: GoodReadings,
        took: NDArray[np.bool_],
    ) -> None:
        self._given, self._cells, self._kelvin = given, cells, kelvin
        self._written, self._first = written, first
        self._soaked = recipe.hold if np.isfinite(kelvin) else 0.0
        self._level: Floats = recipe.level_of(cells)
        # NaN, where there was no good reading, is not enough either.
        self._counts = took & (written.conductance >= max(recipe.lowest, 1e-15))
        self._row, self._column = places(cells, given.cells.topology)

    def rows(self, look: GoodReadings, late: float) -> Rows:
        """Return a row for each cell."""
        n = len(self._cells)
        warm = np.isfinite(self._kelvin)
        now = measured(stage_of(self._given)) if warm else float("nan")
        with np.errstate(invalid="ignore", divide="ignore"):
            share = np.where(self._counts, look.conductance / self._first.conductance, np.nan)
        return Rows(
            {
                "cell": self._cells,
                "row": self._row,
                "column": self._column,
                "level": self._level,
                "bake": np.full(n, self._kelvin),
                "temperature": np.full(n, now),
                "soaked": np.full(n, self._soaked),
                "since": look.time - self._first.time,
                "conductance": look.conductance,
                "raw": look.raw,
                "written": self._written.conductance,
                "share": share,
                "counts": self._counts,
                "late": np.full(n, late),
                "flagged": look.flagged,
                "time": look.time,
            }
        )
