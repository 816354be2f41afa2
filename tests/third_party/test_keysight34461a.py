"""QCoDeS 0.58's Keysight34461A and PyMeasure 0.16's HP34401A and Agilent34410A, unmodified.

Expected values are those of the resistors, within the data sheet's one-year accuracy.
"""

import math
import warnings

import numpy as np
import pytest
from pymeasure.instruments.agilent import Agilent34410A
from pymeasure.instruments.hp import HP34401A
from qcodes.instrument_drivers.Keysight import Keysight34461A

CHIP = """
[chip]
preset = "neurram-130nm"
rows = 4
columns = 4
seed = 3
stuck = 0.0
formed = true

[[instrument]]
name = "dmm"
model = "keysight34461a"
address = "USB0::0x2A8D::0x1301::MY53212345::INSTR"

[[instrument]]
name = "awg"
model = "keysight33522b"
address = "USB0::0x0957::0x2C07::MY52812345::INSTR"

[wiring]
"dmm.hi" = "node"
"dmm.sense" = "node"

[[resistor]]
between = ["node", "ground"]
ohm = 4700.0

[[resistor]]
between = ["node", "awg.ch1"]
ohm = 1e4

[[resistor]]
between = ["awg.ch2", "dmm.i"]
ohm = 1e4
"""
OHMS = 4700.0
SHARE = 1.0 / (1.0 + 10050.0 * (1.0 / OHMS + 1e-7))  # of channel 1 behind 50 ohm, loaded by 10 Mohm


@pytest.fixture
def levels(road):
    """Let the generator hold 2 V on channel 1 and 5 V on channel 2, both as on an open line."""
    with road.bench.lock:
        awg = road.bench.simulated["awg"]
        awg.execute(b"OUTP1:LOAD INF;:SOUR1:FUNC DC;:SOUR1:VOLT:OFFS 2;:OUTP1 1")
        awg.execute(b"OUTP2:LOAD INF;:SOUR2:FUNC DC;:SOUR2:VOLT:OFFS 5;:OUTP2 1")


@pytest.fixture
def qcodes_dmm(road):
    driver = Keysight34461A("dmm", road.addresses["dmm"], visalib=road.visa, silent=True)
    yield driver
    driver.close()


@pytest.fixture(params=[HP34401A, Agilent34410A])
def pymeasure_dmm(request, road):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        driver = request.param(
            road.addresses["dmm"],
            visa_library=road.visa,
            read_termination="\n",
            write_termination="\n",
        )
        yield driver
    driver.adapter.close()


def within(value, gain, offset):
    return pytest.approx(value, abs=abs(value) * gain + offset)


def test_qcodes_reads_volts_and_amperes(levels, qcodes_dmm):
    assert qcodes_dmm.volt() == within(2.0 * SHARE, 4e-5, 7e-6)
    assert qcodes_dmm.curr() == within(5.0 / 10150.0, 5e-4, 6e-8)
    assert qcodes_dmm.ac_volt() == within(0.0, 0.0, 3e-5)
    assert qcodes_dmm.error() == (0, "No error")


def test_qcodes_reads_ohms_in_two_and_four_wires(qcodes_dmm):
    assert qcodes_dmm.res() == within(OHMS, 1e-4, 0.1)
    assert qcodes_dmm.four_wire_res() == within(OHMS, 1e-4, 0.1)
    assert qcodes_dmm.error() == (0, "No error")


def test_qcodes_reads_what_is_beyond_a_range_as_infinite(qcodes_dmm):
    qcodes_dmm.write("RES:RANG 1000")
    assert qcodes_dmm.res() == math.inf


def test_qcodes_finds_an_overload(levels, qcodes_dmm):
    qcodes_dmm.sense_function("DC Voltage")
    qcodes_dmm.range(0.1)
    assert qcodes_dmm.volt() == math.inf
    assert qcodes_dmm.ask("STAT:QUES?") == "1"


def test_qcodes_couples_integration_and_resolution(qcodes_dmm):
    qcodes_dmm.sense_function("DC Voltage")
    qcodes_dmm.range(10)
    for cycles, part in [(0.02, 1e-4), (0.2, 1e-5), (1, 3e-6), (10, 1e-6), (100, 3e-7)]:
        qcodes_dmm.NPLC(cycles)
        assert qcodes_dmm.resolution() == pytest.approx(10 * part)
    qcodes_dmm.resolution(1e-4)
    assert qcodes_dmm.NPLC() == 0.2
    qcodes_dmm.autorange("ON")
    qcodes_dmm.autorange_once()
    assert qcodes_dmm.range() == 0.1
    assert qcodes_dmm.autorange() == "OFF"
    assert qcodes_dmm.error() == (0, "No error")


