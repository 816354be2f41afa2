"""The Lake Shore 336 driver says what the manual's chapter 6 says, byte for byte."""

import threading

import pytest
from conversation import conversation

from labcim.errors import AbortedError, InstrumentError, RangeError, SafetyError
from labcim.instrument_capabilities import ThermalStage
from labcim.instruments._lakeshore336_words import Alarm, Gains, Zone
from labcim.instruments.lakeshore336 import LakeShore336
from labcim.limits import TerminalLimits

LIMITS = {"stage": TerminalLimits(coldest=290.0, hottest=430.0)}
OFF = [(f"RANGE {n},0", None) for n in (1, 2, 3, 4)]
PROVED = [(f"RANGE? {n}", "0") for n in (1, 2, 3, 4)]


def talk(said, *, check_errors=False, limits=LIMITS):
    return conversation(LakeShore336, said, limits=limits, check_errors=check_errors)


def test_it_has_the_verbs_of_a_stage():
    with talk([]) as stage:
        assert isinstance(stage, ThermalStage)


def test_it_is_brought_to_a_known_state_with_its_own_trip_above_the_chips_limit():
    said = [
        ("*CLS", None),
        *OFF,
        ("INTYPE? A", "2,1,0,1,1"),
        ("OUTMODE 1,1,1,0", None),
        ("RAMP 1,0,0.1", None),
        ("TLIMIT A,435.0", None),
    ]
    with talk(said) as stage:
        stage.initialise()


def test_a_setpoint_that_was_in_celsius_is_turned_into_kelvin():
    said = [
        ("*CLS", None),
        *OFF,
        ("INTYPE? A", "2,1,0,1,2"),
        ("INTYPE A,2,1,0,1,1", None),
        ("OUTMODE 1,1,1,0", None),
        ("RAMP 1,0,0.1", None),
    ]
    with talk(said, limits={}) as stage:
        stage.initialise()


def test_an_input_without_a_sensor_is_no_stage():
    said = [("*CLS", None), *OFF, ("INTYPE? A", "0,0,0,0,1")]
    with talk(said) as stage, pytest.raises(InstrumentError, match="no sensor is set up"):
        stage.initialise()


def test_a_temperature_is_commanded_before_the_heater_goes_on():
    said = [("SETP 1,398.150", None), ("SETP? 1", "+398.150"), ("RANGE 1,3", None)]
    with talk(said) as stage:
        stage.go_to(398.15)


@pytest.mark.parametrize("kelvin", [289.9, 430.1, float("nan"), float("inf"), -5.0, 0.0])
def test_a_temperature_that_the_chip_must_not_see_is_refused_before_a_byte_is_sent(kelvin):
    with talk([]) as stage, pytest.raises(RangeError, match="nothing was sent"):
        stage.go_to(kelvin)


def test_without_a_word_about_temperature_in_the_bench_file_nothing_is_heated():
    cold = {"stage": TerminalLimits(coldest=float("inf"), hottest=float("-inf"))}
    with (
        talk([], limits=cold) as stage,
        pytest.raises(RangeError, match=r"states no \[chip.limits\] temperature"),
    ):
        stage.go_to(300.0)


def test_a_heater_is_not_turned_on_towards_what_somebody_else_has_left():
    with talk([("SETP? 1", "+500.000")]) as stage, pytest.raises(RangeError, match="500 K"):
        stage.heater_range = "high"


def test_what_is_not_taken_shows_in_the_event_status_register():
    said = [("RANGE 1,0", None), ("*ESR?", "16")]
    with (
        talk(said, check_errors=True) as stage,
        pytest.raises(InstrumentError, match="SCRIPT after 'RANGE 1,0': execution error"),
    ):
        stage.off()


def test_other_bits_of_that_register_are_no_errors():
    with talk([("RANGE 1,0", None), ("*ESR?", "129")], check_errors=True) as stage:
        stage.off()


