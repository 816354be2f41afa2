"""Readings of many cells at once, from products of vectors with the array.

One row after the other ("lines"), or rows together in patterns of +1 and -1 ("hadamard"), from
whose sums each cell follows: of N patterns the noise of the read-out averages to 1/N, as in
Hadamard-transform optics (Harwit & Sloane, 1979). The noise of the cells does not: each cell gets
the mean of all those that it was summed with, which hurts the quiet ones, and those that conduct
least. The converters' range counts too: sums are larger than what one cell conducts.
"""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from labcim.capabilities import (
    CellIndices,
    CellReadings,
    Coding,
    Floats,
    Products,
    Topology,
    Vectors,
)

from .cell_selection import places

Pattern = Literal["lines", "hadamard"]


def patterns(count: int, pattern: Pattern) -> Floats:
    """Return what ``count`` rows are driven with, -1 to 1 of full scale, (vectors, count).

    Columns are orthogonal: of "hadamard" there are as many vectors as the next power of two.
    """
    if pattern == "lines":
        return np.eye(count)
    order = 1 << (count - 1).bit_length()
    from scipy.linalg import hadamard  # slow to import, and most verifications need none

    return np.asarray(hadamard(order)[:, :count], dtype=np.float64)


def read_by_patterns(
    given: Vectors,
    topology: Topology,
    cells: CellIndices,
    coding: Coding,
    pattern: Pattern,
    *,
    averages: int = 1,
) -> CellReadings:
    """Read cells by products, all columns at once; ``averages`` of every vector.

    A cell is flagged if one of the sums that it is taken from was.
    """
    row, column = places(cells, topology)
    rows, which = np.unique(row, return_inverse=True)
    driven = patterns(len(rows), pattern)
    inputs = np.zeros((len(driven), topology.rows))
    inputs[:, rows] = driven
    products = given.multiply(np.repeat(inputs, averages, axis=0), coding)
    sums, flags = _averaged(products, averages)
    weight = driven[:, which]  # (vectors, cells)
    current = np.einsum("vc,vc->c", weight, sums[:, column]) / np.einsum("vc,vc->c", weight, weight)
    flagged = np.bitwise_or.reduce(np.where(weight != 0.0, flags[:, column], 0), axis=0)
    applied = np.full(len(cells), coding.voltage)
    g = current / coding.voltage
    time = np.full(len(cells), products.time[-1])
    return CellReadings(
        cells, current, applied, applied, g, g, time, flagged.astype(np.uint8), averages
    )


def _averaged(products: Products, averages: int) -> tuple[Floats, NDArray[np.uint8]]:
    """Return mean and flags of repeated vectors, (vectors, outputs)."""
    outputs = products.current.shape[1]
    current = products.current.reshape(-1, averages, outputs).mean(axis=1)
    flags = np.bitwise_or.reduce(products.flags.reshape(-1, averages, outputs), axis=1)
    return current, flags.astype(np.uint8)
