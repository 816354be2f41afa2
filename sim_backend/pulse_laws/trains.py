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
from .layout import Matrix

Values = NDArray[np.float64]
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


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
def _stochastic_word(bits: np.uint64, chance: float, slots: int) -> np.uint32:
    """Return a word of which each of ``slots`` bits is set with that chance, to 2^-32."""
    threshold = np.uint64(chance * 4294967296.0)
    word, state = np.uint64(0), bits
    for pair in range((slots + 1) // 2):
        state += _GOLDEN
        mixed = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        mixed ^= mixed >> np.uint64(31)
        first = np.uint64((mixed >> np.uint64(32)) < threshold)
        second = np.uint64((mixed & np.uint64(0xFFFFFFFF)) < threshold)
        word |= (first | (second << np.uint64(1))) << np.uint64(2 * pair)
    return np.uint32(word & ((np.uint64(1) << np.uint64(slots)) - np.uint64(1)))


@njit(cache=True, nogil=True, error_model="numpy")
def stochastic_words(
    chances: Values, slots: NDArray[np.int64], seed: int, kind: int, first_sample: int
) -> NDArray[np.uint32]:
    """Return a random train for each line and sample. chances: (samples, lines); slots: (samples,).

    A line's train depends on seed, kind, line and sample alone.
    """
    words = np.zeros(chances.shape, np.uint32)
    for sample in range(chances.shape[0]):
        for line in range(chances.shape[1]):
            if chances[sample, line] > 0.0:
                bits = random_bits(seed, line, kind, first_sample + sample)
                words[sample, line] = _stochastic_word(bits, chances[sample, line], slots[sample])
    return words


@njit(cache=True, nogil=True, error_model="numpy")
def leading_words(chances: Values, slots: NDArray[np.int64]) -> NDArray[np.uint32]:
    """Return trains that pulse in the first round(p BL) slots."""
    words = np.zeros(chances.shape, np.uint32)
    for sample in range(chances.shape[0]):
        for line in range(chances.shape[1]):
            count = np.uint64(chances[sample, line] * slots[sample] + 0.5)
            words[sample, line] = np.uint32((np.uint64(1) << count) - np.uint64(1))
    return words


@njit(cache=True, nogil=True, error_model="numpy")
def even_words(chances: Values, slots: NDArray[np.int64]) -> NDArray[np.uint32]:
    """Return trains that are spread evenly: the first n slots hold round(n p) pulses."""
    words = np.zeros(chances.shape, np.uint32)
    for sample in range(chances.shape[0]):
        for line in range(chances.shape[1]):
            chance, before = chances[sample, line], 0
            for slot in range(slots[sample]):
                count = int((slot + 1) * chance + 0.5)
                if count > before:
                    words[sample, line] |= np.uint32(1) << np.uint32(slot)
                before = count
    return words


def _checked(name: str, values: Values) -> Values:
    values = np.atleast_2d(np.asarray(values, float))
    if values.ndim != 2 or not np.isfinite(values).all():
        raise RangeError(f"{name}: accepts finite numbers of shape (lines,) or (samples, lines)")
    return values


def _lengths(largest: Values, learning_rate: float, dw_min: float, rules: TrainRules) -> Values:
    """Return BL of each sample. largest: max|x| max|d| of each, shape (samples,)."""
    most = rules.desired_bl
    if not rules.update_bl_management:
        return np.full(largest.shape, float(most))
    needed = np.array([ceil(value - 1e-9) for value in learning_rate * largest / dw_min])
    return np.asarray(np.clip(needed, 1, most), float)


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
    lengths = _lengths(tops[0] * tops[1], learning_rate, dw_min, rules)
    factor = np.sqrt(learning_rate / (dw_min * lengths))
    balance = np.ones_like(factor)
    if rules.update_management:
        safe = [np.where(top > 0.0, top, 1.0) for top in tops]
        balance = np.sqrt(safe[1] / safe[0])
    chances = [
        np.minimum(np.abs(rows) * (factor * balance)[:, None], 1.0),
        np.minimum(np.abs(columns) * (factor / balance)[:, None], 1.0),
    ]
    slots = lengths.astype(np.int64)
    words = _words(chances, slots, rules, seed, first_sample)
    return Trains(words[0], _signs(rows), words[1], _signs(columns))


def _words(
    chances: list[Values], slots: NDArray[np.int64], rules: TrainRules, seed: int, first: int
) -> list[NDArray[np.uint32]]:
    if rules.deterministic:
        return [leading_words(chances[0], slots), even_words(chances[1], slots)]
    return [
        stochastic_words(chances[0], slots, seed, ROW_TRAIN, first),
        stochastic_words(chances[1], slots, seed, COLUMN_TRAIN, first),
    ]


def _signs(values: Values) -> Matrix:
    return np.sign(values).astype(np.float32)


def same_pulses(shape: tuple[int, int], count: int, *, up: bool) -> Trains:
    """Return trains that give each cell of the array ``count`` pulses; samples of 31 and a rest."""
    samples = max(ceil(count / SLOTS), 1)
    slots = np.minimum(count - SLOTS * np.arange(samples), SLOTS).astype(np.uint64)
    words = ((np.uint64(1) << slots) - np.uint64(1)).astype(np.uint32)
    sign = np.float32(1.0 if up else -1.0)
    return Trains(
        np.repeat(words[:, None], shape[0], axis=1),
        np.full((samples, shape[0]), sign),
        np.repeat(words[:, None], shape[1], axis=1),
        np.ones((samples, shape[1]), np.float32),
    )
