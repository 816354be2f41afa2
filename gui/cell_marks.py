"""Marks over the map: a rim around picked cells, a diamond on those just pulsed. No Qt here.

They are worked out for pixels of the screen, not for cells: what it takes is the same for one
picked cell and for a chequerboard of a million, and a rim is as thick on small cells as on large.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]

CLEAR, LIGHT, DARK, PULSED = range(4)

_SMALL = 5.0  # px: in smaller cells the mark of a pulse is the whole cell
_LARGEST_MARK = 7.0  # px from the middle of a cell to the tip of its diamond


@dataclass(frozen=True, slots=True)
class Pixels:
    """Pixels along one axis: the middle of cell 0 is at ``origin``, cells are ``pitch`` apart."""

    origin: float
    pitch: float
    first: int  # the first pixel, and how many
    count: int

    def cells(self) -> NDArray[np.int64]:
        """Return for each pixel the cell in which its middle lies; not all need exist."""
        place = (self.first + np.arange(self.count) + 0.5 - self.origin) / self.pitch
        return np.asarray(np.floor(place + 0.5), np.int64)

    def from_middle(self) -> NDArray[np.float32]:
        """Return for each pixel its distance from the middle of its cell, in pixels."""
        place = (self.first + np.arange(self.count) + 0.5 - self.origin) / self.pitch
        return np.asarray(np.abs(place - np.floor(place + 0.5)) * self.pitch, np.float32)


def marks(picked: Mask, pulsed: Mask, down: Pixels, across: Pixels) -> NDArray[np.uint8]:
    """Return CLEAR, LIGHT, DARK or PULSED for each pixel: shape (down.count, across.count)."""
    codes = np.zeros((down.count, across.count), np.uint8)
    if pulsed.any():
        here = _seen(pulsed, down, across)
        size = min(down.pitch, across.pitch)
        if size >= _SMALL:
            reach = min(0.3 * size, _LARGEST_MARK)
            distance = np.add.outer(down.from_middle(), across.from_middle())
            codes[here & (distance <= reach + 1.5)] = DARK
            codes[here & (distance <= reach)] = PULSED
        else:
            codes[here] = PULSED
    if picked.any():
        here = _seen(picked, down, across)
        codes[here & ~_worn(_worn(here))] = LIGHT
        codes[_worn(~here) ^ ~here] = DARK
    return codes


def _seen(mask: Mask, down: Pixels, across: Pixels) -> Mask:
    """Return for each pixel whether a cell below it is in the mask."""
    by_row = _along(mask, down)
    return np.ascontiguousarray(_along(by_row.T, across).T)


def _along(mask: Mask, pixels: Pixels) -> Mask:
    """Bring the first axis of the mask to pixels; a pixel over several cells shows any of them."""
    cells = pixels.cells()
    inside = (cells >= 0) & (cells < len(mask))
    if pixels.pitch >= 1:
        return np.where(inside[:, None], mask[np.clip(cells, 0, len(mask) - 1)], False)
    found = np.zeros((pixels.count, mask.shape[1]), np.bool_)
    starts = cells[inside]
    if not starts.size:
        return found
    starts[0] = max(0, starts[0] - 1)
    end = min(len(mask), int(cells[inside][-1]) + int(np.ceil(1 / pixels.pitch)))
    found[inside] = np.logical_or.reduceat(mask[:end], starts, axis=0)
    return found


def _worn(mask: Mask) -> Mask:
    """Take one pixel off the edge of what is true; beyond the picture all is false."""
    worn = mask.copy()
    worn[1:] &= mask[:-1]
    worn[:-1] &= mask[1:]
    worn[:, 1:] &= mask[:, :-1]
    worn[:, :-1] &= mask[:, 1:]
    return worn
