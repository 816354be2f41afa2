"""PyMeasure's TDS2000 and QCoDeS's TPS2012, unmodified, against the simulated TDS2024B."""

import numpy as np
import pytest
from pymeasure.instruments.tektronix import TDS2000
from qcodes.instrument_drivers.tektronix import TektronixTPS2012
from tm_devices import DeviceManager
from tm_devices.helpers import configure_logging

pytestmark = pytest.mark.filterwarnings("ignore:It is not known whether this device:FutureWarning")

CHIP = """
[chip]
preset = "neurram-130nm"
rows = 4
columns = 4
formed = true

[[instrument]]
name = "scope"
model = "tektronix_tds2024b"
address = "USB0::0x0699::0x036A::C100044::INSTR"

[[resistor]]
between = ["src.out", "scope.ch1"]
ohm = 1e6

[wiring]
"src.gate" = "gate.0"
"src.sync" = "scope.ch2"
"""
DIVIDED = 10.0 / 11.0  # 1 Mohm into a 10X probe of 10 Mohm
GAIN = 0.03


@pytest.fixture
def node(road):
    """Return what drives the scope's channels, with a single sequence of a pulse recorded."""
    bench = road.bench
    with bench.lock:
        for terminal in ("src.out", "src.sync"):
            bench.drive(terminal, 0.0)
    return bench


def arm(write, ask):
    """Arm the scope as a script does, and wait until it is ready."""
    for words in ("SEL:CH1 ON", "SEL:CH2 ON", "CH1:SCA 0.5", "CH2:SCA 0.5", "CH1:POS -1",
                  "CH2:POS -1", "HOR:SCA 5e-7", "TRIG:MAI:EDGE:SOU CH2", "TRIG:MAI:LEV 0.5",
                  "TRIG:MAI:MOD NORM", "ACQ:STOPA SEQ", "ACQ:STATE RUN"):  # fmt: skip
        write(words)
    assert ask("TRIG:STATE?").strip() == "READY"


def pulse(bench, amplitude=2.2):
    """Let a pulse of 1 us come on both channels."""
    with bench.lock:
        changes = dict.fromkeys(("src.out", "src.sync"), amplitude)
        bench.pulse_together(changes, 1e-6, 1, 2e-6, edges=(100e-9, 100e-9))


def one_pulse(bench, write, ask):
    """Record a pulse."""
    arm(write, ask)
    pulse(bench)


# -- PyMeasure -----------------------------------------------------------------------------------


@pytest.fixture
def pymeasure(road):
    scope = TDS2000(
        road.addresses["scope"], visa_library=road.visa, read_termination="\n",
        write_termination="\n",
    )  # fmt: skip
    scope.write("HEAD OFF")  # which this driver never says: its values are numbers only then
    yield scope
    scope.adapter.close()


def test_pymeasure_identifies_it(pymeasure):
    assert pymeasure.id.startswith("TEKTRONIX,TDS 2024B,C100044")


@pytest.mark.parametrize(
    ("kind", "expected", "rel"),
    [("PWI", 1e-6, 0.01), ("RIS", 80e-9, 0.1), ("FALL", 80e-9, 0.1), ("MAXI", 2.2, 0.06),
     ("PK2", 2.2, 0.06)],
)  # fmt: skip
def test_pymeasure_measures_a_pulse(pymeasure, node, kind, expected, rel):
    one_pulse(node, pymeasure.write, pymeasure.ask)
    assert pymeasure.ask("*OPC?").strip() == "1"
    pymeasure.measurement.source = "CH2"
    pymeasure.measurement.type = kind
    assert pymeasure.measurement.source == "CH2"
    assert pymeasure.measurement.value[0] == pytest.approx(expected, rel=rel)


@pytest.mark.parametrize("road", ["in-process", "hislip", "vxi11"], indirect=True)
def test_a_serial_poll_says_when_the_sequence_is_complete(pymeasure, node):
    pymeasure.write("*CLS;*ESE 1;*SRE 32")
    arm(pymeasure.write, pymeasure.ask)
    pymeasure.write("*OPC")
    poll = pymeasure.adapter.connection.read_stb
    assert poll() & 0x40 == 0
    pulse(node)
    assert poll() & 0x40


def test_busy_says_when_the_sequence_is_complete(pymeasure, node):
    arm(pymeasure.write, pymeasure.ask)
    assert pymeasure.ask("BUSY?").strip() == "1"
    pulse(node)
    assert pymeasure.ask("BUSY?").strip() == "0"


@pytest.mark.parametrize("datatype", ["b", "B"])
def test_a_block_is_read_by_pyvisa_as_it_stands(pymeasure, node, datatype):
    one_pulse(node, pymeasure.write, pymeasure.ask)
    positive = datatype == "B"
    pymeasure.write(f"DAT:SOU CH2;ENC {'RPB' if positive else 'RIB'};WID 1")
    offset, step = (float(pymeasure.ask(f"WFMP:{it}?")) for it in ("YOF", "YMU"))
    found = pymeasure.adapter.connection.query_binary_values(
        "CURV?", datatype=datatype, is_big_endian=True, container=np.array
    )
    volts = step * (found - offset)
    assert len(volts) == 2500
    assert np.median(volts[1300:1600]) == pytest.approx(2.2, rel=GAIN, abs=0.06)


