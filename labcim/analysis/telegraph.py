"""Random telegraph noise: levels, traps, and how long they dwell.

A trap is a two-state Markov process that adds a step while it is in its upper state; several traps
are independent of each other (a factorial hidden Markov model, Ghahramani and Jordan, Mach. Learn.
29:245, 1997; with one or two traps all their joint states are followed, so that it is exact).
Fitted by Baum and Welch's iteration, then Newton's, always on standardised values.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labcim.errors import RangeError

from .curvature import exponential_interval, normal_interval, polish
from .distributions import Interval
from .hidden_markov import Visits, log_likelihood, visits

Floats = NDArray[np.float64]

MOST_TRAPS = 2
_TRIAL, _PATIENCE, _LAST = 12, 100, 20  # iterations: of each start, of the best, of the whole
_PART = 16_384  # values on which starts are tried
_FASTEST, _SLOWEST = math.log(1.5), math.log(1e-7)  # of rates, for each sample


@dataclass(frozen=True, slots=True)
class Trap:
    """step: in the unit of the values, above 0.  low, high: s, mean dwell times.

    moves: expected number of moves, up and down together.  occupied: share of time that it is high.
    """

    step: Interval
    low: Interval
    high: Interval
    moves: float

    @property
    def occupied(self) -> float:
        """Return the long-time share of the upper state."""
        return self.high.value / (self.high.value + self.low.value)

    @property
    def variance(self) -> float:
        """Return the long-time variance that it adds, in the square of the values' unit."""
        return self.step.value**2 * self.occupied * (1.0 - self.occupied)


@dataclass(frozen=True, slots=True)
class Telegraph:
    """base: the lowest level.  sigma: of the noise on each level.  traps: largest step first.

    log_likelihood: ln of the density of the values in units of their standard deviation.
    """

    base: float
    sigma: float
    traps: tuple[Trap, ...]
    log_likelihood: float
    parameters: int


def fit_telegraph(values: Floats, interval: float, traps: int = 1) -> Telegraph:
    """Fit ``traps`` traps, 1 or 2, to a series, with 95 % intervals.

    values: shape (n,), ``interval`` s apart; NaN where nothing was seen.  Dwell times are those of
    the trap, not of the samples: moves there and back between two samples are allowed for.
    Raises RangeError for fewer than 32 values, for equal ones, or another number of traps.
    """
    if not 1 <= traps <= MOST_TRAPS:
        raise RangeError(f"{traps} traps: accepts 1 to {MOST_TRAPS}")
    scaled, mean, unit = standardised(values)
    found = _best_start(scaled, [_start(step, dwell) for step, dwell in _ONE])
    if traps == 2:
        found = _best_start(scaled, [_added(found, dwell) for dwell in _TWO])
    found = _iterate(scaled, found, _LAST, 0.1)
    return _result(scaled, found, mean, unit, interval)


def left_over(values: Floats, interval: float, found: Telegraph) -> Floats:
    """Return the values less what the traps explain, (n,): noise, if they explain all."""
    scaled, mean, unit = standardised(values)
    head = [(found.base - mean) / unit, math.log(found.sigma / unit)]
    tail = [
        number
        for trap in found.traps
        for number in (
            trap.step.value / unit,
            math.log(interval / trap.low.value),
            math.log(interval / trap.high.value),
        )
    ]
    levels, sigma, moving, _ = _joint(np.array(head + tail))
    return np.asarray(
        values - mean - unit * (visits(scaled, levels, sigma, moving).occupied @ levels)
    )


def standardised(values: Floats) -> tuple[Floats, float, float]:
    """Return (values - mean) / deviation, the mean and the deviation; NaN stay. See above."""
    known = values[np.isfinite(values)]
    if values.ndim != 1 or len(known) < 32 or np.ptp(known) == 0.0 or np.isinf(values).any():
        raise RangeError(
            f"{len(known)} values of a telegraph signal: accepts 32 or more, not all the same"
        )
    mean, unit = float(known.mean()), float(known.std())
    return np.asarray((values - mean) / unit), mean, unit


def bayes_criterion(log_likelihood: float, parameters: int, values: int) -> float:
    """Return Schwarz's criterion (Ann. Stat. 6:461, 1978): the smaller, the better the model."""
    return parameters * math.log(values) - 2.0 * log_likelihood


# --- the model: a base, a sigma, and for each trap step, ln(rate up), ln(rate down) ---

_ONE = [(1.6, 4.0), (1.6, 40.0), (1.6, 400.0)]  # steps in standard deviations, dwells in samples
_TWO = [3.0, 30.0, 300.0, 3000.0]


def _start(step: float, dwell: float) -> Floats:
    rate = -math.log(dwell)
    return np.array([-step / 2.0, math.log(0.5), step, rate, rate])


def _added(one: Floats, dwell: float) -> Floats:
    """Return a start with a second trap of half the step beside a fitted first one."""
    step, rate = 0.6 * one[2], -math.log(dwell)
    return np.array([one[0] - step / 2.0, one[1] - 0.3, *one[2:], step, rate, rate])


