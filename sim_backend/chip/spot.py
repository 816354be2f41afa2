"""A measurement that is made again while nothing on the bench changes: most of them are.

Levels, relays and gates being what they were, the voltages at the cells are too, as long as no line
that carries current floats: what is left of a reading is to read the cells. Numbers are the same,
to the last bit, as by `CrossbarChip.line_currents`.
"""

import numpy as np

from ..devices import kernels
from .crossbar import CrossbarChip
from .live_lines import SENSED, IdealLines
from .nets import LineVoltages
from .pads import Family

MOST_CELLS = 16  # more are sooner summed by numpy


class Spot:
    """The current into some lines of a chip. See `spot_of`."""

    def __init__(
        self, chip: CrossbarChip, held: IdealLines, lines: list[tuple[Family, int]]
    ) -> None:
        high, low = held.sides()
        seen = np.flatnonzero(np.abs(high - low) >= SENSED)
        self._state, self._clock = chip.state, chip.clock
        self._logged = held.logs_reads
        self._cells, self._gate = held.cells[seen], held.gate[seen]
        self._high, self._low = high[seen], low[seen]
        self._start = np.zeros(seen.size)
        sign = 1.0 if chip.topology.set_terminal == "row" else -1.0
        self._terms = [self._term(chip, family, index, sign) for family, index in lines]

    def _term(
        self, chip: CrossbarChip, family: Family, index: int, sign: float
    ) -> tuple[float, list[int]]:
        """Return the sign of a line's current and the places of its cells."""
        if family == "gate":
            return 0.0, []
        of_line = chip.topology.place
        which = 0 if family == "row" else 1
        places = [n for n, cell in enumerate(self._cells) if of_line(int(cell))[which] == index]
        return (sign if family == "row" else -sign), places

    def current(self, duration: float) -> float:
        """Read for ``duration`` s; return the current in A into the lines."""
        if not self._start.size:
            return 0.0
        state, log = self._state, self._state.truth
        if self._logged:
            log.reserve(self._start.size)
        self._start[:] = self._clock.cell
        found = kernels.read_cells(
            state.cells, state.devices, state.parameters, state.seed, self._cells, self._high,
            self._low, self._gate, duration, self._start, log.records, log.tail,
            state.next_operation(), self._logged,
        ).tolist()  # fmt: skip
        total = 0.0
        for sign, places in self._terms:
            line = 0.0
            for place in places:
                line += found[place]
            total += sign * line
        return total


def spot_of(
    chip: CrossbarChip, levels: LineVoltages, lines: list[tuple[Family, int]]
) -> Spot | None:
    """Return the measurement of a terminal on ``lines``; None where it has to be made anew."""
    held = chip.hold(levels.row, levels.column, levels.gate, sensed="both")
    if not (isinstance(held, IdealLines) and held.stiff and held.cells.size):
        return None
    high, low = held.sides()
    if np.count_nonzero(np.abs(high - low) >= SENSED) > MOST_CELLS:
        return None
    return Spot(chip, held, lines)
