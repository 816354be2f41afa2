"""What a recipe will cost, said before anything is touched."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from labcim.capabilities import Topology

APERTURE = 20e-3
"""Time of one reading of a source-meter at one power-line cycle, in s."""

LINE_STEP = 100e-6
"""Time that a board takes to settle and serve all cells of one line together, in s."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """Expected cost of a run: pulses and single readings in all; most pulses to any one cell.

    time: s, a line at once by a board.  serial_time: s, cell by cell with a source-meter.
    Both hold pulse widths, settling and commanded waits; neither knows how fast the host is.
    """

    cells: int
    pulses: float
    readings: float
    bound: int
    time: float
    serial_time: float


@runtime_checkable
class Estimating(Protocol):
    """A recipe that can say what it will cost."""

    def estimate(self, topology: Topology) -> Estimate:
        """Return the expected cost on an array of this shape."""


@dataclass(frozen=True, slots=True)
class CellCost:
    """What one cell is expected to need. pulses, verifies: numbers of each; averages: of a verify.

    seconds: s of each pulse with its settling.  bound: most pulses that it may get.
    """

    pulses: float = 0.0
    verifies: float = 0.0
    averages: int = 1
    seconds: float = 0.0
    bound: int = 0

    def of(self, cells: int, topology: Topology, *, waits: float = 0.0) -> Estimate:
        """Return the cost of ``cells`` of an array; ``waits``: s commanded for the whole run."""
        readings = self.verifies * self.averages
        alone = cells * (self.pulses * self.seconds + readings * APERTURE)
        across = topology.columns if topology.gate_along == "row" else topology.rows
        steps = cells / across * (self.pulses + self.verifies)
        board = steps * LINE_STEP + cells / across * self.pulses * self.seconds
        return Estimate(
            cells,
            cells * self.pulses,
            cells * readings,
            self.bound,
            board + waits,
            alone + waits,
        )
