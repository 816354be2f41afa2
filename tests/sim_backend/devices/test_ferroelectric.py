"""Ferroelectric cells (D17): minor loops close, Merz's law, and domains that keep."""

import numpy as np
import pytest
from scipy import stats

FE = "fefet-hfo2"
EVEN = {"cell_spread": 0.0, "window_spread": 0.0, "gate_threshold_spread": 0.0}


def drive(cells, volts, width=1e-6):
    """Pulse with ``volts`` of either sign; return the true conductances."""
    cells.pulse(volts, 5.5, width=width)
    return cells.true().copy()


def test_d17_minor_loops_close(cell_array):
    """Whatever happens between two turning points, coming back to them gives the same state."""
    cells = cell_array(FE, size=200)
    random = np.random.default_rng(1)
    for _ in range(20):
        drive(cells, -3.5)
        top, bottom = random.uniform(1.7, 2.4), -random.uniform(1.5, 2.2)
        at_top = drive(cells, top)
        at_bottom = drive(cells, bottom)
        for share in random.uniform(0.5, 0.99, 5):  # loops within the loop
            drive(cells, share * top)
            drive(cells, share * bottom)
        again = drive(cells, bottom)
        back = drive(cells, top)

        assert np.abs(again - at_bottom).max() < 0.01 * 19.5e-6
        assert np.abs(back - at_top).max() < 0.01 * 19.5e-6


def test_a_larger_excursion_wipes_out_what_smaller_ones_left(cell_array):
    cells, fresh = (cell_array(FE, size=50) for _ in range(2))
    for volts in (2.0, -1.8, 1.9):
        drive(cells, volts)

    assert (drive(cells, -3.5) == drive(fresh, -3.5)).all()


@pytest.mark.parametrize("width", [1e-7, 1e-6, 1e-3])
def test_half_of_the_domains_turn_at_the_voltage_of_merz(cell_array, width):
    """ln t = ln t0 + (A/V)^2 with A = 1.8 V sqrt(ln(1 us / 0.1 ns))."""
    coercive = 1.8 * np.sqrt(np.log(1e-6 / 1e-10) / np.log(width / 1e-10))
    cells = cell_array(FE, size=1, **EVEN)
    up = []
    levels = coercive * np.linspace(0.7, 1.3, 121)
    for volts in levels:
        drive(cells, -4.5)
        up.append((drive(cells, volts, width)[0] - 0.5e-6) / 19.5e-6)

    assert np.interp(0.5, up, levels) == pytest.approx(coercive, rel=0.02)
    # c + b is normal with the root of the sum of both squares: 0.29 V at 1 us.
    law = stats.norm.cdf((levels - coercive) * 1.8 / coercive, scale=np.hypot(0.25, 0.15))
    assert np.abs(np.array(up) - law).max() < 0.08


def test_there_are_65_states_at_most_and_many_of_them_are_reached(cell_array):
    cells = cell_array(FE, size=1, **EVEN)
    found = set()
    for volts in np.linspace(1.0, 2.8, 400):
        drive(cells, -4.5)
        found.add(round(64 * (drive(cells, volts)[0] - 0.5e-6) / 19.5e-6))

    assert found <= set(range(65)) and len(found) > 40


def test_up_raises_down_lowers_and_nothing_fades(cell_array):
    cells = cell_array(FE, size=300)
    low = drive(cells, -3.5)
    middle = drive(cells, 1.8)
    high = drive(cells, 3.5)
    assert (low <= middle).all() and (middle <= high).all() and (low < high).all()
    cells.time = 3e8
    assert (cells.true() == high).all()


def test_warm_domains_turn_at_less_voltage(cell_array):
    warm = cell_array(FE, size=1, temperature=360.0, **EVEN)
    cold = cell_array(FE, size=1, **EVEN)

    assert drive(warm, 1.8 / 1.2)[0] == drive(cold, 1.8)[0]
