"""Telegraph noise taken apart, against the chains that made it."""

import numpy as np
import pytest
from telegraph_series import mean_dwells, states

from labcim.analysis.dwells import dwells_of, mean_dwell
from labcim.analysis.mixture import count_levels
from labcim.analysis.telegraph import fit_telegraph, left_over
from labcim.errors import RangeError

STEP = 0.2e-6  # S: in amperes and siemens the numbers are far from 1


def series(random, count, up=0.01, down=0.02, sigma=0.06e-6):
    return 1e-6 + STEP * states(random, count, up, down) + random.normal(0.0, sigma, count)


def covers(interval, truth):
    return interval.low < truth < interval.high


def test_one_trap_is_found_in_microsiemens_with_its_dwell_times():
    found = fit_telegraph(series(np.random.default_rng(1), 20_000), 1e-3)
    (trap,) = found.traps
    low, high = (1e-3 * dwell for dwell in mean_dwells(0.01, 0.02))

    assert trap.step.value == pytest.approx(STEP, rel=0.01)
    assert found.base == pytest.approx(1e-6, rel=0.005)
    assert found.sigma == pytest.approx(0.06e-6, rel=0.02)
    assert covers(trap.low, low)
    assert covers(trap.high, high)
    assert trap.occupied == pytest.approx(1.0 / 3.0, abs=0.05)


def test_a_step_of_one_sigma_is_found_because_it_lasts():
    """The mixture of its distribution has one top only."""
    values = series(np.random.default_rng(2), 20_000, sigma=STEP)
    (trap,) = fit_telegraph(values, 1.0).traps
    assert len(count_levels(values).levels) == 1
    assert trap.step.value == pytest.approx(STEP, rel=0.06)
    assert trap.step.low < STEP < trap.step.high


def test_readings_that_are_missing_do_not_move_the_dwell_times():
    random = np.random.default_rng(3)
    values = series(random, 20_000)
    values[random.random(len(values)) < 0.1] = np.nan
    (trap,) = fit_telegraph(values, 1.0).traps
    assert covers(trap.low, mean_dwells(0.01, 0.02)[0])
    assert covers(trap.high, mean_dwells(0.01, 0.02)[1])


def test_two_traps_are_told_apart_and_leave_white_noise():
    random = np.random.default_rng(4)
    noise = random.normal(0.0, 0.05e-6, 20_000)
    slow, fast = states(random, 20_000, 0.01, 0.02), states(random, 20_000, 0.1, 0.06)
    values = 1e-6 + STEP * slow + 0.5 * STEP * fast + noise
    found = fit_telegraph(values, 1.0, 2)

    for trap, step, chances in zip(
        found.traps, (STEP, 0.5 * STEP), ((0.01, 0.02), (0.1, 0.06)), strict=True
    ):
        low, high = mean_dwells(*chances)
        assert trap.step.value == pytest.approx(step, rel=0.02)
        assert trap.low.value == pytest.approx(low, rel=0.2)
        assert trap.high.value == pytest.approx(high, rel=0.2)
    left = left_over(values, 1.0, found)
    assert left.std() <= noise.std()  # the likeliest levels follow the noise a little
    assert abs(np.corrcoef(left[1:], left[:-1])[0, 1]) < 0.1


@pytest.mark.slow
def test_intervals_of_step_and_dwell_times_hold_what_they_say():
    """400 series of 5,000 at a step of 1.25 sigma: 370 to 390 of each must cover."""
    random, truth = np.random.default_rng(5), (1.0, *mean_dwells(0.01, 0.02))
    hits = np.zeros(3, int)
    for _ in range(400):
        values = states(random, 5000, 0.01, 0.02) + random.normal(0.0, 0.8, 5000)
        (trap,) = fit_telegraph(values, 1.0).traps
        hits += [covers(*two) for two in zip((trap.step, trap.low, trap.high), truth, strict=True)]
    assert ((hits >= 370) & (hits <= 390)).all(), hits


@pytest.mark.parametrize(
    ("values", "traps"), [(np.ones(100), 1), (np.arange(10.0), 1), (np.arange(100.0), 3)]
)
def test_no_series_and_no_such_number_of_traps_are_refused(values, traps):
    with pytest.raises(RangeError, match="accepts"):
        fit_telegraph(values, 1.0, traps)


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_levels_four_sigma_apart_are_counted(count):
    random = np.random.default_rng(6)
    parts = [random.normal(k * 4e-7, 1e-7, 1000 * (k + 1)) for k in range(count)]
    found = count_levels(np.concatenate(parts))
    np.testing.assert_allclose(found.levels, 4e-7 * np.arange(count), atol=2e-8)
    shares = (1.0 + np.arange(count)) / sum(1.0 + np.arange(count))
    np.testing.assert_allclose(found.shares, shares, atol=0.02)


def test_stays_are_counted_with_those_that_are_cut_off():
    found = dwells_of(np.array([1, 1, 0, 0, 0, 1, 0, 0]), 0, 0.5)
    assert found.times.tolist() == [1.5, 1.0]
    assert found.ended.tolist() == [True, False]
    # 2.5 s altogether, one stay ended.
    assert mean_dwell(found).value == 2.5


def test_a_state_that_was_never_seen_to_end_has_no_mean():
    assert np.isnan(mean_dwell(dwells_of(np.zeros(9, int), 0, 1.0)).value)


def test_intervals_of_mean_dwells_hold_what_they_say():
    """Watched for ten mean dwells at a time: a Poisson number of ends, exactly known."""
    random, hits = np.random.default_rng(7), 0
    for _ in range(2000):
        stays = random.exponential(1.0, 60)
        end = np.searchsorted(np.cumsum(stays), 10.0)
        edges = np.append(np.cumsum(stays)[:end], 10.0)
        seen = mean_dwell(type(dwells_of(np.zeros(1, int), 0, 1.0))(
            np.diff(edges, prepend=0.0), np.arange(end + 1) < end
        ))  # fmt: skip
        hits += covers(seen, 1.0)
    assert 1870 <= hits <= 1930
