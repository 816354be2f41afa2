"""Temperature coefficient: written states read on a way up in temperature and down again."""

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from labcim.analysis.distributions import Floats, student_interval
from labcim.analysis.warmth import cell_coefficients
from labcim.capabilities import Topology
from labcim.documents import Channel
from labcim.limits import Demand
from labcim.plots import PlotSpec
from labcim.programming.cell_selection import chosen_cells, places
from labcim.programming.estimate import Estimate
from labcim.programming.levels import LevelRecipe, read_levels, write_levels
from labcim.programming.soak import Soak, measured, soak, stage_of
from labcim.protocol import Capabilities, Carry, Finding, Progress, Rows, Steps, protocol
from labcim.recipe import Unit
from labcim.units import Kelvin, Second, Siemens, show

HEATING = 300.0  # s of a change of temperature, for the estimate


class TemperatureCoefficient(LevelRecipe):
    """Read cells at several temperatures, up and down, and report how they follow."""

    protocol: ClassVar[str] = "temperature_coefficient"

    temperatures: tuple[Kelvin, ...] = Field(
        (300.0, 320.0, 340.0), description="Temperatures of the way up; down again the same way."
    )
    settle: Second = Field(100.0, ge=0, le=1e7, description="Wait before the first reading.")
    lowest: Siemens = Field(1e-6, ge=0, le=1, description="Cells below this are left out.")
    window_kelvin: Kelvin = Field(0.5, gt=0, le=50, description="Temperature counts within ± this.")
    hold: Second = Field(60.0, ge=0, le=1e6, description="How long it has stayed there before.")
    patience: Second = Field(7200.0, gt=0, le=1e6, description="Wait for it at most this long.")
    overshoot: Kelvin = Field(5.0, gt=0, le=100, description="It may run over by at most this.")
    stability: Kelvin = Field(1.0, gt=0, le=100, description="Readings of the hold differ by less.")

    @model_validator(mode="after")
    def _up_and_down(self) -> "TemperatureCoefficient":
        if len(self.temperatures) < 2 or len(set(self.temperatures)) < len(self.temperatures):
            raise ValueError(f"temperatures = {self.temperatures}: accepts two or more, each once")
        return self

    def way(self) -> tuple[float, ...]:
        """Return the temperature of each visit: up, and down again to the first.

        Two temperatures are gone through twice: with three visits nothing could be told apart.
        """
        up = self.temperatures
        way = (*up, *up[-2::-1])
        return way if len(way) > 3 else (*way, *way[1:])

    def units(self, topology: Topology) -> list[Unit]:
        """Return one unit: all cells go the same way together."""
        return [Unit("all", self.chosen(topology), self.bound())]

    def demands(self) -> list[Demand]:
        """Return those of writing and reading, and every temperature."""
        warm = [Demand("temperatures", "stage", kelvin=k) for k in self.temperatures]
        return super().demands() + warm

    def estimate(self, topology: Topology) -> Estimate:
        """Return the expected cost on an array of this shape."""
        visits = len(self.way())
        cells = len(chosen_cells(self.cells, topology))
        waits = self.settle + visits * (HEATING + self.hold)
        return self.cost(1, visits + 1.0).of(cells, topology, waits=waits)


CHANNELS = (
    Channel(name="cell", dtype="<u4", doc="index, row-major"),
    Channel(name="row", dtype="<u4"),
    Channel(name="column", dtype="<u4"),
    Channel(name="level", dtype="<f8", unit="S", doc="written to; NaN: taken as it was"),
    Channel(name="visit", dtype="<u4", doc="number of the temperature on the way, from 0"),
    Channel(name="asked", dtype="<f8", unit="K", doc="temperature that was asked for"),
    Channel(name="temperature", dtype="<f8", unit="K", doc="measured when it was read"),
    Channel(name="conductance", dtype="<f8", unit="S", doc="corrected; NaN: no good reading"),
    Channel(name="raw", dtype="<f8", unit="S", doc="the same reading as it was measured"),
    Channel(name="counts", dtype="?", doc="took its level, and conducts enough to be followed"),
    Channel(name="flagged", dtype="<u4", doc="flagged readings, none of them taken for data"),
    Channel(name="time", dtype="<f8", unit="s", doc="bench time of the reading"),
)

