"""PyMeasure 0.16's Keithley2450, unmodified, against the simulated 2450.

Its buffer methods are those of the 2400 and say so in the class's own note; the 2450 answers
``:TRAC:FEED SENSE;:TRAC:FEED:CONT NEXT;`` with -113 (Model 2450 Reference Manual, 2450-901-01,
section 6, has no :TRACe:FEED), and so does the simulated one.
"""

import pytest
from pymeasure.instruments.keithley import Keithley2450


@pytest.fixture
def smu(road):
    driver = Keithley2450(
        road.addresses["smu"],
        visa_library=road.visa,
        read_termination="\n",
        write_termination="\n",
    )
    yield driver
    driver.adapter.close()


def test_it_identifies(smu):
    assert smu.id.startswith("KEITHLEY INSTRUMENTS,MODEL 2450,")


def test_it_measures_the_cell_that_it_reaches(road, smu):
    smu.reset()
    smu.apply_voltage(compliance_current=1e-3)
    smu.measure_current(nplc=10)
    smu.source_voltage = 0.1
    smu.enable_source()
    assert smu.source_enabled
    # Truth is the conductance without noise; the transistor in series takes its small part.
    assert smu.current / 0.1 == pytest.approx(road.conductance(), rel=0.1)
    assert smu.check_errors() == []


def test_it_reads_back_what_it_has_set(smu):
    smu.apply_voltage(voltage_range=2, compliance_current=1e-4)
    smu.source_voltage = 0.25
    smu.current_nplc = 5
    smu.current_range = 1e-5
    assert smu.source_mode == "voltage"
    assert smu.source_voltage == 0.25
    assert smu.source_voltage_range == 2.0
    assert smu.compliance_current == pytest.approx(1e-4)
    assert smu.current_nplc == 5
    assert smu.current_range == pytest.approx(1e-5)
    assert smu.check_errors() == []


def test_it_sources_a_current(road, smu):
    smu.apply_current(compliance_voltage=0.5)
    smu.measure_voltage()
    smu.source_current = 1e-6
    smu.enable_source()
    assert smu.voltage == pytest.approx(1e-6 / road.conductance(), rel=0.2)


def test_it_shuts_down_with_the_output_off(road, smu, monkeypatch):
    monkeypatch.setattr("pymeasure.instruments.keithley.keithley2450.time.sleep", lambda _: None)
    smu.apply_voltage(compliance_current=1e-3)
    smu.source_voltage = 0.1
    smu.enable_source()
    smu.shutdown()
    assert smu.ask("OUTPUT?").strip() == "0"
    assert not road.bench.simulated["smu"].settings.output
    assert road.bench.simulated["smu"].settings.source["VOLT"].level == 0.0


def test_its_buffer_of_the_2400_is_refused_as_by_the_real_one(smu):
    smu.write(":TRAC:FEED SENSE;:TRAC:FEED:CONT NEXT;")
    (error,) = smu.check_errors()
    assert error[0] == -113
