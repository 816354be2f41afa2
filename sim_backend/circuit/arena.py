"""Working memory that is used again: fresh memory costs more time than a small network.

The system hands out memory page by page, on first touch, and zeroed. Networks of one shape are
solved again and again, so the arrays of the last ones are kept for the next of their shape.
"""

import threading
import weakref
from itertools import accumulate
from typing import Any

import numpy as np
from numpy.typing import NDArray

MOST_KEPT = 128 * 2**20  # bytes
LINE = 64  # bytes of a cache line
WORTH = 2**14  # numbers from which the system would hand out pages for an array of its own

_lock = threading.RLock()  # giving back may happen in the midst of borrowing, by the collector
_kept: list["_Arrays"] = []
Array = NDArray[Any]
Floats = NDArray[np.float64]


class _Arrays:
    """Flat arrays of given sizes and types. Zero at first; as their last user left them later.

    They lie in one piece, for which the system may use large pages, and each begins where a cache
    line does: no 16 numbers then take one line more.
    """

    def __init__(
        self, key: tuple[Any, ...], sizes: tuple[int, ...], kinds: tuple[Any, ...]
    ) -> None:
        lengths = [n * np.dtype(kind).itemsize for n, kind in zip(sizes, kinds, strict=True)]
        begins = [0, *accumulate(-(-length // LINE) * LINE for length in lengths)]
        self.key, self.bytes = key, begins[-1] + LINE
        whole = np.empty(self.bytes, np.uint8)  # not zeros, which never are on large pages
        whole.fill(0)
        whole = whole[-whole.ctypes.data % LINE :]
        self.arrays = [
            whole[begin : begin + length].view(kind)
            for begin, length, kind in zip(begins, lengths, kinds, strict=False)
        ]


def borrow(
    owner: object, shape: tuple[int, int], sizes: tuple[int, ...], kinds: tuple[Any, ...]
) -> list[Array]:
    """Return arrays for ``owner``, of a network of some shape; they go back when it is gone."""
    found = _take((shape, sizes, kinds), sizes, kinds)
    weakref.finalize(owner, _give_back, found).atexit = False
    return found.arrays


def lend(shape: tuple[int, int]) -> Floats:
    """Return an array for an answer, with any numbers in it; it comes back when nobody has it."""
    size = shape[0] * shape[1]
    if size < WORTH:
        return np.empty(shape)
    found = _take((size,), (size,), (np.float64,))
    owner = _Owner(found.arrays[0])
    weakref.finalize(owner, _give_back, found).atexit = False
    return np.asarray(owner).reshape(shape)


class _Owner:
    """Memory that arrays and their views are made of: they keep this object, not one another."""

    def __init__(self, array: Floats) -> None:
        self.__array_interface__ = array.__array_interface__


def _take(key: tuple[Any, ...], sizes: tuple[int, ...], kinds: tuple[Any, ...]) -> _Arrays:
    with _lock:
        for k, arrays in enumerate(_kept):
            if arrays.key == key:
                return _kept.pop(k)
    return _Arrays(key, sizes, kinds)


def _give_back(arrays: _Arrays) -> None:
    with _lock:
        _kept.append(arrays)
        while sum(kept.bytes for kept in _kept) > MOST_KEPT:
            _kept.pop(0)
