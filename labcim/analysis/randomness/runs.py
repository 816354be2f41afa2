"""Runs of equal bits: their number, and the longest run of ones. SP 800-22 rev. 1a, 2.3 and 2.4."""

import numpy as np
from scipy.special import erfc, gammaincc

from .bits import Bits
from .outcome import TestOutcome, one, too_short

_LEAST = 100

# (shortest sequence, block, first class, probabilities of the classes), 2.4.4 and 3.4
_LONGEST = (
    (750_000, 10_000, 10, (0.0882, 0.2092, 0.2483, 0.1933, 0.1208, 0.0675, 0.0727)),
    (6_272, 128, 4,
     (0.1174035788, 0.242955959, 0.249363483, 0.17517706, 0.102701071, 0.112398847)),
    (128, 8, 1, (0.21484375, 0.3671875, 0.23046875, 0.1875)),
)  # fmt: skip


def runs(bits: Bits) -> TestOutcome:
    """Test the number of runs. Where ones are too many or too few for it, p is 0. n >= 100."""
    n = len(bits)
    if n < _LEAST:
        return too_short("runs", n, _LEAST)
    share = float(bits.mean())
    if abs(share - 0.5) >= 2.0 / np.sqrt(n):
        return one("runs", 0.0)
    count = 1 + int(np.count_nonzero(bits[1:] != bits[:-1]))
    spread = share * (1.0 - share)
    return one(
        "runs", float(erfc(abs(count - 2.0 * n * spread) / (2.0 * np.sqrt(2.0 * n) * spread)))
    )


def longest_run(bits: Bits) -> TestOutcome:
    """Test the longest run of ones in blocks, whose length goes by that of the sequence."""
    n = len(bits)
    if n < 128:
        return too_short("longest run of ones", n, 128)
    _, block, first, probabilities = next(case for case in _LONGEST if n >= case[0])
    blocks = n // block
    longest = _longest(bits[: blocks * block].reshape(blocks, block))
    classes = np.clip(longest - first, 0, len(probabilities) - 1)
    counts = np.bincount(classes, minlength=len(probabilities))
    expected = blocks * np.array(probabilities)
    chi2 = np.sum((counts - expected) ** 2 / expected)
    return one("longest run of ones", float(gammaincc((len(expected) - 1) / 2.0, chi2 / 2.0)))


def _longest(blocks: Bits) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    place = np.arange(1, blocks.shape[1] + 1)
    last_zero = np.maximum.accumulate(np.where(blocks == 0, place, 0), axis=1)
    return np.asarray((place - last_zero).max(axis=1))
