"""What right guesses say of entropy: all of them, and the longest run. SP 800-90B, 6.3.7, G.2."""

import math

from .simple import upper_bound

_QUIET = math.log(0.99)


def prediction_entropy(right: int, guesses: int, longest: int, alphabet: int) -> float:
    """Return bits a symbol from the number of right guesses and their longest run.

    alphabet: number of different symbols. A predictor without guesses gives NaN.
    """
    if guesses < 2:
        return float("nan")
    if right == 0:
        overall = 1.0 - 0.01 ** (1.0 / guesses)
    else:
        overall = upper_bound(right / guesses, guesses)
    p = max(overall, 1.0 / alphabet)
    if p < 1.0 and _log_chance(p, longest + 1, guesses) > _QUIET:
        p = _local(p, longest + 1, guesses)
    return -math.log2(p) + 0.0


def _local(low: float, run: int, guesses: int) -> float:
    """Return the p at which there is no run of this length with a chance of 99 %."""
    high = 1.0
    for _ in range(100):
        middle = (low + high) / 2.0
        if middle in (low, high):
            break
        if _log_chance(middle, run, guesses) > _QUIET:
            low = middle
        else:
            high = middle
    return high


def _log_chance(p: float, run: int, guesses: int) -> float:
    """Return the logarithm of the chance of no run (Feller, An Introduction ..., XIII.7)."""
    q, x = 1.0 - p, 1.0
    for _ in range(100):
        before, x = x, 1.0 + q * p**run * x ** (run + 1)
        if x - before <= 1e-16 * x:
            break
    if p * x >= 1.0:
        return -math.inf
    return math.log1p(-p * x) - math.log((run + 1.0 - run * x) * q) - (guesses + 1.0) * math.log(x)
