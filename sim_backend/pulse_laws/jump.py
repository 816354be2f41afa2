"""Many pulses in one step, for laws whose step is linear in the weight.

A pulse of a linear law moves w by f(w) = s + m w. So c pulses move it by g f(w), where
g = 1 + q + ... + q^(c-1) and q = 1 + m, which is c L phi(c m L) with L = ln(1 + m)/m and
phi(y) = (e^y - 1)/y: two short series, good to 2e-6 within the limits below, without a division.
The noise that c pulses leave has the variance

    additive        sigma^2 s^2 (1 + q^2 + ... + q^(2(c-1)))    and is exactly normal
    multiplicative  sigma^2 (f(w_c)/q)^2 c                      low by less than c r / 2

with w_c the mean after c pulses and r = (sigma m / q)^2. A bound that is met within the train is
not seen by a jump, and much multiplicative noise is not normal. So a cell takes its pulses one by
one where its path comes within four standard deviations of a bound, where 31 r > 0.01, where one
pulse takes more than 5 % of what is left, or the train more than 35 %.

Short loops do it, not one long: that would wait for its own results. They are inlined where they
are called, because each array that is handed on costs two atomic operations.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from .keys import place_in_table
from .lanes import are_opposite, coincidences
from .layout import CellRow, LawNumbers, Matrix
from .rows import Row, Words

_ZERO, _HALF, _ONE = (np.float32(value) for value in (0.0, 0.5, 1.0))
_L2, _L3, _L4 = (np.float32(value) for value in (-1 / 2, 1 / 3, -1 / 4))
_P1, _P2, _P3, _P4, _P5 = (np.float32(1 / value) for value in (2, 6, 24, 120, 720))
_MARGIN = np.float32(4.0)  # standard deviations
_SLACK = np.float32(1e-6)  # of the range: rounding at a bound that is only approached
_ENDLESS = np.float32(np.inf)
_SKEWED = np.float32(0.1 / np.sqrt(31.0))  # most |sigma m|
FEW = 8  # cells near a bound: more are sooner done side by side
_STEEP, _FAR = np.float32(0.05), np.float32(0.35)
Counts = NDArray[np.int32]


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"}, inline="always")
def find_means(
    work: Matrix, w: Row, cells: CellRow, words: Words, row_word: np.uint32, flip: np.uint32
) -> None:
    """Fill the rows of ``work``: s, m, the number of pulses, g, and the mean after all pulses.

    flip: sign of the row, in bit 31.
    """
    scale_up, scale_down, shape_up, shape_down, _, _ = cells
    scale, shape, pulses, factor, mean = work[0], work[1], work[2], work[3], work[4]
    for j in range(w.size):
        a, b, slope_a, slope_b = scale_up[j], -scale_down[j], shape_up[j], -shape_down[j]
        down, old = are_opposite(words[j], flip), w[j]
        s, m = b if down else a, slope_b if down else slope_a
        c, m2 = np.float32(coincidences(words[j], row_word)), m * m
        share = c * ((_ONE + m * _L2) + m2 * (_L3 + m * _L4))
        y = m * share
        y2 = y * y
        g = share * ((_ONE + y * _P1) + y2 * ((_P2 + y * _P3) + y2 * (_P4 + y * _P5)))
        scale[j], shape[j], pulses[j], factor[j] = s, m, c, g
        mean[j] = old + g * (s + m * old)


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"}, inline="always")
def find_spreads(work: Matrix, sigma: np.float32, additive: bool) -> None:
    """Fill the last row of ``work``: what noise leaves; without end where a jump is not exact."""
    scale, shape, pulses, factor, mean = work[0], work[1], work[2], work[3], work[4]
    spread = work[5]
    if additive:
        for j in range(spread.size):
            m, g = shape[j], factor[j]
            mg = _ONE + _HALF * m * g
            squares = g * mg * (_ONE - _HALF * m * (_ONE - _HALF * m))
            sd = sigma * abs(scale[j]) * np.sqrt(squares)
            exact = (abs(m) <= _STEEP) & (abs(m * pulses[j]) <= _FAR)
            spread[j] = sd if exact else _ENDLESS
    else:
        steep = min(_STEEP, _SKEWED / max(sigma, _SKEWED))
        for j in range(spread.size):
            m, c = shape[j], pulses[j]
            last = (scale[j] + m * mean[j]) * (_ONE - m * (_ONE - m))
            sd = sigma * abs(last) * np.sqrt(c)
            exact = (abs(m) <= steep) & (abs(m * c) <= _FAR)
            spread[j] = sd if exact else _ENDLESS


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"}, inline="always")
def take_jumps(w: Row, work: Matrix, noise: Row, cells: CellRow, near: Counts) -> None:
    """Jump every cell of a row but those near a bound, which are marked and left as they are."""
    high, low, yes, no = cells.w_max, cells.w_min, np.int32(1), np.int32(0)
    mean, spread = work[4], work[5]
    for j in range(w.size):
        old, end, sd, top, bottom = w[j], mean[j], spread[j], high[j], low[j]
        margin = _MARGIN * sd - _SLACK * (top - bottom)
        least, most = (end if end < old else old) - margin, (old if end < old else end) + margin
        free = (least >= bottom) & (most <= top)  # false for what is not a number, too
        new = end + sd * noise[j]
        new = bottom if new < bottom else new
        new = top if new > top else new
        near[j] = no if free else yes
        w[j] = new if free else old


@njit(cache=True, nogil=True, error_model="numpy")
def are_any(near: Counts) -> bool:
    """Return whether any cell is marked."""
    marked = np.int32(0)
    for j in range(near.size):
        marked |= near[j]
    return bool(marked != 0)


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
def list_near(near: Counts, pulses: Row, chosen: Counts) -> int:
    """Fill ``chosen`` with the places of the marked cells; return how many have pulses."""
    count = 0
    for j in range(near.size):
        chosen[count] = j
        count += near[j] != 0 and pulses[j] > _ZERO
    return count


@njit(cache=True, nogil=True, error_model="numpy")
def step_few(
    w: Row, low: Row, high: Row, work: Matrix, chosen: Counts, table: Row, sigma: np.float32,
    by_step: np.float32, by_scale: np.float32, seed: int, row: int, first: int, event: int,
) -> None:  # fmt: skip
    """Give the chosen cells their pulses one by one: the same operations as `step_many`.

    Arguments: see there. Few arrays are handed over, because each costs as much as a pulse.
    """
    for k in range(chosen.size):
        j = chosen[k]
        value, bottom, top = w[j], low[j], high[j]
        s, m = work[0, j], work[1, j]
        for n in range(int(work[2, j])):
            noise = table[first + place_in_table(seed, row, event + n) + k]
            move = s + m * value
            new = value + move + sigma * (by_step * abs(move) + by_scale * abs(s)) * noise
            new = bottom if new < bottom else new
            value = top if new > top else new
        w[j] = value


@njit(cache=True, nogil=True, error_model="numpy")
def step_many(
    w: Row, cells: CellRow, law: LawNumbers, work: Matrix, chosen: Counts, table: Row, seed: int,
    row: int, first: int, event: int,
) -> None:  # fmt: skip
    """Give the chosen cells their pulses one by one, side by side.

    first: the column at which the block begins.  event: that of the first slot.
    Each pulse draws from a place of its own in the table, as pulses of separate slots do.
    """
    many = chosen.size
    packed = np.empty((6, many), np.float32)
    value, low, high = packed[0], packed[1], packed[2]
    s, m, left = packed[3], packed[4], packed[5]
    scale, shape, pulses, most = work[0], work[1], work[2], _ZERO
    for k in range(many):
        j = chosen[k]
        value[k], low[k], high[k] = w[j], cells.w_min[j], cells.w_max[j]
        s[k], m[k], left[k] = scale[j], shape[j], pulses[j]
        most = max(most, pulses[j])
    for n in range(int(most)):
        start = first + place_in_table(seed, row, event + n)
        _step_chosen(value, s, m, left, np.float32(n), law, table[start : start + many], low, high)
    for k in range(many):
        w[chosen[k]] = value[k]


@njit(cache=True, nogil=True, error_model="numpy")
def _step_chosen(
    value: Row, s: Row, m: Row, left: Row, n: np.float32, law: LawNumbers, noise: Row, low: Row,
    high: Row,
) -> None:  # fmt: skip
    sigma, by_step, by_scale = law.sigma, law.by_step, law.by_scale
    for k in range(value.size):
        old, bottom, top = value[k], low[k], high[k]
        move = s[k] + m[k] * old
        new = old + move + sigma * (by_step * abs(move) + by_scale * abs(s[k])) * noise[k]
        new = bottom if new < bottom else new
        new = top if new > top else new
        value[k] = new if n < left[k] else old
