"""What is done by a timetable is done at its times, whatever it takes."""

import pytest
from fake_cells import FakeClock

from labcim.programming.punctual import Timetable


def test_what_takes_a_while_shifts_nothing_after_it():
    clock, times = FakeClock(), []
    timetable = Timetable(clock, 1.0)
    for takes in (0.3, 0.9, 0.0, 0.5):
        timetable.wait()
        times.append(clock.now())
        clock.sleep(takes)
    assert times == pytest.approx([1.0, 2.0, 3.0, 4.0])
    assert timetable.slipped == 0


def test_what_takes_too_long_leaves_times_out_and_says_so():
    clock, times = FakeClock(), []
    timetable = Timetable(clock, 1.0)
    for takes in (2.5, 0.1, 0.1):
        timetable.wait()
        times.append(clock.now())
        clock.sleep(takes)
    assert times == pytest.approx([1.0, 4.0, 5.0])
    assert timetable.slipped == 2


def test_without_an_interval_nothing_waits():
    clock = FakeClock()
    timetable = Timetable(clock, 0.0)
    for _ in range(3):
        timetable.wait()
        clock.sleep(0.7)
    assert clock.now() == pytest.approx(2.1)
    assert timetable.slipped == 0