def test_a_temperature_is_read_with_the_state_of_its_sensor():
    with talk([("KRDG? A;RDGST? A", "+294.350;000")]) as stage:
        assert stage.temperature() == 294.35


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ("+000.000;129", "no reading: invalid reading, sensor units over range"),
        ("+000.000;032", "no reading: temperature over range"),
        ("+nan;000", "temperature reads"),
        ("+294.350", "temperature reads"),
        ("hello;000", "temperature reads"),
    ],
)
def test_a_sensor_that_reads_nothing_is_no_temperature(answer, says):
    with (
        talk([("KRDG? A;RDGST? A", answer)]) as stage,
        pytest.raises(InstrumentError, match=says),
    ):
        stage.temperature()


@pytest.mark.parametrize(
    ("rate", "sent"), [(0.0, "RAMP 1,0,0.1"), (0.1, "RAMP 1,1,6.0"), (100 / 60, "RAMP 1,1,100.0")]
)
def test_a_ramp_in_kelvin_a_second_is_told_in_kelvin_a_minute(rate, sent):
    with talk([(sent, None)]) as stage:
        stage.set_ramp(rate)


@pytest.mark.parametrize("rate", [-0.1, 1e-4, 2.0, float("nan")])
def test_a_ramp_that_it_cannot_do_is_refused(rate):
    with talk([]) as stage, pytest.raises(RangeError, match="nothing was sent"):
        stage.set_ramp(rate)


def test_it_is_safe_when_all_outputs_read_back_as_off():
    with talk([*OFF, *PROVED]) as stage:
        stage.make_safe()


@pytest.mark.parametrize("answer", ["1", "3", "", "?"])
def test_a_heater_that_stays_on_is_not_taken_for_safe(answer):
    with talk([*OFF, ("RANGE? 1", answer)]) as stage, pytest.raises(SafetyError, match="output 1"):
        stage.make_safe()


def test_a_stopped_bench_heats_no_more_and_can_still_be_made_safe():
    with talk([*OFF, *PROVED]) as stage:
        stage._latch = threading.Event()
        stage._latch.set()
        with pytest.raises(AbortedError):
            stage.go_to(300.0)
        stage.make_safe()


def test_settings_for_the_record_are_what_the_instrument_says():
    said = [
        ("SETP? 1", "+300.000"),
        ("RANGE? 1", "0"),
        ("PID? 1", "+0020.0,+0020.0,+000.0"),
        ("RAMP? 1", "0,+000.1"),
        ("TLIMIT? A", "+435.000"),
    ]
    with talk(said) as stage:
        assert stage.settings() == {
            "setpoint": 300.0,
            "heater_range": "off",
            "loop": "+0020.0,+0020.0,+000.0",
            "ramp": "0,+000.1",
            "trip": 435.0,
        }


def test_loops_zones_and_heaters_are_told_as_in_the_manual():
    zones = [
        Zone(320.0, Gains(50.0, 20.0), "low"),
        Zone(400.0, Gains(30.0, 15.0, 10.0), "high", manual=5.0, ramp=0.1),
    ]
    said = [
        ("PID 1,50.0,20.0,0.0", None),
        ("PID? 2", "+0050.0,+0020.0,+000.0"),
        ("ZONE 1,1,320.000,50.0,20.0,0.0,0.00,1,0,0.0", None),
        ("ZONE 1,2,400.000,30.0,15.0,10.0,5.00,3,0,6.0", None),
        ("OUTMODE? 1", "1,1,0"),
        ("OUTMODE 1,2,1,0", None),
        ("HTRSET 1,1,4,2.000,2", None),
        ("HTRSET 2,2,0,0.500,2", None),
        ("HTRST? 1", "1"),
        ("OUTMODE 2,1,2,0", None),
        ("SETP 2,330.000", None),
        ("RANGE 2,1", None),
        ("RAMPST? 1", "1"),
        ("HTR? 1", "+042.0"),
    ]
    with talk(said) as stage:
        stage.set_gains(Gains(50.0, 20.0))
        assert stage.gains(2) == Gains(50.0, 20.0, 0.0)
        stage.set_zones(zones)
        stage.set_heater(25, 2.0)
        stage.set_heater(50, 0.5, output=2)
        assert stage.heater_fault() == "open"
        stage.hold_second(330.0, "low")
        assert stage.ramping()
        assert stage.effort() == pytest.approx(0.42)


