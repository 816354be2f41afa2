"""What holds for the cells of every preset, whatever its model."""

import numpy as np
import pytest

from labcim.sim_backend.devices.preset import load_preset, preset_names

ALL = pytest.mark.parametrize("preset", preset_names())


@ALL
def test_every_section_of_a_preset_names_its_source(preset):
    constants = load_preset(preset)

    stated = set(constants.sections()) & constants.model_fields_set
    assert stated <= set(constants.sources) <= set(constants.sections())
    assert all(text.startswith(("[V]", "[C]", "[R]")) for text in constants.sources.values())
    assert constants.reference


@ALL
def test_the_same_seed_makes_the_same_cells_and_another_others(cell_array, preset):
    first, again, other = (cell_array(preset, size=50, seed=seed) for seed in (1, 1, 2))

    assert (first.devices == again.devices).all() and (first.cells == again.cells).all()
    assert not (first.devices == other.devices).all()


@ALL
def test_only_filaments_need_forming(cell_array, preset):
    fresh = cell_array(preset, size=50, formed=False)

    assert (fresh.cells["formed"] == 0).all() == (load_preset(preset).model == "filament")
    assert (cell_array(preset, size=50).cells["formed"] == 1).all()


@ALL
def test_reads_at_the_reference_are_unbiased(cell_array, preset):
    read = load_preset(preset).read
    cells = cell_array(preset, size=2000, gate_threshold_spread=0.0)
    seen = cells.read(read.read_voltage, gate=read.read_gate, aperture=1e-5) / read.read_voltage
    ratio = seen / cells.true() - 1.0

    assert ratio.mean() == pytest.approx(0.0, abs=4.0 * ratio.std() / np.sqrt(2000) + 3e-3)


@ALL
def test_a_voltage_below_the_disturb_limit_moves_nothing(cell_array, preset):
    cells = cell_array(preset, size=200)
    before = cells.true().copy()
    limit = 0.99 * float(cells.parameters["disturb_voltage"][0])
    for volts in (limit, -limit):
        cells.pulse(volts, 5.0, width=1.0)

    assert (cells.true() == before).all()
    assert (cells.cells["pulses"] == 2).all()


@ALL
def test_a_closed_gate_moves_nothing(cell_array, preset):
    cells = cell_array(preset, size=200)
    before = cells.true().copy()
    for volts in (2.0, -2.0):
        assert (cells.pulse(volts, 0.0) < 1e-12).all()

    assert (cells.true() == before).all()


@ALL
def test_dead_cells_come_at_the_rate_asked_for_and_never_move(cell_array, preset):
    cells = cell_array(preset, size=4000, stuck=0.1)
    dead = cells.cells["stuck"] != 0
    before = cells.true()[dead]
    for volts in (1.2, -2.2):
        cells.pulse(volts, 3.0)
    cells.time += 10.0

    assert dead.mean() == pytest.approx(0.1, abs=4 * np.sqrt(0.09 / 4000))
    assert (cells.true()[dead] == before).all()


@ALL
def test_no_stimulus_makes_a_cell_that_is_not_a_conductance(cell_array, preset):
    cells = cell_array(preset, size=64)
    random = np.random.default_rng(1)
    for _ in range(60):
        volts = random.uniform(-4.0, 4.0, 64)
        width, limit = 10.0 ** random.uniform(-9, 0), 10.0 ** random.uniform(-7, 0)
        peak = cells.pulse(volts, random.uniform(0.0, 5.5, 64), width=width, limit=limit)
        cells.time += 10.0 ** random.uniform(-8, 4)
        seen = cells.read(0.1, aperture=10.0 ** random.uniform(-8, 0))

        assert np.isfinite(cells.true()).all() and (cells.true() > 0).all()
        assert (cells.true() < 1e-2).all()
        assert np.isfinite(seen).all() and (peak >= 0).all() and (peak <= limit).all()


@ALL
def test_every_pulse_and_read_is_counted_and_logged(cell_array, preset):
    cells = cell_array(preset, size=10)
    cells.pulse(1.0, 3.0, count=3)
    assert cells.tail[0] == 30
    assert (cells.log["conductance"][2::3] > 0).all()
    cells.read(0.1)

    assert (cells.cells["pulses"] == 3).all() and (cells.cells["reads"] == 1).all()
