"""Repeated strings: t-tuple and longest repeated substring estimates. SP 800-90B, 6.3.5, 6.3.6.

All repeats are read off the suffix array: neighbours in it share the longest prefixes. A run of
suffixes with a common prefix of length L that is not longer in a run around it says that one string
of each length down to that of the run around occurs as often as the run is long.
"""

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from ..randomness.bits import Symbols
from .simple import upper_bound

_OFTEN = 35  # occurrences that a tuple must have


@dataclass(frozen=True, slots=True)
class Repeats:
    """most: occurrences of the most frequent string of each length; pairs: of equal strings.

    Both of shape (longest + 1,), by length, from 0. longest: of the repeated strings.
    """

    n: int
    longest: int
    most: NDArray[np.int64]
    pairs: NDArray[np.int64]


def find_repeats(symbols: Symbols) -> Repeats:
    """Return how often strings of each length repeat. symbols: shape (n,), n >= 2."""
    order = suffix_array(symbols)
    shared = common_prefixes(symbols, order)
    longest = int(shared.max(initial=0))
    most, pairs = _count(shared, longest)
    return Repeats(len(symbols), longest, most, pairs)


def t_tuple(repeats: Repeats) -> float:
    """Return bits a symbol by the most frequent tuples; NaN where none occurs 35 times."""
    often = repeats.most >= _OFTEN
    length = np.flatnonzero(often[1:]) + 1
    if not len(length):
        return float("nan")
    share = repeats.most[length] / (repeats.n - length + 1)
    return 0.0 - float(np.log2(upper_bound(float(np.max(share ** (1.0 / length))), repeats.n)))


def longest_repeat(repeats: Repeats) -> float:
    """Return bits a symbol by pairs of longer equal strings; NaN where none is repeated."""
    first = int(np.sum(repeats.most[1:] >= _OFTEN)) + 1
    if repeats.longest < first:
        return float("nan")
    length = np.arange(first, repeats.longest + 1)
    strings = repeats.n - length + 1
    share = repeats.pairs[length] / (strings * (strings - 1) / 2.0)
    return 0.0 - float(np.log2(upper_bound(float(np.max(share ** (1.0 / length))), repeats.n)))


def suffix_array(symbols: Symbols) -> NDArray[np.int64]:
    """Return the begins of all suffixes in their alphabetic order, shape (n,).

    By doubling: suffixes that are sorted by their first h symbols are sorted by 2 h, with the place
    of the one that starts h later (Karp, Miller and Rosenberg, 1972).
    """
    n = len(symbols)
    key, have = _first_words(symbols)
    while True:
        order = np.argsort(key, kind="stable")
        place = np.concatenate([[0], np.cumsum(np.diff(key[order]) != 0)]) + 1
        if place[-1] == n:
            return order
        rank = np.empty(n, np.int64)
        rank[order] = place
        key = rank * (n + 1) + _moved(rank, have)
        have *= 2


def _moved(values: NDArray[np.int64], by: int) -> NDArray[np.int64]:
    """Return what stands ``by`` places later; 0 behind the end."""
    later = np.zeros_like(values)
    if by < len(values):
        later[: len(values) - by] = values[by:]
    return later


def _first_words(symbols: Symbols) -> tuple[NDArray[np.int64], int]:
    """Return the first symbols of each suffix as one number, and how many: what 62 bits hold."""
    word, have = symbols.astype(np.int64) + 1, 1
    base = int(word.max()) + 1
    while base ** (2 * have) < 2**62:
        word = word * base**have + _moved(word, have)
        have *= 2
    return word, have


@njit(cache=True, nogil=True)
def common_prefixes(symbols: Symbols, order: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return what each suffix shares with the one before it in order, shape (n,); the first 0.

    Kasai et al., CPM 2001: a suffix shares at least one symbol less than the one before it in text.
    """
    n = len(symbols)
    place = np.empty(n, np.int64)
    for i in range(n):
        place[order[i]] = i
    shared = np.zeros(n, np.int64)
    h = 0
    for i in range(n):
        if place[i] == 0:
            h = 0
            continue
        j = order[place[i] - 1]
        while i + h < n and j + h < n and symbols[i + h] == symbols[j + h]:
            h += 1
        shared[place[i]] = h
        if h > 0:
            h -= 1
    return shared


@njit(cache=True, nogil=True)
def _count(shared: NDArray[np.int64], longest: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    n = len(shared)
    most = np.ones(longest + 1, np.int64)
    steps = np.zeros(longest + 2, np.int64)
    level, begin = np.zeros(n + 1, np.int64), np.zeros(n + 1, np.int64)
    top = 0  # the whole text, strings of length 0
    most[0] = n
    for i in range(1, n + 1):
        now = shared[i] if i < n else 0
        start = i - 1
        while level[top] > now:
            length, start = level[top], begin[top]
            top -= 1
            size = i - start
            below = max(level[top], now)
            most[length] = max(most[length], size)
            steps[below + 1] += size * (size - 1) // 2
            steps[length + 1] -= size * (size - 1) // 2
        if level[top] < now:
            top += 1
            level[top], begin[top] = now, start
    for length in range(longest - 1, -1, -1):
        most[length] = max(most[length], most[length + 1])
    pairs = np.cumsum(steps)[: longest + 1]
    return most, pairs
