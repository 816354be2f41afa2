"""What is known of each cell at present: its latest row, and the pulses it was given."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.float32]
Dtypes = Mapping[str, np.dtype[Any]]

_NUMBERS = "biuf"
_WHOLE = "iu"


def tells_cells(dtypes: Dtypes) -> bool:
    """Say whether rows with these columns tell which cell they are of."""
    keys = ("cell",) if "cell" in dtypes else ("row", "column")
    return all(key in dtypes and dtypes[key].kind in _WHOLE for key in keys)


class CellTable:
    """The latest row of each cell of an array: every channel that is a number.

    A later row replaces the whole of an earlier one, also by NaN: it is what is known now.
    """

    def __init__(self, rows: int, columns: int, dtypes: Dtypes) -> None:
        self.shape = (rows, columns)
        size = rows * columns
        self.seen = np.zeros(size, np.bool_)
        # Pages of zeros cost no memory before a value is written to them.
        self._latest = {n: np.zeros(size, d) for n, d in dtypes.items() if d.kind in _NUMBERS}

    @property
    def names(self) -> tuple[str, ...]:
        """Return the channels that can be shown as a picture."""
        return tuple(self._latest)

    def take(self, batch: Mapping[str, NDArray[Any]]) -> None:
        """Take rows in their order; those of cells outside the array are left out."""
        cells, inside = self._cells(batch)
        everything = bool(inside.all())
        if not everything:
            cells = cells[inside]
        self.seen[cells] = True
        for name, latest in self._latest.items():
            # Where a cell comes more than once, numpy leaves the last of its values behind.
            latest[cells] = batch[name] if everything else batch[name][inside]

    def picture(self, name: str) -> Picture:
        """Return the latest value of each cell, shape (rows, columns), NaN where none is known."""
        picture = np.full(self.seen.size, np.nan, np.float32)
        with np.errstate(over="ignore", invalid="ignore"):
            np.copyto(picture, self._latest[name], where=self.seen, casting="unsafe")
        return picture.reshape(self.shape)

    def row(self, cell: int) -> dict[str, float]:
        """Return the latest row of a cell; empty where there is none."""
        if not self.seen[cell]:
            return {}
        return {name: float(latest[cell]) for name, latest in self._latest.items()}

    def _cells(self, batch: Mapping[str, NDArray[Any]]) -> tuple[NDArray[Any], NDArray[np.bool_]]:
        """Return the cell of each row, and whether it lies in the array."""
        if "cell" in batch:
            cells = batch["cell"]
            return cells, (cells >= 0) & (cells < self.seen.size)
        row, column = batch["row"].astype(np.int64), batch["column"].astype(np.int64)
        inside = (row >= 0) & (row < self.shape[0]) & (column >= 0) & (column < self.shape[1])
        return row * self.shape[1] + column, inside


class PulseTable:
    """How many pulses each cell was given, and when the last of them became known here."""

    def __init__(self, rows: int, columns: int) -> None:
        self.shape = (rows, columns)
        self._counts = np.zeros(rows * columns, np.uint64)
        self._arrived = np.full(rows * columns, -np.inf)
        self._newest = -np.inf

    def take(self, train: NDArray[np.void], now: float) -> None:
        """Take a train of dtype PULSE that arrived at ``now``, in s."""
        train = train[train["cell"] < self._counts.size]
        np.add.at(self._counts, train["cell"], train["count"].astype(np.uint64))
        self._arrived[train["cell"]] = self._newest = now

    def picture(self) -> Picture:
        """Return the pulses of each cell, shape (rows, columns), NaN where there were none."""
        counts = self._counts.astype(np.float32)
        counts[self._counts == 0] = np.nan
        return counts.reshape(self.shape)

    def of(self, cell: int) -> int:
        """Return how many pulses a cell was given."""
        return int(self._counts[cell])

    def after(self, earliest: float) -> NDArray[np.uint32]:
        """Return the cells of which a pulse arrived after ``earliest``, sorted."""
        if self._newest <= earliest:
            return np.empty(0, np.uint32)
        return np.flatnonzero(self._arrived > earliest).astype(np.uint32)
