"""Chips of every cell model: made, used, closed, opened again, shown."""

import numpy as np
import pytest

from labcim.errors import RecordError
from labcim.sim_backend.chip.chip_file import ChipFile
from labcim.sim_backend.chip.crossbar import CrossbarChip
from labcim.sim_backend.chip.manage import show_chip
from labcim.sim_backend.chip.state import create
from labcim.sim_backend.chip.truth import Truth
from labcim.sim_backend.devices.finding import find_model
from labcim.sim_backend.devices.preset import load_preset, preset_names


def use(chip):
    """Pulse and read every cell; return the currents."""
    cells, currents = chip.topology.all_cells(), []
    for volts in (1.2, -2.2, 1.3):
        chip.pulse_cells(cells, volts, 1e-6, 5.0)
        chip.clock.advance(1e-3)
        currents.append(chip.read_cells(cells, 0.1, 2.5, aperture=1e-5))
    return np.array(currents)


@pytest.mark.parametrize("preset", preset_names())
def test_a_chip_goes_on_as_if_it_had_never_been_closed(write_chip, preset):
    found = []
    for name, closes in (("once", False), ("twice", True)):
        path = write_chip(name, preset=preset)
        create(ChipFile.load(path))
        chip = CrossbarChip(ChipFile.load(path))
        use(chip)
        if closes:
            chip.close()
            chip = CrossbarChip(ChipFile.load(path))
        found.append((use(chip), chip.true_conductance(), chip.state.cells.copy()))
        chip.close()

    for one, other in zip(*found, strict=True):
        assert (one == other).all()


@pytest.mark.parametrize("preset", preset_names())
def test_a_chip_shows_itself_and_its_truth_in_the_records_of_its_model(write_chip, preset):
    path = write_chip(preset=preset)
    create(ChipFile.load(path))
    chip = CrossbarChip(ChipFile.load(path))
    use(chip)
    chip.close()
    truth = Truth(ChipFile.load(path).state_folder)

    assert truth.cells().dtype == find_model(load_preset(preset).model).cell
    assert (truth.cells()["pulses"] == 3).all()
    assert (show_chip(path).formed, show_chip(path).pulses) == (30, 90)


@pytest.mark.parametrize("preset", preset_names())
def test_cells_of_every_model_sneak(write_chip, preset):
    """With every gate open and the other lines floating, more flows than through one cell."""
    path = write_chip(preset=preset)
    create(ChipFile.load(path))
    chip = CrossbarChip(ChipFile.load(path))
    rows, columns = np.full(6, np.nan), np.full(5, np.nan)
    rows[0], columns[0] = 0.1, 0.0
    alone = chip.at_rest(rows, columns, np.array([2.5, 0, 0, 0, 0])).row_current[0]
    sneaking = chip.at_rest(rows, columns, np.full(5, 2.5)).row_current[0]
    chip.close()

    assert sneaking > 1.05 * alone > 0


def test_temperature_of_the_chip_file_reaches_the_cells(write_chip):
    rates = []
    for kelvin in (300.0, 330.0):
        path = write_chip(f"at{kelvin:.0f}", preset="capacitor-igzo", temperature=kelvin)
        create(ChipFile.load(path))
        chip = CrossbarChip(ChipFile.load(path))
        rates.append(chip.state.devices["decay_rate"][0])
        chip.close()

    assert rates[1] > 3.0 * rates[0]


def test_a_state_whose_preset_is_not_installed_says_so(write_chip):
    path = write_chip()
    create(ChipFile.load(path))
    header = ChipFile.load(path).state_folder / "header.bin"
    content = header.read_bytes().replace(b"neurram-130nm", b"unobtainium!!")
    header.write_bytes(content)

    with pytest.raises(RecordError, match=r"preset 'unobtainium!!' cannot be opened: .*known are"):
        Truth(header.parent)
