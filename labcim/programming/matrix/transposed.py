"""A matrix from its other side."""

from typing import TYPE_CHECKING

from labcim.capabilities import Floats

from .arguments import columns_of

if TYPE_CHECKING:
    from .analog_matrix import AnalogMatrix


class Transposed:
    """The other side of an AnalogMatrix: the same cells, driven along their columns."""

    def __init__(self, matrix: "AnalogMatrix") -> None:
        self._matrix = matrix

    @property
    def shape(self) -> tuple[int, int]:
        """Return (inputs, outputs) of the matrix."""
        return self._matrix.shape[::-1]

    @property
    def T(self) -> "AnalogMatrix":  # noqa: N802 - as in numpy
        """Return the matrix itself."""
        return self._matrix

    def __matmul__(self, y: Floats) -> Floats:
        """Return the product with y, (outputs,) or (outputs, batch), as numpy would."""
        vectors, single = columns_of(y, self.shape[1])
        found = self._matrix.transposed_products(vectors)
        return found[0] if single else found.T
