"""Half-select and read disturb: how far cells move that were not meant, or only read.

Each stress is a unit: readings, a wait as long as the stress will take, readings, the stress,
readings. What moves over the wait moves without stress as well, and is taken off.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labcim.analysis.disturb import Change, change, disturb
from labcim.capabilities import CellIndices, Topology, Train
from labcim.documents import Channel
from labcim.errors import RecipeError
from labcim.plots import PlotSpec
from labcim.programming.cell_selection import places
from labcim.programming.compliance import pulse_limit
from labcim.programming.half_selects import aggressors, half_selects, line_states
from labcim.programming.reading import read_good
from labcim.protocol import Capabilities, Carry, Finding, Progress, Rows, Steps, protocol
from labcim.recipe import Unit

from ._disturb_recipe import STRESSES, DisturbRecipe

__all__ = ["DisturbRecipe", "disturb_cells"]

_STATES = 500  # line states in one message


CHANNELS = (
    Channel(name="cell", dtype="<u4", doc="index, row-major"),
    Channel(name="row", dtype="<u4"),
    Channel(name="column", dtype="<u4"),
    Channel(name="stress", dtype="u1", doc="0 half-select SET, 1 half-select RESET, 2 read"),
    Channel(name="stresses", dtype="<u4", doc="how many the cell got"),
    Channel(name="before", dtype="<f8", unit="S", doc="mean of the readings just before"),
    Channel(name="change", dtype="<f8", doc="relative, over the stress"),
    Channel(name="idle", dtype="<f8", doc="relative, over a wait as long before it"),
    Channel(name="moved", dtype="?", doc="its change over the stress counts"),
    Channel(name="moved_idle", dtype="?", doc="its change over the wait counts"),
    Channel(name="time", dtype="<f8", unit="s", doc="bench time after the last readings"),
)

PLOTS = (
    PlotSpec("Change by stress", "map", "change"),
    PlotSpec("Change over conductance", "scatter", "change", x="before", group="stress"),
    PlotSpec("Changes", "cdf", "change", group="stress"),
)


def summarise(recipe: DisturbRecipe, rows: Mapping[str, NDArray[Any]]) -> list[Finding]:
    """Return of each stress the mean change, the share that moved, and the share that surely did.

    The last one has the limit: it is zero unless the stress shows beyond noise.
    """
    found = []
    for name in recipe.stresses:
        at = _last_try(rows, STRESSES.index(name))
        if not len(at):
            continue
        told, count = (1e6, "1e6 reads") if name == "read" else (1e3, "1000")
        scale = told / float(np.median(rows["stresses"][at]))
        changes = (
            Change(rows["before"][at], rows[of][at], rows[moved][at])
            for of, moved in (("change", "moved"), ("idle", "moved_idle"))
        )
        seen = disturb(*changes, scale=scale)
        text = f"{name} disturb per {count}, mean"
        found += [
            Finding(text, seen.mean.value, "", seen.mean.low, seen.mean.high),
            Finding(f"{name}: cells moved", seen.moved.value, "", seen.moved.low, seen.moved.high),
            Finding(
                f"{name}: cells surely moved", seen.surely, upper_limit=recipe.moved_at_most
            ),
        ]  # fmt: skip
    return found


def _last_try(rows: Mapping[str, NDArray[Any]], stress: int) -> NDArray[np.intp]:
    """Return the last row of each cell under a stress that may have been cut off and done again."""
    at = np.flatnonzero(rows["stress"] == stress)
    _, back = np.unique(rows["cell"][at][::-1], return_index=True)
    return at[len(at) - 1 - back]


@protocol(DisturbRecipe, channels=CHANNELS, plots=PLOTS, summarise=summarise)
def disturb_cells(recipe: DisturbRecipe, given: Capabilities, unit: Unit, carry: Carry) -> Steps:
    """Read, wait, read, stress, read; cells that pulses are meant for are not watched."""
    topology, stress = given.cells.topology, STRESSES.index(unit.key)
    watched, stresses = _watched(recipe, topology, unit)
    _readings(recipe, given, watched)  # the first action is a reading, whatever was cut off before
    yield Progress(0.0, f"{unit.key}: waiting {recipe.rest:g} s, and readings before")
    given.clock.sleep(recipe.rest)
    first = _readings(recipe, given, watched)
    began = given.clock.now()
    given.clock.sleep(_duration(recipe, given, unit, watched))
    yield Progress(0.2, f"{unit.key}: waited {given.clock.now() - began:g} s without stress")
    before = _readings(recipe, given, watched)
    for done in _stress(recipe, given, unit, watched):
        yield Progress(0.3 + 0.5 * done, unit.key)
    after = _readings(recipe, given, watched)
    rules = {"share": recipe.moved_by, "sigmas": recipe.sigmas}
    idle, moved = change(first, before, **rules), change(before, after, **rules)
    row, column = places(watched, topology)
    yield Rows(
        {
            "cell": watched,
            "row": row,
            "column": column,
            "stress": np.full(len(watched), stress),
            "stresses": stresses,
            "before": moved.before,
            "change": moved.relative,
            "idle": idle.relative,
            "moved": moved.moved,
            "moved_idle": idle.moved,
            "time": np.full(len(watched), given.clock.now()),
        }
    )
    return None


def _watched(
    recipe: DisturbRecipe, topology: Topology, unit: Unit
) -> tuple[CellIndices, NDArray[np.uint32]]:
    """Return the cells that are watched, and how many stresses each of them gets."""
    if unit.key == "read":
        return unit.cells, np.full(len(unit.cells), recipe.reads, np.uint32)
    if recipe.by_lines(topology):
        return unit.cells, np.full(len(unit.cells), recipe.half_selects, np.uint32)
    meant = aggressors(topology)
    times = half_selects(topology, meant) * (recipe.half_selects // 2)
    victims = unit.cells[~np.isin(unit.cells, meant) & (times[unit.cells] > 0)]
    if not len(victims):
        raise RecipeError("cells: every chosen one is pulsed itself; accepts others beside them")
    return victims, times[victims].astype(np.uint32)


def _duration(
    recipe: DisturbRecipe, given: Capabilities, unit: Unit, watched: CellIndices
) -> float:
    """Return how long the stress will take, in s."""
    topology = given.cells.topology
    if unit.key != "read" and recipe.by_lines(topology):
        lines = topology.rows if unit.key == "half-select SET" else topology.columns
        return lines * recipe.half_selects * recipe.width
    cells = watched if unit.key == "read" else aggressors(topology)
    return given.cells.schedule(cells, _train(recipe, topology, unit)).duration


def _train(recipe: DisturbRecipe, topology: Topology, unit: Unit) -> Train:
    limit = pulse_limit(topology, recipe.current_limit)
    if unit.key == "read":
        return Train(recipe.read_voltage, recipe.read_width, recipe.gate, count=recipe.reads)
    sign = 1 if unit.key == "half-select SET" else -1
    count = recipe.half_selects // 2  # each cell shares its row with one, its column with another
    return Train(
        sign * recipe.write_voltage, recipe.width, recipe.gate, count=count, current_limit=limit
    )


def _stress(
    recipe: DisturbRecipe, given: Capabilities, unit: Unit, watched: CellIndices
) -> Iterator[float]:
    """Deliver the stress; yield how far it is."""
    topology = given.cells.topology
    if unit.key == "read" or not recipe.by_lines(topology):
        cells = watched if unit.key == "read" else aggressors(topology)
        given.cells.pulse(cells, _train(recipe, topology, unit))
        yield 1.0
        return
    if given.lines is None:
        raise RecipeError(
            f"stresses: {unit.key} needs a bench that drives lines, or cells without transistors; "
            'accepts ["read"] here'
        )
    set_polarity = unit.key == "half-select SET"
    states = line_states(topology, recipe.part, recipe.width, recipe.gate, set_polarity)
    for number, state in enumerate(states):
        left = recipe.half_selects
        while left > 0:
            given.lines.apply([state] * min(left, _STATES))
            left -= min(left, _STATES)
            yield (number + 1 - left / recipe.half_selects) / len(states)


def _readings(
    recipe: DisturbRecipe, given: Capabilities, cells: CellIndices
) -> NDArray[np.float64]:
    """Return S, (repeats, cells), NaN where a reading stayed flagged."""
    return np.array(
        [
            read_good(
                given.cells,
                cells,
                recipe.read_voltage,
                gate=recipe.read_gate,
                averages=recipe.averages,
                attempts=recipe.flagged,
            ).conductance
            for _ in range(recipe.repeats)
        ]
    )
