"""Magnetic tunnel junctions: switching probability and TMR (D8), dwell times (D9)."""

import numpy as np
import pytest
from scipy import stats

STT, SUPER = "stt-mram", "superparamagnetic-mtj"
EVEN = {"stability_spread": 0.0, "critical_spread": 0.0, "parallel_spread": 0.0}
QUIET = {**EVEN, "white": 0.0, "gate_threshold_spread": 0.0}


def all_in(cells, parallel):
    cells.pulse(0.75 if parallel else -0.75, 5.0, width=1e-6)
    return cells


@pytest.mark.parametrize("volts", [0.48, 0.52, 0.56, 0.60, 0.66])
@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_d8_switching_probability_follows_voltage_and_width(cell_array, volts, sign):
    """P = 1 - exp(-t / tau), tau = 1 ns exp(60 (1 - V/0.6)), faster above 0.6 V."""
    over = 60.0 * (volts / 0.6 - 1.0)
    tau = 1e-9 * np.exp(-over) if over < 0 else 1e-9 / (1.0 + over)
    for share in (0.3, 1.0, 2.0):
        cells = all_in(cell_array(STT, size=4000, **EVEN), parallel=sign < 0)
        cells.pulse(sign * volts, 5.0, width=share * tau)
        parallel = cells.cells["parallel"] == 1
        switched = int((parallel if sign > 0 else ~parallel).sum())
        test = stats.binomtest(switched, cells.size, 1.0 - np.exp(-share))
        assert test.pvalue > 1e-4


def test_d8_waiting_times_fit_the_model(cell_array):
    """Cells pulsed on until they switch: the number of pulses is geometric (KS, p > 0.01)."""
    cells = all_in(cell_array(STT, size=2000, **EVEN), parallel=False)
    width = 0.02 * 1e-9 * np.exp(60.0 * (1.0 - 0.55 / 0.6))
    waited = np.zeros(cells.size)
    for _ in range(400):
        down = cells.cells["parallel"] == 0
        waited += down
        cells.pulse(0.55, 5.0, width=width, cells=cells.all[down])
    spread = np.random.default_rng(1).uniform(0, 1, cells.size)  # within the last pulse

    assert stats.kstest((waited - spread) * 0.02, "expon").pvalue > 0.01


def test_d8_tmr_falls_with_voltage_as_stated(cell_array):
    parallel = all_in(cell_array(STT, size=16, **QUIET), parallel=True)
    apart = all_in(cell_array(STT, size=16, **QUIET), parallel=False)
    for volts in (0.02, 0.05, 0.1, 0.14):
        ratio = parallel.read(volts) / apart.read(volts) - 1.0
        assert ratio == pytest.approx(1.2 / (1.0 + (volts / 0.5) ** 2), rel=0.02)
    assert parallel.read(0.1) / 0.1 == pytest.approx(1 / 4000.0, rel=0.01)


def test_d9_dwell_times_of_a_superparamagnet_are_exponential(cell_array):
    """1 ns exp(14) = 1.2 ms in either state; 40 cells looked at every 12 us for 60 ms."""
    cells = cell_array(SUPER, size=40, **QUIET)
    interval, states = 1.2e-5, []
    for _ in range(5000):
        states.append(cells.true() > 150e-6)
        cells.time += interval
    turns = [np.flatnonzero(np.diff(trace.astype(int))) for trace in np.array(states).T]
    dwells = np.concatenate([np.diff(turn) for turn in turns]).astype(float)
    dwells += np.random.default_rng(2).uniform(-0.5, 0.5, dwells.size)

    assert dwells.size > 1500
    assert stats.kstest(dwells * interval / (1e-9 * np.exp(14.0)), "expon").pvalue > 0.05


def test_a_look_from_outside_changes_nothing_of_what_happens(cell_array):
    quiet, watched = (cell_array(SUPER, size=200, **QUIET) for _ in range(2))
    for step in range(1, 50):
        watched.time = 1e-4 * step
        watched.true()
        watched.read(0.05)
    quiet.time = watched.time

    assert (quiet.true() == watched.true()).all()


def test_a_long_aperture_sees_the_mean_of_both_states(cell_array):
    cells = cell_array(SUPER, size=300, **QUIET)
    cells.time = 1.0
    mean = 0.5 * 250e-6 * (1.0 + 1.0 / (1.0 + 1.2 / 1.04))
    short = cells.read(0.1, aperture=1e-6) / 0.1
    long = cells.read(0.1, aperture=0.12) / 0.1
    apart = 250e-6 - 250e-6 / (1.0 + 1.2 / 1.04)

    assert np.unique(short.round(7)).size == 2
    assert long.mean() == pytest.approx(mean, rel=0.01)
    # The mean of a telegraph signal over T, with 1.2 ms in each state: sd = apart / 2 sqrt(dwell/T)
    assert long.std() == pytest.approx(0.5 * apart * np.sqrt(1.2026e-3 / 0.12), rel=0.15)


def test_a_stable_cell_stays_for_ten_years_and_a_hot_one_flips_sooner(cell_array):
    cells = cell_array(STT, size=1000, **EVEN)
    before = cells.true().copy()
    cells.time = 3.2e8
    assert (cells.true() == before).all()

    warm = cell_array(SUPER, size=1000, temperature=350.0, **QUIET)
    assert warm.devices["stability"] == pytest.approx(14.0 * 300.0 / 350.0)
