"""Volatile cells (D18): retention by compliance current, delays, and what warmth does."""

import numpy as np
import pytest
from scipy import stats

AG = "ag-diffusive"


def retention(cell_array, current, **changes):
    """Return the times in s after which cells have lost 63 % of what a pulse gave them."""
    cells = cell_array(AG, size=400, **changes)
    cells.pulse(0.8, 5.0, width=1e-3, limit=current)
    on = cells.true().copy()
    found, times = np.full(cells.size, np.nan), np.logspace(-8, 3, 441)
    for cells.time in 1e-3 + times:
        low = (cells.true() - 1e-10 < (on - 1e-10) / np.e) & np.isnan(found)
        found[low] = cells.time - 1e-3
    return found


def test_d18_retention_rises_with_the_compliance_current_over_seven_decades(cell_array):
    medians = [np.median(retention(cell_array, amps)) for amps in (1e-6, 3e-6, 1e-5, 3e-5, 1e-4)]

    assert medians == sorted(medians)
    assert medians[0] == pytest.approx(1e-6, rel=0.1)
    assert medians[-1] / medians[0] == pytest.approx(100.0**3.5, rel=0.2)
    assert medians[-1] > 1e3 * medians[0]


def test_d18_delays_are_lognormal_and_fall_tenfold_every_115_millivolts(cell_array):
    """Share of cells that are on after a pulse of a width: the distribution of the delay."""
    for volts in (0.5, 0.6):
        median = 1e-3 * np.exp(-(volts - 0.3) / 0.05)
        for factor in (0.5, 1.0, 2.0):
            cells = cell_array(AG, size=4000, threshold_spread=0.0)
            cells.pulse(volts, 5.0, width=factor * median, limit=1e-5)
            on = (cells.true() > 1e-9).mean()
            law = stats.norm.cdf(np.log(factor) / 0.47)
            assert on == pytest.approx(law, abs=4 * np.sqrt(0.25 / 4000))


def test_either_polarity_switches_on_and_waiting_switches_off(cell_array):
    for volts in (0.8, -0.8):
        cells = cell_array(AG, size=50)
        cells.pulse(volts, 5.0, width=1e-3, limit=1e-5)
        assert (cells.true() > 1e-5).all()
        cells.time = 10.0
        np.testing.assert_allclose(cells.true(), 1e-10, rtol=1e-6)


def test_conductance_is_set_by_the_current_that_is_allowed(cell_array):
    cells = cell_array(AG, size=8)
    peak = cells.pulse(0.8, 5.0, width=1e-3, limit=2e-5)

    np.testing.assert_allclose(cells.true(), 2e-5 / 0.45, rtol=1e-6)
    assert (peak <= 2e-5).all()


def test_a_voltage_below_threshold_switches_nothing_but_holds_what_is_on(cell_array):
    cells = cell_array(AG, size=100)
    cells.pulse(0.18, 5.0, width=1.0)
    assert (cells.true() == 1e-10).all()

    cells.pulse(0.8, 5.0, width=1e-3, limit=1e-5)
    cells.time = 1e-3 + 1e-7
    before = cells.true().copy()
    cells.pulse(0.2, 5.0, width=10.0, limit=1e-5)
    cells.time += 10.0
    np.testing.assert_allclose(cells.true(), before, rtol=1e-3)


def test_warm_filaments_dissolve_sooner_as_arrhenius_says(cell_array):
    cold, warm = (
        np.median(retention(cell_array, 1e-5, temperature=kelvin)) for kelvin in (300.0, 350.0)
    )
    factor = np.exp(0.4 / 8.617e-5 * (1 / 300.0 - 1 / 350.0))

    assert cold / warm == pytest.approx(factor, rel=0.1)
