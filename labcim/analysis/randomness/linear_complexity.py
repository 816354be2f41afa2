"""The shortest shift register that makes a block. SP 800-22 rev. 1a, 2.10 and 3.10."""

from typing import Literal

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy.special import gammaincc

from .bits import Bits
from .outcome import TestOutcome, not_applicable, one, too_short

_LEAST = 1_000_000
_BLOCK = 500

FirstClass = Literal["corrected", "published"]
# Chance of the first class: 1/96, which the standard's code misprints, and so its examples.
_FIRST = {"corrected": 0.010417, "published": 0.01047}
_OTHERS = (0.03125, 0.125, 0.5, 0.25, 0.0625, 0.020833)
_EDGES = np.array([-2.5, -1.5, -0.5, 0.5, 1.5, 2.5])


def linear_complexity(
    bits: Bits, *, block: int = _BLOCK, classes: FirstClass = "corrected"
) -> TestOutcome:
    """Test the linear complexities of blocks. n >= 1,000,000; blocks of 500 to 5000, 200 or more.

    classes: "published" gives the values of the standard's examples, with its misprint.
    """
    n, test, variant = len(bits), "linear complexity", f"{classes} classes"
    if n < _LEAST:
        return too_short(test, n, _LEAST, variant)
    if not 500 <= block <= 5000 or n // block < 200:
        why = f"{n // block} blocks of {block} bits: the standard asks for 200 of 500 to 5000"
        return not_applicable(test, why, variant)
    blocks = np.ascontiguousarray(bits[: n // block * block]).reshape(-1, block)
    sign = 1.0 if block % 2 == 0 else -1.0
    mean = block / 2.0 + (9.0 - sign) / 36.0 - (block / 3.0 + 2.0 / 9.0) / 2.0**block
    distance = sign * (complexities(blocks) - mean) + 2.0 / 9.0
    seen = np.bincount(np.searchsorted(_EDGES, distance), minlength=7)
    expected = len(blocks) * np.array([_FIRST[classes], *_OTHERS])
    chi2 = np.sum((seen - expected) ** 2 / expected)
    return one(test, float(gammaincc(3.0, chi2 / 2.0)), variant)


@njit(cache=True, nogil=True)
def complexities(blocks: Bits) -> NDArray[np.int64]:
    """Return the linear complexity of each block, shape (count,), by Berlekamp and Massey."""
    count, n = blocks.shape
    found = np.zeros(count, np.int64)
    for row in range(count):
        bits = blocks[row]
        now, before = np.zeros(n + 1, np.uint8), np.zeros(n + 1, np.uint8)
        now[0] = before[0] = 1
        length, last = 0, -1
        for i in range(n):
            off = 0
            for k in range(length + 1):
                off ^= now[k] & bits[i - k]
            if off == 0:
                continue
            shift = i - last
            if 2 * length <= i:
                kept = now.copy()
                for k in range(n + 1 - shift):
                    now[k + shift] ^= before[k]
                length, last, before = i + 1 - length, i, kept
            else:
                for k in range(n + 1 - shift):
                    now[k + shift] ^= before[k]
        found[row] = length
    return found
