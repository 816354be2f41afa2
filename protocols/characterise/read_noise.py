"""Read noise: how much a cell's reading scatters, and what it is made of.

A cell is read at an even rate for as long as it takes. What was picked up from the mains is taken
out first and told; the rest is held against white noise, 1/f noise and the telegraph noise of one
or two traps. With a bias that is not small it is a chronoamperometry.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from labcim.analysis.distributions import Interval, share_interval, student_interval
from labcim.analysis.noise import block_spread, relative_drift
from labcim.analysis.noise_sources import Noise, noise_sources
from labcim.analysis.pickup import remove_pickup
from labcim.analysis.spectra import binned_periodogram
from labcim.capabilities import Floats, Topology
from labcim.documents import Channel
from labcim.limits import Demand
from labcim.plots import PlotSpec
from labcim.programming.cell_selection import CellSelection, chosen_cells, places
from labcim.programming.estimate import Estimate
from labcim.protocol import Capabilities, Carry, Finding, Progress, Rows, Steps, protocol
from labcim.recipe import Recipe, Unit
from labcim.units import Hertz, Second, Volt

_FEWEST = 64  # readings from which on a noise is taken apart


class ReadNoise(Recipe):
    """Read cells at an even rate and say how much they scatter, and why."""

    protocol: ClassVar[str] = "read_noise"

    cells: CellSelection = Field(((0, 0),), description="Which cells, one after the other.")
    read_voltage: Volt = Field(0.2, gt=0, le=0.5, description="Read voltage: the bias.")
    read_gate: Volt = Field(2.5, ge=0, le=10, description="Gate during reading.")
    rate: Hertz = Field(1e3, gt=0, le=1e6, description="Readings in a second.")
    count: int = Field(4096, ge=64, le=1 << 22, description="Readings of each cell.")
    averages: int = Field(
        1, ge=1, le=10_000, description="Samples averaged into a reading, evenly in its time."
    )
    settle: Second = Field(0.0, ge=0, le=1e7, description="Wait before each cell's first reading.")
    block: int = Field(100, ge=2, le=100_000, description="Readings of a block, for sigma in it.")
    traps: int = Field(2, ge=0, le=2, description="Most traps that are looked for.")

    def units(self, topology: Topology) -> list[Unit]:
        """Return one unit for each cell: its record is whole or not at all."""
        cells = chosen_cells(self.cells, topology)
        return [Unit(f"cell-{cell}", np.array([cell], np.uint32)) for cell in cells]

    def demands(self) -> list[Demand]:
        """Return the read voltage and the gate."""
        return [
            Demand("read_voltage", "row", self.read_voltage, reads=True),
            Demand("read_gate", "gate", self.read_gate),
        ]

    def estimate(self, topology: Topology) -> Estimate:
        """Return the expected cost on an array of this shape."""
        cells = len(chosen_cells(self.cells, topology))
        time = cells * (self.settle + self.count / self.rate)
        return Estimate(cells, 0.0, float(cells * self.count * self.averages), 0, time, time)


CHANNELS = (
    Channel(name="cell", dtype="<u4", doc="index, row-major"),
    Channel(name="row", dtype="<u4"),
    Channel(name="column", dtype="<u4"),
    Channel(name="reading", dtype="?", doc="this row is a reading; else a line of the spectrum"),
    Channel(name="spectral", dtype="?", doc="this row is of the spectrum, pickup taken out"),
    Channel(name="time", dtype="<f8", unit="s", doc="bench time of the reading, as scheduled"),
    Channel(name="current", dtype="<f8", unit="A", doc="mean of its good samples, NaN for none"),
    Channel(name="conductance", dtype="<f8", unit="S", doc="current / read voltage"),
    Channel(name="next", dtype="<f8", unit="S", doc="the next reading, for a time-lag picture"),
    Channel(name="flagged", dtype="<u4", doc="samples over range, none of them taken for data"),
    Channel(name="frequency", dtype="<f8", unit="Hz", doc="middle of a bin of the spectrum"),
    Channel(name="density", dtype="<f8", unit="S²/Hz", doc="one-sided, of the conductance"),
)

PLOTS = (
    PlotSpec("Over time", "line", "conductance", x="time", group="cell", where="reading"),
    PlotSpec("Levels", "histogram", "conductance", where="reading"),
    PlotSpec("Next over this reading", "scatter", "next", x="conductance", where="reading"),
    PlotSpec(
        "Spectrum", "line", "density", x="frequency", group="cell", where="spectral",
        x_scale="log", y_scale="log",
    ),
)  # fmt: skip


def summarise(recipe: ReadNoise, rows: Mapping[str, NDArray[Any]]) -> list[Finding]:
    """Return of each cell what its noise is made of."""
    found = []
    for cell in np.unique(rows["cell"]).tolist():
        here = (rows["cell"] == cell) & rows["reading"]
        time, g = _last_record(rows["time"][here], rows["conductance"][here], recipe.count)
        found += cell_findings(cell, time, g, recipe)
    return _over_cells(found) + found


def _over_cells(found: list[Finding]) -> list[Finding]:
    """Return geometric means of the scatter over cells, and the cells with traps."""
    told = []
    for name in ("sigma / G", "sigma / G in blocks"):
        values = np.array([one.value for one in found if one.name == name and one.value > 0.0])
        if len(values) > 1:
            mean = student_interval(np.log(values))
            value, low, high = (float(np.exp(x)) for x in (mean.value, mean.low, mean.high))
            told.append(Finding(f"{name}, geometric mean over cells", value, "%", low, high))
    traps = [one.value > 0.0 for one in found if one.name == "traps"]
    if len(traps) > 1:
        share = share_interval(sum(traps), len(traps))
        told.append(Finding("cells with traps", share.value, "%", share.low, share.high))
    return told


def _last_record(time: Floats, g: Floats, count: int) -> tuple[Floats, Floats]:
    """Return the readings of the last record: one that was cut off and done again counts once."""
    return time[-count:], g[-count:]


def cell_findings(cell: int, time: Floats, g: Floats, recipe: ReadNoise) -> list[Finding]:
    """Return mean, sigma, pickup, law and traps of one cell's record, in S and relative."""
    good = np.isfinite(g)
    if int(good.sum()) < _FEWEST or np.ptp(g[good]) == 0.0 or not g[good].mean() > 0.0:
        return [Finding("readings without a verdict on noise", float(good.sum()), cell=cell)]
    noise = noise_sources(g, recipe.rate, most_traps=recipe.traps)
    mean, scale = noise.mean, 1.0 / noise.mean
    found = [
        Finding("conductance, mean", mean, "S", cell=cell),
        _finding("sigma / G", noise.sigma, "%", cell, scale),
        Finding("drift, end to end", relative_drift(time[good], g[good]), "%", cell=cell),
    ]
    if len(g) >= 2 * recipe.block:
        inside = block_spread(noise.cleaned.values, recipe.block) * scale
        found.insert(2, Finding("sigma / G in blocks", inside, "%", cell=cell))
    return found + _pickup(noise, cell, scale) + _law(noise, cell, scale) + _traps(noise, cell)


