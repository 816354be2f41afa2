"""Fast kernels against the literal law: bit for bit without noise, in distribution with it.

Tolerances are from statistics: means within 4.5 standard errors, standard deviations within
4.5/sqrt(2 n) of themselves, two-sample Kolmogorov-Smirnov p > 1e-3. All seeds are fixed.
"""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from labcim.errors import RangeError
from labcim.sim_backend.pulse_laws.array import PulsedArray
from labcim.sim_backend.pulse_laws.keys import TABLE_SIZE, normal_table
from labcim.sim_backend.pulse_laws.laws import (
    LAWS,
    ConstantStep,
    ExpStep,
    LinearStep,
    PiecewiseStep,
    PowStep,
    SoftBounds,
    SoftBoundsReference,
)

EXACT = [ConstantStep, LinearStep, SoftBounds, SoftBoundsReference, PiecewiseStep]
MORE = {PiecewiseStep: {"piecewise_up": (1.0, 0.6, 0.1), "piecewise_down": (0.2, 0.7, 1.0)}}
# What is jumped: additive and multiplicative noise, weak and strong, near a hard bound and far.
JUMPED = [
    (ConstantStep, {}, 0.0),
    (ConstantStep, {}, 0.595),
    (LinearStep, {"gamma_up": 0.4, "gamma_down": 0.7, "dw_min_std": 2.0}, 0.1),
    (LinearStep, {"gamma_up": 0.1, "mult_noise": False}, -0.55),
    (SoftBounds, {"dw_min": 0.01}, 0.2),
    (SoftBounds, {"dw_min": 0.002, "dw_min_std": 3.75, "mult_noise": False}, 0.0),
    (SoftBounds, {"dw_min": 0.002, "dw_min_std": 3.75, "mult_noise": False}, 0.58),
    (SoftBounds, {"dw_min": 0.1, "dw_min_std": 2.0}, -0.3),
    (SoftBounds, {"dw_min": 0.02, "dw_min_std": 0.4, "mult_noise": False, "w_max": 1.0}, -0.2),
    (LinearStep, {"gamma_up": -0.5, "dw_min": 0.005, "allow_increasing": True}, 0.0),
]


def run_random_updates(array, method, batches=3, samples=10, rate=0.31):
    rng = np.random.default_rng(5)
    for _ in range(batches):
        rows = rng.uniform(-0.1, 0.1, (samples, array.shape[0]))
        columns = rng.uniform(-1.0, 1.0, (samples, array.shape[1]))
        array.update(rows, columns, rate, method=method)
    return array.stored


def assert_alike(ours, oracle):
    """Compare two samples of one distribution."""
    n = ours.size
    spread = np.hypot(ours.std(), oracle.std())
    assert abs(ours.mean() - oracle.mean()) <= 4.5 * spread / np.sqrt(n)
    assert ours.std() == pytest.approx(oracle.std(), rel=4.5 / np.sqrt(n))
    assert stats.ks_2samp(ours.ravel(), oracle.ravel()).pvalue > 1e-3


@pytest.mark.parametrize("shape", [(1, 1), (1, 50), (33, 1), (23, 37), (2, 600)])
@pytest.mark.parametrize("kind", EXACT)
def test_without_noise_the_fast_kernel_is_the_literal_law_bit_for_bit(array_of, kind, shape):
    law = kind(dw_min_std=0.0, corrupt_devices_prob=0.05, **MORE.get(kind, {}))
    fast, literal = (
        run_random_updates(array_of(law, *shape), method) for method in ("auto", "literal")
    )

    assert (fast == literal).all() and np.abs(fast).max() > 0.0


@pytest.mark.parametrize("kind", [ExpStep, PowStep])
def test_exponentials_and_powers_are_the_literal_law_to_a_millionth_of_the_range(array_of, kind):
    law = kind(dw_min=0.01, dw_min_std=0.0)
    fast, literal = (
        run_random_updates(array_of(law, 23, 37), method) for method in ("auto", "literal")
    )

    np.testing.assert_allclose(fast, literal, atol=1e-6)


@pytest.mark.parametrize("kind", [ConstantStep, LinearStep, SoftBounds])
def test_without_noise_a_jump_ends_where_the_pulses_end(array_of, kind):
    law = kind(dw_min_std=0.0)
    jumped, literal = (
        run_random_updates(array_of(law, 23, 37), method) for method in ("jump", "literal")
    )

    np.testing.assert_allclose(jumped, literal, atol=1e-5)


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize(("kind", "changes", "start"), JUMPED)
def test_a_jump_has_the_moments_and_distribution_of_its_pulses(
    array_of, even_law, kind, changes, start, seed
):
    ends = []
    for method, offset in (("jump", 0), ("literal", 1000)):
        array = array_of(even_law(kind, **changes), 100, 100, seed + offset)
        array.set_weights(np.full((100, 100), start))
        array.pulse_all(31, up=True, method=method)
        array.pulse_all(9, up=False, method=method)
        ends.append(array.stored.astype(float))

    assert_alike(*ends)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_jump_over_stochastic_trains_has_the_distribution_of_the_literal_ones(
    array_of, even_law, seed
):
    law = even_law(SoftBounds, dw_min=0.005, dw_min_std=1.0)
    ends = [
        run_random_updates(array_of(law, 100, 100, seed), method, batches=1)
        for method in ("jump", "literal")
    ]

    assert_alike(*ends)


@pytest.mark.parametrize("kind", LAWS.values(), ids=LAWS)
def test_pulse_after_pulse_has_the_distribution_of_the_literal_law(array_of, even_law, kind):
    law = even_law(kind, dw_min=0.02, dw_min_std=1.0, **MORE.get(kind, {}))
    ends = []
    for method, seed in (("pulses", 1), ("literal", 2)):
        array = array_of(law, 100, 100, seed)
        array.pulse_all(12, up=True, method=method)
        array.pulse_all(5, up=False, method=method)
        ends.append(array.stored.astype(float))

    assert_alike(*ends)


