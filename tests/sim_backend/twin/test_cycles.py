"""The constants of cycling come back from readings that were made with them."""

import numpy as np
import pytest

from labcim.analysis.variation import SlowWalk
from labcim.errors import RangeError
from labcim.sim_backend.devices.preset import load_preset
from labcim.sim_backend.twin.cycles import Cycling, fit_low_state
from labcim.sim_backend.twin.high_state import fit_high_state

PRESET = load_preset("oxram-1t1r-64k")
QUIET = PRESET.changed(constants={"white_floor": 0.0, "white_slope": 0.0})


def cycling(slow, set_gate=1.3):
    return Cycling(set_gate, 3.5, 3.0, 1, slow, 1e-3)


def two_cycles(device, cycle, share, memory, seed, cells=4000):
    """Return log factors of the cells in two cycles: device, slow walk and white part."""
    random = np.random.default_rng([seed, 9])
    slow = random.standard_normal((cells, 1))
    later = memory * slow + np.sqrt(1 - memory**2) * random.standard_normal((cells, 1))
    walk = np.sqrt(share) * np.hstack([slow, later])
    white = np.sqrt(1 - share) * random.standard_normal((cells, 2))
    return device * random.standard_normal((cells, 1)) + cycle * (walk + white)


@pytest.mark.parametrize("memory", [0.0, 0.9, 0.9999])
def test_the_low_state_gives_the_compliance_voltage_and_its_spreads(memory):
    how = cycling(SlowWalk(0.3, memory))
    factors = two_cycles(0.06, 0.045, 0.3, memory, 1)
    found = fit_low_state(QUIET, 7400.0 * np.exp(-factors), how)
    at_gate = found["compliance_cycle_floor"] + found["compliance_cycle_slope"] * np.sqrt(
        1e-5 / 60.5e-6
    )

    # Square law: 247 uA/V^2 / 2 (1.3 V - 0.6 V)^2 = 60.5 uA; the gate's 15 mV are part of it.
    assert found["compliance_voltage"] == pytest.approx(0.4478, rel=0.005)
    assert at_gate == pytest.approx(0.045, rel=0.05)
    assert np.hypot(found["compliance_device_spread"], 0.03 / 0.7) == pytest.approx(0.06, rel=0.05)


@pytest.mark.parametrize(("error", "weak"), [(0.1e-6, 0.0), (0.5e-6, 0.0), (0.3e-6, 0.15)])
def test_the_high_state_is_found_beside_weak_resets_and_the_noise_of_the_instrument(error, weak):
    """Weak RESETs: 60 % of the cycles of some cells end near 100 uS."""
    how = cycling(SlowWalk(0.25, 0.99))
    random = np.random.default_rng(3)
    true = 6e-6 * np.exp(two_cycles(0.5, 1.1, 0.25, 0.99, 2, cells=20_000))
    fails = (random.random((len(true), 1)) < weak) & (random.random(true.shape) < 0.6)
    line = 100e-6 + 33e-6 * random.standard_normal(true.shape)
    true = np.minimum(np.where(fails, np.maximum(line, true), true), 1 / 7400.0)
    seen = np.abs(true + error * random.standard_normal(true.shape))
    found, noise = fit_high_state(QUIET, np.full(true.shape, 7400.0), 1.0 / seen, how)

    assert found["floor"] == pytest.approx(6e-6, rel=0.05)
    assert found["floor_cycle_spread"] == pytest.approx(1.1, rel=0.08)
    assert found["floor_device_spread"] == pytest.approx(0.5, rel=0.15)
    # A long tail of the cells' own looks much alike.
    assert noise == pytest.approx(error, rel=0.4)
    assert found["weak_reset_share"] * found["weak_reset_chance"] == pytest.approx(
        0.6 * weak, abs=0.015
    )
    if weak:
        assert found["weak_reset_chance"] == pytest.approx(0.6, rel=0.2)


def test_a_gate_below_threshold_or_a_negative_resistance_is_refused():
    low = np.full((10, 2), 7400.0)
    with pytest.raises(RangeError, match=r"set_gate = 0.5 V"):
        fit_low_state(PRESET, low, cycling(SlowWalk(0.0, 0.0), set_gate=0.5))
    with pytest.raises(RangeError, match="logarithm"):
        fit_high_state(PRESET, low, -low, cycling(SlowWalk(0.0, 0.0)))
