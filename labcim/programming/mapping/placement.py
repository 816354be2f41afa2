"""Where the cells of a matrix lie: tiles no taller than an array, side by side on shelves.

Rows of an array carry inputs, columns carry outputs. A matrix with more inputs than an array has
rows is cut into tiles whose partial sums are added; one with more outputs goes on beside, below,
or on the next array. A weight and its reference are never apart.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labcim.capabilities import Topology
from labcim.errors import RangeError

from .scheme import Scheme

Lines = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Region:
    """Where one tile of a matrix lies.

    array: which of the arrays.  first_input, first_output: of the tile in the matrix.
    rows: (inputs,).  columns: (groups, sides, slices, copies): one group for each output, behind
    them that of the shared reference, if there is one.  spare: groups left over, likewise.
    """

    array: int
    first_input: int
    first_output: int
    rows: Lines
    columns: Lines
    spare: Lines

    @property
    def inputs(self) -> slice:
        """Return which inputs of the matrix the tile takes."""
        return slice(self.first_input, self.first_input + len(self.rows))

    def outputs(self, scheme: Scheme) -> slice:
        """Return to which outputs of the matrix the tile adds."""
        count = len(self.columns) - (scheme.signs == "offset")
        return slice(self.first_output, self.first_output + count)

    def cells(self, topology: Topology) -> NDArray[np.uint32]:
        """Return the flat index of each cell, (inputs, groups, sides, slices, copies)."""
        rows = self.rows.reshape(-1, 1, 1, 1, 1)
        return np.asarray(rows * topology.columns + self.columns, dtype=np.uint32)


class _Shelves:
    """Arrays that fill up from the top: a shelf is as tall as the tile that opened it."""

    def __init__(self, topologies: Sequence[Topology]) -> None:
        self._topologies = topologies
        self._array = self._row = self._column = self._height = 0

    def room(self, height: int, width: int) -> tuple[int, int, int, int] | None:
        """Return (array, row, column, columns left) with room for ``width``, or None."""
        while self._array < len(self._topologies):
            topology = self._topologies[self._array]
            left = topology.columns - self._column
            if height <= self._height and width <= left:
                return self._array, self._row, self._column, left
            below = self._row + self._height
            if below + height <= topology.rows and width <= topology.columns:
                self._row, self._column, self._height = below, 0, height
            else:
                self._array += 1
                self._row = self._column = self._height = 0
        return None

    def take(self, width: int) -> None:
        """Take columns of the present shelf."""
        self._column += width


def place(
    outputs: int, inputs: int, scheme: Scheme, topologies: Sequence[Topology], *, spare: int = 0
) -> tuple[Region, ...]:
    """Place a matrix of (outputs, inputs) on arrays. spare: groups of columns kept in each tile.

    Raises RangeError that says how many cells it takes where it does not fit.
    """
    if outputs < 1 or inputs < 1 or spare < 0:
        raise RangeError(
            f"matrix of {outputs} outputs and {inputs} inputs with {spare} spare columns: "
            "accepts 1 or more of both"
        )
    if not topologies:
        raise RangeError("arrays: accepts 1 or more to place a matrix on")
    shared = scheme.signs == "offset"
    width = scheme.cells
    tiles = -(-inputs // max(topology.rows for topology in topologies))
    shelves = _Shelves(topologies)
    regions = []
    for part in np.array_split(np.arange(inputs), tiles):
        first = 0
        while first < outputs:
            found = shelves.room(len(part), (1 + shared + spare) * width)
            if found is None:
                raise _does_not_fit(outputs, inputs, scheme, topologies, spare)
            array, row, column, left = found
            count = min(left // width - shared - spare, outputs - first)
            groups = count + shared + spare
            columns = column + np.arange(groups * width).reshape(
                groups, scheme.sides, scheme.slices, scheme.copies
            )
            kept = count + shared
            rows = np.arange(row, row + len(part))
            regions.append(Region(array, int(part[0]), first, rows, columns[:kept], columns[kept:]))
            shelves.take(groups * width)
            first += count
    return tuple(regions)


def _does_not_fit(
    outputs: int, inputs: int, scheme: Scheme, topologies: Sequence[Topology], spare: int
) -> RangeError:
    needed = outputs * inputs * scheme.cells
    there = sum(topology.size for topology in topologies)
    arrays = ", ".join(f"{topology.rows}×{topology.columns}" for topology in topologies)
    # A tile is as high as its part of the inputs, and as wide as one output with what it shares.
    height = -(-inputs // -(-inputs // max(topology.rows for topology in topologies)))
    groups = 1 + (scheme.signs == "offset") + spare
    return RangeError(
        f"matrix of {outputs} outputs × {inputs} inputs with {scheme.cells} cells a weight: takes "
        f"at least {needed} cells, in tiles of {height} rows and at least {groups * scheme.cells} "
        f"columns; the arrays ({arrays}) have {there} cells, and what is left of their rows and "
        "columns takes no further tile"
    )
