"""The time that is left: true within its range, steady, and unknown while it is unknown."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labcim.gui.run.eta import Eta, spell


def follow(eta, until, pace, period=0.5, units=None):
    """Take what a run of ``pace`` s says at each ``period`` up to ``until`` s; return the ranges.

    units: the fraction advances by whole units only.
    """
    ranges = []
    for now in np.arange(0.0, until, period):
        fraction = now / pace
        eta.take(np.floor(fraction * units) / units if units else fraction, now)
        ranges.append((now, eta.range()))
    return ranges


def test_what_nobody_knows_is_called_unknown():
    eta = Eta()
    assert eta.text() == "unknown"
    eta.take(0.0, 10.0)
    eta.take(0.0, 60.0)
    assert eta.text() == "unknown"
    eta.take(float("nan"), 61.0)
    assert eta.text() == "unknown"


def test_one_step_is_not_enough_to_tell_a_pace():
    eta = Eta()
    eta.take(0.0, 0.0)
    eta.take(0.4, 0.1)  # a resumed run skips what is done
    eta.take(0.4, 3.0)
    assert eta.range() is None


def test_a_steady_run_has_its_true_time_left_within_the_range():
    eta = Eta()
    for now, found in follow(eta, until=95.0, pace=100.0)[6:]:
        low, high = found
        assert low <= 100.0 - now <= high
        assert high <= 1.6 * (100.0 - now) + 1.0


def test_steps_of_whole_units_are_a_steady_run_too():
    eta = Eta()
    ranges = follow(eta, until=180.0, pace=200.0, units=20)
    for now, (low, high) in ((now, found) for now, found in ranges if now > 30.0):
        assert low - 2.0 <= 200.0 - now <= high + 2.0


def test_what_is_told_of_a_noisy_run_goes_down_without_jumping():
    rng = np.random.default_rng(4)
    eta = Eta()
    now, told = 0.0, []
    for unit in range(201):
        eta.take(unit / 200, now)
        if unit > 24 and unit < 190:
            told.append(sum(eta.range()) / 2 + now)  # when it is thought to end
        now += rng.gamma(4.0, 0.25)
    ends = np.array(told)
    moved = np.count_nonzero(np.abs(np.diff(ends)) > 1e-6)
    assert moved < 40
    assert np.abs(np.diff(ends)).max() < 0.25 * now
    assert ends[-1] == pytest.approx(now, rel=0.1)


def test_one_odd_step_moves_nothing():
    eta = Eta()
    follow(eta, until=40.0, pace=100.0, period=1.0)
    before = eta.range()
    eta.take(0.401, 60.0)  # it was retried for 20 s
    low, high = eta.range()
    assert high <= before[1] + 1e-9
    assert low > 0.0


def test_time_while_the_run_is_paused_does_not_count():
    eta = Eta()
    follow(eta, until=41.0, pace=100.0, period=1.0)
    eta.take(0.40, 40.0, running=False)
    before = eta.range()
    eta.take(0.40, 4000.0, running=False)
    assert eta.range() == before
    eta.take(0.40, 8000.0)
    assert eta.range() == before
    for second in range(1, 20):
        eta.take(0.40 + second / 100, 8000.0 + second)
    low, high = eta.range()
    assert low <= 41.0 <= high


def test_a_fraction_that_goes_back_is_another_run():
    eta = Eta()
    follow(eta, until=50.0, pace=100.0)
    eta.take(0.0, 60.0)
    assert eta.text() == "unknown"


def test_a_run_that_is_done_is_finishing():
    eta = Eta(30.0)
    eta.take(0.5, 1.0)
    eta.take(1.0, 2.0)
    assert eta.text() == "finishing"


def test_an_estimate_made_before_is_told_at_once():
    eta = Eta(100.0)
    eta.take(0.0, 0.0)
    low, high = eta.range()
    assert low <= 100.0 <= high
    assert eta.text() == "about 1 min to 2 min 30 s left"


def test_a_run_that_does_not_get_on_is_not_said_to_be_done_soon():
    eta = Eta()
    follow(eta, until=50.0, pace=100.0)
    eta.take(0.495, 300.0)
    assert eta.text() == "longer than foreseen"
    assert eta.range() is None
    eta.take(0.6, 301.0)
    assert eta.range() is not None


def test_an_estimate_that_has_long_passed_is_not_told_again_and_again():
    eta = Eta(10.0)
    eta.take(0.0, 0.0)
    eta.take(0.0, 14.0)
    assert eta.text().endswith("left")
    eta.take(0.0, 16.0)
    assert eta.text() == "longer than foreseen"


def test_an_estimate_counts_down_while_the_first_unit_is_done():
    eta = Eta(100.0)
    eta.take(0.0, 0.0)
    eta.take(0.0, 30.0)
    low, high = eta.range()
    assert low <= 70.0 <= high <= 121.0


def test_a_wrong_estimate_is_blended_away():
    eta = Eta(1000.0)
    ranges = follow(eta, until=95.0, pace=100.0)
    assert ranges[2][1][0] > 200.0
    low, high = ranges[-1][1]
    assert low <= 20.0
    assert high < 30.0


def test_a_new_beginning_forgets_the_old_estimate():
    eta = Eta(100.0)
    eta.take(0.0, 0.0)
    eta.begin()
    eta.take(0.0, 1.0)
    assert eta.text() == "unknown"


def test_an_estimate_that_is_no_time_is_none():
    for estimate in (0.0, -3.0, float("nan"), float("inf")):
        eta = Eta(estimate)
        eta.take(0.0, 0.0)
        assert eta.text() == "unknown"


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.tuples(st.floats(-0.5, 1.5), st.floats(0, 1e5), st.booleans()), max_size=40),
    st.one_of(st.none(), st.floats(1e-3, 1e6)),
)
def test_whatever_is_told_the_range_is_a_range_and_the_text_a_text(told, estimate):
    eta = Eta(estimate)
    for fraction, now, running in told:
        eta.take(fraction, now, running)
        found = eta.range()
        if found is not None:
            assert 0.0 <= found[0] <= found[1] < np.inf
        known = eta.text().endswith(" left")
        assert known or eta.text() in ("unknown", "finishing", "longer than foreseen")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.0, "0 s"), (2e-5, "20 µs"), (0.25, "250 ms"), (40.0, "40 s"), (90.0, "90 s"),
        (200.0, "3 min"), (7800.0, "2 h 10 min"), (10800.0, "3 h"), (260000.0, "3 days"),
        (float("nan"), "unknown time"),
    ],
)  # fmt: skip
def test_durations_are_told_as_people_tell_them(seconds, words):
    assert spell(seconds) == words
