"""The IID route of SP 800-90B (5 and 6.1): evidence against independence, and what then remains."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammaincc

from ...capabilities import Floats
from ...errors import RangeError
from ..randomness.bits import Bits, Symbols, as_symbols, bits_of_symbols
from .permutation import PERMUTATIONS, PermutationTest, permutation_tests
from .repeats import find_repeats
from .simple import most_common_value

_ALPHA = 0.001
_LEAST_IN_CELL = 5.0
_PARTS = 10


@dataclass(frozen=True, slots=True)
class ChiSquare:
    """A statistic with its degrees of freedom and p-value; 0 degrees: nothing to test."""

    value: float
    degrees: int

    @property
    def p(self) -> float:
        """Return the p-value; 1 where there is nothing to test."""
        return float(gammaincc(self.degrees / 2.0, self.value / 2.0)) if self.degrees > 0 else 1.0

    @property
    def passed(self) -> bool:
        """Return whether p is at least 0.001."""
        return self.p >= _ALPHA


@dataclass(frozen=True, slots=True)
class Iid:
    """The tests of independence, and the min-entropy that holds if they all pass.

    repeat: chance of a repeated string as long as the longest (5.2.5).  entropy: bits a symbol.
    """

    samples: int
    bits: int
    permutations: list[PermutationTest]
    independence: ChiSquare
    goodness_of_fit: ChiSquare
    repeat: float
    entropy: float

    @property
    def passed(self) -> bool:
        """Return whether nothing speaks against independence."""
        return (
            all(test.passed for test in self.permutations)
            and self.independence.passed
            and self.goodness_of_fit.passed
            and self.repeat >= _ALPHA
        )


def iid(
    values: ArrayLike, *, bits: int | None = None, seed: int = 1, permutations: int = PERMUTATIONS
) -> Iid:
    """Return all tests of the IID route on symbols from 0 to 2**bits - 1, shape (n,), n >= 300.

    Raises RangeError for fewer samples, fewer than 1000 permutations or other values.
    """
    symbols, width = as_symbols(values, bits=bits)
    if len(symbols) < 300:
        raise RangeError(f"{len(symbols)} samples: accepts 300 or more")
    if permutations < 1000:
        raise RangeError(f"{permutations} permutations: accepts 1000 or more")
    entropy = most_common_value(symbols)
    if width > 1:
        entropy = min(entropy, width * most_common_value(bits_of_symbols(symbols, width)))
    return Iid(
        len(symbols),
        width,
        permutation_tests(symbols, binary=width == 1, seed=seed, permutations=permutations),
        independence(symbols, width),
        goodness_of_fit(symbols, width),
        repeat_probability(symbols),
        entropy,
    )


def independence(symbols: Symbols, width: int) -> ChiSquare:
    """Test that a symbol does not depend on the one before: pairs (5.2.1), or tuples of bits."""
    if width == 1:
        return _independence_of_bits(symbols)
    alphabet, names = np.unique(symbols, return_inverse=True)
    k = len(alphabet)
    share = np.bincount(names) / len(names)
    pairs = len(names) // 2
    expected = np.outer(share, share).reshape(-1) * pairs
    observed = np.bincount(names[: 2 * pairs : 2] * k + names[1 : 2 * pairs : 2], minlength=k * k)
    cells, of = _pooled(expected)
    seen = np.bincount(of, weights=observed, minlength=len(cells))
    return ChiSquare(float(np.sum((seen - cells) ** 2 / cells)), len(cells) - k)


def _independence_of_bits(bits: Bits) -> ChiSquare:
    """Test tuples of as many bits, up to 11, as leave 5 to be expected of the rarest (5.2.3)."""
    n, ones = len(bits), float(bits.mean())
    rare = min(ones, 1.0 - ones)
    fits = [m for m in range(2, 12) if rare**m * (n // m) >= _LEAST_IN_CELL]
    if not fits:
        return ChiSquare(0.0, 0)
    m = max(fits)
    count = n // m
    words = bits[: count * m].reshape(count, m) @ (1 << np.arange(m)[::-1])
    weight = np.bitwise_count(np.arange(2**m)).astype(np.float64)
    expected = ones**weight * (1.0 - ones) ** (m - weight) * count
    seen = np.bincount(words, minlength=2**m)
    return ChiSquare(float(np.sum((seen - expected) ** 2 / expected)), 2**m - 2)


def goodness_of_fit(symbols: Symbols, width: int) -> ChiSquare:
    """Test that ten parts of the sequence have the same distribution (5.2.2, 5.2.4)."""
    part = len(symbols) // _PARTS
    parts = symbols[: part * _PARTS].reshape(_PARTS, part)
    alphabet, names = np.unique(symbols, return_inverse=True)
    expected = np.bincount(names) / len(names) * part
    if width == 1:
        cells, of = expected, np.arange(len(expected))
    else:
        cells, of = _pooled(expected)
    where = of[np.searchsorted(alphabet, parts)]
    seen = np.array([np.bincount(row, minlength=len(cells)) for row in where])
    return ChiSquare(float(np.sum((seen - cells) ** 2 / cells)), (_PARTS - 1) * (len(cells) - 1))


def _pooled(expected: Floats) -> tuple[Floats, NDArray[np.int64]]:
    """Return cells of 5 expected or more, and which cell each value is in: rarest first."""
    order = np.lexsort((np.arange(len(expected)), expected))
    cells: list[float] = []
    of = np.zeros(len(expected), np.int64)
    total = 0.0
    for place in order:
        if total >= _LEAST_IN_CELL:
            cells.append(total)
            total = 0.0
        of[place] = len(cells)
        total += expected[place]
    if cells and total < _LEAST_IN_CELL:
        of[of == len(cells)] = len(cells) - 1
        cells[-1] += total
    else:
        cells.append(total)
    return np.array(cells), of


def repeat_probability(symbols: Symbols) -> float:
    """Return the chance of a repeat as long as the longest one, if symbols are independent."""
    share = np.bincount(symbols) / len(symbols)
    collide = float(np.sum(share**2))
    if collide >= 1.0:
        return 1.0
    longest = find_repeats(symbols).longest
    strings = len(symbols) - longest + 1
    return float(-np.expm1(strings * (strings - 1) / 2.0 * np.log1p(-(collide**longest))))
