"""Read map: the conductance of every cell, and how much it scatters."""

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from labcim.analysis.distributions import last_of_each, mean_interval, share_interval
from labcim.capabilities import Topology
from labcim.documents import Channel
from labcim.limits import Demand
from labcim.plots import PlotSpec
from labcim.programming.cell_selection import CellSelection, chosen_cells, places
from labcim.programming.estimate import CellCost, Estimate
from labcim.programming.reading import GoodReadings, read_good
from labcim.protocol import Capabilities, Carry, Finding, Progress, Rows, Steps, protocol
from labcim.recipe import Recipe, Unit
from labcim.units import Second, Volt


class ReadMap(Recipe):
    """Read cells, several times if asked, and report mean and scatter of each."""

    protocol: ClassVar[str] = "read_map"

    cells: CellSelection = Field("all", description="Which cells: all, a rectangle, or a list.")
    read_voltage: Volt = Field(0.2, gt=0, le=0.5, description="Read voltage.")
    read_gate: Volt = Field(2.5, ge=0, le=10, description="Gate during reading.")
    averages: int = Field(1, ge=1, le=10_000, description="Readings averaged into one.")
    repeats: int = Field(1, ge=1, le=10_000, description="Times each cell is read.")
    delay: Second = Field(0.0, ge=0, le=1e9, description="Wait before the first reading.")
    interval: Second = Field(0.0, ge=0, le=1e6, description="Wait between repeats.")
    flagged: int = Field(5, ge=1, le=1000, description="Flagged readings before giving up.")
    block: int = Field(4096, ge=1, le=1 << 24, description="Cells in one unit of work.")

    def units(self, topology: Topology) -> list[Unit]:
        """Return blocks of cells; only the first waits."""
        cells = chosen_cells(self.cells, topology)
        starts = range(0, len(cells), self.block)
        parts = [cells[start : start + self.block] for start in starts]
        return [
            Unit(f"cells-{part[0]}-{part[-1]}", part, values={"delay": 0.0 if i else self.delay})
            for i, part in enumerate(parts)
        ]

    def demands(self) -> list[Demand]:
        """Return the read voltage and the gate."""
        return [
            Demand("read_voltage", "row", self.read_voltage, reads=True),
            Demand("read_gate", "gate", self.read_gate),
        ]

    def estimate(self, topology: Topology) -> Estimate:
        """Return the expected cost on an array of this shape."""
        cells = len(chosen_cells(self.cells, topology))
        waits = self.delay + self.interval * (self.repeats - 1) * len(self.units(topology))
        cost = CellCost(verifies=self.repeats, averages=self.averages)
        return cost.of(cells, topology, waits=waits)


CHANNELS = (
    Channel(name="cell", dtype="<u4", doc="index, row-major"),
    Channel(name="row", dtype="<u4"),
    Channel(name="column", dtype="<u4"),
    Channel(name="conductance", dtype="<f8", unit="S", doc="mean of good readings, corrected"),
    Channel(name="sigma", dtype="<f8", unit="S", doc="their standard deviation; NaN for one"),
    Channel(name="raw", dtype="<f8", unit="S", doc="mean of good readings as measured"),
    Channel(name="readings", dtype="<u4", doc="good readings"),
    Channel(name="flagged", dtype="<u4", doc="flagged readings, none of them taken for data"),
    Channel(name="time", dtype="<f8", unit="s", doc="bench time of the last good reading"),
)

PLOTS = (
    PlotSpec("Conductance", "map", "conductance"),
    PlotSpec("Scatter", "map", "sigma"),
    PlotSpec("Distribution", "cdf", "conductance"),
    PlotSpec("Scatter over conductance", "scatter", "sigma", x="conductance"),
)


def summarise(recipe: ReadMap, rows: Mapping[str, NDArray[Any]]) -> list[Finding]:
    """Return mean, extremes and mean scatter of the map, and how much of it could be read."""
    last = last_of_each(rows)
    g = rows["conductance"][last]
    good = np.isfinite(g)
    share = share_interval(int(good.sum()), len(g))
    found = [
        Finding("cells read", share.value, "", share.low, share.high),
        Finding("flagged readings", float(rows["flagged"][last].sum())),
    ]
    if not good.any():
        return found
    mean = mean_interval(g[good])
    found += [
        Finding("conductance, mean", mean.value, "S", mean.low, mean.high),
        Finding("conductance, median", float(np.median(g[good])), "S"),
        Finding("conductance, lowest", float(g[good].min()), "S"),
        Finding("conductance, highest", float(g[good].max()), "S"),
    ]
    sigma = rows["sigma"][last]
    if np.isfinite(sigma).any():
        scatter = mean_interval(sigma[np.isfinite(sigma)], floor=0.0)
        found.append(Finding("scatter, mean", scatter.value, "S", scatter.low, scatter.high))
    return found


@protocol(ReadMap, channels=CHANNELS, plots=PLOTS, summarise=summarise)
def read_map(recipe: ReadMap, given: Capabilities, unit: Unit, carry: Carry) -> Steps:
    """Wait if asked, read the unit's cells ``repeats`` times, yield one row for each."""
    if unit.values.get("delay", 0.0) > 0.0:
        yield Progress(0.0, "waiting before the first reading")
        given.clock.sleep(unit.values["delay"])
    rounds: list[GoodReadings] = []
    for repeat in range(recipe.repeats):
        yield Progress(repeat / recipe.repeats, f"reading {repeat + 1} of {recipe.repeats}")
        if repeat and recipe.interval > 0.0:
            given.clock.sleep(recipe.interval)
        rounds.append(
            read_good(
                given.cells,
                unit.cells,
                recipe.read_voltage,
                gate=recipe.read_gate,
                averages=recipe.averages,
                attempts=recipe.flagged,
            )
        )
    row, column = places(unit.cells, given.cells.topology)
    g = np.array([readings.conductance for readings in rounds])
    mean, sigma, count = _mean_and_sigma(g)
    yield Rows(
        {
            "cell": unit.cells,
            "row": row,
            "column": column,
            "conductance": mean,
            "sigma": sigma,
            "raw": _mean_and_sigma(np.array([readings.raw for readings in rounds]))[0],
            "readings": count,
            "flagged": np.sum([readings.flagged for readings in rounds], axis=0),
            "time": np.fmax.reduce([readings.time for readings in rounds]),
        }
    )
    return None


def _mean_and_sigma(
    values: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
    """Return mean, standard deviation and count of the good values of each cell.

    values: shape (repeats, cells), NaN where there is none. NaN for a mean of none, a sigma of one.
    """
    good = np.isfinite(values)
    count = good.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(good, values, 0.0).sum(axis=0) / count
        squares = np.where(good, (values - mean) ** 2, 0.0).sum(axis=0)
        sigma = np.sqrt(np.where(count > 1, squares / (count - 1), np.nan))
    return mean, sigma, count
