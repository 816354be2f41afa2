"""Many pulses in one step, for laws whose step is linear in the weight.

A pulse of a linear law moves w by s + m w. So c pulses move it by S + M w with, q = 1 + m,
M = q^c - 1 and S = s (1 + q + ... + q^(c-1)), which are built from the bits of c: two maps in a row
are (M + N + M N) w + (S + T + N S). (With q^c itself, a small m would drown in the rounding of 1.)
The noise that c pulses leave has the variance

    additive        sigma^2 s^2 (1 + q^2 + ... + q^(2(c-1)))        exact, and exactly normal
    multiplicative  sigma^2 (s + m w_c)^2 c / q^2 (1 + (c-1) r/2)   to second order in r

with w_c the mean after c pulses, and r = (sigma m / q)^2. A bound that is met within the
train is not seen by a jump, and much multiplicative noise is not normal. So a cell whose path comes
within four standard deviations of a bound, or with c r > 0.01, takes its pulses one by one.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from .lanes import coincidences, halved, is_odd
from .layout import LawNumbers
from .rows import Row, Words

_ZERO, _HALF, _ONE, _TWO = (np.float32(value) for value in (0.0, 0.5, 1.0, 2.0))
_MARGIN = np.float32(4.0)  # standard deviations
_SKEWED, _ENDLESS = np.float32(0.01), np.float32(np.inf)
_SLACK = np.float32(1e-6)  # of the range: rounding at a bound that is only approached
Counts = NDArray[np.int32]


@njit(cache=True, nogil=True, error_model="numpy")
def count_coincidences(counts: Counts, words: Words, row_word: np.uint32) -> None:
    """Fill ``counts`` with the number of slots in which row and column pulse together."""
    for j in range(counts.size):
        counts[j] = coincidences(words[j], row_word)


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def compose(slope: Row, total: Row, scale: Row, shape: Row, counts: Counts) -> None:
    """Fill M and S of each cell's c pulses, c <= 31."""
    for j in range(slope.size):
        c, m, s = counts[j], shape[j], scale[j]
        big_m, big_s = _ZERO, _ZERO
        for _ in range(5):
            more_m = big_m * m + (big_m + m)
            more_s = big_s * m + (big_s + s)
            big_m = more_m if is_odd(c) else big_m
            big_s = more_s if is_odd(c) else big_s
            twice = _TWO + m
            s, m, c = s * twice, m * twice, halved(c)
        slope[j], total[j] = big_m, big_s


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def spread_of_jump(
    spread: Row, w: Row, slope: Row, total: Row, scale: Row, shape: Row, law: LawNumbers,
    counts: Counts,
) -> None:  # fmt: skip
    """Fill the standard deviation that the noise of c pulses leaves."""
    for j in range(spread.size):
        s, m, c = scale[j], shape[j], np.float32(counts[j])
        inverse = _ONE / (_ONE + m)
        last = (s + m * (w[j] + (slope[j] * w[j] + total[j]))) * inverse
        ratio = law.sigma * m * inverse
        multiplied = last * last * c * (_ONE + _HALF * (c - _ONE) * ratio * ratio)
        added = s * total[j] * (_TWO + slope[j]) / (_TWO + m)
        variance = law.by_step * multiplied + law.by_scale * added
        sd = law.sigma * np.sqrt(_ZERO if variance < _ZERO else variance)
        skewed = law.by_step * ratio * ratio * c > _SKEWED
        spread[j] = _ENDLESS if skewed else sd


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def take_jumps(
    w: Row, slope: Row, total: Row, spread: Row, noise: Row, low: Row, high: Row, near: Counts
) -> None:
    """Jump every cell but those near a bound, which are marked and left as they are."""
    yes, no = np.int32(1), np.int32(0)
    for j in range(w.size):
        old, bottom, top, sd = w[j], low[j], high[j], spread[j]
        mean = old + (slope[j] * old + total[j])
        margin = _MARGIN * sd - _SLACK * (top - bottom)
        least = (mean if mean < old else old) - margin
        most = (old if mean < old else mean) + margin
        new = mean + sd * noise[j]
        new = bottom if new < bottom else new
        new = top if new > top else new
        free = (least >= bottom) & (most <= top)  # false for what is not a number, too
        near[j] = no if free else yes
        w[j] = new if free else old


@njit(cache=True, nogil=True, error_model="numpy")
def any_near(near: Counts) -> bool:
    """Return whether a cell is marked."""
    marked = np.int32(0)
    for j in range(near.size):
        marked |= near[j]
    return bool(marked != 0)


@njit(cache=True, nogil=True, error_model="numpy")
def step_near_bounds(
    w: Row, scale: Row, shape: Row, law: LawNumbers, counts: Counts, near: Counts, table: Row,
    place: int, low: Row, high: Row,
) -> None:  # fmt: skip
    """Give the marked cells their pulses one by one. place: where in the table to draw from."""
    mask = (1 << 16) - 1
    for j in range(w.size):
        if near[j] == 0 or counts[j] == 0:
            continue
        s, m, value = scale[j], shape[j], w[j]
        start = place + 32 * j  # each cell its own entries, apart from its neighbours'
        for n in range(counts[j]):
            move = s + m * value
            spread = law.by_step * abs(move) + law.by_scale * abs(s)
            value = value + move + law.sigma * spread * table[(start + n) & mask]
            value = min(max(value, low[j]), high[j])
        w[j] = value
