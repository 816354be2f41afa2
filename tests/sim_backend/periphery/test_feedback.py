"""Analog feedback: closed forms, scipy's answers, and every way in which there is no answer."""

import numpy as np
import pytest
from scipy import linalg

from labcim.errors import InstrumentError, RangeError
from labcim.sim_backend.periphery.feedback import Demands, eigenvector, solve
from labcim.sim_backend.periphery.feedback_loops import inverse_loop, signed_array
from labcim.sim_backend.periphery.opamp import OpAmp

UNIT = 100e-6  # S
AMP = OpAmp(gain=1e5, bandwidth=10e6, limit=1.5)


def well_conditioned(size, seed, coupling=0.5):
    """Return I + R with row sums of R equal: the loop's slowest mode does not know the size."""
    off = np.random.default_rng(seed).uniform(0.0, 1.0, (size, size))
    return np.eye(size) + coupling * off / off.sum(axis=1, keepdims=True)


@pytest.mark.parametrize(("size", "error"), [(3, 0.0), (3, 0.03), (16, 0.0), (16, 0.03)])
def test_one_step_inverse_is_within_five_per_cent_at_three_per_cent_programming_error(size, error):
    """P7 and S3: 3x3 and 16x16, condition number at most 10."""
    random = np.random.default_rng(size)
    matrix = well_conditioned(size, 1)
    assert np.linalg.cond(matrix) <= 10
    wanted = random.uniform(-0.5, 0.5, size)
    programmed = matrix * (1.0 + error * random.standard_normal(matrix.shape))
    found = solve(programmed * UNIT, wanted, UNIT, AMP).answer
    exact = linalg.solve(matrix, wanted)
    limit = 0.05 if error else 1e-4

    assert np.linalg.norm(found - exact) < limit * np.linalg.norm(exact)


def test_settling_does_not_grow_with_the_size():
    """P7 and S4: settling time independent of N to 20 %, for a fixed slowest mode, 10 to 200."""
    times = []
    for size in (10, 50, 200):
        inputs = np.full(size, 0.3)
        inputs[::2] = -0.3
        times.append(solve(well_conditioned(size, 2) * UNIT, inputs, UNIT, AMP).settling_time)

    assert max(times) < 1.2 * min(times)


@pytest.mark.parametrize("gain", [1e2, 1e3, 1e5])
def test_finite_gain_leaves_the_error_of_its_closed_form(gain):
    """One row: v = -i / (G + (G + g_s) / A)."""
    found = solve([[UNIT]], [0.5], UNIT, OpAmp(gain=gain), demands=Demands(accuracy=1.0)).answer

    assert found[0] == pytest.approx(0.5 / (1.0 + 2.0 / gain), rel=1e-5)


def test_one_amplifier_settles_with_the_time_constant_of_its_loop():
    """tau = (G + g_s) / (G 2 pi GBW); to 0.1 % it takes ln(1000) tau."""
    amplifier = OpAmp(gain=1e7, bandwidth=1e6)
    result = solve([[UNIT]], [0.1], 3 * UNIT, amplifier)
    tau = 4.0 / (2 * np.pi * 1e6)

    assert result.poles[0].real == pytest.approx(-1 / tau, rel=1e-6)
    assert result.settling_time == pytest.approx(np.log(1e3) * tau, rel=0.02)


def test_a_linear_run_is_the_matrix_exponential():
    array = signed_array(well_conditioned(5, 3) * UNIT)
    loop = inverse_loop(array, [0.1, -0.2, 0.3, 0.0, 0.2], UNIT, AMP)
    matrix, constant = loop.system()
    trace = loop.run(np.zeros(5), 2e-7)
    rest = linalg.solve(matrix, -constant)
    expected = rest - linalg.expm(matrix * AMP.rate * trace.time[-1]) @ rest

    np.testing.assert_allclose(trace.voltage[-1], expected, atol=2e-5)


def test_negative_coefficients_go_through_inverters():
    random = np.random.default_rng(4)
    matrix = random.normal(size=(6, 6))
    matrix = matrix @ matrix.T / 6 + 0.5 * np.eye(6)
    wanted = random.uniform(-0.2, 0.2, 6)
    plus, minus = np.maximum(matrix, 0), np.maximum(-matrix, 0)
    found = solve(plus * UNIT, wanted, UNIT, AMP, minus * UNIT).answer

    np.testing.assert_allclose(found, linalg.solve(matrix, wanted), rtol=1e-3, atol=1e-4)


