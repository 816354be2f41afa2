"""Products of a placed matrix: what is driven at once, what comes back, digit by digit.

A pass is one call of the array: regions whose rows (or columns, transposed) carry the same part of
the vectors share it. What comes back is divided by a unit: the current of a cell's whole range at
full-scale input.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from labcim.capabilities import Coding, Flag, Floats, Products
from labcim.errors import InstrumentError, RecipeError
from labcim.programming.mapping.placement import Region
from labcim.programming.mapping.scheme import Scheme
from labcim.protocol import Capabilities

_REPEATS = 4


@dataclass
class Tally:
    """What multiplying took so far. conversions: values read; repeats: vectors sent again.

    clipped: values that were beyond the range at first, and were read again in a wider one.
    """

    passes: int = 0
    vectors: int = 0
    conversions: int = 0
    repeats: int = 0
    clipped: int = 0


@dataclass(frozen=True, slots=True)
class Pass:
    """Regions that are driven together, by number."""

    array: int
    regions: tuple[int, ...]


def forward_passes(regions: Sequence[Region]) -> tuple[Pass, ...]:
    """Group the regions that take the same inputs on the same rows."""
    return _grouped([(r.array, r.first_input, r.rows.tobytes()) for r in regions])


def backward_passes(regions: Sequence[Region]) -> tuple[Pass, ...]:
    """Group the regions that take the same outputs on the same columns."""
    return _grouped([(r.array, r.first_output, r.columns.tobytes()) for r in regions])


def _grouped(keys: list[tuple[int, int, bytes]]) -> tuple[Pass, ...]:
    found: dict[tuple[int, int, bytes], list[int]] = {}
    for number, key in enumerate(keys):
        found.setdefault(key, []).append(number)
    return tuple(Pass(key[0], tuple(numbers)) for key, numbers in found.items())


@dataclass(frozen=True)
class Multiplier:
    """Drives passes and takes their currents apart."""

    scheme: Scheme
    coding: Coding
    regions: tuple[Region, ...]
    arrays: tuple[Capabilities, ...]
    tally: Tally

    def forward_drive(self, which: Pass, inputs: Floats) -> Floats:
        """Return what the rows of the array carry, for ``inputs`` of the matrix, (batch, rows)."""
        first = self.regions[which.regions[0]]
        drive = np.zeros((len(inputs), self.arrays[which.array].cells.topology.rows))
        drive[:, first.rows] = inputs[:, first.inputs]
        return drive

    def forward(self, which: Pass, inputs: Floats, end: float) -> Floats:
        """Return the sums of a pass in units, (batch, columns of the array).

        inputs: -1 to 1, (batch, inputs of the matrix).  end: A, of the converter; 0: it finds it.
        """
        drive = self.forward_drive(which, inputs)
        sensed = np.concatenate([self.regions[n].columns.ravel() for n in which.regions])
        return self._good(which.array, drive, sensed, end, transposed=False) / self.unit

    def digits(self, number: int, sums: Floats) -> Floats:
        """Return the products of one region, (batch, outputs, slices), from sums of its pass."""
        cells = sums[:, self.regions[number].columns]
        if self.scheme.signs == "pair":
            return self.scheme.against(cells)
        return self.scheme.against(cells[:, :-1], cells[:, -1:])

    def backward_drive(self, which: Pass, k: int, outputs: Floats) -> Floats:
        """Return what the columns carry for digit ``k`` of ``outputs``, (batch, columns).

        A reference that all weights of a row share is driven by one more vector, the last.
        """
        region = self.regions[which.regions[0]]
        shared = self.scheme.signs == "offset"
        part = outputs[:, region.outputs(self.scheme)]
        columns = self.arrays[which.array].cells.topology.columns
        drive = np.zeros((len(outputs) + shared, columns))
        for side in range(self.scheme.sides):
            sign = 1.0 - 2.0 * side
            drive[: len(outputs), region.columns[: part.shape[1], side, k]] = (
                sign * part[:, :, None]
            )
        if shared:
            drive[-1, region.columns[-1, 0, k]] = 1.0
        return drive

    def backward(self, which: Pass, k: int, outputs: Floats, end: float) -> Floats:
        """Return the sums of digit ``k`` in units, (batch, rows of the array), as driven."""
        drive = self.backward_drive(which, k, outputs)
        sensed = np.concatenate([self.regions[n].rows for n in which.regions])
        return self._good(which.array, drive, sensed, end, transposed=True) / self.unit

    def transposed_digits(self, which: Pass, outputs: Floats, sums: Floats) -> Floats:
        """Return the products of one digit, (batch, rows of the array), from sums of its pass.

        The shared reference is multiplied by the sum of each vector here, in numbers.
        """
        if self.scheme.signs == "pair":
            return sums / self.scheme.copies
        region = self.regions[which.regions[0]]
        total = outputs[:, region.outputs(self.scheme)].sum(axis=1, keepdims=True)
        return np.asarray((sums[:-1] - total * sums[-1:]) / self.scheme.copies)

    @property
    def unit(self) -> float:
        """Return the current in A of a cell's whole range at full-scale input."""
        return self.coding.voltage * self.scheme.span

    def _good(
        self, array: int, drive: Floats, sensed: Floats, end: float, *, transposed: bool
    ) -> Floats:
        """Return currents of which those on ``sensed`` lines are data.

        Vectors with flagged values go out again, in ranges that the channels find where they were
        beyond theirs; only what was flagged is replaced. Raises InstrumentError when that does not
        help.
        """
        vectors = self.arrays[array].vectors
        if vectors is None:
            raise RecipeError("nothing on this bench multiplies vectors, or its chip does not")
        multiply = vectors.multiply_transposed if transposed else vectors.multiply
        coding = replace(self.coding, output_range=end)
        found = self._counted(multiply(drive, coding), len(sensed))
        current, flags = found.current.copy(), found.flags.copy()
        for _ in range(_REPEATS):
            bad = np.flatnonzero(flags[:, sensed].any(axis=1))
            if not len(bad):
                return current
            over = flags[np.ix_(bad, sensed)] & Flag.OVER_RANGE
            self.tally.repeats += len(bad)
            self.tally.clipped += int(np.count_nonzero(over))
            if over.any():
                coding = replace(coding, output_range=0.0)
            again = self._counted(multiply(drive[bad], coding), len(sensed))
            replaced = flags[bad] != 0
            current[bad] = np.where(replaced, again.current, current[bad])
            flags[bad] = np.where(replaced, again.flags, 0)
        left = int(np.count_nonzero(flags[:, sensed]))
        raise InstrumentError(f"products: {left} values stay flagged after {_REPEATS} repeats")

    def _counted(self, products: Products, sensed: int) -> Products:
        self.tally.passes += 1
        self.tally.vectors += len(products.current)
        self.tally.conversions += len(products.current) * sensed
        return products
