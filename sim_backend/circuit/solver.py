"""The exact solution of a linear crossbar network: conjugate gradients, and what they cannot do."""

import warnings
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from labcim.errors import RangeError

from .machine import Machine
from .network import Floats, Network, Voltages
from .shorts import currents_of_shorts, find_shorts, with_bridges
from .solution import Solution
from .superlu import solve_superlu

TOLERANCE = 1e-13
LEAST_TOLERANCE = 1e-15
ZEROS = ("left", "right", "top", "bottom")


class SlowSolverWarning(UserWarning):
    """Conjugate gradients did not settle, and sparse LU was used instead; the text says why."""


def solve(
    network: Network,
    voltages: Voltages,
    *,
    tolerance: float = TOLERANCE,
    threads: int | None = None,
) -> Solution:
    """Return all voltages and currents of a network.

    tolerance: of the answer: the root of the power that Kirchhoff's law misses, of that in the
    cells; currents of terminals are as exact, relative to the largest.  threads: None for as many
    as there are processors and the network is worth; the result is the same, bit for bit.

    Raises RangeError where ideal wire joins different voltages.  Warns with SlowSolverWarning.
    """
    sides = voltages.on(network)
    check_ideal_lines(network, sides)
    solver = Solver(network, tolerance=tolerance, threads=threads)
    rows, columns, cells, rounds = solver.solve(sides)
    if not voltages.many:
        rows, columns, cells = rows[0], columns[0], None if cells is None else cells[0]
        sides = {name: volts[0] for name, volts in sides.items()}
    return Solution(network, rows, columns, sides, rounds, cells)


class Solver:
    """One network, factored once, for any number of voltages."""

    def __init__(
        self, network: Network, *, tolerance: float = TOLERANCE, threads: int | None = None
    ) -> None:
        if not LEAST_TOLERANCE <= tolerance < 1.0:
            raise RangeError(f"tolerance = {tolerance}: accepts {LEAST_TOLERANCE} to 1")
        if threads is not None and threads < 1:
            raise RangeError(f"threads = {threads}: accepts 1 or more")
        self.network, self.tolerance = network, tolerance
        self.shorts, self._bridge = find_shorts(network)
        cells = network.cells
        if self.shorts.size:
            cells = with_bridges(cells, self.shorts, self._bridge)
        self._cells, self._threads = cells, threads
        self._machine: Machine | None = Machine(network, cells, threads)

    def solve(self, sides: Mapping[str, Floats]) -> tuple[Floats, Floats, Floats | None, int]:
        """Return V of row and column nodes, A of cells if some are shorted, and rounds.

        sides: V of the terminals, (inputs, lines).
        """
        inputs = sides["left"].shape[0]
        found, rounds = [], 0
        for k in range(inputs):
            found.append(self._one({name: volts[k] for name, volts in sides.items()}))
            rounds += self._machine.rounds if self._machine else 0
        if inputs == 1:
            rows, columns = found[0][0][None], found[0][1][None]
        else:
            rows, columns = (np.array([one[of] for one in found]) for of in (0, 1))
        if not self.shorts.size:
            return rows, columns, None, rounds
        return *self._with_shorts(sides, rows, columns), rounds

    def _one(
        self, sides: Mapping[str, Floats], source: Floats | None = None
    ) -> tuple[Floats, Floats]:
        if self._machine is not None:
            if source is not None:
                self._machine.source(source)
            found = self._machine.solve(sides, self.tolerance, sourced=source is not None)
            if found is not None:
                return found
            if self._machine.single:  # cells so far apart ask for more digits
                self._machine = Machine(self.network, self._cells, self._threads, double=True)
                return self._one(sides, source)
            self._give_up()
        plain = replace(self.network, conductance=self._cells, access=0.0)
        rows, columns = solve_superlu(plain, {k: v[None] for k, v in sides.items()}, source)
        return rows[0], columns[0]

    def _give_up(self) -> None:
        assert self._machine is not None
        warnings.warn(
            f"{self._machine.rounds} rounds of conjugate gradients did not bring the network of"
            f" {self.network.shape[0]} x {self.network.shape[1]} cells to {self.tolerance:g}:"
            " its lines are bound more by cells than by terminals; sparse LU takes over, slowly",
            SlowSolverWarning,
            stacklevel=5,
        )
        self._machine = None

    def _with_shorts(
        self, sides: Mapping[str, Floats], rows: Floats, columns: Floats
    ) -> tuple[Floats, Floats, Floats]:
        """Add the currents of shorted cells to what bridges in their place let pass."""
        shape, inputs = self.network.shape, rows.shape[0]
        none = {name: np.zeros(sides[name].shape[1]) for name in ZEROS}
        full = self.network.cells.ravel()[self.shorts]
        rest = 1.0 / (full - self._bridge)
        across = (rows - columns).reshape(inputs, -1)[:, self.shorts]
        extra = currents_of_shorts(
            self.shorts, rest, across, lambda source: self._one(none, source), shape
        )
        for k in np.flatnonzero(extra.any(axis=1)):
            source = _spread(extra[k], self.shorts, shape)
            rows[k], columns[k] = self._one({n: v[k] for n, v in sides.items()}, source)
        cells = self._cells * (rows - columns)
        cells.reshape(inputs, -1)[:, self.shorts] += extra
        return rows, columns, cells


def _spread(values: Floats, places: NDArray[np.int64], shape: tuple[int, int]) -> Floats:
    found = np.zeros(shape)
    found.flat[places] = values
    return found


def check_ideal_lines(network: Network, sides: Mapping[str, Floats]) -> None:
    """Raise RangeError where ideal wire joins two terminals at different voltages."""
    for of, near, far in (("row", "left", "right"), ("column", "top", "bottom")):
        if np.asarray(getattr(network, near)).all() or np.asarray(getattr(network, far)).all():
            continue
        axis = 1 if of == "row" else 0
        ideal = ~network.segments(of).any(axis=axis)
        apart = np.abs(sides[near] - sides[far]).max(axis=0) * ideal
        if apart.any():
            line = int(apart.argmax())
            raise RangeError(
                f"{of} line {line} is ideal, and its {near} and {far} terminals are"
                f" {apart[line]:g} V apart: accepts a resistance, or the same voltage"
            )
