"""Normal numbers by key and place: their distribution, their independence, their addresses."""

import numpy as np
from scipy import stats

from labcim.sim_backend.periphery.normals import fill_normals, noise_key


def normals(key, place, half):
    """Return 2 * half normals from pair ``place`` on, (2, half)."""
    out = np.empty(2 * half, dtype=np.float32)
    fill_normals(key, place, half, np.empty(2 * half, dtype=np.int32), out)
    return out.reshape(2, half)


def test_they_are_standard_normal():
    values = normals(noise_key(1, 2), 0, 1 << 18).ravel()
    count = values.size

    assert stats.kstest(values, "norm").pvalue > 0.01
    assert abs(values.mean()) < 4 / np.sqrt(count)
    assert abs(values.std() - 1) < 4 / np.sqrt(2 * count)
    assert abs(stats.skew(values)) < 4 * np.sqrt(6 / count)
    assert abs(stats.kurtosis(values)) < 4 * np.sqrt(24 / count)


def test_tails_are_as_heavy_as_they_should_be():
    values = np.abs(normals(noise_key(3, 0), 0, 1 << 20))
    for limit in (3.0, 4.0):
        expected = 2 * stats.norm.sf(limit) * values.size
        assert abs((values > limit).sum() - expected) < 4 * np.sqrt(expected)


def test_both_of_a_pair_and_neighbours_are_independent():
    first, second = normals(noise_key(5, 0), 0, 1 << 18)
    limit = 4 / np.sqrt(first.size)
    for a, b in ((first, second), (first[1:], first[:-1]), (second[1:], first[:-1])):
        assert abs(np.corrcoef(a, b)[0, 1]) < limit
        assert abs(np.corrcoef(a * a, b * b)[0, 1]) < limit


def test_a_number_belongs_to_its_place_however_many_are_drawn():
    key = noise_key(7, 9)
    whole = normals(key, 100, 512)

    for start, half in ((0, 1), (3, 8), (37, 475)):
        part = normals(key, 100 + start, half)
        np.testing.assert_array_equal(part, whole[:, start : start + half])


def test_calls_and_seeds_have_keys_of_their_own():
    keys = {noise_key(seed, call) for seed in range(30) for call in range(30)}

    assert len(keys) == 900
    a, b = (normals(noise_key(1, call), 0, 1 << 16).ravel() for call in (1, 2))
    assert abs(np.corrcoef(a, b)[0, 1]) < 4 / np.sqrt(a.size)
