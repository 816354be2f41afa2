"""The colour of each pixel of a map, straight from the values of the cells. No Qt here.

Worked out for the pixels that are seen, not for the cells: a million cells cost no more than the
screen has pixels, and hatching where nothing is known costs nothing extra.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .pixels import Pixels

Values = NDArray[np.floating[Any]]
Inks = NDArray[np.uint32]  # 0xAARRGGBB

_HATCH = 8  # px between two lines of the hatching


def inks(table: NDArray[np.uint8]) -> Inks:
    """Return colours (red, green, blue), shape (n, 3), as one number each."""
    red, green, blue = (table[:, part].astype(np.uint32) for part in range(3))
    return np.asarray(0xFF000000 | (red << 16) | (green << 8) | blue, np.uint32)


def colours(
    values: Values, levels: tuple[float, float], table: Inks, down: Pixels, across: Pixels
) -> tuple[Inks, NDArray[np.bool_]]:
    """Return the colour of each pixel, and where nothing is known: shape (down, across).

    table: 256 colours from the lower of the levels to the upper. Values beyond them get the
    colour at the end.
    """
    rows = np.clip(down.cells(), 0, values.shape[0] - 1)
    columns = np.clip(across.cells(), 0, values.shape[1] - 1)
    if values.size <= down.count * across.count:  # fewer cells than pixels: colour the cells
        coloured, unknown = _coloured(values, levels, table)
        return coloured[rows][:, columns], unknown[rows][:, columns]
    return _coloured(values[rows][:, columns], levels, table)


def hatching(down: Pixels, across: Pixels, paper: int, ink: int) -> Inks:
    """Return diagonal lines that stay where they are on the array when it is moved."""
    y = down.first - round(down.origin) + np.arange(down.count)
    x = across.first - round(across.origin) + np.arange(across.count)
    return np.where(np.add.outer(y, x) % _HATCH == 0, np.uint32(ink), np.uint32(paper))


def _coloured(
    values: Values, levels: tuple[float, float], table: Inks
) -> tuple[Inks, NDArray[np.bool_]]:
    low, high = levels
    place = (values - np.float32(low)) * np.float32(256 / (high - low))
    unknown = np.isnan(place)
    place[unknown] = 0
    np.clip(place, 0, 255, out=place)
    return table[place.astype(np.intp)], unknown
