"""What resistive wires take of many products at once: the IR drop of one state, as a matrix.

A product through wires is what cells give at the full voltages, by their own laws and with their
own noise, less what the wires take. The second part is small, and is found from a linear network of
the cells' conductances at full voltage: one matrix for all vectors. What this leaves out is IR drop
times curvature: where that could be more than `MOST_OFF` of a product, there is no matrix, and each
vector has to be solved for.
"""

import numpy as np

from .chip_file import ChipFile
from .line_network import LineNetwork
from .lines import Floats

MOST_OFF = 1e-3


class WireLoss:
    """The wires of one chip. Of the last state that was asked for the matrix is kept."""

    def __init__(self, chip_file: ChipFile) -> None:
        chip = chip_file.chip
        self._lines = LineNetwork(chip_file)
        # Cells that are shorted or cut off have no law of their own; selectors are all curvature.
        self.possible = chip_file.faults.sound and chip.selector is None
        self._known: dict[bool, tuple[Floats, Floats]] = {}

    def matrix(self, full: Floats, small: Floats, *, transposed: bool) -> Floats | None:
        """Return A that are missing at each sensed line for 1 V on each driven one, or None.

        full, small: conductance of each cell at full voltage and at a small one, S, (rows,
        columns).  transposed: columns are driven.
        """
        conductance = full.T if transposed else full
        known = self._known.get(transposed)
        if known is None or not np.array_equal(known[0], full):
            through = self._lines.transfer(np.ascontiguousarray(full), transposed=transposed)
            known = self._known[transposed] = full.copy(), conductance - through
        lost = known[1]
        total = np.maximum(conductance.sum(axis=0), np.finfo(np.float64).tiny)
        share = float((np.abs(lost.sum(axis=0)) / total).max())
        curvature = float(np.abs(full - small).sum() / max(float(full.sum()), 1e-300))
        return lost if share * curvature <= MOST_OFF else None
