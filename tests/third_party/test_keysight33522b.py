"""QCoDeS 0.58's Keysight33522B and PyMeasure 0.16's Agilent33500, unmodified."""

import pytest
from pymeasure.instruments.agilent import Agilent33500
from qcodes.instrument_drivers.Keysight import Keysight33522B


@pytest.fixture
def qcodes_awg(road):
    driver = Keysight33522B("awg", road.addresses["awg"], visalib=road.visa)
    driver.write("*RST")
    yield driver
    driver.close()


@pytest.fixture
def pymeasure_awg(road):
    driver = Agilent33500(
        road.addresses["awg"],
        visa_library=road.visa,
        read_termination="\n",
        write_termination="\n",
    )
    yield driver
    driver.adapter.close()


def test_qcodes_pulses_a_channel(road, qcodes_awg):
    channel = qcodes_awg.ch1
    channel.function_type("PULS")
    channel.pulse_width(2e-6)
    channel.frequency(1e4)
    channel.amplitude(0.5)
    channel.offset(0.25)
    channel.burst_mode("N Cycle")
    channel.burst_ncycles(3)
    channel.trigger_source("BUS")
    channel.burst_state("ON")
    channel.output("ON")
    before = road.bench.clock.now
    qcodes_awg.force_trigger()
    assert qcodes_awg.ask("*OPC?") == "1"
    assert channel.pulse_width() == pytest.approx(2e-6)
    assert (channel.amplitude(), channel.offset()) == pytest.approx((0.5, 0.25))
    assert (channel.burst_ncycles(), channel.burst_state(), channel.output()) == (3, "ON", "ON")
    assert road.bench.clock.now - before == pytest.approx(3e-4)
    assert qcodes_awg.error() == (0, "No error")


def test_qcodes_reads_every_parameter(qcodes_awg):
    snapshot = qcodes_awg.snapshot(update=True)
    channel = snapshot["submodules"]["ch2"]["parameters"]
    assert channel["function_type"]["value"] == "SIN"
    assert channel["burst_polarity"]["value"] == "NORM"
    assert qcodes_awg.error() == (0, "No error")


def test_pymeasure_sets_a_pulse_and_triggers_it(road, pymeasure_awg):
    awg = pymeasure_awg
    awg.reset()
    awg.ch_1.shape = "PULS"
    awg.ch_1.pulse_period = 1e-3
    awg.ch_1.pulse_width = 1e-4
    awg.ch_1.amplitude = 1.0
    awg.ch_1.output_load = "INF"
    awg.ch_1.burst_ncycles = 2
    awg.ch_1.burst_state = True
    awg.trigger_source = "BUS"
    awg.ch_1.output = True
    before = road.bench.clock.now
    awg.trigger()
    assert awg.ch_1.amplitude == pytest.approx(2.0)  # high impedance: twice what it was into 50 ohm
    assert awg.ch_1.pulse_width == pytest.approx(1e-4)
    assert road.bench.clock.now - before == pytest.approx(2e-3)
    assert awg.check_errors() == []


def test_pymeasure_loads_an_arbitrary_waveform(pymeasure_awg):
    awg = pymeasure_awg
    awg.ch_1.data_volatile_clear()
    awg.ch_1.data_arb("test", [-1.0, -0.5, 0.0, 0.5, 1.0, 0.5, 0.0, -0.5], data_format="float")
    awg.ch_1.arb_file = "test"
    awg.ch_1.shape = "ARB"
    awg.ch_1.arb_srate = 1e6
    assert awg.ch_1.shape == "ARB"
    assert awg.ch_1.arb_srate == pytest.approx(1e6)
    assert awg.check_errors() == []
