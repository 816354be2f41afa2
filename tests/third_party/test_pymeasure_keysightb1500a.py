"""PyMeasure 0.16's AgilentB1500, unmodified, against the simulated B1500A."""

import numpy as np
import pandas as pd
import pytest
from b1500_bench import CHIP as _CHIP
from pymeasure.instruments.agilent import AgilentB1500

CHIP = _CHIP


@pytest.fixture
def b1500(road, monkeypatch):
    # Written for pandas before 3, which has renamed this one; the driver itself is as it is.
    if not hasattr(pd.DataFrame, "applymap"):
        monkeypatch.setattr(pd.DataFrame, "applymap", pd.DataFrame.map, raising=False)
    driver = AgilentB1500(road.addresses["analyzer"], visa_library=road.visa)
    driver.reset()
    driver.initialize_all_smus()
    driver.data_format(21, mode=1)
    yield driver
    driver.write("CL")
    driver.check_errors()
    driver.adapter.close()


def spot(b1500, command):
    return b1500._data_format.format_single(b1500.ask(command))


def test_it_finds_its_units(b1500):
    assert b1500.query_modules() == {**dict.fromkeys(range(1, 5), "HRSMU"), 5: "MPSMU"}
    assert [smu.name for smu in b1500.smu_references] == [f"SMU{n}" for n in range(1, 6)]
    assert b1500.id.startswith("Agilent Technologies,B1500A,")


def test_it_measures_a_resistor_by_voltage(b1500):
    b1500.smu1.enable()
    b1500.smu1.force("Voltage", 0, 1.0, 1e-3)
    status, channel, name, value = spot(b1500, "TI 1, 0")
    assert (channel, name) == ("SMU1", "Current Measurement (A)")
    assert value == pytest.approx(1.0 / 10e3, rel=1e-3)
    assert status == "128"


def test_it_measures_a_resistor_by_current(b1500):
    b1500.smu2.enable()
    b1500.smu2.force("Current", "1 uA", 1e-6, 5.0)
    assert spot(b1500, "TV 2, 0")[3] == pytest.approx(1.0, rel=3e-3)


def test_it_times_its_readings(b1500):
    b1500.smu1.enable()
    b1500.clear_timer()
    b1500.pause(0.5)
    answer = b1500.ask("TTIV 1, 0, 0").split(",")
    time, current, voltage = [b1500._data_format.format_single(part) for part in answer]
    assert time[2] == "Time (s)" and time[3] == pytest.approx(0.5, abs=2e-3)
    assert current[2] == "Current Measurement (A)" and voltage[2] == "Voltage Measurement (V)"


def test_a_reading_in_compliance_is_said_to_be(b1500):
    b1500.smu1.enable()
    b1500.smu1.force("Voltage", 0, 2.0, 50e-6)
    status, _, _, value = spot(b1500, "TI 1, 0")
    assert int(status) & 8
    assert value == pytest.approx(50e-6, rel=5e-3)


def test_it_reads_back_what_it_has_set(b1500):
    smu = b1500.smu1
    smu.enable()
    smu.force("Voltage", "2 V", 0.5, 1e-4)
    status = smu.status["SMU1"]
    assert status["Source Type"] == "Constant Voltage"
    assert status["Voltage Range"] == "2 V limited auto ranging"
    assert float(status["Voltage Output (V)"]) == 0.5
    assert float(status["Compliance Current (A)"]) == 1e-4
    assert status["Compliance Polarity"] == "Auto"
    smu.meas_range_current = "100 uA range fixed"
    smu.meas_range_voltage = "20 V"
    ranges = b1500.query_meas_ranges()
    assert ranges["SMU1 Current Measurement Range"] == "100 uA range fixed"
    assert ranges["SMU1 Voltage Measurement Range"] == "20 V limited auto ranging"
    smu.meas_op_mode = "VOLTAGE"
    assert smu.meas_op_mode.name == "VOLTAGE"
    smu.adc_type = "HRADC"
    assert smu.adc_type.name == "HRADC"
    smu.series_resistor = True
    assert smu.series_resistor
    smu.filter = True
    assert smu.filter and not b1500.smu2.filter
    smu.disable()
    assert smu.status == {"SMU1": "OFF"}


