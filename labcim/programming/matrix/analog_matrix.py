"""``AnalogMatrix``: a matrix of numbers on a chip, multiplied with ``@``."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Self

import numpy as np
from scipy.sparse import csr_array

from labcim.analysis.cost.bill import Bill
from labcim.capabilities import Coding, Floats
from labcim.errors import InstrumentError, RangeError
from labcim.programming.mapping.inputs import InputDigits, scaled
from labcim.programming.mapping.placement import place
from labcim.programming.mapping.scheme import Scheme
from labcim.protocol import Capabilities

from .account import accounted, billed
from .arguments import checked, checked_integers, columns_of, full_scale_of
from .budget import ErrorBudget, budget
from .calibration import FORWARD, Calibration, also_transposed, calibrated, drift_reference
from .layout import Layout
from .passes import Multiplier, Pass, Tally, backward_passes, forward_passes
from .rounds import Rounds
from .transposed import Transposed
from .writing import Tuning, Writer, Written, write


class AnalogMatrix:
    """A matrix whose weights are conductances of cells and whose products are currents.

    ``matrix = AnalogMatrix(weights, given).program().recalibrate()``, then ``matrix @ x`` and
    ``matrix.T @ y`` as with numpy: x is (inputs,) or (inputs, batch).

    weights: any finite numbers, (outputs, inputs).  arrays: capabilities of one bench or several,
    with cells and vectors.  full_scale: the weight that is written as the whole range of a cell, a
    number or one for each output; the largest magnitude if it is not given.  input_slices: digits
    of ``coding.bits`` bits in which inputs go out.  spare: groups of columns kept free in each
    tile.  coding, tuning: how vectors go out, by default with the voltages of single readings; how
    cells are written.  faults: of each array, S that stuck cells hold, NaN for good ones, (rows,
    columns).  patch: what weights with stuck cells still lack, when their neighbours have done what
    they can, is multiplied in numbers and added.

    The numbers given are kept: ``program``, ``recalibrate`` and ``compensate_drift`` start from
    them every time, and never from what an earlier call made of them.
    """

    def __init__(
        self,
        weights: Floats,
        arrays: Capabilities | Sequence[Capabilities],
        *,
        scheme: Scheme | None = None,
        coding: Coding | None = None,
        tuning: Tuning | None = None,
        full_scale: float | Floats | None = None,
        input_slices: int = 1,
        spare: int = 0,
        faults: Sequence[Floats] | None = None,
        patch: bool = True,
    ) -> None:
        self.scheme = scheme or Scheme()
        self.tuning = tuning or Tuning()
        self.coding = coding or Coding(self.tuning.read_voltage, gate=self.tuning.read_gate)
        self.weights = checked(weights, 2, "weights")
        self.weights.flags.writeable = False
        self.full_scale = full_scale_of(self.weights, full_scale)
        self.inputs = InputDigits(self.coding.bits, input_slices)
        each = (arrays,) if isinstance(arrays, Capabilities) else tuple(arrays)
        accounts = [accounted(given) for given in each]
        self._arrays = tuple(given for given, _ in accounts)
        self._works = tuple(work for _, work in accounts)
        topologies = [given.cells.topology for given in self._arrays]
        regions = place(*self.shape, self.scheme, topologies, spare=spare)
        fractions = self.weights / self.full_scale[:, None]
        self._plan = Layout.plain(self.scheme, fractions, regions)
        if faults is not None:
            self._plan = self._plan.avoiding(faults, self._arrays)
        self.tally = Tally()
        self._patched = patch
        self.written: list[Written] = []
        self._held: list[Floats] | None = None
        self._begin(self._plan)

    def _begin(self, layout: Layout) -> None:
        """Take a layout with nothing known of its errors."""
        self.layout = layout
        self._forward = forward_passes(layout.regions)
        self._backward = backward_passes(layout.regions)
        self._calibration = Calibration()
        lacking = layout.missed() if self._patched else np.zeros_like(layout.weights)
        self.patches = csr_array(lacking * self.full_scale[:, None])
        self._multiplier = Multiplier(
            self.scheme, self.coding, layout.regions, self._arrays, self.tally
        )

    @property
    def shape(self) -> tuple[int, int]:
        """Return (outputs, inputs)."""
        outputs, inputs = self.weights.shape
        return outputs, inputs

    @property
    def T(self) -> Transposed:  # noqa: N802 - as in numpy
        """Return what multiplies from the other side of the same cells."""
        return Transposed(self)

    @property
    def cells(self) -> int:
        """Return how many cells the matrix takes."""
        return sum(targets.size for targets in self.layout.targets)

    def program(self, writer: Writer = write, *, rounds: int = 1) -> Self:
        """Write the cells; make up for those that turn out not to move; forget calibrations.

        writer: who brings cells to targets; on an open bench, ``bench.matrix`` hands over one that
        puts all pulses on record.  rounds: how often all cells are gone over: those that relaxed
        out of range since are pulsed again, and relax by less.
        """
        if rounds < 1:
            raise RangeError(f"rounds = {rounds}: accepts 1 or more")
        self._begin(self._plan)
        going = Rounds(self._plan, self._arrays, self._works, writer, self.tuning)
        self._begin(going.write(rounds))
        self.written, self._held = going.written, going.held
        return self

    def __matmul__(self, x: Floats) -> Floats:
        """Return the product with x, (inputs,) or (inputs, batch), as numpy would."""
        vectors, single = columns_of(x, self.shape[1])
        found = self.products(vectors)
        return found[0] if single else found.T

    def products(self, vectors: Floats) -> Floats:
        """Return the products of vectors, (batch, inputs), as (batch, outputs)."""
        inputs, scale = scaled(vectors)
        total = np.zeros((len(vectors), self.shape[0]))
        for worth, digit in zip(self.inputs.worth, self.inputs.encode(inputs), strict=True):
            for number, part in self._digits(digit):
                outputs = self.layout.regions[number].outputs(self.scheme)
                total[:, outputs] += worth * (part @ self.scheme.worth)
        found = total * scale * self.full_scale * self._calibration.drift
        return np.asarray(found + (self.patches @ vectors.T).T)

    @property
    def passes(self) -> tuple[Pass, ...]:
        """Return what is driven at once in a product."""
        return self._forward

    def _digits(self, drive: Floats) -> list[tuple[int, Floats]]:
        """Return (number, corrected products) of each region for what is driven."""
        found = []
        for which in self._forward:
            sums = self._multiplier.forward(which, drive, self._end(which, FORWARD))
            sums = self._calibration.corrected(which, FORWARD, sums)
            found += [(number, self._multiplier.digits(number, sums)) for number in which.regions]
        return found

    def _end(self, which: Pass, k: int) -> float:
        """Return the range of the converter for a pass, in A."""
        return self._calibration.ranges.get((which, k), self.coding.output_range)

    def transposed_products(self, vectors: Floats) -> Floats:
        """Return the products from the other side, (batch, outputs) to (batch, inputs)."""
        inputs, scale = scaled(vectors * self.full_scale)
        total = np.zeros((len(vectors), self.shape[1]))
        for worth, digit in zip(self.inputs.worth, self.inputs.encode(inputs), strict=True):
            for which in self._backward:
                for k in range(self.scheme.slices):
                    sums = self._multiplier.backward(which, k, digit, self._end(which, k))
                    sums = self._calibration.corrected(which, k, sums)
                    part = self._multiplier.transposed_digits(which, digit, sums)
                    for number in which.regions:
                        region = self.layout.regions[number]
                        share = worth * self.scheme.worth[k]
                        total[:, region.inputs] += share * part[:, region.rows]
        found = total * scale * self._calibration.drift
        return np.asarray(found + (self.patches.T @ vectors.T).T)

    def integer_products(self, vectors: Floats) -> Floats:
        """Return exact products of integers, (batch, inputs) to (batch, outputs).

        Each digit's product is rounded to the integer that it must be: right as long as its error
        is below a half. Weights must be integers and ``full_scale`` that of the scheme
        (``scheme.largest``); inputs integers up to ``inputs.largest``. Raises RangeError.
        """
        vectors = checked_integers(self, vectors)
        steps = (self.scheme.levels - 1.0) * (self.inputs.radix - 1.0)
        digits = self.inputs.encode(vectors / self.inputs.largest)
        worths = np.rint(self.inputs.worth * self.inputs.largest / (self.inputs.radix - 1.0))
        planes = np.rint(self.scheme.worth * self.scheme.largest / (self.scheme.levels - 1.0))
        total = np.zeros((len(vectors), self.shape[0]))
        for worth, digit in zip(worths, digits, strict=True):
            for number, part in self._digits(digit):
                outputs = self.layout.regions[number].outputs(self.scheme)
                total[:, outputs] += worth * (np.rint(part * steps) @ planes)
        return total

    def recalibrate(
        self, vectors: Floats | None = None, *, transposed: bool = False, seed: int = 1
    ) -> Self:
        """Find the converter's ranges, then an offset and a gain of every column, from products.

        vectors: such as will be multiplied, (batch, inputs), 8 or more; 64 uniform ones if none
        are given.  transposed: the same for ``matrix.T``, from random vectors.  Begins anew: what
        an earlier call found is forgotten, and so is a compensated drift.
        """
        if vectors is None:
            vectors = np.random.default_rng(seed).uniform(-1.0, 1.0, (64, self.shape[1]))
        vectors = checked(vectors, 2, "vectors")
        if len(vectors) < 8 or vectors.shape[1] != self.shape[1]:
            raise RangeError(
                f"vectors: accepts 8 or more of {self.shape[1]} inputs, not {vectors.shape}"
            )
        drive = self.inputs.encode(scaled(vectors)[0]).reshape(-1, self.shape[1])
        self._calibration = calibrated(self._multiplier, self.layout, self._forward, drive)
        if transposed:
            outputs = np.random.default_rng(seed).uniform(-1.0, 1.0, (64, self.shape[0]))
            self._calibration = also_transposed(
                self._calibration, self._multiplier, self.layout, self._backward, outputs
            )
        return self

    def compensate_drift(self) -> float:
        """Return the factor by which products are raised from now on, from a few known reads.

        One global factor, from the summed currents of constant inputs now and at ``recalibrate``
        (Joshi et al., Nat. Commun. 11:2473, 2020).
        """
        then = self._calibration.reference
        if then is None:
            raise RangeError("compensate_drift: needs a recalibrate() before, to compare with")
        now = drift_reference(self._multiplier, self._forward)
        power = float(np.sum(now * now))
        if not power > 0.0:
            raise InstrumentError("compensate_drift: the array returns no current")
        self._calibration = replace(self._calibration, drift=float(np.sum(then * now)) / power)
        return self._calibration.drift

    def held(self) -> Floats:
        """Return the weights that the cells held when they were written, (outputs, inputs)."""
        if self._held is None:
            raise RangeError("the matrix is not written yet: program() does that")
        cells = [
            np.where(np.isnan(held), targets, held)
            for held, targets in zip(self._held, self.layout.targets, strict=True)
        ]
        return self.layout.held(cells) * self.full_scale[:, None]

    def cost(self) -> tuple[Bill, ...]:
        """Return what writing, calibrating and multiplying took so far, a bill for each array."""
        found = []
        for number, work in enumerate(self._works):
            targets = [
                cells.ravel()
                for region, cells in zip(self.layout.regions, self.layout.targets, strict=True)
                if region.array == number
            ]
            mean = float(np.concatenate(targets).mean()) if targets else 0.5
            found.append(billed(work, float(self.scheme.conductance(np.array(mean)))))
        return tuple(found)

    def budget(self, vectors: Floats | None = None, *, seed: int = 2) -> ErrorBudget:
        """Return where the error of products comes from; multiplies ``vectors`` twice to see."""
        if vectors is None:
            vectors = np.random.default_rng(seed).uniform(-1.0, 1.0, (32, self.shape[1]))
        return budget(self, checked(vectors, 2, "vectors"), self._calibration)
