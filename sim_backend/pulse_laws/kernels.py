"""Trains on an array: rows one after the other, all samples of a block while it is in the cache.

Cells do not know each other, so the order does not matter, and rows can be given to threads: the
result is the same to the last bit, for any number of them.
"""

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from .jump import FEW, are_any, find_means, find_spreads, list_near, step_few, step_many, take_jumps
from .keys import EVENTS, SLOTS, place_in_table
from .lanes import lowest_slot
from .layout import LINEAR, CellRow, Cells, LawNumbers, Matrix
from .rows import Row, fill_steps, pick, pulse_linear, take_steps

_ONE = np.float32(1.0)
_BLOCK = 256  # columns: their constants and the words of 16 samples share the first cache
_SIGN = np.uint32(1 << 31)


class Trains(NamedTuple):
    """Pulse trains of a batch: bits 0 to 30 are slots, bit 31 is set where the value is below 0.

    row_words: shape (samples, rows).  column_words: shape (samples, columns).
    """

    row_words: NDArray[np.uint32]
    column_words: NDArray[np.uint32]


@njit(cache=True, nogil=True, error_model="numpy")
def _row_of(cells: Cells, i: int, first: int, last: int) -> CellRow:
    return CellRow(
        cells.scale_up[i, first:last],
        cells.scale_down[i, first:last],
        cells.shape_up[i, first:last],
        cells.shape_down[i, first:last],
        cells.w_max[i, first:last],
        cells.w_min[i, first:last],
    )


@njit(cache=True, nogil=True, error_model="numpy")
def _pulse_linear_law(
    w: Row, cells: CellRow, law: LawNumbers, trains: Trains,
    table: Row, seed: int, row: int, first: int, first_sample: int,
) -> None:  # fmt: skip
    """Give a block of a row its pulses slot after slot. The law is exact."""
    for sample in range(trains.row_words.shape[0]):
        flip, left = trains.row_words[sample, row] & _SIGN, trains.row_words[sample, row] & ~_SIGN
        words = trains.column_words[sample, first : first + w.size]
        while left != 0:
            slot = lowest_slot(left)
            left &= left - np.uint32(1)
            place = first
            if law.sigma > 0:
                place += place_in_table(seed, row, (first_sample + sample) * EVENTS + slot)
            pulse_linear(w, cells, law, words, slot, flip, table[place : place + w.size])


@njit(cache=True, nogil=True, error_model="numpy")
def _pulse_other_law(
    w: Row, cells: CellRow, law: LawNumbers, trains: Trains,
    table: Row, seed: int, row: int, first: int, first_sample: int,
) -> None:  # fmt: skip
    """Give a block of a row its pulses slot after slot, under a law that is not linear in w."""
    work = np.empty((3, w.size), np.float32)
    scale, shape, step = work[0], work[1], work[2]
    for sample in range(trains.row_words.shape[0]):
        flip, left = trains.row_words[sample, row] & _SIGN, trains.row_words[sample, row] & ~_SIGN
        words = trains.column_words[sample, first : first + w.size]
        pick(scale, cells.scale_up, cells.scale_down, -_ONE, words, flip)
        pick(shape, cells.shape_up, cells.shape_down, _ONE, words, flip)
        while left != 0:
            slot = lowest_slot(left)
            left &= left - np.uint32(1)
            place = first
            if law.sigma > 0:
                place += place_in_table(seed, row, (first_sample + sample) * EVENTS + slot)
            fill_steps(step, scale, shape, law, w, cells.w_min, cells.w_max)
            noise = table[place : place + w.size]
            take_steps(w, step, scale, law, words, slot, noise, cells.w_min, cells.w_max)


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def _jump(
    w: Row, cells: CellRow, law: LawNumbers, trains: Trains,
    table: Row, seed: int, row: int, first: int, first_sample: int,
) -> None:  # fmt: skip
    """Give a block of a row all pulses of a train at once: the same distribution."""
    work, marks = np.empty((6, w.size), np.float32), np.empty((2, w.size + 1), np.int32)
    additive = bool(law.by_scale > 0)
    near, chosen = marks[0, : w.size], marks[1]
    for sample in range(trains.row_words.shape[0]):
        row_word = trains.row_words[sample, row]
        if row_word & ~_SIGN == 0:
            continue
        words = trains.column_words[sample, first : first + w.size]
        event = (first_sample + sample) * EVENTS
        place = first + place_in_table(seed, row, event + SLOTS)
        find_means(work, w, cells, words, row_word & ~_SIGN, row_word & _SIGN)
        find_spreads(work, law.sigma, additive)
        take_jumps(w, work, table[place : place + w.size], cells, near)
        if not are_any(near):
            continue
        count = list_near(near, work[2], chosen)
        if count > FEW:
            step_many(w, cells, law, work, chosen[:count], table, seed, row, first, event)
        elif count:
            step_few(
                w, cells.w_min, cells.w_max, work, chosen[:count], table, law.sigma, law.by_step,
                law.by_scale, seed, row, first, event,
            )  # fmt: skip


@njit(cache=True, nogil=True, error_model="numpy")
def run_rows(
    first_row: int, last_row: int, weights: Matrix, cells: Cells, law: LawNumbers, trains: Trains,
    jump: bool, table: Row, seed: int, first_sample: int,
) -> None:  # fmt: skip
    """Run trains on rows ``first_row`` to ``last_row`` - 1.

    jump: whether to take all pulses of a train at once.
    """
    columns = weights.shape[1]
    for i in range(first_row, last_row):
        for first in range(0, columns, _BLOCK):
            last = min(first + _BLOCK, columns)
            w, constants = weights[i, first:last], _row_of(cells, i, first, last)
            if jump:
                _jump(w, constants, law, trains, table, seed, i, first, first_sample)
            elif law.family == LINEAR:
                _pulse_linear_law(w, constants, law, trains, table, seed, i, first, first_sample)
            else:
                _pulse_other_law(w, constants, law, trains, table, seed, i, first, first_sample)
