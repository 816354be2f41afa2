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

_lock = threading.RLock()  # giving back may happen in the midst of borrowing, by the collector
_kept: list["_Arrays"] = []
Array = NDArray[Any]


class _Arrays:
    """Flat arrays of given sizes and types. Zero at first; as their last user left them later."""

    def __init__(self, sizes: tuple[int, ...], kinds: tuple[Any, ...]) -> None:
        self.key = sizes, kinds
        self.arrays = [np.zeros(size, kind) for size, kind in zip(sizes, kinds, strict=True)]
        self.bytes = sum(array.nbytes for array in self.arrays)


def borrow(owner: object, sizes: tuple[int, ...], kinds: tuple[Any, ...]) -> list[Array]:
    """Return arrays for ``owner``; they go back when it is gone."""
    found = None
    with _lock:
        for k, arrays in enumerate(_kept):
            if arrays.key == (sizes, kinds):
                found = _kept.pop(k)
                break
    found = found or _Arrays(sizes, kinds)
    weakref.finalize(owner, _give_back, found).atexit = False
    return found.arrays


def _give_back(arrays: _Arrays) -> None:
    with _lock:
        _kept.append(arrays)
        while sum(kept.bytes for kept in _kept) > MOST_KEPT:
            _kept.pop(0)
