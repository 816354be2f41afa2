"""The vendor's package lakeshore 1.10, unmodified, against the simulated 336 over TCP."""

import pytest
from lakeshore import Model336
from lakeshore.generic_instrument import InstrumentException
from lakeshore.model_336 import (
    Model336AlarmSettings,
    Model336ControlLoopZoneSettings,
    Model336CurveHeader,
    Model336InputSensorSettings,
    Model336OperationEvent,
)

from labcim.sim_backend.bench import SimulatedBench
from labcim.sim_backend.wire.serve import serve

from .lakeshore_chip import CHIP

ADDRESS = "GPIB0::12::INSTR"


@pytest.fixture
def bench(tmp_path):
    path = tmp_path / "chip.toml"
    path.write_text(CHIP)
    with SimulatedBench(path) as bench:
        yield bench


@pytest.fixture
def chuck(bench):
    with serve(bench, roads=["socket"]) as server:
        port = int(server.addresses["socket"][ADDRESS].split("::")[2])
        with Model336(ip_address="127.0.0.1", tcp_port=port) as driver:
            yield driver


def wait(bench, duration):
    with bench.lock:
        bench.advance(duration)


def test_it_identifies_reads_and_sees_inputs_without_a_sensor(chuck):
    assert (chuck.model_number, chuck.firmware_version) == ("MODEL336", "2.9")
    assert chuck.get_kelvin_reading("A") == 300.0
    assert chuck.get_celsius_reading("A") == pytest.approx(26.85)
    assert chuck.get_sensor_reading("A") == pytest.approx(110.452, abs=1e-3)  # IEC 60751, 26.85 C
    assert chuck.get_all_kelvin_reading() == [300.0, 0.0, 0.0, 0.0]
    assert chuck.get_input_reading_status("B").invalid_reading
    assert not chuck.get_input_reading_status("A").invalid_reading


def test_it_heats_ramps_and_turns_all_off(bench, chuck):
    chuck.set_heater_pid(1, 30.0, 20.0, 0.0)
    assert chuck.get_heater_pid(1) == {"gain": 30.0, "integral": 20.0, "derivative": 0.0}
    chuck.set_setpoint_ramp_parameter(1, True, 10.0)
    assert chuck.get_setpoint_ramp_parameter(1) == {"ramp_enable": True, "rate_value": 10.0}
    chuck.set_heater_range(1, chuck.HeaterRange.HIGH)
    chuck.set_control_setpoint(1, 320.0)
    wait(bench, 60.0)
    assert chuck.get_setpoint_ramp_status(1)
    assert chuck.get_control_setpoint(1) == pytest.approx(310.0, abs=0.1)
    assert not chuck.get_operation_condition().loop_1_ramp_done
    wait(bench, 600.0)
    assert not chuck.get_setpoint_ramp_status(1)
    assert chuck.get_operation_condition().loop_1_ramp_done
    assert chuck.get_kelvin_reading("A") == pytest.approx(320.0, abs=0.05)
    # 20 K over 3 K/W are 6.67 W of 100 W.
    assert chuck.get_heater_output(1) == pytest.approx(6.67, abs=0.1)
    chuck.all_heaters_off()
    assert chuck.get_heater_range(1) == chuck.HeaterRange.OFF


def test_it_sets_up_the_heater_whose_power_goes_with_the_square_of_its_current(bench, chuck):
    chuck.set_heater_setup(
        1, chuck.HeaterResistance.HEATER_25_OHM, 1.0, chuck.HeaterOutputUnits.POWER
    )
    told = chuck.get_heater_setup(1)
    assert (told["max_current"], told["heater_resistance"]) == (1.0, 1)
    chuck.set_heater_output_mode(1, chuck.HeaterOutputMode.OPEN_LOOP, chuck.InputChannel.CHANNEL_A)
    chuck.set_manual_output(1, 50.0)
    assert chuck.get_manual_output(1) == 50.0
    chuck.set_heater_range(1, chuck.HeaterRange.HIGH)
    wait(bench, 1e4)
    # Half of 25 W over 3 K/W.
    assert chuck.get_kelvin_reading("A") == pytest.approx(300.0 + 0.5 * 25.0 * 3.0, abs=0.01)
    assert chuck.get_heater_status(1) == chuck.HeaterError.NO_ERROR


