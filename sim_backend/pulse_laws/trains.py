"""Pulse trains for an outer product: every cell moves where its row and its column pulse together.

With a train of BL slots, a row that pulses with chance p and a column that pulses with chance q
meet BL p q times, on average. Three amounts are free; the field sets them so (Gokmen and Vlasov,
Front. Neurosci. 10:333, 2016; Gokmen, Onen and Haensch, Front. Neurosci. 11:538, 2017):

    update management    p = |x| / max|x| and q = |d| / max|d|, times the same factor
    length management    BL = ceil(lr max|x| max|d| / dw_min), at most ``desired_bl``

so that the mean change is lr x d, as long as no chance exceeds 1: beyond, it is cut.
"""

from dataclasses import dataclass
from math import ceil

import numpy as np
from numba import njit
from numpy.typing import NDArray

from labcim.errors import RangeError

from ..devices.random import random_bits
from .kernels import Trains
from .keys import COLUMN_TRAIN, ROW_TRAIN, SLOTS
from .threads import side_by_side

Values = NDArray[np.float64]
Bits32 = NDArray[np.uint32]
Bits64 = NDArray[np.uint64]
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_SIGN = np.uint32(1 << 31)


@dataclass(frozen=True)
class TrainRules:
    """How an update becomes trains. desired_bl: slots, 1 to 31; the most under management."""

    desired_bl: int = 31
    update_management: bool = True
    update_bl_management: bool = True
    deterministic: bool = False

    def __post_init__(self) -> None:
        if not 1 <= self.desired_bl <= SLOTS:
            raise RangeError(f"desired_bl = {self.desired_bl}: accepts 1 to {SLOTS} slots")