def test_it_reads_back_what_the_mainframe_has(b1500):
    b1500.meas_mode("SPOT", b1500.smu2, b1500.smu1)
    b1500.adc_averaging(10, "Manual")
    b1500.adc_auto_zero = True
    b1500.time_stamp = True
    b1500.auto_calibration = False
    b1500.parallel_meas = True
    settings = b1500.query_meas_settings()
    assert settings["Measurement Mode"] == "Spot"
    assert settings["Measurement Channels"] == "SMU2, SMU1"
    assert settings["ADC Averaging Number"] == "10"
    assert settings["Output Data Format"] == "21"
    assert b1500.adc_auto_zero and b1500.time_stamp and b1500.parallel_meas
    assert not b1500.auto_calibration
    b1500.adc_setup("HRADC", "PLC", 5)
    adc = b1500.query_adc_setup()
    assert (adc["HRADC Mode"], adc["HRADC Parameter"]) == ("Plc", "5")
    assert adc["SMU1 ADC"] == "HSADC"
    assert b1500.query_time_stamp_setting() == {"Time Stamp": "True"}
    assert b1500.query_series_resistor()["SMU3 Series Resistor"] is False
    assert b1500.query_meas_range_current_auto()["SMU1 Ranging Mode"] == "1"
    assert b1500.query_meas_op_mode()["SMU4 Measurement Operation Mode"] == "Compliance Side"
    assert b1500.query_meas_ranges()["SMU1 Current Measurement Range"] == "Auto Ranging"


def staircase(b1500, mode="LINEAR_SINGLE", steps=5, abort=False, comp=1e-3):
    for smu in b1500.smu_references:
        smu.enable()
    b1500.meas_mode("STAIRCASE_SWEEP", b1500.smu1, b1500.smu2)
    b1500.adc_setup("HSADC", "PLC", 1)
    b1500.sweep_timing(0.1, 0.01, step_delay=0.01)
    b1500.sweep_auto_abort(abort, post="STOP")
    b1500.smu1.staircase_sweep_source("Voltage", mode, 0, 0.5, 1.0, steps, comp)
    b1500.clear_buffer()
    b1500.send_trigger()


@pytest.mark.parametrize("form", [1, 11, 21])
def test_a_staircase_is_ohms_law_in_every_format(b1500, form):
    b1500.data_format(form, mode=1)
    staircase(b1500)
    data = b1500.read_data(5)
    source = next(name for name in data.columns if "Voltage" in name)
    current = next(name for name in data.columns if name.startswith("SMU1 Current"))
    assert data[source].to_numpy() == pytest.approx(np.linspace(0.5, 1.0, 5))
    assert data[current].to_numpy() == pytest.approx(np.linspace(0.5, 1.0, 5) / 10e3, rel=2e-3)


def test_two_sources_step_together(b1500):
    for smu in b1500.smu_references:
        smu.enable()
    b1500.meas_mode("STAIRCASE_SWEEP", b1500.smu1, b1500.smu2)
    b1500.smu1.staircase_sweep_source("Voltage", "LINEAR_DOUBLE", 0, 0.0, 1.0, 3, 1e-3)
    b1500.smu2.synchronous_sweep_source("Voltage", 0, 0.0, 2.0, 1e-3)
    b1500.send_trigger()
    data = b1500.read_data(6)
    levels = np.array([0.0, 0.5, 1.0, 1.0, 0.5, 0.0])
    assert data["SMU1 Current Measurement (A)"].to_numpy() == pytest.approx(
        levels / 10e3, rel=2e-3, abs=1e-7
    )
    assert data["SMU2 Current Measurement (A)"].to_numpy() == pytest.approx(
        2.0 * levels / 1e6, rel=5e-3, abs=3e-9
    )
    settings = b1500.query_staircase_sweep_settings()
    assert settings["SMU1"]["Sweep Mode"] == "Linear Double"
    assert settings["SMU2"]["Source Type"] == "Synchronous Voltage Sweep Source"


def test_points_are_read_one_by_one(b1500):
    staircase(b1500)
    rows = [b1500.read_channels(3) for _ in range(5)]
    assert [row[2][3] for row in rows] == pytest.approx(np.linspace(0.5, 1.0, 5))
    assert [row[0][3] for row in rows] == pytest.approx(np.linspace(0.5, 1.0, 5) / 10e3, rel=2e-3)
    b1500.read_bytes(1)  # the line feed that the driver leaves


def test_after_an_abort_there_is_no_data(b1500):
    staircase(b1500, abort=True, comp=70e-6)
    data = b1500.read_data(5)
    current = data["SMU1 Current Measurement (A)"].to_numpy()
    assert current[:2] == pytest.approx([50e-6, 62.5e-6], rel=2e-3)
    assert (current[3:] > 1e99).all()
    assert float(b1500.smu1.status["SMU1"]["Voltage Output (V)"]) == 0.5