def test_an_open_loop_is_refused_where_the_chip_has_limits():
    with talk([]) as stage, pytest.raises(RangeError, match="nothing was sent"):
        stage.open_loop(10.0)
    said = [("MOUT 1,10.00", None), ("OUTMODE? 1", "1,1,0"), ("OUTMODE 1,3,1,0", None)]
    with talk(said, limits={}) as stage:
        stage.open_loop(10.0)


def test_voltage_outputs_alarms_extremes_and_curves_are_told_as_in_the_manual():
    said = [
        ("ANALOG 3,2,1,400.000,200.000,0", None),
        ("OUTMODE 3,4,2,0", None),
        ("AOUT? 3", "+050.0"),
        ("ALARM A,1,410.000,250.000,2.000,1,0,1", None),
        ("ALARM B,0", None),
        ("ALARMST? A", "1,0"),
        ("ALMRST", None),
        ("MDAT? A", "+290.000,+320.000"),
        ("MNMXRST", None),
        ("CRVDEL 21", None),
        ('CRVHDR 21,"PT of ours","labcim",3,400.000,2', None),
        ("CRVPT 21,1,100,273.15", None),
        ("CRVPT 21,2,138.506,373.15", None),
        ("INCRV A,21", None),
        ("INCRV? A", "21"),
        ("KRDG? B;RDGST? B", "+294.350;000"),
    ]
    with talk(said) as stage:
        stage.monitor(3, "B", 200.0, 400.0)
        assert stage.voltage(3) == 5.0
        stage.set_alarm(Alarm(410.0, 250.0, 2.0, latch=True))
        stage.set_alarm(None, "B")
        assert stage.alarms() == (True, False)
        stage.reset_alarms()
        assert stage.extremes() == (290.0, 320.0)
        stage.forget_extremes()
        stage.write_curve(21, "PT of ours", [(100.0, 273.15), (138.5055, 373.15)], 400.0)
        stage.use_curve(21)
        assert stage.reading("B") == 294.35


def test_a_curve_that_does_not_fit_its_sensor_is_no_success():
    said = [("INCRV A,1", None), ("INCRV? A", "00")]
    with talk(said) as stage, pytest.raises(InstrumentError, match="does not fit"):
        stage.use_curve(1)


@pytest.mark.parametrize(
    "ask",
    [
        lambda stage: stage.set_gains(Gains(0.0, 20.0)),
        lambda stage: stage.set_gains(Gains(50.0, float("nan"))),
        lambda stage: stage.set_gains(Gains(50.0, 20.0), output=3),
        lambda stage: stage.set_zones([]),
        lambda stage: stage.set_zones([Zone(top, Gains(1, 1), "low") for top in (400.0, 300.0)]),
        lambda stage: stage.set_heater(50, 1.5),
        lambda stage: stage.set_heater(10, 1.0),
        lambda stage: stage.monitor(1, "A", 200.0, 400.0),
        lambda stage: stage.monitor(3, "A", 400.0, 200.0),
        lambda stage: stage.reading("E"),
        lambda stage: stage.set_alarm(Alarm(200.0, 250.0)),
        lambda stage: stage.write_curve(20, "x", [(1.0, 1.0), (2.0, 2.0)], 400.0),
        lambda stage: stage.write_curve(21, 'x"', [(1.0, 1.0), (2.0, 2.0)], 400.0),
        lambda stage: stage.write_curve(21, "x", [(2.0, 1.0), (1.0, 2.0)], 400.0),
        lambda stage: stage.hold_second(5000.0, "low"),
    ],
)  # fmt: skip
def test_what_it_cannot_do_is_refused_before_a_byte_is_sent(ask):
    with talk([]) as stage, pytest.raises(RangeError):
        ask(stage)
