"""Working memory that is used again: fresh memory costs more time than a small network.

The system hands out memory page by page, on first touch, and zeroed. Networks of one shape are
solved again and again, so the arrays of the last ones are kept for the next of their shape.
"""

import threading
import weakref
from typing import Any

import numpy as np
from numpy.typing import NDArray

MOST_KEPT = 64 * 2**20  # bytes
LINE = 64  # bytes of a cache line

_lock = threading.RLock()  # giving back may happen in the midst of borrowing, by the collector
_kept: list["_Arrays"] = []
Array = NDArray[Any]


class _Arrays:
    """Flat arrays of given sizes and types. Zero at first; as their last user left them later."""

    def __init__(
        self, shape: tuple[int, int], sizes: tuple[int, ...], kinds: tuple[Any, ...]
    ) -> None:
        self.key = shape, sizes, kinds
        self.arrays = [_aligned(size, kind) for size, kind in zip(sizes, kinds, strict=True)]
        self.bytes = sum(array.nbytes for array in self.arrays)


def _aligned(size: int, kind: Any) -> Array:
    """Return zeros that begin where a cache line does: no 16 numbers then take one line more."""
    bytes_ = size * np.dtype(kind).itemsize
    raw = np.zeros(bytes_ + LINE, np.uint8)
    begin = -raw.ctypes.data % LINE
    return raw[begin : begin + bytes_].view(kind)


def borrow(
    owner: object, shape: tuple[int, int], sizes: tuple[int, ...], kinds: tuple[Any, ...]
) -> list[Array]:
    """Return arrays for ``owner``, of a network of some shape; they go back when it is gone."""
    found = None
    with _lock:
        for k, arrays in enumerate(_kept):
            if arrays.key == (shape, sizes, kinds):
                found = _kept.pop(k)
                break
    found = found or _Arrays(shape, sizes, kinds)
    weakref.finalize(owner, _give_back, found).atexit = False
    return found.arrays


def _give_back(arrays: _Arrays) -> None:
    with _lock:
        _kept.append(arrays)
        while sum(kept.bytes for kept in _kept) > MOST_KEPT:
            _kept.pop(0)
