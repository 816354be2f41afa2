"""Trains on an array: rows one after the other, all samples of a row while it is in the cache.

Cells do not know each other, so the order of rows does not matter, and blocks of rows can be given
to threads: the result is the same to the last bit, for any number of them.
"""

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from .jump import (
    any_near,
    compose,
    count_coincidences,
    spread_of_jump,
    step_near_bounds,
    take_jumps,
)
from .keys import EVENTS, SLOTS, place_in_table
from .layout import LINEAR, Cells, LawNumbers, Matrix
from .rows import Row, Words, fill_steps, one_sided, pick, take_steps

_ONE = np.float32(1.0)


class Trains(NamedTuple):
    """Pulse trains of a batch. One bit for each slot; signs are -1, 0 or 1, float32.

    row_words, row_signs: shape (samples, rows).  column_words, column_signs: (samples, columns).
    """

    row_words: NDArray[np.uint32]
    row_signs: Matrix
    column_words: NDArray[np.uint32]
    column_signs: Matrix


@njit(cache=True, nogil=True, error_model="numpy")
def _pulse_by_pulse(
    w: Row, low: Row, high: Row, law: LawNumbers, words: Words, row_word: np.uint32, work: Matrix,
    table: Row, seed: int, row: int, event: int,
) -> None:  # fmt: skip
    """Give a row its pulses slot after slot. The law is exact."""
    scale, shape, step = work[0], work[1], work[2]
    for slot in range(SLOTS):
        if (row_word >> np.uint32(slot)) & np.uint32(1):
            place = place_in_table(seed, row, event + slot) if law.sigma > 0 else 0
            fill_steps(step, scale, shape, law, w, low, high)
            noise = table[place : place + w.size]
            take_steps(w, step, scale, law, words, np.int32(slot), noise, low, high)


@njit(cache=True, nogil=True, error_model="numpy")
def _in_one_jump(
    w: Row, low: Row, high: Row, law: LawNumbers, words: Words, row_word: np.uint32, work: Matrix,
    counts: NDArray[np.int32], near: NDArray[np.int32], table: Row, place: int,
) -> None:  # fmt: skip
    """Give a row all pulses of a train at once: the same distribution, not the same numbers."""
    scale, shape, slope, total, spread = work[0], work[1], work[2], work[3], work[4]
    count_coincidences(counts, words, row_word)
    compose(slope, total, scale, shape, counts)
    spread_of_jump(spread, w, slope, total, scale, shape, law, counts)
    take_jumps(w, slope, total, spread, table[place : place + w.size], low, high, near)
    if any_near(near):
        step_near_bounds(w, scale, shape, law, counts, near, table, place, low, high)


@njit(cache=True, nogil=True, error_model="numpy")
def run_rows(
    first: int, last: int, weights: Matrix, cells: Cells, law: LawNumbers, trains: Trains,
    side: int, jump: bool, table: Row, seed: int, first_sample: int,
) -> None:  # fmt: skip
    """Run trains on rows ``first`` to ``last`` - 1.

    side: 0; or +1 or -1 for cells that only take pulses of that direction, as up pulses.
    jump: whether to take all pulses of a train at once.
    """
    columns = weights.shape[1]
    work = np.empty((5, columns), np.float32)
    counts, near = np.empty(columns, np.int32), np.empty(columns, np.int32)
    kept, ups = np.empty(columns, np.uint32), np.empty(columns, np.float32)
    mirror_shape = -_ONE if law.family == LINEAR else _ONE
    for i in range(first, last):
        w, low, high = weights[i], cells.w_min[i], cells.w_max[i]
        for sample in range(trains.row_words.shape[0]):
            row_word = trains.row_words[sample, i]
            if row_word == 0:
                continue
            words, signs = trains.column_words[sample], trains.column_signs[sample]
            flip = trains.row_signs[sample, i]
            if side != 0:
                one_sided(words, signs, flip, np.float32(side), kept, ups)
                words, signs, flip = kept, ups, _ONE
            pick(work[0], cells.scale_up[i], cells.scale_down[i], -_ONE, signs, flip)
            pick(work[1], cells.shape_up[i], cells.shape_down[i], mirror_shape, signs, flip)
            event = (first_sample + sample) * EVENTS
            if jump:
                place = place_in_table(seed, i, event + SLOTS)
                _in_one_jump(w, low, high, law, words, row_word, work, counts, near, table, place)
            else:
                _pulse_by_pulse(w, low, high, law, words, row_word, work, table, seed, i, event)
