"""Presets of the filament model beside the two first ones: each shows the figures it exists for."""

import numpy as np
import pytest

SKY, IHP, CONFINED, BINARY = "sky130-reram", "ihp-1t1r", "confined-filament", "low-current-binary"
ABRUPT = "abrupt-binary"


def test_sky130_forms_at_2_5_volts_and_to_30_to_120_microsiemens(cell_array):
    """SkyWater documentation: mean 2.5 V at 1 us, > 99 % at 3.1 V."""
    cells = cell_array(SKY, size=4000, formed=False)
    formed_at, conductance = np.full(cells.size, np.nan), np.full(cells.size, np.nan)
    for volts in np.arange(1.8, 3.15, 0.02):
        cells.pulse(volts, 1.6)
        new = np.isnan(formed_at) & (cells.cells["formed"] != 0)
        formed_at[new], conductance[new] = volts, cells.cells["conductance"][new]

    assert np.nanmean(formed_at) == pytest.approx(2.5, abs=0.05)
    assert np.isfinite(formed_at).mean() > 0.99
    low, high = np.nanpercentile(conductance, [2.5, 100])
    assert low >= 28e-6 and high <= 120e-6 + 1e-12


def test_sky130_switches_by_its_documented_pulses(cell_array):
    """SET BL 2.4, WL 1.7 V; RESET SL 2.6, WL 2.5 V; 1 us. Floor and top of the Verilog-A model."""
    cells = cell_array(SKY, size=1000)
    for _ in range(3):
        cells.pulse(2.4, 1.7)
        on = np.median(cells.true())
        cells.pulse(-2.6, 2.5)
        off = np.median(cells.true())

    assert 60e-6 <= on <= 120e-6
    assert 0.31e-6 * 0.7 <= off <= 3e-6


@pytest.mark.parametrize("conductance", [2e-6, 20e-6, 100e-6])
def test_sky130_current_is_a_sinh_of_0_43_volts(cell_array, conductance):
    quiet = {"white_floor": 0.0, "white_slope": 0.0, "trap_fraction": 0.0}
    cells = cell_array(SKY, size=20, gate_threshold_spread=0.0, **quiet)
    cells.cells["conductance"], cells.cells["relaxation"] = conductance, 0.0
    ratio = cells.read(0.35) / cells.read(0.2)
    filament = np.sinh(0.35 / 0.43) / np.sinh(0.2 / 0.43)

    # The transistor in series takes its part of what the filament gains.
    assert ratio == pytest.approx(filament, rel=0.03)


def test_the_floor_of_sky130_is_that_of_the_verilog_model():
    """I1 = 61.4 uA, d = 3.3 nm, Tox = 5 nm, dref = 4.7249 nm, Vref = 0.43 V."""
    current = 61.4e-6 * np.exp(-(5.0 - 3.3) / (5.0 - 4.7249)) * np.sinh(0.2 / 0.43)

    assert current / 0.2 == pytest.approx(0.31e-6, rel=0.02)


@pytest.mark.parametrize("conductance", [50e-6, 120e-6, 225e-6])
def test_ihp_cells_scatter_as_after_igvva_100(cell_array, conductance):
    """sigma = 4.782 - 0.00911 G uS, G in uS (public fit to Milo, IRPS 2021)."""
    cells = cell_array(IHP, size=8000)
    cells.cells["conductance"] = conductance
    cells.cells["relaxation"] = np.random.default_rng(1).standard_normal(8000)
    cells.time = 100.0

    law = (4.782 - 0.00911 * conductance * 1e6) * 1e-6
    assert (cells.true() - conductance).std() == pytest.approx(law, rel=0.05)


def test_ihp_states_from_50_to_225_microsiemens_can_be_set_by_the_gate(cell_array):
    cells = cell_array(IHP, size=400, one_second=0.0, one_day=0.0)
    reached = []
    for gate in (1.1, 1.2, 1.3, 1.4, 1.5):
        cells.pulse(-3.0, 4.0)
        cells.pulse(3.0, gate)
        reached.append(np.median(cells.true()))

    assert reached == sorted(reached)
    assert reached[0] < 80e-6 and reached[-1] > 200e-6


def test_d25_a_confined_filament_scatters_less_than_neurram_from_cycle_to_cycle(cell_array, even):
    """SET voltage 1 % of 1.15 V cycle to cycle, against 50 mV; all else the same."""
    spread = {}
    for preset in (CONFINED, "neurram-130nm"):
        cells = cell_array(preset, size=4000, jitter=0.0, one_second=0.0, one_day=0.0, **even)
        cells.pulse(-3.3, 5.0)
        cells.pulse(1.7, 2.5)
        spread[preset] = cells.true().std() / 40e-6

    assert spread[CONFINED] / 1.15 == pytest.approx(0.01, rel=0.05)
    assert spread["neurram-130nm"] == pytest.approx(0.05, rel=0.05)


def test_d3_a_binary_cell_conducts_less_than_100_nanoampere_and_a_thousandth_when_off(cell_array):
    cells = cell_array(BINARY, size=1000)
    for _ in range(3):
        cells.pulse(2.2, 2.5)
        on = cells.read(0.2, aperture=1e-3)
        cells.pulse(-2.6, 5.0)
        off = cells.read(0.2, aperture=1e-3)

    assert (on < 100e-9).all() and np.median(on) > 50e-9
    assert np.median(on) / np.median(off) > 1e3


@pytest.mark.parametrize(("sign", "threshold"), [(1.0, 1.5), (-1.0, 0.5)])
def test_abrupt_binary_cells_go_all_the_way_within_150_mv_of_their_threshold(
    cell_array, sign, threshold
):
    """Bounds: 2.5 decades of time below, and the window over the slope above."""
    quiet = dict.fromkeys(("set_spread", "reset_spread", "cycle_spread", "window_spread"), 0.0)
    for volts, moves in ((threshold - 0.12, False), (threshold + 0.12, True)):
        cells = cell_array(ABRUPT, size=50, **quiet)
        cells.cells["conductance"] = 0.4e-6 if sign > 0.0 else 38e-6
        before = cells.true()
        cells.pulse(sign * volts, 5.0)
        ratio = cells.true() / before
        if moves:
            assert (ratio**sign > 50.0).all()
        else:
            assert (ratio**sign < 2.0).all()
