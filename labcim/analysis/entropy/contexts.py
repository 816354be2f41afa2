"""Predictors that know what came before: MultiMMC and LZ78Y. SP 800-90B, 6.3.9 and 6.3.10.

Both ask, for each length of context from 1 to 16, what came most often after the same context. Each
length is one pass over the symbols: strings get numbers, a context and what follows it being
the string that is one longer.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from ..randomness.bits import Symbols
from .prediction import prediction_entropy

_LENGTHS = 16
_MOST_PAIRS = 100_000  # that MultiMMC keeps of each length
_MOST_CONTEXTS = 65_536  # that LZ78Y keeps of all lengths

Names = NDArray[np.int64]


def multi_mmc(symbols: Symbols, alphabet: int) -> float:
    """Return bits a symbol by Markov models of 1 to 16 symbols. symbols: shape (n,), n >= 4."""
    n = len(symbols)
    verdicts = np.zeros((_LENGTHS, n), np.int8)
    contexts = symbols.astype(np.int64)
    for length in range(1, min(_LENGTHS, n - 1) + 1):
        strings = _longer(contexts, symbols)
        verdicts[length - 1] = _guess_mmc(symbols, contexts, strings, length, _MOST_PAIRS)
        contexts = strings
    right, longest = _scoreboard(verdicts)
    return prediction_entropy(right, n - 2, longest, alphabet)


def lz78y(symbols: Symbols, alphabet: int) -> float:
    """Return bits a symbol by a dictionary of 65,536 contexts; NaN for 18 symbols or less."""
    n = len(symbols)
    if n < _LENGTHS + 3:
        return float("nan")
    named = [symbols.astype(np.int64)]
    for _ in range(_LENGTHS):
        named.append(_longer(named[-1], symbols))
    new = np.zeros((n, _LENGTHS), np.bool_)  # longest context first: the order of their entry
    for length in range(1, _LENGTHS + 1):
        new[:, _LENGTHS - length] = _first_of_each(named[length - 1], length)
    entering = np.flatnonzero(new)
    new.reshape(-1)[entering[_MOST_CONTEXTS:]] = False
    best, guess = np.zeros(n, np.int64), np.full(n, -1, np.int64)
    for length in range(_LENGTHS, 0, -1):
        contexts, strings = named[length - 1], named[length]
        _guess_lz(symbols, contexts, strings, new[:, _LENGTHS - length], best, guess)
    right = guess[_LENGTHS + 1 :] == symbols[_LENGTHS + 1 :]
    return prediction_entropy(int(right.sum()), len(right), _longest_run(right), alphabet)


def _longer(strings: Names, symbols: Symbols) -> Names:
    """Return names of the strings that are one symbol longer, by where they end.

    strings: names of those that end at each place, shape (n,). Equal strings have equal names. What
    would begin before the first symbol has a name too, which nobody asks for.
    """
    key = np.empty(len(strings), np.int64)
    key[0] = -1 - int(symbols[0])
    key[1:] = strings[:-1] * 256 + symbols[1:]
    return _renamed(key)


@njit(cache=True, nogil=True)
def _renamed(keys: Names) -> Names:
    """Return 0, 1, ... for keys, in the order of their coming: a hash table, open addressing."""
    size = 1
    while size < 2 * len(keys):
        size *= 2
    table, value = np.full(size, -1, np.int64), np.empty(size, np.int64)
    names, count = np.empty(len(keys), np.int64), 0
    for i in range(len(keys)):
        mixed = np.uint64(keys[i]) * np.uint64(0x9E3779B97F4A7C15)
        place = np.int64((mixed ^ (mixed >> np.uint64(29))) & np.uint64(size - 1))
        while table[place] >= 0 and value[place] != keys[i]:
            place = (place + 1) & (size - 1)
        if table[place] < 0:
            table[place], value[place] = count, keys[i]
            count += 1
        names[i] = table[place]
    return names


@njit(cache=True, nogil=True)
def _guess_mmc(
    symbols: Symbols, contexts: Names, strings: Names, length: int, most: int
) -> NDArray[np.int8]:
    """Return 1 where the guess was right, -1 where it was wrong, 0 where there was none."""
    n = len(symbols)
    verdict = np.zeros(n, np.int8)
    count = np.zeros(strings.max() + 1, np.int64)
    best, guess = np.zeros(contexts.max() + 1, np.int64), np.zeros(contexts.max() + 1, np.int64)
    pairs = 0
    for i in range(length, n):
        c, s = contexts[i - 1], symbols[i]
        if best[c] > 0:
            verdict[i] = 1 if guess[c] == s else -1
        if count[strings[i]] == 0:
            if pairs == most:
                continue
            pairs += 1
        count[strings[i]] += 1
        more = count[strings[i]] - best[c]
        if more > 0 or (more == 0 and s > guess[c]):
            best[c], guess[c] = count[strings[i]], s
    return verdict


@njit(cache=True, nogil=True)
def _scoreboard(verdicts: NDArray[np.int8]) -> tuple[int, int]:
    """Return how often the best of the models so far was right, and its longest run."""
    models, n = verdicts.shape
    score = np.zeros(models, np.int64)
    winner = right = run = longest = 0
    for i in range(2, n):
        if verdicts[winner, i] == 1:
            right += 1
            run += 1
            longest = max(longest, run)
        else:
            run = 0
        for d in range(models):
            if verdicts[d, i] == 1:
                score[d] += 1
                if score[d] >= score[winner]:
                    winner = d
    return right, longest


@njit(cache=True, nogil=True)
def _first_of_each(contexts: Names, length: int) -> NDArray[np.bool_]:
    """Return where a context comes for the first time, from the 17th symbol on (step 3a)."""
    n = len(contexts)
    seen = np.zeros(contexts.max() + 1, np.bool_)
    first = np.zeros(n, np.bool_)
    for i in range(_LENGTHS, n):
        c = contexts[i - 1]
        first[i] = not seen[c]
        seen[c] = True
    return first


@njit(cache=True, nogil=True)
def _guess_lz(
    symbols: Symbols, contexts: Names, strings: Names, kept: NDArray[np.bool_],
    most: NDArray[np.int64], guessed: NDArray[np.int64],
) -> None:  # fmt: skip
    """Put in the guesses of contexts of one length, where they are better than longer ones."""
    count = np.zeros(strings.max() + 1, np.int64)
    best, guess = np.zeros(contexts.max() + 1, np.int64), np.zeros(contexts.max() + 1, np.int64)
    for i in range(_LENGTHS, len(symbols)):
        c, s = contexts[i - 1], symbols[i]
        if best[c] == 0 and not kept[i]:
            continue
        if best[c] > most[i]:
            most[i], guessed[i] = best[c], guess[c]
        count[strings[i]] += 1
        more = count[strings[i]] - best[c]
        if more > 0 or (more == 0 and s > guess[c]):
            best[c], guess[c] = count[strings[i]], s


def _longest_run(right: NDArray[np.bool_]) -> int:
    edges = np.flatnonzero(np.diff(np.concatenate([[0], right.view(np.int8), [0]])))
    return int(np.max(edges[1::2] - edges[::2], initial=0))
