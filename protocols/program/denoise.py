"""Denoise: pulses too small to move a cell's conductance, until it reads quiet.

What a filament's noise is depends on the atoms beside its narrowest part, and pulses below the
switching threshold move them: cycling so lowers the noise of Ta2O5 by up to a factor of ten (Balogh
et al., arXiv 2412.16080), and a denoising step made 2,048 levels of one cell distinct (Rao et al.,
Nature 615:823, 2023). Cells are recorded; noisy ones get small pulses of both polarities and are
recorded again, until quiet or out of tries. One that moved is tuned back.

The records that decide are not those that are reported: a cell that a record called noisy is a
little less so in the next, and one that was given up as quiet a little more.
"""

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labcim.capabilities import CellIndices, Floats, Train
from labcim.documents import Channel
from labcim.plots import PlotSpec
from labcim.programming.cell_selection import places
from labcim.programming.listening import Heard, listen
from labcim.programming.tuning import tune_to
from labcim.protocol import Capabilities, Carry, Progress, Rows, Steps, protocol
from labcim.recipe import Unit

from ._denoise_findings import Outcome, summarise
from ._denoise_recipe import Denoise

CHANNELS = (
    Channel(name="cell", dtype="<u4", doc="index, row-major"),
    Channel(name="row", dtype="<u4"),
    Channel(name="column", dtype="<u4"),
    Channel(name="target", dtype="<f8", unit="S", doc="where it shall stay"),
    Channel(name="conductance_before", dtype="<f8", unit="S", doc="mean of the record before"),
    Channel(name="conductance", dtype="<f8", unit="S", doc="mean of the last record"),
    Channel(name="sigma_before", dtype="<f8", doc="sigma/G before, pickup taken out"),
    Channel(name="low_before", dtype="<f8", doc="lower end of its 95 % interval"),
    Channel(name="high_before", dtype="<f8", doc="upper end of its 95 % interval"),
    Channel(name="sigma_after", dtype="<f8", doc="sigma/G of the last record"),
    Channel(name="low_after", dtype="<f8", doc="lower end of its 95 % interval"),
    Channel(name="high_after", dtype="<f8", doc="upper end of its 95 % interval"),
    Channel(name="telegraph_before", dtype="<f8", doc="a trap's share of the variance; noisy ones"),
    Channel(name="telegraph_after", dtype="<f8", doc="the same of the last record"),
    Channel(name="noisy", dtype="?", doc="its first record, which is not reported, called it so"),
    Channel(name="small_pulses", dtype="<u4", doc="small pulses given to the cell"),
    Channel(name="tuned_again", dtype="<u4", doc="how often it had moved and was tuned again"),
    Channel(
        name="outcome", dtype="u1", doc=", ".join(f"{s.value} {s.name.lower()}" for s in Outcome)
    ),
    Channel(name="flagged", dtype="<u4", doc="samples over range, none of them taken for data"),
    Channel(name="time", dtype="<f8", unit="s", doc="bench time of the end of the last records"),
)

PLOTS = (
    PlotSpec("Noise after over before", "scatter", "sigma_after", x="sigma_before", where="noisy"),
    PlotSpec("Noise before", "map", "sigma_before"),
    PlotSpec("Noise after", "map", "sigma_after"),
    PlotSpec("Conductance after over before", "scatter", "conductance", x="conductance_before"),
    PlotSpec("Small pulses for each noisy cell", "histogram", "small_pulses", where="noisy"),
)  # fmt: skip


@protocol(Denoise, channels=CHANNELS, plots=PLOTS, summarise=summarise)
def denoise(recipe: Denoise, given: Capabilities, unit: Unit, carry: Carry) -> Steps:
    """Find the unit's noisy cells, pulse them until they are quiet; one row for each cell.

    A resumed unit begins with a reading like any other, and takes the cells as they are.
    """
    work = _Denoising(recipe, given, unit.cells, dict(carry))
    return (yield from work.all_of_it())


Told = Generator[Any, None, None]


