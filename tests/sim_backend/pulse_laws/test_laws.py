"""Parameters say what they are, presets load, devices vary as their parameters say."""

import re

import numpy as np
import pytest
from pydantic import ValidationError
from scipy import stats

from labcim.errors import RangeError, RecipeError
from labcim.sim_backend.pulse_laws.laws import (
    LAWS,
    ConstantStep,
    LinearStep,
    PiecewiseStep,
    PowStep,
    SoftBounds,
    SoftBoundsReference,
)
from labcim.sim_backend.pulse_laws.presets import load_pulse_preset, pulse_preset_names


@pytest.mark.parametrize("kind", LAWS.values(), ids=LAWS)
def test_every_parameter_says_its_kind_of_variation_and_its_unit(kind):
    for name, field in kind.model_fields.items():
        if name in ("law", "clock"):
            continue
        text = field.description
        if name.endswith(("_dtod", "_std", "_prob", "_range", "diffusion")):
            assert re.search(r"[Dd]evice-to-device|[Cc]ycle-to-cycle|each time|corrupt", text), name
        assert re.search(r"[Ff]raction|[Aa]bsolute|plain number|Whether|nodes", text), name


def test_the_presets_of_the_field_are_there_and_name_their_sources():
    wanted = {
        "ReRamES", "ReRamSB", "ReRamArrayOM", "ReRamArrayHfO2", "Capacitor", "EcRam", "EcRamMO",
        "Idealized", "GokmenVlasov", "PCM",
    }  # fmt: skip
    assert wanted <= set(pulse_preset_names())
    for name in pulse_preset_names():
        assert re.search(r"(19|20)\d\d", " ".join(load_pulse_preset(name).sources.values()))


@pytest.mark.parametrize("name", pulse_preset_names())
def test_every_preset_makes_cells_that_move_and_stay_within_their_bounds(array_of, name):
    array = array_of(load_pulse_preset(name).law, 30, 40)
    before = array.stored
    for _ in range(5):
        array.update(np.full(30, 0.1), np.linspace(-1, 1, 40), 10.0)

    assert (array.stored != before).mean() > 0.5
    assert (array.stored >= array.cells.w_min).all() and (array.stored <= array.cells.w_max).all()


def test_an_unknown_preset_is_refused_with_the_known_ones():
    with pytest.raises(RecipeError, match="ReRamSB"):
        load_pulse_preset("ReRamXY")


@pytest.mark.parametrize(
    "wrong", [{"dw_min": 0.0}, {"w_max": -1.0}, {"dw_min_std": -0.1}, {"dw_mim": 0.1}]
)
def test_a_parameter_out_of_its_range_is_refused(wrong):
    with pytest.raises(ValidationError):
        SoftBounds(**wrong)


def test_nodes_for_up_and_down_must_be_as_many():
    with pytest.raises(ValidationError, match="same number"):
        PiecewiseStep(piecewise_up=(1.0, 0.5, 0.1), piecewise_down=(1.0, 0.1))


def test_steps_and_bounds_vary_from_device_to_device_as_told(array_of):
    law = ConstantStep(dw_min=0.01, dw_min_dtod=0.2, up_down_dtod=0.05, w_max_dtod=0.1, up_down=0.1)
    cells = array_of(law, 200, 200).cells
    up, down = cells.scale_up / 0.01, cells.scale_down / 0.01
    error = 4.0 / 200.0

    assert up.mean() == pytest.approx(1.0, abs=0.2 * error)
    assert down.mean() == pytest.approx(0.9, abs=0.2 * error)
    assert (up + down).std() / 2 == pytest.approx(0.2, rel=error)
    assert (up - down).std() / 2 == pytest.approx(0.05, rel=error)
    assert stats.kstest((cells.w_max.ravel() / 0.6 - 1.0) / 0.1, "norm").pvalue > 1e-3


def test_a_log_normal_step_has_its_median_at_dw_min(array_of):
    law = ConstantStep(dw_min=0.1, dw_min_dtod=0.7, dw_min_dtod_log_normal=True, up_down_dtod=0.0)
    logs = np.log(array_of(law, 200, 200).cells.scale_up.astype(float) / 0.1).ravel()

    assert stats.kstest(logs / 0.7, "norm").pvalue > 1e-3


def test_the_told_share_of_corrupt_cells_stands_still(array_of):
    array = array_of(SoftBounds(corrupt_devices_prob=0.135, corrupt_devices_range=0.01), 100, 100)
    before = array.stored
    array.pulse_all(5, up=True)
    still = array.stored == before

    assert still.mean() == pytest.approx(0.135, abs=4 * np.sqrt(0.135 * 0.865 / 1e4))
    assert np.abs(array.stored[still]).max() <= 0.01


def test_the_same_seed_makes_the_same_cells_and_another_one_others(array_of):
    one, same, other = (array_of(SoftBounds(), seed=seed).cells for seed in (1, 1, 2))

    assert (one.scale_up == same.scale_up).all() and (one.w_max == same.w_max).all()
    assert (one.scale_up != other.scale_up).all()


def test_a_linear_step_with_gamma_one_is_a_soft_bound(array_of, even_law):
    soft = array_of(even_law(SoftBounds))
    linear = array_of(even_law(LinearStep, gamma_up=1.0, gamma_down=1.0))
    for array in (soft, linear):
        array.update(np.linspace(-0.1, 0.1, 8), np.linspace(-1, 1, 8), 0.3)

    assert (soft.stored == linear.stored).all()


def test_a_reference_holds_the_symmetry_point_so_that_it_is_seen_at_zero(array_of):
    array = array_of(SoftBoundsReference(up_down=0.3, reference_std=0.0), 40, 40)

    np.testing.assert_allclose(array.symmetry_points(), 0.0, atol=1e-6)
    assert np.abs(array.passive.reference).mean() > 0.05


def test_exponents_of_the_power_law_vary_from_device_to_device(array_of):
    cells = array_of(PowStep(pow_gamma=2.0, pow_gamma_dtod=0.1), 100, 100).cells

    assert cells.shape_up.mean() == pytest.approx(2.0, abs=4 * 0.2 / 100)
    assert cells.shape_up.std() == pytest.approx(0.2, rel=4 / 140)


@pytest.mark.parametrize("size", [(0, 5), (5, 0), (5, 20_000)])
def test_an_array_of_a_size_that_cannot_be_is_refused(array_of, size):
    with pytest.raises(RangeError, match="accepts"):
        array_of(SoftBounds(), *size)