def test_a_negative_eigenvalue_makes_the_loop_unstable_and_the_answer_is_withheld():
    result = solve(np.array([[1.0, 2.0], [2.0, 1.0]]) * UNIT, [0.1, 0.2], UNIT, AMP)

    assert result.ending == "unstable" and result.poles[0].real > 0
    assert np.isnan(result.settling_time)
    with pytest.raises(InstrumentError, match="unstable"):
        _ = result.answer


def test_the_instability_criterion_is_the_sign_of_the_slowest_mode():
    """The loop is stable where all eigenvalues of the row-normalised matrix have Re > -1/A."""
    for seed in range(30):
        matrix = np.random.default_rng(seed).uniform(0, 1, (4, 4)) + 0.6 * np.eye(4)
        normalised = matrix / (matrix.sum(axis=1, keepdims=True) + 1.0)
        stable = (linalg.eigvals(normalised).real > -1e-5).all()
        poles = inverse_loop(signed_array(matrix * UNIT), np.zeros(4), UNIT, AMP).poles()
        assert stable == (poles.real < 0).all()


def test_a_singular_matrix_is_named():
    result = solve(np.ones((2, 2)) * UNIT, [0.1, 0.2], UNIT, AMP)

    assert result.ending == "singular" and "condition number" in result.reason


def test_an_answer_beyond_the_limits_is_named_saturated():
    result = solve([[0.1 * UNIT]], [1.0], UNIT, AMP)

    assert result.ending == "saturated"
    assert result.voltage[0] == pytest.approx(1.5)


def test_an_ill_conditioned_matrix_that_the_gain_cannot_resolve_is_named_inexact():
    matrix = np.array([[1.0, 0.999], [0.999, 1.0]])
    result = solve(matrix * UNIT, [1e-3, -1e-3], UNIT, OpAmp(gain=1e4))

    assert result.ending == "inexact" and "condition number" in result.reason
    with pytest.raises(InstrumentError, match="inexact"):
        _ = result.answer


def test_a_circuit_that_is_not_waited_for_is_not_settled():
    result = solve([[UNIT]], [0.5], UNIT, AMP, demands=Demands(patience=1e-8))

    assert result.ending == "not settled"


def test_a_run_that_ends_just_as_it_settles_is_not_taken_for_rest():
    """After 7 time constants 1e-3 is left: what still moves in the last fifth is not at rest."""
    tau = 2.0 / (2 * np.pi * 10e6)
    ending = {
        count: solve([[UNIT]], [0.5], UNIT, AMP, demands=Demands(patience=count * tau)).ending
        for count in (7, 14)
    }

    assert ending == {7: "not settled", 14: "settled"}


def test_a_slew_rate_makes_large_answers_wait():
    """0.5 V at 1 V/us takes half a microsecond; at small signals the same amplifier is faster."""
    amplifier = OpAmp(slew=1e6)
    large = solve([[UNIT]], [0.5], UNIT, amplifier).settling_time

    assert 0.5e-6 < large < 0.8e-6
    assert solve([[UNIT]], [0.5], UNIT, AMP).settling_time < 0.3e-6


def test_line_capacitance_makes_the_loop_ring():
    """Second order: C/U s^2 + s + w G/U = 0 at infinite gain; complex poles above w C = U^2/4G."""
    capacitance, rate = 50e-12, 2 * np.pi * 10e6
    loop = inverse_loop(signed_array([[UNIT]]), [0.5], UNIT, OpAmp(gain=1e9), capacitance)
    expected = np.roots([capacitance / (2 * UNIT), 1.0, rate * 0.5])

    np.testing.assert_allclose(np.sort(loop.poles().imag), np.sort(expected.imag), rtol=1e-6)
    assert np.abs(expected.imag).max() > 0
    ringing = solve([[UNIT]], [0.5], UNIT, AMP, capacitance=capacitance)
    assert ringing.answer[0] == pytest.approx(0.5, rel=1e-3)


