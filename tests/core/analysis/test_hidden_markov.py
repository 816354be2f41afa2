"""Hidden Markov chains against a sum over every path that a short series can have taken."""

from itertools import pairwise, product

import numpy as np
import pytest

from labcim.analysis.hidden_markov import log_likelihood, stationary, visits
from labcim.errors import RangeError

TWO = (np.array([-0.8, 1.1]), 0.7, np.array([[0.9, 0.1], [0.3, 0.7]]))
FOUR = (
    np.array([0.0, 1.0, 2.0, 3.5]),
    0.5,
    np.kron(np.array([[0.9, 0.1], [0.2, 0.8]]), np.array([[0.6, 0.4], [0.5, 0.5]])),
)


def every_path(values, levels, sigma, moving):
    """Return (ln density, occupied, moves) by adding up all paths, one by one."""
    states, n = len(levels), len(values)
    start = np.linalg.matrix_power(moving, 4096)[0]
    total, occupied, moves = 0.0, np.zeros((n, states)), np.zeros((states, states))
    for path in product(range(states), repeat=n):
        chance = start[path[0]]
        for before, after in pairwise(path):
            chance *= moving[before, after]
        for value, state in zip(values, path, strict=True):
            if np.isfinite(value):
                z = (value - levels[state]) / sigma
                chance *= np.exp(-0.5 * z * z) / (sigma * np.sqrt(2.0 * np.pi))
        total += chance
        occupied[np.arange(n), path] += chance
        for before, after in pairwise(path):
            moves[before, after] += chance
    return np.log(total), occupied / total, moves / total


@pytest.mark.parametrize("chain", [TWO, FOUR], ids=["two states", "four states"])
@pytest.mark.parametrize("blind", [False, True], ids=["all seen", "some unseen"])
def test_both_passes_say_what_the_sum_over_all_paths_says(chain, blind):
    values = np.random.default_rng(3).normal(0.8, 1.3, 7)
    if blind:
        values[[0, 4]] = np.nan
    density, occupied, moves = every_path(values, *chain)

    found = visits(values, *chain)

    assert found.log_likelihood == pytest.approx(density, rel=1e-12)
    assert log_likelihood(values, *chain) == pytest.approx(density, rel=1e-12)
    np.testing.assert_allclose(found.occupied, occupied, atol=1e-12)
    np.testing.assert_allclose(found.moves, moves, atol=1e-12)
    seen = np.isfinite(values)
    told = occupied[seen]
    np.testing.assert_allclose(found.weight, told.sum(axis=0), atol=1e-12)
    np.testing.assert_allclose(found.total, told.T @ values[seen], atol=1e-12)
    np.testing.assert_allclose(found.square, told.T @ values[seen] ** 2, atol=1e-12)


def test_a_value_far_from_every_level_is_unlikely_and_no_zero():
    found = visits(np.array([0.0, 1e4, 0.0]), *TWO)
    assert found.log_likelihood < -1e7
    assert np.isfinite(found.occupied).all()


def test_the_stationary_share_of_two_states_is_that_of_their_rates():
    np.testing.assert_allclose(stationary(TWO[2]), [0.75, 0.25], atol=1e-12)


@pytest.mark.parametrize(
    ("levels", "sigma", "moving"),
    [
        (np.array([0.0, np.nan]), 1.0, TWO[2]),
        (TWO[0], 0.0, TWO[2]),
        (TWO[0], 1.0, TWO[2] * 0.9),
        (TWO[0], 1.0, np.eye(3)),
    ],
)
def test_what_is_no_chain_is_refused(levels, sigma, moving):
    with pytest.raises(RangeError, match="accepts"):
        visits(np.zeros(5), levels, sigma, moving)
