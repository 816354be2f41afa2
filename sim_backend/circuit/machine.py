"""The arrays of conjugate gradients for one network, and one call for one set of voltages."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

from . import team
from .arena import borrow
from .layout import FACTORS, INNER, OUTER, SOURCE, Drive, Floats, Lines, Work, blocks, lines, padded
from .network import Network
from .rounds import CONVERGED, ROUNDS, calculate

SINGLE_FROM = 192 * 192  # cells from which corrections are carried in float32
TEAM_FROM = 128 * 128  # cells from which the work is worth a second thread
MOST_ROUNDS = 600


class Machine:
    """Conjugate gradients on one network; factors are kept from one call to the next."""

    def __init__(
        self, network: Network, conductance: Floats, threads: int | None, *, double: bool = False
    ) -> None:
        rows, columns = network.shape
        self.single = single = rows * columns >= SINGLE_FROM and not double
        self.shape = rows, columns
        self.threads = team.default_threads() if threads is None else threads
        if rows * columns < TEAM_FROM:
            self.threads = 1
        strips, kind = blocks(columns), np.float32 if single else np.float64
        records, factors = strips * 16 * blocks(rows), blocks(rows) * columns * int(FACTORS)
        outer, inner, own, theirs, cells = borrow(
            self,
            (
                records * int(OUTER),
                records * int(INNER),
                factors,
                factors * single,
                conductance.size,
            ),
            (np.float64, kind, np.float64, kind, np.float64),
        )
        self._cells = cells.reshape(rows, columns)
        self._cells[...] = conductance
        self.work = Work(
            _constant(self._cells),
            _lines(network.row_wire, network.left, network.right, columns),
            _lines(np.transpose(network.column_wire), network.top, network.bottom, rows),
            outer,
            inner,
            own,
            theirs if single else own,
        )
        self.factored = False
        self.rounds = 0
        self._sums = np.empty((MOST_ROUNDS, max(strips, blocks(rows)), 2))

    def _scale(self, sides: Mapping[str, Floats]) -> float:
        """Return one over a current that no cell exceeds, in 1/A; 1 where nothing is driven."""
        volts = max(float(np.abs(side).max()) for side in sides.values())
        largest = volts * float(self._cells.max()) if self.single else 1.0
        return 1.0 / largest if np.isfinite(1.0 / largest if largest else np.inf) else 1.0

    @property
    def _records(self) -> Floats:
        strips = blocks(self.shape[1])
        return self.work.outer.reshape(strips, -1, int(OUTER) // 16, 16)[:, : self.shape[0]]

    def conduct(self, conductance: Floats) -> None:
        """Set the conductances of the cells, in S."""
        self._cells[...] = conductance
        self.factored = False

    def source(self, current: Floats) -> None:
        """Set the current of each cell beside what its conductance carries, in A."""
        self._write(int(SOURCE) // 16, current)

    def _write(self, record: int, values: Floats) -> None:
        rows, columns = self.shape
        padded = np.zeros((rows, blocks(columns) * 16))
        padded[:, :columns] = values
        self._records[:, :, record] = padded.reshape(rows, -1, 16).swapaxes(0, 1)

    def solve(
        self,
        sides: Mapping[str, Floats],
        tolerance: float,
        *,
        sourced: bool = False,
        warm: bool = False,
    ) -> tuple[Floats, Floats] | None:
        """Return V of row and column nodes for one set of terminal voltages; None if it fails.

        sourced: with the currents of `source`.  warm: from where the last one ended.
        """
        drive = Drive(
            padded(sides["left"]), padded(sides["right"]), padded(sides["top"]),
            padded(sides["bottom"]), np.empty(self.shape), np.empty(self.shape),
            self._scale(sides),
        )  # fmt: skip
        report = np.zeros(3)
        team.together(
            self.threads, calculate, self.work, drive, sourced, self.factored, warm, tolerance,
            team.counters(), self._sums, report,
        )  # fmt: skip
        self.factored = True
        self.rounds = int(report[ROUNDS])
        return (drive.row_voltage, drive.column_voltage) if report[CONVERGED] else None


def _lines(wire: ArrayLike, near: ArrayLike, far: ArrayLike, nodes: int) -> Lines:
    return lines(np.asarray(wire), np.asarray(near), np.asarray(far), nodes)


def _constant(values: ArrayLike) -> Floats:
    """Return the array as compiled code always gets it: in C order, not to be written."""
    found = np.ascontiguousarray(values, dtype=np.float64).view()
    found.flags.writeable = False
    return found
