"""The newest rows of a run: a bounded store that hands out views and never copies for a reader."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

_MOST_BYTES = 32 * 2**20  # of the rows that are kept; strings make long rows


class Columns:
    """The newest ``most`` rows of equally long columns; fewer where one row is many bytes.

    A block holds twice as many rows. It is filled once, from its beginning to its end; then the
    newest rows move to a fresh block. So what ``newest`` handed out is never written to again, and
    a reader needs neither a copy nor a lock.
    """

    def __init__(self, dtypes: Mapping[str, np.dtype[Any]], most: int) -> None:
        row_bytes = sum(dtype.itemsize for dtype in dtypes.values())
        self.capacity = max(1, min(most, _MOST_BYTES // max(row_bytes, 1)))
        self.taken = 0
        self._dtypes = dict(dtypes)
        self._end = 0
        self._block = self._fresh()

    @property
    def gone(self) -> int:
        """Return how many rows were taken and are kept no more."""
        return max(0, self.taken - self.capacity)

    def append(self, batch: Mapping[str, NDArray[Any]], count: int) -> None:
        """Take ``count`` rows: for each column an array of that length, in its dtype."""
        self.taken += count
        kept = min(count, self.capacity)
        if not kept:
            return
        if self._end + kept > 2 * self.capacity:
            self._move()
        end = self._end + kept
        for name, block in self._block.items():
            block[self._end : end] = batch[name][count - kept :]
        self._end = end

    def newest(self, names: Iterable[str] | None = None) -> dict[str, NDArray[Any]]:
        """Return the newest rows, oldest first, as equally long read-only arrays."""
        start = max(0, self._end - self.capacity)
        found = {}
        for name in self._block if names is None else names:
            found[name] = self._block[name][start : self._end]
            found[name].flags.writeable = False
        return found

    def _fresh(self) -> dict[str, NDArray[Any]]:
        return {name: np.empty(2 * self.capacity, dtype) for name, dtype in self._dtypes.items()}

    def _move(self) -> None:
        kept = self.newest()
        self._block = self._fresh()
        self._end = min(self._end, self.capacity)
        for name, block in self._block.items():
            block[: self._end] = kept[name]