PLOTS = (
    PlotSpec("Conductance over temperature", "scatter", "conductance", x="temperature",
             group="level", where="counts"),
    PlotSpec("Conductance over visits", "scatter", "conductance", x="visit", where="counts"),
    PlotSpec("Last conductance", "map", "conductance"),
)  # fmt: skip


def summarise(recipe: TemperatureCoefficient, rows: Mapping[str, NDArray[Any]]) -> list[Finding]:
    """Return the coefficient of each level, and what changed besides, with Student's intervals.

    Cells that were taken as they were are told in thirds of their conductance.
    """
    visits = len(recipe.way())
    order = np.lexsort((rows["cell"], rows["visit"]))
    table = {name: column[order].reshape(visits, -1) for name, column in rows.items()}
    kelvin = np.median(table["temperature"], axis=1)
    counts = table["counts"].all(axis=0)
    time: Floats = np.fmax.reduce(table["time"], axis=1)
    if not counts.any() or not np.isfinite(time).all():
        return [Finding("cells followed", 0.0)]
    found = cell_coefficients(table["conductance"][:, counts], kelvin, time)
    good = np.isfinite(found.coefficient)
    findings = [Finding("cells followed", float(good.sum()))]
    for name, here in _groups(table["level"][0][counts], found.conductance, good):
        a = student_interval(found.coefficient[here])
        d = student_interval(found.change[here])
        findings += [
            Finding(f"temperature coefficient, {name}", a.value, "1/K", *_ends(a.low, a.high)),
            Finding(f"change meanwhile, {name}", d.value, "", *_ends(d.low, d.high)),
        ]
    return findings


def _groups(
    level: Floats, conductance: Floats, good: NDArray[np.bool_]
) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    """Yield name and cells of each level, or of each third where none were written."""
    if np.isfinite(level).any():
        for one in np.unique(level):
            if (here := good & (level == one)).any():
                yield show(float(one), "S"), here
        return
    if not good.any():
        return
    edges = np.quantile(conductance[good], [0.0, 1 / 3, 2 / 3, 1.0])
    for number, (low, high) in enumerate(pairwise(edges.tolist()), 1):
        last = number == len(edges) - 1
        with np.errstate(invalid="ignore"):
            here = good & (conductance >= low) & ((conductance < high) | last)
        if here.any():
            yield f"third {number} of the cells", here


def _ends(low: float, high: float) -> tuple[float | None, float | None]:
    """Return the ends of an interval; none where one cell gave none."""
    return (low, high) if np.isfinite(low) and np.isfinite(high) else (None, None)


@protocol(TemperatureCoefficient, channels=CHANNELS, plots=PLOTS, summarise=summarise)
def temperature_coefficient(
    recipe: TemperatureCoefficient, given: Capabilities, unit: Unit, carry: Carry
) -> Steps:
    """Read, write at the first temperature, then read at each temperature of the way."""
    cells, way = unit.cells, recipe.way()
    read_levels(recipe, given, cells)
    row, column = places(cells, given.cells.topology)
    how = Soak(
        recipe.window_kelvin, recipe.hold, recipe.patience, recipe.overshoot, recipe.stability
    )
    counts = np.zeros(0, dtype=bool)
    for visit, kelvin in enumerate(way):
        yield Progress(visit / len(way), f"on the way to {kelvin:g} K")
        yield from soak(given, kelvin, how)
        if visit == 0:
            took = (yield from write_levels(recipe, given, cells)).took
            given.clock.sleep(recipe.settle)
        look = read_levels(recipe, given, cells)
        if visit == 0:
            counts = took & (look.conductance >= max(recipe.lowest, 1e-15))
        yield Rows(
            {
                "cell": cells,
                "row": row,
                "column": column,
                "level": recipe.level_of(cells),
                "visit": np.full(len(cells), visit),
                "asked": np.full(len(cells), kelvin),
                "temperature": np.full(len(cells), measured(stage_of(given))),
                "conductance": look.conductance,
                "raw": look.raw,
                "counts": counts,
                "flagged": look.flagged,
                "time": look.time,
            }
        )
    return None
