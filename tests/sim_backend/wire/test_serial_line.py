"""A serial line: an instrument takes the terminator of its controller, as a panel would set it."""

import pytest
import pyvisa

from labcim.sim_backend.wire.message import MessageCore
from labcim.sim_backend.wire.visa_library import LabcimVisaLibrary

ASRL = "ASRL1::INSTR"


@pytest.fixture
def opened(bench):
    bench.instruments = {ASRL: MessageCore(bench.supply)}
    manager = pyvisa.ResourceManager(LabcimVisaLibrary.over(bench))
    with manager.open_resource(ASRL, timeout=200) as line:
        yield line
    manager.close()


@pytest.mark.parametrize("ending", ["\n", "\r", "\r\n"])
def test_a_query_is_answered_with_the_terminator_that_it_came_with(opened, ending):
    opened.write_termination = opened.read_termination = ending
    assert opened.query("*IDN?") == "ACME,SUPPLY,0001,1.0"


def test_messages_between_carriage_returns_are_carried_out_one_by_one(opened, bench):
    opened.write_raw(b"VOLT 3\rVOLT 4\r")
    assert bench.supply.voltage == 4.0


def test_carriage_returns_in_a_block_are_bytes_of_it(opened, bench):
    opened.write_raw(b"DATA:BLOC #13a\rb\n")
    assert bench.supply.data == b"a\rb"


def test_a_controller_that_changes_its_terminator_is_followed(opened):
    opened.write_raw(b"*OPC?\r")
    assert opened.read_bytes(2) == b"1\r"
    opened.write_raw(b"*OPC?\n")
    assert opened.read_bytes(2) == b"1\n"