def test_input_offsets_move_the_answer_by_the_noise_gain():
    """One row: dv = offset (1 + g_s / G)."""
    amplifier = OpAmp(gain=1e9, offset=1e-3, seed=5)
    found = solve([[UNIT]], [0.0], 4 * UNIT, amplifier).voltage[0]

    assert found == pytest.approx(amplifier.offsets(1)[0] * 5.0, rel=1e-5)


@pytest.mark.parametrize("size", [3, 16, 100])
def test_the_principal_eigenvector_of_positive_matrices(size):
    """P8: cosine above 0.99 for positive matrices up to 100x100."""
    matrix = np.random.default_rng(size).uniform(0.05, 1.0, (size, size))
    values, vectors = linalg.eig(matrix)
    largest = values.real.argmax()
    result = eigenvector(matrix * UNIT, 0.98 * values[largest].real * UNIT, AMP)
    principal = vectors[:, largest].real
    cosine = abs(result.answer @ principal) / np.linalg.norm(result.answer)

    assert cosine > 0.99
    assert result.settling_time > 0


def test_signed_matrices_have_their_eigenvector_too():
    matrix = np.array([[2.0, -1.0, 0.0], [-1.0, 2.5, -0.5], [0.0, -0.5, 1.5]])
    values, vectors = linalg.eigh(matrix)
    plus, minus = np.maximum(matrix, 0) * UNIT, np.maximum(-matrix, 0) * UNIT
    found = eigenvector(plus, 0.97 * values[-1] * UNIT, AMP, minus, start=[1e-3, 0, 0]).answer

    assert abs(found @ vectors[:, -1]) / np.linalg.norm(found) > 0.99


@pytest.mark.parametrize("share", [0.9, 0.98])
def test_an_eigenvector_with_many_outputs_at_the_limit_is_at_rest_all_the_same(share):
    """Nearly equal elements: several outputs meet the limit, and hover there."""
    matrix = np.eye(16) + np.random.default_rng(1).uniform(0.0, 1.0, (16, 16)) / 16
    largest = linalg.eigvals(matrix).real.max()

    assert eigenvector(matrix * UNIT, share * largest * UNIT, AMP).ending == "settled"


def test_an_eigenvector_that_is_not_waited_for_is_not_settled():
    matrix = np.random.default_rng(3).uniform(0.05, 1.0, (3, 3))
    largest = linalg.eigvals(matrix).real.max()
    demands = Demands(patience=1e-7)
    result = eigenvector(matrix * UNIT, 0.98 * largest * UNIT, AMP, demands=demands)

    assert result.ending == "not settled" and "it needs" in result.reason


@pytest.mark.parametrize(("share", "ending"), [(1.05, "dead"), (0.2, "ambiguous")])
def test_a_wrong_feedback_conductance_is_named(share, ending):
    matrix = np.diag([1.0, 0.5]) + 0.1
    largest = linalg.eigvalsh(matrix)[-1]
    result = eigenvector(matrix * UNIT, share * largest * UNIT, AMP)

    assert result.ending == ending
    with pytest.raises(InstrumentError, match=ending):
        _ = result.answer


def test_a_mode_that_oscillates_is_named_unstable():
    matrix = np.array([[1.0, 0.0], [0.0, 1.0]])
    turning = np.array([[0.0, 1.0], [0.0, 0.0]])
    result = eigenvector((matrix + turning) * UNIT, 0.5 * UNIT, AMP, turning.T * UNIT)

    assert result.ending == "unstable"


@pytest.mark.parametrize(
    ("matrix", "inputs"),
    [([[1.0, 2.0]], [1.0]), ([[-1.0]], [1.0]), ([[np.nan]], [1.0]), ([[1.0]], [1.0, 2.0])],
)
def test_circuits_that_cannot_be_built_are_refused(matrix, inputs):
    with pytest.raises(RangeError, match="accepts"):
        solve(matrix, inputs, UNIT, AMP)


def test_constants_that_cannot_be_are_refused():
    with pytest.raises(RangeError, match="capacitance"):
        solve([[UNIT]], [0.1], UNIT, AMP, capacitance=-1e-12)
    with pytest.raises(RangeError, match="gain"):
        OpAmp(gain=np.nan)
    with pytest.raises(RangeError, match="start"):
        eigenvector([[UNIT]], UNIT, AMP, start=0.0)
