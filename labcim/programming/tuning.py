"""Write-verify as an experiment: its channels, and the generator that does it.

A unit's first action is a read, so a unit that was cut off needs no memory of what happened: done
again, it takes the cells as they are.
"""

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labcim.capabilities import CellIndices, Floats, Train
from labcim.documents import Channel
from labcim.plots import PlotSpec
from labcim.protocol import Capabilities, Carry, Progress, Rows, Step, Steps
from labcim.recipe import Unit

from .cell_selection import places
from .fresh_cells import good_conductance, look_fresh, refuse_fresh
from .pulse_schedule import Status
from .reading import GoodReadings, read_good
from .tuning_recipe import TuningRecipe
from .verifying import verifier
from .write_verify import Pulses, Tuner

TUNING_CHANNELS = (
    Channel(name="cell", dtype="<u4", doc="index, row-major"),
    Channel(name="row", dtype="<u4"),
    Channel(name="column", dtype="<u4"),
    Channel(name="target", dtype="<f8", unit="S"),
    Channel(name="conductance", dtype="<f8", unit="S", doc="last good reading, corrected"),
    Channel(name="raw", dtype="<f8", unit="S", doc="the same reading as it was measured"),
    Channel(name="error", dtype="<f8", unit="S", doc="conductance - target"),
    Channel(name="pulses", dtype="<u4", doc="pulses given to the cell, all epochs"),
    Channel(name="reversals", dtype="<u4", doc="changes of polarity, all epochs"),
    Channel(name="accepted", dtype="?", doc="in range in consecutive readings"),
    Channel(
        name="status", dtype="u1", doc=", ".join(f"{s.value} {s.name.lower()}" for s in Status)
    ),
    Channel(name="flags", dtype="u1", doc="flags of the last reading, good or not"),
    Channel(name="flagged", dtype="<u4", doc="flagged readings, none of them taken for data"),
    Channel(name="epoch", dtype="<u2", doc="which time the cells were gone over, from 1"),
    Channel(name="later", dtype="<f8", unit="S", doc="reading after the delay, NaN without one"),
    Channel(name="time", dtype="<f8", unit="s", doc="bench time of the last good reading"),
)

TUNING_PLOTS = (
    PlotSpec("Target", "map", "target"),
    PlotSpec("Achieved", "map", "conductance"),
    PlotSpec("Error", "map", "error"),
    PlotSpec("Error of accepted cells", "histogram", "error", where="accepted"),
    PlotSpec("Achieved over target", "scatter", "conductance", x="target"),
    PlotSpec("Levels", "cdf", "conductance", group="target", where="accepted"),
    PlotSpec("Pulses for each cell", "histogram", "pulses"),
)


def tune(recipe: TuningRecipe, given: Capabilities, unit: Unit, carry: Carry) -> Steps:
    """Bring the unit's cells to the recipe's targets; yield a row for each cell and epoch."""
    targets = recipe.target_map(given.cells.topology)[unit.cells]
    return (yield from tune_to(targets, recipe, given, unit.cells, carry))


def tune_to(
    targets: Floats, recipe: TuningRecipe, given: Capabilities, chosen: CellIndices, carry: Carry
) -> Steps:
    """Bring cells to ``targets`` in S, group after group; yield a row for each cell and epoch.

    A group is as large as the bench can read within ``latency``: cells relax after a pulse, so on
    a slow bench fewer take turns. In a later epoch those that relaxed out of range are brought
    back. Hands on what was learned: about the cells, and the bench. Raises RecipeError where most
    of the first group look unformed; single ones that do end without a pulse.
    """
    tuning = _Tuning(targets, recipe, given, chosen, dict(carry))
    for epoch in range(1, recipe.epochs + 1):
        rows = yield from tuning.go_over(epoch)
        if recipe.delay > 0.0:
            yield Progress(epoch / recipe.epochs, f"{len(chosen)} cells relax")
            tuning.read_later(rows)
            yield Rows(rows)
    return tuning.handed_on


