"""Without noise, laws have closed forms; time does what its equation says."""

import numpy as np
import pytest

from labcim.errors import RangeError
from labcim.sim_backend.pulse_laws.laws import (
    ConstantStep,
    ExpStep,
    LinearStep,
    PiecewiseStep,
    PowStep,
    SoftBounds,
)

ALL_METHODS = ["auto", "pulses", "jump", "literal"]
QUIET = {"dw_min_std": 0.0}


@pytest.mark.parametrize("method", ALL_METHODS)
@pytest.mark.parametrize("count", [1, 7, 31, 32, 500])
def test_soft_bounds_reach_b_of_one_minus_q_to_the_n(array_of, even_law, method, count):
    array = array_of(even_law(SoftBounds, dw_min=0.01, w_max=0.8, **QUIET))
    array.pulse_all(count, up=True, method=method)

    wanted = 0.8 * (1.0 - (1.0 - 0.01 / 0.8) ** count)
    np.testing.assert_allclose(array.weights, wanted, rtol=2e-6)


def test_soft_bounds_go_down_as_they_go_up(array_of, even_law):
    array = array_of(even_law(SoftBounds, dw_min=0.01, w_min=-0.5, **QUIET))
    array.pulse_all(100, up=False)

    np.testing.assert_allclose(array.weights, -0.5 * (1.0 - 0.98**100), rtol=2e-6)


@pytest.mark.parametrize("method", ALL_METHODS)
def test_constant_steps_stop_at_the_bound(array_of, even_law, method):
    array = array_of(even_law(ConstantStep, dw_min=0.01, **QUIET))
    array.pulse_all(59, up=True, method=method)
    np.testing.assert_allclose(array.weights, 0.59, rtol=2e-6)

    array.pulse_all(5, up=True, method=method)
    assert (array.weights == np.float32(0.6)).all()


def test_the_number_of_states_is_the_range_over_the_step(array_of, even_law):
    """Gokmen-Vlasov: 2 / 0.0016 = 1250."""
    array = array_of(even_law(ConstantStep, dw_min=0.0016, w_max=1.0, w_min=-1.0, **QUIET))
    array.pulse_all(2000, up=False)
    pulses = 0
    while (array.weights < 1.0).any():
        array.pulse_all(10, up=True)
        pulses += 10

    assert pulses == 1250


def test_linear_steps_follow_their_recursion(array_of, even_law):
    """w(n) = (1 - (1 - a)^n) s / a with a = gamma s / w_max."""
    array = array_of(even_law(LinearStep, dw_min=0.005, w_max=1.0, gamma_up=0.4, **QUIET))
    array.pulse_all(150, up=True)

    slope = 0.4 * 0.005
    np.testing.assert_allclose(
        array.weights, (1.0 - (1.0 - slope) ** 150) / slope * 0.005, rtol=3e-6
    )


def test_exponential_steps_follow_their_differential_equation(array_of, even_law):
    """dw/dn = s (1 - A e^(k w + c)): u = e^-(k w + c) obeys u' = -k s (u - A). Error: order s."""
    law = even_law(
        ExpStep, dw_min=1e-4, w_max=1.0, w_min=-1.0, A_up=0.2, gamma_up=3.0, a=0.5, b=0.1, **QUIET
    )
    array = array_of(law, 2, 2)
    array.pulse_all(20_000, up=True)

    k, c, decay = 3.0 * 0.5, 3.0 * 0.1, np.exp(-3.0 * 0.5 * 1e-4 * 20_000)
    u = 0.2 + (np.exp(-c) - 0.2) * decay
    np.testing.assert_allclose(array.weights, (-np.log(u) - c) / k, atol=2e-4)


@pytest.mark.parametrize("up", [True, False])
def test_power_steps_of_exponent_two_fall_as_one_over_n(array_of, even_law, up):
    """u = (w_max - w)/range obeys u' = -(s/range) u^2: 1/u = 1/u0 + s n / range."""
    law = even_law(PowStep, dw_min=1e-3, w_max=1.0, w_min=-1.0, pow_gamma=2.0, **QUIET)
    array = array_of(law, 2, 2)
    array.pulse_all(5000, up=up)

    wanted = 1.0 - 2.0 / (2.0 + 1e-3 / 2.0 * 5000)
    np.testing.assert_allclose(array.weights, wanted if up else -wanted, atol=5e-4)


