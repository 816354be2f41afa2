"""Drift: how conductance falls over decades of time, cell by cell, and what one factor mends."""

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from labcim.analysis.compensation import global_compensation
from labcim.analysis.distributions import student_interval
from labcim.analysis.drift import FEWEST, drift_exponents
from labcim.analysis.retention import log_schedule
from labcim.capabilities import Coding, Floats, Topology, Vectors
from labcim.documents import Channel
from labcim.limits import Demand
from labcim.plots import PlotSpec
from labcim.programming.cell_selection import chosen_cells, places
from labcim.programming.estimate import Estimate
from labcim.programming.levels import LevelRecipe, read_levels, write_levels
from labcim.protocol import Capabilities, Carry, Finding, Progress, Rows, Steps, protocol
from labcim.recipe import Unit
from labcim.units import Second, Siemens, Volt, show


class Drift(LevelRecipe):
    """Write cells, read them over decades of time, and report the drift exponent of each."""

    protocol: ClassVar[str] = "drift"

    onset: Second = Field(
        20.0, ge=0, le=1e6, description="Of the law (1 + t / onset)^-nu; 0: a plain power of t."
    )
    first: Second = Field(20.0, gt=0, le=1e9, description="First look, since the writing.")
    duration: Second = Field(1e5, gt=0, le=1e10, description="Last look, since the writing.")
    looks: int = Field(50, ge=FEWEST, le=1000, description="Looks, equally far apart in log time.")
    lowest: Siemens = Field(1e-6, ge=0, le=1, description="Cells below this are left out.")
    vectors: int = Field(
        16, ge=0, le=10_000, description="Products with the array at the first and last look."
    )
    signed: bool = Field(False, description="Draw their inputs from -1 to 1, not from 0 to 1.")
    product_voltage: Volt = Field(0.2, gt=0, le=0.5, description="Voltage of a full-scale input.")
    seed: int = Field(1, ge=0, description="Seed of these inputs.")

    @model_validator(mode="after")
    def _first_is_before_last(self) -> "Drift":
        if self.first >= self.duration:
            raise ValueError(f"first = {self.first:g} s is not before duration")
        return self

    def units(self, topology: Topology) -> list[Unit]:
        """Return one unit: all cells age together."""
        return [Unit("all", self.chosen(topology), self.bound())]

    def demands(self) -> list[Demand]:
        """Return those of writing and reading, and the voltage of the products."""
        products = Demand("product_voltage", "row", self.product_voltage, reads=True)
        return super().demands() + ([products] if self.vectors else [])

    def estimate(self, topology: Topology) -> Estimate:
        """Return the expected cost on an array of this shape."""
        cells = len(chosen_cells(self.cells, topology))
        return self.cost(1, self.looks + 1.0).of(cells, topology, waits=self.duration)


CHANNELS = (
    Channel(name="cell", dtype="<u4", doc="index, row-major"),
    Channel(name="row", dtype="<u4"),
    Channel(name="column", dtype="<u4"),
    Channel(name="level", dtype="<f8", unit="S", doc="written to; NaN: taken as it was"),
    Channel(name="look", dtype="<u4", doc="number of the look, from 0"),
    Channel(name="since", dtype="<f8", unit="s", doc="since the cell took its level"),
    Channel(name="conductance", dtype="<f8", unit="S", doc="corrected; NaN: no good reading"),
    Channel(name="raw", dtype="<f8", unit="S", doc="the same reading as it was measured"),
    Channel(name="counts", dtype="?", doc="took its level, and conducts enough to be followed"),
    Channel(name="late", dtype="<f8", unit="s", doc="how far the look was behind its schedule"),
    Channel(name="flagged", dtype="<u4", doc="flagged readings, none of them taken for data"),
    Channel(name="time", dtype="<f8", unit="s", doc="bench time of the reading"),
)

PLOTS = (
    PlotSpec("Drift", "scatter", "conductance", x="since", group="level", where="counts",
             x_scale="log", y_scale="log"),
    PlotSpec("Last conductance", "map", "conductance"),
)  # fmt: skip


