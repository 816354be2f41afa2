"""A single cell, read at a voltage that leaves it alone: the most frequent request of all."""

import numpy as np

from ..devices import kernels
from .lines import Floats
from .state import ChipState


class SingleCell:
    """Reads any one cell; the arrays that a kernel takes are made once."""

    def __init__(self, state: ChipState, logs_reads: bool) -> None:
        self._state, self._logged = state, logs_reads
        self._cell = np.zeros(1, np.uint32)
        self._high, self._low, self._gate, self._start = (np.zeros(1) for _ in range(4))

    def read(self, cell: int, voltage: float, gate: float, duration: float, start: float) -> Floats:
        """Return the current in A, shape (1,). Arguments as for `CrossbarChip.read_cells`."""
        state, log = self._state, self._state.truth
        self._cell[0] = cell
        self._high[0], self._low[0] = max(voltage, 0.0), max(-voltage, 0.0)
        self._gate[0], self._start[0] = gate, start
        if self._logged:
            log.reserve(1)
        current: Floats = kernels.read_cells(
            state.cells, state.devices, state.parameters, state.seed, self._cell, self._high,
            self._low, self._gate, float(duration), self._start, log.records, log.tail,
            state.next_operation(), self._logged,
        )  # fmt: skip
        return current
