"""Presets show the reference statistics that they state."""

import numpy as np
import pytest

from labcim.errors import RecipeError
from labcim.sim_backend.devices.preset import load_preset

QUIET_READS = {"white_floor": 0.0, "white_slope": 0.0, "trap_fraction": 0.0, "flicker": 0.0}
POLYNOMIALS = {  # uS in u = G / 40 uS: public code fits of the NeuRRAM chip, physics 2.1 (c)
    1.0: (0.348, 16.03, -43.853, 45.393, -16.815),
    86400.0: (0.701, 22.086, -50.773, 47.095, -16.458),
}


@pytest.mark.parametrize("age", POLYNOMIALS)
@pytest.mark.parametrize("conductance", [6e-6, 12e-6, 20e-6, 30e-6])
def test_relaxation_of_neurram_has_the_published_spread(cell_array, age, conductance):
    cells = cell_array("neurram-130nm", size=4000)
    cells.cells["conductance"] = conductance
    cells.cells["relaxation"] = np.random.default_rng(3).standard_normal(4000)
    cells.time = age
    u = conductance / 40e-6
    law = sum(c * u**power for power, c in enumerate(POLYNOMIALS[age])) * 1e-6

    assert (cells.true() - conductance).std() == pytest.approx(law, rel=0.1)


def test_relaxation_grows_with_time_and_is_small_right_after_the_write(cell_array):
    cells = cell_array("neurram-130nm", size=4000)
    cells.pulse(-3.3, 5.0)
    cells.pulse(1.6, 2.5)
    written = cells.cells["conductance"].copy()
    spreads = []
    for age in (1e-4, 1e-2, 1.0, 1e3, 86400.0):
        cells.time = age
        spreads.append((cells.true() - written).std())

    assert spreads == sorted(spreads)
    assert spreads[0] < 0.15e-6 and 1.5e-6 < spreads[2] < 2.4e-6


def test_a_new_write_draws_a_new_relaxation(cell_array):
    cells = cell_array("neurram-130nm", size=2000)
    draws = []
    for _ in range(2):
        cells.pulse(-3.3, 5.0)
        cells.pulse(1.6, 2.5)
        draws.append(cells.cells["relaxation"].copy())

    assert abs(np.corrcoef(draws[0], draws[1])[0, 1]) < 0.1


def test_cycles_of_the_64k_chips(cell_array):
    """LRS 7.43 kOhm, ln-sd 0.075; HRS 156 kOhm, ln-sd 1.39 (1,024 cells, WL 1.3/BL 3.0, SL 3.5)."""
    cells = cell_array("oxram-1t1r-64k", size=1024)
    low, high = [], []
    for _ in range(30):
        cells.pulse(3.0, 1.3)
        low.append(1.0 / cells.true())
        cells.pulse(-3.5, 3.0)
        high.append(1.0 / cells.true())
    low, high = np.array(low[5:]), np.array(high[5:])

    assert np.median(low) == pytest.approx(7430.0, rel=0.02)
    assert np.log(low).std() == pytest.approx(0.075, rel=0.1)
    assert np.median(high) == pytest.approx(156e3, rel=0.1)
    assert np.log(high).std() == pytest.approx(1.39, rel=0.1)
    assert np.percentile(high, 10) == pytest.approx(27e3, rel=0.15)
    assert np.percentile(high, 90) == pytest.approx(845e3, rel=0.2)


def test_cycles_of_the_64k_chips_remember_as_measured(cell_array):
    """Cycles 25 and 50 correlate over cells by 0.32 (HRS) and 0.68 (LRS); 1,024 real cells."""
    cells = cell_array("oxram-1t1r-64k", size=4000)
    low, high = [], []
    for _ in range(50):
        cells.pulse(3.0, 1.3)
        low.append(np.log(cells.true()))
        cells.pulse(-3.5, 3.0)
        high.append(np.log(cells.true()))

    assert np.corrcoef(high[24], high[49])[0, 1] == pytest.approx(0.32, abs=0.05)
    assert np.corrcoef(low[24], low[49])[0, 1] == pytest.approx(0.68, abs=0.05)


def test_the_current_of_the_64k_chips_has_the_measured_shape(cell_array):
    """I = G V0 sinh(V/V0), V0 = 0.28 V at 17 uS: conductance rises by 19 % from 0.2 to 0.35 V."""
    cells = cell_array("oxram-1t1r-64k", size=50, **QUIET_READS)
    cells.cells["conductance"], cells.cells["relaxation"] = 17e-6, 0.0
    low, high = cells.read(0.2) / 0.2, cells.read(0.35) / 0.35

    assert np.mean(high / low) == pytest.approx(1.19, abs=0.03)


def test_an_unknown_preset_is_refused_with_the_known_ones():
    with pytest.raises(RecipeError, match="neurram-130nm"):
        load_preset("unobtainium")


@pytest.mark.parametrize("preset", ["oxram-1t1r-64k", "neurram-130nm", "sky130-reram"])
def test_a_read_at_the_reference_returns_the_conductance_itself(cell_array, preset):
    """Of every cell, its transistor's bent curve and spread threshold included."""
    cells = cell_array(preset, size=500, **QUIET_READS)
    read = load_preset(preset).read
    seen = cells.read(read.read_voltage, gate=read.read_gate) / read.read_voltage

    assert seen == pytest.approx(cells.true(), rel=1e-9)
