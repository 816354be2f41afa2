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
from scipy.optimize import brentq
from scipy.stats import beta, binom, t

from labcim.analysis.distributions import Interval
from labcim.analysis.resampling import bootstrap_intervals
from labcim.errors import RangeError

Floats = NDArray[np.float64]
_RESAMPLES = 1000


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


def distances(responses: Floats) -> Floats:
    """Return the share of known bits in which chips differ, (chips, chips)."""
    _check(responses, 2)
    known = np.isfinite(responses).astype(np.float64)
    ones = np.where(known > 0.0, responses, 0.0)
    both = known @ known.T
    differ = ones @ (known - ones).T
    with np.errstate(invalid="ignore"):
        return np.asarray((differ + differ.T) / both)


def quality(responses: Floats, *, resamples: int = _RESAMPLES, seed: int = 1) -> Quality:
    """Return uniformity, uniqueness, aliasing and entropy with their 95 % intervals.

    responses: (chips, bits). Raises RangeError for fewer than two chips.
    """
    _check(responses, 2, least=2)
    apart = distances(responses)
    chips, bits = responses.shape

    def pairs(statistic: Callable[[Floats], float]) -> Interval:
        return _drawn(chips, lambda at: statistic(_pairs(apart, at)), resamples, seed)

    def left_out(statistic: Callable[[Floats], float]) -> Interval:
        return _jackknife(chips, lambda at: statistic(responses[at]))

    return Quality(
        chips,
        bits,
        uniformity=_mean_of_chips(_means(responses), resamples, seed),
        uniqueness=pairs(lambda apart: float(np.mean(apart))),
        aliasing=_mean_of_chips(_means(responses), resamples, seed),
        aliasing_spread=_root(left_out(_excess_variance)),
        freedom=pairs(_freedom),
        min_entropy=left_out(_min_entropy),
        ideal_min_entropy=_ideal_min_entropy(chips),
        common_value=most_common_value(responses),
    )


def separation(
    responses: Floats, rereads: Floats, *, resamples: int = _RESAMPLES, seed: int = 1
) -> Separation:
    """Return distances within and between chips, and how well they part.

    responses: (chips, bits).  rereads: (chips, reads, bits).
    """
    _check(responses, 2, least=2)
    _check(rereads, 3)
    chips = len(responses)
    apart = distances(responses)
    within = np.array([_shares(one, of) for one, of in zip(responses, rereads, strict=True)])
    between = _pairs(apart, np.arange(chips))
    spread = math.sqrt((np.var(within) + np.var(between)) / 2.0)
    gap = abs(float(np.mean(between)) - float(np.nanmean(within)))
    return Separation(
        _mean_of_chips(np.nanmean(within, axis=1), resamples, seed),
        _drawn(chips, lambda at: float(np.mean(_pairs(apart, at))), resamples, seed),
        gap / spread if spread > 0.0 else math.inf,
        _equal_error(within.ravel(), between, responses.shape[1]),
    )


def reliability(
    responses: Floats, rereads: Floats, *, resamples: int = _RESAMPLES, seed: int = 1
) -> Reliability:
    """Return how often bits of re-reads at one corner are wrong.

    responses: (chips, bits).  rereads: (chips, reads, bits). Raises RangeError without any.
    """
    _check(responses, 2)
    _check(rereads, 3)
    wrong = np.where(np.isfinite(rereads), rereads != responses[:, None, :], np.nan)
    wrong = np.where(np.isfinite(responses)[:, None, :], wrong, np.nan)
    each = _means(wrong)
    known = np.isfinite(wrong).any(axis=1)
    rates = np.nansum(wrong, axis=1) / np.maximum(np.isfinite(wrong).sum(axis=1), 1)
    return Reliability(
        _mean_of_chips(each, resamples, seed),
        float(rates[known].max()),
        float((rates[known] > 0.0).mean()),
        int(rereads.shape[0] * rereads.shape[1]),
    )


def most_common_value(responses: Floats) -> float:
    """Return the min-entropy of a bit by the most common value: SP 800-90B, 6.3.1."""
    known = responses[np.isfinite(responses)]
    share = max(float(known.mean()), 1.0 - float(known.mean()))
    half = 2.5758293035489 * math.sqrt(share * (1.0 - share) / max(known.size - 1, 1))
    return -math.log2(min(1.0, share + half)) + 0.0


