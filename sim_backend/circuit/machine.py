"""The arrays of conjugate gradients for one network, and one call for one set of voltages."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

from . import team
from .arena import borrow, lend
from .layout import INNER, OUTER, Drive, Floats, Lines, Work, blocks, lines
from .network import Network
from .rounds import CONVERGED, PLACES, ROUNDS, calculate

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
        wanted = team.default_threads() if threads is None else threads
        self.threads = min(wanted, team.MOST)
        if rows * columns < TEAM_FROM:
            self.threads = 1
        self._inner = np.dtype(np.float32 if single else np.float64)
        self.work = self._work(network)
        self.conduct(conductance)
        self._solved = False
        self.rounds = 0

    def _work(self, network: Network) -> Work:
        rows, columns = self.shape
        single, down, strips = self.single, blocks(rows) * 16, blocks(columns)
        factors = down * columns
        seats = self.threads
        scratch_of_all = seats * max(down, strips * 16) * 16
        sizes = (
            down * strips * 16,
            down * strips * 16,
            strips * (down * int(OUTER) + 16),
            strips * (down * int(INNER) + 16),
            factors,
            factors * single,
            scratch_of_all,
            scratch_of_all * single,
            MOST_ROUNDS * max(blocks(rows), strips) * 2,
        )
        kind, wide = self._inner, np.dtype(np.float64)
        kinds = wide, wide, wide, kind, wide, kind, wide, kind, wide
        cells, source, outer, inner, own, theirs, scratch, scratch_inner, sums = borrow(
            self, self.shape, sizes, kinds
        )
        self._sums = sums.reshape(MOST_ROUNDS, -1, 2)
        scratch, scratch_inner = scratch.reshape(seats, -1), scratch_inner.reshape(seats, -1)
        return Work(
            rows,
            columns,
            cells.reshape(down, strips * 16),
            source.reshape(down, strips * 16),
            _lines(network.row_wire, network.left, network.right, columns),
            _lines(np.transpose(network.column_wire), network.top, network.bottom, rows),
            outer,
            inner,
            own,
            theirs if single else own,
            scratch,
            scratch_inner if single else scratch,
        )

    def _drive(self, sides: Mapping[str, Floats]) -> Drive:
        down, along = self.work.cells.shape
        left, right = np.zeros((2, down))
        top, bottom = np.zeros((2, along))
        for of, name in ((left, "left"), (right, "right"), (top, "top"), (bottom, "bottom")):
            of[: sides[name].size] = sides[name]
        scale = self._scale(sides)
        return Drive(left, right, top, bottom, lend(self.shape), lend(self.shape), scale)

    def _scale(self, sides: Mapping[str, Floats]) -> float:
        """Return one over a current that no cell exceeds, in 1/A; 1 where nothing is driven."""
        if not self.single:
            return 1.0
        largest = max(float(np.abs(side).max()) for side in sides.values()) * self._most
        return 1.0 / largest if np.isfinite(1.0 / largest if largest else np.inf) else 1.0

    def conduct(self, conductance: Floats) -> None:
        """Set the conductances of the cells, in S."""
        rows, columns = self.shape
        self.work.cells[:rows, :columns] = conductance
        self._most = float(conductance.max()) if self.single else 1.0
        self.factored = False

    def source(self, current: Floats) -> None:
        """Set the current of each cell beside what its conductance carries, in A."""
        rows, columns = self.shape
        self.work.source[:rows, :columns] = current

    def solve(
        self,
        sides: Mapping[str, Floats],
        tolerance: float,
        *,
        sourced: bool = False,
        warm: bool = False,
    ) -> tuple[Floats, Floats] | None:
        """Return V of row and column nodes for one set of terminal voltages; None if it fails.

        sourced: with the currents of `source`.  warm: from where its last call ended.
        """
        drive = self._drive(sides)
        # A helper that comes late reads its sums again: so they are no other call's.
        sums = self._sums if self.threads == 1 else np.empty_like(self._sums)
        reports = np.zeros((self.threads, PLACES))
        seat = team.together(
            self.threads, calculate, self.work, drive, sourced, self.factored,
            warm and self._solved, tolerance,
            team.counters(), sums, reports,
        )  # fmt: skip
        report = reports[seat]
        self.factored = self._solved = True
        self.rounds = int(report[ROUNDS])
        return (drive.row_voltage, drive.column_voltage) if report[CONVERGED] else None


def _lines(wire: ArrayLike, near: ArrayLike, far: ArrayLike, nodes: int) -> Lines:
    return lines(np.asarray(wire), np.asarray(near), np.asarray(far), nodes)
