"""How many ones there are: frequency, frequency in blocks, cumulative sums.

SP 800-22 rev. 1a, 2.1, 2.2 and 2.13.
"""

import numpy as np
from scipy.special import erfc, gammaincc, ndtr

from .bits import Bits
from .outcome import TestOutcome, one, too_short

_LEAST = 100


def frequency(bits: Bits) -> TestOutcome:
    """Test that ones and zeros are equally frequent. bits: 0 and 1, shape (n,), n >= 100."""
    n = len(bits)
    if n < _LEAST:
        return too_short("frequency", n, _LEAST)
    excess = abs(2 * int(bits.sum(dtype=np.int64)) - n)
    return one("frequency", float(erfc(excess / np.sqrt(2.0 * n))))


def block_frequency(bits: Bits, *, block: int = 128) -> TestOutcome:
    """Test that ones are half of each block. bits: 0 and 1, shape (n,), n >= 100.

    The standard recommends blocks longer than n / 100, and breaks that in its own example on a
    million bits (block 128), whose published value is reproduced here.
    """
    n = len(bits)
    if n < max(_LEAST, block):
        return too_short("block frequency", n, max(_LEAST, block))
    blocks = n // block
    share = bits[: blocks * block].reshape(blocks, block).mean(axis=1)
    chi2 = 4.0 * block * np.sum((share - 0.5) ** 2)
    return one("block frequency", float(gammaincc(blocks / 2.0, chi2 / 2.0)))


def cumulative_sums(bits: Bits) -> TestOutcome:
    """Test how far the sum of +1 and -1 strays, forward and reverse. n >= 100."""
    n = len(bits)
    if n < _LEAST:
        return too_short("cumulative sums", n, _LEAST)
    walk = np.cumsum(2 * bits.astype(np.int64) - 1)
    forward = int(np.abs(walk).max())
    reverse = int(np.abs(walk[-1] - np.concatenate([[0], walk[:-1]])).max())
    p = np.array([_stray(forward, n), _stray(reverse, n)])
    return TestOutcome("cumulative sums", p, ("forward", "reverse"))


def _stray(z: int, n: int) -> float:
    root = np.sqrt(n)
    # C's division, as in the published code: towards zero
    first = np.arange(int((-n / z + 1) / 4), int((n / z - 1) / 4) + 1)
    second = np.arange(int((-n / z - 3) / 4), int((n / z - 1) / 4) + 1)
    one_way = ndtr((4 * first + 1) * z / root) - ndtr((4 * first - 1) * z / root)
    other = ndtr((4 * second + 3) * z / root) - ndtr((4 * second + 1) * z / root)
    return float(np.clip(1.0 - one_way.sum() + other.sum(), 0.0, 1.0))
