"""The transimpedance amplifier: noise in closed form, ranges, saturation, the virtual ground."""

from itertools import pairwise

import numpy as np
import pytest
from scipy import integrate, signal

from labcim.errors import RangeError
from labcim.sim_backend.periphery.amplifier import (
    Transimpedance,
    flicker_series,
    flicker_share,
)

BOLTZMANN = 1.380649e-23


def random():
    return np.random.default_rng(5)


def test_white_noise_falls_with_the_root_of_the_integration_time():
    """Averaging over T has the noise bandwidth 1 / (2 T)."""
    amplifier = Transimpedance(gains=(1e6,), noise=1e-12)
    for time in (1e-6, 1e-4):
        seen = amplifier.amplify(np.zeros(40_000), time, random(), 0).voltage / 1e6
        assert seen.std() == pytest.approx(1e-12 / np.sqrt(2 * time), rel=0.02)


def test_a_warm_resistor_makes_its_johnson_noise():
    amplifier = Transimpedance(gains=(1e3, 1e6), temperature=300.0)
    for gain in (1e3, 1e6):
        expected = np.sqrt(4 * BOLTZMANN * 300 / gain / 2e-3)
        assert amplifier.input_noise(gain, 1e-3) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("time", [1e-6, 1e-3, 0.3])
def test_flicker_noise_of_an_average_is_the_integral_over_its_spectrum(time):
    def density(logarithm):
        x = np.pi * np.exp(logarithm) * time
        return (np.sin(x) / x) ** 2

    edges = np.linspace(0.0, np.log(300.0 / time), 400)
    whole = sum(integrate.fixed_quad(density, low, high, n=40)[0] for low, high in pairwise(edges))
    assert flicker_share(time, 1.0) == pytest.approx(whole, rel=2e-4)


def test_flicker_noise_does_not_average_away():
    amplifier = Transimpedance(noise=1e-12, corner=1e6)
    noise = [float(amplifier.input_noise(1e6, time)) for time in (1e-5, 1e-3)]

    assert noise[1] > 0.6 * noise[0]  # white noise would be ten times smaller


def test_a_flicker_series_has_the_slope_and_density_of_one_over_f():
    series = flicker_series(16, 1 << 15, 1e-3, 4e-6, 1e3, random())
    frequency, density = signal.welch(series, fs=1e3, nperseg=1 << 12, axis=1)
    chosen = (frequency > 1.0) & (frequency < 100.0)
    slope, level = np.polyfit(np.log(frequency[chosen]), np.log(density[:, chosen].mean(axis=0)), 1)

    assert slope == pytest.approx(-1.0, abs=0.1)
    assert np.exp(level) == pytest.approx(4e-6, rel=0.15)


def test_a_current_beyond_the_swing_is_clipped_and_flagged():
    amplifier = Transimpedance(gains=(1e3,), swing=1.0)
    seen = amplifier.amplify([0.5e-3, 1.5e-3, -2e-3], 1e-6, random(), 0)

    np.testing.assert_array_equal(seen.voltage, [0.5, 1.0, -1.0])
    np.testing.assert_array_equal(seen.saturated, [False, True, True])


def test_auto_range_takes_the_most_sensitive_range_that_fits_and_costs_two_integrations():
    amplifier = Transimpedance(gains=(1e3, 1e4, 1e5), swing=1.0)
    seen = amplifier.amplify([5e-6, 5e-5, -5e-4, 1e-2], 1e-6, random())

    np.testing.assert_array_equal(seen.range, [2, 1, 0, 0])
    np.testing.assert_array_equal(seen.saturated, [False, False, False, True])
    np.testing.assert_allclose(seen.current(amplifier)[:3], [5e-6, 5e-5, -5e-4])
    assert seen.time == pytest.approx(2e-6)


def test_a_finite_open_loop_gain_lets_the_virtual_ground_give_way():
    amplifier = Transimpedance(gains=(1e4,), offset=1e-3, open_loop=1e3)

    assert amplifier.input_voltage(1e-5, 0) == pytest.approx(1e-3 + 1e-5 * 10.0)
    assert Transimpedance(offset=1e-3).input_voltage(1.0, 0) == pytest.approx(1e-3)


def test_settling_to_half_an_lsb_takes_the_logarithm_of_the_steps():
    """exp(-t / tau) = 2^-(bits + 1) with tau = 1 / (2 pi f)."""
    time = Transimpedance(bandwidth=1e6).settling_time(9)

    assert np.exp(-time * 2 * np.pi * 1e6) == pytest.approx(2.0**-10)


@pytest.mark.parametrize(
    "asked", [{"gains": ()}, {"gains": (1e4, 1e3)}, {"swing": 0.0}, {"noise": -1.0}]
)
def test_impossible_amplifiers_are_refused(asked):
    with pytest.raises(RangeError, match="accepts"):
        Transimpedance(**asked)


def test_a_range_that_is_not_there_is_refused():
    with pytest.raises(RangeError, match="0 to 3"):
        Transimpedance().amplify([1e-6], 1e-6, random(), 4)
    with pytest.raises(RangeError, match="nan"):
        Transimpedance().amplify([np.nan], 1e-6, random())
    with pytest.raises(RangeError, match="slowest"):
        flicker_series(1, 10, 1.0, 1.0, 1.0, random())