def _pickup(noise: Noise, cell: int, scale: float) -> list[Finding]:
    found = [Finding("mains lines taken out", float(len(noise.cleaned.lines)), cell=cell)]
    for line in noise.cleaned.lines:
        found.append(Finding("pickup, frequency", line.frequency, "Hz", cell=cell))
        found.append(Finding("pickup, amplitude / G", line.amplitude * scale, "%", cell=cell))
    return found


def _law(noise: Noise, cell: int, scale: float) -> list[Finding]:
    """Return the spectrum's law, relative to the mean conductance."""
    law, square = noise.law, scale * scale
    found = [_finding("white noise / G²", law.white, "1/Hz", cell, square)]
    if law.flicker.value > 0.0:
        slope = law.exponent
        turned = Interval(-slope.value, -slope.high, -slope.low)
        found.append(_finding("1/f noise / G² at 1 Hz", law.flicker, "1/Hz", cell, square))
        found.append(_finding("spectrum, slope", turned, "", cell))
    for part in law.lorentzians:
        found.append(_finding("Lorentzian, variance / G²", part.variance, "", cell, square))
        found.append(_finding("Lorentzian, corner", part.corner, "Hz", cell))
    return found


def _traps(noise: Noise, cell: int) -> list[Finding]:
    """Return the levels, and of each trap step and dwell times."""
    traps = noise.telegraph.traps if noise.telegraph else ()
    levels = 2 ** len(traps) if traps else len(noise.levels.levels)
    found = [
        Finding("levels", float(levels), cell=cell),
        Finding("traps", float(len(traps)), cell=cell),
    ]
    for number, trap in enumerate(traps, 1):
        name = f"trap {number}"
        low = noise.telegraph.base if noise.telegraph else noise.mean
        found += [
            _finding(f"{name}, step", trap.step, "S", cell),
            _finding(f"{name}, step / G", trap.step, "%", cell, 1.0 / noise.mean),
            _finding(f"{name}, dwell time low", trap.low, "s", cell),
            _finding(f"{name}, dwell time high", trap.high, "s", cell),
            Finding(f"{name}, lowest level", low, "S", cell=cell),
        ]
    return found


