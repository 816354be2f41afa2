"""What a chip's lines make of small voltages: one matrix for many vectors, cached by its cells.

Cells count with their slope at 0 V, as their gates open them; so the matrix is exact for ohmic
cells, and for others as far as the voltages are small.
"""

import numpy as np

from .cell_law import ChipLaw
from .chip_file import ChipFile
from .exact_lines import gate_voltages
from .line_network import LineNetwork
from .lines import Floats
from .state import ChipState


class SmallSignal:
    """The array between its rows and its columns."""

    def __init__(self, state: ChipState, chip_file: ChipFile) -> None:
        self._state, self._topology = state, chip_file.chip.topology()
        self._law, self._lines = ChipLaw(state, chip_file), LineNetwork(chip_file)
        self._known: dict[bool, tuple[Floats, Floats]] = {}

    def conductance(self, gate_v: Floats, aperture: float | None = None) -> Floats:
        """Return the slope of each cell at 0 V: S, (rows, columns).

        gate_v: V of the gate lines.  aperture: s; with it cells are read, and count with what one
        reading of that length sees of them.
        """
        gate = gate_voltages(self._topology, gate_v)
        on = self._law.whole & (gate > 0.0) if self._topology.gates else self._law.whole
        cells = np.flatnonzero(on).astype(np.uint32)
        now = self._state.clock.now
        if aperture is None:
            conductance = self._law.present(cells, now)
        else:
            conductance = self._law.observed(cells, aperture, now)
        self._law.load(cells, gate[cells], conductance)
        rest = np.zeros((self._topology.rows, self._topology.columns))
        return self._law.evaluate(rest, rest)[1]

    def matrix(self, conductance: Floats, *, transposed: bool = False) -> Floats:
        """Return A out of each sensed line for 1 V on each driven one: S, (driven, sensed).

        conductance: of `conductance`. The matrix of the last one is kept, for either direction.
        """
        known = self._known.get(transposed)
        if known is None or not np.array_equal(known[0], conductance):
            found = self._lines.transfer(conductance, transposed=transposed)
            known = self._known[transposed] = conductance.copy(), found
        return known[1]
