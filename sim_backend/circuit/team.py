"""Threads that share one calculation: blocks of work, taken by ticket, in a fixed order of phases.

A calculation is a fixed sequence of blocks. Whoever is free takes the next ticket; nobody starts a
phase before all blocks of the one before are done. Each block writes its own part of the arrays and
its own partial sum, and partial sums are added in the order of blocks: so the result does not
depend, to the last bit, on how many threads took part or on who did what. A helper that comes late,
or never, holds nothing up: the caller takes all tickets itself.
"""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numba import extending, njit, types
from numpy.typing import NDArray

intrinsic: Any = extending.intrinsic  # its stub knows no arguments

NEXT, DONE, JOINED = 0, 16, 32  # places of the counters, on cache lines of their own
MOST = 4  # threads
_pool: list[ThreadPoolExecutor] = []


def counters() -> NDArray[np.int64]:
    """Return the counters of one calculation: tickets handed out, blocks done, threads in it."""
    return np.zeros(48, dtype=np.int64)


def default_threads() -> int:
    """Return how many threads a large calculation uses: processors that are idle, four at most.

    A thread that must wait for a processor in the midst of a block holds the others up.
    """
    busy = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    return max(1, min(MOST, (os.cpu_count() or 1) + 1 - round(busy)))


def together(threads: int, work: Callable[..., Any], *arguments: Any) -> Any:
    """Call ``work(*arguments)`` here, and in ``threads`` - 1 helpers; return what it returns here.

    work: compiled with nogil, and built on `claim`, `finish` and `wait`.
    """
    if threads > 1:
        if not _pool:
            _pool.append(ThreadPoolExecutor(MOST - 1, thread_name_prefix="labcim-circuit"))
        for _ in range(min(threads - 1, MOST - 1)):
            _pool[0].submit(work, *arguments)
    return work(*arguments)


@intrinsic
def _fetch_add(typing: Any, array: Any, place: Any, value: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        data = context.make_array(signature.args[0])(context, builder, values[0]).data
        pointer = builder.gep(data, [values[1]])
        return builder.atomic_rmw("add", pointer, values[2], "seq_cst")

    return types.int64(array, types.int64, types.int64), generate


@intrinsic
def _load(typing: Any, array: Any, place: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        data = context.make_array(signature.args[0])(context, builder, values[0]).data
        pointer = builder.gep(data, [values[1]])
        return builder.load_atomic(pointer, "seq_cst", 8)

    return types.int64(array, types.int64), generate


_njit: Any = njit  # its stub does not know all options
_jit = _njit(cache=True, nogil=True, _nrt=False)


@_jit
def join(counter: NDArray[np.int64]) -> int:
    """Return the number of the thread that calls, from 0 on."""
    return _fetch_add(counter, JOINED, 1)


@_jit
def claim(counter: NDArray[np.int64]) -> int:
    """Take the next ticket."""
    return _fetch_add(counter, NEXT, 1)


@_jit
def finish(counter: NDArray[np.int64]) -> None:
    """Say that one block is done."""
    _fetch_add(counter, DONE, 1)


@_jit
def wait(counter: NDArray[np.int64], blocks: int) -> None:
    """Return when ``blocks`` blocks are done, counted from the beginning."""
    while _load(counter, DONE) < blocks:
        pass
