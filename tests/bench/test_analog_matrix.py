"""A matrix of numbers on a simulated 64 x 64 chip, from forming to products, by the board."""

from contextlib import contextmanager

import numpy as np
import pytest

import labcim
from labcim.analysis.refinement import refine
from labcim.capabilities import Coding
from labcim.programming.mapping.scheme import Scheme
from labcim.programming.matrix.writing import Tuning
from labcim.sim_backend.chip.truth import Truth

from .conftest import copy_bench

CODING = Coding(voltage=0.2, gate=2.5, pulse=100e-6, output_bits=12)
WEIGHTS = np.random.default_rng(1).uniform(-1.0, 1.0, (32, 64))
X = np.random.default_rng(2).uniform(-1.0, 1.0, (64, 60))


def relative(found, true):
    return float(np.sqrt(np.mean((found - true) ** 2) / np.mean(true**2)))


@contextmanager
def formed_bench(folder, seed):
    """Hold a bench with a formed chip; the seed makes another chip."""
    path = copy_bench("board", folder, seed=str(seed))
    with labcim.open_bench(path, record=folder / "record.sqlite") as opened:
        opened.run(labcim.new_recipe("form"))
        yield opened


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    with formed_bench(tmp_path_factory.mktemp("matrix"), 2026) as opened:
        yield opened


@pytest.fixture(scope="module")
def matrix(bench):
    return bench.matrix(WEIGHTS, coding=CODING, rounds=4)


def column_error(bench, matrix):
    """Return the error of the 64 x 64 array's own currents, before any difference or gain."""
    found = bench.vectors.multiply(X.T, CODING).current
    (region,), (targets,) = matrix.layout.regions, matrix.layout.targets
    g = np.zeros((64, 64))
    g.flat[region.cells(bench.cells.topology)] = matrix.scheme.conductance(targets)
    return relative(found, X.T * CODING.voltage @ g)


@pytest.mark.parametrize("seed", [2026, 1, 2])
def test_p1_products_of_a_written_chip_are_right_to_some_percent(tmp_path, seed):
    """Zero-mean inputs, 2 to 38 µS; weights are differences of two columns: twice the variance."""
    with formed_bench(tmp_path, seed) as bench:
        matrix = bench.matrix(WEIGHTS, coding=CODING, rounds=4)
        at_once = column_error(bench, matrix), relative(matrix @ X, WEIGHTS @ X)
        bench.clock.sleep(1.0)
        later = column_error(bench, matrix), relative(matrix @ X, WEIGHTS @ X)
    print(f"columns {at_once[0]:.2%}, weights {at_once[1]:.2%}; {later[0]:.2%}, {later[1]:.2%}")
    assert at_once[0] <= 0.035
    assert at_once[1] <= 0.035 * np.sqrt(2.0)
    assert later[0] <= 0.10 and later[1] <= 0.10


def test_the_error_budget_knows_what_the_cells_held_but_not_that_they_relax(matrix):
    budget = matrix.budget()
    print(budget)
    assert budget.programming < 0.03
    assert budget.noise < 0.015
    assert budget.total < budget.measured < 0.10


def test_p4_stuck_cells_of_the_chip_are_made_up_for(matrix):
    """About one cell in a hundred is stuck, most of them far above the range."""
    sound, stuck = ~matrix.layout.ill(), matrix.layout.ill()
    held = matrix.held() + matrix.patches.toarray()
    plain = [
        np.where(np.isnan(cells), matrix.scheme.encode(matrix.layout.wanted(region)), cells)
        for region, cells in zip(matrix.layout.regions, matrix.layout.stuck, strict=True)
    ]
    unmended, neighbours = matrix.layout.held(plain) - WEIGHTS, matrix.held() - WEIGHTS
    print([f"{np.std(error[stuck]):.3f}" for error in (unmended, neighbours, held - WEIGHTS)])
    assert 20 < stuck.sum() < 80
    assert np.std(neighbours[stuck]) < np.std(unmended[stuck])
    assert np.std((held - WEIGHTS)[stuck]) < 1.5 * np.std((held - WEIGHTS)[sound])


def test_p2_the_other_side_of_the_same_cells_multiplies_as_well(matrix):
    y = np.random.default_rng(3).uniform(-1.0, 1.0, (32, 20))
    assert relative(matrix.T @ y, WEIGHTS.T @ y) < 0.10