def test_levels_are_read_as_text(pymeasure, node):
    one_pulse(node, pymeasure.write, pymeasure.ask)
    pymeasure.write("DAT:SOU CH2;ENC ASCII")
    offset, step = (float(pymeasure.ask(f"WFMP:{it}?")) for it in ("YOF", "YMU"))
    volts = step * (np.array(pymeasure.values("CURV?")) - offset)
    assert np.median(volts[1300:1600]) == pytest.approx(2.2, rel=GAIN, abs=0.06)


def test_pymeasure_reads_the_divider_of_resistor_and_probe(pymeasure, node):
    with node.lock:
        node.drive("src.out", 2.2)
        node.advance(10e-3)
    pymeasure.write("CH1:SCA 0.5")
    pymeasure.measurement.source = "CH1"
    pymeasure.measurement.type = "MEAN"
    assert pymeasure.measurement.value[0] == pytest.approx(2.2 * DIVIDED, rel=GAIN, abs=0.06)
    assert pymeasure.measurement.unit.strip('"') == "V"


def test_pymeasure_sets_a_unit_that_can_only_be_asked_for(pymeasure):
    pymeasure.write("*CLS")
    pymeasure.measurement.unit = "V"
    assert pymeasure.ask("*ESR?").strip() == "32"
    assert pymeasure.ask("EVM?").startswith('113,"Undefined header')


# -- QCoDeS --------------------------------------------------------------------------------------


@pytest.fixture
def qcodes(road):
    # A raw socket has no other sign of a message's end than the newline.
    options = {"terminator": "\n"} if road.road == "tcp" else {}
    scope = TektronixTPS2012("scope", road.addresses["scope"], visalib=road.visa, **options)
    scope.write("HEADER OFF")  # likewise
    yield scope
    scope.close()


def test_qcodes_sets_and_reads_back(qcodes):
    qcodes.ch1.scale(0.2)
    qcodes.ch1.position(-1.5)
    qcodes.trigger_level(0.25)
    qcodes.horizontal_scale(2.5e-6)
    qcodes.data_source("CH2")
    assert (qcodes.ch1.scale(), qcodes.ch1.position()) == (0.2, -1.5)
    assert float(qcodes.trigger_level()) == 0.25
    assert qcodes.horizontal_scale() == 2.5e-6
    assert qcodes.data_source().strip() == "CH2"
    qcodes.ch2.state("ON")
    assert qcodes.ch2.state() == "ON"


def test_qcodes_starts_stops_and_triggers(qcodes):
    qcodes.trigger_type("EDGE")
    qcodes.trigger_edge_slope("FALL")
    assert qcodes.trigger_edge_slope().strip() == "FALL"
    qcodes.stop()
    assert qcodes.ask("TRIG:STATE?").strip() == "SAVE"
    qcodes.run()
    qcodes.force_trigger()
    assert qcodes.ask("ACQ:STATE?").strip() == "1"


@pytest.mark.parametrize("road", ["in-process", "hislip", "vxi11"], indirect=True)
def test_qcodes_reads_the_waveform(qcodes, node):
    one_pulse(node, qcodes.write, qcodes.ask)
    assert qcodes.ask("*OPC?").strip() == "1"
    qcodes.ch2.curvedata.prepare_curvedata()
    seen = qcodes.ch2.curvedata()
    at = np.array(qcodes.ch2.curvedata.setpoints[0])
    assert len(seen) == 2500
    assert at[0] == pytest.approx(-2.5e-6)
    inside = (at > 0.1e-6) & (at < 0.8e-6)
    assert np.median(seen[inside]) == pytest.approx(2.2, rel=GAIN, abs=0.06)
    assert np.median(seen[at < -0.2e-6]) == pytest.approx(0.0, abs=0.1)


@pytest.mark.parametrize("road", ["tcp"], indirect=True)
def test_qcodes_cannot_take_a_block_apart_once_the_newline_is_gone(qcodes, node):
    # It cuts off the last byte of every block, for the newline that a socket's terminator is.
    one_pulse(node, qcodes.write, qcodes.ask)
    qcodes.ch2.curvedata.prepare_curvedata()
    with pytest.raises(AssertionError):
        qcodes.ch2.curvedata()


# -- tm_devices ----------------------------------------------------------------------------------


@pytest.mark.parametrize("road", ["in-process"], indirect=True)
def test_tm_devices_has_no_class_for_this_series(road):
    configure_logging(log_console_level="NONE", log_file_level="NONE")
    with DeviceManager(verbose=False) as manager:
        manager.setup_cleanup_enabled = manager.teardown_cleanup_enabled = False
        manager.visa_library = road.visa
        with pytest.raises(Exception, match="not supported by tm_devices"):
            manager.add_scope(**road.tm_device("scope"))