def _moving(up: float, down: float) -> Floats:
    """Return the chances of one trap from sample to sample, of rates for each sample."""
    total = up + down
    gone = -math.expm1(-total)
    a, b = up / total * gone, down / total * gone
    return np.array([[1.0 - a, a], [b, 1.0 - b]])


def _rates(a: float, b: float) -> tuple[float, float]:
    """Return the logarithms of the rates that move with these chances: the inverse of the above."""
    gone = min(max(a + b, 1e-12), 0.999)
    total = -math.log1p(-gone)
    rates = (max(share, 1e-12) / (a + b + 1e-300) * total for share in (a, b))
    up, down = (float(np.clip(math.log(rate), _SLOWEST, _FASTEST)) for rate in rates)
    return up, down


def _joint(x: Floats) -> tuple[Floats, float, Floats, Floats]:
    """Return levels, sigma, moves of the joint states, and which traps are high in each."""
    traps = x[2:].reshape(-1, 3)
    high = np.array(np.meshgrid(*[[0.0, 1.0]] * len(traps), indexing="ij"))
    high = high.reshape(len(traps), -1).T
    each = [_moving(math.exp(up), math.exp(down)) for _, up, down in traps]
    return x[0] + high @ traps[:, 0], math.exp(x[1]), _together(each), high


def _together(each: Sequence[Floats]) -> Floats:
    """Return the chances of the joint states of traps that move independently."""
    moving = each[0]
    for one in each[1:]:
        moving = np.asarray(np.kron(moving, one), np.float64)
    return moving


def _likely(scaled: Floats, x: Floats) -> float:
    if not np.isfinite(x).all() or (x[2:].reshape(-1, 3)[:, 1:] > _FASTEST + 1.0).any():
        return -math.inf
    levels, sigma, moving, _ = _joint(x)
    return log_likelihood(scaled, levels, sigma, moving)


def _iterate(scaled: Floats, x: Floats, most: int, enough: float) -> Floats:
    """Return the parameters after Baum-Welch iterations, until one gains less than ``enough``."""
    before = -math.inf
    for _ in range(most):
        levels, sigma, moving, high = _joint(x)
        found = visits(scaled, levels, sigma, moving)
        if found.log_likelihood - before < enough:
            break
        before = found.log_likelihood
        x = _improved(x, found, high)
    return x


def _improved(x: Floats, found: Visits, high: Floats) -> Floats:
    """Return what the expected visits say of levels, sigma and chances."""
    design = np.column_stack([np.ones(len(high)), high])
    weight, told, square = found.weight, found.total, found.square
    solved, *_ = np.linalg.lstsq(design.T @ (weight[:, None] * design), design.T @ told)
    levels = design @ solved
    off = float(np.sum(square - 2.0 * levels * told + levels**2 * weight) / weight.sum())
    after = x.copy()
    after[0], after[1] = solved[0], 0.5 * math.log(max(off, 1e-8))
    for trap in range(high.shape[1]):
        a, b = _chances(found.moves, high[:, trap])
        after[2 + 3 * trap :][:3] = [solved[1 + trap], *_rates(a, b)]
    return after


def _chances(moves: Floats, high: Floats) -> tuple[float, float]:
    """Return the chance of one trap to move up when it is low, and down when it is high."""
    up = (1.0 - high) @ moves @ high
    down = high @ moves @ (1.0 - high)
    stayed_low = (1.0 - high) @ moves @ (1.0 - high)
    stayed_high = high @ moves @ high
    return float(up / (up + stayed_low + 1e-300)), float(down / (down + stayed_high + 1e-300))


def _best_start(scaled: Floats, starts: Sequence[Floats]) -> Floats:
    """Return the most promising start, tried and improved on the first part of the series."""
    part = scaled[:_PART]
    tried = [_iterate(part, start, _TRIAL, 1e-2) for start in starts]
    best = max(tried, key=lambda x: _likely(part, x))
    return _iterate(part, best, _PATIENCE, 1e-2)


def _result(scaled: Floats, x: Floats, mean: float, unit: float, interval: float) -> Telegraph:
    best, covariance = polish(lambda at: _likely(scaled, at), x)
    variance = np.diag(covariance)
    levels, sigma, moving, high = _joint(best)
    seen = visits(scaled, levels, sigma, moving)
    traps = []
    for trap in range(high.shape[1]):
        at = 2 + 3 * trap
        step = normal_interval(best[at], variance[at], unit)
        # A mean dwell time is one over the rate out of the state.
        dwells = [exponential_interval(-best[i], variance[i], interval) for i in (at + 1, at + 2)]
        up = high[:, trap]
        moved = float((1.0 - up) @ seen.moves @ up + up @ seen.moves @ (1.0 - up))
        if step.value < 0.0:  # what adds a step while it is low is called high
            step = Interval(-step.value, -step.high, -step.low)
            dwells.reverse()
        traps.append(Trap(step, dwells[0], dwells[1], moved))
    traps.sort(key=lambda trap: -trap.step.value)
    total = float(seen.log_likelihood)
    return Telegraph(
        mean + unit * float(levels.min()), unit * sigma, tuple(traps), total, len(best)
    )
