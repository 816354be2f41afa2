"""Shapes of pulses against those that they were made with."""

import math

import numpy as np
import pytest

from labcim.analysis.pulse_shape import pulse_shape

LEVEL = 0.008


def trapezoid(times, width, rise, fall, height, base=0.0):
    corners = [-0.5 * rise, 0.5 * rise, width - 0.5 * fall, width + 0.5 * fall]
    return base + np.interp(times, corners, [0.0, height, height, 0.0])


@pytest.fixture
def times():
    return np.linspace(-1e-6, 3e-6, 2500)


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_a_trapezoid_is_what_it_was_made_of(times, sign):
    volts = trapezoid(times, 1e-6, 100e-9, 200e-9, sign * 0.8, base=0.1)
    found = pulse_shape(times, volts, LEVEL, 1e-6, sign)
    assert found.base == pytest.approx(0.1)
    assert found.amplitude == pytest.approx(sign * 0.8)
    assert found.rise == pytest.approx(80e-9, rel=0.01)
    assert found.fall == pytest.approx(160e-9, rel=0.01)
    assert found.width == pytest.approx(1e-6, rel=1e-3)
    assert (found.overshoot, found.undershoot) == pytest.approx((0.0, 0.0), abs=1e-9)


def test_noise_of_the_converter_does_not_move_the_amplitude(times):
    noise = 0.4 * LEVEL * np.random.default_rng(1).standard_normal(len(times))
    volts = LEVEL * np.rint((trapezoid(times, 1e-6, 20e-9, 20e-9, 0.8) + noise) / LEVEL)
    found = pulse_shape(times, volts, LEVEL, 1e-6)
    assert found.amplitude == pytest.approx(0.8, abs=LEVEL)
    assert found.width == pytest.approx(1e-6, rel=0.01)


def test_overshoot_and_undershoot_are_shares_of_the_amplitude(times):
    volts = trapezoid(times, 1e-6, 20e-9, 20e-9, 0.8)
    volts[(times > 0.02e-6) & (times < 0.1e-6)] += 0.16
    volts[(times > 1.05e-6) & (times < 1.1e-6)] -= 0.08
    found = pulse_shape(times, volts, LEVEL, 1e-6)
    assert found.overshoot == pytest.approx(0.2)
    assert found.undershoot == pytest.approx(0.1)


def test_an_exponential_edge_takes_2_2_time_constants(times):
    tau = 50e-9
    volts = np.where(times > 0.0, -np.expm1(-np.maximum(times, 0.0) / tau), 0.0)
    volts = np.where(times > 1e-6, np.exp(-np.maximum(times - 1e-6, 0.0) / tau), volts)
    assert pulse_shape(times, volts, LEVEL, 1e-6).rise == pytest.approx(
        math.log(9.0) * tau, rel=0.02
    )


def test_a_rounded_pulse_is_as_high_as_it_became(times):
    tau = 1e-6
    volts = np.where(times > 0.0, -np.expm1(-np.maximum(times, 0.0) / tau), 0.0)
    volts = np.where(times > 1e-6, -math.expm1(-1.0) * np.exp(-(times - 1e-6) / tau), volts)
    assert 0.4 < pulse_shape(times, volts, LEVEL, 1e-6).amplitude < 0.65


@pytest.mark.parametrize(
    "volts", [np.zeros(2500), np.full(2500, 0.8), np.linspace(0.0, 1.0, 2500)],
    ids=["nothing", "a level", "a ramp"],
)  # fmt: skip
def test_what_is_no_pulse_has_no_shape(times, volts):
    assert not pulse_shape(times, volts, LEVEL, 1e-6).is_known


def test_one_spike_is_no_pulse(times):
    volts = np.zeros(2500)
    volts[1000] = 0.8
    assert not pulse_shape(times, volts, LEVEL, 1e-6).is_known