@dataclass
class _Denoising:
    """Cells on their way to silence; arrays are of shape (cells,)."""

    recipe: Denoise
    given: Capabilities
    cells: CellIndices
    handed_on: dict[str, NDArray[Any]]

    def __post_init__(self) -> None:
        count = len(self.cells)
        self.target = np.full(count, self.recipe.target)
        self.alive = np.ones(count, bool)
        self.small = np.zeros(count, np.uint32)
        self.again = np.zeros(count, np.uint32)
        self.flagged = np.zeros(count, np.uint32)

    def all_of_it(self) -> Steps:
        """Tune, listen, denoise, listen; yield the rows, hand on what tuning learned."""
        everyone = np.arange(len(self.cells))
        if self.recipe.target > 0.0:
            yield from self._tune(everyone)
        first = yield from self._rested(everyone)
        if self.recipe.target == 0.0:
            self.target = first.mean
        self.alive &= (first.mean >= self.recipe.lowest) & np.isfinite(first.sigma)
        noisy = np.flatnonzero(self.alive & (first.sigma > self.recipe.quiet))
        before = yield from self._rested(noisy)
        yield from self._until_quiet(noisy)
        after = yield from self._rested(noisy)
        shares = []
        for heard in (before, after):
            shares.append((yield from self._telegraph_shares(noisy, heard)))
        yield Rows(self._rows(first, noisy, (before, after), shares))
        return self.handed_on

    def _until_quiet(self, noisy: NDArray[np.intp]) -> Told:
        """Pulse and listen until all are quiet, as often as the recipe confirms it, or given up."""
        recipe = self.recipe
        quiet, tries = np.zeros(len(self.cells), int), np.zeros(len(self.cells), int)
        left, pulsed = noisy, noisy  # each gets one try, whatever its next record would say
        while len(left):
            tries[pulsed] += 1
            self._pulse(pulsed)
            heard = yield from self._listen(left)
            off = self._off(left, heard)
            hushed = (heard.sigma <= recipe.quiet) & ~off
            quiet[left] = np.where(hushed, quiet[left] + 1, 0)
            if off.any():
                self.again[left[off]] += 1
                yield from self._tune(left[off])
            on = (quiet[left] < recipe.confirmations) & (hushed | (tries[left] < recipe.tries))
            # What was tuned has other atoms at its narrowest part now: heard first, pulsed then.
            pulsed = left[on & ~hushed & ~off]
            tries[left[off]] += 1
            left = left[on]

    def _pulse(self, at: NDArray[np.intp]) -> None:
        """Give small pulses, whose polarities take turns; then wait as after any pulse."""
        recipe = self.recipe
        if not len(at):
            return
        for _ in range(recipe.pairs):
            for amplitude in (recipe.small_pulse, -recipe.small_pulse):
                train = Train(amplitude, recipe.small_width, recipe.small_gate)
                self.given.cells.pulse(self.cells[at], train)
        self.small[at] += 2 * recipe.pairs
        if recipe.settle > 0.0:
            self.given.clock.sleep(recipe.settle)

    def _off(self, at: NDArray[np.intp], heard: Heard) -> NDArray[np.bool_]:
        """Say which cells are out of tolerance."""
        target = self.target[at]
        return np.asarray(np.abs(heard.mean - target) > self.recipe.tolerated(target))

    def _listen(self, at: NDArray[np.intp]) -> Generator[Any, None, Heard]:
        heard = yield from listen(self.given.cells, self.cells[at], self.recipe.ear)
        self.flagged[at] += heard.flagged
        return heard

    def _rested(self, at: NDArray[np.intp]) -> Generator[Any, None, Heard]:
        """Wait until tuned cells lie still and slow traps forgot the last record; listen."""
        if len(at) and self.recipe.rest > 0.0:
            yield Progress(0.0, f"{len(at)} cells rest")
            self.given.clock.sleep(self.recipe.rest)
        return (yield from self._listen(at))

    def _tune(self, at: NDArray[np.intp]) -> Told:
        """Bring cells to their targets; those that will not go are not heard of again."""
        steps = tune_to(self.target[at], self.recipe, self.given, self.cells[at], self.handed_on)
        accepted: dict[int, bool] = {}
        while True:
            try:
                step = next(steps)
            except StopIteration as end:
                self.handed_on = dict(end.value or {})
                break
            if isinstance(step, Rows):
                rows = step.columns
                accepted |= dict(zip(rows["cell"].tolist(), rows["accepted"].tolist(), strict=True))
            else:
                yield step
        self.alive[at] &= [accepted.get(int(cell), False) for cell in self.cells[at]]

    def _telegraph_shares(
        self, noisy: NDArray[np.intp], heard: Heard
    ) -> Generator[Any, None, Floats]:
        """Return the traps' share of each noisy cell's variance, NaN for others."""
        shares = np.full(len(self.cells), np.nan)
        for place, at in enumerate(noisy) if self.recipe.traps else ():
            yield Progress(1.0, f"taking the noise of cell {self.cells[at]} apart")
            shares[at] = heard.telegraph_share(place, self.recipe.rate, self.recipe.traps)
        return shares

    def _rows(
        self,
        first: Heard,
        noisy: NDArray[np.intp],
        heard: tuple[Heard, Heard],
        shares: list[Floats],
    ) -> dict[str, NDArray[Any]]:
        """Return a row for each cell; what was not heard again is as it was heard first."""
        before, after = heard
        row, column = places(self.cells, self.given.cells.topology)
        chosen = np.zeros(len(self.cells), bool)
        chosen[noisy] = True

        def told(name: str, again: Heard) -> Floats:
            values = getattr(first, name).copy()
            values[noisy] = getattr(again, name)
            return np.asarray(values)

        outcome = np.where(self.alive, Outcome.QUIET, Outcome.SILENT)
        outcome[noisy] = self._outcomes(noisy, before, after)
        return {
            "cell": self.cells,
            "row": row,
            "column": column,
            "target": self.target,
            "conductance_before": told("mean", before),
            "conductance": told("mean", after),
            "sigma_before": told("sigma", before),
            "low_before": told("low", before),
            "high_before": told("high", before),
            "sigma_after": told("sigma", after),
            "low_after": told("low", after),
            "high_after": told("high", after),
            "telegraph_before": shares[0],
            "telegraph_after": shares[1],
            "noisy": chosen,
            "small_pulses": self.small,
            "tuned_again": self.again,
            "outcome": outcome.astype(np.uint8),
            "flagged": self.flagged,
            "time": np.full(len(self.cells), self.given.clock.now()),
        }

    def _outcomes(self, noisy: NDArray[np.intp], before: Heard, after: Heard) -> NDArray[np.int64]:
        quiet = (after.sigma <= self.recipe.quiet) & (before.sigma > self.recipe.quiet)
        found = np.where(quiet, Outcome.DENOISED, Outcome.NOISY)
        found[self._off(noisy, after)] = Outcome.MOVED
        found[~np.isfinite(after.sigma) | ~np.isfinite(before.sigma)] = Outcome.SILENT
        return found
