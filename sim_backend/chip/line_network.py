"""The lines of a chip as a network: wires, terminals where the chip file has them, broken lines.

What multiplies many vectors with one state asks for the matrix from rows to columns that the
lines make of it, with the exact IR drop: `SmallSignal`.
"""

import numpy as np
from numpy.typing import NDArray

from ..circuit import Network, Transfer, Voltages
from ..circuit.transfer import Side
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
        rows, columns = (np.where(np.isnan(volts), 0.0, volts) for volts in (row_v, column_v))
        return Voltages(left=rows, right=rows, top=columns, bottom=columns)

    def transfer(self, conductance: Floats, *, transposed: bool = False) -> Floats:
        """Return A out of each sensed line for 1 V on each driven one: S, (driven, sensed).

        conductance: S of each cell, (rows, columns).  transposed: columns are driven and rows
        sensed.  Drivers and sense channels have the resistances of the chip file.
        """
        wires = self.wires
        rows: tuple[Side, ...] = ("left",) if wires.row_side == "left" else ("right",)
        columns: tuple[Side, ...] = ("top",) if wires.column_side == "top" else ("bottom",)
        if wires.row_side == "both":
            rows = ("left", "right")
        if wires.column_side == "both":
            columns = ("top", "bottom")
        ohm = (wires.sense, wires.driver) if transposed else (wires.driver, wires.sense)
        none = np.zeros(self.shape[0], np.bool_), np.zeros(self.shape[1], np.bool_)
        network = self.network(*none, *ohm, conductance)
        driven, sensed = (columns, rows) if transposed else (rows, columns)
        parts = [Transfer(network, one, other).conductance for one in driven for other in sensed]
        return np.asarray(np.sum(parts, axis=0), dtype=np.float64)