def test_it_follows_the_zones_of_a_table(bench, chuck):
    zone = Model336ControlLoopZoneSettings(
        310.0, 40.0, 30.0, 0.0, 0.0, chuck.HeaterRange.MEDIUM, chuck.InputChannel.NONE, 0.0
    )
    chuck.set_control_loop_zone_table(1, 1, zone)
    told = chuck.get_control_loop_zone_table(1, 1)
    assert vars(told) == vars(zone)
    hot = Model336ControlLoopZoneSettings(
        400.0, 20.0, 20.0, 0.0, 0.0, chuck.HeaterRange.HIGH, chuck.InputChannel.NONE, 0.0
    )
    chuck.set_control_loop_zone_table(1, 2, hot)
    chuck.set_heater_output_mode(1, chuck.HeaterOutputMode.ZONE, chuck.InputChannel.CHANNEL_A)
    chuck.set_heater_range(1, chuck.HeaterRange.LOW)
    chuck.set_control_setpoint(1, 308.0)
    wait(bench, 3000.0)
    # 8 K over 3 K/W are 2.67 W of the 10 W of range medium.
    assert chuck.get_heater_output(1) == pytest.approx(26.7, abs=0.3)
    chuck.set_control_setpoint(1, 360.0)
    wait(bench, 3000.0)
    assert chuck.get_heater_output(1) == pytest.approx(20.0, abs=0.2)  # 20 W of 100 W


def test_a_second_loop_has_a_plate_of_its_own(bench, chuck):
    sensor = Model336InputSensorSettings(
        chuck.InputSensorType.PLATINUM_RTD, True, True, chuck.InputSensorUnits.KELVIN
    )
    chuck.set_input_sensor("B", sensor)
    chuck.set_heater_output_mode(
        2, chuck.HeaterOutputMode.CLOSED_LOOP, chuck.InputChannel.CHANNEL_B
    )
    chuck.set_heater_range(2, chuck.HeaterRange.HIGH)
    chuck.set_control_setpoint(2, 330.0)
    wait(bench, 1000.0)
    assert chuck.get_kelvin_reading("B") == pytest.approx(330.0, abs=0.05)
    assert chuck.get_kelvin_reading("A") == pytest.approx(300.0, abs=0.01)


def test_voltage_outputs_follow_a_reading(chuck):
    chuck.set_monitor_output_heater(
        3, chuck.InputChannel.CHANNEL_A, chuck.InputSensorUnits.KELVIN, 400.0, 200.0,
        chuck.Polarity.UNIPOLAR,
    )  # fmt: skip
    chuck.set_heater_output_mode(
        3, chuck.HeaterOutputMode.MONITOR_OUT, chuck.InputChannel.CHANNEL_A
    )
    assert chuck.get_analog_output_percentage(3) == 50.0
    assert chuck.get_monitor_output_heater(3)["high_value"] == 400.0
    chuck.set_warmup_supply_parameter(4, chuck.ControlTypes.CONTINUOUS, 42.0)
    assert chuck.get_warmup_supply_parameter(4)["percentage"] == 42.0


def test_curves_are_written_read_used_and_deleted(chuck):
    header = Model336CurveHeader(
        "Linear", "0001", chuck.CurveFormat.OHMS_PER_KELVIN, 400.0,
        chuck.CurveTemperatureCoefficient.POSITIVE,
    )  # fmt: skip
    chuck.set_curve_header(21, header)
    told = chuck.get_curve_header(21)
    assert (told.curve_name.strip(), told.temperature_limit) == ("Linear", 400.0)
    chuck.set_curve(21, list(enumerate([(100.0, 270.0), (120.0, 370.0)])))
    chuck.set_curve_header(21, header)
    assert chuck.get_curve_data_point(21, 2) == (120.0, 370.0)
    chuck.set_input_curve("A", 21)
    # 110.452 ohm lie at 10.452 / 20 of the way from 270 to 370 K.
    assert chuck.get_kelvin_reading("A") == pytest.approx(270.0 + 100.0 * 10.452 / 20.0, abs=0.01)
    with pytest.raises(InstrumentException, match="does not match"):
        chuck.set_input_curve("A", 1)  # of a diode
    assert chuck.get_input_reading_status("A").invalid_reading
    chuck.delete_curve(21)
    assert chuck.get_curve_data_point(21, 1) == (0.0, 0.0)
    with pytest.raises(InstrumentException, match="Execution Error"):
        chuck.delete_curve(1)  # the standard ones stay
    chuck.set_soft_cal_curve_pt_100(22, "0002")
    chuck.set_input_curve("A", 22)
    assert chuck.get_kelvin_reading("A") == pytest.approx(300.0, abs=0.5)


