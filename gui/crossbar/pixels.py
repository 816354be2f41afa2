"""Which cell lies below which pixel of the screen. No Qt here."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Pixels:
    """Pixels along one axis: the middle of cell 0 is at ``origin``, cells are ``pitch`` apart."""

    origin: float
    pitch: float
    first: int  # the first pixel, and how many
    count: int

    def cells(self) -> NDArray[np.int64]:
        """Return for each pixel the cell in which its middle lies; not all need exist."""
        place = (self.first + np.arange(self.count) + 0.5 - self.origin) / self.pitch
        return np.asarray(np.floor(place + 0.5), np.int64)

    def covered(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return for each pixel the first and last cell whose middle lies in it.

        Where there is none, the last is below the first. Together the pixels have each cell once.
        """
        ends = (self.first + np.arange(self.count + 1) - self.origin) / self.pitch
        cells = np.ceil(ends).astype(np.int64)
        return cells[:-1], cells[1:] - 1

    def from_middle(self) -> NDArray[np.float32]:
        """Return for each pixel its distance from the middle of its cell, in pixels."""
        place = (self.first + np.arange(self.count) + 0.5 - self.origin) / self.pitch
        return np.asarray(np.abs(place - np.floor(place + 0.5)) * self.pitch, np.float32)
