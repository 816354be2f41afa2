"""QCoDeS 0.58's KeysightB1500 and its KeysightB1517A, unmodified, against the simulated B1500A."""

import math

import numpy as np
import pytest
from b1500_bench import CHIP as _CHIP
from qcodes.instrument_drivers.Keysight import KeysightB1500, KeysightB1511B, KeysightB1517A
from qcodes.instrument_drivers.Keysight.keysightb1500 import MessageBuilder, constants
from qcodes.instrument_drivers.Keysight.keysightb1500.KeysightB1500_module import (
    parse_spot_measurement_response,
)

CHIP = _CHIP


@pytest.fixture
def b1500(road):
    driver = KeysightB1500("analyzer", road.addresses["analyzer"], visalib=road.visa)
    driver.reset()
    yield driver
    driver.disable_channels()
    driver.close()


def test_it_finds_its_units(b1500):
    assert b1500.get_idn()["model"] == "B1500A"
    assert sorted(b1500.by_channel) == [1, 2, 3, 4, 5]
    assert type(b1500.by_channel[1]) is KeysightB1517A
    assert type(b1500.by_channel[5]) is KeysightB1511B
    assert b1500.error_message() == '+0,"No Error."'
    assert b1500.get_status() & 16


def test_outputs_are_switched(b1500):
    b1500.smu1.enable_outputs()
    assert b1500.smu1.is_enabled() and not b1500.smu2.is_enabled()
    b1500.enable_channels()
    assert b1500.smu4.is_enabled()
    b1500.smu1.disable_outputs()
    assert not b1500.smu1.is_enabled()
    b1500.disable_channels()
    assert not b1500.smu4.is_enabled()


def test_it_measures_a_resistor_by_voltage(b1500):
    smu = b1500.smu1
    smu.enable_outputs()
    smu.source_config(constants.VOutputRange.AUTO, compliance=1e-3)
    smu.voltage(1.0)
    assert smu.current() == pytest.approx(1e-4, rel=2e-3)
    assert smu.current.measurement_status == constants.MeasurementStatus.N
    smu.i_measure_range_config(constants.IMeasRange.FIX_100uA)
    smu.use_high_resolution_adc()
    b1500.use_nplc_for_high_resolution_adc(1)
    assert smu.current() == pytest.approx(1e-4, rel=5e-4)


def test_it_measures_a_resistor_by_current(b1500):
    smu = b1500.smu2
    smu.enable_outputs()
    smu.source_config(constants.IOutputRange.AUTO, compliance=5)
    smu.current(1e-6)
    smu.v_measure_range_config(constants.VMeasRange.FIX_2V)
    assert smu.voltage() == pytest.approx(1.0, rel=2e-3)
    assert smu.voltage.measurement_status == constants.MeasurementStatus.N


def test_a_medium_power_unit_measures_a_resistor(b1500):
    smu = b1500.smu5
    smu.enable_outputs()
    smu.source_config(constants.VOutputRange.AUTO, compliance=10e-3)
    smu.voltage(1.0)
    assert smu.current() == pytest.approx(1e-3, rel=2e-3)
    smu.asu_present = True
    smu.i_measure_range_config(constants.IMeasRange.MIN_1pA)  # which it has with an ASU only
    smu.ask(MessageBuilder().err_query().message)
    b1500.root_instrument.visa_handle.write("TI 5,8")
    assert b1500.error_message().startswith("+124,")


def test_compliance_is_a_status(b1500):
    smu = b1500.smu1
    smu.enable_outputs()
    smu.source_config(constants.VOutputRange.AUTO, compliance=1e-5)
    smu.voltage(1.0)
    assert smu.current() == pytest.approx(1e-5, rel=5e-3)
    assert smu.current.measurement_status == constants.MeasurementStatus.C


def test_what_is_over_the_range_is_no_number(b1500):
    smu = b1500.smu1
    smu.enable_outputs()
    smu.source_config(constants.VOutputRange.AUTO, compliance=1e-3)
    smu.voltage(1.0)
    smu.i_measure_range_config(constants.IMeasRange.FIX_1uA)
    assert math.isnan(smu.current())
    assert smu.current.measurement_status == constants.MeasurementStatus.V


def test_the_compliance_of_another_channel_is_a_status(b1500):
    # Units 3 and 4 hold the two ends of one resistor; the smaller compliance acts.
    smu3, smu4 = b1500.smu3, b1500.smu4
    for smu in (smu3, smu4):
        smu.enable_outputs()
    smu4.source_config(constants.VOutputRange.AUTO, compliance=1e-6)
    smu4.voltage(0.0)
    smu3.source_config(constants.VOutputRange.AUTO, compliance=1e-3)
    smu3.voltage(1.0)
    smu3.current()
    assert smu3.current.measurement_status == constants.MeasurementStatus.T


def test_it_samples(b1500):
    smu = b1500.smu1
    smu.enable_outputs()
    smu.source_config(constants.VOutputRange.AUTO, compliance=1e-3)
    smu.voltage(1.0)
    smu.measurement_mode(constants.MM.Mode.SAMPLING)
    smu.use_high_speed_adc()
    b1500.use_nplc_for_high_speed_adc(1)
    smu.timing_parameters(h_bias=0, interval=0.1, number=7)
    trace = smu.sampling_measurement_trace.get()
    assert trace == pytest.approx(np.full(7, 1e-4), rel=2e-3)
    assert smu.time_axis.get()[-1] == pytest.approx(0.6)
    assert smu.sampling_measurement_trace.compliance() == [1] * 7


