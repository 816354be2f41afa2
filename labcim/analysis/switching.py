"""Did a cell switch? A change counts beyond a share of its conductance and beyond its own noise."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_PRIOR = 8.0  # degrees of freedom that all cells together lend to each


@dataclass
class Scatter:
    """The scatter of single readings of cells, learned from repeated ones.

    It has a part in proportion to the conductance, which is kept, and a part that is not, which is
    taken from the last readings. What few readings of one cell say is drawn towards the median of
    all, as by a prior of eight degrees of freedom: cells with a trap keep their larger noise, and
    none gets none by chance.
    """

    cells: int
    _squares: Floats = field(init=False)
    _degrees: Floats = field(init=False)
    _last: Floats = field(init=False)

    def __post_init__(self) -> None:
        self._squares, self._degrees = np.zeros(self.cells), np.zeros(self.cells)
        self._last = np.zeros(self.cells)

    def take(self, readings: Floats) -> None:
        """Learn from readings of all cells: S, (repeats, cells), NaN where there is none."""
        known = np.isfinite(readings)
        count = known.sum(axis=0)
        mean = np.where(known, readings, 0.0).sum(axis=0) / np.maximum(count, 1)
        squares = np.square(np.where(known, readings - mean, 0.0)).sum(axis=0)
        degrees = np.maximum(count - 1.0, 0.0)
        variance = squares / np.maximum(degrees, 1.0)
        # A cell near nothing says nothing of the part that goes with the conductance.
        conducts = (degrees > 0.0) & (np.square(mean) > 25.0 * variance)
        self._squares[conducts] += squares[conducts] / np.square(mean[conducts])
        self._degrees[conducts] += degrees[conducts]
        common = float(np.median(variance[degrees > 0.0])) if degrees.any() else 0.0
        drawn = (squares + _PRIOR * common) / (degrees + _PRIOR)
        self._last = np.where(conducts, 0.0, np.sqrt(drawn))

    def sigma(self, conductance: Floats) -> Floats:
        """Return the standard deviation in S of one reading of each cell at ``conductance`` S."""
        seen = self._degrees > 0.0
        own = self._squares / np.maximum(self._degrees, 1.0)
        common = float(np.median(own[seen])) if seen.any() else 0.0
        pooled = (self._squares + _PRIOR * common) / (self._degrees + _PRIOR)
        return np.hypot(np.sqrt(pooled) * conductance, self._last)


def least_change(
    before: Floats,
    sigma: Floats,
    *,
    share: float,
    sigmas: float,
    readings: int,
    floor: Floats | float = 0.0,
) -> Floats:
    """Return the change in S that counts: a share of the conductance, or more where noise is more.

    before: S.  sigma: S, of one reading.  readings: that both means are of.  floor: S, at least.
    """
    noise = sigmas * sigma * np.sqrt(2.0 / readings)
    return np.asarray(np.maximum(np.maximum(share * np.abs(before), noise), floor))
