"""How good fingerprints are: the usual metrics, each with an interval over chips.

Responses are floats 0 and 1, NaN where a bit is not known: (chips, bits), and re-reads of them
(chips, reads, bits). Chips, not bits, are drawn again or left out: bits of one chip may hang
together, and the k (k - 1) / 2 pairs of k chips certainly do. Intervals of means are bootstrapped
and widened for few chips; that of the uniqueness is bootstrapped and too wide where chips are
independent (it covers in 99 % and more: the mean of pairs is then a degenerate U-statistic); where
a chip drawn twice would itself be seen as an effect, chips are left out instead (jackknife).
Definitions as of Maiti, Gunreddy and Schaumont (2013); degrees of freedom after Daugman, Pattern
Recognition 36:279 (2003).
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom

from labcim.analysis.distributions import Interval

from .over_chips import (
    RESAMPLES,
    check_responses,
    drawn_again,
    left_out,
    mean_over_chips,
    means_of_chips,
    pairs_of,
    root_of,
)

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Quality:
    """What the responses of several chips show.

    uniformity: mean of the bits.  uniqueness: mean share of bits in which two chips differ.
    aliasing: mean over bits of their mean over chips.  aliasing_spread: standard deviation of that
    from bit to bit beyond what so few chips give by chance.  freedom: bits' worth of independent
    bits.  min_entropy: of a bit from its aliasing; ``ideal_min_entropy`` is what fair bits show
    with so few chips.  common_value: min-entropy of a bit of all responses together, by its most
    common value with 99 % confidence (SP 800-90B, 6.3.1).
    """

    chips: int
    bits: int
    uniformity: Interval
    uniqueness: Interval
    aliasing: Interval
    aliasing_spread: Interval
    freedom: Interval
    min_entropy: Interval
    ideal_min_entropy: float
    common_value: float


def distances(responses: Floats) -> Floats:
    """Return the share of known bits in which chips differ, (chips, chips)."""
    check_responses(responses, 2)
    known = np.isfinite(responses).astype(np.float64)
    ones = np.where(known > 0.0, responses, 0.0)
    both = known @ known.T
    differ = ones @ (known - ones).T
    with np.errstate(invalid="ignore"):
        return np.asarray((differ + differ.T) / both)


def quality(responses: Floats, *, resamples: int = RESAMPLES, seed: int = 1) -> Quality:
    """Return uniformity, uniqueness, aliasing and entropy with their 95 % intervals.

    responses: (chips, bits). Raises RangeError for fewer than two chips.
    """
    check_responses(responses, 2, least=2)
    apart = distances(responses)
    chips, bits = responses.shape

    def pairs(statistic: Callable[[Floats], float]) -> Interval:
        return drawn_again(chips, lambda at: statistic(pairs_of(apart, at)), resamples, seed)

    def without(statistic: Callable[[Floats], float]) -> Interval:
        return left_out(chips, lambda at: statistic(responses[at]))

    return Quality(
        chips,
        bits,
        uniformity=mean_over_chips(means_of_chips(responses), resamples, seed),
        uniqueness=pairs(lambda apart: float(np.mean(apart))),
        aliasing=mean_over_chips(means_of_chips(responses), resamples, seed),
        aliasing_spread=root_of(without(_excess_variance)),
        freedom=pairs(_freedom),
        min_entropy=without(_min_entropy),
        ideal_min_entropy=_ideal_min_entropy(chips),
        common_value=common_value(responses),
    )


def common_value(responses: Floats) -> float:
    """Return the min-entropy of a known bit by the most common value (SP 800-90B, 6.3.1)."""
    from labcim.analysis.entropy.simple import most_common_value  # numba takes long to import

    known = responses[np.isfinite(responses)]
    return most_common_value(known.astype(np.uint8))


def _aliasing(responses: Floats) -> Floats:
    known = np.isfinite(responses).sum(axis=0)
    return np.asarray(np.nansum(responses, axis=0)[known > 0] / known[known > 0])


def _excess_variance(responses: Floats) -> float:
    """Return the variance of the aliasing beyond the binomial one; below 0 by chance."""
    known = np.isfinite(responses).sum(axis=0)
    enough = known > 1
    means = np.nansum(responses[:, enough], axis=0) / known[enough]
    by_chance = float(np.mean(means * (1.0 - means) / (known[enough] - 1)))
    return float(np.var(means, ddof=1)) - by_chance


def _freedom(pairs: Floats) -> float:
    mean, variance = float(np.mean(pairs)), float(np.var(pairs))
    return mean * (1.0 - mean) / variance if variance > 0.0 else math.nan


def _min_entropy(responses: Floats) -> float:
    means = _aliasing(responses)
    return float(np.mean(-np.log2(np.maximum(means, 1.0 - means))))


def _ideal_min_entropy(chips: int) -> float:
    """Return what `_min_entropy` shows on average for fair bits of so many chips."""
    ones = np.arange(chips + 1)
    largest = np.maximum(ones, chips - ones) / chips
    return float(np.sum(binom.pmf(ones, chips, 0.5) * -np.log2(largest)))
