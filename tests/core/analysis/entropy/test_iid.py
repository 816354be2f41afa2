"""The IID route: what is independent passes, what is not fails, and counts are those by hand."""

import bz2
import itertools
from collections import Counter

import numpy as np
import pytest
from reference_bits import digits

from labcim.analysis.entropy.iid import (
    goodness_of_fit,
    iid,
    independence,
    repeat_probability,
)
from labcim.analysis.entropy.permutation import permutation_tests
from labcim.errors import RangeError


def statistics(symbols, **how) -> dict[str, float]:
    return {test.name: test.value for test in permutation_tests(symbols, **how)}


def test_the_bits_of_pi_have_the_entropy_of_nists_tool_by_this_route():
    bits = digits("pi")  # the whole route: see the slow test
    assert independence(bits, 1).passed and goodness_of_fit(bits, 1).passed
    assert repeat_probability(bits) >= 0.001


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_the_bits_of_pi_pass_all_tests_of_independence():
    found = iid(digits("pi"))
    assert found.passed
    assert found.entropy == pytest.approx(0.995489, abs=1e-6)


def test_statistics_of_symbols_are_those_by_hand():
    s = np.random.default_rng(2).integers(0, 5, 400).astype(np.uint8)
    found = statistics(s, binary=False, permutations=20)
    x = s.tolist()
    mean, median = sum(x) / len(x), sorted(x)[199] / 2 + sorted(x)[200] / 2
    assert found["excursion"] == pytest.approx(
        max(abs(sum(x[:i]) - i * mean) for i in range(1, 401))
    )
    up = "".join("-" if a > b else "+" for a, b in itertools.pairwise(x))
    runs = up.replace("+-", "+ -").replace("-+", "- +").split()
    assert found["number of directional runs"] == len(runs)
    assert found["length of directional runs"] == max(map(len, runs))
    assert found["increases and decreases"] == max(up.count("+"), up.count("-"))
    about = "".join("+" if a >= median else "-" for a in x)
    runs = about.replace("+-", "+ -").replace("-+", "- +").split()
    assert found["number of runs about the median"] == len(runs)
    assert found["length of runs about the median"] == max(map(len, runs))
    for p in (1, 8, 32):
        pairs = list(zip(x, x[p:], strict=False))
        assert found[f"periodicity {p}"] == sum(a == b for a, b in pairs)
        assert found[f"covariance {p}"] == sum(a * b for a, b in pairs)
    text = " ".join(map(str, x)).encode()
    assert found["compression"] == len(bz2.compress(text, 5))


def test_statistics_of_bits_are_taken_of_eight_at_a_time():
    s = (np.random.default_rng(3).random(1600) < 0.4).astype(np.uint8)
    found = statistics(s, binary=True, permutations=20)
    bytes_ = [s[i : i + 8].tolist() for i in range(0, 1600, 8)]
    sums = [sum(b) for b in bytes_]
    assert found["periodicity 2"] == sum(a == b for a, b in zip(sums, sums[2:], strict=False))
    assert found["covariance 16"] == sum(a * b for a, b in zip(sums, sums[16:], strict=False))
    values = [int("".join(map(str, b)), 2) for b in bytes_]
    waits, start = [], 0
    while start < len(values):
        seen, i = set(), start
        while i < len(values) and values[i] not in seen:
            seen.add(values[i])
            i += 1
        if i == len(values):
            break
        waits.append(i - start + 1)
        start = i + 1
    assert found["mean collision"] == pytest.approx(sum(waits) / len(waits))
    assert found["largest collision"] == max(waits)


@pytest.mark.parametrize("kinds", [2, 7, 256])
def test_independent_symbols_pass_and_the_same_seed_gives_the_same_ranks(kinds):
    s = np.random.default_rng(kinds).integers(0, kinds, 20_000 if kinds == 256 else 4_000)
    found = iid(s, seed=4, permutations=2000)
    assert found.passed
    assert iid(s, seed=4, permutations=2000).permutations == found.permutations


@pytest.mark.parametrize("kinds", [2, 7, 256])
def test_symbols_that_remember_fail(kinds):
    rng = np.random.default_rng(kinds)
    s = rng.integers(0, kinds, 4_000)
    again = rng.random(4_000) < 0.3
    for i in np.flatnonzero(again[1:]) + 1:
        s[i] = s[i - 1]
    found = iid(s, permutations=1000)
    assert not found.passed
    # with 256 symbols pairs are too rare for the chi-square to see it
    assert not found.independence.passed or kinds == 256


@pytest.mark.parametrize("kinds", [2, 7])
def test_symbols_whose_distribution_drifts_do_not_fit(kinds):
    rng = np.random.default_rng(1)
    s = rng.integers(0, kinds, 20_000)
    later = rng.random(20_000) < np.linspace(0.0, 0.2, 20_000)
    s[later] = 0
    width = 1 if kinds == 2 else 3
    assert not goodness_of_fit(s.astype(np.uint8), width).passed


def test_chi_squares_are_those_by_hand():
    bits = (np.random.default_rng(5).random(9_000) < 0.4).astype(np.uint8)
    ones = bits.mean()
    m = max(m for m in range(2, 12) if ones**m * (9_000 // m) >= 5)
    words = Counter(tuple(bits[i * m : (i + 1) * m]) for i in range(9_000 // m))
    value = 0.0
    for word in np.ndindex(*(2,) * m):
        expected = ones ** sum(word) * (1 - ones) ** (m - sum(word)) * (9_000 // m)
        value += (words[word] - expected) ** 2 / expected
    found = independence(bits, 1)
    assert found.degrees == 2**m - 2 and found.value == pytest.approx(value)
    fit = goodness_of_fit(bits, 1)
    parts = bits.reshape(10, 900)
    by_hand = sum(
        (part.sum() - 900 * ones) ** 2 / (900 * ones)
        + (900 - part.sum() - 900 * (1 - ones)) ** 2 / (900 * (1 - ones))
        for part in parts
    )
    assert fit.degrees == 9 and fit.value == pytest.approx(by_hand)


def test_collisions_are_those_of_the_standards_example():
    # 5.1.7: (2, 1, 1), (2, 0, 1, 0) and (1, 1), and 2 is left over
    found = statistics(np.array([2, 1, 1, 2, 0, 1, 0, 1, 1, 2], np.uint8), binary=False)
    assert found["mean collision"] == 3.0 and found["largest collision"] == 4.0


def test_a_planted_repeat_is_found_too_long_to_be_chance():
    s = np.random.default_rng(6).integers(0, 16, 5_000).astype(np.uint8)
    assert repeat_probability(s) > 0.01
    s[3000:3020] = s[1000:1020]
    assert repeat_probability(s) < 0.001
    assert repeat_probability(np.zeros(400, np.uint8)) == 1.0


@pytest.mark.parametrize(
    ("values", "how", "accepts"),
    [
        ([0, 1] * 100, {}, "300"),
        ([0, 1] * 200, {"permutations": 10}, "1000"),
        ([9] * 400, {"bits": 3}, "7"),
    ],
)
def test_too_little_for_the_route_is_refused(values, how, accepts):
    with pytest.raises(RangeError, match=accepts):
        iid(values, **how)
