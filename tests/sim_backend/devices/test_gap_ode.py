"""The SkyWater equations: integrated rightly, and how far the fast filament model is from them.

The bounds of the comparison are not what the two should agree to: they pin what was measured, so
that a change of either shows.
"""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import brentq

from labcim.errors import RangeError
from labcim.sim_backend.devices.gap_ode import (
    GapConstants,
    conductance_of,
    gap_current,
    gap_growth,
    integrate_gap,
    length_of,
    limited_voltage,
)

K = 8.617333262e-5
DEEP, ON = 3.31e-9, length_of(71.5e-6)  # m: nearly the shortest filament; 71.5 uS
COLD = GapConstants(heat_capacity=1.0)  # so large that nothing warms


def time_to(volts, start, goal, kelvin=300.0):
    """Return how long in s it takes from a length to a conductance in S."""
    return integrate_gap(start, volts, 1e3, until=length_of(goal), kelvin=kelvin).time[-1]


def set_voltage(width=1e-6, kelvin=300.0, goal=60e-6):
    """Return V that bring the deepest state to ``goal`` S in ``width`` s."""
    return brentq(lambda v: np.log(time_to(v, DEEP, goal, kelvin) / width), 1.2, 2.6, xtol=1e-4)


def reset_voltage(width=1e-6, kelvin=300.0):
    """Return V that take 71.5 uS to half of it in ``width`` s."""
    return brentq(lambda v: np.log(time_to(-v, ON, 36e-6, kelvin) / width), 0.8, 2.0, xtol=1e-4)


@pytest.fixture
def fast_voltage(cell_array, quiet, even):
    """Return V at which the fast model, without a transistor, gets from one S to another."""
    cells = cell_array("sky130-reram", size=1, gated=False, **quiet, **even)

    def miss(volts, width, start, goal):
        cells.cells["conductance"], cells.cells["direction"] = start, 0
        cells.pulse(volts if goal > start else -volts, 0.0, width=width)
        return (cells.true()[0] - goal) * 1e6

    return lambda width, start, goal: brentq(miss, 1.0, 3.0, args=(width, start, goal))


# -- the integration -----------------------------------------------------------------------------


@pytest.mark.parametrize(("volts", "start", "end"), [(2.0, DEEP, 4.5e-9), (-1.4, 4.8e-9, 4.0e-9)])
def test_without_heat_the_time_is_the_integral_over_the_length(volts, start, end):
    """dt = dd / rate(d): quadrature instead of an integration in time."""
    run = integrate_gap(start, volts, 1e3, until=end, c=COLD)
    expected, _ = quad(
        lambda d: 1e-9 / float(gap_growth(d * 1e-9, volts, 300.0)), start * 1e9, end * 1e9
    )

    assert run.time[-1] == pytest.approx(expected, rel=1e-4)


def test_a_filament_settles_at_the_temperature_at_which_it_loses_what_it_gets():
    """T - T0 = V I tau / C at a voltage that moves nothing; half way there after tau ln 2."""
    volts, length = 0.3, 4.7e-9
    power = volts * float(gap_current(length, volts))
    warmed = power * 0.23e-9 / 3.18e-16
    run = integrate_gap(length, volts, 0.23e-9 * np.log(2.0))
    settled = integrate_gap(length, volts, 1e-8)

    assert run.temperature[-1] - 300.0 == pytest.approx(0.5 * warmed, rel=1e-3)
    assert settled.temperature[-1] - 300.0 == pytest.approx(warmed, rel=1e-3)


def test_a_rate_is_that_of_the_printed_equation():
    """By hand at d = 4 nm, 1 V, 300 K: gap 1 nm, enhancement 16.5 - 1.25 = 15.25."""
    field = 15.25 * 0.25 / 5.0
    rate = 150.0 * (np.exp((field - 1.501) / (K * 300)) - np.exp((-field - 1.5) / (K * 300)))

    assert float(gap_growth(4e-9, 1.0, 300.0)) == pytest.approx(rate, rel=1e-9)


def test_a_limited_supply_gives_its_limit_and_no_more():
    length = 4.9e-9
    held = limited_voltage(length, 2.0, 50e-6)

    assert float(gap_current(length, held)) == pytest.approx(50e-6, rel=1e-9)
    assert limited_voltage(length, -2.0, 50e-6) == -held
    assert limited_voltage(3.3e-9, 0.2, 50e-6) == 0.2


