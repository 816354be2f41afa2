"""Spectra, blocks and drift against series of known make."""

import numpy as np
import pytest

from labcim.analysis.noise import (
    band_density,
    block_spread,
    noise_levels,
    power_spectrum,
    relative_drift,
    spectrum_slope,
)
from labcim.errors import RangeError


def test_white_noise_has_its_variance_in_the_band_and_no_slope():
    values = np.random.default_rng(1).normal(0.0, 3.0, 100_000)
    frequency, density = power_spectrum(values, 0.01, 1024)

    assert band_density(frequency, density, 1.0, 49.0) == pytest.approx(9.0 / 50.0, rel=0.02)
    assert spectrum_slope(frequency, density, 0.2, 40.0) == pytest.approx(0.0, abs=0.03)


@pytest.mark.parametrize("exponent", [1.0, 1.5])
def test_noise_shaped_in_the_frequency_domain_has_its_slope(exponent):
    random = np.random.default_rng(2)
    bins = np.fft.rfftfreq(2**16, 0.05)
    bins[0] = bins[1]
    tones = (random.standard_normal(bins.size) + 1j * random.standard_normal(bins.size)) * bins ** (
        -exponent / 2
    )
    frequency, density = power_spectrum(np.fft.irfft(tones), 0.05, 2048)

    assert spectrum_slope(frequency, density, 0.05, 5.0) == pytest.approx(-exponent, abs=0.06)


def test_blocks_do_not_see_a_slow_drift():
    random = np.random.default_rng(3)
    drift = np.linspace(0.0, 50.0, 10_000)
    values = random.normal(0.0, 2.0, 10_000) + drift

    assert block_spread(values, 100) == pytest.approx(2.0, rel=0.03)
    assert values.std() > 10.0


def test_drift_is_the_change_from_end_to_end():
    time = np.linspace(0.0, 467.0, 500)
    assert relative_drift(time, 1.0 - 0.02 * (time / 467.0 - 0.5)) == pytest.approx(-0.02)


def test_levels_of_flicker_and_white_noise_are_found_beside_a_picked_up_line():
    """Gamma-distributed densities of mean A/f + W, as ten averaged segments have; line at 4 Hz."""
    random = np.random.default_rng(5)
    frequency = np.arange(1, 513) * 0.02
    law = 6e-6 / frequency + 1.2e-5
    found = []
    for _ in range(50):
        density = law * random.gamma(10.0, 0.1, law.size)
        density[(frequency > 3.8) & (frequency < 4.2)] *= 20.0
        found.append(noise_levels(frequency, density, without=(3.7, 4.3)))

    assert np.mean([one.flicker for one in found]) == pytest.approx(6e-6, rel=0.04)
    assert np.mean([one.white for one in found]) == pytest.approx(1.2e-5, rel=0.02)


@pytest.mark.parametrize(
    "ask",
    [
        lambda: power_spectrum(np.ones(5), 1.0, 8),
        lambda: power_spectrum(np.ones(50), 0.0, 8),
        lambda: spectrum_slope(np.array([1.0, 2.0]), np.array([1.0, 1.0]), 0.5, 3.0),
        lambda: block_spread(np.ones(10), 1),
        lambda: noise_levels(np.array([0.0, 1.0, 2.0, 3.0]), np.ones(4)),
        lambda: block_spread(np.ones(10), 11),
        lambda: relative_drift(np.ones(1), np.ones(1)),
    ],
)
def test_too_little_is_refused(ask):
    with pytest.raises(RangeError):
        ask()
