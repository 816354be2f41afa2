"""The life of one cell gives its states, its wear and what its cycles remember."""

import numpy as np
import pytest

from labcim.errors import RangeError
from labcim.sim_backend.devices.preset import load_preset
from labcim.sim_backend.twin.life import Life, fit_life

PRESET = load_preset("oxram-1t1r-64k")


def a_life(seed, share=0.4, memory=0.9995, reads=10_000, every=100):
    """Return reads of a cell that wears from 10 and 150 kOhm on, in blocks of 50."""
    random = np.random.default_rng([seed, 4])
    cycle = every * np.arange(1.0, reads + 1.0)
    decades = np.log10(1.0 + cycle / 1e4)
    kept = memory**every
    states = []
    for start, wear, spread in ((np.log(10e3), 0.09, 0.05), (np.log(150e3), -0.15, 0.6)):
        walk = np.zeros(reads)
        walk[0], push = random.standard_normal(), random.standard_normal(reads)
        for i in range(1, reads):
            walk[i] = kept * walk[i - 1] + np.sqrt(1.0 - kept**2) * push[i]
        white = random.standard_normal(reads)
        offset = spread * (np.sqrt(share) * walk + np.sqrt(1.0 - share) * white)
        states.append(np.exp(start + wear * decades + offset))
    return Life(*(values.reshape(-1, 50) for values in (cycle, *states)))


def test_a_life_gives_both_states_wear_spread_and_memory():
    found = [fit_life(PRESET, a_life(seed), set_gate=1.3) for seed in range(20)]

    def mean(name):
        return np.mean([one[name] for one in found])

    # Square law: 60.5 uA at a gate of 1.3 V.
    assert mean("compliance_voltage") == pytest.approx(60.5e-6 * 10e3, rel=0.02)
    assert mean("floor") == pytest.approx(1 / 150e3, rel=0.1)
    assert mean("floor_cycle_spread") == pytest.approx(0.6, rel=0.05)
    assert mean("slow_share") == pytest.approx(0.4, rel=0.1)
    assert -1.0 / np.log(mean("slow_memory")) == pytest.approx(2000.0, rel=0.25)
    for name, slope in (("wear_low_resistance", 0.09), ("wear_high_resistance", 0.15)):
        ends = [one[name] * np.log10(1.0 + 1e6 / one["wear_onset"]) for one in found]
        assert np.mean(ends) == pytest.approx(2.0 * slope, rel=0.2)


def test_one_cell_tells_nothing_of_the_spread_between_devices():
    found = fit_life(PRESET, a_life(9), set_gate=1.3)

    assert found["floor_device_spread"] == found["compliance_device_spread"] == 0.0


def test_too_short_a_life_is_refused():
    short = Life(np.array([[1.0, 2.0]]), np.ones((1, 2)), np.ones((1, 2)))
    with pytest.raises(RangeError, match="bins of life"):
        fit_life(PRESET, short, set_gate=1.3)
