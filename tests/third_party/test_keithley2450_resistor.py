"""The 2450's third-party drivers on a fixed resistor: readings as its data sheet promises."""

import numpy as np
import pytest
from pymeasure.instruments.keithley import Keithley2450 as PyMeasure2450
from qcodes.instrument_drivers.Keithley import Keithley2450 as Qcodes2450
from third_party.resistor_chip import OHM, resistor_chip

CHIP = resistor_chip("keithley2450", "USB0::0x05E6::0x2450::04412345::INSTR")
# SPEC-2450 Rev. A: 100 uA range 0.02 % + 6 nA; its source 0.02 % + 300 uV on 2 V.
CURRENT = 2e-4 * 1e-4 + 6e-9
LEVEL = 2e-4 + 300e-6


@pytest.fixture
def pymeasure(road):
    driver = PyMeasure2450(
        road.addresses["smu"],
        visa_library=road.visa,
        read_termination="\n",
        write_termination="\n",
    )
    driver.reset()
    yield driver
    driver.adapter.close()


@pytest.fixture
def qcodes(road):
    driver = Qcodes2450("smu", road.addresses["smu"], visalib=road.visa)
    driver.reset()
    driver.source.function("voltage")
    driver.sense.function("current")
    driver.source.limit(1e-3)
    yield driver
    driver.close()


def test_pymeasure_reads_the_resistor(pymeasure):
    pymeasure.apply_voltage(compliance_current=1e-3)
    pymeasure.measure_current(nplc=1)
    pymeasure.source_voltage = 1.0
    pymeasure.enable_source()
    assert pymeasure.current == pytest.approx(1.0 / OHM, abs=CURRENT + LEVEL / OHM)
    pymeasure.measure_resistance()
    assert pymeasure.resistance == pytest.approx(OHM, rel=2e-3)
    assert pymeasure.check_errors() == []


def test_qcodes_sweeps_the_resistor(qcodes):
    qcodes.source.sweep_setup(0.0, 1.0, 11)
    currents = qcodes.sense.sweep()
    expected = np.linspace(0.0, 1.0, 11) / OHM
    # Readings up to 100 uA are on ranges of at most 100 uA.
    assert currents == pytest.approx(expected, abs=CURRENT + LEVEL / OHM)
    assert qcodes.ask("SYST:ERR?").startswith("0,")
