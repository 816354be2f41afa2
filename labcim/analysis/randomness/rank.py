"""Linear dependence of bits: rank of binary matrices. SP 800-22 rev. 1a, 2.5 and 3.5."""

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaincc

from .bits import Bits
from .outcome import TestOutcome, one, too_short

SIDE = 32
_LEAST = 38 * SIDE * SIDE


def matrix_rank(bits: Bits) -> TestOutcome:
    """Test the ranks of 32 x 32 matrices over GF(2). n >= 38,912."""
    n = len(bits)
    if n < _LEAST:
        return too_short("matrix rank", n, _LEAST)
    count = n // (SIDE * SIDE)
    packed = np.packbits(bits[: count * SIDE * SIDE])
    rank = ranks(packed.view(">u4").astype(np.uint32).reshape(count, SIDE))
    seen = np.array([np.sum(rank == SIDE), np.sum(rank == SIDE - 1), np.sum(rank < SIDE - 1)])
    full, less = rank_probability(SIDE), rank_probability(SIDE - 1)
    expected = count * np.array([full, less, 1.0 - full - less])
    return one("matrix rank", float(gammaincc(1.0, np.sum((seen - expected) ** 2 / expected) / 2)))


def rank_probability(rank: int) -> float:
    """Return the probability that a random 32 x 32 matrix over GF(2) has this rank (3.5)."""
    i = np.arange(rank)
    exponent = rank * (2 * SIDE - rank) - SIDE * SIDE
    product = np.prod((1.0 - 2.0 ** (i - SIDE)) ** 2 / (1.0 - 2.0 ** (i - rank)))
    return float(2.0**exponent * product)


def ranks(matrices: NDArray[np.uint32]) -> NDArray[np.int64]:
    """Return the rank of each matrix; rows are 32-bit words, shape (count, 32)."""
    rows = matrices.copy()
    each = np.arange(len(rows))
    rank = np.zeros(len(rows), np.int64)
    for column in range(SIDE - 1, -1, -1):
        has = (rows >> np.uint32(column)) & np.uint32(1) == 1
        below = has & (np.arange(SIDE) >= rank[:, None])
        found = below.any(axis=1)
        pivot, place = below.argmax(axis=1), np.minimum(rank, SIDE - 1)
        word = rows[each, pivot].copy()
        moved = np.where(found, rows[each, place], word)
        rows[each, pivot] = moved
        rows[each, place] = np.where(found, word, rows[each, place])
        has = (rows >> np.uint32(column)) & np.uint32(1) == 1
        clear = has & (np.arange(SIDE) > rank[:, None]) & found[:, None]
        rows ^= np.where(clear, word[:, None], np.uint32(0))
        rank += found
    return rank
