"""QCoDeS drives the simulated 3706A, unmodified, through PyVISA."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from qcodes.instrument_drivers.Keithley import Keithley3706A

CHIP = """
[chip]
preset = "neurram-130nm"
rows = 4
columns = 4

[[instrument]]
name = "matrix"
model = "keithley3706a"
address = "TCPIP0::matrix::inst0::INSTR"
options = { cards = ["3730", "", "3730"] }
"""


@pytest.fixture(scope="module")
def matrix(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Keithley3706A]:
    chip: Path = tmp_path_factory.mktemp("chip") / "chip.toml"
    chip.write_text(CHIP)
    driver = Keithley3706A(
        "matrix", "TCPIP0::matrix::inst0::INSTR", visalib=f"{chip}@labcim", timeout=5
    )
    yield driver
    driver.close()


@pytest.fixture(autouse=True)
def _all_open(matrix: Keithley3706A) -> None:
    matrix.reset_channel("allslots")


def test_qcodes_finds_the_cards(matrix: Keithley3706A) -> None:
    assert [card["slot_no"] for card in matrix.get_switch_cards()] == ["1", "3"]
    assert matrix.get_idn()["model"] == "3706A-SNFP"


def test_qcodes_closes_and_opens_channels(matrix: Keithley3706A) -> None:
    matrix.close_channel("1101")
    matrix.exclusive_slot_close("3203")
    assert matrix.get_closed_channels("allslots") == ["1101", "3203"]
    matrix.exclusive_close("1101:1103")
    assert matrix.get_closed_channels("allslots") == ["1101", "1102", "1103"]
    matrix.open_channel("allslots")
    assert matrix.get_closed_channels("allslots") is None


def test_qcodes_sets_the_connection_rule(matrix: Keithley3706A) -> None:
    for rule in ("OFF", "MAKE_BEFORE_BREAK", "BREAK_BEFORE_MAKE"):
        matrix.channel_connect_rule(rule)
        assert matrix.channel_connect_rule() == rule


def test_qcodes_forbids_a_channel_and_the_instrument_obeys(matrix: Keithley3706A) -> None:
    matrix.set_forbidden_channels("1102")
    assert matrix.get_forbidden_channels("allslots") == "1102"
    with pytest.warns(UserWarning, match="forbidden"):
        matrix.close_channel("1102")
    assert matrix.get_closed_channels("allslots") is None
    matrix.clear_forbidden_channels("1102")
    matrix.write("errorqueue.clear()")


def test_qcodes_reads_delays_backplanes_and_the_mainframe(matrix: Keithley3706A) -> None:
    matrix.set_delay("1101", 0.25)
    assert matrix.get_delay("1101,1102") == [0.25, 0.0]
    matrix.set_backplane("1101", "1911")
    assert matrix.get_backplane("1101") == "1911"
    assert matrix.gpib_enabled() is True
    assert matrix.gpib_address() == 16
    assert len(matrix.get_available_memory()) == 4
    assert matrix.ask("errorqueue.count") == "0.00000e+00"
