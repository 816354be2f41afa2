"""Forming: Weibull in voltage, worth a tenth of a volt a decade, and a short without compliance."""

import numpy as np
import pytest

PRESETS = ["neurram-130nm", "oxram-1t1r-64k"]


def forming_voltages(cells, width=1e-6, gate=1.4):
    """Ramp in 10 mV steps and return the voltage in V at which each cell formed."""
    found = np.full(cells.size, np.nan)
    for volts in np.arange(1.2, 3.3, 0.01):
        cells.pulse(volts, gate, width=width, cells=cells.all[np.isnan(found)])
        fresh = np.isnan(found) & (cells.cells["formed"] != 0)
        found[fresh] = volts
    return found


@pytest.mark.parametrize("preset", PRESETS)
def test_ninety_nine_percent_form_by_3_1_volts_at_2_5_on_average(cell_array, preset):
    found = forming_voltages(cell_array(preset, size=1000, formed=False))

    assert np.mean(found <= 3.1) >= 0.99
    assert np.nanmean(found) == pytest.approx(2.5, abs=0.08)  # a ramp adds up a little damage
    assert np.nanstd(found) == pytest.approx(0.17, abs=0.03)  # Weibull of shape 18


def test_a_decade_of_width_forms_a_tenth_of_a_volt_lower(cell_array):
    short = forming_voltages(cell_array(PRESETS[0], size=300, formed=False), 1e-6)
    long = forming_voltages(cell_array(PRESETS[0], size=300, formed=False), 1e-5)

    assert np.mean(short - long) == pytest.approx(0.1, abs=0.005)


def test_a_formed_neurram_cell_lies_inside_its_window(cell_array):
    cells = cell_array(PRESETS[0], size=2000, formed=False)
    forming_voltages(cells)

    assert (cells.true() < 40e-6).all() and (cells.true() > 5e-6).all()
    assert not cells.cells["stuck"].any()


def test_post_forming_resistance_of_the_64k_chips(cell_array):
    """Chip C1: median 16.1 kOhm, ln-sd 0.36, 99.8 % under 50 kOhm."""
    resistance = 1.0 / cell_array(PRESETS[1], size=20_000).true()

    assert np.median(resistance) == pytest.approx(16.1e3, rel=0.02)
    assert np.log(resistance).std() == pytest.approx(0.36, rel=0.03)
    assert np.mean(resistance < 50e3) >= 0.995


def test_forming_without_a_limiting_gate_makes_a_short_that_no_reset_opens(cell_array):
    cells = cell_array(PRESETS[0], size=200, formed=False)
    forming_voltages(cells, gate=3.3)
    cells.pulse(-3.3, 5.0)

    assert (cells.true() > 60e-6).all()
    assert (cells.cells["stuck"] == 2).all()


def test_an_unformed_cell_ignores_what_does_not_form_it(cell_array):
    cells = cell_array(PRESETS[0], size=200, formed=False)
    before = cells.true()
    cells.pulse(-1.2, 5.0, count=10)
    cells.pulse(1.2, 2.5, count=10)

    assert (cells.true() == before).all()
    assert (before < 0.2e-6).all()