def test_every_pulse_that_wrote_the_matrix_is_on_record(bench, matrix):
    with labcim.open_record(bench.url) as record:
        runs = [run.run for run in record.runs()]
        recorded = sum(int(record.pulses(run)["count"].sum()) for run in runs)
    assert recorded == len(Truth(bench.path.parent / "chip.state").pulses())
    assert len(runs) >= 5  # forming, and the rounds


def test_a_matrix_taller_than_the_chip_is_folded(bench):
    weights = np.random.default_rng(4).uniform(-1.0, 1.0, (12, 128))
    x = np.random.default_rng(5).uniform(-1.0, 1.0, (128, 20))
    folded = bench.matrix(weights, coding=CODING, rounds=2)
    assert len(folded.layout.regions) == 2
    assert relative(folded @ x, weights @ x) < 0.07  # six other matrices: 0.048 to 0.063


def test_p19_inexact_products_of_the_chip_solve_32_equations_to_1e_12(bench):
    random = np.random.default_rng(6)
    basis, _ = np.linalg.qr(random.standard_normal((32, 32)))
    exact = basis * np.linspace(1.0, 5.0, 32) @ basis.T
    b = random.standard_normal(32)
    found = refine(exact, bench.matrix(exact, coding=CODING), b)
    print(f"{found.outer} outer steps, {found.inexact} products")
    assert found.converged
    assert found.outer <= 40


def test_d7_the_spread_of_weights_on_the_chip_falls_with_the_root_of_the_cells(bench):
    spread = {}
    for copies, outputs, times in ((1, 32, 1), (4, 8, 2), (9, 3, 4)):
        errors = []
        for again in range(times):
            random = np.random.default_rng([copies, again])
            weights = random.uniform(-1.0, 1.0, (outputs, 64))
            written = bench.matrix(weights, scheme=Scheme(copies=copies), coding=CODING)
            errors.append((written.held() - weights)[~written.layout.ill()])
        spread[copies] = float(np.std(np.concatenate(errors)))
    print(spread)
    assert spread[4] == pytest.approx(spread[1] / 2.0, rel=0.1)
    assert spread[9] == pytest.approx(spread[1] / 3.0, rel=0.1)


def test_r7_the_drift_of_phase_change_cells_is_compensated_by_one_factor(tmp_path):
    """Uniform drift would be compensated 5x and more; the spread of the exponents stays."""
    path = copy_bench("small", tmp_path, preset='"pcm-mushroom"')
    tuning = Tuning(
        set_start=0.8, reset_start=1.5, zero_reset_start=2.0, cap=3.0, algorithm="plain",
        set_gate=5.0, reset_gate=5.0,
    )  # fmt: skip
    weights = np.random.default_rng(7).uniform(-1.0, 1.0, (8, 16))
    x = np.random.default_rng(8).uniform(-1.0, 1.0, (16, 60))
    with labcim.open_bench(path, record=tmp_path / "record.sqlite") as bench:
        scheme = Scheme(low=1e-6, high=20e-6)
        matrix = bench.matrix(weights, scheme=scheme, tuning=tuning, coding=CODING)
        bench.clock.sleep(1e5)
        drifted = relative(matrix @ x, weights @ x)
        factor = matrix.compensate_drift()
        compensated = relative(matrix @ x, weights @ x)
    print(f"{drifted:.1%}, with a factor of {factor:.3f} {compensated:.1%}")
    # from some seconds to 1e5 s with exponents of 0.05 to 0.1
    assert 1e4**0.03 < factor < 1e5**0.1
    assert compensated < drifted / 1.6


def test_p18_eight_by_eight_bits_are_exact_on_a_chip_in_slices_of_one_bit(tmp_path):
    """Sums of 16 cells that are off by about 1 µS each, in steps of 36 µS."""
    path = copy_bench("small", tmp_path, stuck="0.0")
    random = np.random.default_rng(9)
    weights = random.integers(-255, 256, (1, 16)).astype(float)
    x = random.integers(-255, 256, (200, 16)).astype(float)
    scheme = Scheme("pair", levels=2, slices=8)
    coding = Coding(voltage=0.2, gate=2.5, pulse=100e-6, bits=1, output_bits=12)
    with labcim.open_bench(path, record=tmp_path / "record.sqlite") as bench:
        bench.run(labcim.new_recipe("form"))
        matrix = bench.matrix(
            weights, scheme=scheme, coding=coding, full_scale=255.0, input_slices=8
        )
        np.testing.assert_array_equal(matrix.integer_products(x), x @ weights.T)
