"""The noisy multiply: the fused kernel against the literal steps, and laws of its own."""

import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from labcim.errors import RangeError
from labcim.sim_backend.periphery.management import BoundManagement, NoiseManagement
from labcim.sim_backend.periphery.mvm import MvmParameters, NoisyMultiply
from labcim.sim_backend.periphery.mvm_literal import multiply_literally

QUIET = MvmParameters(out_noise=0.0)
PERFECT = MvmParameters(
    inp_res=0.0, out_res=0.0, out_noise=0.0, out_bound=1e6, bound_management=BoundManagement.NONE
)


def case(inputs, outputs, batch, seed=0, scale=0.3):
    """Weights and vectors whose sums are exact in float32: whole multiples of powers of two."""
    random = np.random.default_rng(seed)
    weights = random.integers(-128, 129, (inputs, outputs)) * (scale / 128)
    return np.float32(weights), np.float32(random.integers(-63, 64, (batch, inputs)) / 64)


def exact_scale(parameters):
    """Powers of two for all steps, so that float32 sums of whole steps have no rounding."""
    return replace(parameters, inp_res=1.0 / 128, out_res=1.0 / 512, out_bound=16.0)


@settings(max_examples=60, deadline=None)
@given(
    inputs=st.integers(1, 70), outputs=st.integers(1, 130), batch=st.integers(1, 14),
    bound=st.sampled_from(list(BoundManagement)),
    noise=st.sampled_from([k for k in NoiseManagement if k is not NoiseManagement.AVERAGE_ABS_MAX]),
    scale=st.sampled_from([0.25, 4.0]),
)  # fmt: skip
def test_without_noise_it_is_the_literal_multiply_bit_for_bit(
    inputs, outputs, batch, bound, noise, scale
):
    weights, vectors = case(inputs, outputs, batch, inputs * 1000 + outputs, scale)
    p = replace(exact_scale(QUIET), bound_management=bound, noise_management=noise)
    found = NoisyMultiply(weights, p).multiply(vectors)
    expected = multiply_literally(weights, vectors, p, np.random.default_rng(0))

    np.testing.assert_array_equal(found.values, expected)


@pytest.mark.parametrize(
    "shape", [(1, 1, 1), (3, 5, 2), (64, 64, 7), (300, 33, 140), (128, 200, 1)]
)
def test_perfect_converters_and_no_noise_give_the_product(shape):
    """P1, the ideal product, to float32."""
    random = np.random.default_rng(1)
    weights, vectors = random.normal(size=shape[:2]), random.normal(size=(shape[2], shape[0]))
    found = NoisyMultiply(weights, PERFECT).multiply(vectors).values

    np.testing.assert_allclose(found, vectors @ weights, atol=2e-6 * shape[0])


@pytest.mark.parametrize(
    "change",
    [
        {"out_noise": 0.06}, {"out_noise": 0.0, "inp_noise": 0.05},
        {"out_noise": 0.0, "w_noise": 0.02}, {"inp_noise": 0.02, "w_noise": 0.02, "inp_res": 0.0},
    ],
)  # fmt: skip
def test_noise_has_the_distribution_of_the_literal_multiply(change):
    """Moments and Kolmogorov-Smirnov, without the ADC's steps, which would make ties."""
    p = replace(MvmParameters(out_res=0.0, bound_management=BoundManagement.NONE), **change)
    random = np.random.default_rng(2)
    weights, vector = random.normal(size=(40, 50)) * 0.2, random.uniform(-1, 1, 40)
    vectors = np.tile(vector, (400, 1))
    found = NoisyMultiply(weights, p, seed=3).multiply(vectors).values
    literal = multiply_literally(weights, vectors, p, random)
    centre, spread = literal.mean(axis=0), literal.std(axis=0)

    assert np.abs(found.mean(axis=0) - centre).max() < 5 * np.max(spread) * np.sqrt(2 / 400)
    assert found.std(axis=0) == pytest.approx(spread, rel=0.2)
    pooled = [((values - centre) / spread).ravel() for values in (found, literal)]
    assert pooled[0].std() == pytest.approx(pooled[1].std(), rel=0.02)
    assert stats.ks_2samp(*pooled).pvalue > 0.01


def test_output_noise_is_normal_and_as_large_as_was_asked():
    p = replace(PERFECT, out_noise=0.06)
    found = NoisyMultiply(np.zeros((4, 512)), p, seed=11).multiply(np.ones((300, 4))).values

    assert stats.kstest(found.ravel() / 0.06, "norm").pvalue > 0.01
    assert np.abs(np.corrcoef(found[:, :40].T) - np.eye(40)).max() < 0.3  # columns are independent
    assert np.abs(np.corrcoef(found[:60]) - np.eye(60)).max() < 0.25  # and so are vectors


