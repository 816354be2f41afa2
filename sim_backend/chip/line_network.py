"""The lines of a chip as a network: wires, terminals where the chip file has them, broken lines.

What multiplies vectors asks for `LineNetwork.transfer`: the small-signal matrix from rows to
columns with the exact IR drop, for one set of gates and one state of the cells.
"""

import numpy as np
from numpy.typing import NDArray

from ..circuit import Network, Transfer, Voltages
from .chip_file import ChipFile
from .lines import Floats

Booleans = NDArray[np.bool_]


class LineNetwork:
    """Wires and terminals of one chip."""

    def __init__(self, chip_file: ChipFile) -> None:
        chip = chip_file.chip
        self.shape, self.wires = (chip.rows, chip.columns), chip.wires
        self._row_wire: Floats | float = chip.wires.row
        self._column_wire: Floats | float = chip.wires.column
        rows, columns = self.shape
        for name, segment in chip_file.faults.broken:
            family, line = name.split(".")
            if family == "row":
                self._row_wire = np.array(np.broadcast_to(self._row_wire, (rows, columns + 1)))
                self._row_wire[int(line), segment] = np.inf
            else:
                self._column_wire = np.array(
                    np.broadcast_to(self._column_wire, (rows + 1, columns))
                )
                self._column_wire[segment, int(line)] = np.inf

    def network(
        self,
        row_floats: Booleans,
        column_floats: Booleans,
        row_ohm: float,
        column_ohm: float,
        conductance: Floats | None = None,
    ) -> Network:
        """Return the network with some lines floating and terminals of so many ohm at the others.

        conductance: S of each cell, (rows, columns); None: a law of the cells stands in its place.
        """
        rows = np.where(row_floats, np.inf, row_ohm)
        columns = np.where(column_floats, np.inf, column_ohm)
        afar, below = np.full(rows.size, np.inf), np.full(columns.size, np.inf)
        return Network(
            np.zeros(self.shape) if conductance is None else conductance,
            self._row_wire,
            self._column_wire,
            left=afar if self.wires.row_side == "right" else rows,
            right=afar if self.wires.row_side == "left" else rows,
            top=below if self.wires.column_side == "bottom" else columns,
            bottom=below if self.wires.column_side == "top" else columns,
        )

    @staticmethod
    def voltages(row_v: Floats, column_v: Floats) -> Voltages:
        """Return V of the terminals of lines that are held; NaN floats."""
        rows, columns = np.nan_to_num(row_v), np.nan_to_num(column_v)
        return Voltages(left=rows, right=rows, top=columns, bottom=columns)

    def transfer(self, conductance: Floats) -> Transfer:
        """Return the matrix from driven rows to sensed columns. conductance: S, (rows, columns).

        Drivers have the ``driver`` resistance of the chip file, sense channels that of ``sense``.
        Its transpose is the product the other way round where both are equal.
        """
        none = np.zeros(self.shape[0], np.bool_), np.zeros(self.shape[1], np.bool_)
        network = self.network(*none, self.wires.driver, self.wires.sense, conductance)
        return Transfer(network, "left", "bottom")
