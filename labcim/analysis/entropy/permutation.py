"""Permutation tests: would a shuffled sequence look like this one? SP 800-90B, 5.1."""

import bz2
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from numba import njit
from numpy.typing import NDArray

from ...capabilities import Floats
from ..randomness.bits import Symbols

PERMUTATIONS = 10_000
_ENOUGH = 5  # on either side: a rank within 5 of the ends is a failure
_LAGS = (1, 2, 8, 16, 32)


@dataclass(frozen=True, slots=True)
class PermutationTest:
    """One statistic: its value, and how many shuffles were above it, equal, and below."""

    name: str
    value: float
    above: int
    equal: int
    below: int

    @property
    def passed(self) -> bool:
        """Return whether the sequence lies within its shuffles, not among the last five."""
        return self.above + self.equal > _ENOUGH and self.below + self.equal > _ENOUGH


def permutation_tests(
    symbols: Symbols, *, binary: bool, seed: int = 1, permutations: int = PERMUTATIONS
) -> list[PermutationTest]:
    """Return the outcome of each of the 19 statistics.

    symbols: shape (n,), n >= 300.  binary: bits, some of whose statistics are taken of 8 at a time.
    A statistic is no longer computed once its verdict cannot change. Same seed, same shuffles.
    """
    statistics = _statistics(symbols, binary)
    value = {name: find(_Views(symbols, binary)) for name, find in statistics.items()}
    ranks = {name: [0, 0, 0] for name in statistics}
    open_yet, shuffled = list(statistics), symbols.copy()
    random = np.random.default_rng(seed)
    for _ in range(permutations):
        if not open_yet:
            break
        random.shuffle(shuffled)
        views = _Views(shuffled, binary)
        for name in open_yet:
            seen = statistics[name](views)
            ranks[name][0 if seen > value[name] else 1 if seen == value[name] else 2] += 1
        open_yet = [name for name in open_yet if not _decided(ranks[name])]
    return [PermutationTest(name, float(value[name]), *ranks[name]) for name in statistics]


def _decided(ranks: list[int]) -> bool:
    return ranks[0] + ranks[1] > _ENOUGH and ranks[2] + ranks[1] > _ENOUGH


class _Views:
    """A sequence, and what it is converted to for some statistics; each computed once."""

    def __init__(self, symbols: Symbols, binary: bool) -> None:
        self.symbols = symbols
        self.packed = np.packbits(symbols) if binary else symbols
        self.sums = _ones(self.packed) if binary else symbols
        self._collisions: Floats | None = None

    @property
    def collisions(self) -> Floats:
        if self._collisions is None:
            self._collisions = _collision_waits(self.packed)
        return self._collisions


def _ones(packed: Symbols) -> Symbols:
    return np.bitwise_count(packed)


Statistic = Callable[[_Views], float]


def _statistics(symbols: Symbols, binary: bool) -> dict[str, Statistic]:
    mean = float(symbols.mean())
    median = 0.5 if binary else float(np.median(symbols))
    found: dict[str, Statistic] = {
        "excursion": lambda v: _excursion(v.symbols, mean),
        "number of directional runs": lambda v: _run_count(v.sums[:-1] <= v.sums[1:]),
        "length of directional runs": lambda v: _longest(v.sums[:-1] <= v.sums[1:]),
        "increases and decreases": lambda v: _majority(v.sums[:-1] <= v.sums[1:]),
        "number of runs about the median": lambda v: _run_count(v.symbols >= median),
        "length of runs about the median": lambda v: _longest(v.symbols >= median),
        "mean collision": lambda v: float(v.collisions.mean()) if len(v.collisions) else 0.0,
        "largest collision": lambda v: float(v.collisions.max(initial=0)),
    }
    for lag in _LAGS:
        found[f"periodicity {lag}"] = partial(_periodicity, lag)
    for lag in _LAGS:
        found[f"covariance {lag}"] = partial(_covariance, lag)
    found["compression"] = lambda v: _compressed(v.symbols)
    return found


def _excursion(symbols: Symbols, mean: float) -> float:
    strayed = np.cumsum(symbols, dtype=np.float64) - mean * np.arange(1, len(symbols) + 1)
    return float(np.abs(strayed).max())


def _run_count(signs: NDArray[np.bool_]) -> float:
    return 1.0 + np.count_nonzero(signs[1:] != signs[:-1])


def _longest(signs: NDArray[np.bool_]) -> float:
    edges = np.flatnonzero(signs[1:] != signs[:-1]) + 1
    return float(np.diff(np.concatenate([[0], edges, [len(signs)]])).max())


def _majority(signs: NDArray[np.bool_]) -> float:
    up = int(np.count_nonzero(signs))
    return float(max(up, len(signs) - up))


def _periodicity(lag: int, views: _Views) -> float:
    return float(np.count_nonzero(views.sums[lag:] == views.sums[:-lag]))


def _covariance(lag: int, views: _Views) -> float:
    product = np.multiply(views.sums[lag:], views.sums[:-lag], dtype=np.uint16)
    return float(product.sum(dtype=np.int64))


def _compressed(symbols: Symbols) -> float:
    words = _WORDS[symbols]  # decimal numbers, a blank behind each; 0 where they are shorter
    text = words.reshape(-1)[words.reshape(-1) != 0].tobytes()[:-1]
    return float(len(bz2.compress(text, 5)))


_WORDS = np.array([list(f"{k} ".ljust(4, "\0").encode()) for k in range(256)], np.uint8)


@njit(cache=True, nogil=True)
def _collision_waits(symbols: Symbols) -> Floats:
    """Return after how many symbols one came that was there, from one collision to the next."""
    waits, count = np.empty(len(symbols), np.float64), 0
    seen = np.full(256, -1, np.int64)
    start = 0
    for i in range(len(symbols)):
        if seen[symbols[i]] >= start:
            waits[count] = i - start + 1
            count += 1
            start = i + 1
        else:
            seen[symbols[i]] = i
    return waits[:count]
