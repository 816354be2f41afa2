"""Whole pulses on many cells at known voltages, by several threads; the truth log among them.

Cells do not feel each other here, and their draws are keyed by cell: the result is the same, to the
last bit, for any number of threads. Records come in the order of cells. They are announced before
the first pulse, as of no kind, and get their kind when they are complete: whoever reads the log of
a process that was killed sees every pulse that is on it whole, and no other.
"""

import numpy as np
from numpy.typing import NDArray

from ..devices import kernels
from ..pulse_laws.threads import default_threads, over_rows
from .lines import Floats
from .state import ChipState

CellIndices = NDArray[np.uint32]
LEAST = 1 << 13  # pulses: fewer are sooner delivered than handed over
ANNOUNCED = 0


def deliver(
    state: ChipState,
    cells: CellIndices,
    set_side: Floats,
    other_side: Floats,
    gate: Floats,
    width: float,
    gap: float,
    count: int,
    limit: float,
    start: Floats,
    operation: int,
) -> Floats:
    """Deliver ``count`` pulses to each cell; return the peak currents in A, (cells,).

    set_side, other_side, gate: V; start: s; each (cells,).  width, gap: s.  limit: A.
    """
    log, total = state.truth, cells.size * count
    log.reserve(total)
    peak = np.empty(cells.size)

    def work(first: int, last: int, tail: NDArray[np.uint64]) -> None:
        part = slice(first, last)
        peak[part] = kernels.pulse_cells(
            state.cells, state.devices, state.parameters, state.seed, cells[part],
            set_side[part], other_side[part], gate[part], float(width), float(gap), int(count),
            float(limit), start[part], log.records, tail, operation,
        )  # fmt: skip

    threads = default_threads()
    if total < LEAST or threads == 1 or not _all_different(cells, state.cells.size):
        work(0, cells.size, log.tail)
        return peak
    begin = len(log)
    log.records["kind"][begin : begin + total] = ANNOUNCED
    log.tail[0] = begin + total
    over_rows(
        lambda first, last: work(first, last, np.array([begin + first * count], np.uint64)),
        cells.size, total, threads,
    )  # fmt: skip
    return peak


def _all_different(cells: CellIndices, size: int) -> bool:
    """Say whether no cell is given twice: two threads must not pulse the same one."""
    given = np.zeros(size, np.bool_)
    given[cells] = True
    return int(np.count_nonzero(given)) == cells.size
