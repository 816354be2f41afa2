"""A 2450 that speaks the 2400's language, to PyMeasure's drivers."""

import pytest
from pymeasure.instruments.keithley import Keithley2400, Keithley2450
from third_party.resistor_chip import OHM, resistor_chip

CHIP = resistor_chip(
    "keithley2450", "USB0::0x05E6::0x2450::04412345::INSTR", 'language = "SCPI2400"'
)


@pytest.fixture
def open_driver(road):
    drivers = []

    def open_as(kind):
        driver = kind(
            road.addresses["smu"],
            visa_library=road.visa,
            read_termination="\n",
            write_termination="\n",
        )
        drivers.append(driver)
        driver.reset()
        return driver

    yield open_as
    for driver in drivers:
        driver.adapter.close()


def test_the_2400s_driver_fills_its_buffer_and_waits_for_it(open_driver):
    smu = open_driver(Keithley2400)
    assert smu.ask("*LANG?").strip() == "SCPI2400"
    smu.reset_data_format()
    smu.compliance_current = 1e-3
    smu.source_voltage = 1.0
    smu.source_enabled = True
    smu.config_buffer(5, 0.01)
    smu.start_buffer()
    smu.wait_for_buffer(timeout=5)
    assert smu.buffer_data.reshape(5, 5)[:, 1] == pytest.approx([1.0 / OHM] * 5, rel=1e-3)
    assert smu.current == pytest.approx(1.0 / OHM, rel=1e-3)
    assert smu.check_errors() == []


def test_the_words_of_the_2450s_buffer_are_taken_here(open_driver):
    """Its driver never sends a trigger count, though, so that the buffer gets one reading."""
    smu = open_driver(Keithley2450)
    smu.config_buffer(5)
    smu.write(":SENS:CURR:PROT 1E-3;:SOUR:VOLT 1;:FORM:ELEM CURR;:OUTP 1")
    smu.start_buffer()
    assert smu.buffer_data == pytest.approx([1.0 / OHM], rel=1e-3)
    assert not smu.is_buffer_full()
    assert smu.check_errors() == []
