"""Lifetimes at several temperatures."""

import math

import numpy as np
import pytest
from lifetime_samples import baked, ended

from labcim.analysis.life import BOLTZMANN, Lifetimes, fit_arrhenius, fit_lognormal, looked_at
from labcim.errors import RangeError

DAY = 86_400.0


def test_a_complete_lognormal_set_is_a_linear_regression_with_students_interval():
    """Without censoring, least squares is the likelihood's answer, and t its exact interval."""
    from scipy.stats import t as student

    times = baked(np.random.default_rng(1), 10)
    x = np.repeat([1.0 / (BOLTZMANN * kelvin) for kelvin in times], 10)
    y = np.log(np.concatenate(list(times.values())))
    (slope, _), (variance, *_) = np.polyfit(x, y, 1, cov=True)
    half = float(student.ppf(0.975, len(x) - 2)) * math.sqrt(float(variance[0]))

    energy = fit_arrhenius({k: Lifetimes.exact(v) for k, v in times.items()}).activation_energy
    assert energy.value == pytest.approx(float(slope), rel=1e-8)
    assert energy.high - energy.value == pytest.approx(half, rel=2e-3)
    assert energy.value - energy.low == pytest.approx(half, rel=2e-3)


def test_r5_finds_the_hidden_energy_of_censored_bakes_and_the_life_at_use():
    missed = 0
    for seed in range(40):
        times = baked(np.random.default_rng([seed, 2]), 30)
        groups = {k: ended(v, 10.0 * DAY) for k, v in times.items()}
        fit = fit_arrhenius(groups)
        energy, life = fit.activation_energy, fit.quantile(0.5, 358.15)
        truth = 1e5 * math.exp(1.2 / BOLTZMANN * (1.0 / 358.15 - 1.0 / 423.15))
        missed += not (energy.low < 1.2 < energy.high and life.low < truth < life.high)
    assert missed <= 8


def test_looks_on_a_schedule_are_intervals_and_weibull_has_its_shape():
    times = baked(np.random.default_rng(3), 60, spread=0.5, law="weibull")
    groups = {k: looked_at(v, np.geomspace(1e3, 1e6, 13)) for k, v in times.items()}
    fit = fit_arrhenius(groups, law="weibull")
    assert fit.shape.low < 2.0 < fit.shape.high
    assert fit.activation_energy.low < 1.2 < fit.activation_energy.high
    assert fit.law == "weibull"


def test_a_temperature_without_failures_still_bounds_the_energy():
    times = baked(np.random.default_rng(4), 40, kelvins=(383.15, 423.15, 448.15))
    groups = {k: ended(v, 2.0 * DAY) for k, v in times.items()}
    assert groups[383.15].failures == 0
    fit = fit_arrhenius(groups)
    assert fit.activation_energy.low < 1.2 < fit.activation_energy.high
    assert fit.failures[383.15] == 0


@pytest.mark.parametrize("kelvins", [(423.15,), (398.15, 423.15)])
def test_an_energy_from_fewer_than_three_temperatures_is_refused(kelvins):
    times = baked(np.random.default_rng(5), 30, kelvins=kelvins)
    with pytest.raises(RangeError, match="needs 3 or more"):
        fit_arrhenius({k: Lifetimes.exact(v) for k, v in times.items()})


def test_an_energy_from_failures_at_one_temperature_is_refused():
    times = baked(np.random.default_rng(6), 30)
    groups = {k: ended(v, 2e4) for k, v in times.items()}
    assert [g.failures > 0 for g in groups.values()] == [False, False, True]
    with pytest.raises(RangeError, match="needs them at two"):
        fit_arrhenius(groups)


@pytest.mark.parametrize(
    "ends",
    [
        # All had failed at the first look where it was hottest: any larger energy fits as well.
        {
            400.0: ([5.0, 9.0], [math.inf] * 2),
            420.0: ([1.0, 3.0], [2.0, 4.0]),
            440.0: ([0.0], [1.0]),
        },
        # Three single failures on a line: no spread fits best.
        {
            400.0: ([math.exp(1.0 / (BOLTZMANN * 400.0) - 20.0)],) * 2,
            420.0: ([math.exp(1.0 / (BOLTZMANN * 420.0) - 20.0)],) * 2,
            440.0: ([0.0], [1e9]),
        },
    ],
)
def test_temperatures_that_fix_no_slope_or_no_spread_are_refused(ends):
    groups = {k: Lifetimes(np.array(low), np.array(high)) for k, (low, high) in ends.items()}
    with pytest.raises(RangeError, match="do not fix"):
        fit_arrhenius(groups)


def test_single_failures_off_a_line_fix_a_law():
    groups = {k: Lifetimes.exact([t]) for k, t in ((400.0, 9.0), (420.0, 2.0), (440.0, 1.0))}
    assert fit_arrhenius(groups).activation_energy.value > 0.0


@pytest.mark.parametrize("kelvin", [0.0, -10.0, math.nan, math.inf])
def test_a_temperature_that_is_none_is_refused(kelvin):
    times = baked(np.random.default_rng(7), 5)
    groups = {k: Lifetimes.exact(v) for k, v in times.items()}
    with pytest.raises(RangeError, match="temperature"):
        fit_arrhenius(groups).quantile(0.5, kelvin)
    with pytest.raises(RangeError, match="temperature"):
        fit_arrhenius({**groups, kelvin: Lifetimes.exact([1.0, 2.0])})


def test_an_unknown_law_is_refused():
    times = baked(np.random.default_rng(8), 5)
    with pytest.raises(RangeError, match="lognormal, weibull"):
        fit_arrhenius({k: Lifetimes.exact(v) for k, v in times.items()}, law="normal")


def test_one_likelihood_for_all_is_that_of_each_with_the_common_line():
    """Groups that hold no information on the slope but agree in spread: pooled is the sum."""
    times = np.exp(np.random.default_rng(9).normal(2.0, 0.4, 20))
    groups = {k: Lifetimes.exact(times) for k in (400.0, 420.0, 440.0)}
    fit, single = fit_arrhenius(groups), fit_lognormal(Lifetimes.exact(times))
    assert fit.activation_energy.value == pytest.approx(0.0, abs=1e-9)
    assert fit.log_likelihood == pytest.approx(3.0 * single.log_likelihood)
    assert fit.sigma.value == pytest.approx(single.sigma.value)
