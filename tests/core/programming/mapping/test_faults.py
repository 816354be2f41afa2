"""Cells that do not move: the rest of the weight makes up for them where it can."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labcim.programming.mapping.faults import assigned, mended
from labcim.programming.mapping.scheme import Scheme

SCHEMES = [
    Scheme("pair"),
    Scheme("offset"),
    Scheme("pair", copies=3),
    Scheme("pair", levels=4, slices=3),
    Scheme("offset", levels=4, slices=3),
    Scheme("pair", slices=2, base=8),
    Scheme("pair", levels=16, copies=2),
]


@given(st.sampled_from(SCHEMES), st.integers(0, 2**32 - 1))
def test_p4_a_mended_weight_is_never_further_off_than_an_unmended_one(scheme, seed):
    random = np.random.default_rng(seed)
    weights = random.uniform(-1, 1, 30)
    shape = (30, scheme.sides, scheme.slices, scheme.copies)
    stuck = np.where(random.random(shape) < 0.1, random.uniform(-0.05, 1.2, shape), np.nan)
    wanted = scheme.quantised(weights)
    plain = np.where(np.isnan(stuck), scheme.encode(weights), stuck)
    found = mended(scheme, weights, stuck)
    missed, before = scheme.decode(found) - wanted, scheme.decode(plain) - wanted
    assert np.all(np.abs(missed) <= np.abs(before) + 1e-12)
    held = found[~np.isnan(stuck)]
    np.testing.assert_array_equal(held, stuck[~np.isnan(stuck)])  # a stuck cell stays as it is
    free = found[np.isnan(stuck)]
    assert np.all((free >= 0.0) & (free <= 1.0))
    sound = np.isnan(stuck).all(axis=(1, 2, 3))
    np.testing.assert_array_equal(found[sound], scheme.encode(weights)[sound])


def test_p4_the_other_side_of_a_pair_makes_up_for_a_cell_that_is_stuck_high():
    scheme = Scheme("pair")
    stuck = np.full((3, 2, 1, 1), np.nan)
    stuck[:, 0] = 0.9
    weights = np.array([0.5, 0.0, -0.1])
    np.testing.assert_allclose(scheme.decode(mended(scheme, weights, stuck)), weights, atol=1e-12)
    # 0.9 is all that the weight can get
    assert scheme.decode(mended(scheme, np.array([1.0]), stuck[:1]))[0] == pytest.approx(0.9)


def test_p4_copies_make_up_for_a_copy_that_is_stuck_low():
    scheme = Scheme("pair", copies=3)
    stuck = np.full((1, 2, 1, 3), np.nan)
    stuck[0, 0, 0, 1] = 0.0
    assert scheme.decode(mended(scheme, np.array([0.6]), stuck))[0] == pytest.approx(0.6)


def loss(scheme, weights, stuck, taken):
    held = mended(scheme, weights, stuck[:, list(taken)])
    return np.square(scheme.decode(held) - scheme.quantised(weights)).sum()


def test_columns_are_assigned_as_the_best_of_all_orders():
    random = np.random.default_rng(3)
    scheme = Scheme("pair")
    weights = random.uniform(-1, 1, (6, 4))
    shape = (6, 6, 2, 1, 1)
    stuck = np.where(random.random(shape) < 0.25, random.uniform(0, 1, shape), np.nan)
    taken = assigned(scheme, weights, stuck, np.ones(4))
    best = min(loss(scheme, weights, stuck, t) for t in itertools.permutations(range(6), 4))
    assert len(set(taken)) == 4
    assert loss(scheme, weights, stuck, taken) == pytest.approx(best, abs=1e-9)


def test_the_more_important_output_gets_the_sound_column():
    scheme = Scheme("pair")
    stuck = np.full((3, 2, 2, 1, 1), np.nan)
    stuck[:, 0] = 0.0  # the first column holds nothing at all
    for importance, taken in (([9.0, 1.0], [1, 0]), ([1.0, 9.0], [0, 1])):
        found = assigned(scheme, np.full((3, 2), 0.5), stuck, np.array(importance))
        np.testing.assert_array_equal(found, taken)


def test_without_stuck_cells_every_column_keeps_its_place():
    scheme = Scheme("pair")
    stuck = np.full((5, 7, 2, 1, 1), np.nan)
    taken = assigned(scheme, np.zeros((5, 4)), stuck, np.ones(4))
    np.testing.assert_array_equal(taken, np.arange(4))