@dataclass
class _Tuning:
    """Cells on their way to their targets."""

    targets: Floats
    recipe: TuningRecipe
    given: Capabilities
    cells: CellIndices
    handed_on: dict[str, NDArray[Any]]

    def __post_init__(self) -> None:
        self._read = verifier(self.recipe, self.given)
        self._before = {
            name: np.zeros(len(self.cells), np.uint32)
            for name in ("pulses", "reversals", "flagged")
        }

    def go_over(self, epoch: int) -> Generator[Step, None, dict[str, NDArray[Any]]]:
        """Tune all cells, group after group; yield their rows, or return them if read later."""
        kept = []
        for group in self._groups():
            tuner = Tuner(
                self.targets[group], self.recipe.schedule(), self.handed_on.get("learned")
            )
            last = GoodReadings.none(len(tuner.state))
            first = epoch == 1
            while len(tuner.active):
                yield self._progress(epoch, group, len(tuner.active))
                self._turn(group, tuner, last, first)
                first = False
            self.handed_on["learned"] = tuner.sums
            kept.append(self._rows(epoch, group, tuner.state, last))
            if self.recipe.delay == 0.0:
                yield Rows(kept.pop())
        names = kept[0] if kept else {}
        return {name: np.concatenate([rows[name] for rows in kept]) for name in names}

    def read_later(self, rows: dict[str, NDArray[Any]]) -> None:
        """Read the cells a delay after the last of them was read; leave NaN where that fails."""
        recipe, clock = self.recipe, self.given.clock
        since = np.nanmax(rows["time"], initial=-np.inf)
        if np.isfinite(since):
            clock.sleep(max(since + recipe.delay - clock.now(), 0.0))
        found = read_good(
            self.given.cells,
            self.cells,
            recipe.read_voltage,
            gate=recipe.read_gate,
            averages=recipe.averages,
            attempts=recipe.flagged,
        )
        rows["later"] = found.conductance

    def _groups(self) -> Iterator[slice]:
        """Say which cells take turns next."""
        first = 0
        while first < len(self.cells):
            size = self.recipe.first
            if "seconds" in self.handed_on:
                each = max(float(self.handed_on["seconds"][0]), 1e-12)
                size = max(int(self.recipe.latency / each), 1)
            yield slice(first, min(first + size, len(self.cells)))
            first += size

    def _progress(self, epoch: int, group: slice, active: int) -> Progress:
        left = len(self.cells) - group.stop + active
        share = (epoch - left / len(self.cells)) / self.recipe.epochs
        return Progress(share, f"{left} cells are not there yet")

    def _turn(self, group: slice, tuner: Tuner, last: GoodReadings, first: bool) -> None:
        """Read the active cells of a group once, and pulse those that are off.

        first: nobody has looked at them yet, and some may be unformed.
        """
        # The larger the group, the better a board shares its time: all of it or nothing.
        whole = len(tuner.active) == len(tuner.state)
        cells, began = self.cells[group], self.given.clock.now()
        pulses = self._read_and_decide(cells, tuner, last, first)
        if whole:
            self.handed_on["seconds"] = np.array([(self.given.clock.now() - began) / len(cells)])
        self._pulse(cells, pulses)

    def _read_and_decide(
        self, cells: CellIndices, tuner: Tuner, last: GoodReadings, first: bool
    ) -> Pulses:
        at = tuner.active
        readings = self._read(cells[at])
        last.take(at, readings)
        going = np.ones(len(at), np.bool_)
        if first:
            going = ~self._fresh(cells, tuner, good_conductance(readings))
            tuner.leave_out(~going, readings.corrected)
        return tuner.decide(readings.corrected[going], readings.good[going])

    def _fresh(self, cells: CellIndices, tuner: Tuner, conductance: Floats) -> NDArray[np.bool_]:
        """Return which cells of a group need a SET and look unformed, by two readings.

        Raises RecipeError where most of the run's first group do.
        """
        recipe, topology = self.recipe, self.given.cells.topology
        if "seconds" not in self.handed_on:
            refuse_fresh(recipe, topology, conductance)
        lowest = tuner.state["target"] - tuner.state["tolerance"]
        fresh: NDArray[np.bool_] = look_fresh(recipe, topology, conductance)
        fresh &= lowest > recipe.fresh_below
        if fresh.any():  # products of vectors are noisy, and a cell that is left out stays so
            again = self.given.cells.read(
                cells[fresh], recipe.read_voltage, gate=recipe.read_gate, averages=recipe.averages
            )
            fresh[fresh] = look_fresh(recipe, topology, good_conductance(again))
        return fresh

    def _pulse(self, cells: CellIndices, pulses: Pulses) -> None:
        if not len(pulses):
            return
        train = Train(pulses.amplitude, self.recipe.width, pulses.gate)
        self.given.cells.pulse(cells[pulses.cells], train)
        if self.recipe.settle > 0.0:
            self.given.clock.sleep(self.recipe.settle)

    def _rows(
        self, epoch: int, group: slice, state: NDArray[Any], last: GoodReadings
    ) -> dict[str, NDArray[Any]]:
        cells = self.cells[group]
        row, column = places(cells, self.given.cells.topology)
        spent = {
            "pulses": state["pulses"],
            "reversals": state["reversals"],
            "flagged": last.flagged,
        }
        for name, count in spent.items():
            self._before[name][group] += count
        return {
            "cell": cells,
            "row": row,
            "column": column,
            "target": state["target"],
            "conductance": state["reading"],
            "raw": last.raw,
            "error": state["reading"] - state["target"],
            **{name: self._before[name][group].copy() for name in spent},
            "accepted": state["status"] == Status.ACCEPTED,
            "status": state["status"],
            "flags": last.flags,
            "epoch": np.full(len(cells), epoch, np.uint16),
            "later": np.full(len(cells), np.nan),
            "time": last.time,
        }
