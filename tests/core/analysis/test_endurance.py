"""Cells judged by hand-made cycles, and the closing of a window against its own law."""

import math

import numpy as np
import pytest

from labcim.analysis.closure import Ratios, closes_at, grouped
from labcim.analysis.endurance import End, judge

HIGH, LOW = 30e-6, 2e-6


def judged(low, *, high=None, cycle=None, stretch=100, misses=10):
    low = np.asarray(low, float)
    high = np.full(len(low), HIGH) if high is None else np.asarray(high, float)
    cycle = np.arange(1, len(low) + 1) if cycle is None else cycle
    return judge(cycle, high, low, ratio=2.0, misses=misses, stretch=stretch)


def test_a_cell_that_works_is_alive_at_its_last_cycle():
    found = judged(np.full(500, LOW))
    assert (found.end, found.lower, found.upper) == (End.ALIVE, 500.0, math.inf)
    assert (found.misses, found.came_back) == (0, 0)


def test_a_cell_that_misses_ten_cycles_to_the_end_has_failed_at_the_first_of_them():
    low = np.full(500, LOW)
    low[490:] = HIGH
    found = judged(low)
    assert (found.end, found.lower, found.upper) == (End.STUCK_HIGH, 490.0, 491.0)


def test_nine_missed_cycles_are_misses_and_no_failure():
    low = np.full(500, LOW)
    low[491:] = HIGH
    found = judged(low)
    assert found.end == End.ALIVE
    assert found.misses == 9


def test_a_cell_stuck_in_low_conductance_is_told_apart():
    high = np.full(300, HIGH)
    high[200:] = LOW
    assert judged(np.full(300, LOW), high=high).end == End.STUCK_LOW


def test_a_failed_cell_that_comes_back_is_seen_and_lives_on():
    low = np.full(500, LOW)
    low[100:150] = HIGH
    found = judged(low)
    assert (found.end, found.came_back, found.misses) == (End.ALIVE, 1, 50)


def test_one_lucky_reading_of_a_dead_cell_is_no_recovery():
    low = np.full(500, LOW)
    low[200:] = HIGH
    low[[300, 495]] = LOW
    found = judged(low)
    assert (found.end, found.upper, found.came_back) == (End.STUCK_HIGH, 201.0, 0)


def test_a_window_that_closes_is_dated_between_the_last_good_and_the_first_bad_stretch():
    low = np.concatenate([np.full(100, LOW), np.full(100, LOW), np.full(100, 0.6 * HIGH)])
    low[200:] = np.where(np.arange(100) % 3, 0.6 * HIGH, LOW)  # never ten in a row
    cycle = np.concatenate([np.arange(1, 201), np.arange(1001, 1101)])
    found = judged(low, cycle=cycle)
    assert (found.end, found.lower, found.upper) == (End.CLOSED, 200.0, 1001.0)


def test_a_death_in_the_midst_of_a_stretch_does_not_date_its_begin_as_failed():
    low = np.full(100, LOW)
    low[30:] = HIGH
    found = judged(low)
    assert (found.end, found.lower, found.upper) == (End.STUCK_HIGH, 30.0, 31.0)


def test_misses_that_were_not_read_one_after_the_other_make_no_run():
    low = np.full(40, LOW)
    low[10:20] = HIGH
    cycle = np.arange(40) * 7 + 1
    found = judged(low, cycle=cycle, stretch=40)
    assert (found.misses, found.came_back, found.end) == (10, 0, End.ALIVE)


def test_flagged_readings_are_no_data():
    low = np.full(100, LOW)
    low[50:70] = np.nan
    found = judged(low)
    assert (found.read, found.misses, found.end) == (80, 0, End.ALIVE)


def made(seed, cells, *, onset=100.0, loss=1.0, closed=3000.0, spread=0.3, noise=0.2):
    """Return ratios of a window that is down to 2 at ``closed``, of each cell and group."""
    random = np.random.default_rng(seed)
    place = np.arange(2.0, 4.6, 0.2)
    wear = np.log10((1.0 + 10.0**place / onset) / (1.0 + closed / onset))
    own = random.normal(0.0, spread, (cells, 1)) + random.normal(0.0, noise, (cells, len(place)))
    return Ratios(place, math.log(2.0) - loss * math.log(10.0) * wear + own)


def test_the_cycle_of_closure_is_that_of_the_law_within_2_percent():
    found = closes_at(made(1, 4000, spread=0.1, noise=0.05), 2.0)
    assert found is not None
    assert found.value == pytest.approx(3000.0, rel=0.02)
    assert found.low < found.value < found.high


@pytest.mark.parametrize("cells", [4, 30])
def test_95_percent_of_the_intervals_of_closure_hold_the_truth(cells):
    held = 0
    for seed in range(400):
        found = closes_at(made(seed, cells), 2.0)
        assert found is not None
        held += found.low <= 3000.0 <= found.high
    assert 370 <= held <= 390


def test_a_window_that_stays_open_closes_nowhere():
    assert closes_at(made(1, 30, closed=1e7), 2.0) is None


def test_grouping_averages_the_logarithms_of_each_cell():
    cell = np.array([3, 3, 3, 8, 8], np.uint32)
    cycle = np.array([10, 11, 100, 10, 100])
    ratio = np.array([4.0, 9.0, 2.0, math.nan, 5.0])
    found = grouped(cell, cycle, ratio, per_decade=1)
    assert found.log_ratio == pytest.approx(
        np.array([[math.log(6.0), math.log(2.0)], [math.nan, math.log(5.0)]]), nan_ok=True
    )
    assert found.place == pytest.approx([np.log10([10, 11]).mean(), 2.0])
