"""The chip's temperature: set while it runs, kept with its state, felt by every kind of cell."""

import numpy as np
import pytest

from labcim.errors import RangeError, RecordError
from labcim.sim_backend.chip.chip_file import ChipFile
from labcim.sim_backend.chip.crossbar import CrossbarChip
from labcim.sim_backend.chip.manage import copy_chip, reset_chip
from labcim.sim_backend.chip.state_files import TEMPERATURE
from labcim.sim_backend.devices.preset import preset_names

HOT = 423.15


def reopened(chip, path):
    chip.close()
    return CrossbarChip(ChipFile.load(path))


def test_a_chip_is_as_warm_as_its_file_says_until_somebody_heats_it(make_chip):
    chip = make_chip(temperature=310.0)
    assert chip.temperature == 310.0
    chip.set_temperature(HOT)

    assert chip.temperature == HOT
    assert chip.truth.actions()[-1]["kind"] == b"temperature"
    assert chip.truth.actions()[-1]["value"] == HOT


@pytest.mark.parametrize("kelvin", [0.0, -5.0, 3.9, 1001.0, float("nan"), float("inf")])
def test_a_temperature_that_the_laws_do_not_know_is_refused(make_chip, kelvin):
    chip = make_chip()
    with pytest.raises(RangeError, match="accepts 4 to 1000 K"):
        chip.set_temperature(kelvin)
    assert chip.temperature == 300.0


def test_the_temperature_and_what_it_did_outlive_the_process(make_chip, tmp_path):
    chip = make_chip()
    chip.set_temperature(HOT)
    chip.clock.advance(2e5)
    baked = chip.true_conductance()
    chip = reopened(chip, tmp_path / "chip.toml")

    assert chip.temperature == HOT
    np.testing.assert_array_equal(chip.true_conductance(), baked)
    chip.set_temperature(300.0)
    np.testing.assert_allclose(chip.true_conductance(), baked, rtol=1e-6)
    chip.close()


def test_a_copy_is_as_warm_and_a_reset_chip_as_its_file_says(make_chip, tmp_path):
    make_chip().set_temperature(HOT)
    twin = CrossbarChip(copy_chip(tmp_path / "chip.toml", tmp_path / "twin.toml"))
    assert twin.temperature == HOT
    twin.close()
    anew = CrossbarChip(reset_chip(tmp_path / "twin.toml"))
    assert anew.temperature == 300.0
    anew.close()


def test_a_damaged_temperature_is_named(make_chip, tmp_path):
    chip = make_chip()
    chip.set_temperature(HOT)
    folder = chip.state.folder
    for damage in (b"abc", np.array([-1.0, 0.0]).tobytes(), np.array([np.nan, 0.0]).tobytes()):
        (folder / TEMPERATURE).write_bytes(damage)
        with pytest.raises(RecordError, match=TEMPERATURE):
            CrossbarChip(ChipFile.load(tmp_path / "chip.toml"))


@pytest.mark.parametrize("preset", preset_names())
def test_heat_for_no_time_changes_no_conductance_of_any_kind_of_cell(make_chip, preset):
    chip = make_chip(preset=preset, rows=12, columns=10, formed=True)
    chip.pulse_cells(chip.topology.all_cells(), 2.0, 1e-6, 3.0, current_limit=50e-6)
    chip.clock.advance(1e-6)
    before = chip.true_conductance()
    chip.set_temperature(320.0)
    chip.set_temperature(300.0)

    np.testing.assert_allclose(chip.true_conductance(), before, rtol=1e-9)


def test_a_capacitor_leaks_by_each_temperature_for_the_time_that_it_lasts(make_chip):
    """ln of the distance from rest falls by time / tau; tau at 330 K from its Arrhenius energy."""
    preset = "capacitor-igzo"
    cold, mixed, hot = (
        make_chip(f"chip{n}", preset=preset, temperature=kelvin)
        for n, kelvin in enumerate((300.0, 300.0, 330.0))
    )
    left = []
    for chip in (cold, mixed, hot):
        chip.pulse_cells(chip.topology.all_cells(), 2.0, 1e-3, 3.0)
    rest = 3e-6  # S, the middle of the window
    start = cold.true_conductance() - rest
    for chip, again in ((cold, None), (mixed, 330.0), (hot, None)):
        chip.clock.advance(1e4)
        if again:
            chip.set_temperature(again)
        chip.clock.advance(1e4)
        left.append(np.log((chip.true_conductance() - rest) / start))

    np.testing.assert_allclose(left[1], 0.5 * (left[0] + left[2]), rtol=1e-5)


def test_an_ag_filament_dissolves_by_each_temperature_for_the_time_that_it_lasts(make_chip):
    """ln of what is left falls by time / tau; tau at 330 K from its Arrhenius energy."""
    chip = make_chip(preset="ag-diffusive", rows=12, columns=10)
    chip.pulse_cells(chip.topology.all_cells(), 0.9, 1e-2, 3.0, current_limit=20e-6)
    chip.clock.advance(1e-2)
    p, on = chip.state.parameters[0], chip.state.cells["lifetime"] > 0.0
    tau = chip.state.cells["lifetime"][on].copy()
    factor = np.exp(float(p["lifetime_energy"]) / 8.617333262e-5 * (1 / 300.0 - 1 / 330.0))
    start = chip.true_conductance()[on] - float(p["off"])
    chip.clock.advance(1e-3)
    chip.set_temperature(330.0)
    chip.clock.advance(1e-3)
    left = np.log((chip.true_conductance()[on] - float(p["off"])) / start)

    assert on.sum() > 100
    np.testing.assert_allclose(left, -1e-3 * (1.0 + factor) / tau, rtol=1e-6)


def test_a_superparamagnet_flips_by_the_present_temperature(make_chip):
    """Two states that have forgotten each other agree in half of the cases, others in more."""
    agree = {}
    for kelvin in (300.0, 250.0):
        chip = make_chip(f"m{kelvin:.0f}", preset="superparamagnetic-mtj", rows=60, columns=50)
        stability = np.median(chip.state.devices["stability"])
        dwell = float(chip.state.parameters["attempt_time"][0]) * np.exp(stability)
        chip.set_temperature(kelvin)
        middle = np.median(chip.true_conductance())
        before = chip.true_conductance() > middle
        chip.clock.advance(dwell)
        agree[kelvin] = np.mean((chip.true_conductance() > middle) == before)

    assert agree[250.0] > agree[300.0] + 0.05
