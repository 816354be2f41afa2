"""What a board's sense channels add to a current by themselves: mains pickup, and drift."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ._board_options import BoardOptions

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class SenseFaults:
    """pickup: A, peak, at frequency Hz.  drift: A/s, since the bench time ``since`` in s."""

    pickup: float = 0.0
    frequency: float = 50.0
    drift: float = 0.0
    since: float = 0.0

    @classmethod
    def of(cls, options: BoardOptions, since: float) -> "SenseFaults":
        """Return those of a board that was switched on at ``since`` s."""
        return cls(options.pickup, options.pickup_frequency, options.drift, since)

    @property
    def quiet(self) -> bool:
        """Say whether nothing is added."""
        return self.pickup == 0.0 and self.drift == 0.0

    @property
    def packed(self) -> Floats:
        """Return A, Hz, A/s and s, as the compiled comparator takes them."""
        return np.array([self.pickup, self.frequency, self.drift, self.since])

    def added(self, start: Floats, duration: float) -> Floats | float:
        """Return the mean in A over ``duration`` s of integration from each ``start`` s on."""
        if self.quiet:
            return 0.0
        middle = start + 0.5 * duration
        turn = 2.0 * np.pi * self.frequency
        # An integral over whole periods of the mains sees none of them.
        passed = np.sinc(self.frequency * duration)
        found: Floats = self.pickup * passed * np.sin(turn * middle)
        found += self.drift * (middle - self.since)
        return found
