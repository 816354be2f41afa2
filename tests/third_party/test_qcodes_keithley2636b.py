"""QCoDeS 0.58's Keithley2636B, unmodified, against the simulated one."""

import numpy as np
import pytest
from qcodes.dataset import LinSweep
from qcodes.instrument_drivers.Keithley import Keithley2600MeasurementStatus, Keithley2636B
from third_party.two_channel_chip import CHIP as CHIP
from third_party.two_channel_chip import OHM_A, OHM_B

STATEMENT = 5e-4  # level and reading together, of 1 V into 10 kohm (data sheet: 0.02 % each)


@pytest.fixture
def smu(road):
    driver = Keithley2636B("smu", road.addresses["smu"], visalib=road.visa)
    driver.reset()
    yield driver
    assert driver.ask("errorqueue.count") == "0.00000e+00"
    driver.close()


def test_it_takes_the_instrument_for_what_it_is(smu):
    assert smu.get_idn() == {
        "vendor": "Keithley Instruments Inc.",
        "model": "2636B",
        "serial": "4412345",
        "firmware": "3.2.2",
    }


def test_it_measures_both_channels(smu):
    smu.smua.volt(1.0)
    smu.smub.volt(1.0)
    with smu.smua.output.set_to(True), smu.smub.output.set_to(True):
        assert smu.smua.curr() == pytest.approx(1.0 / OHM_A, rel=STATEMENT, abs=60e-9)
        assert smu.smua.res() == pytest.approx(OHM_A, rel=1e-3)
        assert smu.smub.curr() == pytest.approx(1.0 / OHM_B, rel=STATEMENT, abs=6e-9)
        assert smu.smua.curr.measurement_status is Keithley2600MeasurementStatus.NORMAL


def test_it_sees_compliance(smu):
    smu.smua.limiti(1e-6)
    smu.smua.volt(1.0)
    with smu.smua.output.set_to(True):
        assert smu.smua.curr() == pytest.approx(1e-6, rel=1e-3)
        status = smu.smua.curr.measurement_status
        assert status is Keithley2600MeasurementStatus.CURRENT_COMPLIANCE_ERROR


def test_it_reads_back_what_it_has_set(smu):
    channel = smu.smub
    channel.mode("current")
    channel.nplc(0.1)
    channel.sourcerange_v(2)
    channel.measurerange_v(20)
    channel.sourcerange_i(1e-3)
    channel.measurerange_i(1e-6)
    channel.limitv(5)
    channel.four_wire_measurement(False)
    assert channel.mode() == "current"
    assert channel.nplc() == 0.1
    assert channel.sourcerange_v() == 2.0 and not channel.source_autorange_v_enabled()
    assert channel.measurerange_v() == 20.0 and not channel.measure_autorange_v_enabled()
    assert channel.sourcerange_i() == 1e-3 and not channel.source_autorange_i_enabled()
    assert channel.measurerange_i() == 1e-6 and not channel.measure_autorange_i_enabled()
    assert channel.limitv() == 5.0
    assert not channel.four_wire_measurement()
    assert smu.smua.linefreq() == 50.0


def test_a_fast_sweep_comes_back_in_binary(smu):
    smu.smua.nplc(0.1)
    smu.smua.setup_fastsweep(LinSweep(smu.smua.volt, -1.0, 1.0, 41, delay=0.001))
    amps = smu.smua.fastsweep()
    expected = np.linspace(-1.0, 1.0, 41) / OHM_A
    assert np.allclose(amps, expected, rtol=STATEMENT, atol=260e-9)


def test_a_fast_sweep_of_two_axes_has_two(smu):
    smu.smua.nplc(0.01)
    smu.smub.nplc(0.01)
    smu.smua.setup_fastsweep(
        LinSweep(smu.smua.volt, 0.0, 1.0, 5), LinSweep(smu.smub.volt, 0.0, 1.0, 3)
    )
    amps = smu.smua.fastsweep()
    assert amps.shape == (3, 5)
    assert np.allclose(amps, np.linspace(0.0, 1.0, 5) / OHM_A, rtol=STATEMENT, atol=260e-9)


def test_a_sweep_of_current_measures_voltage(smu):
    smu.smub.nplc(0.1)
    smu.smub.setup_fastsweep(LinSweep(smu.smub.curr, 0.0, 1e-5, 11), mode="VI")
    volts = smu.smub.fastsweep()
    assert np.allclose(volts, np.linspace(0.0, 1e-5, 11) * OHM_B, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize(
    ("mode", "expected", "error"), [("current", 1.0 / OHM_A, 100e-9), ("voltage", 1.0, 1e-3)]
)
def test_a_time_trace_has_all_its_points(road, smu, mode, expected, error):
    smu.smua.nplc(0.05)
    smu.smua.timetrace_npts(100)
    smu.smua.timetrace_dt(2e-3)
    smu.smua.timetrace_mode(mode)
    smu.smua.volt(1.0)
    with smu.smua.output.set_to(True):
        before = road.bench.clock.now
        trace = smu.smua.timetrace()
    assert trace.shape == (100,)
    assert np.allclose(trace, expected, rtol=STATEMENT, atol=error)
    assert road.bench.clock.now - before == pytest.approx(0.2, rel=0.02)
    assert smu.smua.time_axis()[-1] == pytest.approx(0.198)


def test_the_display_shows_a_text(smu):
    smu.display_settext("forming")
    assert smu.ask("display.gettext(false, 1)") == "forming"
    smu.display_normal()
    assert float(smu.ask("display.screen")) == 2.0
    smu.exit_key()
