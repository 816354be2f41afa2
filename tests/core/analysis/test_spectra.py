"""Laws of spectra, pickup, and what a noise is made of, against series of known make."""

import numpy as np
import pytest
from telegraph_series import mean_dwells, pink, states

from labcim.analysis.noise import power_spectrum
from labcim.analysis.noise_sources import noise_sources, spread_interval
from labcim.analysis.pickup import alias, remove_pickup
from labcim.analysis.spectra import binned_periodogram, fit_noise
from labcim.errors import RangeError


def test_the_power_under_a_telegraph_spectrum_is_its_variance():
    """Parseval, within 10 %: segments lose what is slower than they are long."""
    values = states(np.random.default_rng(1), 100_000, 0.01, 0.02)
    frequency, density = power_spectrum(values, 1e-3, 2048)
    assert density.sum() * frequency[0] == pytest.approx(values.var(), rel=0.10)
    whole = binned_periodogram(values, 1e-3)
    assert np.sum(whole.density * whole.lines) / 100.0 == pytest.approx(values.var(), rel=1e-3)


def test_a_lorentzian_on_white_noise_has_the_variance_and_corner_of_its_trap():
    random = np.random.default_rng(2)
    values = 2e-6 * states(random, 50_000, 0.01, 0.02) + random.normal(0.0, 1e-6, 50_000)
    law = fit_noise(binned_periodogram(values, 1e-3), lorentzians=1, flicker=False)
    low, high = mean_dwells(0.01, 0.02)
    corner = (1.0 / low + 1.0 / high) / (2.0 * np.pi * 1e-3)
    (part,) = law.lorentzians

    assert part.variance.low < 4e-12 * 2.0 / 9.0 < part.variance.high
    assert part.corner.low < corner < part.corner.high
    assert law.white.value == pytest.approx(2e-12 * 1e-3, rel=0.03)


def test_white_noise_has_its_density_and_nothing_else():
    law = fit_noise(binned_periodogram(np.random.default_rng(3).normal(0, 3e-6, 50_000), 1e-3))
    assert law.white.low < 2.0 * 9e-12 * 1e-3 < law.white.high


def test_the_likelihood_of_white_noise_is_that_of_independent_normal_values():
    values = np.random.default_rng(4).normal(5.0, 2.0, 20_001)
    law = fit_noise(binned_periodogram(values, 1.0), flicker=False)
    assert law.log_likelihood == pytest.approx(-0.5 * 20_001 * (np.log(2.0 * np.pi) + 1.0), abs=2.0)


def coverage(repeats, seed):
    random, hits = np.random.default_rng(seed), 0
    for _ in range(repeats):
        values = pink(random, 4096) + random.normal(0.0, 0.05, 4096)
        found = fit_noise(binned_periodogram(values, 1e-3)).exponent
        hits += found.low < 1.0 < found.high
    return hits


def test_the_exponent_of_1_over_f_noise_lies_in_its_interval():
    assert coverage(20, seed=5) >= 16


@pytest.mark.slow
def test_intervals_of_the_exponent_hold_what_they_say():
    assert 370 <= coverage(400, seed=6) <= 390


@pytest.mark.parametrize(
    ("rate", "mains", "seen"),
    [(1000.0, 50.1, 50.1), (21.27, 50.0, 7.46), (47.0, 59.95, 12.95), (1000.0, 119.9, 119.9)],
)
def test_pickup_is_found_where_the_rate_shows_it_and_is_taken_out(rate, mains, seen):
    random = np.random.default_rng(7)
    noise = random.normal(0.0, 1.0, 20_000)
    wave = 0.3 * np.sin(2.0 * np.pi * mains * np.arange(20_000) / rate + 1.0)
    found = remove_pickup(noise + wave, rate)
    (line,) = found.lines

    assert line.frequency == pytest.approx(mains, abs=0.05)
    assert line.seen_at == pytest.approx(seen, abs=0.05)
    assert line.amplitude == pytest.approx(0.3, rel=0.1)
    assert found.values.std() == pytest.approx(noise.std(), rel=0.002)


def test_an_alias_at_zero_cannot_be_told_from_a_drift_and_is_named():
    found = remove_pickup(np.random.default_rng(8).normal(size=2000), 25.0)
    assert set(found.hidden) >= {50.0, 100.0}
    assert alias(50.0, 25.0) == 0.0


def test_noise_alone_is_not_taken_for_pickup():
    random = np.random.default_rng(9)
    series = [random.normal(size=500) for _ in range(300)]
    series += [pink(random, 1000) for _ in range(100)]
    assert sum(len(remove_pickup(values, 400.0).lines) > 0 for values in series) <= 2


@pytest.mark.parametrize("seed", range(5))
def test_1_over_f_noise_is_not_taken_for_traps(seed):
    random = np.random.default_rng(seed)
    found = noise_sources(5.0 + pink(random, 8192) + random.normal(0.0, 0.2, 8192), 1000.0)
    assert found.telegraph is None
    assert found.law.exponent.value == pytest.approx(1.0, abs=0.1)


def test_pickup_goes_before_the_traps_are_looked_for():
    random = np.random.default_rng(10)
    wave = np.sin(2.0 * np.pi * 60.0 * np.arange(20_000) / 1000.0)
    trap = 2.0 * states(random, 20_000, 0.01, 0.02)
    found = noise_sources(20.0 + trap + wave + random.normal(0.0, 0.7, 20_000), 1000.0)
    assert [round(line.frequency) for line in found.cleaned.lines] == [60]
    assert found.telegraph is not None
    (one,) = found.telegraph.traps
    assert one.step.value == pytest.approx(2.0, rel=0.03)


def test_the_interval_of_a_spread_knows_how_little_slow_noise_says():
    random, hits = np.random.default_rng(11), 0
    for _ in range(400):  # an average over 20 values: a twentieth of the degrees of freedom
        smooth = np.convolve(random.normal(size=2020), np.ones(20) / np.sqrt(20.0), "valid")
        found = spread_interval(smooth)
        hits += found.low < 1.0 < found.high
    assert 360 <= hits <= 396


@pytest.mark.parametrize("values", [np.ones(100), np.zeros(4), np.array([1.0, np.nan] * 20)])
def test_series_without_a_spectrum_are_refused(values):
    with pytest.raises(RangeError, match="accepts"):
        binned_periodogram(values, 1.0)
