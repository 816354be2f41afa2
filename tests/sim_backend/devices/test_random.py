"""Random numbers are functions of their key, and look random along every part of it."""

import numpy as np
import pytest
from numba import get_num_threads, njit, prange, set_num_threads
from scipy import stats

from labcim.sim_backend.devices.random import normal, normal_quantile, random_bits, uniform


@njit(parallel=True)
def parallel_normals(seed, cells, events):
    values = np.empty((cells, events))
    for cell in prange(cells):
        for event in range(events):
            values[cell, event] = normal(seed, cell, 3, event)
    return values


def test_numbers_are_the_same_for_any_number_of_threads():
    threads = get_num_threads()
    many = parallel_normals(5, 200, 50)
    set_num_threads(1)
    one = parallel_normals(5, 200, 50)
    set_num_threads(threads)

    assert (many == one).all()


@pytest.mark.parametrize("axis", [0, 1])
def test_normals_are_normal_and_uncorrelated_along_cells_and_events(axis):
    values = parallel_normals(7, 400, 400)

    assert stats.kstest(values.ravel(), "norm").pvalue > 1e-3
    neighbours = np.corrcoef(
        np.delete(values, 0, axis).ravel(), np.delete(values, -1, axis).ravel()
    )[0, 1]
    assert abs(neighbours) < 4.0 / 400.0


def test_every_part_of_the_key_changes_about_half_of_the_bits():
    key = (1, 2, 3, 4)
    base = int(random_bits(*key))
    for place in range(4):
        for bit in range(16):
            other = list(key)
            other[place] ^= 1 << bit
            assert 12 <= (base ^ int(random_bits(*other))).bit_count() <= 52


def test_uniform_never_reaches_its_ends_and_fills_the_interval():
    values = np.array([uniform(1, cell, 0, 0) for cell in range(20_000)])

    assert 0.0 < values.min() < 1e-3 and 1.0 - 1e-3 < values.max() < 1.0
    assert stats.kstest(values, "uniform").pvalue > 1e-3


def test_the_normal_quantile_agrees_with_scipy():
    chances = np.array([1e-300, 1e-20, 1e-5, 0.05, 0.074, 0.3, 0.6, 0.93, 0.999, 1 - 1e-12])
    ours = np.array([normal_quantile(chance) for chance in chances])

    np.testing.assert_allclose(ours, stats.norm.ppf(chances), rtol=1e-13)
