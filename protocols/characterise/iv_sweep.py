"""I-V sweep: hysteresis loops of single cells, by staircase or by pulses.

A compliance and, if wanted, a current trip for each polarity; spans to both sides or to one.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labcim.capabilities import Cells, Topology
from labcim.documents import Channel
from labcim.plots import PlotSpec
from labcim.programming.branches import Branch, Points, PulseReader, Walk, staircase_points
from labcim.programming.cell_selection import places
from labcim.protocol import Capabilities, Carry, Progress, Rows, Steps, protocol
from labcim.recipe import Unit

from ._iv_findings import loop_findings
from ._iv_recipe import IvSweep

__all__ = ["IvSweep", "iv_sweep"]

READING = 0


CHANNELS = (
    Channel(name="cell", dtype="<u4", doc="index, row-major"),
    Channel(name="row", dtype="<u4"),
    Channel(name="column", dtype="<u4"),
    Channel(name="cycle", dtype="<u4", doc="loop number, from 0"),
    Channel(name="polarity", dtype="i1", doc="1 SET branch, -1 RESET branch, 0 a reading before"),
    Channel(name="point", dtype="<u4", doc="number in its branch, from 0"),
    Channel(name="swept", dtype="?", doc="a point of a branch"),
    Channel(name="voltage", dtype="<f8", unit="V", doc="row - column"),
    Channel(name="current", dtype="<f8", unit="A", doc="at that voltage; NaN: nobody measured it"),
    Channel(name="magnitude", dtype="<f8", unit="A", doc="|current|, for logarithmic axes"),
    Channel(
        name="conductance", dtype="<f8", unit="S", doc="read after the point at the read voltage"
    ),
    Channel(name="tripped", dtype="?", doc="its current was beyond the trip: the way out ended"),
    Channel(name="flags", dtype="u1"),
    Channel(name="time", dtype="<f8", unit="s"),
)

PLOTS = (
    PlotSpec("I-V", "line", "current", x="voltage", group="cell", where="swept"),
    PlotSpec("|I|-V", "line", "magnitude", x="voltage", group="cell", where="swept", y_scale="log"),
    PlotSpec("Read after each point", "scatter", "conductance", x="voltage", group="cell"),
)


@protocol(IvSweep, channels=CHANNELS, plots=PLOTS, summarise=loop_findings)
def iv_sweep(recipe: IvSweep, given: Capabilities, unit: Unit, carry: Carry) -> Steps:
    """Read the unit's cell, then sweep it through all loops; it is read after each branch.

    Points in compliance stay in the rows with their flag: they show where the limit took hold.
    """
    cell = int(unit.cells[0])
    yield Rows(_rows(given.cells.topology, cell, 0, READING, 0, _reading(recipe, given, cell)))
    branches = recipe.branches()
    for cycle in range(recipe.cycles):
        for number, branch in enumerate(branches):
            done = (cycle + number / len(branches)) / recipe.cycles
            text = f"cell {cell}, loop {cycle + 1} of {recipe.cycles}"
            point = 0
            for points, tripped in _measured(recipe, given, cell, branch):
                yield Progress(done, text)
                rows = _rows(
                    given.cells.topology, cell, cycle, branch.polarity, point, points, tripped
                )
                point += len(points.voltage)
                yield Rows(rows)
    return None


def _measured(
    recipe: IvSweep, given: Capabilities, cell: int, branch: Branch
) -> Iterator[tuple[Points, bool]]:
    """Sweep one branch; yield points and whether the trip ended the way out at their last.

    A branch without trip goes out whole; else each point must be seen before the next is driven.
    """
    cells = given.cells
    if recipe.mode == "staircase" and not branch.trip:
        points = staircase_points(cells, cell, branch, branch.voltages, recipe.dwell)
        points.conductance[-1] = _reading(recipe, given, cell).conductance[0]
        yield points, False
        return
    reader = PulseReader(
        cells, recipe.dwell, recipe.pulses, recipe.read_voltage, recipe.read_gate, recipe.averages,
        recipe.pause,
    )  # fmt: skip
    walk, kept = Walk(branch), None
    for volt in walk:
        if kept is not None:
            yield kept
        was_tripped = walk.tripped
        points = _one_point(recipe, given, cell, branch, volt, reader)
        walk.saw(points)
        kept = points, walk.tripped and not was_tripped
    assert kept is not None  # a branch has points
    if not np.isfinite(kept[0].conductance[-1]):
        kept[0].conductance[-1] = _reading(recipe, given, cell).conductance[0]
    yield kept


def _one_point(
    recipe: IvSweep,
    given: Capabilities,
    cell: int,
    branch: Branch,
    volt: float,
    reader: PulseReader,
) -> Points:
    if recipe.mode == "pulsed" and recipe.read_at == "read voltage":
        return reader.points(cell, branch, volt)
    times = recipe.pulses if recipe.mode == "pulsed" else 1
    volts = np.array([volt])
    for _ in range(times):
        points = staircase_points(given.cells, cell, branch, volts, recipe.dwell)
        if recipe.mode == "pulsed" and recipe.pause > 0.0:
            given.clock.sleep(recipe.pause)
    return points


def _reading(recipe: IvSweep, given: Capabilities, cell: int) -> Points:
    cells: Cells = given.cells
    read = cells.read(
        np.array([cell], np.uint32),
        recipe.read_voltage,
        gate=recipe.read_gate,
        averages=recipe.averages,
    )
    found = np.where(read.good, read.corrected, np.nan)
    return Points(read.applied, read.current, found, read.flags, read.time)


def _rows(
    topology: Topology,
    cell: int,
    cycle: int,
    polarity: int,
    first: int,
    points: Points,
    tripped: bool = False,
) -> dict[str, NDArray[Any]]:
    row, column = places(np.array([cell], np.uint32), topology)
    count = len(points.voltage)
    flag = np.zeros(count, np.bool_)
    flag[-1] = tripped
    return {
        "cell": np.full(count, cell),
        "row": np.full(count, row[0]),
        "column": np.full(count, column[0]),
        "cycle": np.full(count, cycle),
        "polarity": np.full(count, polarity),
        "point": first + np.arange(count),
        "swept": np.full(count, polarity != READING),
        "voltage": points.voltage,
        "current": points.current,
        "magnitude": np.abs(points.current),
        "conductance": points.conductance,
        "tripped": flag,
        "flags": points.flags,
        "time": points.time,
    }