def test_all_noise_depends_on_seed_and_call_and_nothing_else():
    weights, vectors = case(64, 64, 20)
    multiply = NoisyMultiply(weights, MvmParameters(), seed=1)
    first, again = multiply.multiply(vectors, call=5).values, multiply.multiply(vectors, 5).values

    np.testing.assert_array_equal(first, again)
    assert (first != multiply.multiply(vectors, call=6).values).mean() > 0.5
    other = NoisyMultiply(weights, MvmParameters(), seed=2).multiply(vectors, call=5).values
    assert (first != other).mean() > 0.5


@pytest.mark.parametrize("threads", [2, 3, 7])
def test_the_number_of_threads_changes_no_bit(threads):
    random = np.random.default_rng(4)
    weights, vectors = random.normal(size=(130, 90)) * 0.5, random.uniform(-1, 1, (300, 130))
    p = MvmParameters(inp_noise=0.01, w_noise=0.01)
    one = NoisyMultiply(weights, p).multiply(vectors)
    many = NoisyMultiply(weights, p, threads=threads).multiply(vectors)

    np.testing.assert_array_equal(one.values, many.values)
    np.testing.assert_array_equal(one.scales, many.scales)


def test_the_libraries_threads_change_no_bit():
    program = (
        "import hashlib, numpy as np; from labcim.sim_backend.periphery.mvm import NoisyMultiply;"
        "r = np.random.default_rng(0); w = r.normal(size=(256, 256)) * .1;"
        "y = NoisyMultiply(w).multiply(r.uniform(-1, 1, (64, 256))).values;"
        "print(hashlib.sha256(y.tobytes()).hexdigest())"
    )
    said = set()
    for threads in ("1", "2"):
        names = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "NUMBA_NUM_THREADS")
        env = os.environ | dict.fromkeys(names, threads)
        done = subprocess.run(
            [sys.executable, "-c", program], env=env, capture_output=True, text=True, check=True
        )
        said.add(done.stdout.strip())
    assert len(said) == 1


def test_a_vector_has_the_same_product_alone_as_in_a_batch():
    random = np.random.default_rng(5)
    weights, vectors = random.normal(size=(100, 210)), random.uniform(-1, 1, (17, 100))
    together = NoisyMultiply(weights, PERFECT).multiply(vectors).values
    alone = [NoisyMultiply(weights, PERFECT).multiply(vector).values[0] for vector in vectors]

    np.testing.assert_array_equal(together, alone)


def test_rows_that_were_clipped_are_repeated_until_they_fit_and_others_are_left_alone():
    weights = np.full((40, 3), 1.0)
    vectors = np.ones((2, 40))
    vectors[1, 1:] = 0.0
    found = NoisyMultiply(weights, QUIET).multiply(vectors)

    np.testing.assert_array_equal(found.scales, [4.0, 1.0])  # 40 / 4 is the first within 12
    np.testing.assert_array_equal(found.clipped, [0, 0])
    assert found.values[0] == pytest.approx(40.0, rel=0.02)


def test_without_bound_management_clipped_outputs_are_counted():
    p = replace(QUIET, bound_management=BoundManagement.NONE)
    found = NoisyMultiply(np.full((40, 3), 1.0), p).multiply(np.ones((1, 40)))

    np.testing.assert_array_equal(found.clipped, [3])
    assert found.values == pytest.approx(12.0)


def test_repetition_ends_where_inputs_would_become_too_coarse():
    """A step of 1/126 of the range may grow to a quarter: scale 31 at most."""
    found = NoisyMultiply(np.full((1000, 2), 1.0), QUIET).multiply(np.ones((1, 1000)))

    np.testing.assert_array_equal(found.scales, [16.0])
    np.testing.assert_array_equal(found.clipped, [2])


def test_the_worst_case_scale_ends_clipping_in_one_repetition():
    kind = BoundManagement.ITERATIVE_WORST_CASE
    p = replace(QUIET, bound_management=kind, assumed_wmax=1.0, inp_res=0.0)
    found = NoisyMultiply(np.full((60, 2), 1.0), p).multiply(np.ones((1, 60)))

    np.testing.assert_allclose(found.scales, [60 / 12.0], rtol=1e-6)
    np.testing.assert_array_equal(found.clipped, [0])


def test_shift_management_keeps_differences_below_the_largest_output():
    p = replace(QUIET, bound_management=BoundManagement.SHIFT)
    weights = np.stack([np.full(40, 1.0), np.full(40, 0.9), np.full(40, 0.5)], axis=1)
    values = NoisyMultiply(weights, p).multiply(np.ones((1, 40))).values[0]

    np.testing.assert_allclose(values - values[0], [0.0, -4.0, -20.0], atol=0.06)
    assert values[0] == pytest.approx(12.0)


