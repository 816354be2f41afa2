"""95 % intervals cover the truth in 95 % of repetitions, also of small and censored samples.

370 to 390 of 400 is asked for by the criteria (physics, correction 11). The slow tests ask more of
more repetitions; docs/lifetimes.md has their table.
"""

import numpy as np
import pytest
from lifetime_samples import baked, drawn, ended

from labcim.analysis.life import Lifetimes, fit_arrhenius, fit_lognormal, fit_weibull, looked_at
from labcim.errors import RangeError


def observed(law, random, count, shape, kind):
    """Return lifetimes with scale 1.

    kind: whole, ended, failures, dropped or looks, with the share that is left at the end.
    """
    name, *more = kind.split()
    left = float(more[0]) if more else 0.0
    time = drawn(law, random, count, 1.0 / shape)
    far = np.sort(drawn(law, np.random.default_rng(0), 100_001, 1.0 / shape))
    end = far[int((1.0 - left) * 100_000)]
    if name == "whole":
        return Lifetimes.exact(time)
    if name == "ended":
        return ended(time, end)
    if name == "failures":  # the test ends with the last of so many
        return ended(time, np.sort(time)[round((1.0 - left) * count) - 1])
    if name == "dropped":
        return ended(time, random.uniform(0.0, 2.0, count))
    return looked_at(time, np.geomspace(far[5_000], far[95_000] if left == 0.0 else end, 6))


def covered(law, count, kind, *, repetitions, seed, shape=1.7):
    """Return in how many repetitions the intervals of location and spread hold the truth."""
    hits = np.zeros(2, dtype=int)
    for repetition in range(repetitions):
        random = np.random.default_rng([seed, repetition])
        lifetimes = observed(law, random, count, shape, kind)
        try:
            fit = fit_weibull(lifetimes) if law == "weibull" else fit_lognormal(lifetimes)
        except RangeError:  # too few failures to fix a law: counts as a miss
            continue
        if law == "weibull":
            found, truth = (fit.scale, fit.shape), (1.0, shape)
        else:
            found, truth = (fit.mu, fit.sigma), (0.0, 1.0 / shape)
        hits += [one.low <= at <= one.high for one, at in zip(found, truth, strict=True)]
    return hits


def energies_covered(count, *, end, looks, law="lognormal", repetitions, seed):
    """Return in how many repetitions the interval of E_a holds the truth."""
    hits = 0
    for repetition in range(repetitions):
        times = baked(np.random.default_rng([seed, repetition]), count, law=law)
        schedule = np.geomspace(end / 3000.0, end, looks) if looks else None
        groups = {
            kelvin: ended(time, end) if schedule is None else looked_at(time, schedule)
            for kelvin, time in times.items()
        }
        energy = fit_arrhenius(groups, law=law).activation_energy
        hits += energy.low <= 1.2 <= energy.high
    return hits


def test_weibull_shape_and_scale_are_covered_in_370_to_390_of_400_repetitions():
    hits = covered("weibull", 30, "ended 0.4", repetitions=400, seed=1)
    assert (hits >= 370).all()
    assert (hits <= 390).all()


@pytest.mark.parametrize("law", ["weibull", "lognormal"])
def test_a_test_that_ends_with_its_fifth_failure_is_covered_in_370_to_390(law):
    """Its end depends on the lives: taken as one that was set, it hits 336 to 363 times."""
    hits = covered(law, 25, "failures 0.8", repetitions=400, seed=5)
    assert (hits >= 370).all()
    assert (hits <= 390).all()


def test_the_activation_energy_is_covered_in_370_to_390_of_400_repetitions():
    """Twenty cells at each temperature, looked at on a schedule; half of the coolest survive."""
    assert 370 <= energies_covered(20, end=4e5, looks=20, repetitions=400, seed=2) <= 390


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    "kind", ["whole", "ended 0.3", "ended 0.6", "dropped", "looks", "looks 0.4"]
)
@pytest.mark.parametrize("count", [20, 100])
@pytest.mark.parametrize("law", ["weibull", "lognormal"])
def test_location_and_spread_are_covered_in_95_percent(law, count, kind):
    """3.3 standard errors of 1,000 repetitions, and half a per cent more for 20 units."""
    share = covered(law, count, kind, repetitions=1000, seed=3) / 1000
    assert share == pytest.approx(0.95, abs=0.023 if count > 20 else 0.028)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("law", ["weibull", "lognormal"])
@pytest.mark.parametrize(
    ("count", "end", "looks"), [(10, 1e9, 0), (20, 2e5, 0), (30, 4e6, 30), (50, 2e5, 20)]
)
def test_the_activation_energy_is_covered_in_95_percent(law, count, end, looks):
    hits = energies_covered(count, end=end, looks=looks, law=law, repetitions=1000, seed=4)
    assert hits / 1000 == pytest.approx(0.95, abs=0.023)
