"""Inputs as the array takes them: -1 to 1 of full scale, in one piece or digit by digit."""

from dataclasses import dataclass

import numpy as np

from labcim.errors import RangeError

from .scheme import Floats


@dataclass(frozen=True, slots=True)
class InputDigits:
    """How inputs are cut: ``slices`` digits of ``bits`` bits each, beside the sign.

    One slice leaves the rounding to the converter; more are rounded here, and each is driven by
    itself, so that the products are added up in numbers (ISAAC, ISCA 2016).
    """

    bits: int
    slices: int = 1

    def __post_init__(self) -> None:
        if self.bits < 1 or self.slices < 1 or self.bits * self.slices > 31:
            raise RangeError(
                f"{self.slices} slices of inputs of {self.bits} bits: accepts 1 to 31 bits in all"
            )

    @property
    def radix(self) -> int:
        """Return the base of the digits."""
        return 1 << self.bits

    @property
    def largest(self) -> int:
        """Return the largest input in steps of the last digit."""
        return (1 << (self.bits * self.slices)) - 1

    @property
    def worth(self) -> Floats:
        """Return what each digit at its largest is worth, (slices,), most significant first."""
        if self.slices == 1:
            return np.ones(1)
        steps = (self.radix - 1.0) * float(self.radix) ** np.arange(self.slices - 1, -1, -1)
        return np.asarray(steps / self.largest)

    def encode(self, inputs: Floats) -> Floats:
        """Return what to drive for inputs from -1 to 1, shape (slices, *inputs.shape)."""
        if self.slices == 1:
            return inputs[None]
        left = np.rint(np.abs(inputs) * self.largest)
        found = np.empty((self.slices, *inputs.shape))
        for k in range(self.slices):
            unit = float(self.radix) ** (self.slices - 1 - k)
            digit = np.floor(left / unit)
            left = left - digit * unit
            found[k] = digit / (self.radix - 1.0)
        return found * np.sign(inputs)


def scaled(vectors: Floats) -> tuple[Floats, Floats]:
    """Return vectors with a largest magnitude of 1, and their scales, shape (batch, 1).

    vectors: (batch, inputs). What is all 0 has a scale of 1.
    """
    largest = np.abs(vectors).max(axis=1, keepdims=True)
    scale = np.where(largest > 0.0, largest, 1.0)
    return vectors / scale, scale