def test_alarms_relays_and_extremes_follow_the_reading(bench, chuck):
    alarm = Model336AlarmSettings(310.0, 250.0, 1.0, True, audible=False, visible=True)
    chuck.set_alarm_parameters("A", True, alarm)
    assert chuck.get_alarm_parameters("A").high_value == 310.0
    chuck.set_relay_alarms(1, "A", chuck.RelayControlAlarm.HIGH_ALARM)
    assert not chuck.get_relay_status(1)
    chuck.reset_min_max_data()
    chuck.set_heater_range(1, chuck.HeaterRange.HIGH)
    chuck.set_control_setpoint(1, 320.0)
    wait(bench, 600.0)
    chuck.set_heater_range(1, chuck.HeaterRange.OFF)
    wait(bench, 5000.0)
    assert chuck.get_kelvin_reading("A") == pytest.approx(300.0, abs=0.01)
    assert chuck.get_alarm_status("A") == {"high_state_enabled": True, "low_state_enabled": False}
    assert chuck.get_relay_status(1)
    assert chuck.get_operation_condition().alarm
    assert chuck.get_min_max_data("A")["maximum"] == pytest.approx(320.5, abs=1.0)
    chuck.reset_alarm_status()
    assert not chuck.get_alarm_status("A")["high_state_enabled"]
    chuck.set_alarm_parameters("A", False)
    chuck.turn_relay_on(2)
    assert chuck.get_relay_status(2)


def test_it_reads_and_enables_status(chuck):
    mask = Model336OperationEvent(True, True, False, False, False, False, False, False)
    chuck.set_operation_event_enable(mask)
    assert chuck.get_operation_event_enable().to_integer() == 3
    assert chuck.get_operation_event().new_sensor_reading
    assert not chuck.get_self_test()
    with pytest.raises(InstrumentException, match="Command Error"):
        chuck.query("NONSENSE?")
    with pytest.raises(InstrumentException, match="Execution Error"):
        chuck.set_control_setpoint(1, 5000.0)
    chuck.reset_instrument()
    assert chuck.get_status_byte().to_integer() & 0b01000000 == 0


def test_it_keeps_names_filters_and_the_front_panel(chuck):
    chuck.set_sensor_name("A", "under the chip")
    assert chuck.get_sensor_name("A").strip() == "under the chip"
    chuck.set_filter("A", True, 16, 5)
    assert chuck.get_filter("A") == {"filter_enable": True, "data_points": 16, "reset_threshold": 5}
    chuck.set_temperature_limit("A", 390.0)
    assert chuck.get_temperature_limit("A") == 390.0
    chuck.set_keypad_lock(True, 321)
    assert chuck.get_keypad_lock() == {"state": True, "code": 321}
    chuck.set_remote_interface_mode(chuck.InterfaceMode.REMOTE)
    assert chuck.get_remote_interface_mode() == chuck.InterfaceMode.REMOTE
    chuck.set_led_state(False)
    assert not chuck.get_led_state()
    chuck.set_ieee_488(13)
    assert chuck.get_ieee_488() == 13
    chuck.set_display_field_settings(
        2, chuck.InputChannel.CHANNEL_B, chuck.DisplayFieldUnits.KELVIN
    )
    assert chuck.get_display_field_settings(2)["input_channel"] == 2
    assert chuck.get_network_configuration()["ip_address"] == "127.0.0.1"
    assert chuck.get_thermocouple_junction_temp() == pytest.approx(296.15)


def test_it_tunes_a_loop_and_hears_where_that_cannot_be(bench, chuck):
    with pytest.raises(InstrumentException, match="autotune error"):
        chuck.set_autotune(1, chuck.AutotuneMode.P_I)  # the heater is off
    chuck.set_heater_range(1, chuck.HeaterRange.HIGH)
    chuck.set_autotune(1, chuck.AutotuneMode.P_I)
    assert chuck.get_tuning_control_status()["active_tuning_enable"]
    wait(bench, 300.0)
    status = chuck.get_tuning_control_status()
    assert (status["active_tuning_enable"], status["tuning_error"]) == (False, False)
    assert chuck.get_heater_pid(1)["integral"] != 20.0