@njit(cache=True, nogil=True, error_model="numpy")
def _draw(state: Bits64, low: Bits32, high: Bits32) -> None:
    """Fill ``low`` and ``high`` with the next 64 random bits of each line."""
    for j in range(state.size):
        state[j] += _GOLDEN
        drawn = state[j]
        drawn = (drawn ^ (drawn >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        drawn = (drawn ^ (drawn >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        drawn ^= drawn >> np.uint64(31)
        low[j], high[j] = np.uint32(drawn), np.uint32(drawn >> np.uint64(32))


@njit(cache=True, nogil=True, error_model="numpy")
def _settle(
    low: Bits32, high: Bits32, threshold: Bits32, word: Bits32, left: Bits32, bit: int
) -> np.uint32:
    """Compare two bits of all slots' numbers with those of the chance; return what is undecided.

    left: slots whose number has been equal so far; they are set in ``word`` where it is less.
    """
    any_left, one, zero = np.uint32(0), np.uint32(1), np.uint32(0)
    first, second = np.uint32(bit), np.uint32(bit - 1)
    for j in range(word.size):
        found, undecided = word[j], left[j]
        wanted = zero - ((threshold[j] >> first) & one)  # all ones, or all zeros
        found |= undecided & ~low[j] & wanted
        undecided &= ~(low[j] ^ wanted)
        wanted = zero - ((threshold[j] >> second) & one)
        found |= undecided & ~high[j] & wanted
        undecided &= ~(high[j] ^ wanted)
        word[j], left[j] = found, undecided
        any_left |= undecided
    return any_left


@njit(cache=True, nogil=True, error_model="numpy")
def stochastic_words(
    values: Values, factors: Values, lengths: NDArray[np.int64], seed: int, kind: int, first: int
) -> NDArray[np.uint32]:
    """Return a random train for each line and sample: a slot pulses with chance |value| factor.

    values: (samples, lines); factors, lengths: (samples,). The train of a line depends on seed,
    kind, line and sample alone. Bit 31 is set where the value is below 0.

    All slots of all lines draw the bits of their uniform number at once, the highest first, and
    drop out as soon as one differs from that of the chance: a dozen of bits settle nearly all.
    """
    samples, lines = values.shape
    words = np.zeros((samples, lines), np.uint32)
    state, work = np.empty(lines, np.uint64), np.empty((4, lines), np.uint32)
    low, high, threshold, left = work[0], work[1], work[2], work[3]
    for sample in range(samples):
        slots = np.uint32((np.uint64(1) << np.uint64(lengths[sample])) - np.uint64(1))
        word = words[sample]
        for j in range(lines):
            drawn = random_bits(seed, j, kind, first + sample)
            state[j] = drawn
            low[j], high[j] = np.uint32(drawn), np.uint32(drawn >> np.uint64(32))
        for j in range(lines):
            chance = abs(values[sample, j]) * factors[sample]
            open_chance = 0.0 < chance < 1.0
            word[j] = slots if chance >= 1.0 else np.uint32(0)
            left[j] = slots if open_chance else np.uint32(0)
            threshold[j] = np.uint32(np.int64((chance if open_chance else 0.0) * 4294967296.0))
        bit = 31
        while _settle(low, high, threshold, word, left, bit) != 0 and bit > 1:
            _draw(state, low, high)
            bit -= 2
        for j in range(lines):
            below = values[sample, j] * factors[sample] < 0.0
            word[j] |= _SIGN if below else np.uint32(0)
    return words


@njit(cache=True, nogil=True, error_model="numpy")
def regular_words(
    values: Values, factors: Values, lengths: NDArray[np.int64], even: bool
) -> NDArray[np.uint32]:
    """Return trains without chance: the first round(p BL) slots, or as many spread evenly.

    Of those spread evenly, the first n slots hold round(n p) pulses; arguments as for stochastic.
    """
    words = np.zeros(values.shape, np.uint32)
    for sample in range(values.shape[0]):
        for line in range(values.shape[1]):
            value = values[sample, line]
            chance = min(abs(value) * factors[sample], 1.0)
            pulses, before = int(chance * lengths[sample] + 0.5), 0
            for slot in range(lengths[sample]):
                count = int((slot + 1) * chance + 0.5) if even else min(slot + 1, pulses)
                if count > before:
                    words[sample, line] |= np.uint32(1) << np.uint32(slot)
                before = count
            if value < 0.0:
                words[sample, line] |= _SIGN
    return words


def _checked(name: str, values: Values) -> Values:
    values = np.atleast_2d(np.ascontiguousarray(values, float))
    if values.ndim != 2:
        raise RangeError(f"{name} of shape {values.shape}: accepts (lines,) or (samples, lines)")
    return values


def _lengths(tops: list[Values], learning_rate: float, dw_min: float, rules: TrainRules) -> Values:
    """Return BL of each sample. tops: max|x| and max|d| of each, shape (samples,)."""
    most = rules.desired_bl
    if not rules.update_bl_management:
        return np.full(tops[0].shape, float(most))
    with np.errstate(over="ignore"):  # whatever is too long is cut
        needed = learning_rate / dw_min * tops[0] * tops[1]
    return np.ceil(np.clip(needed, 1.0, most) - 1e-9)


def make_trains(
    rows: Values,
    columns: Values,
    learning_rate: float,
    dw_min: float,
    rules: TrainRules,
    *,
    seed: int,
    first_sample: int,
) -> Trains:
    """Return trains under which cell (i, j) moves by learning_rate rows[i] columns[j] on average.

    rows, columns: shape (lines,) or (samples, lines), no unit.  Raises RangeError.
    """
    rows, columns = _checked("rows", rows), _checked("columns", columns)
    if rows.shape[0] != columns.shape[0]:
        raise RangeError(f"rows have {rows.shape[0]} samples, columns {columns.shape[0]}: accepts"
                         " as many")  # fmt: skip
    if not learning_rate >= 0.0:
        raise RangeError(f"learning_rate = {learning_rate}: accepts 0 and more")
    tops = [np.abs(values).max(axis=1, initial=0.0) for values in (rows, columns)]
    if not np.isfinite(tops).all():
        raise RangeError("rows, columns: accepts finite numbers")
    lengths = _lengths(tops, learning_rate, dw_min, rules)
    factors = np.sqrt(learning_rate / (dw_min * lengths))
    balance = np.ones_like(factors)
    if rules.update_management:
        safe = [np.where(top > 0.0, top, 1.0) for top in tops]
        balance = np.sqrt(safe[1]) / np.sqrt(safe[0])  # the quotient itself may overflow
    one, other, slots = factors * balance, factors / balance, lengths.astype(np.int64)
    if rules.deterministic:
        return Trains(
            regular_words(rows, one, slots, False), regular_words(columns, other, slots, True)
        )
    words = side_by_side(
        lambda: stochastic_words(rows, one, slots, seed, ROW_TRAIN, first_sample),
        lambda: stochastic_words(columns, other, slots, seed, COLUMN_TRAIN, first_sample),
        rows.size + columns.size,
    )
    return Trains(*words)


def same_pulses(shape: tuple[int, int], count: int, *, up: bool) -> Trains:
    """Return trains that give each cell of the array ``count`` pulses; samples of 31 and a rest."""
    samples = max(ceil(count / SLOTS), 1)
    slots = np.minimum(count - SLOTS * np.arange(samples), SLOTS).astype(np.uint64)
    words = ((np.uint64(1) << slots) - np.uint64(1)).astype(np.uint32)
    rows = words if up else words | _SIGN
    return Trains(
        np.repeat(rows[:, None], shape[0], axis=1), np.repeat(words[:, None], shape[1], axis=1)
    )


def one_sided(trains: Trains, *, up: bool) -> Trains:
    """Return trains that do only the up (or only the down) pulses of these, and do them as up ones.

    Each sample becomes two: rows above 0 with the columns of one sign, rows below 0 with the other.
    """
    rows, columns = (np.repeat(words, 2, axis=0) for words in trains)
    rows_below, columns_below = (rows & _SIGN) != 0, (columns & _SIGN) != 0
    second = (np.arange(rows.shape[0]) % 2 == 1)[:, None]
    rows = np.where(rows_below == second, rows & ~_SIGN, np.uint32(0))
    columns = np.where(columns_below == (second == up), columns & ~_SIGN, np.uint32(0))
    return Trains(rows, columns)
