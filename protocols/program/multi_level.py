"""Multi-level allocation: as many levels as cells hold apart, with equal margins of error.

First a sample of cells is written to several conductances and read again after a delay: how far
they then scatter, relaxation included, and where their mean went. Levels are placed such that each
edge between two of them is equally many standard deviations from both. Then all cells are written,
each to a level drawn for it, and read after the same delay: what was read is decided by the edges.
"""

from collections.abc import Generator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from labcim.analysis.distributions import Floats
from labcim.analysis.level_separation import Scatter, separable_levels
from labcim.capabilities import CellIndices
from labcim.documents import Channel
from labcim.plots import PlotSpec
from labcim.programming.level_allocation import Levels, allocate
from labcim.programming.tuning import TUNING_CHANNELS, tune_to
from labcim.protocol import Capabilities, Carry, Progress, Rows, Step, Steps, protocol
from labcim.recipe import Unit

from ._level_findings import summarise
from ._level_recipe import MultiLevel

CHANNELS = (
    *TUNING_CHANNELS,
    Channel(name="level", dtype="<u4", doc="number of the level, from 1; 0: measures the spread"),
    Channel(name="decided", dtype="<u4", doc="level that was read after the delay, 0: unknown"),
    Channel(name="of_level", dtype="?", doc="accepted at a level"),
)

PLOTS = (
    PlotSpec("After the delay", "cdf", "later", group="level", where="of_level"),
    PlotSpec("Level", "map", "level"),
    PlotSpec("Level that was read", "map", "decided"),
    PlotSpec("After the delay over target", "scatter", "later", x="target"),
    PlotSpec("Pulses for each cell", "histogram", "pulses"),
)

_LEAST_SIGMA = 1e-9  # S: levels of cells that do not scatter at all are still levels

Tuned = Generator[Step, None, tuple[dict[str, NDArray[Any]], Carry]]


@protocol(MultiLevel, channels=CHANNELS, plots=PLOTS, summarise=summarise)
def multi_level(recipe: MultiLevel, given: Capabilities, unit: Unit, carry: Carry) -> Steps:
    """Measure the spread with a sample, or write a block of cells to its levels."""
    if unit.key == "spread":
        return (yield from _measure(recipe, given, unit, carry))
    targets, edges = carry["targets"], carry["edges"]
    level = recipe.level_of(unit.cells, len(targets))
    _, handed_on = yield from _tuned(
        recipe, given, unit.cells, targets[level - 1], level, edges, carry
    )
    return handed_on


def _measure(recipe: MultiLevel, given: Capabilities, unit: Unit, carry: Carry) -> Steps:
    """Write the sample to every point; hand on the levels that follow."""
    points, later, target = recipe.points(), [], []
    none = np.zeros(len(unit.cells), np.uint32)
    for turn in range(recipe.grid):
        yield Progress(turn / recipe.grid, f"spread of {len(unit.cells)} cells")
        wanted = points[(np.arange(len(unit.cells)) + turn) % recipe.grid]
        last, carry = yield from _tuned(recipe, given, unit.cells, wanted, none, np.zeros(0), carry)
        known = last["accepted"] & np.isfinite(last["later"])
        later.append(last["later"][known])
        target.append(last["target"][known])
    found = levels_of(recipe, np.concatenate(target), np.concatenate(later))
    return {**carry, "targets": found.targets, "edges": found.edges}


def levels_of(recipe: MultiLevel, target: Floats, later: Floats) -> Levels:
    """Return levels from what cells at ``target`` were ``later``, both S, (readings,).

    Edges are where levels part after the delay. Points with a single reading are left out.
    """
    at, sigma, shift = [], [], []
    for point in np.unique(target):
        moved = later[target == point] - point
        if len(moved) >= 2:
            at.append(float(point))
            sigma.append(max(float(np.std(moved, ddof=1)), _LEAST_SIGMA))
            shift.append(float(np.mean(moved)))
    if not at:
        at, sigma, shift = [recipe.low], [_LEAST_SIGMA], [0.0]

    spread = Scatter(np.array(at), np.array(sigma))
    if recipe.spacing == "equal":
        targets = np.linspace(recipe.low, recipe.high, recipe.levels)
        found = Levels(targets, 0.5 * (targets[1:] + targets[:-1]), float("nan"))
    else:
        least = float(ndtr(recipe.margin))
        count = recipe.levels or max(len(separable_levels(spread, least=least)[0]), 2)
        found = allocate(count, recipe.low, recipe.high, spread.at)
    return Levels(found.targets, found.edges + np.interp(found.edges, at, shift), found.margin)


def _tuned(
    recipe: MultiLevel,
    given: Capabilities,
    cells: CellIndices,
    targets: Floats,
    level: CellIndices,
    edges: Floats,
    carry: Carry,
) -> Tuned:
    """Write cells, yield their rows with level and decision; return the last rows, and carry."""
    last: dict[str, NDArray[Any]] = {}
    steps = tune_to(targets, recipe, given, cells, carry)
    while True:
        try:
            step = next(steps)
        except StopIteration as end:
            return last, end.value or {}
        if isinstance(step, Rows):
            last = {**step.columns, **_decided(step.columns, cells, level, edges)}
            step = Rows(last)
        yield step


def _decided(
    rows: Any, cells: CellIndices, level: CellIndices, edges: Floats
) -> dict[str, NDArray[Any]]:
    """Return level and decision of rows, which come in the order of ``cells``."""
    read = np.isfinite(rows["later"]) & (level > 0)
    decided = np.where(read, np.searchsorted(edges, rows["later"]) + 1, 0)
    return {
        "level": level,
        "decided": decided.astype(np.uint32),
        "of_level": rows["accepted"] & (level > 0),
    }
