"""Marks over the map: a rim around picked cells, a diamond on those just pulsed. No Qt here.

They are worked out for pixels of the screen, not for cells: what it takes is the same for one
picked cell and for a chequerboard of a million, and a rim is as thick on small cells as on large.
"""

import numpy as np
from numpy.typing import NDArray

from .pixels import Pixels

Mask = NDArray[np.bool_]

CLEAR, LIGHT, DARK, PULSED = range(4)

_SMALL = 5.0  # px: in smaller cells the mark of a pulse is the whole cell
_LARGEST_MARK = 7.0  # px from the middle of a cell to the tip of its diamond


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
    if pixels.pitch >= 1:
        return _taken(mask, pixels.cells())
    first, last = pixels.covered()
    found = _taken(mask, first)
    for step in range(1, int(np.ceil(1 / pixels.pitch))):
        found |= _taken(mask, np.minimum(first + step, last))
    return found


def _taken(mask: Mask, cells: NDArray[np.int64]) -> Mask:
    """Return these lines of the mask; false where there is no such line."""
    taken: Mask = mask[np.clip(cells, 0, len(mask) - 1)]
    taken[(cells < 0) | (cells >= len(mask))] = False
    return taken


def _worn(mask: Mask) -> Mask:
    """Take one pixel off the edge of what is true; the edge of the picture is none."""
    worn = mask.copy()
    worn[1:] &= mask[:-1]
    worn[:-1] &= mask[1:]
    worn[:, 1:] &= mask[:, :-1]
    worn[:, :-1] &= mask[:, 1:]
    return worn
