"""What a weight is in cells: its sign, its slices, its copies.

A weight, as a fraction u of full scale, -1 to 1, is written in ``slices`` digits, the most
significant first; each digit is the conductance of a cell between ``low`` and ``high``. Every
weight is read against a reference of the same make, so that ``low`` cancels and the sign comes in:

- ``pair``: the other side of its own pair of cells (Suri et al., IEDM 2011);
- ``offset``: cells that hold a weight of 0, shared by all weights of a row, as in ISAAC (Shafiee
  et al., ISCA 2016), where the offset is half of the range.

``copies`` of a cell hold the same and are averaged: the spread falls with their root (Boybat et
al., Nat. Commun. 9:2514, 2018).
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from labcim.errors import RangeError

Floats = NDArray[np.float64]

_MOST_STEPS = 2**31  # digits are exact integers in a float far beyond this


@dataclass(frozen=True, slots=True)
class Scheme:
    """How a signed weight is made of cells.

    low, high: S, range of a cell.  levels: of a cell, evenly spaced; 0: any conductance.
    slices: digits of a weight.  base: of the digits; 0: the number of levels. Without levels the
    last digit takes what the others left over.  copies: equal cells for each digit.
    """

    signs: Literal["pair", "offset"] = "pair"
    low: float = 2e-6
    high: float = 38e-6
    levels: int = 0
    slices: int = 1
    base: int = 0
    copies: int = 1

    def __post_init__(self) -> None:
        if self.signs not in ("pair", "offset"):
            raise RangeError(f"signs = {self.signs!r}: accepts 'pair' or 'offset'")
        if not 0.0 <= self.low < self.high < np.inf:
            raise RangeError(
                f"low = {self.low:g} S and high = {self.high:g} S: accepts 0 S or more, low < high"
            )
        if self.levels < 0 or self.levels == 1:
            raise RangeError(f"levels = {self.levels}: accepts 2 or more, or 0 for any conductance")
        if self.slices < 1 or self.copies < 1:
            raise RangeError(
                f"slices = {self.slices}, copies = {self.copies}: accepts 1 or more of each"
            )
        self._check_base()

    def _check_base(self) -> None:
        if self.levels and self.base not in (0, self.levels):
            raise RangeError(f"base = {self.base}: cells of {self.levels} levels count to that")
        if not self.levels and self.slices > 1 and self.base < 2:
            raise RangeError(f"base = {self.base}: accepts 2 or more for {self.slices} slices")
        if self.radix**self.slices > _MOST_STEPS:
            raise RangeError(
                f"{self.slices} slices to base {self.radix}: accepts {_MOST_STEPS:g} steps at most"
            )
        if self.signs == "offset" and self.levels == 2 and self.slices == 1:
            raise RangeError("levels = 2: one cell of two levels cannot hold -1, 0 and 1")

    @property
    def radix(self) -> int:
        """Return the base of the digits; 1 for a single one of any conductance."""
        return self.levels or (self.base if self.slices > 1 else 1)

    @property
    def sides(self) -> int:
        """Return how many cells of opposite sign a digit has."""
        return 2 if self.signs == "pair" else 1

    @property
    def cells(self) -> int:
        """Return how many cells one weight takes, the shared reference not counted."""
        return self.sides * self.slices * self.copies

    @property
    def span(self) -> float:
        """Return the range of a cell in S."""
        return self.high - self.low

    @property
    def full(self) -> int:
        """Return the largest number that the digits can write, in steps of the last one."""
        return int(self.radix**self.slices) - (1 if self.levels else 0)

    @property
    def largest(self) -> float:
        """Return the steps of a weight at full scale; an integer where cells have levels."""
        if self.signs == "pair":
            return float(self.full)
        return float(self.full // 2) if self.levels else self.full / 2.0

    @property
    def step(self) -> float:
        """Return the smallest difference of two weights, as a fraction of full scale; 0: none."""
        return 1.0 / self.largest if self.levels else 0.0

    @property
    def worth(self) -> Floats:
        """Return what each digit's whole range is worth as a fraction of full scale, (slices,)."""
        steps = (self.radix - 1.0) * float(self.radix) ** np.arange(self.slices - 1, -1, -1)
        if not self.levels:
            steps[-1] = self.radix
        return np.asarray(steps / self.largest)

    def quantised(self, weights: Floats) -> Floats:
        """Return the weights that can be held, for ``weights`` from -1 to 1, any shape."""
        weights = checked_weights(weights)
        if not self.levels:
            return weights
        return np.asarray(np.rint(weights * self.largest) / self.largest)

    def encode(self, weights: Floats) -> Floats:
        """Return cells as fractions of their range, shape (..., sides, slices, copies).

        weights: -1 to 1, any shape. The first side of a pair holds what is positive.
        """
        steps = self.quantised(weights) * self.largest
        if self.signs == "pair":
            sides = np.stack([np.maximum(steps, 0.0), np.maximum(-steps, 0.0)], axis=-1)
        else:
            sides = (steps + self.largest)[..., None]
        if self.levels:
            sides = np.rint(sides)
        return np.repeat(self._digits(sides)[..., None], self.copies, axis=-1)

    def reference(self) -> Floats:
        """Return the cells that hold a weight of 0, shape (sides, slices, copies)."""
        return self.encode(np.zeros(()))

    def _digits(self, steps: Floats) -> Floats:
        """Write numbers from 0 to ``full`` in digits, as fractions of a cell's range."""
        found = np.empty((*steps.shape, self.slices))
        left = steps
        for k in range(self.slices - 1):
            unit = float(self.radix) ** (self.slices - 1 - k)
            digit = np.minimum(np.floor(left / unit), self.radix - 1.0)
            left = left - digit * unit
            found[..., k] = digit / (self.radix - 1.0)
        found[..., -1] = left / (self.radix - 1.0 if self.levels else self.radix)
        return np.clip(found, 0.0, 1.0)

    def decode(self, cells: Floats, reference: Floats | None = None) -> Floats:
        """Return the weights that cells hold, as fractions of full scale.

        cells: fractions of the range, (..., sides, slices, copies).  reference: cells that the
        weights are read against, (..., sides, slices, copies); only for offset; else those of 0.
        """
        return np.asarray(self.against(cells, reference) @ self.worth)

    def against(self, cells: Floats, reference: Floats | None = None) -> Floats:
        """Return each digit less its reference, mean of the copies, shape (..., slices)."""
        digits = cells.mean(axis=-1)
        if self.signs == "pair":
            return np.asarray(digits[..., 0, :] - digits[..., 1, :])
        zero = (self.reference() if reference is None else reference).mean(axis=-1)
        return np.asarray(digits[..., 0, :] - zero[..., 0, :])

    def conductance(self, fractions: Floats) -> Floats:
        """Return the conductance in S of cells given as fractions of their range."""
        return np.asarray(self.low + fractions * self.span)

    def fraction(self, conductance: Floats) -> Floats:
        """Return cells as fractions of their range, below 0 and above 1 where they are outside."""
        return np.asarray((conductance - self.low) / self.span)


def checked_weights(weights: Floats) -> Floats:
    """Return weights as floats. Raises RangeError for what is not from -1 to 1."""
    weights = np.asarray(weights, dtype=np.float64)
    if not np.all(np.abs(weights) <= 1.0 + 1e-12):  # false for NaN as well
        raise RangeError("weights: accepts numbers from -1 to 1 of full scale, no NaN")
    return np.clip(weights, -1.0, 1.0)
