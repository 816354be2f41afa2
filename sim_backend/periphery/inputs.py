"""How a digital vector becomes voltages and times, and how the results become one vector again.

Three ways: *amplitude* (a voltage for each input, one pulse), *pulse width* (one voltage, for a
time in proportion) and *bit-serial* (one voltage, one pulse for each bit). A negative input is a
negative voltage where lines can be driven both ways (``bipolar``); else it takes a second phase
whose result is subtracted (``two_phases``), or all inputs are shifted by a common mode
whose share is measured in a phase of its own and subtracted (``common_mode``).

A coded input is a list of phases. What the array answers to a phase is a charge for each output, in
C: the current, integrated over the pulses. Recombination is a weighted sum over phases, exact for
an ideal array: the inputs times the conductances, in S.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labcim.errors import RangeError
from labcim.units import Second, Volt

from .arguments import positive, whole

Signed = Literal["bipolar", "two_phases", "common_mode"]
Coding = Literal["amplitude", "pulse_width", "bit_serial"]
Floats = NDArray[np.float64]
Currents = Callable[[Floats], Floats]
MOST_BITS = 16


class Segment(NamedTuple):
    """A stretch of time in which the lines stand still. duration: s.  voltage: V, (inputs,)."""

    phase: int
    duration: float
    voltage: Floats


@dataclass(frozen=True)
class Coded:
    """A coded vector.

    voltage: V, (phases, inputs).  width: s, (phases, inputs).  weight: 1/(V s), (phases,): what a
    charge of each phase counts in the result.  time: s, for all phases one after another.
    """

    voltage: Floats
    width: Floats
    weight: Floats
    time: float

    def segments(self) -> Iterator[Segment]:
        """Yield the stretches of time in which no line changes; pulses of a phase start at once.

        So a pulse-width phase on an array whose lines load one another (wire, non-linear cells)
        can be solved exactly, width by width.
        """
        for phase, (voltage, width) in enumerate(zip(self.voltage, self.width, strict=True)):
            start = 0.0
            for end in np.unique(width[width > 0.0]):
                yield Segment(phase, float(end - start), np.where(width >= end, voltage, 0.0))
                start = float(end)

    def charges(self, currents: Currents) -> Floats:
        """Return the charges in C, (phases, outputs), that ``currents`` deliver.

        currents: takes V, (inputs,), gives A, (outputs,); inputs at 0 V are grounded.
        """
        outputs = np.asarray(currents(np.zeros(self.voltage.shape[1]))).shape
        total = np.zeros((self.voltage.shape[0], *outputs))
        for phase, duration, voltage in self.segments():
            total[phase] += duration * currents(voltage)
        return total

    def recombine(self, charges: ArrayLike) -> Floats:
        """Return the result in S times the input's unit, from charges in C, (phases, ...)."""
        given = np.asarray(charges, dtype=np.float64)
        if given.ndim == 0 or given.shape[0] != self.weight.size:
            raise RangeError(f"charges of shape {given.shape}: accepts ({self.weight.size}, ...)")
        return np.asarray(np.tensordot(self.weight, given, axes=1))


@dataclass(frozen=True)
class InputCoding:
    """How vectors are put on the lines.

    bits: of the magnitude; inputs are whole numbers from -(2^bits - 1) to 2^bits - 1.
    voltage: V, the largest, or the only one.  pulse: s, of one amplitude or bit pulse, and
    the longest in pulse width.  gap: s, after each phase: settling and conversion.
    """

    coding: Coding = "amplitude"
    signed: Signed = "two_phases"
    bits: int = 8
    voltage: Volt = 0.2
    pulse: Second = 1e-6
    gap: Second = 0.0

    def __post_init__(self) -> None:
        whole("bits", self.bits, 1, MOST_BITS)
        positive("pulse", self.pulse, "s")
        positive("voltage", self.voltage, "V")

    @property
    def top(self) -> int:
        """The largest input."""
        return (1 << self.bits) - 1

    def code(self, vector: ArrayLike) -> Coded:
        """Return how ``vector``, whole numbers of shape (inputs,), is put on the lines."""
        given = np.asarray(vector, dtype=np.float64)
        whole_numbers = np.where(np.isfinite(given), given, 0.5).astype(np.int64)
        if given.ndim != 1 or given.size == 0 or not np.array_equal(given, whole_numbers):
            raise RangeError(f"vector of shape {given.shape}: accepts whole numbers, one axis")
        if np.abs(whole_numbers).max() > self.top:
            largest = np.abs(whole_numbers).max()
            raise RangeError(f"input = {largest}: accepts -{self.top} to {self.top}")
        steps, weights = self._signs(whole_numbers)
        coded = {
            "amplitude": self._amplitude,
            "pulse_width": self._widths,
            "bit_serial": self._bits,
        }
        return coded[self.coding](steps, weights)

    def _signs(self, vector: NDArray[np.int64]) -> tuple[NDArray[np.int64], Floats]:
        """Return inputs of each pass, (passes, inputs), and what each pass counts."""
        if self.signed == "bipolar":
            return vector[None, :], np.array([1.0])
        if self.signed == "two_phases":
            return np.stack([np.maximum(vector, 0), np.maximum(-vector, 0)]), np.array([1.0, -1.0])
        # Shifted up by the top and halved in scale, so that the largest drive stays what it was.
        return np.stack([vector + self.top, np.full_like(vector, self.top)]), np.array([1.0, -1.0])

    def _scale(self) -> int:
        """Return the input that takes the whole voltage or the whole pulse."""
        return 2 * self.top if self.signed == "common_mode" else self.top

    def _finish(self, voltage: Floats, width: Floats, weight: Floats, each: float) -> Coded:
        return Coded(voltage, width, weight, voltage.shape[0] * (each + self.gap))

    def _amplitude(self, steps: NDArray[np.int64], weights: Floats) -> Coded:
        unit = self.voltage / self._scale()
        voltage = steps.astype(np.float64) * unit
        width = np.full(voltage.shape, self.pulse)
        return self._finish(voltage, width, weights / (unit * self.pulse), self.pulse)

    def _widths(self, steps: NDArray[np.int64], weights: Floats) -> Coded:
        tick = self.pulse / self._scale()
        voltage = np.asarray(np.sign(steps) * self.voltage, dtype=np.float64)
        width = np.abs(steps).astype(np.float64) * tick
        return self._finish(voltage, width, weights / (self.voltage * tick), self.pulse)

    def _bits(self, steps: NDArray[np.int64], weights: Floats) -> Coded:
        places = np.arange(self._scale().bit_length())
        digits = (np.abs(steps)[:, None, :] >> places[None, :, None]) & 1
        voltage = (np.sign(steps)[:, None, :] * digits * self.voltage).reshape(-1, steps.shape[1])
        weight = (weights[:, None] * (1 << places)).ravel() / (self.voltage * self.pulse)
        width = np.full(voltage.shape, self.pulse)
        return self._finish(voltage, width, weight, self.pulse)
