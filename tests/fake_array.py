"""An array that multiplies, without instruments: the conductances of FakeCells."""

from dataclasses import dataclass, field

import numpy as np
from fake_cells import FakeCells

from labcim.capabilities import Coding, Flag, Floats, Products, Topology
from labcim.errors import RangeError
from labcim.programming.matrix import AnalogMatrix
from labcim.protocol import Capabilities


@dataclass
class FakeVectors:
    """Vectors on the true conductances of ``cells``, and what spoils the products.

    noise: A, of each product.  gain, offset: of each column's amplifier, 1 and A.  converts: rounds
    currents to the steps of a converter, else they come as they are.  drift: of all conductances.
    flag_next: so many values of the next products are flagged, and nonsense.  narrowest: A, ranges
    below it are refused.
    """

    cells: FakeCells
    noise: float = 0.0  # A
    gain: Floats | None = None  # (columns,)
    offset: Floats | None = None  # A, (columns,)
    converts: bool = False
    drift: float = 1.0
    seed: int = 5
    calls: list[tuple[str, Floats, Coding]] = field(default_factory=list)
    flag_next: int = 0
    narrowest: float = 0.0

    def __post_init__(self) -> None:
        self.random = np.random.default_rng(self.seed)

    @property
    def g(self) -> Floats:
        topology = self.cells.topology
        return self.drift * self.cells.true.reshape(topology.rows, topology.columns)

    def multiply(self, inputs: Floats, coding: Coding) -> Products:
        self._check(coding)
        self.calls.append(("rows", inputs.copy(), coding))
        current = _rounded(inputs, coding) * coding.voltage @ self.g
        if self.gain is not None:
            current = current * self.gain
        if self.offset is not None:
            current = current + self.offset
        return self._converted(current, coding)

    def multiply_transposed(self, inputs: Floats, coding: Coding) -> Products:
        self._check(coding)
        self.calls.append(("columns", inputs.copy(), coding))
        return self._converted(_rounded(inputs, coding) * coding.voltage @ self.g.T, coding)

    def _check(self, coding: Coding) -> None:
        if 0.0 < coding.output_range < self.narrowest:
            raise RangeError(f"output_range = {coding.output_range:g} A: nothing was sent")

    def _converted(self, current: Floats, coding: Coding) -> Products:
        current = current + self.noise * self.random.standard_normal(current.shape)
        end = coding.output_range or float(np.abs(current).max())
        flags = np.zeros(current.shape, np.uint8)
        if self.converts:
            step = end / (2 ** (coding.output_bits - 1) - 1)
            flags[np.abs(current) > end] = Flag.OVER_RANGE
            current = np.clip(np.rint(current / step) * step, -end, end)
        if self.flag_next:
            flags.flat[: self.flag_next] = Flag.NOT_SETTLED
            current.flat[: self.flag_next] = 1.0
            self.flag_next = 0
        return Products(current, flags, np.arange(len(current)), np.full(current.shape, end))


def _rounded(inputs: Floats, coding: Coding) -> Floats:
    assert np.abs(inputs).max() <= 1.0 + 1e-12
    if coding.bits > 24:  # as good as ideal
        return inputs
    steps = 2**coding.bits - 1
    return np.rint(inputs * steps) / steps


def fake_array(rows: int, columns: int, **spoiled: object) -> Capabilities:
    cells = FakeCells(Topology(rows, columns))
    return Capabilities(cells.clock, cells, None, FakeVectors(cells, **spoiled))


def write_exactly(matrix: AnalogMatrix, arrays: list[Capabilities]) -> None:
    """Give the cells of a matrix what they should hold, without a pulse."""
    for region, targets in zip(matrix.layout.regions, matrix.layout.targets, strict=True):
        fake = arrays[region.array].cells
        fake.true[region.cells(fake.topology)] = matrix.scheme.conductance(targets)
