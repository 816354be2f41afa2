"""Binary BCH codes: systematic encoding, Berlekamp-Massey and Chien decoding of many words at once.

Bose and Ray-Chaudhuri (1960), Hocquenghem (1959); decoding after Massey, IEEE Trans. Inf. Theory
15:122 (1969), and Chien, ibid. 10:357 (1964). Words are rows of bits, message first, check bits
last; the first bit is the coefficient of the highest power.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from labcim.errors import RangeError

from .galois_field import Elements, Field, field, minimal_polynomial, multiply_binary

Bits = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Decoded:
    """Words after decoding.

    bits: the nearest code words, (words, n); where none lies within t errors, the words as they
    came.  errors: how many bits were mended, (words,); -1 where no code word was found.
    """

    bits: Bits
    errors: NDArray[np.int64]

    @property
    def good(self) -> NDArray[np.bool_]:
        """Return which words are decoded, (words,)."""
        return self.errors >= 0


@dataclass(frozen=True, eq=False, slots=True)
class BchCode:
    """A narrow-sense primitive BCH code of length ``n`` that mends ``t`` errors. Make by `bch`.

    k: bits of a message.  generator: the polynomial, as its bits.
    """

    n: int
    k: int
    t: int
    generator: int
    parity: Bits
    field: Field

    def __str__(self) -> str:
        return f"BCH ({self.n}, {self.k}, {self.t})"

    def encode(self, messages: Bits) -> Bits:
        """Return the code words, (words, n). messages: (words, k). Raises RangeError."""
        messages = _checked(messages, self.k, "message")
        check = messages.astype(np.int64) @ self.parity.astype(np.int64) & 1
        return np.concatenate([messages, check.astype(np.uint8)], axis=1)

    def decode(self, words: Bits) -> Decoded:
        """Return the nearest code words. words: (words, n). Raises RangeError.

        A word with more than t errors is refused where that shows: where the locator has another
        degree than its number of roots. It may also be taken for another code word's.
        """
        words = _checked(words, self.n, "word")
        syndromes = self._syndromes(words)
        locator, degree = self._locator(syndromes)
        wrong = self._roots(locator)
        found = wrong.sum(axis=1)
        good = (found == degree) & (degree <= self.t)
        mended = np.where(good[:, None], words ^ wrong, words).astype(np.uint8)
        return Decoded(mended, np.where(good, found, -1))

    def _syndromes(self, words: Bits) -> Elements:
        """Return r(alpha^j) for j from 1 to 2t, shape (words, 2t)."""
        place = np.arange(self.n - 1, -1, -1)
        found = np.zeros((len(words), 2 * self.t), np.int64)
        for j in range(1, 2 * self.t + 1):
            if j % 2:
                powers = self.field.power[place * j % self.n]
                found[:, j - 1] = np.bitwise_xor.reduce(words * powers, axis=1)
            else:  # r(x)^2 = r(x^2) in characteristic 2
                half = found[:, j // 2 - 1]
                found[:, j - 1] = self.field.multiply(half, half)
        return found

    def _locator(self, syndromes: Elements) -> tuple[Elements, NDArray[np.int64]]:
        """Return the error locators, lowest power first, (words, 2t + 1), and their degrees."""
        words, steps = syndromes.shape
        of = self.field
        locator = np.zeros((words, steps + 1), np.int64)
        locator[:, 0] = 1
        kept = locator.copy()  # of the last step that changed the degree, times x for each step
        last = np.ones(words, np.int64)
        degree = np.zeros(words, np.int64)
        for step in range(steps):
            kept = np.concatenate([np.zeros((words, 1), np.int64), kept[:, :-1]], axis=1)
            terms = of.multiply(locator[:, : step + 1], syndromes[:, step::-1])
            misses = np.bitwise_xor.reduce(terms, axis=1)
            factor = of.divide(misses, last)[:, None]
            newer = locator ^ of.multiply(np.broadcast_to(factor, kept.shape), kept)
            grows = (misses != 0) & (2 * degree <= step)
            kept = np.where(grows[:, None], locator, kept)
            last = np.where(grows, misses, last)
            degree = np.where(grows, step + 1 - degree, degree)
            locator = newer
        return locator, degree

    def _roots(self, locator: Elements) -> NDArray[np.bool_]:
        """Return at which bits the locators say that there is an error, shape (words, n)."""
        of = self.field
        place = np.arange(self.n - 1, -1, -1)
        value = np.ones((len(locator), self.n), np.int64)
        for power in range(1, self.t + 1):
            factor = locator[:, power]
            shift = (-place * power) % of.order
            term = of.power[of.log[factor][:, None] + shift[None, :]]
            value ^= np.where(factor[:, None] == 0, 0, term)
        return np.equal(value, 0)


@cache
def bch(n: int, t: int) -> BchCode:
    """Return the code of length ``n`` that mends ``t`` errors; with it, as it turns out, k.

    n: 2^m - 1, from 7 to 511. Raises RangeError where there is no such code.
    """
    degree = n.bit_length()
    if n != (1 << degree) - 1 or not 3 <= degree <= 9 or not 1 <= t <= n // 2:
        raise RangeError(
            f"BCH code of n = {n}, t = {t}: accepts n = 2^m - 1 from 7 to 511, t from 1"
        )
    factors = {minimal_polynomial(degree, exponent) for exponent in range(1, 2 * t, 2)}
    generator = 1
    for factor in sorted(factors):
        generator = multiply_binary(generator, factor)
    k = n - generator.bit_length() + 1
    if k < 1:
        raise RangeError(f"BCH code of n = {n}, t = {t}: no message bits are left")
    return BchCode(n, k, t, generator, _parity(generator, n, k), field(degree))


def _parity(generator: int, n: int, k: int) -> Bits:
    """Return the check bits of each single message bit, shape (k, n - k)."""
    checks = n - k
    rows = np.zeros((k, checks), np.uint8)
    remainder = 1 << (checks - 1)  # of x^(checks - 1); every turn multiplies by x
    for row in range(k - 1, -1, -1):
        remainder <<= 1
        if remainder >> checks:
            remainder ^= generator
        rows[row] = [remainder >> (checks - 1 - bit) & 1 for bit in range(checks)]
    return rows


def _checked(bits: Bits, length: int, what: str) -> Bits:
    bits = np.asarray(bits)
    if bits.ndim != 2 or bits.shape[1] != length:
        raise RangeError(f"{what}s of shape {bits.shape}: accepts (any, {length})")
    if not np.isin(bits, (0, 1)).all():
        raise RangeError(f"{what}s hold something else than bits 0 and 1")
    return bits.astype(np.uint8)
