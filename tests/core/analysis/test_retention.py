"""From looks to lifetimes, and what goes wrong where those that outlived it are left out."""

import math

import numpy as np
import pytest

from labcim.analysis.life import BOLTZMANN, Lifetimes, fit_arrhenius
from labcim.analysis.retention import (
    common_spread,
    energy_without_survivors,
    lives,
    log_schedule,
    share_failed,
)
from labcim.errors import RangeError

KELVINS = (423.15, 448.15, 473.15)
USE = 358.15


def test_a_schedule_has_the_same_step_in_the_logarithm():
    np.testing.assert_allclose(log_schedule(10.0, 1e5, 5), [10.0, 1e2, 1e3, 1e4, 1e5])


@pytest.mark.parametrize(
    "ends", [(0.0, 1.0, 3), (2.0, 1.0, 3), (1.0, math.inf, 3), (1.0, 2.0, 1), (math.nan, 2.0, 3)]
)
def test_a_schedule_that_is_none_is_refused(ends):
    with pytest.raises(RangeError, match="accepts 0 < first < last"):
        log_schedule(*ends)


def test_a_life_ends_between_the_last_good_look_and_the_first_bad_one():
    cell = np.repeat([4, 2, 9, 7], 4)
    since = np.tile([0.0, 10.0, 100.0, 1000.0], 4)
    share = np.array(
        [
            *[1.0, 0.9, 0.4, 0.9],  # left once; that it came back does not count
            *[1.0, 0.3, 0.2, 0.1],
            *[1.0, 1.2, 0.8, 0.7],
            *[1.0, 0.8, math.nan, 1.7],  # up as well as down; a look without a reading says nothing
        ]
    )
    shuffled = np.random.default_rng(1).permutation(16)
    found = lives(cell[shuffled], since[shuffled], share[shuffled], low=0.5, high=1.5)

    assert found.cell.tolist() == [2, 4, 7, 9]
    assert found.lower.tolist() == [0.0, 10.0, 10.0, 1000.0]
    assert found.upper.tolist() == [10.0, 100.0, 1000.0, math.inf]
    assert found.failed.tolist() == [True, True, True, False]


def test_cells_without_a_second_reading_say_nothing():
    found = lives(
        np.array([1, 2, 2]), np.array([0.0, 0.0, 5.0]), np.array([1.0, 1.0, math.nan]),
        low=0.5, high=1.5,
    )  # fmt: skip
    assert len(found.cell) == 0


def test_cells_that_were_lost_before_the_first_look_are_known_to_be_short_lived():
    found = lives(
        np.array([1, 1]), np.array([0.0, 5.0]), np.array([1.0, 1.0]), low=0.5, high=1.5
    ).joined(np.array([3, 4], np.uint32), 60.0)
    assert found.lower.tolist() == [5.0, 0.0, 0.0]
    assert found.upper.tolist() == [math.inf, 60.0, 60.0]


def baked(seed, energy=1.2, spread=0.7, cells=60, last=1e5, middle=1e5):
    """Return lifetimes as looks show them: lognormal, half at 423.15 K by ``middle`` s."""
    random, groups = np.random.default_rng(seed), {}
    looks = np.concatenate([[0.0], np.geomspace(1e2, last, 25), [math.inf]])
    for kelvin in KELVINS:
        shift = energy / BOLTZMANN * (1.0 / kelvin - 1.0 / KELVINS[0])
        times = np.exp(random.normal(math.log(middle) + shift, spread, cells))
        at = np.searchsorted(looks, times)
        groups[kelvin] = Lifetimes(looks[at - 1], looks[at])
    return groups


def test_leaving_survivors_out_gets_an_energy_that_is_too_small_and_the_joint_fit_does_not():
    naive, joint = [], []
    for seed in range(20):
        groups = baked(seed)
        naive.append(energy_without_survivors(groups))
        joint.append(fit_arrhenius(groups).activation_energy.value)

    assert np.mean(naive) < 1.2 - 0.15
    assert np.mean(joint) == pytest.approx(1.2, abs=0.02)


def test_two_temperatures_show_no_error_where_three_do():
    """A second mechanism of 0.4 eV takes over where it is cool: two points lie on every line."""
    random = np.random.default_rng(5)

    def life(kelvin):
        slow = 1e5 * math.exp(1.2 / BOLTZMANN * (1.0 / kelvin - 1.0 / 448.15))
        other = 6e4 * math.exp(0.4 / BOLTZMANN * (1.0 / kelvin - 1.0 / 448.15))
        return 1.0 / (1.0 / slow + 1.0 / other)

    kelvins = (373.15, 448.15, 498.15)
    groups = {
        k: Lifetimes.exact(np.exp(random.normal(math.log(life(k)), 0.3, 200))) for k in kelvins
    }
    upper = {k: groups[k] for k in kelvins[1:]}
    lower = {k: groups[k] for k in kelvins[:2]}
    # Whichever two are taken, a line goes through them, and each says something else.
    assert energy_without_survivors(upper) - energy_without_survivors(lower) > 0.3
    with pytest.raises(RangeError, match="needs 3 or more"):
        fit_arrhenius(upper)
    assert common_spread(groups, fit_arrhenius(groups)) < 1e-6


def test_one_line_and_spread_are_doubted_as_rarely_as_their_chance_says():
    chances = [common_spread(g, fit_arrhenius(g)) for g in map(baked, range(60))]
    assert 0 <= sum(chance < 0.05 for chance in chances) <= 8
    assert 0.3 < float(np.median(chances)) < 0.7


def test_the_share_that_fails_covers_the_truth_and_is_wider_the_farther_it_is():
    ten_years, missed, widths = 3.156e8, 0, []
    shift = 1.2 / BOLTZMANN * (1.0 / USE - 1.0 / KELVINS[0])
    middle = 2e6
    z = (math.log(ten_years) - math.log(middle) - shift) / 0.7
    truth = 0.5 * (1.0 + math.erf(z / math.sqrt(2.0)))
    for seed in range(8):
        fit = fit_arrhenius(baked(seed, last=3e6, middle=middle))
        far, near = share_failed(fit, ten_years, USE), share_failed(fit, middle, KELVINS[0])
        missed += not far.low < truth < far.high
        assert far.low < far.value < far.high
        widths.append(far.high - far.low)
        assert near.low < 0.5 < near.high or seed > 0
    assert missed <= 2
    assert 0.05 < truth < 0.95
    assert np.median(widths) > 0.2


def test_a_life_far_beyond_every_time_is_a_share_of_nearly_none():
    fit = fit_arrhenius(baked(1))
    assert share_failed(fit, 1.0, 300.0).value < 1e-12