def test_qcodes_takes_several_samples_on_bus_triggers(road, levels, qcodes_dmm):
    qcodes_dmm.sense_function("DC Voltage")
    qcodes_dmm.range(1)
    qcodes_dmm.NPLC(1)
    qcodes_dmm.trigger.source("BUS")
    qcodes_dmm.trigger.count(2)
    qcodes_dmm.trigger.delay(1e-3)
    qcodes_dmm.sample.count(3)
    before = road.bench.clock.now
    qcodes_dmm.init_measurement()
    qcodes_dmm.trigger.force()
    qcodes_dmm.ask("*OPC?")
    qcodes_dmm.trigger.force()
    found = qcodes_dmm.fetch()
    assert found == pytest.approx(np.full(6, 2.0 * SHARE), abs=5e-5)
    assert road.bench.clock.now - before == pytest.approx(6 * (1e-3 + 2.0 / 60.0))
    assert qcodes_dmm.error() == (0, "No error")


def test_qcodes_reads_many_at_once(levels, qcodes_dmm):
    qcodes_dmm.sample.count(5)
    found = qcodes_dmm.read()
    assert found == pytest.approx(np.full(5, 2.0 * SHARE), abs=5e-5)


def test_qcodes_reads_every_parameter(qcodes_dmm):
    qcodes_dmm.display.text("Here I am")
    snapshot = qcodes_dmm.snapshot(update=True)
    trigger = snapshot["submodules"]["trigger"]["parameters"]
    assert trigger["source"]["value"] == "IMM"
    assert snapshot["submodules"]["sample"]["parameters"]["timer_minimum"]["value"] > 0.0
    assert snapshot["submodules"]["display"]["parameters"]["text"]["value"] == "Here I am"
    assert snapshot["parameters"]["line_frequency"]["value"] == 60
    qcodes_dmm.display.clear()
    qcodes_dmm.reset()
    assert qcodes_dmm.error() == (0, "No error")


def test_pymeasure_measures_with_one_command(levels, pymeasure_dmm):
    assert pymeasure_dmm.current_dc == within(5.0 / 10150.0, 5e-4, 6e-8)
    assert pymeasure_dmm.current_ac == within(0.0, 0.0, 4e-8)
    assert pymeasure_dmm.check_errors() == []


def test_pymeasure_measures_ohms_with_one_command(pymeasure_dmm):
    assert pymeasure_dmm.resistance == within(OHMS, 1e-4, 0.1)
    assert pymeasure_dmm.resistance_4w == within(OHMS, 1e-4, 0.1)
    assert pymeasure_dmm.voltage_ac == within(0.0, 0.0, 3e-5)
    assert pymeasure_dmm.check_errors() == []


@pytest.fixture
def hp34401a(road):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        driver = HP34401A(
            road.addresses["dmm"],
            visa_library=road.visa,
            read_termination="\n",
            write_termination="\n",
        )
    yield driver
    driver.adapter.close()


def test_the_34401a_s_driver_sets_up_and_reads(levels, hp34401a):
    dmm = hp34401a
    dmm.function_ = "DCV"
    dmm.range_ = 1
    dmm.nplc = 0.2
    dmm.autozero_enabled = False
    dmm.auto_input_impedance_enabled = True
    dmm.sample_count = 4
    dmm.trigger_delay = "MIN"
    assert (dmm.function_, dmm.range_, dmm.nplc, dmm.autorange) == ("DCV", 1, 0.2, False)
    assert (dmm.autozero_enabled, dmm.auto_input_impedance_enabled) == (False, True)
    unloaded = 2.0 * OHMS / (OHMS + 10050.0)
    assert dmm.reading == pytest.approx([unloaded] * 4, abs=8e-5)
    assert dmm.stored_readings_count == 4
    assert dmm.stored_reading == pytest.approx([unloaded] * 4, abs=8e-5)
    assert dmm.check_errors() == []


def test_the_34401a_s_driver_goes_through_every_function(hp34401a):
    for name in HP34401A.FUNCTIONS:
        hp34401a.function_ = name
        assert hp34401a.function_ == name
    assert hp34401a.check_errors() == []


def test_the_34401a_s_driver_finds_its_words_of_the_panel(hp34401a):
    dmm = hp34401a
    dmm.detector_bandwidth = 3
    dmm.displayed_text = "HELLO"
    dmm.beeper_enabled = False
    dmm.trigger_auto_delay_enabled = True
    dmm.trigger_source = "BUS"
    assert (dmm.detector_bandwidth, dmm.displayed_text) == (3, "HELLO")
    assert (dmm.beeper_enabled, dmm.terminals_used) == (False, "FRONT")
    assert (dmm.trigger_auto_delay_enabled, dmm.trigger_source) == (True, "BUS")
    dmm.function_ = "FREQ"
    dmm.gate_time = 0.1
    assert dmm.gate_time == pytest.approx(0.1)
    dmm.trigger_single_autozero()
    dmm.remote_control_enabled = True
    dmm.beep()
    assert dmm.check_errors() == []


def test_a_resolution_while_ranging_is_refused(hp34401a):
    hp34401a.function_ = "R2W"
    hp34401a.autorange = True
    hp34401a.resolution = 0.01
    assert hp34401a.check_errors()[0][0] == 311