def _drawn(
    chips: int, statistic: Callable[[NDArray[np.intp]], float], resamples: int, seed: int
) -> Interval:
    """Return a statistic of chips by their numbers with its bootstrap interval."""

    def by_number(drawn: Floats) -> float:
        at = drawn.astype(np.intp)
        return statistic(at) if len(np.unique(at)) > 1 else math.nan

    numbers = np.arange(chips, dtype=np.float64)
    return bootstrap_intervals(numbers, {"": by_number}, resamples=resamples, seed=seed)[""]


def _mean_of_chips(each: Floats, resamples: int, seed: int) -> Interval:
    """Return the mean with its bootstrap interval, as much wider as few chips need.

    Percentiles of the mean of k values are too narrow by sqrt((k - 1) / k), and by the normal
    quantile in the place of Student's.
    """
    each = each[np.isfinite(each)]
    k = len(each)
    if k < 2:
        value = float(each[0]) if k else math.nan
        return Interval(value, math.nan, math.nan)
    mean = lambda values: float(np.mean(values))  # noqa: E731
    found = bootstrap_intervals(each, {"": mean}, resamples=resamples, seed=seed)[""]
    wider = math.sqrt(k / (k - 1)) * float(t.ppf(0.975, k - 1)) / 1.959964
    return Interval(
        found.value,
        found.value - wider * (found.value - found.low),
        found.value + wider * (found.high - found.value),
    )


def _jackknife(chips: int, statistic: Callable[[NDArray[np.intp]], float]) -> Interval:
    """Return a statistic with the interval that leaving out one chip after the other gives."""
    every = np.arange(chips)
    value = statistic(every)
    if chips < 3:
        return Interval(value, math.nan, math.nan)
    without = np.array([statistic(np.delete(every, one)) for one in every])
    error = math.sqrt((chips - 1) / chips * float(np.sum((without - without.mean()) ** 2)))
    half = float(t.ppf(0.975, chips - 1)) * error
    return Interval(value, value - half, value + half)


def _root(squared: Interval) -> Interval:
    """Return the root of what must not be below 0."""
    value, low, high = (
        math.sqrt(max(x, 0.0)) if math.isfinite(x) else x
        for x in (squared.value, squared.low, squared.high)
    )
    return Interval(value, low, high)


def _pairs(apart: Floats, at: NDArray[np.intp]) -> Floats:
    """Return the distances of all pairs of the drawn chips that are not the same chip twice."""
    first, second = np.triu_indices(len(at), 1)
    one, other = at[first], at[second]
    return np.asarray(apart[one, other][one != other])


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


def _shares(reference: Floats, reads: Floats) -> Floats:
    known = np.isfinite(reference) & np.isfinite(reads)
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


def _beta(shares: Floats, bits: int):  # type: ignore[no-untyped-def]  # scipy's frozen law
    """Return the beta distribution of the shares' mean and variance.

    Neither a mean of 0 nor less spread than independent bits have is taken at its word.
    """
    count = shares.size * bits
    mean = (float(np.sum(shares)) * bits + 0.5) / (count + 1.0)
    least = mean * (1.0 - mean) / bits
    sum_of_both = mean * (1.0 - mean) / max(float(np.var(shares)), least) - 1.0
    sum_of_both = max(sum_of_both, 1e-6)
    return beta(mean * sum_of_both, (1.0 - mean) * sum_of_both)


def _means(values: Floats) -> Floats:
    """Return the mean of what is known of each chip, NaN where nothing is, (chips,)."""
    known = np.isfinite(values).reshape(len(values), -1).sum(axis=1)
    sums = np.nansum(values.reshape(len(values), -1), axis=1)
    return np.where(known > 0, sums / np.maximum(known, 1), np.nan)


def _check(values: Floats, dimensions: int, least: int = 1) -> None:
    known = np.asarray(values)[np.isfinite(values)]
    if values.ndim != dimensions or min(values.shape) < 1 or len(values) < least:
        raise RangeError(
            f"responses of shape {values.shape}: accepts {dimensions} dimensions, "
            f"{least} chips and more"
        )
    if not known.size or not np.isin(known, (0.0, 1.0)).all():
        raise RangeError("responses hold something else than 0, 1 and NaN, or only NaN")
