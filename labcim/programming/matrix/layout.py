"""A matrix as regions of cells with targets, before anything is written."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from labcim.capabilities import Floats
from labcim.errors import RangeError
from labcim.programming.mapping.faults import assigned, mended
from labcim.programming.mapping.placement import Region
from labcim.programming.mapping.scheme import Scheme
from labcim.protocol import Capabilities

_EXACT = 1e-9  # of full scale; less is the rounding of floats


@dataclass(frozen=True)
class Layout:
    """Where a matrix lies and what its cells should hold.

    weights: fractions of full scale, (outputs, inputs).  regions and, for each of them, targets:
    fractions of a cell's range, (inputs, groups, sides, slices, copies); and stuck, likewise: what
    cells hold that do not move, NaN for good ones.
    """

    scheme: Scheme
    weights: Floats
    regions: tuple[Region, ...]
    targets: tuple[Floats, ...]
    stuck: tuple[Floats, ...]

    @classmethod
    def plain(cls, scheme: Scheme, weights: Floats, regions: tuple[Region, ...]) -> "Layout":
        """Return the layout on cells that are all sound."""
        empty = [np.full((len(r.rows), *r.columns.shape), np.nan) for r in regions]
        return cls(scheme, weights, regions, (), ()).around(empty)

    def wanted(self, region: Region) -> Floats:
        """Return the weights of a region, the shared reference last, (inputs, groups)."""
        part = self.weights[region.outputs(self.scheme), region.inputs].T
        if self.scheme.signs == "pair":
            return part
        return np.hstack([part, np.zeros((len(part), 1))])

    def around(self, stuck: Sequence[Floats]) -> "Layout":
        """Return the layout with targets that make up for stuck cells.

        stuck: of each region NaN for good cells, else the fraction held, as ``targets``.
        """
        targets = [
            mended(self.scheme, self.wanted(region), cells)
            for region, cells in zip(self.regions, stuck, strict=True)
        ]
        return replace(self, targets=tuple(targets), stuck=tuple(stuck))

    def with_stuck(self, stuck: Sequence[Floats]) -> "Layout":
        """Return the layout with cells known to be stuck, and no other target changed for them."""
        targets = [
            np.where(np.isnan(cells), wanted, cells)
            for wanted, cells in zip(self.targets, stuck, strict=True)
        ]
        return replace(self, targets=tuple(targets), stuck=tuple(stuck))

    def avoiding(self, faults: Sequence[Floats], arrays: Sequence[Capabilities]) -> "Layout":
        """Return the layout on the columns where faults hurt least, and made up for.

        faults: of each array, S that a stuck cell holds, NaN for good ones, (rows, columns).
        """
        if len(faults) != len(arrays):
            raise RangeError(f"faults: {len(faults)} maps are given for {len(arrays)} arrays")
        chosen, stuck = [], []
        for region in self.regions:
            topology = arrays[region.array].cells.topology
            held = np.asarray(faults[region.array], dtype=np.float64)
            if held.shape != (topology.rows, topology.columns):
                raise RangeError(
                    f"faults: shape {held.shape} is not that of the array, "
                    f"{topology.rows} × {topology.columns}"
                )
            groups = np.concatenate([region.columns, region.spare])
            there = self.scheme.fraction(held[region.rows.reshape(-1, 1, 1, 1, 1), groups])
            wanted = self.wanted(region)
            importance = np.ones(wanted.shape[1])
            if self.scheme.signs == "offset":
                importance[-1] = wanted.shape[1] - 1  # every weight of a row is read against it
            taken = assigned(self.scheme, wanted, there, importance)
            chosen.append(replace(region, columns=groups[taken]))
            stuck.append(there[:, taken])
        return replace(self, regions=tuple(chosen)).around(stuck)

    def missed(self) -> Floats:
        """Return what weights with stuck cells still lack, fractions of full scale; 0 elsewhere."""
        lacking = self.scheme.quantised(self.weights) - self.held(self.targets)
        return np.where(self.ill() & (np.abs(lacking) > _EXACT), lacking, 0.0)

    def ill(self) -> NDArray[np.bool_]:
        """Return which weights have a stuck cell, or are read against one, (outputs, inputs)."""
        found = np.zeros(self.weights.shape, np.bool_)
        for region, cells in zip(self.regions, self.stuck, strict=True):
            stuck = np.any(~np.isnan(cells), axis=(2, 3, 4)).reshape(cells.shape[:2])
            if self.scheme.signs == "offset":
                stuck = stuck[:, :-1] | stuck[:, -1:]
            found[region.outputs(self.scheme), region.inputs] = stuck.T
        return found

    def held(self, fractions: Sequence[Floats]) -> Floats:
        """Return the weights that cells hold, fractions of full scale, (outputs, inputs)."""
        found = np.zeros_like(self.weights)
        for region, cells in zip(self.regions, fractions, strict=True):
            weights, reference = cells, None
            if self.scheme.signs == "offset":
                weights, reference = cells[:, :-1], cells[:, -1:]
            found[region.outputs(self.scheme), region.inputs] = self.scheme.decode(
                weights, reference
            ).T
        return found