def test_lengths_and_conductances_answer_each_other():
    for conductance in (0.31e-6, 5e-6, 100e-6):
        found = float(conductance_of(length_of(conductance)))
        assert found == pytest.approx(conductance, rel=1e-12)


@pytest.mark.parametrize(
    ("length", "duration", "limit"),
    [
        (3e-9, 1e-6, 1.0),
        (5e-9, 1e-6, 1.0),
        (4e-9, 0.0, 1.0),
        (4e-9, float("nan"), 1.0),
        (4e-9, 1.0, 0.0),
    ],
)
def test_what_has_no_answer_is_refused(length, duration, limit):
    with pytest.raises(RangeError):
        integrate_gap(length, 1.0, duration, limit=limit)


# -- the fast model beside it --------------------------------------------------------------------


def test_the_current_of_the_fast_model_is_the_oracles_up_to_half_a_volt(cell_array, quiet):
    silent = {"white_floor": 0.0, "white_slope": 0.0, "trap_fraction": 0.0}
    cells = cell_array("sky130-reram", size=1, gated=False, **quiet, **silent)
    cells.cells["conductance"] = 20e-6
    for volts in (0.05, 0.1, 0.3, 0.5):
        expected = float(gap_current(length_of(20e-6), volts))
        assert cells.read(volts)[0] == pytest.approx(expected, rel=2e-4)
    # Beyond, the fast model goes on with the conductance that it has at 0.5 V.
    assert cells.read(1.0)[0] / float(gap_current(length_of(20e-6), 1.0)) == pytest.approx(
        0.57, abs=0.01
    )


def test_the_oracle_takes_107_millivolts_a_decade_for_set_and_72_for_reset_not_80():
    set_volts, reset_volts = np.arange(1.7, 2.31, 0.2), np.arange(1.0, 1.51, 0.1)
    set_times = [time_to(v, DEEP, 60e-6) for v in set_volts]
    reset_times = [time_to(-v, ON, 36e-6) for v in reset_volts]
    set_slope = -1.0 / np.polyfit(set_volts, np.log10(set_times), 1)[0]
    reset_slope = -1.0 / np.polyfit(reset_volts, np.log10(reset_times), 1)[0]

    assert 0.080 / set_slope - 1.0 == pytest.approx(-0.25, abs=0.02)
    assert 0.080 / reset_slope - 1.0 == pytest.approx(0.10, abs=0.02)


def test_the_set_threshold_of_the_fast_model_at_1_us_is_0_12_volts_below_the_oracles(fast_voltage):
    """From the deepest state to 60 uS: 1.95 V against 2.06 V."""
    assert fast_voltage(1e-6, 0.31e-6, 60e-6) - set_voltage() == pytest.approx(-0.12, abs=0.01)


def test_a_set_of_the_oracle_is_abrupt_and_that_of_the_fast_model_a_line(fast_voltage):
    """To 10 uS and to 60 uS: the same voltage there, 0.34 V apart here."""
    assert set_voltage(goal=60e-6) - set_voltage(goal=10e-6) < 1e-3
    apart = fast_voltage(1e-6, 0.31e-6, 60e-6) - fast_voltage(1e-6, 0.31e-6, 10e-6)

    assert apart == pytest.approx(0.34, abs=0.01)


def test_the_reset_threshold_of_the_fast_model_at_1_us_is_0_47_volts_above_the_oracles(
    fast_voltage,
):
    """From 71.5 uS to half: 1.67 V against 1.20 V, at which the oracle's filament is at 508 K."""
    assert fast_voltage(1e-6, 71.5e-6, 36e-6) - reset_voltage() == pytest.approx(0.47, abs=0.01)


def test_thresholds_of_the_oracle_fall_by_2_2_and_0_9_millivolts_a_kelvin_not_by_1():
    by_kelvin = (set_voltage(kelvin=350.0) - set_voltage()) / 50.0
    reset_by_kelvin = (reset_voltage(kelvin=350.0) - reset_voltage()) / 50.0

    assert by_kelvin == pytest.approx(-2.2e-3, abs=0.1e-3)
    assert reset_by_kelvin == pytest.approx(-0.93e-3, abs=0.1e-3)
