"""Predictors that look back: most common in a window, and lag. SP 800-90B, 6.3.7 and 6.3.8."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from ..randomness.bits import Symbols
from .prediction import prediction_entropy

_WINDOWS = np.array([63, 255, 1023, 4095])
_LAGS = 128


def most_common_in_window(symbols: Symbols, alphabet: int) -> float:
    """Return bits a symbol by the most common symbol of the last 63, 255, 1023 or 4095.

    symbols: shape (n,), below ``alphabet``; NaN for 64 or less.
    """
    if len(symbols) < _WINDOWS[0] + 2:
        return float("nan")
    right, longest = _window_guesses(symbols, alphabet, _WINDOWS)
    return prediction_entropy(right, len(symbols) - int(_WINDOWS[0]), longest, alphabet)


def lag(symbols: Symbols, alphabet: int) -> float:
    """Return bits a symbol by the symbol that was 1 to 128 before. symbols: shape (n,), n >= 3."""
    right, longest = _lag_guesses(symbols)
    return prediction_entropy(right, len(symbols) - 1, longest, alphabet)


@njit(cache=True, nogil=True)
def _window_guesses(symbols: Symbols, alphabet: int, windows: NDArray[np.int64]) -> tuple[int, int]:
    """Return the number of right guesses and their longest run."""
    kinds = len(windows)
    counts = np.zeros((kinds, alphabet), np.int64)
    seen = np.zeros(alphabet, np.int64)  # when a symbol came last: ties go to the latest
    best = np.zeros(kinds, np.int64)
    score = np.zeros(kinds, np.int64)
    winner = right = run = longest = 0
    for i in range(len(symbols)):
        s = symbols[i]
        if i >= windows[0]:
            if i >= windows[winner] and best[winner] == s:
                right += 1
                run += 1
                longest = max(longest, run)
            else:
                run = 0
            for j in range(kinds):
                if i >= windows[j] and best[j] == s:
                    score[j] += 1
                    if score[j] >= score[winner]:
                        winner = j
        seen[s] = i
        for j in range(kinds):
            counts[j, s] += 1
            if i >= windows[j]:
                counts[j, symbols[i - windows[j]]] -= 1
            if i >= windows[j] and symbols[i - windows[j]] == best[j]:
                for k in range(alphabet):
                    more = counts[j, k] - counts[j, best[j]]
                    if more > 0 or (more == 0 and seen[k] > seen[best[j]]):
                        best[j] = k
            elif counts[j, s] >= counts[j, best[j]]:
                best[j] = s
    return right, longest


@njit(cache=True, nogil=True)
def _lag_guesses(symbols: Symbols) -> tuple[int, int]:
    """Return the number of right guesses and their longest run."""
    score = np.zeros(_LAGS + 1, np.int64)
    winner = 1
    right = run = longest = 0
    for i in range(1, len(symbols)):
        if i >= winner and symbols[i - winner] == symbols[i]:
            right += 1
            run += 1
            longest = max(longest, run)
        else:
            run = 0
        for d in range(1, min(_LAGS, i) + 1):
            if symbols[i - d] == symbols[i]:
                score[d] += 1
                if score[d] >= score[winner]:
                    winner = d
    return right, longest
