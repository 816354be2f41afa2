"""The time that lines need to charge, by Elmore's sum.

A line of n segments of R ohm with C farad each, behind a driver of R_D, reaches its node k with

    tau_k = R_D n C + R C sum over m <= k of (n - m + 1/2),

the first moment of its step response (Elmore, J. Appl. Phys. 19:55, 1948), exact for the mean delay
of an RC ladder. A cell is taken to charge as one pole of the sum of its row's, its column's and its
gate's constants: of a pulse of width w it sees V (1 - exp(-w / tau)), for w. Between pulses lines
discharge. What pulses a line from outside adds its own resistance to R_D. A measurement is taken
when lines have settled, see `settling`.
"""

import math

import numpy as np
from numpy.typing import NDArray

from .chip_file import ChipFile
from .lines import Floats

SETTLED = 1e-3  # what is missing of a line's voltage when it counts as settled


class Charging:
    """Time constants of a chip's cells."""

    def __init__(self, chip_file: ChipFile) -> None:
        chip = chip_file.chip
        wires = chip.wires
        along = _elmore(
            chip.columns, wires.row, wires.row_capacitance, wires.driver, wires.row_side, "left"
        )
        down = _elmore(
            chip.rows, wires.column, wires.column_capacitance, wires.driver, wires.column_side,
            "top",
        )  # fmt: skip
        gate = 0.0
        if chip.kind == "1T1R":
            across = {"row": chip.columns, "column": chip.rows, "cell": 1}[chip.gate_along]
            gate = wires.driver * wires.gate_capacitance * (across + 1)
        self.instant = wires.instant
        self._columns = chip.columns
        # F of a whole row, and of a whole column.
        self._row = (chip.columns + 1) * wires.row_capacitance
        self._column = (chip.rows + 1) * wires.column_capacitance
        self.constants: Floats = (down[:, None] + along[None] + gate).ravel()

    @property
    def settling(self) -> float:
        """Return the time in s in which the slowest cell's lines have settled to a thousandth."""
        return float(self.constants.max()) * math.log(1.0 / SETTLED)

    def reach(
        self, cells: NDArray[np.uint32], width: float, feeding: Floats | None = None
    ) -> Floats | float:
        """Return which part of a pulse of ``width`` s each cell sees.

        feeding: ohm between each line and what pulses it, rows and then columns, beside R_D.
        """
        if self.instant:
            return 1.0
        constants = self.constants[cells]
        if feeding is not None:
            rows, columns = np.split(feeding, [feeding.size - self._columns])
            row, column = np.divmod(cells, np.uint32(self._columns))
            constants = constants + rows[row] * self._row + columns[column] * self._column
        with np.errstate(divide="ignore"):
            reached: Floats = -np.expm1(-width / constants)
        return reached


def _elmore(
    nodes: int, wire: float, capacitance: float, driver: float, side: str, near: str
) -> Floats:
    """Return the time constant in s of each node of a line; driven from both ends, the smaller."""
    n, k = nodes + 1, np.arange(1, nodes + 1)
    # Segment m charges what lies behind it: n - m capacitors and half of its own.
    sums = np.cumsum(n - k + 0.5)
    found = driver * n * capacitance + wire * capacitance * sums
    if side == "both":
        return np.asarray(np.minimum(found, found[::-1]))
    return np.asarray(found if side == near else found[::-1])
