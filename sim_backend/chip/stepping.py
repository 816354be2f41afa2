"""Pulses while which the circuit's voltages change, because the cells that they move change them.

Where a line floats, or its wire is resistive, a cell that switches shifts the voltages of others:
that is how a voltage divider computes. A pulse is then taken in parts: solve the circuit, move the
cells at these voltages, and solve again. A part whose cells shift any voltage by more than
`MOST_SHIFT` is taken back and tried shorter; after a quiet one the next is longer, so that parts
come out evenly spaced in the logarithm of time, as cells move. Of a train that moves little, many
pulses make one part.

Cells whose draws hold for a whole pulse (`CellModel.hold_draws`) are moved by N parts exactly as by
one of their length. Others draw anew in each part, and taking back what was drawn would favour what
was not: their parts are of a fixed number, and only where a line floats.
"""

import math
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ..devices.layout import PULSE
from . import _stepping_kernels
from .state import ChipState
from .whole_pulses import deliver

Floats = NDArray[np.float64]
CellIndices = NDArray[np.uint32]

MOST_SHIFT = 0.01
"""Largest change in V of any live cell's voltage over a part."""
SHORTEST = {True: 1e-16, False: 1e-3}
"""Shortest part, of a pulse, where lines float and where all are driven, through resistances."""
FINEST = 0.1
"""A part of what has passed that is not divided further: 3 mV to a cell of 80 mV a decade."""
SHRINK, GROW = 0.03, 4.0
FIXED_PARTS = 16


class Held(Protocol):
    """Lines held by their drivers, and the live cells between them.

    cells: flat indices.  gate: V on each cell's gate.  stiff: whether cells that move change no
    voltage.  loose: whether they can change them much, since lines float.
    """

    cells: CellIndices
    gate: Floats
    stiff: bool
    loose: bool

    def settle(self, time: float) -> None:
        """Find all voltages with the cells as they are at ``time`` s."""

    def charge(self, width: float) -> None:
        """Let pulses be ``width`` s long, which counts where lines take time to charge."""

    def sides(self) -> tuple[Floats, Floats]:
        """Return V on the SET terminal of each live cell, and on its other one."""


