"""Restart test of a random source: many starts, and a few bits after each (SP 800-90B, 3.1.4)."""

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from labcim.analysis.entropy.restart import assess_restarts
from labcim.capabilities import Cells, Topology
from labcim.documents import Channel
from labcim.limits import Demand
from labcim.plots import PlotSpec
from labcim.protocol import Capabilities, Carry, Finding, Progress, Rows, Steps, protocol
from labcim.recipe import Unit
from labcim.units import Second

from ._calibration import calibrate, carried, check_fit, resumed
from ._random_recipe import RandomSource, pulse_demands, reading_demands
from ._random_sources import Drawn
from ._random_watch import draw_watched, stop_for

MOST = 1000
"""Bits after each restart, for which a row of the record has room."""

_SPARE = 1.2  # samples drawn for each bit that is wanted: some are none


class RestartBits(RandomSource):
    """Start a random source over and over, and assess the first bits after each start.

    No bench that labcim knows can cut a chip's supply by itself: a restart brings all cells to one
    state, by cycles of SET and RESET, and lets them rest. Without supply a chip has no other memory
    than that of its cells.
    """

    protocol: ClassVar[str] = "restart_bits"

    side: int = Field(
        32, ge=20, le=MOST, description="Restarts, and bits after each; the standard asks for 1000."
    )
    erase: int = Field(2, ge=1, le=1000, description="Cycles of SET and RESET of each restart.")
    rest: Second = Field(1e-3, ge=0, le=1e6, description="Rest before the first sample.")
    group: int = Field(32, ge=1, le=MOST, description="Restarts in one unit of work.")

    def units(self, topology: Topology) -> list[Unit]:
        """Return calibration, then groups of restarts."""
        found = [self.calibration_unit(topology)]
        for first in range(0, self.side, self.group):
            some = min(self.group, self.side - first)
            bound = some * (2 * self.erase + self.pulses * 8 * self.side)
            values = {"first": float(first), "restarts": float(some)}
            found.append(Unit(f"restarts-{first:04d}", found[0].cells, bound, values))
        return found

    def demands(self) -> list[Demand]:
        """Return the reading, and SET and RESET: a restart needs them, whatever the mode."""
        return reading_demands(self) + pulse_demands(self)

    def rounds(self, topology: Topology) -> int:
        """Return how many samples each cell is expected to give, cycles of restarts with them."""
        drawn = int(np.ceil(_SPARE * self.side / len(self.chosen(topology))))
        return self.side * (drawn + self.erase)


CHANNELS = (
    Channel(name="restart", dtype="<u4", doc="number, from 0"),
    Channel(name="begun", dtype="<f8", unit="s", doc="bench time of the restart"),
    Channel(name="ones", dtype="<f8", doc="share of ones"),
    Channel(
        name="bits", dtype="u1", shape=(MOST // 8,), doc="packed, as many as the recipe's side"
    ),
    Channel(name="cell", dtype="<u4", shape=(MOST,), doc="which gave each bit, 0 behind the last"),
    Channel(name="time", dtype="<f8", shape=(MOST,), unit="s", doc="bench time of each, or NaN"),
)

PLOTS = (PlotSpec("Share of ones after a restart", "scatter", "ones", x="restart"),)


def summarise(recipe: RestartBits, rows: Mapping[str, NDArray[Any]]) -> list[Finding]:
    """Return the sanity check, both min-entropies and what then holds; nothing before the end."""
    if len(rows["restart"]) != recipe.side:
        return []
    order = np.argsort(rows["restart"])
    matrix = np.unpackbits(rows["bits"][order], axis=1)[:, : recipe.side]
    found = assess_restarts(matrix, recipe.assumed_entropy, bits=1)
    half = recipe.assumed_entropy / 2.0
    return [
        Finding("restarts", float(recipe.side)),
        Finding(
            "most equal bits in a row or column", float(found.most),
            upper_limit=float(found.cutoff),
        ),
        Finding("min-entropy by rows", found.rows, "bit", lower_limit=half),
        Finding("min-entropy by columns", found.columns, "bit", lower_limit=half),
        Finding("min-entropy that restarts leave", found.entropy, "bit"),
    ]  # fmt: skip


@protocol(RestartBits, channels=CHANNELS, plots=PLOTS, summarise=summarise)
def restart_bits(recipe: RestartBits, given: Capabilities, unit: Unit, carry: Carry) -> Steps:
    """Calibrate once; then restart, and draw until there are enough bits. Alarms stop the run."""
    recipe.look(given.cells, unit)
    if unit.key == "calibration":
        found = yield from calibrate(recipe, given, unit.cells)
        check_fit(recipe, found.unfit)
        yield Finding("cells that are sources", float(np.sum(found.unfit == 0)))
        return found.carry
    cells, source, watch = resumed(recipe, given, unit.cells, carry)
    first, count = int(unit.values["first"]), int(unit.values["restarts"])
    rounds = int(np.ceil(_SPARE * recipe.side / len(cells)))
    rounds += rounds % 2
    for number in range(first, first + count):
        yield Progress((number - first) / count, f"restart {number + 1} of {recipe.side}")
        begun = given.clock.now()
        _restart(recipe, given.cells, cells)
        given.clock.sleep(recipe.rest)
        some, alarms = draw_watched(source, watch, rounds)
        drawn = [some]
        while sum(int(np.sum(part.bits >= 0)) for part in drawn) < recipe.side and not alarms:
            yield Progress((number - first) / count, "some samples were none")
            some, alarms = draw_watched(source, watch, rounds)
            drawn.append(some)
        for alarm in alarms:
            yield alarm.finding
        stop_for(alarms)
        yield Rows(_row(recipe, cells, drawn, number, begun))
    return carried(carry, source, watch)


def _restart(recipe: RestartBits, given: Cells, cells: NDArray[np.uint32]) -> None:
    """Bring all cells to one state, whatever they held."""
    given.cycle(cells, recipe.set_train(recipe.set_highest), recipe.reset_train(), recipe.erase)


def _row(
    recipe: RestartBits, cells: NDArray[np.uint32], drawn: list[Drawn], number: int, begun: float
) -> dict[str, NDArray[Any]]:
    """Return the first bits after a restart, in the order of their times."""
    bits = np.concatenate([part.bits for part in drawn])
    time = np.concatenate([part.time for part in drawn])
    cell = np.broadcast_to(cells, bits.shape)
    there = bits >= 0
    order = np.lexsort((cell[there], time[there]))[: recipe.side]
    missing = (0, MOST - recipe.side)
    kept = bits[there][order]
    return {
        "restart": np.array([number]),
        "begun": np.array([begun]),
        "ones": np.array([kept.mean()]),
        "bits": np.packbits(np.pad(kept, missing).astype(np.uint8))[None, :],
        "cell": np.pad(cell[there][order], missing)[None, :],
        "time": np.pad(time[there][order], missing, constant_values=np.nan)[None, :],
    }
