"""Given patterns in the bits: templates that do not overlap, and those that do.

SP 800-22 rev. 1a, 2.7, 2.8 and 3.8.
"""

import math
from typing import Literal

import numpy as np
from scipy.special import gammaincc

from .bits import Bits, windows
from .outcome import TestOutcome, one, too_short

_LENGTH = 9
_BLOCKS = 8
_LEAST_EXPECTED = 5  # matches in a block: below, the normal law of their number is not one

OverlappingClasses = Literal["corrected", "published"]
# Chances of 0, 1, ... 5 and more matches in 1032 bits: as the standard's text corrects them, and by
# the approximation of 3.8 (eta = 1) with which its published examples were computed.
_E = math.exp(-1.0)
_APPROXIMATE = (_E, _E / 2.0, _E * 3.0 / 8.0, _E * 13.0 / 48.0, _E * 73.0 / 384.0)
_CLASSES = {
    "corrected": (0.364091, 0.185659, 0.139381, 0.100571, 0.070432, 0.139865),
    "published": (*_APPROXIMATE, 1.0 - sum(_APPROXIMATE)),
}
_OVERLAPPING_BLOCK = 1032
_OVERLAPPING_LEAST = 1_000_000


def aperiodic_templates(length: int = _LENGTH) -> tuple[str, ...]:
    """Return the patterns that cannot overlap themselves, in order: 148 of 9 bits."""
    words = (f"{word:0{length}b}" for word in range(2**length))
    return tuple(word for word in words if not any(word[k:] == word[:-k] for k in range(1, length)))


def non_overlapping(bits: Bits) -> TestOutcome:
    """Test the number of matches of each aperiodic 9-bit template in 8 blocks.

    One p-value a template, labelled by it. Such a template cannot overlap itself, so a count of
    all windows is the count of matches. n >= 20,544: five matches expected in a block.
    """
    n, test = len(bits), "non-overlapping template"
    least = _BLOCKS * (_LEAST_EXPECTED * 2**_LENGTH + _LENGTH - 1)
    if n < least:
        return too_short(test, n, least)
    block = n // _BLOCKS
    words = windows(bits[: _BLOCKS * block].reshape(_BLOCKS, block), _LENGTH)
    counts = np.array([np.bincount(row, minlength=2**_LENGTH) for row in words])
    templates = aperiodic_templates()
    matches = counts[:, [int(word, 2) for word in templates]]
    mean = (block - _LENGTH + 1) / 2**_LENGTH
    variance = block * (1 / 2**_LENGTH - (2 * _LENGTH - 1) / 4**_LENGTH)
    chi2 = np.sum((matches - mean) ** 2, axis=0) / variance
    return TestOutcome(test, gammaincc(_BLOCKS / 2.0, chi2 / 2.0), templates)


def overlapping(bits: Bits, *, classes: OverlappingClasses = "corrected") -> TestOutcome:
    """Test the number of runs of nine ones in blocks of 1032 bits. n >= 1,000,000.

    classes: which chances of the classes; "published" gives the values of the standard's examples,
    "corrected" those that the standard's text lists.
    """
    n, test, variant = len(bits), "overlapping template", f"{classes} classes"
    if n < _OVERLAPPING_LEAST:
        return too_short(test, n, _OVERLAPPING_LEAST, variant)
    blocks = n // _OVERLAPPING_BLOCK
    words = windows(bits[: blocks * _OVERLAPPING_BLOCK].reshape(blocks, -1), _LENGTH)
    matches = np.minimum(np.sum(words == 2**_LENGTH - 1, axis=1), 5)
    expected = blocks * np.array(_CLASSES[classes])
    chi2 = np.sum((np.bincount(matches, minlength=6) - expected) ** 2 / expected)
    return one(test, float(gammaincc(2.5, chi2 / 2.0)), variant)
