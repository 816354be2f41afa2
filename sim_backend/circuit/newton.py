"""Networks whose cells are no resistors: Newton's method around the linear solution.

Each step replaces the cells by their tangents, a conductance and a current source each, and solves
that network from where the last one ended. The currents it finds obey Kirchhoff's law but not the
law of the cells; by how much they miss it is what is brought to nothing. A step that would raise
the miss is halved. A law in which row and column matter differently (a transistor) has no symmetric
tangent: the larger slope stands for both, and the steps then close in by a factor each, not by
squares; where wires are so bad that they do not, the whole tangent goes to sparse LU.
"""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from labcim.errors import RangeError

from .cells import CellLaw
from .machine import Machine
from .network import Floats, Network, Voltages
from .solution import Solution
from .solver import SlowSolverWarning, check_ideal_lines
from .superlu import solve_superlu

TOLERANCE = 1e-10
MOST_STEPS = 100
PATIENCE = 8  # steps with the larger slope, each of which must gain
GAIN = 0.5
LEAST_STEP = 1e-3
LOOSEST = 1e-4  # the tolerance of the linear solutions far from the answer
ROUNDING = 1e-15  # of voltages as they are kept, relative
LEAST_VOLTAGE, LEAST_CURRENT = 1.0, 1e-21  # V (gates stand at so much), A: as good as none


@dataclass
class _State:
    """Voltages, the currents that Kirchhoff's law asks of the cells, and what the cells answer."""

    row: Floats
    column: Floats
    asked: Floats
    law: tuple[Floats, Floats, Floats]

    def miss(self) -> float:
        """Return the root of the sum of squares of what is asked too much, in A."""
        return _size(self.asked - self.law[0])


def _size(values: Floats) -> float:
    """Return the root of the sum of squares; always added up alike, and by one thread."""
    return float(np.sqrt(np.square(values).sum()))


