"""One driver sends the same program messages over every road, terminators aside."""

import warnings

import numpy as np
import pytest
from b1500_bench import CHIP as B1500_CHIP
from pymeasure.instruments.keithley import Keithley2400Legacy as PyMeasure2400
from pymeasure.instruments.keithley import Keithley2450 as PyMeasure2450
from pymeasure.instruments.tektronix import TDS2000
from qcodes.dataset import LinSweep
from qcodes.instrument_drivers.Keithley import Keithley2450, Keithley2636B, Keithley3706A
from qcodes.instrument_drivers.Keysight import Keysight33522B, Keysight34461A, KeysightB1500
from qcodes.instrument_drivers.Keysight.keysightb1500 import constants
from qcodes.instrument_drivers.Lakeshore import LakeshoreModel336
from third_party.conftest import CHIP
from third_party.resistor_chip import resistor_chip
from third_party.two_channel_chip import CHIP as TWO_CHANNEL_CHIP

with warnings.catch_warnings():
    # It imports xdrlib, which Python 3.13 has no more; until then the warning is all.
    warnings.filterwarnings("ignore", ".*xdrlib.*", DeprecationWarning)
    from keithley2600.keithley_driver import Keithley2600

ENDS = {"read_termination": "\n", "write_termination": "\n"}


def pymeasure_2400(road):
    smu = PyMeasure2400(road.addresses["smu"], visa_library=road.visa, **ENDS)
    smu.reset()
    smu.apply_voltage(compliance_current=1e-3)
    smu.measure_current()
    smu.enable_source()
    for level in (0.1, 0.2):
        smu.source_voltage = level
        assert smu.current > 0.0
    smu.config_buffer(5)
    smu.start_buffer()
    smu.wait_for_buffer()
    assert len(np.ravel(smu.buffer_data)) > 1
    smu.disable_source()
    smu.adapter.close()


def pymeasure_2450(road):
    smu = PyMeasure2450(road.addresses["smu"], visa_library=road.visa, **ENDS)
    smu.reset()
    smu.apply_voltage(compliance_current=1e-3)
    smu.measure_current(nplc=1)
    smu.source_voltage = 0.1
    smu.enable_source()
    assert smu.current > 0.0
    assert smu.check_errors() == []
    smu.disable_source()
    smu.adapter.close()


def qcodes_2450(road):
    smu = Keithley2450("smu", road.addresses["smu"], visalib=road.visa)
    smu.reset()
    smu.source.function("voltage")
    smu.sense.function("current")
    smu.source.sweep_setup(0.0, 0.2, 5)
    smu.sense.auto_range(True)
    with smu.output_enabled.set_to(True):
        smu.sense.sweep()
    smu.close()


def qcodes_2636b(road):
    smu = Keithley2636B("smu", road.addresses["smu"], visalib=road.visa)
    smu.smua.mode("voltage")
    smu.smua.output(True)
    smu.smua.volt(0.2)
    assert smu.smua.curr() > 0.0
    smu.smua.setup_fastsweep(LinSweep(smu.smua.volt, 0.0, 0.2, 11, delay=0.001))
    assert len(smu.smua.fastsweep()) == 11
    smu.smua.output(False)
    smu.close()


def qcodes_3706a(road):
    matrix = Keithley3706A("matrix", road.addresses["matrix"], visalib=road.visa)
    matrix.get_switch_cards()
    matrix.close_channel("1101")
    matrix.exclusive_slot_close("2203")
    assert matrix.get_closed_channels("allslots") == ["1101", "2203"]
    matrix.open_channel("allslots")
    matrix.close()


def qcodes_33522b(road):
    awg = Keysight33522B("awg", road.addresses["awg"], visalib=road.visa)
    awg.ch1.function_type("PULS")
    awg.ch1.pulse_width(2e-6)
    awg.ch1.output("ON")
    awg.snapshot(update=True)
    awg.close()


def qcodes_b1500(road):
    analyzer = KeysightB1500("analyzer", road.addresses["analyzer"], visalib=road.visa)
    analyzer.reset()
    smu = analyzer.smu1
    smu.enable_outputs()
    smu.source_config(constants.VOutputRange.AUTO, compliance=1e-3)
    smu.voltage(1.0)
    assert smu.current() > 0.0
    analyzer.disable_channels()
    analyzer.close()


def qcodes_34461a(road):
    meter = Keysight34461A("dmm", road.addresses["smu"], visalib=road.visa)
    meter.sense_function("DC Voltage")
    assert meter.volt() is not None
    meter.sample.count(3)
    meter.init_measurement()
    assert len(meter.fetch()) == 3
    meter.close()


def qcodes_336(road):
    chuck = LakeshoreModel336("chuck", road.addresses["chuck"], visalib=road.visa)
    assert chuck.A.temperature() > 0.0
    chuck.output_1.setpoint(310.0)
    chuck.output_1.snapshot(update=True)
    chuck.close()


def pymeasure_tds(road):
    scope = TDS2000(road.addresses["smu"], visa_library=road.visa, **ENDS)
    assert "TDS" in scope.id
    for words in ("CH1:SCA 0.5", "DAT:ENC ASCI", "ACQ:STATE RUN", "TRIG FORC"):
        scope.write(words)
    assert scope.ask("CURV?").count(",") == 2499
    scope.adapter.close()


def keithley2600_2636b(road):
    smu = Keithley2600(road.addresses["smu"], visa_library=road.visa, write_termination="\n")
    smu.apply_voltage(smu.smua, 0.2)
    assert smu.measure_current(smu.smua) > 0.0
    smu.voltage_sweep_single_smu(smu.smua, [0.0, 0.1, 0.2], t_int=0.001, delay=0.0, pulsed=False)
    smu.disconnect()


SCENARIOS = {
    pymeasure_2400: resistor_chip("keithley2400", "GPIB0::24::INSTR"),
    pymeasure_2450: CHIP,
    qcodes_2450: CHIP,
    qcodes_2636b: TWO_CHANNEL_CHIP,
    keithley2600_2636b: TWO_CHANNEL_CHIP,
    qcodes_34461a: resistor_chip("keysight34461a", "USB0::0x2A8D::0x1301::MY53212345::INSTR"),
    pymeasure_tds: resistor_chip("tektronix_tds2024b", "USB0::0x0699::0x036A::C1::INSTR"),
    qcodes_336: CHIP,
    qcodes_3706a: CHIP,
    qcodes_33522b: CHIP,
    qcodes_b1500: B1500_CHIP,
}


@pytest.mark.filterwarnings("ignore:It is not known whether this device:FutureWarning")
@pytest.mark.filterwarnings("ignore:Keithley2400Legacy is a legacy:FutureWarning")
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.__name__)
def test_a_driver_says_the_same_on_every_road(scenario, messages):
    logs = messages(SCENARIOS[scenario], scenario)
    assert list(logs) == ["in-process", "tcp", "hislip", "vxi11"]
    assert len(logs["in-process"]) > 5
    for road, log in logs.items():
        assert log == logs["in-process"], road