def test_piecewise_steps_are_interpolated_between_their_nodes(array_of, even_law):
    law = even_law(
        PiecewiseStep, dw_min=0.01, w_max=1.0, w_min=-1.0, piecewise_up=(2.0, 1.0, 0.5),
        piecewise_down=(0.1, 1.0, 3.0), **QUIET,
    )  # fmt: skip
    for start, up, step in ((-0.5, True, 0.015), (0.5, True, 0.0075), (0.5, False, -0.02)):
        array = array_of(law, 2, 2)
        array.set_weights(np.full((2, 2), start))
        array.pulse_all(1, up=up)
        np.testing.assert_allclose(array.weights, start + step, rtol=1e-6)


@pytest.mark.parametrize("asymmetry", [-0.4, 0.0, 0.3])
def test_the_symmetry_point_of_soft_bounds_is_the_field_s_formula(array_of, even_law, asymmetry):
    """(s_up - s_down) / (s_up / w_max + s_down / |w_min|)."""
    array = array_of(even_law(SoftBounds, up_down=asymmetry, w_max=0.8, w_min=-0.5, **QUIET))
    up, down = 1.0 + min(asymmetry, 0.0), 1.0 - max(asymmetry, 0.0)

    wanted = (up - down) / (up / 0.8 + down / 0.5)
    np.testing.assert_allclose(array.symmetry_points(), wanted, atol=1e-6)


def test_decay_is_exponential_and_two_times_make_one(array_of, even_law):
    law = even_law(SoftBounds, lifetime=40.0, clock="seconds", reset=0.05)
    one, two = array_of(law), array_of(law)
    for array in (one, two):
        array.set_weights(np.full((8, 8), 0.5))
    one.pass_time(30.0)
    two.pass_time(10.0)
    two.pass_time(20.0)

    np.testing.assert_allclose(one.weights, 0.05 + 0.45 * np.exp(-0.75), rtol=1e-6)
    np.testing.assert_allclose(one.weights, two.weights, rtol=1e-6)


def test_diffusion_spreads_as_the_root_of_time(array_of, even_law):
    array = array_of(even_law(ConstantStep, diffusion=0.01, w_max=9.0, w_min=-9.0), 100, 100)
    array.pass_time(7.0)
    array.pass_time(9.0)

    assert array.weights.std() == pytest.approx(0.04, rel=4 / np.sqrt(2e4))


def test_time_does_nothing_to_a_law_without_decay_or_diffusion(array_of):
    array = array_of(SoftBounds())
    array.update(np.full(8, 0.1), np.ones(8), 1.0)
    before = array.stored
    array.pass_time(1e9)

    assert (array.stored == before).all()


def test_time_does_not_run_backwards(array_of):
    with pytest.raises(RangeError, match="accepts 0 and more"):
        array_of(SoftBounds(lifetime=3.0)).pass_time(-1.0)


def test_a_reset_takes_only_the_chosen_cells_and_has_its_spread(array_of, even_law):
    array = array_of(even_law(ConstantStep, reset=0.1, reset_std=0.02), 100, 100)
    chosen = np.zeros((100, 100), bool)
    chosen[:, :50] = True
    array.reset(chosen)

    assert (array.weights[:, 50:] == 0.0).all()
    assert array.weights[:, :50].mean() == pytest.approx(0.1, abs=4 * 0.02 / np.sqrt(5000))
    assert array.weights[:, :50].std() == pytest.approx(0.02, rel=4 / np.sqrt(1e4))


def test_write_noise_is_on_what_is_seen_and_is_drawn_again_only_by_a_pulse(array_of, even_law):
    law = even_law(ConstantStep, dw_min=0.001, write_noise_std=50.0, dw_min_std=0.0)
    array = array_of(law, 100, 100)
    first = array.weights
    assert (array.stored == 0.0).all()
    assert first.std() == pytest.approx(0.05, rel=4 / np.sqrt(2e4))

    rows = np.zeros(100)
    rows[:30] = 1.0
    array.update(rows, np.ones(100), 0.001)
    moved = array.weights != first
    assert moved[:30].all() and not moved[30:].any()
