"""keithley2600 2.1, unmodified, against the simulated 2636B: it walks the name space."""

import sys
import warnings

import numpy as np
import pytest
from third_party.two_channel_chip import CHIP as CHIP
from third_party.two_channel_chip import OHM_A, OHM_B

if sys.version_info >= (3, 13):
    pytest.skip("keithley2600 imports xdrlib, which is gone", allow_module_level=True)

with warnings.catch_warnings():
    # It imports xdrlib, of whose end Python warns until 3.13.
    warnings.filterwarnings("ignore", ".*xdrlib.*", DeprecationWarning)
    # The package's own name is that of a factory, which keeps one driver for each address.
    from keithley2600.keithley_driver import Keithley2600, KeithleyError

LEVEL = 2e-4, 600e-6  # of a level on the 2 V range: part of it, and V
READING = 2e-4, 200e-9  # of a current on ranges up to 1 mA: part of it, and A


@pytest.fixture
def smu(road):
    driver = Keithley2600(road.addresses["smu"], visa_library=road.visa, write_termination="\n")
    yield driver
    assert driver.read_error_queue() == []
    driver.disconnect()


def close_to(volts, ohm):
    volts = np.asarray(volts)
    amps = volts / ohm
    error = (LEVEL[0] + READING[0]) * np.abs(amps) + LEVEL[1] / ohm + READING[1]
    return amps, error


def test_it_finds_the_functions_and_attributes_of_the_instrument(smu):
    names = dir(smu)
    assert {"smua", "smub", "status", "trigger", "format", "errorqueue"} <= set(names)
    assert not {name for name in names if name.startswith("__tsp")}
    assert {"levelv", "limiti", "output", "func"} <= set(dir(smu.smua.source))
    assert smu.localnode.model == "2636B"
    assert smu.smua.SENSE_REMOTE == 1


def test_attributes_are_read_and_set_and_the_read_only_ones_are_known(smu):
    smu.smua.source.limiti = 1e-3
    assert smu.smua.source.limiti == pytest.approx(1e-3)
    with pytest.raises(AttributeError, match="read-only"):
        smu.smua.source.compliance = 1
    smu.raise_keithley_errors = True
    with pytest.raises(KeithleyError, match="Parameter Too Big"):
        smu.smua.source.levelv = 1000


def test_it_applies_and_measures(smu):
    smu.apply_voltage(smu.smua, 1.0)
    amps, error = close_to(1.0, OHM_A)
    assert smu.measure_current(smu.smua) == pytest.approx(amps, abs=error)
    smu.apply_current(smu.smub, 1e-5)
    assert smu.measure_voltage(smu.smub) == pytest.approx(1.0, abs=1e-3)
    smu.ramp_to_voltage(smu.smua, 0.3, delay=0.0, step_size=0.1)
    assert smu.smua.source.levelv == pytest.approx(0.3)
    smu.reset()
    assert smu.smua.source.output == 0


@pytest.mark.parametrize("pulsed", [False, True])
def test_a_sweep_of_one_channel_reads_its_resistor(smu, pulsed):
    levels = np.linspace(-1.0, 1.0, 9)
    volts, amps = smu.voltage_sweep_single_smu(smu.smua, levels, 0.02, -1, pulsed)
    expected, error = close_to(levels, OHM_A)
    assert np.all(np.abs(np.array(amps) - expected) < error)
    assert np.all(np.abs(np.array(volts) - levels) < 2e-3)


def test_a_long_list_of_levels_is_sent_in_parts(smu):
    levels = np.linspace(0.0, 1.0, 51)
    _, amps = smu.voltage_sweep_single_smu(smu.smua, levels, 0.001, 0, False)
    expected, error = close_to(levels, OHM_A)
    assert np.all(np.abs(np.array(amps) - expected) < error)


def test_a_sweep_of_both_channels_reads_both_resistors(smu):
    first, second = np.linspace(0.0, 1.0, 5), np.linspace(1.0, -1.0, 5)
    v1, i1, v2, i2 = smu.voltage_sweep_dual_smu(smu.smua, smu.smub, first, second, 0.001, 0, False)
    for levels, volts, amps, ohm in ((first, v1, i1, OHM_A), (second, v2, i2, OHM_B)):
        expected, error = close_to(levels, ohm)
        assert np.all(np.abs(np.array(volts) - levels) < 2e-3)
        assert np.all(np.abs(np.array(amps) - expected) < error)


@pytest.mark.parametrize("what", ["transfer_measurement", "output_measurement"])
def test_curves_of_a_transistor_come_as_a_table(smu, what):
    measure = getattr(smu, what)
    table = measure(smu.smua, smu.smub, 0.0, 0.5, 0.25, [0.5], 0.001, 0, False)
    assert table.ncols == 4
    assert table.nrows == 6
    assert smu.read_error_queue() == []


def test_the_error_queue_is_read_to_its_end(smu):
    smu._write("smua.source.levelv = 1000")
    smu._write("nosuch()")
    errors = smu.read_error_queue()
    assert [error[0] for error in errors] == [1101, -286]
    assert all(error[2:] == (20, 1) for error in errors)
