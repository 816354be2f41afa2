"""Restart tests: sane and validated sources pass, what repeats after each start fails."""

import numpy as np
import pytest

from labcim.analysis.entropy.restart import assess_restarts, sanity_cutoff
from labcim.errors import RangeError


def matrix(side: int, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 2, (side, side)).astype(np.uint8)


def test_a_source_that_starts_afresh_keeps_its_entropy():
    found = assess_restarts(matrix(300), 0.7)
    assert found.sane and found.valid
    assert found.entropy == min(0.7, found.rows, found.columns)


def test_a_source_that_starts_with_the_same_bit_is_not_sane():
    same = matrix(300)
    same[:, 0] = 1  # each restart begins alike: no row shows it, the first column does
    found = assess_restarts(same, 0.7)
    assert found.most == 300 and not found.sane and found.entropy == 0.0


def test_a_source_that_repeats_itself_after_each_start_fails_by_columns():
    rng = np.random.default_rng(2)
    row = rng.integers(0, 2, 300)
    repeated = np.where(rng.random((300, 300)) < 0.3, rng.integers(0, 2, (300, 300)), row)
    found = assess_restarts(repeated, 0.9)
    assert not found.valid and found.entropy == 0.0
    assert found.columns < found.initial / 2 or not found.sane


def test_the_cutoff_is_the_quantile_of_drawn_rows():
    rng = np.random.default_rng(3)
    ones = rng.binomial(1000, 2**-0.8, 400_000)
    alpha = 1 - 0.99 ** (1 / 2000)
    cutoff = sanity_cutoff(1000, 2, 0.8)
    # drawn: about two of 400,000 rows beyond it, and surely some beyond 10 less
    assert np.mean(ones > cutoff) <= 4 * alpha
    assert np.mean(ones > cutoff - 10) > alpha
    assert sanity_cutoff(1000, 256, 8.0) < 30


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_a_thousand_restarts_of_a_good_source_are_valid():
    found = assess_restarts(matrix(1000), 0.8)
    assert found.valid and found.entropy == 0.8
    assert assess_restarts(matrix(1000), 0.9, independent=True).entropy == 0.9


@pytest.mark.parametrize(
    ("given", "initial"),
    [(np.zeros((30, 31)), 0.5), (np.zeros((5, 5)), 0.5), (matrix(30), 0.0), (matrix(30), 1.5)],
)
def test_what_is_no_matrix_of_restarts_is_refused(given, initial):
    with pytest.raises(RangeError, match="accepts"):
        assess_restarts(given, initial)
