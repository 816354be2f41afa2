"""Where random bits come from: four ways to draw values from cells, and the bits in them."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from labcim.analysis.entropy.comparing import BEFORE, NONE, against_median, pairs
from labcim.capabilities import CellIndices, Cells, Floats, Train
from labcim.clock import Clock
from labcim.programming.punctual import Timetable

from ._random_recipe import RandomSource


@dataclass(frozen=True, slots=True)
class Drawn:
    """Samples of all cells, each array of shape (rounds, cells).

    raw: clocks or S, NaN where there was none.  value: what is watched, roughly normal.
    time: s.  bits: 0, 1, or -1 where there is none.
    """

    raw: Floats
    value: Floats
    time: Floats
    bits: NDArray[np.int8]


def joined(parts: list[Drawn]) -> Drawn:
    """Return samples that were drawn one part after the other."""
    names = ("raw", "value", "time", "bits")
    return Drawn(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


class Source(Protocol):
    """Draws samples. amplitude: V of the SET of each cell, (cells,), NaN where there is none.

    memory: what it has to know of earlier samples, one array, for the carry.
    """

    amplitude: Floats
    memory: Floats

    def draw(self, rounds: int) -> Drawn:
        """Draw samples of each cell."""

    def adapt(self, step: int) -> None:
        """Draw one sample of each cell and bring its voltage nearer to where it should be."""

    def keep(self, fit: NDArray[np.bool_]) -> None:
        """Go on with some of the cells."""


class TimedSet:
    """Parity of the clocks that a SET takes, after a RESET (Jiang et al., Nat. Commun. 8:882)."""

    def __init__(
        self, recipe: RandomSource, given: Cells, cells: CellIndices, amplitude: Floats
    ) -> None:
        self._recipe, self._given, self._cells = recipe, given, cells
        self.amplitude, self.memory = amplitude, np.empty(0)

    def draw(self, rounds: int) -> Drawn:
        """Draw samples of each cell."""
        shape = (rounds, len(self._cells))
        clocks, time = np.empty(shape), np.empty(shape)
        for i in range(rounds):
            clocks[i], time[i] = self._once()
        bits = np.where(np.isfinite(clocks), np.nan_to_num(clocks) % 2, NONE).astype(np.int8)
        return Drawn(clocks, np.log(clocks), time, bits)

    def _once(self) -> tuple[Floats, Floats]:
        recipe = self._recipe
        self._given.pulse(self._cells, recipe.reset_train())
        wait = Train(self.amplitude, recipe.longest, recipe.set_gate)
        found = self._given.time_to_threshold(
            self._cells, wait, recipe.threshold, clock=recipe.clock
        )
        clocks = np.where(found.flags == 0, np.rint(found.delay / recipe.clock), np.nan)
        return clocks, found.time

    def adapt(self, step: int) -> None:
        """Move each cell's voltage by how far its wait was from the target, in decades."""
        recipe = self._recipe
        clocks, _ = self._once()
        most = recipe.longest / recipe.clock
        decades = np.log10(np.nan_to_num(clocks, nan=2.0 * most) / recipe.target)
        moved = self.amplitude + 0.06 / (1.0 + step / 6.0) * np.clip(decades, -2.0, 2.0)
        self.amplitude = np.clip(moved, recipe.set_lowest, recipe.set_highest)

    def keep(self, fit: NDArray[np.bool_]) -> None:
        """Go on with some of the cells."""
        self._cells, self.amplitude = self._cells[fit], self.amplitude[fit]


class EvenSet:
    """Whether a SET pulse of even odds succeeds; a step of voltage after each keeps them even."""

    def __init__(
        self, recipe: RandomSource, given: Cells, cells: CellIndices, amplitude: Floats
    ) -> None:
        self._recipe, self._given, self._cells = recipe, given, cells
        self.amplitude, self.memory = amplitude, np.empty(0)

    def draw(self, rounds: int) -> Drawn:
        """Draw samples of each cell."""
        shape = (rounds, len(self._cells))
        conductance, time = np.empty(shape), np.empty(shape)
        bits = np.empty(shape, np.int8)
        for i in range(rounds):
            conductance[i], time[i] = self._once()
            bits[i] = self._succeeded(conductance[i])
            self._move(bits[i], self._recipe.feedback)
        return Drawn(conductance, _logarithm(conductance), time, bits)

    def _once(self) -> tuple[Floats, Floats]:
        recipe, given = self._recipe, self._given
        given.pulse(self._cells, recipe.reset_train())
        given.pulse(self._cells, recipe.set_train(self.amplitude))
        found = given.read(
            self._cells, recipe.read_voltage, gate=recipe.read_gate, averages=recipe.averages
        )
        return np.where(found.good, found.conductance, np.nan), found.time

    def _succeeded(self, conductance: Floats) -> NDArray[np.int8]:
        above = conductance > self._recipe.set_level
        return np.where(np.isfinite(conductance), above, NONE).astype(np.int8)

    def _move(self, bits: NDArray[np.int8], step: float) -> None:
        recipe = self._recipe
        moved = self.amplitude + step * np.where(bits == NONE, 0.0, 1.0 - 2.0 * bits)
        self.amplitude = np.clip(moved, recipe.set_lowest, recipe.set_highest)

    def adapt(self, step: int) -> None:
        """Move each cell's voltage by steps that become smaller."""
        conductance, _ = self._once()
        self._move(self._succeeded(conductance), max(0.15 / (1.0 + step), self._recipe.feedback))

    def keep(self, fit: NDArray[np.bool_]) -> None:
        """Go on with some of the cells."""
        self._cells, self.amplitude = self._cells[fit], self.amplitude[fit]


