"""Random bits from cells: calibrate, draw, test each cell's bits while they come, keep them all."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from labcim.analysis.entropy.raw_bits import CALIBRATION, RELEASED, START_UP
from labcim.capabilities import CellIndices, Topology
from labcim.documents import Channel
from labcim.plots import PlotSpec
from labcim.programming.cell_selection import places
from labcim.protocol import Capabilities, Carry, Progress, Rows, Steps, protocol
from labcim.recipe import Unit

from ._calibration import calibrate, carried, check_fit, resumed
from ._fitness import Fitness
from ._random_bits_recipe import RandomBits
from ._random_findings import summarise
from ._random_recipe import CHUNK
from ._random_sources import Drawn
from ._random_watch import draw_watched, stop_for

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
    recipe.look(given.cells, unit)
    topology = given.cells.topology
    if unit.key == "calibration":
        found = yield from calibrate(recipe, given, unit.cells)
        for part in found.parts:
            yield Rows(_rows(unit.cells, topology, part, CALIBRATION, found.unfit, found.amplitude))
        check_fit(recipe, found.unfit)
        return found.carry
    cells, source, watch = resumed(recipe, given, unit.cells, carry)
    rounds, fit = int(unit.values["rounds"]), np.zeros(len(cells), np.uint8)
    for done in range(0, rounds, CHUNK):
        yield Progress(done / rounds, f"{watch.bits} raw bits of {len(cells)} cells")
        phase = START_UP if watch.bits < recipe.start_up else RELEASED
        drawn, alarms = draw_watched(source, watch, min(CHUNK, rounds - done))
        yield Rows(_rows(cells, topology, drawn, phase, fit, source.amplitude))
        for alarm in alarms:
            yield alarm.finding
        stop_for(alarms)
    return carried(carry, source, watch)


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