def sweep(b1500, **changes):
    smu1, smu2 = b1500.smu1, b1500.smu2
    for smu in (smu1, smu2):
        smu.enable_outputs()
    smu2.source_config(constants.VOutputRange.AUTO, compliance=1e-3)
    smu2.voltage(1.0)
    given = {"v_start": 0.0, "v_end": 1.0, "n_steps": 11, "i_comp": 1e-3}
    given |= {"i_meas_range": constants.IMeasRange.FIX_1mA, "post_sweep_voltage_val": 2} | changes
    smu1.setup_staircase_sweep(**given)
    b1500.set_measurement_mode(constants.MM.Mode.STAIRCASE_SWEEP, channels=(1, 2))
    b1500.run_iv_staircase_sweep.set_names_labels_and_units(("a", "b"))
    return b1500.run_iv_staircase_sweep.get()


def test_a_staircase_is_ohms_law(b1500):
    first, second = sweep(b1500)
    levels = np.linspace(0.0, 1.0, 11)
    assert b1500.run_iv_staircase_sweep.source_voltage.value == pytest.approx(levels)
    assert first == pytest.approx(levels / 10e3, rel=2e-3, abs=2e-7)
    assert second == pytest.approx(np.full(11, 1e-6), rel=5e-3)
    assert b1500.run_iv_staircase_sweep.status_summary() == {
        "a": constants.MeasurementStatus.N,
        "b": constants.MeasurementStatus.N,
    }
    assert b1500.get_response_format_and_mode() == {"format": 1, "mode": 0}


def test_a_staircase_goes_there_and_back(b1500):
    first, _ = sweep(b1500, sweep_mode=constants.SweepMode.LINEAR_TWO_WAY, n_steps=3)
    expected = np.array([0.0, 0.5, 1.0, 1.0, 0.5, 0.0]) / 10e3
    assert first == pytest.approx(expected, rel=2e-3, abs=2e-7)


def test_an_aborted_staircase_says_so(b1500):
    first, _ = sweep(b1500, i_comp=5e-5, i_meas_range=constants.IMeasRange.FIX_100uA)
    assert np.isnan(first).sum() == 5
    assert "".join(b1500.run_iv_staircase_sweep.param1.status) == "NNNNNCVVVVV"


def test_it_reads_back_its_sweep(b1500):
    sweep(b1500, delay=0.01, hold_time=0.5)
    iv = b1500.smu1.iv_sweep
    assert iv.sweep_start() == 0.0 and iv.sweep_end() == 1.0 and iv.sweep_steps() == 11
    assert iv.sweep_mode() == constants.SweepMode.LINEAR
    assert iv.sweep_range() == constants.VOutputRange.MIN_2V
    assert iv.current_compliance() == pytest.approx(1e-3)
    assert iv.hold_time.get() == 0.5 and iv.delay.get() == 0.01
    assert iv.sweep_auto_abort() == constants.Abort.ENABLED
    assert iv.post_sweep_voltage_condition() == constants.WM.Post.STOP
    assert b1500.get_measurement_mode() == {
        "mode": constants.MM.Mode.STAIRCASE_SWEEP,
        "channels": [1, 2],
    }


def test_everything_else_is_taken_without_an_error(b1500):
    b1500.autozero_enabled(True)
    b1500.use_manual_mode_for_high_speed_adc(10)
    b1500.enable_smu_filters(True, [1, 3])
    b1500.smu1.clear_timer_count()
    b1500.smu1.measurement_operation_mode(constants.CMM.Mode.VOLTAGE)
    b1500.smu1.current_measurement_range(constants.IMeasRange.MIN_1uA)
    b1500.smu1.set_average_samples_for_high_speed_adc(-5)
    assert b1500.self_calibration() == constants.CALResponse.PASSED
    assert b1500.error_message() == '+0,"No Error."'


def test_a_refusal_is_raised_in_the_instruments_words(b1500):
    with pytest.raises(RuntimeError, match="Channel output switch must be ON"):
        b1500.smu1.voltage(1.0)
    with pytest.raises(RuntimeError, match="Undefined GPIB command"):
        b1500.write("*CLS")


def test_spot_measurements_by_trigger(b1500):
    for smu in (b1500.smu1, b1500.smu2):
        smu.enable_outputs()
        smu.source_config(constants.VOutputRange.AUTO, compliance=1e-3)
        smu.voltage(1.0)
    b1500.set_measurement_mode(constants.MM.Mode.SPOT, [1, 2])
    answer = b1500.ask(MessageBuilder().xe().message).split(",")
    values = [parse_spot_measurement_response(part)["value"] for part in answer]
    assert values == pytest.approx([1e-4, 1e-6], rel=5e-3)


def test_what_the_driver_cannot_read_is_its_own_mistake(b1500):
    # It looks for a blank after the header that the instrument does not put there.
    assert b1500.ask("*LRN? 32").startswith("RI1,0;RV1,0")
    assert b1500.smu1.current_measurement_range() == []
    assert b1500.smu1.measurement_operation_mode() == []
    # Its summary compares the list of letters, not the letters: it tells the second one's.
    sweep(b1500, i_comp=5e-5, i_meas_range=constants.IMeasRange.FIX_100uA)
    assert b1500.run_iv_staircase_sweep.status_summary()["a"] == constants.MeasurementStatus.N
