"""Chip files: what is wrong is said, with what would fit."""

import numpy as np
import pytest

from labcim.errors import RecipeError
from labcim.sim_backend.chip.chip_file import ChipFile


@pytest.mark.parametrize(
    ("rest", "says"),
    [
        ("colour = 1", "chip.colour is not a known key"),
        ("[chip.constants]\nset_volts = 1.0", "set_volts.*none of neurram-130nm's.*set_voltage"),
        ("[chip.constants]\nhighest = -1.0", "greater than 0"),
        ('temperature = "3 V"', "expected K"),
        ("[chip.windows]\nrow = [1.0, 3.0]", "row.*1 to 3 V: accepts lowest <= 0 V <= highest"),
        ("[chip.windows]\ngate = [3.0, 1.0]", "gate.*3 to 1 V: accepts lowest <= 0 V"),
        ("[chip.windows]\ncolumn = [0.0, 0.0]", "column.*not both 0 V"),
        ('[wiring]\n"smu.hi" = "row.6"', "the chip has 6 row lines"),
        ('[wiring]\n"m.column[1:3]" = "row[0:1]"', "3 names cannot be tied to 2"),
        ('[faults]\nopen = ["row 3"]', "is not a pad"),
        ('[[instrument]]\nname = "a"\nmodel = "../x"\naddress = "b"', "instrument.0.model"),
    ],
)
def test_a_wrong_chip_file_is_refused_with_the_reason(write_chip, rest, says):
    with pytest.raises(RecipeError, match=says):
        ChipFile.load(write_chip(rest=rest))


def test_an_unknown_preset_is_refused_with_the_known_ones(write_chip):
    with pytest.raises(RecipeError, match="neurram-130nm"):
        ChipFile.load(write_chip(preset="unobtainium"))


@pytest.mark.parametrize("preset", ["nor-flash", "dram-1t1c", "sram-6t", "capacitor-mvm"])
def test_cells_that_have_gates_of_their_own_make_no_passive_array(write_chip, preset):
    with pytest.raises(RecipeError, match=f"{preset} cells have gates: accepts 1T1R"):
        ChipFile.load(write_chip(preset=preset, kind="passive"))


def test_two_instruments_at_one_address_are_refused(write_chip):
    entry = '[[instrument]]\nname = "{}"\nmodel = "clock"\naddress = "{}"\n'
    rest = entry.format("a", "TCPIP0::x::INSTR") + entry.format("b", "tcpip0::X::instr")
    with pytest.raises(RecipeError, match="two instruments have the address"):
        ChipFile.load(write_chip(rest=rest))


def test_ranges_of_the_wiring_are_written_out(write_chip):
    rest = '[wiring]\n"m.column[1:3]" = "row[2:4]"\n"ground" = ["row.0", "column[0:1]"]'
    ties = ChipFile.load(write_chip(rest=rest)).ties()

    assert ties[:3] == [("m.column1", "row.2"), ("m.column2", "row.3"), ("m.column3", "row.4")]
    assert ties[3:] == [("ground", "row.0"), ("ground", "column.0"), ("ground", "column.1")]


def test_quantities_may_carry_units(write_chip):
    rest = '[chip.windows]\nrow = ["0 V", "3500 mV"]'

    assert ChipFile.load(write_chip(rest=rest)).chip.windows.row == (0.0, 3.5)


def test_a_chip_without_spread_has_equal_cells_and_the_constants_it_names(make_chip):
    chip = make_chip(spread=0.0, rest="[chip.constants]\nset_voltage = 1.0\nset_spread = 0.0")
    assert np.ptp(chip.state.devices["set_voltage"]) == 0.0
    assert chip.state.devices["set_voltage"][0] == 1.0
    assert np.ptp(chip.state.devices["highest"]) == 0.0
    assert chip.state.parameters["jitter"][0] == 0.0


def test_half_the_spread_moves_every_cell_half_as_far_from_nominal(make_chip):
    full, half = make_chip("full"), make_chip("half", spread=0.5)
    nominal = full.state.parameters["set_voltage"][0]
    moved = full.state.devices["set_voltage"] - nominal
    assert moved.std() > 0.01
    assert half.state.devices["set_voltage"] - nominal == pytest.approx(0.5 * moved, abs=1e-6)
