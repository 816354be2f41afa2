"""One weight state, many inputs: the transfer matrix from one side's terminals to another's.

The network is linear, so currents at the outputs are a matrix times voltages at the inputs. What an
input does to an output, the output does to the input (reciprocity): so the matrix is found by one
solution for each line of the side that has fewer lines, whichever of the two it is.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from labcim.errors import RangeError

from . import team
from .network import Floats, Network
from .solution import Solution
from .solver import TOLERANCE, Solver

Side = Literal["left", "right", "top", "bottom"]
SIDES = ("left", "right", "top", "bottom")


@dataclass(frozen=True, eq=False)
class Transfer:
    """The matrix of one network, found when first asked for.

    Terminals other than those of ``inputs`` are at 0 V; their resistances count.
    """

    network: Network
    inputs: Side = "left"
    outputs: Side = "bottom"
    tolerance: float = TOLERANCE

    @cached_property
    def conductance(self) -> Floats:
        """Return A out of each output for 1 V on each input: S, (inputs, outputs)."""
        ends = {
            side: np.asarray(getattr(self.network, side)) for side in (self.inputs, self.outputs)
        }
        if self.inputs == self.outputs:
            raise RangeError(f"inputs and outputs = {self.inputs}: accepts two different sides")
        turned = ends[self.outputs].size < ends[self.inputs].size
        driven, sensed = (self.outputs, self.inputs) if turned else (self.inputs, self.outputs)
        found = self._responses(driven, sensed)
        return found.T if turned else found

    def currents(self, voltages: Floats) -> Floats:
        """Return A out of each output, (..., outputs). voltages: V on the inputs, (..., inputs)."""
        return np.asarray(voltages @ self.conductance)

    def _responses(self, driven: Side, sensed: Side) -> Floats:
        """Return A out of each line of ``sensed`` for 1 V on each line of ``driven``."""
        lines = np.asarray(getattr(self.network, driven)).size
        threads = min(team.default_threads(), lines)
        parts = np.array_split(np.arange(lines), threads)
        with ThreadPoolExecutor(threads) as pool:
            found = pool.map(lambda part: self._some(driven, sensed, part), parts)
        return np.concatenate(list(found))

    def _some(self, driven: Side, sensed: Side, part: NDArray[np.int64]) -> Floats:
        """Return the responses to the lines ``part`` of ``driven``; for a thread of its own."""
        network = self.network
        solver = Solver(network, tolerance=self.tolerance, threads=1)
        sides = {name: np.zeros((1, np.asarray(getattr(network, name)).size)) for name in SIDES}
        found = np.empty((part.size, sides[sensed].size))
        for k, line in enumerate(part):
            sides[driven][0, line] = 1.0 if np.isfinite(getattr(network, driven)[line]) else 0.0
            answer = solver.solve(sides)
            one = {name: volts[0] for name, volts in sides.items()}
            cells = None if answer[2] is None else answer[2][0]
            solved = Solution(network, answer[0][0], answer[1][0], one, 0, cells)
            found[k] = -getattr(solved, sensed)
            sides[driven][0, line] = 0.0
        return found