class _Compared:
    """Values that become bits against each other; the cells get no voltage of their own."""

    def __init__(self, recipe: RandomSource, given: Cells, cells: CellIndices) -> None:
        self._recipe, self._given, self._cells = recipe, given, cells
        self.amplitude = np.full(len(cells), np.nan)
        self.memory = np.full((BEFORE, len(cells)), np.nan)

    def _compared(self, raw: Floats, value: Floats, time: Floats) -> Drawn:
        if self._recipe.compare == "pairs":
            return Drawn(raw, value, time, pairs(value))
        bits, self.memory = against_median(value, self.memory)
        return Drawn(raw, value, time, bits)

    def adapt(self, step: int) -> None:
        """Do nothing: there is no voltage to be found."""

    def keep(self, fit: NDArray[np.bool_]) -> None:
        """Go on with some of the cells."""
        self._cells, self.amplitude = self._cells[fit], self.amplitude[fit]
        self.memory = self.memory[:, fit]


class HighResistance(_Compared):
    """The conductance after RESET, cycle after cycle."""

    def draw(self, rounds: int) -> Drawn:
        """Draw samples of each cell."""
        recipe = self._recipe
        found = self._given.cycle(
            self._cells, recipe.set_train(recipe.set_voltage), recipe.reset_train(), rounds,
            voltage=recipe.read_voltage, gate=recipe.read_gate, averages=recipe.averages,
        )  # fmt: skip
        low = np.where(found.low_flags == 0, found.low, np.nan)
        time = np.broadcast_to(found.time[:, None], low.shape)
        return self._compared(low, _logarithm(low), time)


class Telegraph(_Compared):
    """The conductance of a cell that is left alone, at regular times of the bench's clock.

    What is watched is its distance from the mean of the 31 readings before: what a cell relaxes and
    its slowest noise are no fault of the bench.
    """

    def __init__(
        self, recipe: RandomSource, given: Cells, cells: CellIndices, clock: Clock
    ) -> None:
        super().__init__(recipe, given, cells)
        self._times = Timetable(clock, recipe.interval)

    def draw(self, rounds: int) -> Drawn:
        """Draw samples of each cell; a reading that is late does not move those after it."""
        recipe, shape = self._recipe, (rounds, len(self._cells))
        raw, time = np.empty(shape), np.empty(shape)
        for i in range(rounds):
            self._times.wait()
            found = self._given.read(
                self._cells, recipe.read_voltage, gate=recipe.read_gate, averages=recipe.averages
            )
            raw[i] = np.where(found.good, found.conductance, np.nan)
            time[i] = found.time
        before = np.concatenate([self.memory, raw])
        past = np.array([_mean(before[i : i + BEFORE]) for i in range(rounds)])
        drawn = self._compared(raw, raw, time)
        self.memory = before[-BEFORE:]
        return Drawn(raw, raw - past, time, drawn.bits)

    def adapt(self, step: int) -> None:
        """Read once, so that there are values before the first."""
        found = self._given.read(
            self._cells, self._recipe.read_voltage, gate=self._recipe.read_gate,
            averages=self._recipe.averages,
        )  # fmt: skip
        raw = np.where(found.good, found.conductance, np.nan)
        self.memory = np.concatenate([self.memory, raw[None]])[-BEFORE:]


def source_of(
    recipe: RandomSource, given: Cells, clock: Clock, cells: CellIndices, amplitude: Floats
) -> Source:
    """Return the recipe's source on ``cells`` at V of SET, (cells,)."""
    if recipe.mode == "delay":
        return TimedSet(recipe, given, cells, amplitude)
    if recipe.mode == "half_set":
        return EvenSet(recipe, given, cells, amplitude)
    if recipe.mode == "high_resistance":
        return HighResistance(recipe, given, cells)
    return Telegraph(recipe, given, cells, clock)


def _mean(values: Floats) -> Floats:
    seen = np.isfinite(values)
    count, total = seen.sum(axis=0), np.where(seen, values, 0.0).sum(axis=0)
    mean = np.full(values.shape[1], np.nan)
    np.divide(total, count, out=mean, where=count > 0)
    return mean


def _logarithm(conductance: Floats) -> Floats:
    """Return ln of conductances in S; NaN where there is none, or noise made it negative."""
    return np.log(np.where(conductance > 0.0, conductance, np.nan))
