"""QCoDeS 0.58's Keithley3706A, unmodified, against the simulated switch."""

import pytest
from qcodes.instrument_drivers.Keithley import Keithley3706A


@pytest.fixture
def matrix(road):
    driver = Keithley3706A("matrix", road.addresses["matrix"], visalib=road.visa)
    yield driver
    driver.close()


def test_it_finds_the_mainframe_and_its_cards(matrix):
    assert matrix.get_idn()["model"].startswith("3706A")
    assert [card["slot_no"] for card in matrix.get_switch_cards()] == ["1", "2", "3"]


def test_it_closes_and_opens_channels(matrix):
    matrix.close_channel("1101")
    matrix.close_channel("1216")
    assert matrix.get_closed_channels("allslots") == ["1101", "1216"]
    matrix.exclusive_close("1305")
    assert matrix.get_closed_channels("allslots") == ["1305"]
    matrix.open_channel("allslots")
    assert matrix.get_closed_channels("allslots") is None
