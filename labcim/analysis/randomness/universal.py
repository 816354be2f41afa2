"""How far apart equal words are: Maurer's universal test. SP 800-22 rev. 1a, 2.9."""

import numpy as np
from scipy.special import erfc

from .bits import Bits
from .outcome import TestOutcome, one, too_short

# (shortest sequence, word length L, expected value, variance), 2.9.4 and 2.9.7
_TABLE = (
    (387_840, 6, 5.2177052, 2.954),
    (904_960, 7, 6.1962507, 3.125),
    (2_068_480, 8, 7.1836656, 3.238),
    (4_654_080, 9, 8.1764248, 3.311),
    (10_342_400, 10, 9.1723243, 3.356),
    (22_753_280, 11, 10.170032, 3.384),
    (49_643_520, 12, 11.168765, 3.401),
    (107_560_960, 13, 12.168070, 3.410),
    (231_669_760, 14, 13.167693, 3.416),
    (496_435_200, 15, 14.167488, 3.419),
    (1_059_061_760, 16, 15.167379, 3.421),
)


def universal(bits: Bits) -> TestOutcome:
    """Test the mean logarithm of the distance between equal words. n >= 387,840."""
    n = len(bits)
    if n < _TABLE[0][0]:
        return too_short("universal", n, _TABLE[0][0])
    _, length, mean, variance = next(row for row in reversed(_TABLE) if n >= row[0])
    start, count = 10 * 2**length, n // length
    words = bits[: count * length].reshape(count, length) @ (1 << np.arange(length)[::-1])
    order = np.argsort(words, kind="stable")
    same = words[order][1:] == words[order][:-1]
    distance = np.arange(1, count + 1)  # of a word that was never seen: to before the first
    distance[order[1:][same]] = np.diff(order)[same]
    tested = count - start
    value = np.log2(distance[start:]).sum() / tested
    c = 0.7 - 0.8 / length + (4.0 + 32.0 / length) * tested ** (-3.0 / length) / 15.0
    sigma = c * np.sqrt(variance / tested)
    return one("universal", float(erfc(abs(value - mean) / (np.sqrt(2.0) * sigma))))
