"""PyMeasure 0.16's Keithley2600, unmodified, against the simulated 2636B."""

import pytest
from pymeasure.instruments.keithley import Keithley2600
from third_party.two_channel_chip import CHIP as CHIP
from third_party.two_channel_chip import OHM_A, OHM_B

# Its base class says of every such driver that nobody knows whether the device speaks SCPI.
pytestmark = pytest.mark.filterwarnings("ignore:It is not known whether:FutureWarning")


@pytest.fixture
def smu(road):
    driver = Keithley2600(
        road.addresses["smu"],
        visa_library=road.visa,
        write_termination="\n",
        read_termination="\n",
    )
    driver.write("reset()")
    yield driver
    driver.adapter.close()


def test_it_sources_a_voltage_and_measures_the_current(smu):
    channel = smu.ChA
    channel.apply_voltage(compliance_current=1e-3)
    channel.source_voltage = 1.0
    channel.source_output = "ON"
    assert channel.current == pytest.approx(1.0 / OHM_A, rel=5e-4, abs=60e-9)
    assert channel.resistance == pytest.approx(OHM_A, rel=1e-3)
    channel.source_output = "OFF"
    assert channel.source_output == "OFF"


def test_it_sources_a_current_and_measures_the_voltage(smu):
    channel = smu.ChB
    channel.apply_current(current_range=1e-5, compliance_voltage=5.0)
    channel.source_current = 1e-5
    channel.source_output = "ON"
    assert channel.voltage == pytest.approx(1e-5 * OHM_B, rel=1e-3, abs=1e-3)
    assert (channel.source_mode, channel.compliance_voltage) == ("current", 5.0)


def test_it_configures_its_measurements(smu):
    channel = smu.ChA
    channel.measure_current(nplc=0.5, current=1e-3, auto_range=False)
    assert channel.current_range == pytest.approx(1e-3)
    assert channel.ask("measure.nplc") == 0.5
    channel.measure_voltage(nplc=2, voltage=2.0, auto_range=False)
    assert channel.voltage_range == pytest.approx(2.0)
    channel.wires_mode = "4"
    assert channel.wires_mode == "4"


def test_it_ramps_down_and_shuts_off(smu):
    channel = smu.ChA
    channel.source_voltage = 0.5
    channel.source_output = "ON"
    channel.ramp_to_voltage(0.1, steps=5, pause=0.0)
    assert channel.source_voltage == pytest.approx(0.1)
    channel.source_output = "OFF"


def test_an_error_is_told_by_number_and_text(smu):
    smu.write("smua.source.levelv = 1000")
    assert smu.next_error == (1101, "Parameter Too Big")
    assert smu.next_error == (0, "Queue Is Empty")
