"""Cells from sums over rows, against closed forms: a matrix, and noise of two kinds."""

import numpy as np
import pytest

from labcim.capabilities import Coding, Products, Topology
from labcim.programming.pattern_reading import patterns, read_by_patterns

CHIP = Topology(20, 12)
CODING = Coding(voltage=0.2)


class Sums:
    """Exact products with a matrix, noise of the read-out (A) and of the cells (S) on top."""

    def __init__(self, g, read_out=0.0, cell=0.0, seed=1):
        self.g, self.read_out, self.cell = g, read_out, cell
        self.random = np.random.default_rng(seed)
        self.vectors = 0
        self.flagged = []

    def multiply(self, inputs, coding):
        self.vectors += len(inputs)
        noisy = self.g + self.random.normal(0.0, 1.0, (len(inputs), *self.g.shape)) * self.cell
        current = coding.voltage * np.einsum("br,brc->bc", inputs, noisy)
        current += self.random.normal(0.0, 1.0, current.shape) * self.read_out
        flags = np.zeros(current.shape, np.uint8)
        for vector, column in self.flagged:
            flags[vector, column] = 2
        return Products(current, flags, np.arange(len(inputs), dtype=float), np.ones_like(current))


def matrix(seed=3):
    return np.random.default_rng(seed).uniform(1e-6, 40e-6, (CHIP.rows, CHIP.columns))


@pytest.mark.parametrize("count", [1, 2, 3, 16, 20])
def test_columns_of_the_patterns_are_orthogonal_and_of_the_next_power_of_two(count):
    driven = patterns(count, "hadamard")
    assert len(driven) == min(n for n in (1, 2, 4, 8, 16, 32) if n >= count)
    assert np.array_equal(driven.T @ driven, len(driven) * np.eye(count))
    assert np.abs(driven).max() == 1.0


@pytest.mark.parametrize("pattern", ["lines", "hadamard"])
def test_without_noise_each_cell_is_exact_whatever_stands_in_the_other_rows(pattern):
    g = matrix()
    cells = np.array([3, 5, 50, 239, 120, 17], np.uint32)
    found = read_by_patterns(Sums(g), CHIP, cells, CODING, pattern, averages=2)
    assert np.allclose(found.corrected, g.ravel()[cells], rtol=1e-12)
    assert found.good.all()


def rms(pattern, averages=1, **noise):
    g, found = matrix(), []
    for seed in range(40):
        sums = Sums(g, **noise, seed=seed)
        cells = CHIP.all_cells()
        read = read_by_patterns(sums, CHIP, cells, CODING, pattern, averages=averages)
        found.append(read.corrected.reshape(g.shape) - g)
    return np.sqrt(np.mean(np.square(found), axis=0))


def test_the_noise_of_the_read_out_falls_with_the_root_of_the_number_of_patterns():
    assert np.sqrt(np.mean(rms("lines", read_out=2e-7) ** 2)) == pytest.approx(1e-6, rel=0.03)
    each = np.sqrt(np.mean(rms("hadamard", read_out=2e-7) ** 2))
    assert each == pytest.approx(1e-6 / np.sqrt(32), rel=0.03)


def test_the_noise_of_the_cells_is_shared_so_that_quiet_cells_suffer():
    noise = 0.02 * matrix()
    alone, together = rms("lines", cell=noise), rms("hadamard", cell=noise)
    assert np.allclose(alone.mean(axis=0), noise.mean(axis=0), rtol=0.1)
    # 20 rows in 32 patterns: each cell gets the sum of 20 variances, over 32.
    share = np.sqrt((noise**2).sum(axis=0) / 32)
    assert np.allclose(np.sqrt((together**2).mean(axis=0)), share, rtol=0.1)
    quiet = noise < 0.02 * 8e-6
    assert (together[quiet] > 1.5 * alone[quiet]).mean() > 0.95


def test_a_cell_is_flagged_if_a_sum_that_it_is_taken_from_was():
    sums = Sums(matrix())
    sums.flagged = [(3, 7)]
    cells = CHIP.all_cells()
    row, column = cells // CHIP.columns, cells % CHIP.columns
    by_lines = read_by_patterns(sums, CHIP, cells, CODING, "lines")
    assert np.array_equal(~by_lines.good, (row == 3) & (column == 7))
    together = read_by_patterns(sums, CHIP, cells, CODING, "hadamard")
    assert np.array_equal(~together.good, column == 7)
