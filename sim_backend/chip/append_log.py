"""An append-only array of records in a file, memory-mapped, that grows by doubling.

The number of valid records lives outside (in the header of the state), so that a kernel can write a
record and count it at full speed; what lies behind it in the file is room, not data.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

FIRST_ROOM = 4096


class AppendLog:
    """Records of one dtype in a file. ``tail``: the counter, a view of shape (1,), u8."""

    def __init__(self, path: Path, dtype: np.dtype[np.void], tail: NDArray[np.uint64]) -> None:
        self._path = path
        self._dtype = dtype
        self.tail = tail
        if not path.exists():
            path.touch()
        self._map()

    def _map(self) -> None:
        room = self._path.stat().st_size // self._dtype.itemsize
        if room == 0:
            self.records: NDArray[np.void] = np.zeros(0, self._dtype)
            return
        mapped = np.memmap(self._path, self._dtype, "r+", shape=(room,))
        self.records = np.asarray(mapped)

    def __len__(self) -> int:
        return int(self.tail[0])

    def reserve(self, count: int) -> None:
        """Make room for ``count`` more records, at least doubling the file when it is full."""
        needed = len(self) + count
        room = len(self.records)
        if needed <= room:
            return
        room = max(FIRST_ROOM, room)
        while room < needed:
            room *= 2
        with self._path.open("r+b") as file:
            file.truncate(room * self._dtype.itemsize)
        self._map()

    def append(self, **values: object) -> None:
        """Write one record and count it."""
        self.reserve(1)
        record = self.records[len(self)]
        for name, value in values.items():
            record[name] = value
        self.tail[0] += np.uint64(1)

    def valid(self) -> NDArray[np.void]:
        """Return the records written so far: a view, shape (n,)."""
        return self.records[: len(self)]

    def close(self) -> None:
        """Give the room behind the last record back."""
        self.records = np.zeros(0, self._dtype)
        with self._path.open("r+b") as file:
            file.truncate(len(self) * self._dtype.itemsize)
