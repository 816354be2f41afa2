"""QCoDeS 0.58's Keithley3706A, unmodified, against the simulated switch."""

import pytest
from qcodes.instrument_drivers.Keithley import Keithley3706A
from qcodes.instrument_drivers.Keithley.Keithley_3706A import Keithley3706AInvalidValue


@pytest.fixture
def matrix(road):
    driver = Keithley3706A("matrix", road.addresses["matrix"], visalib=road.visa)
    try:
        yield driver
        assert driver.ask("errorqueue.count") == "0.00000e+00"
    finally:
        driver.close()


def test_it_finds_the_mainframe_and_its_cards(matrix):
    assert matrix.get_idn()["model"].startswith("3706A")
    cards = matrix.get_switch_cards()
    assert [card["slot_no"] for card in cards] == ["1", "2", "3"]
    assert {card["model"] for card in cards} == {"3730"}
    assert len(matrix.get_channels()) == 3 * 6 * 16
    assert matrix.get_channels_by_slot(2)[:2] == ["2101", "2102"]
    assert len(matrix.get_analog_backplane_specifiers()) == 18


def test_it_closes_and_opens_channels(matrix):
    matrix.close_channel("1101")
    matrix.close_channel("1216")
    assert matrix.get_closed_channels("allslots") == ["1101", "1216"]
    matrix.exclusive_slot_close("2203")
    assert matrix.get_closed_channels("allslots") == ["1101", "1216", "2203"]
    matrix.exclusive_close("1101:1103,1911")
    assert matrix.get_closed_channels("allslots") == ["1101", "1102", "1103", "1911"]
    matrix.open_channel("slot1")
    assert matrix.get_closed_channels("allslots") is None


def test_it_opens_and_closes_whole_rows_and_columns(matrix):
    matrix.disconnect_row_from_columns(1, 2, [1, 2])  # the driver calls closing "disconnect"
    assert matrix.get_closed_channels("slot1") == ["1201", "1202"]
    matrix.connect_column_to_rows(1, 1, [2])
    assert matrix.get_closed_channels("slot1") == ["1202"]


def test_it_sets_the_connection_rule(matrix):
    for rule in ("OFF", "MAKE_BEFORE_BREAK", "BREAK_BEFORE_MAKE"):
        matrix.channel_connect_rule(rule)
        assert matrix.channel_connect_rule() == rule


def test_it_forbids_a_channel_and_the_instrument_obeys(matrix):
    matrix.set_forbidden_channels("1102")
    assert matrix.get_forbidden_channels("allslots") == "1102"
    with pytest.warns(UserWarning, match="forbidden"):
        matrix.close_channel("1102")
    assert matrix.get_closed_channels("allslots") is None
    assert "forbidden to close" in matrix.ask("errorqueue.next()")
    matrix.clear_forbidden_channels("1102")
    matrix.close_channel("1102")
    assert matrix.get_closed_channels("allslots") == ["1102"]


def test_it_reads_delays_and_backplanes(matrix):
    matrix.set_delay("1101", 0.25)
    assert matrix.get_delay("1101,1102") == [0.25, 0.0]
    matrix.set_backplane("1101", "1911,1912")
    assert matrix.get_backplane("1101") == "1911,1912"
    matrix.close_channel("1101")
    assert matrix.get_closed_channels("allslots") == ["1101", "1911", "1912"]
    matrix.reset_channel("allslots")
    assert matrix.get_closed_channels("allslots") is None
    assert matrix.get_delay("1101") == [0.0]
    with pytest.raises(Keithley3706AInvalidValue):
        matrix.get_delay("1911")


def test_it_reads_the_mainframe(matrix):
    assert matrix.gpib_enabled() is True
    assert matrix.lan_enabled() is True
    matrix.gpib_address(7)
    assert matrix.gpib_address() == 7
    assert len(matrix.get_available_memory()) == 4
    assert matrix.get_interlock_state()[0]["state"].startswith("Interlock 1 is engaged")
    assert matrix.get_ip_address() == "127.0.0.1"
    matrix.reset_local_network()


def test_it_saves_and_recalls_setups(matrix):
    matrix.close_channel("1101")
    matrix.save_setup()
    matrix.save_setup("/usb1/route.set")
    matrix.load_setup(0)
    assert matrix.get_closed_channels("allslots") is None
    matrix.load_setup(1)
    assert matrix.get_closed_channels("allslots") == ["1101"]
    matrix.open_channel("allslots")
    matrix.load_setup("/usb1/route.set")
    assert matrix.get_closed_channels("allslots") == ["1101"]


def test_closed_relays_join_the_chip_to_the_source_meter(road, matrix):
    matrix.close_channel("1101")
    assert matrix.get_closed_channels("allslots") == ["1101"]  # what was said has arrived
    assert "1101" in road.bench.simulated["matrix"].bank("1101").contacts
