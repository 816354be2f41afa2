"""Mains pickup and drift of the sense channels, as a chip file asks for them."""

import numpy as np
import pytest
from board_bench import board_on

from labcim.capabilities import Train

OXIDE = "oxram-1t1r-64k"
STILL = (
    "[chip.constants]\nwhite_floor = 0.0\nwhite_slope = 0.0\nflicker = 0.0\ntrap_fraction = 0.0\n"
    "relaxation_onset = 1e12\none_second = [0, 0, 0, 0, 0]\none_day = [0, 0, 0, 0, 0]"
)
ONE = np.array([0], np.uint32)


def test_a_record_shows_the_mains_with_its_amplitude_and_frequency(tmp_path):
    faults = "options = { pickup = 2e-7, pickup_frequency = 60.0 }"
    with board_on(tmp_path, OXIDE, 2, 2, board=faults, end=STILL) as (_, board, _clock):
        current = board.record(ONE, 0.2, rate=1000.0, count=1000, gate=2.5)[:, 0]
    spectrum = np.abs(np.fft.rfft(current - current.mean())) / 500.0
    assert np.argmax(spectrum) == 60
    assert spectrum[60] == pytest.approx(2e-7, rel=0.02)


def test_an_integral_over_whole_periods_of_the_mains_sees_none_of_it(tmp_path):
    faults = "options = { pickup = 2e-7, pickup_frequency = 50.0 }"
    with board_on(tmp_path, OXIDE, 2, 2, board=faults, end=STILL) as (_, board, clock):
        board.aperture = 0.02
        quiet = [board.read(ONE, 0.2, gate=2.5).current[0] for _ in range(5)]
        board.aperture = 0.005
        clock.sleep(0.0013)
        loud = [board.read(ONE, 0.2, gate=2.5).current[0] for _ in range(5)]
    assert np.ptp(quiet) < 2e-9
    assert np.ptp(loud) > 5e-8


def test_drift_moves_readings_by_its_rate_times_the_time(tmp_path):
    faults = "options = { drift = 1e-9 }"
    with board_on(tmp_path, OXIDE, 2, 2, board=faults, end=STILL) as (_, board, clock):
        first = board.read(ONE, 0.2, gate=2.5)
        clock.sleep(500.0)
        last = board.read(ONE, 0.2, gate=2.5)
    passed = last.time[0] - first.time[0]
    assert last.current[0] - first.current[0] == pytest.approx(1e-9 * passed, rel=0.02)


def test_a_comparator_that_has_drifted_up_trips_sooner(tmp_path):
    delays = {}
    for name, faults in (("good", ""), ("drifted", "options = { drift = 1e-8 }")):
        (tmp_path / name).mkdir()
        with board_on(tmp_path / name, OXIDE, 4, 4, board=faults) as (_, board, clock):
            cells = np.arange(16, dtype=np.uint32)
            board.pulse(cells, Train(-2.2, 1e-6, gate=3.0))
            clock.sleep(1000.0)
            wait = Train(1.35, 1e-2, gate=1.3)
            delays[name] = board.time_to_threshold(cells, wait, 25e-6, clock=20e-9).delay
    timed = delays["good"] > 1e-6  # many cells take one clock either way
    assert timed.sum() >= 3
    assert (delays["drifted"][timed] < 0.5 * delays["good"][timed]).all()


def test_readings_in_cycles_see_what_single_readings_see(tmp_path):
    faults = "options = { pickup = 1e-7, drift = 1e-6 }"
    found = []
    up, down = Train(1.9, 1e-6, gate=1.3), Train(-2.2, 1e-6, gate=3.0)
    for name in ("cycled", "single"):
        (tmp_path / name).mkdir()
        with board_on(tmp_path / name, OXIDE, 2, 2, board=faults) as (_, board, _clock):
            if name == "cycled":
                found.append(board.cycle(ONE, up, down, 5, voltage=0.2, gate=2.5).high[:, 0])
                continue
            high = []
            for _ in range(5):
                board.pulse(ONE, up)
                high.append(board.read(ONE, 0.2, gate=2.5).conductance[0])
                board.pulse(ONE, down)
                board.read(ONE, 0.2, gate=2.5)
            found.append(np.array(high))
    assert np.array_equal(*found)
