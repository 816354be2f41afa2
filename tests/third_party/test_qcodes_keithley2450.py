"""QCoDeS 0.58's Keithley2450, unmodified, against the simulated 2450."""

import numpy as np
import pytest
from qcodes.instrument_drivers.Keithley import Keithley2450


@pytest.fixture
def smu(road):
    driver = Keithley2450("smu", road.addresses["smu"], visalib=road.visa)
    driver.reset()
    driver.source.function("voltage")
    driver.sense.function("current")
    driver.source.limit(1e-3)
    yield driver
    driver.close()


def no_errors(smu):
    return smu.ask("SYST:ERR?").startswith("0,")


def test_it_finds_its_language_and_parameters(smu):
    assert smu.get_idn()["model"] == "2450"
    assert smu.source_function() == "voltage"
    assert smu.sense_function() == "current"
    assert smu.line_frequency() == "60"
    assert no_errors(smu)


def test_it_measures_the_cell_that_it_reaches(road, smu):
    smu.source.voltage(0.1)
    smu.sense.nplc(10)
    with smu.output_enabled.set_to(True):
        assert smu.sense.current() / 0.1 == pytest.approx(road.conductance(), rel=0.1)
    assert not smu.output_enabled()
    assert no_errors(smu)


def test_it_reads_back_what_it_has_set(smu):
    smu.source.range(2)
    smu.source.voltage(0.3)
    smu.sense.four_wire_measurement(True)
    smu.sense.range(1e-5)
    smu.terminals("rear")
    smu.source.read_back_enabled(False)
    assert smu.source.range() == 2.0 and not smu.source.auto_range()
    assert smu.source.voltage() == 0.3
    assert smu.sense.four_wire_measurement()
    assert smu.sense.range() == pytest.approx(1e-5) and not smu.sense.auto_range()
    assert smu.terminals() == "REAR"
    assert not smu.source.read_back_enabled()
    assert no_errors(smu)


def test_it_sees_the_limit_tripped(smu):
    smu.source.limit(1e-8)
    smu.source.voltage(0.1)
    with smu.output_enabled.set_to(True):
        assert smu.source.limit_tripped()
    assert no_errors(smu)


def test_it_sweeps_the_cell(road, smu):
    smu.source.sweep_setup(0.0, 0.1, 5)
    currents = smu.sense.sweep()
    expected = np.linspace(0.0, 0.1, 5) * road.conductance()
    assert currents == pytest.approx(expected, rel=0.15, abs=1e-9)
    assert no_errors(smu)


def test_it_fills_a_buffer_of_its_own(smu):
    with smu.buffer("mine", 100) as buffer:
        smu.source.voltage(0.1)
        smu.sense.count(3)
        with smu.output_enabled.set_to(True):
            buffer.trigger_start()
        assert buffer.number_of_readings() == 3
        assert buffer.size() == 100
        buffer.elements(["time", "measurement", "source_value"])
        assert len(buffer.get_data(1, 3)) == 9
        assert float(buffer.get_last_reading().split(",")[2]) == pytest.approx(0.1, abs=1e-3)
        buffer.clear_buffer()
        assert buffer.number_of_readings() == 0
    assert no_errors(smu)
