"""Drift exponents with intervals that hold in white noise, in 1/f noise, and in both."""

import numpy as np
import pytest

from labcim.analysis.compensation import global_compensation
from labcim.analysis.drift import drift_exponents
from labcim.errors import RangeError

ONSET = 20.0


def flicker(time, cells, random):
    """Draw 1/f noise that began at 0 s as what it is: a sum of relaxations, 20 a decade.

    Each starts at zero and comes to rest with its time constant, from 0.1 ms to 1e9 s, so that the
    variance grows by 1 for each e-fold of time.
    """
    taus = np.geomspace(1e-4, 1e9, 20 * 13 + 1)
    step = np.log(taus[1] / taus[0])
    found: list[np.ndarray] = []
    parts, before = np.zeros((len(taus), cells)), 0.0
    for now in time:
        stays = np.exp(-(now - before) / taus)[:, None]
        parts = stays * parts + np.sqrt(step * (1.0 - stays**2)) * random.standard_normal(
            (len(taus), cells)
        )
        found.append(parts.sum(axis=0))
        before = now
    return np.array(found)


def drifting(seed, *, cells, looks=25, nu=0.06, flick=0.0, white=0.0, last=1e5):
    random = np.random.default_rng(seed)
    time = np.geomspace(20.0, last, looks)
    noise = flick * flicker(time, cells, random) if flick else 0.0
    noise = noise + white * random.standard_normal((looks, cells))
    return 1e-5 * np.exp(-nu * np.log1p(time / ONSET)[:, None] + noise), time


def test_without_noise_the_law_is_found_exactly():
    for onset, law in ((ONSET, lambda t: np.log1p(t / ONSET)), (0.0, np.log)):
        time = np.geomspace(10.0, 1e5, 9)
        nu = np.array([0.0, 0.03, 0.1])
        found = drift_exponents(2e-5 * np.exp(-law(time)[:, None] * nu), time, onset=onset)
        np.testing.assert_allclose(found.exponent, nu, atol=1e-9)
        np.testing.assert_allclose(found.start, 2e-5, rtol=1e-9)


@pytest.mark.parametrize(
    "noise",
    [
        {"white": 0.02},
        {"flick": 0.01},
        {"flick": 0.0088, "white": 0.02},
        {"flick": 0.01, "looks": 60},
    ],
    ids=["white", "flicker", "both", "flicker, many looks"],
)
def test_intervals_cover_the_exponent_in_370_to_390_of_400(noise):
    """Mean over six sets of 400 cells, each of which must be in a window twice as wide."""
    covered = []
    for seed in range(6):
        g, time = drifting(seed, cells=400, **noise)
        found = drift_exponents(g, time, onset=ONSET)
        covered.append(int(np.sum((found.low < 0.06) & (0.06 < found.high))))
    assert 370 <= np.mean(covered) <= 390
    assert 360 <= min(covered) and max(covered) <= 398


def test_a_cell_alone_has_an_interval_that_holds_too():
    covered = 0
    for seed in range(120):
        g, time = drifting(seed, cells=1, flick=0.01)
        found = drift_exponents(g, time, onset=ONSET)
        covered += int(found.low[0] < 0.06 < found.high[0])
    assert 107 <= covered <= 119


def test_least_squares_would_be_far_too_sure():
    g, time = drifting(3, cells=2000, flick=0.01, looks=60)
    x, y = np.log1p(time / ONSET), np.log(g)
    slope = np.polyfit(x, y, 1)[0]
    rest = y - np.polyval(np.polyfit(x, y, 1), x[:, None])
    error = np.sqrt((rest**2).sum(axis=0) / 58 / ((x - x.mean()) ** 2).sum())
    assert np.mean(np.abs(slope + 0.06) < 2.0 * error) < 0.85


def test_a_cell_with_few_looks_has_no_exponent_and_one_with_gaps_has_a_wider_one():
    g, time = drifting(4, cells=30, white=0.02)
    g[3:, 0] = np.nan
    g[1::2, 1:15] = np.nan
    g[0, 15] = -1e-9  # noise around nothing
    found = drift_exponents(g, time, onset=ONSET)
    assert np.isnan([found.exponent[0], found.low[0], found.high[0], found.start[0]]).all()
    assert np.isfinite(found.exponent[1:]).all()
    width = found.high - found.low
    assert np.median(width[1:15]) > 1.2 * np.median(width[16:])


def test_looks_decades_apart_are_enough():
    time = np.array([20.0, 350.0, 6e3, 1e5])
    g = 1e-5 * (1.0 + time / ONSET)[:, None] ** -np.array([0.04, 0.05])
    np.testing.assert_allclose(drift_exponents(g, time, onset=ONSET).exponent, [0.04, 0.05])


def test_times_may_differ_from_cell_to_cell():
    time = np.geomspace(20.0, 1e5, 12)[:, None] + np.linspace(0.0, 2.0, 5)
    g = 1e-5 * (1.0 + time / ONSET) ** -0.07
    np.testing.assert_allclose(drift_exponents(g, time, onset=ONSET).exponent, 0.07, atol=1e-6)


@pytest.mark.parametrize(
    "time", [[1.0, 2.0, 3.0], [1.0, 2.0, 2.0, 3.0], [0.0, 1.0, 2.0, 3.0], [4.0, 3.0, 2.0, 1.0]]
)
def test_looks_that_fix_no_slope_are_refused(time):
    with pytest.raises(RangeError, match="looks: accepts 4 or more, at times above 0 s that rise"):
        drift_exponents(np.full((len(time), 2), 1e-5), np.array(time))


def test_one_factor_takes_away_what_all_cells_have_in_common():
    random = np.random.default_rng(6)
    before = random.uniform(0.5, 1.0, (20, 32))
    own = random.normal(1.0, 0.02, 32)
    found = global_compensation(before, 0.7 * own * before, before[0], 0.7 * own * before[0])
    assert found.factor == pytest.approx(1.0 / 0.7, rel=0.01)
    assert found.plain.value == pytest.approx(0.3, abs=0.01)
    assert found.compensated.value == pytest.approx(0.02, rel=0.4)
    assert found.gain.low < found.gain.value < found.gain.high
    assert found.gain.value == pytest.approx(found.plain.value / found.compensated.value)


def test_products_that_do_not_agree_or_sum_to_nothing_are_refused():
    one = np.ones((2, 3))
    with pytest.raises(RangeError, match="must agree"):
        global_compensation(one, np.ones((2, 4)), one[0], one[0])
    with pytest.raises(RangeError, match="accepts no zero"):
        global_compensation(one, one, one[0], np.array([1.0, -1.0, 0.0]))
