"""One pulse on a whole row of cells: loops that the compiler makes vectors of, in float32.

The order of operations is that of the literal law, and nothing is contracted: linear and piecewise
laws agree with it to the last bit where there is no noise. Exponentials and powers are polynomials
here, good to about 3e-7 of a step.
"""

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from .lanes import are_opposite, exponent_of, has_slot, mantissa_of, power_of_two
from .layout import EXPONENTIAL, POWER, CellRow, LawNumbers

Row = NDArray[np.float32]
Words = NDArray[np.uint32]
Single = Any  # float32, which numba keeps apart from the float that annotations know

_ZERO, _ONE, _TWO = np.float32(0.0), np.float32(1.0), np.float32(2.0)
_TINY = np.float32(1e-30)
_SHIFT = np.float32(12582912.0)  # 1.5 * 2^23: adding it rounds to an integer
_LEAST, _MOST = np.float32(-126.0), np.float32(60.0)
_LOG2_E = np.float32(1.4426950408889634)
_LOG = np.float32(2.0 / np.log(2.0))
_C1, _C2, _C3 = np.float32(1 / 3), np.float32(1 / 5), np.float32(1 / 7)
_E1, _E2, _E3 = (np.float32(np.log(2.0) ** n / f) for n, f in ((1, 1), (2, 2), (3, 6)))
_E4, _E5, _E6 = (np.float32(np.log(2.0) ** n / f) for n, f in ((4, 24), (5, 120), (6, 720)))


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
def exp2(x: Single) -> Single:
    """Return 2^x, of x between -126 and 60 (others are taken for these)."""
    x = _LEAST if x < _LEAST else x
    x = _MOST if x > _MOST else x
    shifted = x + _SHIFT
    f = x - (shifted - _SHIFT)
    p = _E4 + f * (_E5 + f * _E6)
    p = _ONE + f * (_E1 + f * (_E2 + f * (_E3 + f * p)))
    return p * power_of_two(shifted)


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
def log2(x: Single) -> Single:
    """Return the logarithm of x > 0 to base 2."""
    f = mantissa_of(x) - _ONE
    t = f / (_TWO + f)
    t2 = t * t
    return exponent_of(x) + _LOG * t * (_ONE + t2 * (_C1 + t2 * (_C2 + t2 * _C3)))


@njit(cache=True, nogil=True, error_model="numpy")
def pick(out: Row, up: Row, down: Row, mirror: np.float32, words: Words, flip: np.uint32) -> None:
    """Fill ``out`` with ``up``, and with mirror * ``down`` where words and flip differ in sign."""
    for j in range(out.size):
        a, b = up[j], mirror * down[j]
        out[j] = b if are_opposite(words[j], flip) else a


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
def pulse_linear(
    w: Row, cells: CellRow, law: LawNumbers, words: Words, slot: np.int32, flip: np.uint32,
    noise: Row,
) -> None:  # fmt: skip
    """Move the cells whose train has a pulse in this slot, under a law that is linear in w."""
    scale_up, scale_down, shape_up, shape_down, high, low = cells
    by_step, by_scale = law.sigma * law.by_step, law.sigma * law.by_scale
    for j in range(w.size):
        a, b, slope_a, slope_b = scale_up[j], -scale_down[j], shape_up[j], -shape_down[j]
        down = are_opposite(words[j], flip)
        s, m = b if down else a, slope_b if down else slope_a
        old, bottom, top, z = w[j], low[j], high[j], noise[j]
        move = s + m * old
        new = old + (move + (by_step * move + by_scale * s) * z)
        new = bottom if new < bottom else new
        new = top if new > top else new
        w[j] = new if has_slot(words[j], slot) else old


@njit(cache=True, nogil=True, error_model="numpy")
def _exponential(step: Row, scale: Row, law: LawNumbers, w: Row, low: Row, high: Row) -> None:
    two_a, b = _TWO * law.exponential[0], law.exponential[1]
    big_up, big_down = law.exponential[2], law.exponential[3]
    gamma_up, gamma_down = law.exponential[4] * _LOG2_E, -law.exponential[5] * _LOG2_E
    for j in range(step.size):
        size, width = scale[j], high[j] - low[j]
        width = _TINY if width < _TINY else width
        z = two_a * w[j] / width + b
        gamma = gamma_up if size > _ZERO else gamma_down
        big = big_up if size > _ZERO else big_down
        left = _ONE - big * exp2(gamma * z)
        step[j] = size * (_ZERO if left < _ZERO else left)


@njit(cache=True, nogil=True, error_model="numpy")
def _power(step: Row, scale: Row, exponent: Row, w: Row, low: Row, high: Row) -> None:
    for j in range(step.size):
        size, bottom, top, gamma = scale[j], low[j], high[j], exponent[j]
        width = top - bottom
        width = _TINY if width < _TINY else width
        left = (top - w[j] if size > _ZERO else w[j] - bottom) / width
        clear = _TINY if left < _TINY else left
        share = exp2(gamma * log2(clear))
        at_bound = _ONE if gamma == _ZERO else _ZERO
        step[j] = size * (at_bound if left < _TINY else share)


@njit(cache=True, nogil=True, error_model="numpy")
def _piecewise(step: Row, scale: Row, law: LawNumbers, w: Row, low: Row, high: Row) -> None:
    sections = law.nodes_up.size - 1
    count = np.float32(sections)
    for j in range(step.size):
        width = high[j] - low[j]
        if width <= _ZERO:
            step[j] = _ZERO
            continue
        nodes = law.nodes_up if scale[j] > _ZERO else law.nodes_down
        place = max((w[j] - low[j]) / width * count, _ZERO)
        index = min(int(place), sections - 1)
        part = min(place - np.float32(index), _ONE)
        step[j] = scale[j] * ((_ONE - part) * nodes[index] + part * nodes[index + 1])


@njit(cache=True, nogil=True, error_model="numpy")
def fill_steps(
    step: Row, scale: Row, shape: Row, law: LawNumbers, w: Row, low: Row, high: Row
) -> None:
    """Fill ``step``, of laws that are not linear. scale: a cell's full step, below 0 for down."""
    if law.family == EXPONENTIAL:
        _exponential(step, scale, law, w, low, high)
    elif law.family == POWER:
        _power(step, scale, shape, w, low, high)
    else:
        _piecewise(step, scale, law, w, low, high)


@njit(cache=True, nogil=True, error_model="numpy")
def take_steps(
    w: Row,
    step: Row,
    scale: Row,
    law: LawNumbers,
    words: Words,
    slot: np.int32,
    noise: Row,
    low: Row,
    high: Row,
) -> None:
    """Move the cells whose train has a pulse in this slot, with noise, within their bounds."""
    sigma, by_step, by_scale = law.sigma, law.by_step, law.by_scale
    add, by_weight = law.add, law.by_weight
    for j in range(w.size):
        old, move, bottom, top = w[j], step[j], low[j], high[j]
        spread = by_step * abs(move) + by_scale * abs(scale[j]) + add + by_weight * abs(old)
        new = old + move + sigma * spread * noise[j]
        new = bottom if new < bottom else new
        new = top if new > top else new
        w[j] = new if has_slot(words[j], slot) else old
