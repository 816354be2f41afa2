"""What a recipe will cost, said before anything is touched."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from labcim.capabilities import Topology


@dataclass(frozen=True, slots=True)
class Estimate:
    """Expected cost of a run: pulses and single readings in all; most pulses to any one cell.

    time: s of stimulus, reading apertures and commanded waits if cells are served one by one; a
    board that serves a line at once is faster by as much as its ``Cells.schedule`` says.
    """

    cells: int
    pulses: float
    readings: float
    bound: int
    time: float


@runtime_checkable
class Estimating(Protocol):
    """A recipe that can say what it will cost."""

    def estimate(self, topology: Topology) -> Estimate:
        """Return the expected cost on an array of this shape."""


APERTURE = 1e-3
"""Time of one reading that estimates assume, in s."""


def estimate_of(
    cells: int, pulses: float, readings: float, bound: int, seconds: float, waits: float = 0.0
) -> Estimate:
    """Return an Estimate from expected values for each cell.

    seconds: s for each pulse with its settling.  waits: s that are commanded for the whole run.
    """
    time = cells * (pulses * seconds + readings * APERTURE) + waits
    return Estimate(cells, cells * pulses, cells * readings, bound, time)
