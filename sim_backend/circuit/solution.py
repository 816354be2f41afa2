"""What a solved network answers: voltages of all nodes, currents of all branches and terminals."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from .branches import column_sums, line_currents, node_residual
from .network import Floats, Network


@dataclass(frozen=True, eq=False)
class Solution:
    """Voltages and currents. With many inputs every array has them as its first axis.

    row_voltage, column_voltage: V of the nodes, (rows, columns).
    sides: V of the terminals, by side.
    rounds: of conjugate gradients, over all inputs, or steps of Newton's method.
    given: A of the cells where it is more, or other, than their conductance times their voltage.
    """

    network: Network
    row_voltage: Floats
    column_voltage: Floats
    sides: dict[str, Floats]
    rounds: int = 0
    given: Floats | None = None

    @cached_property
    def cell_voltage(self) -> Floats:
        """Return V from row line to column line of each cell, (rows, columns)."""
        return self.row_voltage - self.column_voltage

    @cached_property
    def cell_current(self) -> Floats:
        """Return A from row line to column line in each cell, (rows, columns)."""
        return self.network.cells * self.cell_voltage if self.given is None else self.given

    @cached_property
    def row_current(self) -> Floats:
        """Return A in each segment of the row lines, to the right, (rows, columns + 1)."""
        wires = self.network.segments("row")
        found = np.empty((*self.row_voltage.shape[:-1], wires.shape[1]))
        for k in np.ndindex(self._inputs):
            line_currents(
                self.row_voltage[k], self.cell_current[k], wires, self.sides["left"][k],
                self.sides["right"][k], found[k],
            )  # fmt: skip
        return found

    @cached_property
    def column_current(self) -> Floats:
        """Return A in each segment of the column lines, downwards, (rows + 1, columns)."""
        wires = self.network.segments("column")
        found = np.empty((*self._inputs, *wires.shape))
        for k in np.ndindex(self._inputs):
            line_currents(
                self.column_voltage[k].T, -self.cell_current[k].T, wires.T, self.sides["top"][k],
                self.sides["bottom"][k], found[k].T,
            )  # fmt: skip
        return found

    @property
    def left(self) -> Floats:
        """Return A from each left terminal into its row line, (rows,)."""
        if self._one_sided("row_wire", "right"):
            return np.where(np.isinf(self.network.left), 0.0, self.cell_current.sum(-1))
        return self.row_current[..., 0]

    @property
    def right(self) -> Floats:
        """Return A from each right terminal into its row line, (rows,)."""
        return -self.row_current[..., -1]

    @property
    def top(self) -> Floats:
        """Return A from each top terminal into its column line, (columns,)."""
        return self.column_current[..., 0, :]

    @property
    def bottom(self) -> Floats:
        """Return A from each bottom terminal into its column line, (columns,)."""
        if self._one_sided("column_wire", "top"):
            return np.where(np.isinf(self.network.bottom), 0.0, -self._column_sums())
        return -self.column_current[..., -1, :]

    def _column_sums(self) -> Floats:
        """Return A that all cells bring to each column line; without an array of all, if it can."""
        if self.given is not None or "cell_current" in self.__dict__:
            return np.asarray(self.cell_current.sum(-2))
        found = np.empty((*self._inputs, self.network.shape[1]))
        for k in np.ndindex(self._inputs):
            column_sums(self.network.cells, self.row_voltage[k], self.column_voltage[k], found[k])
        return found

    def _one_sided(self, wire: str, other: str) -> bool:
        """Return whether all that the cells of each line carry goes through its one terminal."""
        return bool(
            np.isinf(getattr(self.network, other)).all()
            and np.isfinite(getattr(self.network, wire)).all()
        )

    @cached_property
    def power(self) -> Floats:
        """Return W that all terminals deliver, one number for each input."""
        return np.sum(
            [(getattr(self, side) * volts).sum(-1) for side, volts in self.sides.items()], axis=0
        )

    @cached_property
    def losses(self) -> Floats:
        """Return W that cells, wires and terminals turn into heat, one number for each input."""
        cells = (self.cell_current * self.cell_voltage).sum((-2, -1))
        for of, current in (("row", self.row_current), ("column", self.column_current)):
            wires = self.network.segments(of)
            cells = cells + (np.where(np.isinf(wires), 0.0, wires) * current**2).sum((-2, -1))
        return np.asarray(cells, dtype=np.float64)

    @cached_property
    def kcl_residual(self) -> float:
        """Return the largest sum of currents at any node, in A, wires by Ohm's law.

        Nodes that ideal wire joins count as one; those at an ideal terminal do not count.
        """
        worst = 0.0
        rows, columns = self.network.segments("row"), self.network.segments("column")
        for k in np.ndindex(self._inputs):
            at, below = self.sides["left"][k], self.sides["right"][k]
            of_rows = node_residual(self.row_voltage[k], self.cell_current[k], rows, at, below)
            at, below = self.sides["top"][k], self.sides["bottom"][k]
            of_columns = node_residual(
                self.column_voltage[k].T, -self.cell_current[k].T, columns.T, at, below
            )
            worst = max(worst, of_rows, of_columns)
        return worst

    @property
    def _inputs(self) -> tuple[int, ...]:
        return self.row_voltage.shape[:-2]
