"""Electrochemical cells (D2): on/off, waiting times, whether a pulse does anything at all, wear."""

import numpy as np
import pytest
from scipy.stats import binomtest, kstest

CARD = "ag-asi-ecm"
GATE = 2.5
SCALE, TIME = 0.155, 2.85e5  # V, s: Jo et al. 2009


def tau(volts):
    return TIME * np.exp(-volts / SCALE)


def pulses_to_switch(cells, volts, width, most=4000):
    """Return after how many pulses each cell was on, from the log; NaN where it never was."""
    cells.pulse(volts, GATE, width=width, count=most)
    on = (cells.log["conductance"] > 1e-9).reshape(cells.size, most)
    return np.where(on.any(axis=1), on.argmax(axis=1) + 1.0, np.nan)


def test_d2_on_and_off_are_a_million_apart_at_a_read_of_100_millivolts(cell_array):
    cells = cell_array(CARD, size=2000)
    for _ in range(3):
        cells.pulse(4.8, 1.2, width=1e-6)
        on = cells.read(0.1, aperture=1e-3)
        cells.pulse(-4.5, 5.5, width=1e-3)
        off = cells.read(0.1, aperture=1e-3)

    assert np.percentile(on, 1) / np.percentile(off, 99) >= 1e6


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("volts", [3.4, 4.0])
def test_d2_waiting_times_are_exponential(cell_array, volts, seed):
    cells = cell_array(CARD, size=1500, seed=seed, voltage_spread=0.0)
    width = tau(volts) / 400
    waited = pulses_to_switch(cells, volts, width) * width

    assert np.isfinite(waited).all()
    assert kstest(waited - 0.5 * width, "expon", args=(0.0, tau(volts))).pvalue > 0.01


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_d2_the_slope_of_the_waiting_time_is_within_10_percent_of_what_was_set(cell_array, seed):
    """With all of the preset's spread, other cells at each voltage; ln(wait) falls by V / 0.155."""
    volts = np.array([3.2, 3.5, 3.8, 4.1])
    median = []
    for k, v in enumerate(volts):
        cells = cell_array(CARD, size=1000, seed=10 * seed + k)
        width = tau(v) / 100
        median.append(np.nanmedian(pulses_to_switch(cells, v, width, most=1500)) * width)
    scale = -1.0 / np.polyfit(volts, np.log(median), 1)[0]

    assert scale == pytest.approx(SCALE, rel=0.1)


def test_d2_ten_nanoseconds_switch_at_4_8_volts(cell_array):
    cells = cell_array(CARD, size=4000, voltage_spread=0.0)
    cells.pulse(4.8, GATE, width=10e-9)
    switched = int((cells.true() > 1e-9).sum())

    assert binomtest(switched, 4000, 1.0 - np.exp(-10e-9 / tau(4.8))).pvalue > 0.01


@pytest.mark.parametrize("share", [0.1, 0.5, 2.0])
def test_d2_a_set_happens_whole_or_not_at_all_by_the_chance_of_its_width(cell_array, share):
    cells = cell_array(CARD, size=4000, voltage_spread=0.0)
    cells.pulse(3.6, 1.2, width=share * tau(3.6))
    g = cells.true()
    on = g > 1e-6

    assert ((g == 1e-12) | on).all()
    assert binomtest(int(on.sum()), 4000, 1.0 - np.exp(-share)).pvalue > 0.01
    current = 0.5 * 250e-6 * 0.6**2
    assert np.median(g[on]) == pytest.approx(current / 0.45, rel=0.02)


def test_many_short_pulses_switch_the_same_cells_as_one_long_one(cell_array):
    many, one = (cell_array(CARD, size=2000) for _ in range(2))
    many.pulse(3.6, GATE, width=tau(3.6) / 50, count=50)
    one.pulse(3.6, GATE, width=tau(3.6))

    assert ((many.true() > 1e-9) == (one.true() > 1e-9)).all()


def test_a_weibull_shape_sharpens_the_waiting_time(cell_array):
    """Shape 3: P(t) = 1 - exp(-(t / tau)^3), from another formula than the model's sum."""
    cells = cell_array(CARD, size=1500, voltage_spread=0.0, wait_shape=3.0)
    width = tau(3.6) / 400
    waited = pulses_to_switch(cells, 3.6, width) * width

    assert kstest(waited - 0.5 * width, "weibull_min", args=(3.0, 0.0, tau(3.6))).pvalue > 0.01


def test_another_cycle_waits_another_time(cell_array):
    cells = cell_array(CARD, size=2000, voltage_spread=0.0)
    switched = []
    for _ in range(2):
        cells.pulse(3.6, GATE, width=tau(3.6))
        switched.append(cells.true() > 1e-9)
        cells.pulse(-4.5, 5.5, width=1e-3)

    assert abs(np.corrcoef(*switched)[0, 1]) < 0.08


def test_warmth_shortens_the_wait_by_its_energy(cell_array):
    """0.3 eV: exp(0.3 / k (1/300 - 1/350)) times as likely at 350 K, for a small chance."""
    cells = cell_array(CARD, size=20000, voltage_spread=0.0, temperature=350.0)
    cells.pulse(3.6, GATE, width=0.01 * tau(3.6))
    faster = np.exp(0.3 / 8.617333e-5 * (1 / 300.0 - 1 / 350.0))
    switched = int((cells.true() > 1e-9).sum())

    assert binomtest(switched, 20000, 1.0 - np.exp(-0.01 * faster)).pvalue > 0.01


def cycle(cells, times=1):
    for _ in range(times):
        cells.pulse(4.8, 1.2, width=1e-6)
        on = cells.true().copy()
        cells.pulse(-4.5, 5.5, width=1e-2)
        off = cells.true().copy()
    return on, off


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_d2_the_window_is_above_10_after_1e8_cycles_of_closed_form_wear(cell_array, seed):
    cells = cell_array(CARD, size=2000, seed=seed)
    cells.cells["jumps"] = 2 * 10**8 - 2
    on, off = cycle(cells)
    alive = cells.cells["stuck"] == 0

    assert np.percentile(on[alive], 1) / np.percentile(off[alive], 99) > 10
    # log10(life) is normal around 9 by half a decade: 2.3 % of cells have died.
    assert 0.012 < 1.0 - alive.mean() < 0.036


def test_cycles_that_were_done_wear_as_the_closed_form_says(cell_array):
    """1,000 real cycles against a counter that was set to them; wear begins early for it."""
    early = {"wear_onset": 10.0, "off_spread": 0.0, "on_spread": 0.0}
    done, counted = (cell_array(CARD, size=40, **early) for _ in range(2))
    _, worn = cycle(done, 1000)
    counted.cells["jumps"] = 2 * 999
    _, expected = cycle(counted)

    np.testing.assert_allclose(worn, expected, rtol=1e-9)
    assert np.median(worn) == pytest.approx(1e-12 * (1 + 1000 / 10), rel=1e-3)
