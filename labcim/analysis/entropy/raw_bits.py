"""The raw bits of a run, unpacked from its rows and put in the order in which they came."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...capabilities import Floats
from ..randomness.bits import Bits

CALIBRATION, START_UP, RELEASED = 0, 1, 2


@dataclass(frozen=True, slots=True)
class RawBits:
    """All raw bits after calibration: bits, (n,), with the cell and the time in s of each."""

    bits: Bits
    cell: NDArray[np.uint32]
    time: Floats
    started: bool

    def __len__(self) -> int:
        return len(self.bits)

    def of_cell(self, cell: int) -> Bits:
        """Return the bits of one cell."""
        return np.asarray(self.bits[self.cell == cell])

    @property
    def duration(self) -> float:
        """Return from the first bit to the last, s."""
        return float(self.time[-1] - self.time[0]) if len(self.time) else float("nan")


def raw_bits(rows: Mapping[str, NDArray[Any]]) -> RawBits:
    """Return the raw bits in the order of their times; equal times in the order of the cells.

    rows: columns cell, phase, time, bits, valid as the protocol ``random_bits`` keeps them.
    started: whether the start-up tests passed, so that bits were released.
    """
    after = rows["phase"] != CALIBRATION
    valid = np.unpackbits(rows["valid"][after], axis=1).astype(bool)
    bits = np.unpackbits(rows["bits"][after], axis=1)
    cell = np.broadcast_to(rows["cell"][after][:, None], bits.shape)
    time = rows["time"][after]
    order = np.lexsort((cell[valid], time[valid]))
    return RawBits(
        bits[valid][order],
        cell[valid][order].astype(np.uint32),
        time[valid][order],
        bool(np.any(rows["phase"] == RELEASED)),
    )
