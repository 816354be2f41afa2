"""Random bits from cells: calibrate, draw, test each cell's bits while they come, keep them all."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labcim.analysis.entropy.monitor import find_baseline
from labcim.analysis.entropy.raw_bits import CALIBRATION, RELEASED, START_UP
from labcim.capabilities import CellIndices, Topology
from labcim.documents import Channel
from labcim.errors import NoiseSourceError
from labcim.plots import PlotSpec
from labcim.programming.cell_selection import places
from labcim.protocol import Capabilities, Carry, Progress, Rows, Steps, protocol
from labcim.recipe import Unit

from ._fitness import Fitness, fitness
from ._random_findings import summarise
from ._random_recipe import ADAPTING, RandomBits
from ._random_sources import Drawn, source_of
from ._random_watch import Watch, baseline_carry, baseline_from

CHUNK = 64
"""Samples of a cell in one row of the record."""

REASONS = ", ".join(f"{one.value} {one.name.lower().replace('_', ' ')}" for one in Fitness)

CHANNELS = (
    Channel(name="cell", dtype="<u4", doc="index, row-major"),
    Channel(name="row", dtype="<u4"),
    Channel(name="column", dtype="<u4"),
    Channel(name="phase", dtype="u1", doc="0 calibration, 1 start-up tests, 2 released"),
    Channel(name="unfit", dtype="u1", doc=REASONS),
    Channel(name="amplitude", dtype="<f8", unit="V", doc="SET of this cell, or NaN"),
    Channel(name="begun", dtype="<f8", unit="s", doc="bench time of the first sample"),
    Channel(name="mean", dtype="<f8", doc="of the raw values"),
    Channel(name="ones", dtype="<f8", doc="share of ones, NaN without bits"),
    Channel(name="raw", dtype="<f8", shape=(CHUNK,), doc="clocks or S; NaN: none"),
    Channel(name="time", dtype="<f8", shape=(CHUNK,), unit="s", doc="bench time; NaN: none"),
    Channel(name="bits", dtype="u1", shape=(CHUNK // 8,), doc="packed, first bit highest"),
    Channel(name="valid", dtype="u1", shape=(CHUNK // 8,), doc="which bits there are, packed"),
)

PLOTS = (
    PlotSpec("Unfit cells", "map", "unfit"),
    PlotSpec("Share of ones", "histogram", "ones"),
    PlotSpec("Mean raw value", "scatter", "mean", x="begun", y_scale="log"),
)


@protocol(RandomBits, channels=CHANNELS, plots=PLOTS, summarise=summarise)
def random_bits(recipe: RandomBits, given: Capabilities, unit: Unit, carry: Carry) -> Steps:
    """Calibrate once; then draw blocks, test them, and stop the run with the first alarm.

    A unit begins with a reading. Health counters are carried: a resumed run goes on with them.
    """
    given.cells.read(unit.cells, recipe.read_voltage, gate=recipe.read_gate)
    if unit.key == "calibration":
        return (yield from _calibrate(recipe, given, unit))
    fit = np.asarray(carry["fit"], np.bool_)
    cells = unit.cells[fit]
    source = source_of(recipe, given.cells, given.clock, cells, np.asarray(carry["amplitude"]))
    source.memory = np.asarray(carry["source"])
    watch = Watch(recipe, cells, baseline_from(carry), carry)
    rounds = int(unit.values["rounds"])
    for done in range(0, rounds, CHUNK):
        yield Progress(done / rounds, f"{watch.bits} raw bits of {len(cells)} cells")
        phase = START_UP if watch.bits < recipe.start_up else RELEASED
        drawn = source.draw(min(CHUNK, rounds - done))
        alarms = watch.take(drawn)
        unfit = np.zeros(len(cells), np.uint8)
        yield Rows(_rows(cells, given.cells.topology, drawn, phase, unfit, source.amplitude))
        if alarms:
            for alarm in alarms:
                yield alarm.finding
            raise NoiseSourceError("; ".join(str(alarm) for alarm in alarms[:8]))
    kept = {name: carry[name] for name in ("fit", "mean", "sigma", "memory", "calibrated")}
    return kept | watch.carry() | {"amplitude": source.amplitude, "source": source.memory}


def _calibrate(recipe: RandomBits, given: Capabilities, unit: Unit) -> Steps:
    """Find each cell's voltage and what healthy values are; sort out cells that are no sources."""
    amplitude = np.full(len(unit.cells), recipe.set_voltage)
    source = source_of(recipe, given.cells, given.clock, unit.cells, amplitude)
    for step in range(ADAPTING):
        yield Progress(0.3 * step / ADAPTING, "looking for each cell's voltage")
        source.adapt(step)
    found = []
    for begin in range(0, recipe.calibration, CHUNK):
        yield Progress(0.3 + 0.7 * begin / recipe.calibration, "healthy values")
        found.append(source.draw(min(CHUNK, recipe.calibration - begin)))
    drawn = _joined(found)
    unfit = fitness(recipe, drawn)
    for part in found:
        topology = given.cells.topology
        yield Rows(_rows(unit.cells, topology, part, CALIBRATION, unfit, source.amplitude))
    fit = unfit == Fitness.FIT
    if fit.sum() < recipe.cells_at_least:
        raise NoiseSourceError(
            f"{int(fit.sum())} cells are fit: cells_at_least = {recipe.cells_at_least}; "
            + "; ".join(_counted(unfit))
        )
    baseline = find_baseline(drawn.value[:, fit])
    source.keep(fit)
    kept = {"fit": fit, "amplitude": source.amplitude, "source": source.memory}
    return baseline_carry(baseline) | kept


def _counted(unfit: NDArray[np.uint8]) -> Iterator[str]:
    for reason in Fitness:
        if count := int(np.sum(unfit == reason)):
            yield f"{count} {reason.name.lower().replace('_', ' ')}"


def _joined(parts: list[Drawn]) -> Drawn:
    names = ("raw", "value", "time", "bits")
    return Drawn(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


def _rows(
    cells: CellIndices,
    topology: Topology,
    drawn: Drawn,
    phase: int,
    unfit: NDArray[np.uint8],
    amplitude: NDArray[np.float64],
) -> dict[str, NDArray[Any]]:
    row, column = places(cells, topology)
    missing = CHUNK - len(drawn.raw)
    wide = ((0, 0), (0, missing))
    bits = np.pad(drawn.bits.T, wide, constant_values=-1)
    valid = bits >= 0
    raw = np.pad(drawn.raw.T, wide, constant_values=np.nan)
    seen = np.isfinite(raw)
    count, total = seen.sum(axis=1), np.where(seen, raw, 0.0).sum(axis=1)
    n, ones = valid.sum(axis=1), (bits == 1).sum(axis=1)
    return {
        "cell": cells,
        "row": row,
        "column": column,
        "phase": np.full(len(cells), phase),
        "unfit": unfit,
        "amplitude": amplitude,
        "begun": drawn.time[0],
        "mean": np.divide(total, count, out=np.full(len(cells), np.nan), where=count > 0),
        "ones": np.divide(ones, n, out=np.full(len(cells), np.nan), where=n > 0),
        "raw": raw,
        "time": np.pad(drawn.time.T, wide, constant_values=np.nan),
        "bits": np.packbits(bits == 1, axis=1),
        "valid": np.packbits(valid, axis=1),
    }
