"""A temperature counts once it stays; one that does not come, runs over or is none is refused."""

import math

import pytest
from fake_cells import FakeClock
from fake_stage import FakeStage

from labcim.errors import InstrumentError, RecipeError
from labcim.programming.soak import Soak, keep, soak
from labcim.protocol import Capabilities, Progress


def through(steps):
    """Return what a generator returns, and what it yielded."""
    told = []
    while True:
        try:
            told.append(next(steps))
        except StopIteration as end:
            return end.value, told


def bench(**stage):
    clock = FakeClock()
    return Capabilities(clock, None, stage=FakeStage(clock, **stage))


def test_a_temperature_is_reached_once_it_has_stayed_in_the_window_for_the_hold():
    given = bench(time=60.0)
    reached, told = through(soak(given, 400.0, Soak(window=0.5, hold=60.0)))

    # 100 K exp(-t / 60 s) is half a kelvin after 60 ln 200 = 317.9 s; looks are 5 s apart.
    assert given.clock.now() == pytest.approx(320.0 + 60.0)
    assert reached == pytest.approx(400.0, abs=0.5)
    assert given.stage.log == [400.0]
    assert all(isinstance(step, Progress) for step in told)
    fractions = [step.fraction for step in told]
    assert fractions == sorted(fractions) and fractions[0] == 0.0


def test_a_chip_that_is_there_already_still_has_to_stay():
    given = bench(kelvin=350.0, room=350.0)
    through(soak(given, 350.0, Soak(hold=30.0)))
    assert given.clock.now() == pytest.approx(30.0)


def test_a_stage_that_leaves_the_window_starts_its_hold_anew():
    def says(time):
        return 400.0 if not 40.0 < time < 50.0 else 401.0

    given = bench(says=says)
    through(soak(given, 400.0, Soak(hold=60.0)))
    assert given.clock.now() == pytest.approx(50.0 + 60.0)


def test_a_stage_that_does_not_come_is_given_up_with_where_it_stands_and_its_heater_off():
    given = bench(says=lambda time: 300.0 + 0.01 * time)
    with pytest.raises(InstrumentError, match=r"is at 310.00 K after 1.*ks, 90.00 K from the 400"):
        through(soak(given, 400.0, Soak(patience=1000.0)))
    assert given.stage.log == [400.0, "off"]


def test_a_stage_that_comes_no_nearer_is_given_up_long_before_the_patience_is_over():
    given = bench(says=lambda time: min(371.2, 300.0 + time))
    with pytest.raises(InstrumentError, match=r"no nearer than 28.80 K in .*: it is at 371.20 K"):
        through(soak(given, 400.0, Soak(patience=7200.0, stalled=600.0)))
    assert given.clock.now() == pytest.approx(71.2 + 600.0, abs=6.0)
    assert given.stage.log == [400.0, "off"]


def test_what_the_heater_gives_is_told_where_the_stage_knows_it():
    given = bench(says=lambda time: 320.0)
    given.stage.effort = lambda: 1.0
    with pytest.raises(InstrumentError, match=r"asked for, with 100 % of its power"):
        through(soak(given, 400.0))


def test_readings_of_the_hold_have_to_be_as_stable_as_asked():
    def says(time):
        return 400.4 - 0.01 * min(time, 60.0)  # within the window at once, at rest after 60 s

    given = bench(says=says)
    reached, _ = through(soak(given, 400.0, Soak(window=0.5, hold=60.0, stability=0.101)))
    assert reached == pytest.approx(399.8)
    # The hold's oldest reading is a tenth of a kelvin above what it came to: that of 50 s.
    assert given.clock.now() == pytest.approx(50.0 + 60.0)


def test_progress_says_how_long_it_will_take():
    given = bench(says=lambda time: 300.0 + 0.1 * min(time, 1000.0))
    _, told = through(soak(given, 400.0, Soak(window=0.5, hold=60.0)))
    assert told[0].text == "stage at 300.0 K of 400 K"
    # 99 K at 0.1 K/s and a minute of rest: 990 + 60 s after 5 s.
    assert told[1].text == "stage at 300.5 K of 400 K, about 1.05 ks to go"


def test_an_overshoot_is_refused_and_its_heater_off():
    given = bench(says=lambda time: 300.0 + time)
    with pytest.raises(InstrumentError, match=r"overshot its goal of 400 K and reads 410"):
        through(soak(given, 400.0, Soak(overshoot=5.0)))
    assert given.stage.log[-1] == "off"


def test_cooling_down_is_no_overshoot():
    given = bench(kelvin=450.0)
    reached, _ = through(soak(given, 350.0, Soak(overshoot=5.0)))
    assert reached == pytest.approx(350.0, abs=0.5)


@pytest.mark.parametrize("reading", [math.nan, math.inf, 0.0, -3.0])
def test_a_sensor_that_reads_no_temperature_is_no_measurement(reading):
    with pytest.raises(InstrumentError, match="nothing is measured like that"):
        through(soak(bench(says=lambda time: reading), 400.0))


def test_a_bench_without_a_stage_says_who_can_mend_it():
    with pytest.raises(RecipeError, match="the bench has no thermal stage: name one with stage ="):
        through(soak(Capabilities(FakeClock(), None), 400.0))


def test_a_long_wait_ends_at_its_time_and_looks_at_the_sensor_meanwhile():
    given = bench(kelvin=400.0, room=400.0)
    worst, told = through(keep(given, 400.0, 1e6))
    assert given.clock.now() == pytest.approx(1e6)
    assert worst == 400.0
    assert len(told) == 20


def test_a_wait_for_a_time_that_is_over_waits_for_nothing():
    given = bench(kelvin=400.0, room=400.0)
    given.clock.time = 50.0
    worst, told = through(keep(given, 400.0, 20.0))
    assert (worst, told, given.clock.slept) == (400.0, [], [])


def test_a_chip_that_gets_cold_during_a_bake_is_no_measurement():
    given = bench(says=lambda time: 400.0 if time < 5e5 else 398.5)
    with pytest.raises(InstrumentError, match=r"left 400 K during the bake and reads 398\.50 K"):
        through(keep(given, 400.0, 1e6))
    assert given.stage.log == ["off"]
    assert given.clock.now() < 5.6e5
