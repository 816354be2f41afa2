"""Mixed precision (P19, S2): twelve digits from products that have two."""

import numpy as np
import pytest
from fake_array import fake_array

from labcim.analysis.refinement import gmres, refine
from labcim.capabilities import Coding
from labcim.errors import RangeError
from labcim.programming.matrix import AnalogMatrix


class Inexact:
    """A matrix of 8 bit weights, each off by a share of the largest, whose products are noisy."""

    def __init__(self, exact, error, random, noise=0.01):
        largest = np.abs(exact).max()
        rounded = np.rint(exact / largest * 127) / 127 * largest
        self.matrix = rounded + error * largest * random.standard_normal(exact.shape)
        self.noise, self.random, self.shape = noise, random, exact.shape

    @property
    def T(self):  # noqa: N802
        other = Inexact.__new__(Inexact)
        other.__dict__ |= self.__dict__ | {"matrix": self.matrix.T}
        return other

    def __matmul__(self, x):
        y = self.matrix @ x
        size = np.sqrt(np.mean(y**2))
        return y + self.noise * size * self.random.standard_normal(len(y))


def system(n, seed, symmetric=True, condition=10.0):
    random = np.random.default_rng(seed)
    left, _ = np.linalg.qr(random.standard_normal((n, n)))
    right, _ = np.linalg.qr(random.standard_normal((n, n)))
    values = np.linspace(1.0, condition, n)
    exact = left * values @ (left.T if symmetric else right.T)
    return exact, random.standard_normal(n), random


@pytest.mark.parametrize("seed", range(3))
def test_p19_s2_a_dense_system_of_256_is_solved_to_1e_12(seed):
    exact, b, random = system(256, seed)
    found = refine(exact, Inexact(exact, 0.01, random), b)
    assert found.converged
    assert np.linalg.norm(b - exact @ found.x) <= 1e-12 * np.linalg.norm(b)
    # reference trial: 35 outer steps, 440 products
    print(f"{found.outer} outer steps, {found.inexact} products")
    assert found.outer <= 35
    assert found.inexact <= 440


def test_p19_s2_with_less_error_it_takes_fewer_products():
    exact, b, random = system(256, 0)
    rough = refine(exact, Inexact(exact, 0.01, random), b)
    fine = refine(exact, Inexact(exact, 0.003, random), b)
    print(f"{fine.outer} outer steps, {fine.inexact} products")  # reference trial: 15 and 111
    assert fine.converged
    assert fine.outer <= 20
    assert fine.inexact <= 111
    assert fine.inexact < rough.inexact


def test_s2_a_system_that_is_not_symmetric_is_solved_by_both_sides_of_the_array():
    exact, b, random = system(256, 0, symmetric=False)
    found = refine(exact, Inexact(exact, 0.01, random), b, method="cgls")
    assert found.converged
    assert found.outer <= 35


@pytest.mark.slow
def test_s2_a_thousand_equations():
    exact, b, random = system(1000, 3)
    found = refine(exact, Inexact(exact, 0.003, random), b)
    print(f"{found.outer} outer steps, {found.inexact} products")
    assert found.converged


def test_p19_a_matrix_written_by_pulses_solves_to_1e_12():
    exact, b, _ = system(32, 1, condition=5.0)
    matrix = AnalogMatrix(exact, fake_array(32, 64, converts=True), coding=Coding(output_bits=12))
    found = refine(exact, matrix.program().recalibrate(), b)
    assert found.converged
    assert matrix.tally.vectors >= found.inexact


def test_the_residual_never_grows_and_an_inexact_matrix_of_noise_says_so():
    exact, b, random = system(32, 2)
    noise = Inexact(random.standard_normal((32, 32)), 0.0, random, noise=10.0)
    found = refine(exact, noise, b, outer_steps=20)
    assert not found.converged
    assert found.outer == 20
    assert np.all(np.diff(found.residuals) <= 1e-12)


def test_gmres_solves_exactly_in_as_many_steps_as_there_are_equations():
    exact, b, _ = system(12, 4)
    x, products = gmres(lambda v: exact @ v, b, 1e-13, 12)
    assert products <= 12
    np.testing.assert_allclose(exact @ x, b, atol=1e-10)


def test_nothing_is_solved_by_nothing():
    found = refine(np.eye(3), np.eye(3), np.zeros(3))
    assert found.converged
    assert found.outer == found.inexact == 0


@pytest.mark.parametrize(
    ("exact", "inexact", "b"),
    [
        (np.eye(3), np.eye(3), np.ones(4)),
        (np.eye(3), np.eye(4), np.ones(3)),
        (np.eye(3), np.eye(3), np.array([1.0, np.nan, 0.0])),
        (np.eye(3), np.eye(3), np.ones((3, 1))),
    ],
)
def test_what_does_not_fit_is_refused(exact, inexact, b):
    with pytest.raises(RangeError, match="accepts"):
        refine(exact, inexact, b)