class NonlinearSolver:
    """One network and one law of its cells, for one set of voltages after another.

    network: as for `solve`; its cells do not matter, ``law`` stands in their place.
    """

    def __init__(
        self,
        network: Network,
        law: CellLaw,
        *,
        tolerance: float = TOLERANCE,
        threads: int | None = None,
    ) -> None:
        if not 1e-13 <= tolerance < 1e-2:
            raise RangeError(f"tolerance = {tolerance}: accepts 1e-13 to 0.01")
        if np.any(network.access):
            raise RangeError("access resistances: accepts none, they belong in the law of cells")
        self.network, self.law, self.tolerance = network, law, tolerance
        cells = np.zeros(network.shape)
        self._machine: Machine | None = Machine(network, cells, threads, double=True)
        self._exact = False
        self._last: tuple[Floats, Floats] | None = None

    def solve(self, voltages: Voltages) -> Solution:
        """Return all voltages and currents; begins where the last call ended.

        Raises RangeError where ideal wire joins different voltages, and where no step helps.
        """
        if voltages.many:
            raise RangeError("many inputs: a network with such cells accepts one at a time")
        sides = voltages.on(self.network)
        check_ideal_lines(self.network, sides)
        one = {name: volts[0] for name, volts in sides.items()}
        shape = self.network.shape
        row, column = self._last or (np.zeros(shape), np.zeros(shape))
        now = self._step(_State(row, column, row, self._ask(row, column)), one, LOOSEST)
        for step in range(MOST_STEPS):
            scale = self._scale(now, one)
            off = now.miss() / scale
            loose = self._loose(off)
            after = self._step(now, one, loose)
            now = self._damped(now, after) if off > self.tolerance else after
            if now.miss() <= self.tolerance * scale and loose <= self.tolerance:
                self._last = now.row, now.column
                return Solution(self.network, now.row, now.column, one, step + 2, now.law[0])
            self._watch(step, off, now.miss() / scale)
        raise RangeError(
            f"after {MOST_STEPS} steps the cells' currents are {now.miss():g} A off: accepts laws"
            " whose current has no jumps and never falls with the voltage"
        )

    def _scale(self, now: _State, sides: Mapping[str, Floats]) -> float:
        """Return the A that a miss is a part of: what the cells carry, or could without a miss.

        Where all lines stand at one voltage the cells carry nothing, and what is left is what the
        rounding of that voltage makes of their slopes.
        """
        volts = (float(np.abs(at[np.isfinite(at)]).max(initial=0.0)) for at in sides.values())
        rounding = ROUNDING * max(LEAST_VOLTAGE, *volts) * _size(np.maximum(*now.law[1:]))
        return max(_size(now.law[0]), max(rounding, LEAST_CURRENT) / self.tolerance)

    def _loose(self, off: float) -> float:
        """Return how exact a linear solution must be when the cells are ``off`` by so much."""
        return max(min(LOOSEST, off * off), 0.1 * self.tolerance)

    def _ask(self, row: Floats, column: Floats) -> tuple[Floats, Floats, Floats]:
        found = self.law.evaluate(row, column)
        if not np.isfinite(found[0]).all():
            raise RangeError("the law of the cells gives a current that is no finite number")
        return found

    def _step(self, now: _State, sides: Mapping[str, Floats], tolerance: float) -> _State:
        """Return the solution of the network of tangents at ``now``."""
        current, by_row, by_column = now.law
        slope = by_row if self._exact else np.maximum(by_row, by_column)
        skew = by_column - by_row if self._exact else None
        source = current - slope * (now.row - now.column)
        if skew is not None:
            source += skew * now.column
        row, column = self._linear(slope, source, skew, sides, tolerance)
        asked = source + slope * (row - column)
        if skew is not None:
            asked -= skew * column
        return _State(row, column, asked, self._ask(row, column))

    def _linear(
        self,
        slope: Floats,
        source: Floats,
        skew: Floats | None,
        sides: Mapping[str, Floats],
        tolerance: float,
    ) -> tuple[Floats, Floats]:
        if self._machine is not None:
            self._machine.conduct(slope)
            self._machine.source(source)
            found = self._machine.solve(sides, tolerance, sourced=True, warm=True)
            if found is not None:
                return found
            self._give_up("conjugate gradients did not settle on its tangents")
        plain = replace(self.network, conductance=slope)
        all_sides = {name: volts[None] for name, volts in sides.items()}
        row, column = solve_superlu(plain, all_sides, source, skew)
        return row[0], column[0]

    def _damped(self, now: _State, after: _State) -> _State:
        """Return ``after``, or a point on the way to it where the cells miss by less."""
        part, limit = 1.0, now.miss()
        while after.miss() > limit * (1.0 - 1e-4 * part) and part > LEAST_STEP:
            part *= 0.5
            row = 0.5 * (now.row + after.row)
            column = 0.5 * (now.column + after.column)
            after = _State(row, column, 0.5 * (now.asked + after.asked), self._ask(row, column))
        return after

    def _watch(self, step: int, before: float, after: float) -> None:
        """Go over to sparse LU where steps without the whole tangent gain too little."""
        if self.law.symmetric or self._exact or step < PATIENCE or after < GAIN * before:
            return
        self._give_up("one slope does not do for both sides of its transistors")

    def _give_up(self, why: str) -> None:
        rows, columns = self.network.shape
        warnings.warn(
            f"the network of {rows} x {columns} cells: {why}; sparse LU takes over, slowly",
            SlowSolverWarning,
            stacklevel=4,
        )
        self._machine, self._exact = None, not self.law.symmetric


def solve_nonlinear(
    network: Network,
    law: CellLaw,
    voltages: Voltages,
    *,
    tolerance: float = TOLERANCE,
    threads: int | None = None,
) -> Solution:
    """Return all voltages and currents of a network whose cells follow ``law``.

    tolerance: of the cells' currents, relative.  See `NonlinearSolver` for one call after another.
    """
    return NonlinearSolver(network, law, tolerance=tolerance, threads=threads).solve(voltages)
