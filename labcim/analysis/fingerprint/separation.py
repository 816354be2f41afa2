"""Whether re-reads of a chip are nearer to it than other chips are, and how often bits fail.

Responses are floats 0 and 1, NaN where a bit is not known: (chips, bits), and re-reads of them
(chips, reads, bits). Intervals are over chips, see `metrics`.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.stats import beta

from labcim.analysis.distributions import Interval

from .metrics import distances
from .over_chips import (
    RESAMPLES,
    check_responses,
    drawn_again,
    mean_over_chips,
    means_of_chips,
    pairs_of,
)

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Separation:
    """How far apart re-reads of one chip are from other chips.

    decidability: d'.  equal_error: the rate at which as many strangers are taken for the chip as
    the chip is refused, by beta distributions of both.
    """

    intra: Interval
    inter: Interval
    decidability: float
    equal_error: float


@dataclass(frozen=True, slots=True)
class Reliability:
    """Re-reads at one corner against the reference. worst: the bit that fails most often.

    unstable: share of the bits that fail at least once.  reads: in all.
    """

    ber: Interval
    worst: float
    unstable: float
    reads: int


def separation(
    responses: Floats, rereads: Floats, *, resamples: int = RESAMPLES, seed: int = 1
) -> Separation:
    """Return distances within and between chips, and how well they part.

    responses: (chips, bits).  rereads: (chips, reads, bits).
    """
    check_responses(responses, 2, least=2)
    check_responses(rereads, 3)
    chips = len(responses)
    apart = distances(responses)
    within = np.array([_shares(one, of) for one, of in zip(responses, rereads, strict=True)])
    between = pairs_of(apart, np.arange(chips))
    spread = math.sqrt((np.var(within) + np.var(between)) / 2.0)
    gap = abs(float(np.mean(between)) - float(np.nanmean(within)))
    return Separation(
        mean_over_chips(means_of_chips(within), resamples, seed),
        drawn_again(chips, lambda at: float(np.mean(pairs_of(apart, at))), resamples, seed),
        gap / spread if spread > 0.0 else math.inf,
        _equal_error(within.ravel(), between, responses.shape[1]),
    )


def reliability(
    responses: Floats, rereads: Floats, *, resamples: int = RESAMPLES, seed: int = 1
) -> Reliability:
    """Return how often bits of re-reads at one corner are wrong.

    responses: (chips, bits).  rereads: (chips, reads, bits). Raises RangeError without any.
    """
    check_responses(responses, 2)
    check_responses(rereads, 3)
    wrong = np.where(np.isfinite(rereads), rereads != responses[:, None, :], np.nan)
    wrong = np.where(np.isfinite(responses)[:, None, :], wrong, np.nan)
    each = means_of_chips(wrong)
    known = np.isfinite(wrong).any(axis=1)
    rates = np.nansum(wrong, axis=1) / np.maximum(np.isfinite(wrong).sum(axis=1), 1)
    return Reliability(
        mean_over_chips(each, resamples, seed),
        float(rates[known].max()),
        float((rates[known] > 0.0).mean()),
        int(rereads.shape[0] * rereads.shape[1]),
    )


def _shares(reference: Floats, reads: Floats) -> Floats:
    known = np.isfinite(reference) & np.isfinite(reads)
    with np.errstate(invalid="ignore"):  # NaN where no bit is known
        return np.asarray((known & (reads != reference)).sum(axis=-1) / known.sum(axis=-1))


def _equal_error(within: Floats, between: Floats, bits: int) -> float:
    """Return where both kinds of error are equal, by a beta distribution for each kind."""
    intra, inter = _beta(within, bits), _beta(between, bits)

    def gap(threshold: float) -> float:
        refused, taken = intra.logsf(threshold), inter.logcdf(threshold)
        return float(np.clip(refused, -1e4, 0.0) - np.clip(taken, -1e4, 0.0))

    low, high = sorted((float(intra.mean()), float(inter.mean())))
    if gap(low) * gap(high) >= 0.0:
        return 0.5
    return float(inter.cdf(brentq(gap, low, high)))


def _beta(shares: Floats, bits: int) -> Any:
    """Return the beta distribution of the shares' mean and variance.

    Neither a mean of 0 nor less spread than independent bits have is taken at its word.
    """
    count = shares.size * bits
    mean = (float(np.sum(shares)) * bits + 0.5) / (count + 1.0)
    least = mean * (1.0 - mean) / bits
    sum_of_both = mean * (1.0 - mean) / max(float(np.var(shares)), least) - 1.0
    sum_of_both = max(sum_of_both, 1e-6)
    return beta(mean * sum_of_both, (1.0 - mean) * sum_of_both)
