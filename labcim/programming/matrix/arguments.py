"""What a matrix is given, as floats of the right shape, or refused."""

from typing import TYPE_CHECKING

import numpy as np

from labcim.capabilities import Floats
from labcim.errors import RangeError

if TYPE_CHECKING:
    from .analog_matrix import AnalogMatrix


def checked(values: Floats, dimensions: int, name: str) -> Floats:
    """Return a float copy. Raises RangeError for what is empty, not finite, or of another shape."""
    found = np.array(values, dtype=np.float64)
    if found.ndim != dimensions or not found.size or not np.isfinite(found).all():
        raise RangeError(
            f"{name} of shape {found.shape}: accepts {dimensions} dimensions of finite numbers"
        )
    return found


def columns_of(x: Floats, length: int) -> tuple[Floats, bool]:
    """Return x as (batch, length), and whether it was a single vector."""
    x = np.asarray(x, dtype=np.float64)
    single = x.ndim == 1
    vectors = checked(x[None] if single else x.T, 2, "vectors")
    if vectors.shape[1] != length:
        raise RangeError(f"vectors of {vectors.shape[1]} numbers: the matrix takes {length}")
    return vectors, single


def full_scale_of(weights: Floats, asked: float | Floats | None) -> Floats:
    """Return the weight at full scale of each output, (outputs,)."""
    largest = float(np.abs(weights).max())
    if asked is None:
        asked = largest if largest > 0.0 else 1.0
    try:
        scale = np.broadcast_to(np.asarray(asked, dtype=np.float64), (len(weights),)).copy()
    except ValueError as trouble:
        raise RangeError(f"full_scale: accepts a number, or {len(weights)} of them") from trouble
    if not (np.isfinite(scale).all() and np.all(scale > 0.0)):
        raise RangeError("full_scale: accepts finite numbers above 0")
    if np.any(np.abs(weights) > scale[:, None] * (1.0 + 1e-12)):
        raise RangeError(f"full_scale: the largest weight is {largest:g}; accepts no less")
    return scale


def checked_integers(matrix: "AnalogMatrix", vectors: Floats) -> Floats:
    """Return vectors whose products with the matrix can be integers. Raises RangeError."""
    scheme, largest = matrix.scheme, matrix.inputs.largest
    if not scheme.levels or np.any(matrix.full_scale != scheme.largest):
        raise RangeError(f"full_scale: accepts {scheme.largest:g}, with a scheme that has levels")
    vectors = checked(vectors, 2, "vectors")
    if np.any(vectors != np.rint(vectors)) or np.abs(vectors).max() > largest:
        raise RangeError(f"vectors: accepts integers up to ±{largest}")
    if np.any(matrix.weights != np.rint(matrix.weights)):
        raise RangeError("weights: accepts integers")
    if matrix.patches.nnz:
        raise RangeError(
            f"{matrix.patches.nnz} weights have cells that are stuck between the levels: integer "
            "products accept sound cells"
        )
    return vectors
