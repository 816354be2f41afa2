"""The Lake Shore 336 driver says what the manual's chapter 6 says, byte for byte."""

import threading

import pytest
from conversation import conversation

from labcim.errors import AbortedError, InstrumentError, RangeError, SafetyError
from labcim.instrument_capabilities import ThermalStage
from labcim.instruments.lakeshore336 import LakeShore336
from labcim.limits import TerminalLimits

LIMITS = {"stage": TerminalLimits(coldest=290.0, hottest=430.0)}
OFF = [("RANGE 1,0", None), ("RANGE 2,0", None)]


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


def test_it_is_safe_when_both_heaters_read_back_as_off():
    with talk([*OFF, ("RANGE? 1", "0"), ("RANGE? 2", "0")]) as stage:
        stage.make_safe()


@pytest.mark.parametrize("answer", ["1", "3", "", "?"])
def test_a_heater_that_stays_on_is_not_taken_for_safe(answer):
    with talk([*OFF, ("RANGE? 1", answer)]) as stage, pytest.raises(SafetyError, match="heater 1"):
        stage.make_safe()


def test_a_stopped_bench_heats_no_more_and_can_still_be_made_safe():
    with talk([*OFF, ("RANGE? 1", "0"), ("RANGE? 2", "0")]) as stage:
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
