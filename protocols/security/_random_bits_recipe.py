"""The recipe of ``random_bits``."""

from typing import ClassVar

from pydantic import Field

from labcim.capabilities import Topology
from labcim.programming.cell_selection import chosen_cells
from labcim.recipe import Unit

from ._random_recipe import RandomSource


class RandomBits(RandomSource):
    """Draw random bits from cells, test the source while it runs, and stop when it fails.

    delay: parity of the clocks that a SET takes. high_resistance: the state after RESET, from cycle
    to cycle. telegraph: read noise. half_set: whether a SET pulse of even odds succeeds. On a
    simulated bench the noise is drawn by a counter: that tests the code, and no device.
    """

    protocol: ClassVar[str] = "random_bits"

    samples: int = Field(
        8192, ge=64, le=2**31, description="Raw samples of all cells together, after calibration."
    )
    block: int = Field(256, ge=64, le=65536, description="Samples of each cell in one unit.")
    start_up: int = Field(
        1024, ge=0, le=10**6, description="Bits of all cells that pass before any is released."
    )
    entropy_at_least: float = Field(0.95, ge=0, le=1, description="Raw min-entropy of a bit.")

    def rounds(self, topology: Topology) -> int:
        """Return how many samples each cell gives after calibration."""
        return -(-self.samples // len(chosen_cells(self.cells, topology)))

    def units(self, topology: Topology) -> list[Unit]:
        """Return calibration, then blocks of samples of all cells."""
        found, left = [self.calibration_unit(topology)], self.rounds(topology)
        while left > 0:
            some = min(left + left % 2, self.block + self.block % 2)
            key, values = f"block-{len(found):06d}", {"rounds": float(some)}
            found.append(Unit(key, found[0].cells, self.pulses * some, values))
            left -= some
        return found
