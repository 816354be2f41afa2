"""The cells of a chip as a law of its circuit: presets' own conduction, selectors, faulty cells."""

import numpy as np
from numpy.typing import NDArray

from labcim.capabilities import Topology

from ..devices import kernels
from ..devices.finding import find_model
from . import _law_kernels
from .chip_file import ChipFile
from .lines import Floats
from .state import ChipState

CellIndices = NDArray[np.uint32]
Answer = tuple[Floats, Floats, Floats]


class ChipLaw:
    """A `circuit.CellLaw` of all cells; only those that `load` names conduct, and shorted ones.

    share: V across each loaded cell itself, where a selector is in series with it.
    """

    def __init__(self, state: ChipState, chip_file: ChipFile) -> None:
        self._state, self._topology = state, chip_file.chip.topology()
        self.symmetric = self._topology.kind != "1T1R"
        self._selector = chip_file.chip.selector
        faults = chip_file.faults
        self._shorts = _flat(faults.shorted_cells, self._topology)
        self._short = 1.0 / faults.short_resistance
        self.whole = np.ones(self._topology.size, np.bool_)
        self.whole[self._shorts] = self.whole[_flat(faults.open_cells, self._topology)] = False
        self._form = find_model(chip_file.preset.model).sinh_form
        self._row_is_set = self._topology.set_terminal == "row"
        self._cells: CellIndices = np.zeros(0, np.uint32)

    def load(self, cells: CellIndices, gate: Floats, conductance: Floats) -> None:
        """Let ``cells`` conduct. gate: V, conductance: S at the reference read, (cells,)."""
        if self._selector is not None and cells is not self._cells:
            self.share = np.zeros(cells.size)
        self._cells, self._gate, self._conductance = cells, gate, conductance
        if self.symmetric:
            self._shape = self._shaped(cells, conductance)

    def present(self, cells: CellIndices, time: float) -> Floats:
        """Return the true conductance in S of cells at ``time`` s."""
        state = self._state
        found: Floats = kernels.true_conductances(
            state.cells, state.devices, state.parameters, cells, time
        )
        return found

    def observed(self, cells: CellIndices, aperture: float, time: float) -> Floats:
        """Read cells for ``aperture`` s; return what is seen of their conductances in S."""
        state = self._state
        found: Floats = _law_kernels.observe(
            state.cells, state.devices, state.parameters[0], state.seed, cells, float(aperture),
            time,
        )  # fmt: skip
        return found

    def evaluate(self, row: Floats, column: Floats) -> Answer:
        """Return current and slopes; see `circuit.CellLaw`."""
        shape = row.shape
        flat_row, flat_column = row.reshape(-1), column.reshape(-1)
        current, by_row = np.zeros(row.size), np.zeros(row.size)
        by_column = by_row if self.symmetric else np.zeros(row.size)
        devices, p = self._state.devices, self._state.parameters[0]
        if not self.symmetric:
            _law_kernels.gated_tangents(
                devices, p, self._cells, self._conductance, self._gate, self._row_is_set,
                flat_row, flat_column, current, by_row, by_column,
            )  # fmt: skip
        elif self._selector is None:
            _law_kernels.plain_tangents(
                devices, p, self._cells, self._shape, self._row_is_set, flat_row, flat_column,
                current, by_row,
            )  # fmt: skip
        else:
            _law_kernels.selected_tangents(
                devices, p, self._cells, self._shape, self._row_is_set, self._selector.leakage,
                self._selector.steepness, flat_row, flat_column, current, by_row, self.share,
            )  # fmt: skip
        if self._shorts.size:
            across = flat_row[self._shorts] - flat_column[self._shorts]
            current[self._shorts] = self._short * across
            by_row[self._shorts] = by_column[self._shorts] = self._short
        return current.reshape(shape), by_row.reshape(shape), by_column.reshape(shape)

    def _shaped(self, cells: CellIndices, conductance: Floats) -> Floats:
        """Return what the kernels take: the closed form where the model has one."""
        if self._form is None:
            return conductance[None]
        shaped: Floats = self._form(
            self._state.devices, self._state.parameters[0], cells, conductance
        )
        return shaped


def _flat(places: list[tuple[int, int]], topology: Topology) -> NDArray[np.int64]:
    return np.array([r * topology.columns + c for r, c in places], np.int64)
