"""Forming, current shape, wear and bake: constants come back from what was made with them."""

import numpy as np
import pytest

from labcim.errors import RangeError
from labcim.sim_backend.devices.preset import load_preset
from labcim.sim_backend.twin.shape import fit_bake, fit_conduction, fit_forming, fit_wear

PRESET = load_preset("oxram-1t1r-64k")


def test_forming_gives_median_and_spread():
    random = np.random.default_rng(1)
    found = fit_forming(np.exp(random.normal(np.log(16e3), 0.36, 50_000)))

    assert found["formed"] == pytest.approx(1 / 16e3, rel=0.01)
    assert found["formed_spread"] == pytest.approx(0.36, rel=0.02)


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


def test_wear_gives_onset_and_slopes_of_both_states():
    random = np.random.default_rng(3)
    cycle = np.arange(100.0, 1_000_000.0, 100.0)
    decades = np.log10(1.0 + cycle / 1e4)
    low = 10e3 * np.exp(0.09 * decades + random.normal(0.0, 0.05, cycle.size))
    high = 150e3 * np.exp(-0.15 * decades + random.normal(0.0, 0.2, cycle.size))
    found = fit_wear(cycle, low, high)

    assert np.log10(found["wear_onset"]) == pytest.approx(4.0, abs=0.5)
    for name, slope in (("wear_low_resistance", 0.09), ("wear_high_resistance", 0.15)):
        end = found[name] * np.log10(1.0 + 1e6 / found["wear_onset"])
        assert end == pytest.approx(2.0 * slope, rel=0.25)


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
    with pytest.raises(RangeError, match="bins of life"):
        fit_wear(np.array([1.0, 2.0]), np.ones(2), np.ones(2))
