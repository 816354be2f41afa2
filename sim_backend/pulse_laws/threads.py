"""Blocks of rows for threads. Kernels release the interpreter's lock, and rows are independent."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TypeVar

MOST_THREADS = 4
Result = TypeVar("Result")
_LEAST_WORK = 1 << 13  # cells (or lines) times samples: less is done sooner than handed over


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(MOST_THREADS - 1, thread_name_prefix="labcim-pulses")


def default_threads() -> int:
    """Return how many threads large updates use: the processors there are, four at most."""
    return min(MOST_THREADS, os.cpu_count() or 1)


def side_by_side(
    one: Callable[[], Result], other: Callable[[], Result], work_size: int
) -> tuple[Result, Result]:
    """Return what both calls return, made at once where they are large and there is a processor."""
    if work_size < _LEAST_WORK or default_threads() == 1:
        return one(), other()
    later = _pool().submit(other)
    return one(), later.result()


def over_rows(work: Callable[[int, int], None], rows: int, work_size: int, threads: int) -> None:
    """Call work(first, last) for blocks of rows that make up all rows, at once in several threads.

    work_size: cells times samples, which tells whether threads are worth it.
    """
    threads = min(threads, MOST_THREADS, rows) if work_size >= _LEAST_WORK else 1
    edges = [rows * part // threads for part in range(threads + 1)]
    others = [_pool().submit(work, edges[n], edges[n + 1]) for n in range(1, threads)]
    work(edges[0], edges[1])
    for other in others:
        other.result()