def _finding(name: str, value: Interval, unit: str, cell: int, scale: float = 1.0) -> Finding:
    known = np.isfinite([value.low, value.high]).all()
    low, high = (value.low * scale, value.high * scale) if known else (None, None)
    return Finding(name, value.value * scale, unit, low, high, cell=cell)


@protocol(ReadNoise, channels=CHANNELS, plots=PLOTS, summarise=summarise)
def read_noise(recipe: ReadNoise, given: Capabilities, unit: Unit, carry: Carry) -> Steps:
    """Record the unit's cell; one row for each reading, then its spectrum."""
    if recipe.settle > 0.0:
        yield Progress(0.0, "waiting before the record")
        given.clock.sleep(recipe.settle)
    yield Progress(0.0, f"cell {unit.cells[0]}: {recipe.count} readings at {recipe.rate:g} Hz")
    began = given.clock.now()
    samples = given.cells.record(
        unit.cells,
        recipe.read_voltage,
        rate=recipe.rate * recipe.averages,
        count=recipe.count * recipe.averages,
        gate=recipe.read_gate,
    )[:, 0]
    yield Progress(0.9, "taking it apart")
    current, flagged = _averaged(samples, recipe.averages)
    row, column = places(unit.cells, given.cells.topology)
    place = (int(unit.cells[0]), int(row[0]), int(column[0]))
    yield Rows(_readings(place, began, current, flagged, recipe))
    spectrum = _spectrum(place, current / recipe.read_voltage, recipe)
    if spectrum is not None:
        yield Rows(spectrum)
    return None


def _averaged(samples: Floats, averages: int) -> tuple[Floats, NDArray[np.int64]]:
    """Return the mean of the good samples of each reading, NaN for none, and how many were not."""
    table = samples.reshape(-1, averages)
    good = np.isfinite(table)
    count = good.sum(axis=1)
    total = np.where(good, table, 0.0).sum(axis=1)
    mean = np.divide(total, count, out=np.full(len(table), np.nan), where=count > 0)
    return mean, averages - count


def _readings(
    place: tuple[int, int, int],
    began: float,
    current: Floats,
    flagged: NDArray[np.int64],
    recipe: ReadNoise,
) -> dict[str, NDArray[Any]]:
    n = len(current)
    g = current / recipe.read_voltage
    middle = (np.arange(n) + 0.5 * (recipe.averages - 1) / recipe.averages) / recipe.rate
    return _rows(
        place,
        n,
        reading=np.ones(n, bool),
        time=began + middle,
        current=current,
        conductance=g,
        next=np.append(g[1:], np.nan),
        flagged=flagged,
    )


def _spectrum(
    place: tuple[int, int, int], g: Floats, recipe: ReadNoise
) -> dict[str, NDArray[Any]] | None:
    """Return the rows of the spectrum; none where there is nothing to take apart."""
    known = np.isfinite(g)
    if int(known.sum()) < _FEWEST or np.ptp(g[known]) == 0.0:
        return None
    cleaned = remove_pickup(np.where(known, g, g[known].mean()), recipe.rate)
    seen = binned_periodogram(cleaned.values, 1.0 / recipe.rate)
    n = len(seen.frequency)
    spectral = np.ones(n, bool)
    return _rows(place, n, spectral=spectral, frequency=seen.frequency, density=seen.density)


def _rows(place: tuple[int, int, int], count: int, **known: Any) -> dict[str, NDArray[Any]]:
    """Return ``count`` rows; what is not known of them is NaN, 0 or false."""
    empty: dict[str, Any] = {
        channel.name: np.full(count, np.nan if channel.dtype == "<f8" else 0)
        for channel in CHANNELS
    }
    for name, value in zip(("cell", "row", "column"), place, strict=True):
        empty[name] = np.full(count, value)
    return empty | known
