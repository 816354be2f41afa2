"""Compression estimate: how far apart equal 6-bit words are. SP 800-90B, 6.3.4."""

import numpy as np

from ...capabilities import Floats
from ..randomness.bits import Bits
from .simple import Z

_WORD = 6
_DICTIONARY = 1000  # words that only fill the dictionary
_SPREAD = 0.5907  # of the mean, for words of six bits


def compression(bits: Bits) -> float:
    """Return bits a bit; NaN below 6012 bits, where no words are left to test.

    bits: shape (n,).
    """
    count = len(bits) // _WORD
    tested = count - _DICTIONARY
    if tested < 2:
        return float("nan")
    words = bits[: count * _WORD].reshape(count, _WORD) @ (1 << np.arange(_WORD)[::-1])
    logs = np.log2(_distances(words)[_DICTIONARY:])
    mean = logs.mean()
    spread = _SPREAD * np.sqrt(max(np.sum(logs**2) / (tested - 1) - mean**2, 0.0))
    return 0.0 - float(np.log2(_largest_p(mean - Z * spread / np.sqrt(tested), count))) / _WORD


def _distances(words: np.ndarray[tuple[int], np.dtype[np.int64]]) -> Floats:
    """Return how far back the same word was; to before the first where it was not."""
    order = np.argsort(words, kind="stable")
    same = words[order][1:] == words[order][:-1]
    distance = np.arange(1, len(words) + 1, dtype=np.float64)
    distance[order[1:][same]] = np.diff(order)[same]
    return distance


def _largest_p(mean: float, count: int) -> float:
    """Return the chance of the likeliest word that explains a mean; 1/64 where none does."""
    u = np.arange(1, count + 1, dtype=np.float64)
    logs, last = np.log2(u), np.minimum(count - _DICTIONARY, count - u)
    words = 1 << _WORD

    def expected(p: float) -> float:
        return _g(p, logs, last) + (words - 1) * _g((1.0 - p) / (words - 1), logs, last)

    low: float = 1.0 / words
    high = 1.0
    if expected(low) <= mean:
        return low
    for _ in range(60):
        middle = (low + high) / 2.0
        if expected(middle) > mean:
            low = middle
        else:
            high = middle
    return high


def _g(z: float, logs: Floats, last: Floats) -> float:
    """Return the function G of the standard. logs: of 1 to count.  last: its sums over t."""
    if z <= 0.0:
        return 0.0
    power = np.exp(np.arange(len(logs)) * np.log1p(-z)) if z < 1.0 else np.zeros(len(logs))
    terms = logs * power
    within = z * z * np.sum(terms * last)
    return float((within + z * np.sum(terms[_DICTIONARY:])) / (len(logs) - _DICTIONARY))
