"""Cycles of SET and RESET, and waits for a current, on the cells of a chip whose wires are ideal.

What cells come to is what `CrossbarChip.pulse_cells` and `read_cells` make of them, called for each
pulse and reading in turn; here one compiled loop does it, by several threads. Unread cycles are on
the truth log as two records for each cell, which count while the cycles go on.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..pulse_laws.threads import default_threads, over_rows
from . import _cycling_kernels as kernels
from .crossbar import CellIndices, CrossbarChip
from .lines import Floats

ANNOUNCED = 0


@dataclass(frozen=True, slots=True)
class Drive:
    """The SET and the RESET of each cell.

    amplitude, gate: V; offset: s, from the begin of a pass to the cell's own pulse; all (2, cells).
    width: s, limit: A, (2,).
    """

    amplitude: Floats
    gate: Floats
    offset: Floats
    width: Floats
    limit: Floats

    @property
    def sides(self) -> tuple[Floats, Floats]:
        """Return V at the SET terminal and at the other one."""
        return np.maximum(self.amplitude, 0.0), np.maximum(-self.amplitude, 0.0)


@dataclass(frozen=True, slots=True)
class Sensing:
    """A reading: V, V, s of all averages, and s from the begin of a pass, (cells,)."""

    voltage: float
    gate: float
    aperture: float
    offset: Floats


def can_cycle(chip: CrossbarChip) -> bool:
    """Say whether each cell is alone with its pulses: no wires between them, no warmth."""
    warm = chip.chip_file.chip.heating
    return not (chip.exact or warm.neighbour or warm.diagonal) and chip.topology.kind == "1T1R"


def cycle_cells(chip: CrossbarChip, cells: CellIndices, drive: Drive, moments: Floats) -> Floats:
    """Cycle cells unread; return the largest currents in A, (2, cells).

    moments: s, begin of each SET and each RESET pass, (count, 2).
    """
    state, (high, low) = chip.state, drive.sides
    peak = np.empty((2, cells.size))

    def work(part: slice, tail: NDArray[np.uint64]) -> None:
        row, column, gate, offset = _parts(part, high, low, drive.gate, drive.offset)
        peak[:, part] = kernels.cycle_cells(
            state.cells, state.devices, state.parameters[0], state.seed, cells[part], row, column,
            gate, drive.width, drive.limit, offset, moments, state.truth.records, tail, operation,
        )  # fmt: skip

    operation = state.next_operation()
    _shared(chip, cells.size, 2, len(moments), work)
    return peak


def cycle_and_read(
    chip: CrossbarChip, cells: CellIndices, drive: Drive, moments: Floats, sensing: Sensing
) -> tuple[Floats, Floats]:
    """Cycle and read; return the largest currents, (2, cells), and those read, (2, count, cells).

    moments: s, begin of each SET pass, its reading, each RESET pass, its reading, (count, 4).
    """
    state, (high, low) = chip.state, drive.sides
    peak, currents = np.empty((2, cells.size)), np.empty((2, len(moments), cells.size))
    logged = chip.chip_file.state.truth == "full"

    def work(part: slice, tail: NDArray[np.uint64]) -> None:
        row, column, gate, offset = _parts(part, high, low, drive.gate, drive.offset)
        found = np.empty((2, len(moments), len(cells[part])))
        peak[:, part] = kernels.cycle_and_read(
            state.cells, state.devices, state.parameters[0], state.seed, cells[part], row, column,
            gate, drive.width, drive.limit, offset, moments, max(sensing.voltage, 0.0),
            max(-sensing.voltage, 0.0), sensing.gate, sensing.aperture, sensing.offset[part],
            state.truth.records, tail, operation, logged, found,
        )  # fmt: skip
        currents[:, :, part] = found

    operation = state.next_operation()
    each = len(moments) * (4 if logged else 2)
    _shared(chip, cells.size, each, len(moments), work)
    return peak, currents


def time_cells(
    chip: CrossbarChip,
    cells: CellIndices,
    amplitude: Floats,
    gate: Floats,
    step: NDArray[np.int64],
    *,
    threshold: float,
    clock: float,
    most: int,
    limit: float,
    gap: float,
    fault: Floats,
) -> tuple[Floats, NDArray[np.int64], Floats, float]:
    """Hold each cell until its current crosses ``threshold`` A; see `_cycling_kernels.time_cells`.

    cells: in the order of ``step``.  Return begins in s, clocks, largest currents in A, and when
    the last step has ended, in s.
    """
    state = chip.state
    state.truth.reserve(cells.size)
    time, peak = np.full(cells.size, chip.clock.now), np.empty(cells.size)
    ticks = np.empty(cells.size, np.int64)
    ended = kernels.time_cells(
        state.cells, state.devices, state.parameters[0], state.seed, cells,
        np.maximum(amplitude, 0.0), np.maximum(-amplitude, 0.0), gate, step, float(threshold),
        float(clock), int(most), float(limit), float(gap), fault, np.empty_like(state.cells[:1]),
        state.truth.records, state.truth.tail, state.next_operation(), time, ticks, peak,
    )  # fmt: skip
    return time, ticks, peak, float(ended)


def first_crossing(most: int, crossed: Callable[[int], bool]) -> int:
    """Return after how many clocks ``crossed`` holds, ``most`` + 1 if it does not."""
    low, high, middle = 0, most + 1, most
    while low + 1 < high:
        if crossed(middle):
            high = middle
        else:
            low = middle
        middle = (low + high) // 2
        if high > 4 * max(low, 1):
            middle = min(max(math.isqrt(max(low, 1) * high), low + 1), high - 1)
    return high


def _parts(part: slice, *arrays: Floats) -> list[Floats]:
    return [np.ascontiguousarray(array[:, part]) for array in arrays]


def _shared(
    chip: CrossbarChip,
    cells: int,
    records: int,
    count: int,
    work: Callable[[slice, NDArray[np.uint64]], None],
) -> None:
    """Let threads share the cells, each with room for ``records`` a cell on the truth log.

    The room is taken before the first pulse, of no kind until a record is there.
    """
    log = chip.state.truth
    log.reserve(cells * records)
    begin = len(log)
    log.records["kind"][begin : begin + cells * records] = ANNOUNCED
    log.tail[0] = begin + cells * records
    over_rows(
        lambda first, last: work(
            slice(first, last), np.array([begin + first * records], np.uint64)
        ),
        cells, cells * count * 2, default_threads(),
    )  # fmt: skip
