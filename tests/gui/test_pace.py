"""How often a view is drawn."""

import pytest

from labcim.gui.pace import FrameCount, Throttle


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def drawings(clock: Clock, cost: float, seconds: float, step: float = 0.001) -> int:
    throttle, drawn = Throttle(clock), 0

    def draw() -> None:
        clock.now += cost

    until = clock.now + seconds
    while clock.now < until:
        throttle.want()
        drawn += throttle(draw)
        clock.now += step
    return drawn


def test_what_is_cheap_is_drawn_thirty_times_a_second():
    assert 28 <= drawings(Clock(), 0.0, 1.0) <= 34


@pytest.mark.parametrize("cost", [0.02, 0.1, 0.2])
def test_what_is_dear_takes_no_more_than_about_a_quarter_of_the_time(cost):
    drawn = drawings(Clock(), cost, 30.0)
    assert drawn * cost <= 0.26 * 30.0
    assert drawn * cost >= 0.2 * 30.0


def test_what_is_very_dear_is_still_drawn_each_second():
    assert drawings(Clock(), 0.9, 30.0) >= 15


def test_nothing_is_drawn_when_nothing_is_new():
    clock, drawn = Clock(), []
    throttle = Throttle(clock)
    assert not throttle(lambda: drawn.append(1))
    throttle.want()
    assert throttle(lambda: drawn.append(1))
    clock.now += 10.0
    assert not throttle(lambda: drawn.append(1))
    assert drawn == [1]


def test_the_rate_is_that_of_the_last_second():
    clock = Clock()
    frames = FrameCount(clock)
    for _ in range(50):
        clock.now += 1 / 25
        frames.frame()
    assert frames.rate == pytest.approx(25.0, rel=0.05)
