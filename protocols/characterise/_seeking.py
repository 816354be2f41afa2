"""The cells of one unit of the switch seeker, on their way up a ramp together."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labcim.analysis.switching import Scatter, least_change
from labcim.capabilities import CellIndices, Floats, Train
from labcim.programming.compliance import pulse_limit
from labcim.programming.fresh_cells import refuse_fresh
from labcim.programming.reading import GoodReadings, read_good
from labcim.protocol import Capabilities

from ._seeker_recipe import SwitchSeeker

Places = NDArray[np.intp]

_WINDOW = 0.3  # V of a ramp within which a cell must move: what drifts or hops alone does less
_SURE = 2.0  # times the least change: then it has moved, and began to where it passed the least


@dataclass(frozen=True, slots=True)
class Switched:
    """How each cell answered a ramp; all of shape (cells,). V, S, s."""

    polarity: NDArray[np.int8]
    threshold: Floats
    switched: NDArray[np.bool_]
    before: Floats
    after: Floats
    least: Floats
    pulses: NDArray[np.uint32]
    time: Floats


class Seeking:
    """Cells that are pulsed and read together; ``left`` are those that have not moved yet."""

    def __init__(self, recipe: SwitchSeeker, given: Capabilities, cells: CellIndices) -> None:
        self._recipe, self._given, self._cells = recipe, given, cells
        self._all: Places = np.arange(len(cells))
        self._scatter = Scatter(len(cells))
        self._before, self._time = np.full(len(cells), np.nan), np.full(len(cells), np.nan)
        self._lowest, self._highest = np.full((2, len(cells)), np.nan)
        self._clear(np.ones(len(cells), np.int8))

    def _clear(self, signs: NDArray[np.int8]) -> None:
        count = len(self._cells)
        self._signs = signs.copy()
        self.left = self._all[np.isfinite(self._before)]
        self._from = np.zeros(count)
        self._threshold, self._after = np.full(count, np.nan), self._before.copy()
        self._reached, self._switched = np.zeros(count), np.zeros(count, np.bool_)
        self._history: list[tuple[float, Floats]] = []
        self._made = {1: np.zeros(count), -1: np.zeros(count)}
        self._pulses = np.zeros(count, np.uint32)
        # What relaxes by itself is no small share of a low state, but of the range.
        self._lowest = np.fmin(self._lowest, self._before)
        self._highest = np.fmax(self._highest, self._before)
        span = np.nan_to_num(self._highest - self._lowest)
        self._least = least_change(
            self._before, self._scatter.sigma(self._before), share=self._recipe.tolerance,
            sigmas=self._recipe.sigmas, readings=self._recipe.reads,
            floor=self._recipe.range_share * span,
        )  # fmt: skip

    @property
    def found(self) -> Switched:
        """Return how each cell has answered so far."""
        return Switched(
            self._signs, self._threshold, self._switched, self._before, self._after, self._least,
            self._pulses, self._time.copy(),
        )  # fmt: skip

    def read_before(self) -> None:
        """Read all cells, each several times, to know where they are and how much they scatter."""
        repeats = []
        for _ in range(self._recipe.reads):
            readings = self._read(self._all, 1)
            repeats.append(readings.conductance)
        table = np.array(repeats)
        self._scatter.take(table)
        known = np.isfinite(table)
        total = np.where(known, table, 0.0).sum(axis=0)
        mean = np.full(len(self._cells), np.nan)
        np.divide(total, known.sum(axis=0), out=mean, where=known.any(axis=0))
        self._before = mean
        self._clear(self._signs)

    def refuse_fresh(self) -> None:
        """Raise RecipeError where most cells look unformed by what was read before."""
        refuse_fresh(self._recipe, self._given.cells.topology, self._before)

    def both_polarities(self, amplitude: float) -> bool:
        """Give SET and then RESET to the cells that have not moved; return whether any are left."""
        for sign in (1, -1):
            if not len(self.left):
                break
            self._signs[self.left] = sign
            self._pulse(self.left, np.full(len(self.left), amplitude))
            was = self._after.copy()
            moved = self._moved(self.left, self._before, either_way=True)
            # A change may have come bit by bit: who made most of it is the one that moves the cell.
            self._made[sign] += self._after - was
            other = np.abs(self._made[-sign][moved]) > np.abs(self._made[sign][moved])
            self._signs[moved[other]] = -sign
            self._threshold[moved], self._switched[moved] = amplitude, True
            self.left = np.setdiff1d(self.left, moved)
        return bool(len(self.left))

    def begin(self, signs: NDArray[np.int8], last: Floats | None = None) -> None:
        """Begin a ramp of polarity ``signs``; near the ``last`` thresholds in V where known."""
        self._clear(signs)
        if last is not None:
            self._from = np.nan_to_num(last - 3.0 * self._recipe.step)

    def step(self, amplitude: float) -> bool:
        """Pulse the cells that have not moved, and note who has; return whether any are left."""
        due = self.left[self._from[self.left] <= amplitude + 1e-9]
        if len(due):
            self._pulse(due, np.full(len(due), amplitude))
            earlier = [g for volts, g in self._history if volts <= amplitude - _WINDOW + 1e-9]
            was = earlier[-1] if earlier else self._before
            moved = self._moved(due, was, either_way=False)
            self._history.append((amplitude, self._after.copy()))
            self._reached[moved] = amplitude
            self._threshold[moved] = self._began(moved, was, amplitude)
            self.left = np.setdiff1d(self.left, moved)
        return bool(len(self.left))

    def _began(
        self, at: Places, was: Floats, amplitude: float, *, within: float = _WINDOW
    ) -> Floats:
        """Return the amplitudes since when cells at places ``at`` are beyond their least change."""
        found = np.full(len(at), amplitude)
        passed = np.ones(len(at), np.bool_)
        for volts, g in reversed(self._history):
            if volts <= amplitude - within + 1e-9:
                break
            passed &= (g[at] - was[at]) * self._signs[at] > self._least[at]
            found[passed] = volts
        return found

    def _slowly(self) -> None:
        """Find who moved over the whole ramp, though too little in any part of it.

        A cell with a trap has to move by more than a part of the ramp may move it.
        """
        if not len(self.left) or not self._history:
            return
        moved = self._moved(self.left, self._before, either_way=False)
        amplitude = self._history[-1][0]
        self._reached[moved] = amplitude
        self._threshold[moved] = self._began(moved, self._before, amplitude, within=np.inf)
        self.left = np.setdiff1d(self.left, moved)

    def beyond(self) -> Switched:
        """Go on past the thresholds, see who has switched to stay, and say how all answered."""
        self._slowly()
        recipe = self._recipe
        at = np.flatnonzero(np.isfinite(self._threshold))
        volts = self._reached[at]
        most = np.minimum(self._threshold[at] + recipe.past, recipe.stop)
        while (going := volts < most - 1e-9).any():
            volts = np.where(going, np.minimum(volts + recipe.past_step, most), volts)
            self._pulse(at[going], volts[going])
        begun = self.found
        self.read_before()
        after = self._before
        rose = (after - begun.before) * begun.polarity
        stays = np.isfinite(begun.threshold) & (rose > begun.least)
        return Switched(
            begun.polarity, np.where(stays, begun.threshold, np.nan), stays, begun.before, after,
            begun.least, begun.pulses, self._time.copy(),
        )  # fmt: skip

    def _pulse(self, at: Places, size: Floats) -> None:
        recipe, sign = self._recipe, self._signs[at]
        gate = np.where(sign > 0, recipe.set_gate, recipe.reset_gate)
        limit = pulse_limit(self._given.cells.topology, recipe.current_limit)
        train = Train(sign * size, recipe.width, gate, count=recipe.pulses, current_limit=limit)
        self._given.cells.pulse(self._cells[at], train)
        self._pulses[at] += recipe.pulses
        if recipe.settle > 0.0:
            self._given.clock.sleep(recipe.settle)

    def _moved(self, at: Places, was: Floats, *, either_way: bool) -> Places:
        """Return who of ``at`` has surely moved from ``was`` S, by two readings in a row."""
        for _ in range(2):
            g = self._read(at, self._recipe.reads).conductance
            change = (g - was[at]) * (1 if either_way else self._signs[at])
            beyond = (np.abs(change) if either_way else change) > _SURE * self._least[at]
            self._after[at] = np.where(np.isfinite(g), g, self._after[at])
            at = at[beyond]
            if not len(at):
                break
        return at

    def _read(self, at: Places, averages: int) -> GoodReadings:
        recipe = self._recipe
        readings = read_good(
            self._given.cells,
            self._cells[at],
            recipe.read_voltage,
            gate=recipe.read_gate,
            averages=averages,
            attempts=recipe.flagged,
        )
        known = np.isfinite(readings.time)
        self._time[at[known]] = readings.time[known]
        return readings
