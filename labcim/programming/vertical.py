"""Vertical arrays: planes of cells one above the other around pillars that all planes share.

A cell lies where the plane of its layer meets the pillar of its row and column; a plane touches all
pillars. As a circuit this is a crossbar: its rows are the planes, its columns the pillars, and a
pillar's wire leads from layer to layer. So a board drives it as any chip without transistors; what
is new is the way cells are counted, and that whole pillars stand in for cells beside each other
(Park et al., IEDM 2012: one selected pillar, one plane biased).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labcim.capabilities import CellIndices, Floats, Topology
from labcim.errors import RangeError


@dataclass(frozen=True, slots=True)
class Vertical:
    """Cells by (layer, row, column), all counted from 0."""

    layers: int
    rows: int
    columns: int

    def __post_init__(self) -> None:
        if min(self.layers, self.rows, self.columns) < 1:
            raise RangeError(f"{self}: accepts 1 and more of each")

    @property
    def pillars(self) -> int:
        """Return how many pillars there are."""
        return self.rows * self.columns

    def check(self, topology: Topology) -> None:
        """Raise RangeError unless a board's chip can be this array."""
        held = (topology.kind != "1T1R", topology.rows, topology.columns)
        if held != (True, self.layers, self.pillars):
            raise RangeError(
                f"{topology.describe()}: accepts a chip without transistors of {self.layers} rows"
                f" (planes) and {self.pillars} columns (pillars)"
            )

    def cells(
        self,
        layer: NDArray[np.integer] | int,
        row: NDArray[np.integer] | int,
        column: NDArray[np.integer] | int,
    ) -> CellIndices:
        """Return the board's numbers of cells; arrays are taken together. Raises RangeError."""
        given = np.broadcast_arrays(layer, row, column)
        for name, places, count in zip(
            ("layer", "row", "column"), given, (self.layers, self.rows, self.columns), strict=True
        ):
            if not ((places >= 0) & (places < count)).all():
                raise RangeError(f"{name} {places}: accepts 0 to {count - 1}")
        shape = (self.layers, self.rows, self.columns)
        return np.ravel_multi_index([np.ravel(places) for places in given], shape).astype(np.uint32)

    def places(self, cells: CellIndices) -> tuple[NDArray[np.intp], ...]:
        """Return (layers, rows, columns) of cells by their numbers."""
        return tuple(np.unravel_index(cells, (self.layers, self.rows, self.columns)))

    def layer(self, cells: Floats, layer: int) -> Floats:
        """Return one layer of values of all cells, (rows, columns)."""
        return np.asarray(cells.reshape(self.layers, self.rows, self.columns)[layer])


def sneak_conductance(conductance: Floats) -> Floats:
    """Return S between each plane and each pillar, cell and sneak paths, if all else floats.

    conductance: S, (planes, pillars). The lumped model of three stages in series: from the plane to
    the other pillars, from these to the other planes, from these to the pillar. It is exact for
    equal cells; the wire of pillars is not in it.
    """
    total = conductance.sum()
    by_plane = conductance.sum(axis=1, keepdims=True) - conductance
    by_pillar = conductance.sum(axis=0, keepdims=True) - conductance
    rest = total - by_plane - by_pillar - conductance
    with np.errstate(divide="ignore"):
        stages = 1.0 / by_plane + 1.0 / rest + 1.0 / by_pillar
        return np.asarray(conductance + 1.0 / stages)
