"""Sources, resistors and one non-linear load on a few nodes: who sits at which voltage.

Nodes are numbered from 0; -1 is ground. A source holds its level, behind its impedance, between two
nodes, or where its sense leads are, as long as this takes no more than its limit; beyond, it gives
just that. Which sources are at their limits is found by trying: with all of them fixed, what is
left is a smooth network, solved by Newton's method (modified nodal analysis: Ho, Ruehli and
Brennan, IEEE Trans. Circuits Syst. 22:504, 1975).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labcim.errors import RangeError

Floats = NDArray[np.float64]
Integers = NDArray[np.intp]
Load = Callable[[Floats], Floats]

GROUND_NODE = -1
LEAK = 1e-13  # S of insulation from every node to ground: one that nothing reaches is at 0 V
PROBE = 1e-5  # V, for the slopes of the load
LONGEST_STEP = 1.0  # V, of a node with a load
STEPS = 12  # of Newton's method; most need four
DAMPED_STEPS = 300
MOST_OUT = 20  # steps in a row that end at the bound: there is no state with these limits
FIRST_DAMPING, LAST_DAMPING = 1e-3, 1e-15  # S
CLOSE = 1e-9  # V
AGREED, LEAST_CURRENT = 1e-9, 1e-14  # of the largest current, and A
TOLERANCE = 1e-12  # of the largest voltage, or V where that is below one


@dataclass(frozen=True, slots=True)
class Source:
    """A source between two nodes. It regulates what is between ``sensed``, or itself (None)."""

    high: int
    low: int
    impedance: float
    sensed: tuple[int, int] | None = None


@dataclass(slots=True)
class Solved:
    """V of every node, A out of every source into its high node, and which are at their limits.

    modes: 0 a source at its level, +1 and -1 one at its limit.
    """

    volts: Floats
    currents: Floats
    modes: list[int]

    def at(self, node: int) -> float:
        """Return the voltage in V of a node."""
        return 0.0 if node < 0 else float(self.volts[node])


class TerminalNetwork:
    """The fixed part of a network. conductors: (node, node, S).  ports: nodes with a load."""

    def __init__(
        self,
        nodes: int,
        conductors: Sequence[tuple[int, int, float]],
        sources: Sequence[Source],
        ports: Integers,
    ) -> None:
        self.nodes, self.sources, self.ports = nodes, sources, ports
        size = nodes + len(sources)
        self._matrix = np.zeros((size, size))
        self._matrix[range(nodes), range(nodes)] = LEAK
        for a, b, siemens in conductors:
            self._conduct(a, b, siemens)
        for number, source in enumerate(sources):
            self._feed(nodes + number, source)
        self._x: Floats = np.zeros(size)
        self._jacobian = self._matrix

    def _conduct(self, a: int, b: int, siemens: float) -> None:
        for one, other in ((a, b), (b, a)):
            if one >= 0:
                self._matrix[one, one] += siemens
                if other >= 0:
                    self._matrix[one, other] -= siemens

    def _feed(self, place: int, source: Source) -> None:
        for node, sign in ((source.high, -1.0), (source.low, 1.0)):
            if node >= 0:
                self._matrix[node, place] += sign

    def solve(self, levels: Sequence[float], limits: Sequence[float], load: Load | None) -> Solved:
        """Return the state with sources at ``levels`` V under ``limits`` A.

        load: A into each port at V of each. Raises RangeError where no state is found.
        """
        modes = [0] * len(self.sources)
        together = 2 * len(modes) + 2  # rounds in which all that have to change do
        for attempt in range(together + 2 ** len(modes) + 1):
            self._newton(modes, levels, limits, load)
            wanted = [
                self._mode(number, mode, levels[number], limits[number])
                for number, mode in enumerate(modes)
            ]
            changing = [number for number, mode in enumerate(modes) if wanted[number] != mode]
            if not changing:
                break
            # One at a time, always the first: that goes round in no circle.
            for number in changing if attempt < together else changing[:1]:
                modes[number] = wanted[number]
        else:
            raise RangeError(f"sources at {levels} V, {limits} A: find no state they all agree on")
        return Solved(self._x[: self.nodes].copy(), self._x[self.nodes :].copy(), modes)

    def shifted(self, solved: Solved, extra: Floats) -> Solved:
        """Return a state after a small change of the load. extra: A more into each port."""
        change = np.zeros(self._x.size)
        change[self.ports] = -extra
        step = _solve(self._jacobian, change)
        volts, currents = step[: self.nodes], step[self.nodes :]
        return Solved(solved.volts + volts, solved.currents + currents, solved.modes)

    def resistance(self, node: int) -> float:
        """Return the ohm between a node and ground, for small changes of the last state solved."""
        if node < 0:
            return 0.0
        current = np.zeros(self._x.size)
        current[node] = 1.0
        return float(_solve(self._jacobian, current)[node])

    def regulated(self, number: int, solved: Solved) -> float:
        """Return the voltage in V that a source regulates: at its sense leads, or its terminals."""
        source = self.sources[number]
        high, low = source.sensed or (source.high, source.low)
        return solved.at(high) - solved.at(low)

    def _mode(self, number: int, mode: int, level: float, limit: float) -> int:
        current = float(self._x[self.nodes + number])
        if mode == 0:
            return 0 if abs(current) <= limit * (1.0 + 1e-12) else int(np.sign(current))
        source = self.sources[number]
        high, low = source.sensed or (source.high, source.low)
        above = self._at(high) - self._at(low) + source.impedance * current - level
        return 0 if mode * above > 1e-12 * max(abs(level), 1.0) else mode

    def _at(self, node: int) -> float:
        return 0.0 if node < 0 else float(self._x[node])

    def _newton(
        self,
        modes: Sequence[int],
        levels: Sequence[float],
        limits: Sequence[float],
        load: Load | None,
    ) -> None:
        matrix, right = self._with_sources(modes, levels, limits)
        ports = self.ports
        self._jacobian = matrix
        if load is None or not ports.size:
            self._x = np.asarray(_solve(matrix, right), np.float64)
            return
        if not self._plain_newton(matrix, right, load):
            self._damped_newton(matrix, right, load, 1.0 + 2.0 * sum(map(abs, levels)))

    def _plain_newton(self, matrix: Floats, right: Floats, load: Load) -> bool:
        """Go to where all currents agree by whole steps; say whether that has led there."""
        ports = self.ports
        for _ in range(STEPS):
            drawn, slopes = self._linearised(load)
            self._jacobian = matrix.copy()
            self._jacobian[np.ix_(ports, ports)] += slopes
            residual = matrix @ self._x - right
            residual[ports] += drawn
            step = _solve(self._jacobian, -residual)
            longest = float(np.abs(step[ports]).max())
            self._x = self._x + step * min(1.0, LONGEST_STEP / max(longest, 1e-300))
            if longest <= TOLERANCE * max(1.0, float(np.abs(self._x[: self.nodes]).max())):
                return True
        return longest < CLOSE

    def _damped_newton(self, matrix: Floats, right: Floats, load: Load, bound: float) -> None:
        """Do so by steps that a conductance at each port holds back as long as they do not help.

        It is what a capacitor there would do in time: without one, transistors in saturation throw
        voltages anywhere. No port goes beyond ``bound`` V, more than all sources together; where
        one is driven there, the source that does so is not at its limit, see `solve`.
        """
        ports, damping, out = self.ports, FIRST_DAMPING, 0
        self._x = np.zeros(self._x.size)
        drawn, slopes = self._linearised(load)
        for _ in range(DAMPED_STEPS):
            residual = matrix @ self._x - right
            residual[ports] += drawn
            self._jacobian = matrix.copy()
            self._jacobian[np.ix_(ports, ports)] += slopes
            held_back = self._jacobian.copy()
            held_back[ports, ports] += damping
            before, step = self._x, _solve(held_back, -residual)
            self._x = before + step
            self._x[ports] = np.clip(self._x[ports], -bound, bound)
            moved = float(np.abs(self._x[ports] - before[ports]).max())
            after = load(self._x[ports])
            miss = (matrix @ self._x - right)[ports] + after
            out = out + 1 if float(np.abs(self._x[ports]).max()) >= bound else 0
            rounding = 1e-15 * float(np.abs(matrix).max() * np.abs(self._x[: self.nodes]).max())
            agreed = AGREED * float(np.abs(after).max()) + LEAST_CURRENT + rounding
            at_rest = moved < CLOSE and damping <= LAST_DAMPING
            if np.abs(miss).max() <= agreed or at_rest or out > MOST_OUT:
                return
            if np.abs(miss).max() > 2.0 * np.abs(residual[ports]).max() and damping < 1.0:
                self._x, damping = before, 10.0 * damping
                continue
            damping = max(0.3 * damping, LAST_DAMPING)
            drawn, slopes = self._linearised(load)
        raise RangeError(f"the bench: after {DAMPED_STEPS} steps voltages still move: {moved:g} V")

    def _linearised(self, load: Load) -> tuple[Floats, Floats]:
        """Return A into each port, and its slopes in S, (ports, ports)."""
        at = self._x[self.ports]
        drawn = load(at)
        slopes = np.empty((at.size, at.size))
        for port in range(at.size):
            moved = at.copy()
            moved[port] += PROBE
            slopes[:, port] = (load(moved) - drawn) / PROBE
        return drawn, slopes

    def _with_sources(
        self, modes: Sequence[int], levels: Sequence[float], limits: Sequence[float]
    ) -> tuple[Floats, Floats]:
        """Return the matrix and right side with each source at its level or at its limit."""
        matrix, right = self._matrix.copy(), np.zeros(self._x.size)
        for number, (source, mode) in enumerate(zip(self.sources, modes, strict=True)):
            row = self.nodes + number
            if mode:
                matrix[row, row] = 1.0
                right[row] = mode * limits[number]
                continue
            high, low = source.sensed or (source.high, source.low)
            for node, sign in ((high, 1.0), (low, -1.0)):
                if node >= 0:
                    matrix[row, node] += sign
            matrix[row, row] = source.impedance
            right[row] = levels[number]
        return matrix, right


def _solve(matrix: Floats, right: Floats) -> Floats:
    """Solve linear equations; where nothing says what a node is at, the smallest answer."""
    try:
        return np.asarray(np.linalg.solve(matrix, right), np.float64)
    except np.linalg.LinAlgError:
        return np.asarray(np.linalg.lstsq(matrix, right, rcond=None)[0], np.float64)