class Stimulus:
    """One train on a chip. seen: V that make it a pulse on a (live) cell.  limit: A, of each.

    It begins at ``start`` s; the circuit is settled there.
    """

    def __init__(
        self, state: ChipState, held: Held, *, hold_draws: bool, seen: Floats | float, limit: float
    ) -> None:
        self._state, self._held = state, held
        self._hold_draws, self._seen, self._limit = hold_draws, seen, limit
        self._operation = state.next_operation()
        self._peak = np.zeros(held.cells.size)
        self._places = np.full(held.cells.size, -1, np.int64)

    def deliver(self, start: float, width: float, gap: float, count: int) -> Floats:
        """Deliver the train; return the peak current in A of each live cell."""
        self._held.charge(width)
        if self._held.stiff:
            self._whole(start, width, gap, count)
            return self._peak
        done, together = 0, 1
        while done < count:
            begin = start + done * (width + gap)
            if done:
                self._held.settle(begin)
            now = min(together, count - done)
            if not self._hold_draws:
                now = self._fixed(begin, width, gap, count - done)
            elif not self._tried(begin, width, gap, now):
                together = max(1, now // 8)
                if now > 1:
                    continue
                self._in_parts(begin, width)
            else:
                together = 4 * now
            done += now
        return self._peak

    def go_on(self, start: float, width: float, places: NDArray[np.int64]) -> None:
        """Let pulses that are on the log, at ``places``, go on from ``start`` s for ``width`` s."""
        self._held.charge(width)
        self._places = places
        if self._held.stiff or not self._hold_draws:
            self._part(start, width, least=math.inf)
        else:
            self._follow(start, width)

    # -- whole pulses ------------------------------------------------------------------------

    def _whole(self, start: float, width: float, gap: float, count: int) -> NDArray[np.intp]:
        """Deliver pulses at the voltages that are; return the live cells that met them."""
        high, low = self._held.sides()
        met = np.flatnonzero(np.abs(high - low) >= self._seen)
        if met.size:
            found = deliver(
                self._state, self._held.cells[met], high[met], low[met], self._held.gate[met],
                width, gap, count, self._limit, np.full(met.size, start), self._operation,
            )  # fmt: skip
            self._peak[met] = np.maximum(self._peak[met], found)
        return met

    def _tried(self, start: float, width: float, gap: float, count: int) -> bool:
        """Deliver whole pulses if they shift no voltage by much; else leave all as it was."""
        before = self._voltages()
        met = self._held.cells[np.abs(before) >= self._seen]
        cells, peak = self._state.cells[met], self._peak.copy()
        written = int(self._state.truth.tail[0])
        self._whole(start, width, gap, count)
        self._held.settle(start + (count - 1) * (width + gap) + width)
        if self._shift(before) <= MOST_SHIFT:
            return True
        self._state.cells[met], self._peak = cells, peak
        self._state.truth.tail[0] = written
        self._held.settle(start)
        return False

    # -- parts of one ------------------------------------------------------------------------

    def _in_parts(self, start: float, width: float) -> None:
        """Deliver one pulse in as many parts as it takes."""
        self._places[:] = -1
        self._follow(start, width)

    def _follow(self, start: float, width: float) -> None:
        elapsed, length = 0.0, SHRINK * width
        shortest = SHORTEST[self._held.loose] * width
        while elapsed < width:
            length = min(length, width - elapsed)
            if width - elapsed - length < 0.01 * length:
                length = width - elapsed
            least = max(shortest, FINEST * elapsed)
            shift = self._part(start + elapsed, length, least)
            if shift is None:
                length = max(SHRINK * length, least)
                continue
            elapsed = width if length == width - elapsed else elapsed + length
            length *= GROW if shift < 0.5 * MOST_SHIFT else 1.0

    def _fixed(self, start: float, width: float, gap: float, left: int) -> int:
        """Deliver one pulse in parts of equal length, or all at once; return how many."""
        parts = max(1, FIXED_PARTS // left) if self._held.loose else 1
        if parts == 1:
            self._whole(start, width, gap, 1)
            return 1
        self._places[:] = -1
        for part in range(parts):
            begin = start + part * width / parts
            self._part(begin, width / parts, least=math.inf)
        return 1

    def _part(self, start: float, length: float, least: float) -> float | None:
        """Go on with the pulse, settle, and return the largest shift in V.

        Where it is too large, and ``length`` s above ``least``, leave all as it was: None.
        """
        high, low = self._held.sides()
        before, log = high - low, self._state.truth
        met = np.flatnonzero((np.abs(before) >= self._seen) | (self._places >= 0))
        log.reserve(met.size)
        chosen, places = self._held.cells[met], self._places[met]
        cells, written = self._state.cells[chosen], int(log.tail[0])
        records = log.records[places[places >= 0]]
        found = _stepping_kernels.pulse_part(
            self._state.cells, self._state.devices, self._state.parameters[0], self._state.seed,
            chosen, high[met], low[met], self._held.gate[met], length, self._limit, start,
            self._hold_draws, places, log.records, log.tail, self._operation,
        )  # fmt: skip
        self._held.settle(start + length)
        shift = self._shift(before)
        if shift > MOST_SHIFT and length > least:
            self._state.cells[chosen] = cells
            log.tail[0] = written
            old = self._places[met]
            log.records[old[old >= 0]] = records
            self._held.settle(start)
            return None
        self._places[met] = places
        self._peak[met] = np.maximum(self._peak[met], found)
        return shift

    def _voltages(self) -> Floats:
        high, low = self._held.sides()
        return high - low

    def _shift(self, before: Floats) -> float:
        return float(np.abs(self._voltages() - before).max(initial=0.0))


def last_pulses(state: ChipState, written: int, cells: CellIndices) -> NDArray[np.int64]:
    """Return where each cell's last pulse is on the log, of those after ``written`` records.

    -1 where there is none.
    """
    log = state.truth
    places = np.arange(written, len(log))
    places = places[log.records["kind"][places] == PULSE]
    last = dict(zip(log.records["cell"][places].tolist(), places.tolist(), strict=True))
    return np.array([last.get(cell, -1) for cell in cells.tolist()], np.int64)
