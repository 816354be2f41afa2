"""QCoDeS 0.58's Keithley2400, unmodified, against the simulated one."""

import pytest
from qcodes.instrument_drivers.Keithley import Keithley2400
from third_party.resistor_chip import OHM, resistor_chip

CHIP = resistor_chip("keithley2400", "GPIB0::24::INSTR")
# A level is 0.02 % + 600 uV off at most, a reading of 100 uA 0.025 % + 6 nA (SPEC-2400 Rev. H).
CURRENT_ACCURACY = 2.5e-4 * 1e-4 + 6e-9
LEVEL_ACCURACY = 2e-4 + 600e-6


@pytest.fixture
def smu(road):
    driver = Keithley2400("smu", road.addresses["smu"], visalib=road.visa)
    driver.reset()
    driver.write(":FORM:ELEM VOLT,CURR")  # as its own constructor does before any reset
    yield driver
    driver.close()


def no_errors(smu):
    return smu.ask("SYST:ERR?").startswith("0,")


def test_it_identifies(smu):
    assert smu.get_idn()["model"] == "2400"
    assert smu.get_idn()["vendor"] == "KEITHLEY INSTRUMENTS INC."
    assert no_errors(smu)


def test_it_measures_a_resistor_as_the_data_sheet_promises(smu):
    smu.mode("VOLT")
    smu.compliancei(1e-3)
    smu.nplci(10)
    smu.volt(1.0)
    smu.output(1)
    assert smu.curr() == pytest.approx(1.0 / OHM, abs=CURRENT_ACCURACY + LEVEL_ACCURACY / OHM)
    assert smu.resistance() == pytest.approx(OHM, rel=2e-3)
    smu.output(0)
    assert no_errors(smu)


def test_it_sources_a_current(smu):
    smu.mode("CURR")
    smu.compliancev(5.0)
    smu.curr(1e-4)
    smu.output(1)
    assert smu.volt() == pytest.approx(1.0, rel=2e-3)
    assert no_errors(smu)


def test_it_reads_back_what_it_has_set(smu):
    smu.mode("VOLT")
    smu.rangev(2)
    smu.compliancei(2e-3)
    smu.nplcv(0.5)
    assert smu.mode() == "VOLT"
    assert smu.compliancei() == pytest.approx(2e-3)
    assert smu.nplci() == 0.5  # one speed for all functions
    # It sets the range of the source and asks for that of the meter, which stays at 20 V.
    assert smu.rangev() == pytest.approx(21.0)
    assert smu.ask("SOUR:VOLT:RANG?") == "2.100000E+00"
    assert no_errors(smu)
