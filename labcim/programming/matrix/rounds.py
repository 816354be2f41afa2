"""Writes a layout in rounds: what does not move is found, and made up for by its neighbours."""

import numpy as np
from numpy.typing import NDArray

from labcim.analysis.cost.work import Work
from labcim.capabilities import Floats
from labcim.protocol import Capabilities

from .layout import Layout
from .writing import Tuning, Writer, Written

Bools = NDArray[np.bool_]


class Rounds:
    """Rounds of writing; ``held``: fraction that each cell was last seen to hold, as targets."""

    def __init__(
        self,
        plan: Layout,
        arrays: tuple[Capabilities, ...],
        works: tuple[Work, ...],
        writer: Writer,
        tuning: Tuning,
    ) -> None:
        self._layout = plan
        self._arrays, self._works = arrays, works
        self._writer, self._tuning = writer, tuning
        self.written: list[Written] = []
        self.held: list[Floats] = [cells.copy() for cells in plan.stuck]
        self._stuck: list[Bools] = [~np.isnan(cells) for cells in plan.stuck]

    def write(self, rounds: int) -> Layout:
        """Write all cells, ``rounds`` times, then those whose targets the last round changed.

        Returns the layout with targets that make up for what did not move.
        """
        every = [np.ones(stuck.shape, np.bool_) for stuck in self._stuck]
        self._go_over(every)
        for left in range(rounds - 1, -1, -1):
            before = self._layout.targets
            self._layout = self._layout.around(self._known())
            changed = [new != old for new, old in zip(self._layout.targets, before, strict=True)]
            self._go_over(every if left else changed)
        # What stuck only now is known, but its neighbours are as they were written.
        return self._layout.with_stuck(self._known())

    def _known(self) -> list[Floats]:
        return [
            np.where(stuck, held, np.nan)
            for stuck, held in zip(self._stuck, self.held, strict=True)
        ]

    def _go_over(self, which: list[Bools]) -> None:
        """Write those cells of each region that are not stuck, and see what they hold."""
        for number, region in enumerate(self._layout.regions):
            chosen = which[number] & ~self._stuck[number]
            if not chosen.any():
                continue
            given = self._arrays[region.array]
            targets = self._layout.scheme.conductance(self._layout.targets[number][chosen])
            cells = region.cells(given.cells.topology)[chosen]
            order = np.argsort(cells, kind="stable")
            found = self._writer(given, cells[order], targets[order], self._tuning)
            self.written.append(found)
            if found.spent is not None:
                self._works[region.array].add(found.spent)
            back = np.empty(len(order), np.intp)
            back[order] = np.arange(len(order))
            fractions = self._layout.scheme.fraction(found.conductance[back])
            self.held[number][chosen] = fractions
            self._stuck[number][chosen] = found.stuck[back]
