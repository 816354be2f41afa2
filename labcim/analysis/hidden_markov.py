"""Hidden Markov chains seen through normal noise: likelihood, and where the chain was.

Scaled forward and backward passes (Rabiner, Proc. IEEE 77:257, 1989), compiled. Values should be
standardised before anything is fitted: levels in amperes are far from 1.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ParamSpec, TypeVar, cast

import numpy as np
from numba import njit
from numpy.typing import NDArray

from labcim.errors import RangeError

Floats = NDArray[np.float64]
P = ParamSpec("P")
R = TypeVar("R")


def _compiled(function: Callable[P, R]) -> Callable[P, R]:
    return cast(Callable[P, R], njit(nogil=True, cache=True)(function))


@dataclass(frozen=True, slots=True)
class Visits:
    """What a series says of the chain behind it.

    log_likelihood: ln of the density of all values.  occupied: chance of each state at each time,
    (n, states).  moves: expected number of moves from state to state, (states, states).
    weight, total, square: over the times at which something was seen, sums of the chances, of
    chances times values, and times their squares, (states,) each.
    """

    log_likelihood: float
    occupied: Floats
    moves: Floats
    weight: Floats
    total: Floats
    square: Floats


def log_likelihood(values: Floats, levels: Floats, sigma: float, moving: Floats) -> float:
    """Return ln of the density of ``values``, (n,), NaN where nothing was seen.

    levels: the mean in each state, (states,).  moving: chance of each state after each, rows sum
    to 1, (states, states); the chain begins in its stationary state.
    """
    return float(_forward(values, levels, sigma, moving, _checked(levels, sigma, moving)))


def visits(values: Floats, levels: Floats, sigma: float, moving: Floats) -> Visits:
    """Return where the chain was, given all values; arguments as in `log_likelihood`."""
    start = _checked(levels, sigma, moving)
    likely, occupied, moves, sums = _forward_backward(values, levels, sigma, moving, start)
    return Visits(float(likely), occupied, moves, *sums)


def stationary(moving: Floats) -> Floats:
    """Return the long-time share of each state, (states,), of a chain that reaches all of them."""
    states = len(moving)
    equations = np.vstack([moving.T - np.eye(states), np.ones(states)])
    share, *_ = np.linalg.lstsq(equations, np.append(np.zeros(states), 1.0))
    share = np.clip(share, 0.0, 1.0)
    return np.asarray(share / share.sum())


def _checked(levels: Floats, sigma: float, moving: Floats) -> Floats:
    """Return the stationary start. Raises RangeError for what is no chain."""
    if moving.shape != (len(levels), len(levels)) or not (
        np.isfinite(levels).all() and sigma > 0.0 and np.allclose(moving.sum(axis=1), 1.0)
    ):
        raise RangeError(
            f"{len(levels)} levels, sigma = {sigma:g}, moves of shape {moving.shape}: accepts "
            "finite levels, a sigma above 0, and rows of chances that sum to 1"
        )
    return stationary(moving)


@_compiled
def _emission(value: float, levels: Floats, sigma: float, seen: Floats) -> float:
    """Put the density in each state into ``seen``, over the largest; return ln of that."""
    states = len(levels)
    if np.isnan(value):
        seen[:] = 1.0
        return 0.0
    nearest = np.inf
    for k in range(states):
        z = (value - levels[k]) / sigma
        seen[k] = z * z
        nearest = min(nearest, z * z)
    for k in range(states):
        seen[k] = np.exp(-0.5 * (seen[k] - nearest))
    largest: float = -0.5 * nearest - np.log(sigma) - 0.9189385332046727  # ln sqrt(2 pi)
    return largest


@_compiled
def _forward(values: Floats, levels: Floats, sigma: float, moving: Floats, start: Floats) -> float:
    states = len(levels)
    at, seen, before = np.empty(states), np.empty(states), start.copy()
    total = 0.0
    for t in range(len(values)):
        total += _emission(values[t], levels, sigma, seen)
        scale = 0.0
        for k in range(states):
            at[k] = before[k] * seen[k]
            scale += at[k]
        total += np.log(scale)
        for k in range(states):
            before[k] = 0.0
        for j in range(states):
            for k in range(states):
                before[k] += at[j] / scale * moving[j, k]
    return total


@_compiled
def _add_up(sums: Floats, occupied: Floats, value: float) -> None:
    if not np.isnan(value):
        for k in range(len(occupied)):
            sums[0, k] += occupied[k]
            sums[1, k] += occupied[k] * value
            sums[2, k] += occupied[k] * value * value


@_compiled
def _forward_backward(
    values: Floats, levels: Floats, sigma: float, moving: Floats, start: Floats
) -> tuple[float, Floats, Floats, Floats]:
    n, states = len(values), len(levels)
    seen = np.empty((n, states))
    occupied = np.empty((n, states))
    scales = np.empty(n)
    total = 0.0
    before = start.copy()
    for t in range(n):
        total += _emission(values[t], levels, sigma, seen[t])
        scale = 0.0
        for k in range(states):
            occupied[t, k] = before[k] * seen[t, k]
            scale += occupied[t, k]
        scales[t] = scale
        total += np.log(scale)
        for k in range(states):
            occupied[t, k] /= scale
            before[k] = 0.0
        for j in range(states):
            for k in range(states):
                before[k] += occupied[t, j] * moving[j, k]
    moves = np.zeros((states, states))
    sums = np.zeros((3, states))
    later = np.ones(states)
    push = np.empty(states)
    _add_up(sums, occupied[n - 1], values[n - 1])
    for t in range(n - 1, 0, -1):
        for k in range(states):
            push[k] = later[k] * seen[t, k] / scales[t]
        for j in range(states):
            back = 0.0
            for k in range(states):
                step = moving[j, k] * push[k]
                back += step
                moves[j, k] += occupied[t - 1, j] * step
            later[j] = back
        for j in range(states):
            occupied[t - 1, j] *= later[j]
        _add_up(sums, occupied[t - 1], values[t - 1])
    return total, occupied, moves, sums
