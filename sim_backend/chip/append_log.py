"""An append-only array of records in a file, memory-mapped, that grows by doubling.

The number of valid records lives outside (in the header of the state), so that a kernel can write a
record and count it at full speed; what lies behind it in the file is room, not data.
"""

import mmap
import os
import sys
from contextlib import suppress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from labcim.errors import RecordError

FIRST_ROOM = 4096
POPULATE_WRITE = 23  # MADV_POPULATE_WRITE of Linux 5.14; Python has no name for it yet


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
        with self._path.open("r+b") as file:
            self._mapped = mmap.mmap(file.fileno(), room * self._dtype.itemsize)
        self.records = np.frombuffer(self._mapped, self._dtype)

    def __len__(self) -> int:
        return int(self.tail[0])

    def reserve(self, count: int) -> None:
        """Make room for ``count`` more records, at least doubling the file when it is full."""
        needed = len(self) + count
        room = max(FIRST_ROOM, len(self.records))
        while room < needed:
            room *= 2
        if room > len(self.records):
            self._grow(room * self._dtype.itemsize)
            self._map()
        if count >= FIRST_ROOM:
            self._populate(count)

    def _grow(self, size: int) -> None:
        """Make the file larger, with its blocks. Raises RecordError where the disk has none left.

        A hole in the file would do until it is written to through memory: on a full disk that ends
        the process.
        """
        try:
            with self._path.open("r+b") as file:
                if hasattr(os, "posix_fallocate"):
                    os.posix_fallocate(file.fileno(), 0, size)
                else:
                    file.truncate(size)
        except OSError as trouble:
            name = self._path.name
            raise RecordError(f"the simulated chip's {name} cannot grow: {trouble}") from trouble

    def _populate(self, count: int) -> None:
        """Have the pages of the next ``count`` records made at once.

        One by one, on first touch, they would cost a kernel more time than the physics does.
        """
        if sys.platform != "linux":
            return
        first = len(self) * self._dtype.itemsize
        start = first - first % mmap.PAGESIZE
        with suppress(OSError):  # an older kernel: pages come as they are touched
            length = first + count * self._dtype.itemsize - start
            self._mapped.madvise(POPULATE_WRITE, start, length)

    def append(self, record: bytes) -> None:
        """Write one record, packed as its dtype is, and count it."""
        place = int(self.tail[0])
        if place >= len(self.records):
            self.reserve(1)
        size = self._dtype.itemsize
        self._mapped[place * size : (place + 1) * size] = record
        self.tail[0] = place + 1

    def valid(self) -> NDArray[np.void]:
        """Return the records written so far: a view, shape (n,)."""
        return self.records[: len(self)]

    def close(self) -> None:
        """Give the room behind the last record back."""
        self.records = np.zeros(0, self._dtype)
        with self._path.open("r+b") as file:
            file.truncate(len(self) * self._dtype.itemsize)