def summarise(recipe: Drift, rows: Mapping[str, NDArray[Any]]) -> list[Finding]:
    """Return the exponent of each cell with its interval, and mean and spread of each level."""
    order = np.lexsort((rows["cell"], rows["look"]))
    table = {name: column[order].reshape(recipe.looks, -1) for name, column in rows.items()}
    counts = table["counts"][0]
    found = drift_exponents(
        table["conductance"][:, counts], table["since"][:, counts], onset=recipe.onset
    )
    cells, level = table["cell"][0][counts], table["level"][0][counts]
    good = np.isfinite(found.exponent)
    findings = [Finding("cells followed", float(good.sum()))]
    for one in np.unique(level[good]):  # NaN, of cells as they were, is one of them
        here = good & ((level == one) | (np.isnan(one) & np.isnan(level)))
        name = "" if np.isnan(one) else f", {show(float(one), 'S')}"
        mean = student_interval(found.exponent[here])
        half = 0.5 * float(np.median(found.high[here] - found.low[here]))
        ends = (mean.low, mean.high) if here.sum() > 1 else (None, None)
        findings += [
            Finding(f"drift exponent, mean{name}", mean.value, "", *ends),
            Finding(f"drift exponent, half of a cell's interval{name}", half),
        ]
        if here.sum() > 1:
            spread = float(np.std(found.exponent[here], ddof=1))
            findings.append(Finding(f"drift exponent, spread from cell to cell{name}", spread))
    each = zip(cells[good], found.exponent[good], found.low[good], found.high[good], strict=True)
    return findings + [
        Finding("drift exponent", float(nu), "", float(low), float(high), cell=int(cell))
        for cell, nu, low, high in each
    ]


@protocol(Drift, channels=CHANNELS, plots=PLOTS, summarise=summarise)
def drift(recipe: Drift, given: Capabilities, unit: Unit, carry: Carry) -> Steps:
    """Read, write, then look on a schedule of absolute times; products at its two ends."""
    cells = unit.cells
    read_levels(recipe, given, cells)
    written = yield from write_levels(recipe, given, cells)
    began = given.clock.now()
    row, column = places(cells, given.cells.topology)
    level, counts = recipe.level_of(cells), written.took
    products = _Products(recipe, given) if given.vectors is not None and recipe.vectors else None
    for look, after in enumerate(log_schedule(recipe.first, recipe.duration, recipe.looks)):
        yield Progress(look / recipe.looks, f"look {look + 1} of {recipe.looks}")
        if (left := began + float(after) - given.clock.now()) > 0.0:
            given.clock.sleep(left)
        late = max(given.clock.now() - began - float(after), 0.0)
        seen = read_levels(recipe, given, cells)
        if look == 0:
            counts = counts & (seen.conductance >= max(recipe.lowest, 1e-15))
        if products is not None and look in (0, recipe.looks - 1):
            products.take()
        yield Rows(
            {
                "cell": cells,
                "row": row,
                "column": column,
                "level": level,
                "look": np.full(len(cells), look),
                "since": seen.time - written.time,
                "conductance": seen.conductance,
                "raw": seen.raw,
                "counts": counts,
                "late": np.full(len(cells), late),
                "flagged": seen.flagged,
                "time": seen.time,
            }
        )
    if products is not None:
        yield from products.findings()
    return None


class _Products:
    """Products of the same vectors with the whole array, then and now.

    The first vector is all ones: from what it gives comes the factor.
    """

    def __init__(self, recipe: Drift, given: Capabilities) -> None:
        assert given.vectors is not None
        self._vectors: Vectors = given.vectors
        rows = given.cells.topology.rows
        low = -1.0 if recipe.signed else 0.0
        drawn = np.random.default_rng(recipe.seed).uniform(low, 1.0, (recipe.vectors, rows))
        self._inputs: Floats = np.vstack([np.ones(rows), drawn])
        self._coding = Coding(voltage=recipe.product_voltage, gate=recipe.read_gate)
        self._seen: list[Floats] = []

    def take(self) -> None:
        """Multiply; flagged products are no data."""
        products = self._vectors.multiply(self._inputs, self._coding)
        self._seen.append(np.where(products.flags == 0, products.current, np.nan))

    def findings(self) -> Steps:
        """Yield the error that drift has made of the products, with and without one factor."""
        then, now = self._seen
        good = np.isfinite(then).all(axis=0) & np.isfinite(now).all(axis=0)
        yield Finding("outputs whose products count", float(good.sum()))
        if not good.any():
            return None
        then, now = then[:, good], now[:, good]
        found = global_compensation(then[1:], now[1:], then[0], now[0])
        for name, value in (
            ("error of products after drift", found.plain),
            ("error of products after drift, one factor for all", found.compensated),
            ("error of products, taken away by one factor", found.gain),
        ):
            yield Finding(name, value.value, "", value.low, value.high)
        yield Finding("factor for all products", found.factor)
        return None