def test_noise_that_is_not_of_the_step_has_the_size_it_is_told(array_of, even_law):
    """One ExpStep pulse at w = 0.5: sd = std (|dw| + add + slope |w|)."""
    law = even_law(
        ExpStep, dw_min=0.01, A_up=0.0, dw_min_std=0.5, dw_min_std_add=0.02, dw_min_std_slope=0.1,
        w_max=5.0, w_min=-5.0,
    )  # fmt: skip
    array = array_of(law, 100, 100)
    array.set_weights(np.full((100, 100), 0.5))
    array.pulse_all(1, up=True)

    assert array.stored.std() == pytest.approx(0.5 * (0.01 + 0.02 + 0.05), rel=4 / np.sqrt(2e4))


@pytest.mark.parametrize("method", ["pulses", "jump"])
@pytest.mark.parametrize("threads", [2, 3, 4])
def test_the_result_is_the_same_for_any_number_of_threads(array_of, method, threads):
    one, many = (
        run_random_updates(array_of(SoftBounds(), 101, 67, threads=n), method, samples=40)
        for n in (1, threads)
    )

    assert (one == many).all()


def test_samples_in_one_batch_or_one_by_one_are_the_same(array_of):
    rng = np.random.default_rng(8)
    rows, columns = rng.uniform(-0.1, 0.1, (6, 9)), rng.uniform(-1.0, 1.0, (6, 11))
    batch, single = array_of(SoftBounds(), 9, 11), array_of(SoftBounds(), 9, 11)
    batch.update(rows, columns, 0.3)
    for row, column in zip(rows, columns, strict=True):
        single.update(row, column, 0.3)

    assert (batch.stored == single.stored).all()


@pytest.mark.parametrize(
    ("method", "bound"), [("pulses", 9.0), ("jump", 9.0), ("jump", 0.025)], ids=str
)
def test_noise_is_not_shared_between_cells_nor_from_train_to_train(
    array_of, even_law, method, bound
):
    """Also in the cells near a bound, which do not jump, and from block to block of columns."""
    array = array_of(even_law(ConstantStep, w_max=bound, w_min=-bound), 80, 512)
    steps = []
    for _ in range(2):
        array.set_weights(np.zeros((80, 512)))
        array.pulse_all(20, up=True, method=method)
        steps.append(array.stored - array.stored.mean())
    pairs = [
        (steps[0][1:], steps[0][:-1]),
        (steps[0][:, 1:], steps[0][:, :-1]),
        (steps[0][:, 256:], steps[0][:, :256]),
        (steps[0], steps[1]),
    ]

    for one, other in pairs:
        assert abs(np.corrcoef(one.ravel(), other.ravel())[0, 1]) < 4.5 / np.sqrt(one.size)


def test_the_table_holds_a_normal_distribution_in_random_order():
    table = normal_table()[:TABLE_SIZE].astype(float)

    assert table.mean() == pytest.approx(0.0, abs=1e-6)
    assert table.std() == pytest.approx(1.0, abs=1e-4)
    for lag in (1, 2, 32, 256):
        assert abs(np.mean(table * np.roll(table, lag))) < 4.5 / np.sqrt(TABLE_SIZE)


def test_a_law_that_is_not_linear_cannot_be_jumped(array_of):
    with pytest.raises(RangeError, match="linear laws only"):
        array_of(ExpStep()).pulse_all(31, up=True, method="jump")


def test_counts_for_each_cell_are_pulses_one_by_one(array_of, even_law):
    array = array_of(even_law(SoftBounds, dw_min=0.01, dw_min_std=0.0), 2, 2)
    array.pulse_counts(np.array([[0, 1], [40, -3]]))

    steps = np.array([[0, 1], [40, 3]])
    wanted = np.array([[1, 1], [1, -1]]) * 0.6 * (1.0 - (1.0 - 0.01 / 0.6) ** steps)
    np.testing.assert_allclose(array.weights, wanted, rtol=1e-5)


@settings(max_examples=40, deadline=None)
@given(
    kind=st.sampled_from(list(LAWS.values())),
    seed=st.integers(0, 2**40),
    noise=st.floats(0.0, 10.0),
    step=st.floats(1e-4, 2.0),
    method=st.sampled_from(["auto", "pulses", "literal"]),
)
def test_no_law_ever_leaves_its_bounds(kind, seed, noise, step, method):
    law = kind(
        dw_min=step, dw_min_std=noise, corrupt_devices_prob=0.1, diffusion=0.1, lifetime=9.0,
        **MORE.get(kind, {}),
    )  # fmt: skip
    array = PulsedArray(law, 7, 9, seed=seed)
    run_random_updates(array, method, batches=2, samples=3, rate=30.0 * step)
    array.pass_time(3.0)
    array.pulse_counts(np.arange(63).reshape(7, 9) - 31)

    assert np.isfinite(array.weights).all()
    assert (array.stored >= array.cells.w_min).all() and (array.stored <= array.cells.w_max).all()


@settings(max_examples=25, deadline=None)
@given(kind=st.sampled_from(list(LAWS.values())), seed=st.integers(0, 2**40), up=st.booleans())
def test_without_noise_no_up_pulse_lowers_a_cell_and_no_down_pulse_raises_one(kind, seed, up):
    array = PulsedArray(kind(dw_min_std=0.0, **MORE.get(kind, {})), 7, 9, seed=seed)
    before = array.stored
    array.pulse_all(3, up=up)
    change = array.stored - before

    assert (change >= 0.0).all() if up else (change <= 0.0).all()