def test_it_samples(b1500):
    b1500.smu1.enable()
    b1500.time_stamp = True
    b1500.meas_mode("SAMPLING", b1500.smu1)
    b1500.adc_setup("HSADC", "AUTO", 1)
    b1500.sampling_timing(0.1, 0.01, 8)
    b1500.sampling_auto_abort(False, post="BASE")
    b1500.smu1.sampling_source("Voltage", 0, 0.0, 1.0, 1e-3)
    b1500.clear_buffer()
    b1500.clear_timer()
    b1500.send_trigger()
    data = b1500.read_data(8)
    assert data["MISC Sampling index"].tolist() == list(range(1, 9))
    assert np.diff(data["SMU1 Time (s)"]) == pytest.approx(np.full(7, 0.01), abs=1.01e-4)
    assert data["SMU1 Current Measurement (A)"].to_numpy() == pytest.approx(
        np.full(8, 1e-4), rel=2e-3
    )
    settings = b1500.query_sampling_settings()
    assert settings["Sampling Mode"] == "Linear"
    assert settings["SMU1"]["Source Type"] == "Voltage Source Sampling"
    assert float(b1500.smu1.status["SMU1"]["Voltage Output (V)"]) == 0.0


def test_it_ramps_to_a_level(b1500):
    b1500.smu1.enable()
    b1500.smu1.ramp_source("Voltage", 0, 0.01, 1e-3, stepsize=0.005, pause=0.0)
    assert float(b1500.smu1.status["SMU1"]["Voltage Output (V)"]) == 0.01


def test_everything_is_brought_to_ground_and_back(b1500):
    b1500.smu1.enable()
    b1500.smu1.force("Voltage", 0, 1.0, 1e-3)
    b1500.force_gnd()
    assert float(b1500.smu1.status["SMU1"]["Voltage Output (V)"]) == 0.0
    b1500.restore_settings()
    assert float(b1500.smu1.status["SMU1"]["Voltage Output (V)"]) == 1.0


def test_a_wrong_word_is_an_error_of_the_instrument(b1500):
    b1500.smu1.enable()
    with pytest.raises(OSError, match="123: Compliance must be set correctly"):
        b1500.smu1.force("Voltage", 0, 30.0, 0.1)
    with pytest.raises(OSError, match="200: Channel output switch must be ON"):
        b1500.smu2.force("Voltage", 0, 1.0, 1e-3)


def test_an_answer_goes_before_the_data_where_the_road_waits_to_be_asked(b1500, road):
    if road.road not in ("in-process", "vxi11"):
        return  # roads that send at once cannot hold the data back: see docs/instruments.md
    staircase(b1500)
    assert b1500.check_idle() == "1"
    assert len(b1500.read_data(5)) == 5


def test_what_the_driver_cannot_read_is_its_own_mistake(b1500):
    b1500.sampling_mode = "LOG_10"
    with pytest.raises(ValueError):  # it looks an enumeration of numbers up by text
        _ = b1500.sampling_mode
    assert b1500.query_sampling_settings()["Sampling Mode"] == "Log 10 data/decade"
    with pytest.raises(ValueError):  # so it does with ranges
        _ = b1500.smu1.meas_range_current
    b1500.meas_mode("SPOT", b1500.smu1)
    with pytest.raises(AttributeError):  # it asks a list for its keys
        b1500.query_meas_mode()
    for smu in b1500.smu_references:
        smu.filter = True
    assert b1500.ask("*LRN? 30") == "FL1" and not b1500.smu1.filter


@pytest.fixture
def spgu(road):
    driver = AgilentB1500(road.addresses["pulser"], visa_library=road.visa)
    driver.reset()
    driver.initialize_all_spgus()
    yield driver.spgu2
    driver.write("CL")
    driver.check_errors()
    driver.adapter.close()


def test_its_pulse_generator_pulses(road, spgu):
    channel = spgu.ch1
    spgu.operation_mode = 0
    spgu.period = 1e-5
    spgu.set_output_mode("COUNT", 50)
    channel.enabled = True
    channel.load_impedance = 50.0
    channel.set_output_voltage(1, 0.1, 1.5)
    channel.set_pulse_timings(1, 0.0, 1e-6, 2e-8)
    channel.output_mode = 1
    channel.apply_setup()
    spgu.parent.check_errors()  # and so it has arrived, on whatever road
    with road.bench.lock:
        # What the source gives, so that the resistor of 50 ohm gets half of it.
        assert road.bench.terminals["pulser.spgu201"].voltage == pytest.approx(0.2)
        began = road.bench.clock.now
    spgu.output = True
    assert spgu.complete
    assert road.bench.clock.now - began == pytest.approx(50 * 1e-5)
    assert (spgu.period, spgu.get_output_mode()) == (1e-5, (1, 50.0))
    assert channel.get_output_voltage(1) == (0.1, 1.5)
    assert channel.get_pulse_timings(1) == (0.0, 1e-6, 2e-8, 2e-8)
    assert channel.load_impedance == 50.0 and channel.output_mode == 1
    spgu.output = False
    channel.enabled = False
    spgu.parent.check_errors()
    assert not road.bench.terminals["pulser.spgu201"].drives
