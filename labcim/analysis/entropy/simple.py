"""Estimators that count: most common value, collision, Markov. SP 800-90B, 6.3.1 to 6.3.3."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from ...capabilities import Floats
from ..randomness.bits import Bits, Symbols

Z = 2.5758293035489008
"""Quantile 0.995 of the normal law, with the digits of the standard's tool."""


def upper_bound(p: float, n: int) -> float:
    """Return the upper end of the 99 % interval of a proportion, at most 1."""
    return min(1.0, p + Z * float(np.sqrt(p * (1.0 - p) / (n - 1)))) if n > 1 else 1.0


def most_common_value(symbols: Symbols) -> float:
    """Return bits a symbol by the share of the most common one (6.3.1). symbols: shape (n,)."""
    return 0.0 - float(
        np.log2(upper_bound(np.bincount(symbols).max() / len(symbols), len(symbols)))
    )


def collision(bits: Bits) -> float:
    """Return bits a bit by the mean wait for a value that was there (6.3.2). n >= 3.

    For bits a wait is 2 or 3, its mean 2 + 2 p (1 - p); NaN where there are less than two waits.
    """
    waits = _waits(bits)
    if len(waits) < 2:
        return float("nan")
    low = max(waits.mean() - Z * waits.std(ddof=1) / np.sqrt(len(waits)), 2.0)
    if low >= 2.5:
        return 1.0
    return 0.0 - float(np.log2(0.5 + np.sqrt(1.25 - 0.5 * low)))


def _waits(bits: Bits) -> Floats:
    """Return the waits one after the other: 2 where two bits agree, 3 elsewhere."""
    same = bits[:-1] == bits[1:]
    starts = _starts(same)
    waits = np.where(same[starts], 2.0, 3.0)
    return waits[starts + waits <= len(bits)]


@njit(cache=True, nogil=True)
def _starts(same: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return where waits start: each ends before the next, and where that is depends on all."""
    found = np.empty(len(same) // 2 + 1, np.int64)
    count, place = 0, 0
    while place < len(same):
        found[count] = place
        count += 1
        place += 2 if same[place] else 3
    return found[:count]


def markov(bits: Bits) -> float:
    """Return bits a bit by the likeliest chain of 128 (6.3.3). bits: shape (n,), n >= 2."""
    ones = float(bits.mean())
    first = np.array([1.0 - ones, ones])
    pairs = np.bincount(2 * bits[:-1] + bits[1:], minlength=4).reshape(2, 2)
    total = pairs.sum(axis=1, keepdims=True)
    step = np.divide(pairs, total, out=np.zeros((2, 2)), where=total > 0)
    with np.errstate(divide="ignore"):
        start, go = -np.log2(first), -np.log2(step)
    chains = [
        start[0] + 127 * go[0, 0],
        start[0] + 64 * go[0, 1] + 63 * go[1, 0],
        start[0] + go[0, 1] + 126 * go[1, 1],
        start[1] + go[1, 0] + 126 * go[0, 0],
        start[1] + 64 * go[1, 0] + 63 * go[0, 1],
        start[1] + 127 * go[1, 1],
    ]
    return min(float(np.min(chains)) / 128.0, 1.0)
