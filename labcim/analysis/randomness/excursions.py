"""Excursions of the walk of +1 and -1 from zero. SP 800-22 rev. 1a, 2.14, 2.15, 3.14 and 3.15."""

import numpy as np
from numpy.typing import NDArray
from scipy.special import erfc, gammaincc

from .bits import Bits
from .outcome import TestOutcome, not_applicable, too_short

_LEAST = 1_000_000
_STATES = np.array([-4, -3, -2, -1, 1, 2, 3, 4])
_VARIANT_STATES = np.array([*range(-9, 0), *range(1, 10)])


def cycles(bits: Bits) -> int:
    """Return the number of cycles between zeros of the walk, the last one cut off by the end."""
    walk = _walk(bits)
    return int(np.count_nonzero(walk == 0)) + int(walk[-1] != 0)


def random_excursions(bits: Bits) -> TestOutcome:
    """Test the number of visits to the states -4 to 4 in a cycle; one p-value a state.

    n >= 1,000,000 and at least max(500, 0.005 sqrt(n)) cycles.
    """
    test, count = "random excursions", cycles(bits) if len(bits) else 0
    if refusal := _refusal(test, len(bits), count):
        return refusal
    walk = _walk(bits)
    cycle = np.cumsum(np.concatenate([[False], walk[:-1] == 0]))
    p = []
    for state in _STATES:
        visits = np.bincount(cycle[walk == state], minlength=count)
        seen = np.bincount(np.minimum(visits, 5), minlength=6)
        expected = count * np.array([visit_probability(k, int(state)) for k in range(6)])
        p.append(float(gammaincc(2.5, np.sum((seen - expected) ** 2 / expected) / 2.0)))
    return TestOutcome(test, np.array(p), _labels(_STATES))


def excursions_variant(bits: Bits) -> TestOutcome:
    """Test the number of all visits to the states -9 to 9; one p-value a state.

    n >= 1,000,000 and at least max(500, 0.005 sqrt(n)) cycles.
    """
    test, count = "random excursions variant", cycles(bits) if len(bits) else 0
    if refusal := _refusal(test, len(bits), count):
        return refusal
    walk = _walk(bits)
    visits = np.array([np.count_nonzero(walk == state) for state in _VARIANT_STATES])
    width = np.sqrt(2.0 * count * (4.0 * np.abs(_VARIANT_STATES) - 2.0))
    return TestOutcome(test, erfc(np.abs(visits - count) / width), _labels(_VARIANT_STATES))


def visit_probability(visits: int, state: int) -> float:
    """Return the chance of k visits to a state in one cycle, 5 standing for 5 and more (3.14)."""
    back = 1.0 / (2.0 * abs(state))
    if visits == 0:
        return 1.0 - back
    if visits >= 5:
        return back * (1.0 - back) ** 4
    return back**2 * (1.0 - back) ** (visits - 1)


def _walk(bits: Bits) -> NDArray[np.int64]:
    return np.cumsum(2 * bits.astype(np.int64) - 1)


def _refusal(test: str, n: int, count: int) -> TestOutcome | None:
    if n < _LEAST:
        return too_short(test, n, _LEAST)
    least = max(500, int(np.ceil(0.005 * np.sqrt(n))))
    if count < least:
        return not_applicable(test, f"{count} cycles: the standard asks for {least} or more")
    return None


def _labels(states: NDArray[np.int64]) -> tuple[str, ...]:
    return tuple(f"{state:+d}" for state in states)
