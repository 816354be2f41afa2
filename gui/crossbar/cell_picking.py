"""Which cells are picked: what clicks, drags and keys mean. No Qt here.

One cell is the anchor, where a block begins, another the cursor, where it ends. What was picked
before the anchor was set stays below the block, if Ctrl was held, and is gone otherwise.
"""

import numpy as np
from numpy.typing import NDArray

Place = tuple[int, int]


class CellPicking:
    """The picked cells of an array of ``rows`` x ``columns``."""

    def __init__(self, rows: int = 0, columns: int = 0) -> None:
        self.rows, self.columns = rows, columns
        self.anchor: Place | None = None
        self.cursor: Place | None = None
        self._mask = np.zeros((rows, columns), np.bool_)
        self._below = self._mask.copy()
        self._adds = True

    @property
    def mask(self) -> NDArray[np.bool_]:
        """Shape (rows, columns), true where picked. To be read only."""
        return self._mask

    @property
    def cells(self) -> NDArray[np.uint32]:
        """The picked cells, row by row: row * columns + column, sorted."""
        return np.flatnonzero(self._mask).astype(np.uint32)

    def press(self, row: int, column: int, toggle: bool = False, extend: bool = False) -> None:
        """Pick one cell; with ``toggle`` add it or take it out, with ``extend`` reach to it."""
        if extend and self.anchor is not None:
            self.reach(row, column)
            return
        self.anchor = self._inside(row, column)
        self._adds = not (toggle and bool(self._mask[self.anchor]))
        self._below = self._mask.copy() if toggle else np.zeros_like(self._mask)
        self.reach(row, column)

    def reach(self, row: int, column: int) -> None:
        """Let the block go from the anchor to this cell; beyond the array it ends at its edge."""
        if self.anchor is None:
            self.press(row, column)
            return
        self.cursor = self._inside(row, column)
        top, bottom = sorted((self.anchor[0], self.cursor[0]))
        left, right = sorted((self.anchor[1], self.cursor[1]))
        self._mask = self._below.copy()
        self._mask[top : bottom + 1, left : right + 1] = self._adds

    def move(self, down: int, right: int, extend: bool = False) -> None:
        """Go to a neighbour of the cursor and pick it, or let the block reach it."""
        if self.cursor is None:
            self.press(0, 0)
            return
        row, column = self.cursor[0] + down, self.cursor[1] + right
        self.press(row, column, extend=extend)

    def pick(self, cells: NDArray[np.uint32]) -> None:
        """Pick these cells and no other; those that the array does not have are left out."""
        known = np.asarray(cells, dtype=np.int64)
        known = known[(known >= 0) & (known < self._mask.size)]
        mask = np.zeros_like(self._mask)
        mask.reshape(-1)[known] = True
        self._replace(mask)
        if known.size:
            first, last = int(known.min()), int(known.max())
            self.anchor = divmod(first, self.columns)
            self.cursor = divmod(last, self.columns)

    def pick_all(self) -> None:
        """Pick every cell."""
        self._replace(np.ones_like(self._mask))

    def pick_rows(self) -> None:
        """Pick the whole of each row that holds a picked cell, or of the cursor's row."""
        mask = np.zeros_like(self._mask)
        mask[self._touched(axis=1)] = True
        self._replace(mask)

    def pick_columns(self) -> None:
        """Pick the whole of each column that holds a picked cell, or of the cursor's column."""
        mask = np.zeros_like(self._mask)
        mask[:, self._touched(axis=0)] = True
        self._replace(mask)

    def clear(self) -> None:
        """Pick none; the cursor stays where it is, for the arrow keys."""
        self._replace(np.zeros_like(self._mask))
        self.anchor = None

    def _replace(self, mask: NDArray[np.bool_]) -> None:
        self._mask = mask
        self._below = np.zeros_like(mask)
        self._adds = True

    def _touched(self, axis: int) -> NDArray[np.bool_]:
        touched = np.asarray(self._mask.any(axis=axis))
        if not touched.any() and self.cursor is not None:
            touched[self.cursor[0 if axis == 1 else 1]] = True
        return touched

    def _inside(self, row: int, column: int) -> Place:
        return min(max(row, 0), self.rows - 1), min(max(column, 0), self.columns - 1)