def test_abs_max_lifts_small_vectors_out_of_the_noise():
    """P21: with scaling, the relative error of small and large vectors is the same."""
    random = np.random.default_rng(6)
    weights, vectors = random.normal(size=(100, 100)) * 0.1, random.uniform(-1, 1, (50, 100))
    error = {}
    for kind in (NoiseManagement.ABS_MAX, NoiseManagement.NONE):
        p = MvmParameters(noise_management=kind)
        small = NoisyMultiply(weights, p).multiply(vectors * 0.01).values
        error[kind] = np.std(small / 0.01 - vectors @ weights)

    assert error[NoiseManagement.ABS_MAX] < 0.1
    assert error[NoiseManagement.NONE] > 20 * error[NoiseManagement.ABS_MAX]


def test_accuracy_has_its_knee_at_four_to_five_bits():
    """P21: at least 4 bits with sign. Nearest of 10 patterns; an auto-ranged ADC.

    Auto-range (bound management from a tight bound) recovers >= 90 % of the ideal range's accuracy.
    """
    random = np.random.default_rng(7)
    patterns = random.normal(size=(64, 10)) / 8
    labels = random.integers(0, 10, 2000)
    vectors = patterns.T[labels] * 8 + random.normal(size=(2000, 64)) * 1.9

    def accuracy(bits, bound=4.0, kind=BoundManagement.ITERATIVE):
        p = replace(
            QUIET,
            out_res=1.0 / (2**bits - 2),
            out_bound=bound,
            bound_management=kind,
            max_bm_res=1.0,
        )
        return np.mean(NoisyMultiply(patterns, p).multiply(vectors).values.argmax(1) == labels)

    by_bits = {bits: accuracy(bits) for bits in (2, 3, 4, 5, 6, 9)}
    assert by_bits[9] > 0.7
    assert by_bits[2] < 0.8 * by_bits[9]
    assert by_bits[5] >= 0.95 * by_bits[9]
    clipped = accuracy(6, 0.5, BoundManagement.NONE)
    assert clipped < 0.9 * by_bits[6] <= 1.0 * accuracy(6, 0.5)


def test_a_moving_average_is_kept_from_call_to_call():
    p = replace(PERFECT, noise_management=NoiseManagement.AVERAGE_ABS_MAX)
    multiply = NoisyMultiply(np.eye(2), p)
    multiply.average.decay = 0.5

    assert multiply.multiply([[2.0, 0.0]]).scales == pytest.approx([2.0])
    assert multiply.multiply([[4.0, 0.0]]).scales == pytest.approx([3.0])


@pytest.mark.parametrize(
    "wrong",
    [np.ones((2, 4)), np.full((2, 3), np.nan), np.full((2, 3), np.inf), np.full((2, 3), 1e300)],
)
def test_inputs_that_do_not_fit_are_refused(wrong):
    with pytest.raises(RangeError, match="accepts"):
        NoisyMultiply(np.eye(3)).multiply(wrong)


@pytest.mark.parametrize(
    "change", [{"out_bound": 0.0}, {"out_noise": -1.0}, {"inp_res": 1e-9}, {"out_bound": np.nan}]
)
def test_impossible_parameters_are_refused(change):
    with pytest.raises(RangeError, match="accepts"):
        replace(MvmParameters(), **change)


def test_weights_that_are_no_numbers_are_refused():
    with pytest.raises(RangeError, match="finite"):
        NoisyMultiply([[1.0, np.nan]])
    with pytest.raises(RangeError, match="finite"):
        NoisyMultiply([[1.0, 1e300]])
    with pytest.raises(RangeError, match="accepts"):
        NoisyMultiply([1.0, 2.0])
    with pytest.raises(RangeError, match="seed"):
        NoisyMultiply(np.eye(2), seed=-1)


@pytest.mark.parametrize("small", [0.0, 1e-42, 1e-300])
@pytest.mark.parametrize("kind", [NoiseManagement.ABS_MAX, NoiseManagement.MAX])
def test_vectors_too_small_to_be_scaled_give_zeros(small, kind):
    p = replace(QUIET, noise_management=kind)

    np.testing.assert_array_equal(NoisyMultiply(np.eye(2), p).multiply([[small, -small]]).values, 0)


def test_an_empty_batch_gives_an_empty_answer():
    assert NoisyMultiply(np.ones((3, 2))).multiply(np.zeros((0, 3))).values.shape == (0, 2)
