"""Laws of censored lifetimes against published answers, another library, and a grid search."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lifetime_samples import drawn, ended, shock_absorbers
from scipy.stats import gumbel_l, norm, weibull_min

from labcim.analysis.life import Lifetimes, compare_laws, fit_lognormal, fit_weibull, looked_at
from labcim.errors import RangeError

INF = math.inf


def log_likelihood(lifetimes, law, first, second):
    """The definition, by scipy: Weibull (scale, shape) or lognormal (mu, sigma), (grid, 1) each."""
    low, high = lifetimes.lower, lifetimes.upper
    with np.errstate(all="ignore"):
        if law == "weibull":
            first, second = np.log(first), 1.0 / second
            density, living, dead = gumbel_l.logpdf, gumbel_l.sf, gumbel_l.cdf
        else:
            density, living, dead = norm.logpdf, norm.sf, norm.cdf
        a, b = ((np.log(end) - first) / second for end in (low, high))
        early = dead(b) < 0.5  # differences of the smaller ones keep their digits
        share = np.where(early, dead(b) - dead(a), living(a) - living(b))
        told = np.where(low == high, density(a) - np.log(second) - np.log(low), np.log(share))
    return np.nan_to_num(told, nan=-INF, neginf=-INF).sum(axis=-1)


def test_shock_absorbers_have_the_published_weibull_law():
    fit = fit_weibull(shock_absorbers())

    assert fit.scale.value == pytest.approx(27718.72, abs=0.005)
    assert fit.shape.value == pytest.approx(3.160470, abs=5e-7)
    assert fit.log_likelihood == pytest.approx(-123.995361, abs=5e-7)
    assert math.log(fit.scale.value) == pytest.approx(10.2299, abs=5e-5)
    assert 1.0 / fit.shape.value == pytest.approx(0.3164, abs=5e-5)


def test_shock_absorbers_have_the_published_lognormal_law():
    fit = fit_lognormal(shock_absorbers())

    assert fit.mu.value == pytest.approx(10.1448, abs=5e-5)
    assert fit.sigma.value == pytest.approx(0.5301, abs=5e-5)
    assert fit.median.value == pytest.approx(math.exp(10.1448), rel=1e-4)


def test_a_complete_lognormal_sample_has_students_and_chi_squares_intervals():
    """Exact in small samples: mu ± t s/√n, sigma from chi-squared with n - 1, near enough."""
    from scipy.stats import chi2, t

    n = 12
    log_time = np.random.default_rng(4).normal(3.0, 0.7, n)
    fit = fit_lognormal(Lifetimes.exact(np.exp(log_time)))
    s = float(np.std(log_time, ddof=1))
    half = float(t.ppf(0.975, n - 1)) * s / math.sqrt(n)

    assert fit.mu.value == pytest.approx(float(log_time.mean()))
    assert fit.mu.high - fit.mu.value == pytest.approx(half, rel=4e-3)
    assert fit.mu.value - fit.mu.low == pytest.approx(half, rel=4e-3)
    assert fit.sigma.low == pytest.approx(s * math.sqrt((n - 1) / chi2.ppf(0.975, n - 1)), rel=4e-3)
    assert fit.sigma.high == pytest.approx(
        s * math.sqrt((n - 1) / chi2.ppf(0.025, n - 1)), rel=4e-3
    )


def test_quantiles_lie_on_the_fitted_law():
    weibull, lognormal = fit_weibull(shock_absorbers()), fit_lognormal(shock_absorbers())
    for share in (0.001, 0.1, 0.5, 0.9):
        at = weibull.quantile(share)
        law = weibull_min(weibull.shape.value, scale=weibull.scale.value)
        assert at.value == pytest.approx(float(law.ppf(share)))
        assert at.low < at.value < at.high
        expected = math.exp(lognormal.mu.value + lognormal.sigma.value * float(norm.ppf(share)))
        assert lognormal.quantile(share).value == pytest.approx(expected)


@pytest.mark.parametrize("kind", ["right", "interval", "mixed"])
@pytest.mark.parametrize("seed", range(5))
@pytest.mark.filterwarnings("ignore")  # the other library's own
def test_agrees_with_surpyval_on_random_censored_sets(kind, seed):
    import surpyval

    random = np.random.default_rng([seed, 1])
    time = 50.0 * random.weibull(1.0 + seed / 2.0, 40)
    if kind == "right":
        lifetimes = ended(time, random.uniform(10.0, 100.0, 40))
    elif kind == "interval":
        lifetimes = looked_at(time, np.geomspace(5.0, 80.0, 7))
    else:
        looked = looked_at(time, np.geomspace(5.0, 80.0, 7))
        seen = random.random(40) < 0.3
        lifetimes = Lifetimes(
            np.where(seen, time, looked.lower), np.where(seen, time, looked.upper)
        )
    ends = {
        "xl": np.where(lifetimes.lower > 0.0, lifetimes.lower, -INF),
        "xr": lifetimes.upper,
    }
    weibull, lognormal = fit_weibull(lifetimes), fit_lognormal(lifetimes)
    other = surpyval.Weibull.fit(**ends)
    assert weibull.scale.value == pytest.approx(other.params[0], rel=1e-4)
    assert weibull.shape.value == pytest.approx(other.params[1], rel=1e-4)
    assert weibull.log_likelihood == pytest.approx(-other.neg_ll(), abs=1e-6)
    other = surpyval.LogNormal.fit(**ends)
    assert lognormal.mu.value == pytest.approx(other.params[0], rel=1e-4)
    assert lognormal.sigma.value == pytest.approx(other.params[1], rel=1e-4)


times = st.floats(1e-6, 1e6)
units = st.one_of(
    times.map(lambda t: (t, t)),
    times.map(lambda t: (t, INF)),
    times.map(lambda t: (0.0, t)),
    st.tuples(times, st.floats(1.01, 100.0)).map(lambda at: (at[0], at[0] * at[1])),
)
sets = st.lists(units, min_size=1, max_size=12)


@settings(max_examples=40, deadline=None)
@given(sets)
def test_no_grid_finds_a_better_likelihood_than_the_fit_or_the_fit_says_that_there_is_no_best(rows):
    lifetimes = Lifetimes(*np.array(rows, dtype=float).T)
    none_best = lifetimes.lower.max() <= lifetimes.upper.min()
    dead, living = lifetimes.lower == 0.0, lifetimes.upper == INF
    if not none_best and (dead | living).all():
        late = np.log(lifetimes.upper[dead]).mean() - np.log(lifetimes.lower[living]).mean()
        if abs(late) < 1e-9:
            return
        none_best = late < 0.0
    for law, fit_law in (("weibull", fit_weibull), ("lognormal", fit_lognormal)):
        if none_best:
            with pytest.raises(RangeError):
                fit_law(lifetimes)
            continue
        fit = fit_law(lifetimes)
        found = (
            (fit.scale.value, fit.shape.value)
            if law == "weibull"
            else (fit.mu.value, fit.sigma.value)
        )
        best = fit.log_likelihood
        if best > -200.0 and 0.1 < found[1] < 10.0:
            assert log_likelihood(lifetimes, law, *found) == pytest.approx(best, rel=1e-6, abs=1e-6)
        ends = np.concatenate([lifetimes.lower, lifetimes.upper])
        ends = np.log(ends[(ends > 0.0) & np.isfinite(ends)])
        location = np.linspace(ends.min() - 2.0, ends.max() + 2.0, 15)[:, None, None]
        scale = np.geomspace(0.05, 20.0, 15)[:, None]
        points = (np.exp(location), 1.0 / scale) if law == "weibull" else (location, scale)
        assert log_likelihood(lifetimes, law, *points).max() <= best + 1e-6 * (1.0 + abs(best))


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32), st.floats(-290.0, 280.0), st.sampled_from(["weibull", "lognormal"]))
def test_another_unit_of_time_changes_the_scale_and_nothing_else(seed, decades, law):
    random = np.random.default_rng(seed)
    time = drawn(law, random, 15, 0.6)
    unit = 10.0**decades
    limits = np.quantile(time, [0.3, 0.5, 0.8])
    here, there = looked_at(time, limits), looked_at(time * unit, limits * unit)

    if here.lower.max() <= here.upper.min():
        return
    first, second = fit_weibull(here), fit_weibull(there)
    assert second.shape.value == pytest.approx(first.shape.value, rel=1e-6)
    assert second.scale.value / unit == pytest.approx(first.scale.value, rel=1e-6)
    assert second.shape.low == pytest.approx(first.shape.low, rel=1e-4)
    assert second.scale.high / unit == pytest.approx(first.scale.high, rel=1e-4)


def test_very_narrow_intervals_are_as_good_as_moments():
    time = np.random.default_rng(5).weibull(2.0, 30) * 1e7
    moments = fit_weibull(Lifetimes.exact(time))
    for width in (1e-9, 1e-5, 1e-4):
        narrow = fit_weibull(Lifetimes(time * (1.0 - width / 2), time * (1.0 + width / 2)))
        assert narrow.shape.value == pytest.approx(moments.shape.value, rel=1e-6)
        assert narrow.shape.high == pytest.approx(moments.shape.high, rel=1e-3)
        expected = moments.log_likelihood + float(np.log(time * width).sum())
        assert narrow.log_likelihood == pytest.approx(expected, abs=1e-4)


def test_times_that_differ_in_the_ninth_digit_keep_their_spread():
    log_time = 20.0 + 1e-9 * np.random.default_rng(6).standard_normal(40)
    fit = fit_lognormal(Lifetimes.exact(np.exp(log_time)))
    assert fit.sigma.value == pytest.approx(float(np.std(log_time)), rel=1e-3)


def test_many_units_with_few_looks_take_no_longer_than_their_kinds():
    time = np.random.default_rng(7).weibull(1.5, 200_000)
    fit = fit_weibull(looked_at(time, np.geomspace(0.05, 2.0, 8)))
    assert fit.shape.low < 1.5 < fit.shape.high
    assert fit.shape.high - fit.shape.low < 0.02


def test_one_failure_among_many_leaves_ends_open_rather_than_invented():
    fit = fit_weibull(Lifetimes.exact([5.0, *[10.0] * 9], [True, *[False] * 9]))
    assert fit.scale.value > 10.0
    assert fit.scale.high > 1e3
    assert fit.shape.low < 0.5


@pytest.mark.parametrize(
    ("lower", "upper", "word"),
    [
        ([3.0, 4.0], [INF, INF], "none of 2 units failed"),
        ([3.0], [3.0], "in common"),
        ([3.0, 3.0, 3.0], [3.0, 3.0, 3.0], "in common"),
        ([1.0, 1.0], [2.0, 2.0], "in common"),
        ([0.0, 0.0], [2.0, 5.0], "in common"),
        ([1.0, 2.0], [2.0, 3.0], "in common"),
    ],
)
def test_lifetimes_that_fix_no_law_are_refused(lower, upper, word):
    for fit in (fit_weibull, fit_lognormal):
        with pytest.raises(RangeError, match=word):
            fit(Lifetimes(np.array(lower), np.array(upper)))


@pytest.mark.parametrize(
    ("lower", "upper"),
    [
        ([], []),
        ([1.0], [1.0, 2.0]),
        ([2.0], [1.0]),
        ([-1.0], [1.0]),
        ([0.0], [0.0]),
        ([0.0], [INF]),
        ([math.nan], [1.0]),
        ([1.0], [math.nan]),
        ([INF], [INF]),
    ],
)
def test_what_is_no_lifetime_is_refused(lower, upper):
    with pytest.raises(RangeError):
        Lifetimes(np.array(lower), np.array(upper))


@pytest.mark.parametrize("share", [0.0, 1.0, -0.1, math.nan])
def test_a_quantile_outside_of_0_and_1_is_refused(share):
    with pytest.raises(RangeError, match="share"):
        fit_weibull(shock_absorbers()).quantile(share)


@pytest.mark.parametrize("law", ["weibull", "lognormal"])
def test_the_law_that_made_the_lifetimes_is_the_likelier_one(law):
    time = drawn(law, np.random.default_rng(8), 400, 0.5)
    compared = compare_laws(Lifetimes.exact(time))
    assert compared.better == law
    assert compared.log_ratio == pytest.approx(
        compared.weibull.log_likelihood - compared.lognormal.log_likelihood
    )


def test_the_shock_absorbers_do_not_tell_the_laws_apart():
    assert compare_laws(shock_absorbers()).better == "neither"
