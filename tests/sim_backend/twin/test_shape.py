"""Forming, current shape and bake: constants come back from what was made with them."""

import numpy as np
import pytest

from labcim.errors import RangeError
from labcim.sim_backend.devices.preset import load_preset
from labcim.sim_backend.twin.shape import fit_bake, fit_conduction, fit_forming

PRESET = load_preset("oxram-1t1r-64k")
QUIET = PRESET.changed(
    constants={
        "white_floor": 0.0,
        "white_slope": 0.0,
        "one_second": [0.0] * 5,
        "one_day": [0.0] * 5,
    }
)


def test_forming_gives_median_and_spread():
    random = np.random.default_rng(1)
    formed = np.exp(random.normal(np.log(16e3), 0.36, 50_000))
    found = fit_forming(QUIET, formed, aperture=1e-3, age=1.0)

    assert found["formed"] == pytest.approx(1 / 16e3, rel=0.01)
    assert found["formed_spread"] == pytest.approx(0.36, rel=0.02)


def test_what_relaxation_has_added_by_the_reading_is_not_of_forming():
    """Conductance 62.5 uS, spread 5 uS after 1 s: 8 %, beside a spread of 20 %."""
    preset = QUIET.changed(constants={"one_second": [5e-6, 0.0, 0.0, 0.0, 0.0]})
    random = np.random.default_rng(5)
    true = np.exp(random.normal(np.log(62.5e-6), 0.2, 200_000))
    seen = true + 5e-6 * random.standard_normal(true.size)
    found = fit_forming(preset, 1.0 / seen, aperture=1e-3, age=1.0)

    assert found["formed_spread"] == pytest.approx(0.2, rel=0.02)
    assert np.log(seen).std() > 0.215


def test_currents_under_noise_and_offset_give_the_shape_common_to_all_cells():
    random = np.random.default_rng(2)
    voltage = np.linspace(0.0, 0.35, 36)
    conductance = random.uniform(2e-6, 135e-6, (1000, 1))
    bend = 4.4 * np.exp(-conductance / 78e-6)
    current = conductance * 0.2 * np.sinh(bend * voltage) / np.sinh(bend * 0.2)
    current += random.normal(-2e-6, 0.2e-6, current.shape)
    found = fit_conduction(PRESET, voltage, current)

    assert found["nonlinearity"] == pytest.approx(4.4, rel=0.05)
    assert found["nonlinear_scale"] == pytest.approx(78e-6, rel=0.05)


def test_a_bake_gives_the_spread_by_state():
    random = np.random.default_rng(4)
    before = random.uniform(1e-6, 134e-6, 20_000)
    u = before / 135e-6
    sigma = 1e-6 * (2.0 + 50.0 * u - 45.0 * u**2)
    found = fit_bake(PRESET, before, before + sigma * random.standard_normal(before.size))
    fitted = np.polynomial.polynomial.polyval(u, found["one_day"])

    assert np.abs(fitted / sigma - 1.0)[(u > 0.05) & (u < 0.95)].max() < 0.1


def test_too_little_is_refused():
    with pytest.raises(RangeError, match="too few"):
        fit_conduction(PRESET, np.linspace(0, 0.35, 36), np.ones((5, 36)))
