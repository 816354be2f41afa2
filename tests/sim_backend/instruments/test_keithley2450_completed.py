"""Buffers, formats, trigger model, status and languages of the simulated 2450 (2450-901-01)."""

import struct
from types import SimpleNamespace

import numpy as np
import pytest
from resistor_bench import Line, ResistorBench

from labcim.sim_backend.instruments.keithley2450 import Keithley2450

SPEC = SimpleNamespace(name="smu", serial="")
NO_ERROR = '0,"No error;0;0 0"'


@pytest.fixture
def bench():
    return ResistorBench(10e3)


@pytest.fixture
def instrument(bench):
    return Keithley2450(bench, SPEC)


@pytest.fixture
def smu(instrument):
    line = Line(instrument)
    line(":SOUR:VOLT:ILIM 1E-3;:SOUR:VOLT 1;:OUTP 1")
    return line


def code(smu):
    return int(smu("SYST:ERR?").split(",")[0])


# -- buffers and formats ----


def test_a_default_buffer_goes_on_and_drops_its_oldest_reading(smu):
    smu(":TRAC:POIN 10;:SENS:COUN 25;:TRAC:TRIG")
    assert smu(":TRAC:ACT?;:TRAC:FILL:MODE?") == "10;CONT"
    assert float(smu(":TRAC:DATA? 1, 1, 'defbuffer1', REL")) == 0.0


def test_a_buffer_of_the_user_is_filled_once(smu):
    smu(":TRAC:MAKE 'b', 10, FULL;:SENS:COUN 25;:TRAC:TRIG 'b'")
    first = smu(":TRAC:DATA? 1,10,'b'")
    smu(":TRAC:TRIG 'b'")
    assert smu(":TRAC:FILL:MODE? 'b'") == "ONCE"
    assert smu(":TRAC:DATA? 1,10,'b'") == first


@pytest.mark.parametrize(("form", "letter"), [("REAL", "d"), ("SREal", "f")])
@pytest.mark.parametrize(("order", "sign"), [("SWAP", "<"), ("NORM", ">")])
def test_readings_come_as_one_block(smu, form, letter, order, sign):
    smu(":SENS:COUN 3;:TRAC:TRIG")
    text = [float(x) for x in smu(":TRAC:DATA? 1,3,'defbuffer1',READ,SOUR").split(",")]
    smu(f":FORM:DATA {form};BORD {order}")
    smu.core.feed(b":TRAC:DATA? 1,3,'defbuffer1',READ,SOUR\n", True)
    block = smu.core.read(1000)[0]
    assert block[:2] == b"#0"
    assert struct.unpack(f"{sign}6{letter}", block[2:-1]) == pytest.approx(text, rel=1e-6)


def test_bytes_are_swapped_after_a_reset(smu):
    assert smu("*RST;:FORM:BORD?;:FORM?") == "SWAP;ASC"


def test_a_block_takes_numbers_only(smu):
    smu(":FORM REAL;:READ? 'defbuffer1', UNIT")
    assert code(smu) == 1133


def test_text_has_as_many_digits_as_are_asked_for(smu):
    smu(":FORM:ASC:PREC 4")
    assert len(smu(":READ?")) == len("1.000E-04")


def test_statistics_can_begin_anew(smu):
    smu(":READ?;:TRAC:STAT:CLE;:SOUR:VOLT 0.5;:SENS:COUN 3;:READ?")
    assert float(smu(":TRAC:STAT:AVER?")) == pytest.approx(5e-5, rel=1e-3)
    assert smu(":TRAC:ACT?") == "4"


# -- relative, math, limits ----


def test_a_relative_reading_is_less_its_offset(smu):
    smu(":SENS:CURR:REL:ACQ;:SENS:CURR:REL:STAT ON")
    assert abs(float(smu(":READ?"))) < 1e-9
    assert float(smu(":SENS:CURR:REL?")) == pytest.approx(1e-4, rel=1e-3)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("FORM MXB;MMF 2;MBF 1", 1.0002),
        ("FORM REC", 1e4),
        ("FORM PERC;PERC 5E-5", 100.0),
    ],
)
def test_math_is_done_on_readings(smu, words, expected):
    smu(f":CALC:CURR:MATH:{words};STAT ON")
    assert float(smu(":READ?")) == pytest.approx(expected, rel=1e-3)


def test_a_user_limit_tells_which_bound_failed(smu):
    smu(":CALC2:CURR:LIM1:LOW 0;UPP 5E-5;STAT ON;:READ?")
    assert smu(":CALC2:CURR:LIM1:FAIL?") == "HIGH"
    smu(":SOUR:VOLT 0.1;:READ?")
    assert smu(":CALC2:CURR:LIM1:FAIL?") == "NONE"


# -- trigger model ----


def test_a_simple_loop_reads_and_waits(bench, smu):
    smu(':TRIG:LOAD "SimpleLoop", 5, 0.1, "defbuffer1"')
    begun = bench.clock.now
    smu(":INIT;*WAI")
    assert smu(":TRIG:STAT?") == "IDLE;IDLE;4"
    assert smu(":TRAC:ACT?") == "5"
    assert bench.clock.now - begun == pytest.approx(5 * (0.1 + 1 / 60), abs=2e-3)


def test_a_duration_loop_ends_after_its_time(smu):
    smu(':TRIG:LOAD "DurationLoop", 1;:INIT')
    times = [float(x) for x in smu(":TRAC:DATA? 1, 61, 'defbuffer1', REL").split(",")]
    assert times[-1] == pytest.approx(1.0, abs=0.02)


def test_blocks_make_the_manuals_own_example(smu):
    for words in (
        "BUFF:CLE 1",
        "MEAS 2",
        "BRAN:COUN 3, 5, 2",
        "DEL:CONS 4, 1",
        "BRAN:COUN 5, 3, 2",
    ):
        smu(f":TRIG:BLOC:{words}")
    assert smu(":TRIG:STAT?").startswith("BUILDING;")
    smu(":INIT")
    # 5 readings, then 2 more rounds of at least one: a counter that has been passed stays passed.
    assert smu(":TRAC:ACT?") == "7"
    assert smu(":TRIG:BLOC:BRAN:COUN:COUN? 5") == "3"


def test_a_model_waits_for_a_command_trigger(smu):
    smu(":TRIG:BLOC:WAIT 1, COMM;:TRIG:BLOC:MEAS 2;:TRAC:CLE;:INIT")
    assert smu(":TRIG:STAT?") == "WAITING;WAITING;1"
    assert smu(":TRAC:ACT?") == "0"
    smu("*TRG")
    assert smu(":TRIG:STAT?") == "IDLE;IDLE;2"
    assert smu(":TRAC:ACT?") == "1"


def test_a_notify_block_lets_a_wait_pass(smu):
    smu(":TRIG:BLOC:NOT 1, 3;:TRIG:BLOC:WAIT 2, NOT3;:INIT")
    assert smu(":TRIG:STAT?").startswith("IDLE")


def test_a_model_that_never_ends_gives_the_bench_back_and_can_be_aborted(smu):
    smu(":TRIG:BLOC:NOP 1;:TRIG:BLOC:BRAN:ALW 2, 1;:INIT")
    assert smu(":TRIG:STAT?").startswith("RUNNING")
    smu(":ABOR")
    assert smu(":TRIG:STAT?").startswith("ABORTED")
    smu(":INIT;:INIT")
    assert code(smu) == -213


def test_a_model_branches_on_a_limit_of_its_reading(smu):
    smu(":TRIG:BLOC:MEAS 1;:TRIG:BLOC:BRAN:LIM:CONS 2, ABOV, 0, 5E-5, 4")
    smu(":TRIG:BLOC:SOUR:STAT 3, ON;:TRIG:BLOC:SOUR:STAT 4, OFF;:INIT")
    assert smu(":OUTP?") == "0"


# -- status and log ----


def test_events_set_and_clear_the_bits_that_they_are_mapped_to(smu):
    smu(":STAT:OPER:MAP 0, 4917, 4916;:STAT:OPER:ENAB 1;*SRE 128")
    assert smu(":STAT:OPER:MAP? 0") == "4917,4916"
    smu(":TRAC:CLE;:TRAC:POIN 10;:SENS:COUN 10;:TRAC:TRIG")
    assert int(smu("*STB?")) == 128 + 64
    assert smu(":STAT:OPER:COND?") == "1"
    smu(":TRAC:CLE")
    assert smu(":STAT:OPER:COND?;:STAT:OPER?") == "0;1"


def test_the_end_of_a_trigger_model_is_an_event(smu):
    smu(':STAT:OPER:MAP 3, 2732;:TRIG:LOAD "SimpleLoop", 2;:INIT')
    assert smu(":STAT:OPER?") == "8"


def test_the_event_log_holds_what_is_no_error_too(smu):
    smu(':SYST:EVEN:POST "hello", WARN;:NO:SUCH')
    assert smu(":SYST:EVEN:COUN?;:SYST:EVEN:COUN? 1;:SYST:ERR:COUN?") == "2;1;1"
    assert smu(":SYST:EVEN:NEXT? 2").startswith('1003,"hello;2;')
    assert smu(":SYST:EVEN:NEXT?").startswith('-113,"Undefined header;1;')
    assert smu(":SYST:EVEN:NEXT?") == NO_ERROR


# -- set-ups, power, languages ----


def test_a_set_up_is_saved_and_recalled_with_the_output_off(smu):
    smu("*SAV 3;*RST;*RCL 3")
    assert smu(":SOUR:VOLT?;:OUTP?") == "1.000000E+00;0"
    smu("*RCL 4")
    assert code(smu) == -221


def test_power_forgets_buffers_and_settings_and_keeps_set_ups(bench, instrument, smu):
    smu(":TRAC:MAKE 'b', 10;*SAV 0;:SYST:POS SAV0;:SOUR:VOLT 0.3;:NO:SUCH;*SRE 4")
    instrument.power_cycle()
    assert smu(":SOUR:VOLT?;:OUTP?;*SRE?;*ESR?") == "1.000000E+00;0;0;128"
    assert smu("SYST:ERR?") == NO_ERROR
    smu(":TRAC:ACT? 'b'")
    assert code(smu) == -224
    assert bench.levels["smu.hi"] == 0.0


def test_another_language_waits_for_the_next_power_on(instrument, smu):
    smu("*LANG SCPI2400")
    assert smu("*LANG?") == "SCPI2400"
    smu(":TRAC:FEED SENSE")
    assert code(smu) == -113
    instrument.power_cycle()
    smu(":TRAC:FEED SENSE;:STAT:MEAS:ENAB 512")
    assert smu("SYST:ERR?") == '0,"No error"'
    assert smu("*IDN?").startswith("KEITHLEY INSTRUMENTS,MODEL 2450,")
    smu("*LANG SCPI")
    instrument.power_cycle()
    smu(":TRAC:FEED SENSE")
    assert code(smu) == -113


def test_the_2400s_language_measures_on_the_2450s_ranges(bench):
    spec = SimpleNamespace(name="smu", serial="", options={"language": "SCPI2400"})
    smu = Line(Keithley2450(bench, spec))
    smu("*SRE 1;:STAT:MEAS:ENAB 512;:TRAC:POIN 3;:TRIG:COUN 3;:TRAC:FEED:CONT NEXT")
    smu(":SENS:CURR:PROT 1E-3;:SOUR:VOLT 1;:OUTP 1;:INIT")
    assert smu("*STB?") == "65"
    volts, amps, *_ = (float(x) for x in smu(":FORM:ELEM VOLT,CURR;:TRAC:DATA?").split(","))
    assert (volts, amps) == pytest.approx((1.0, 1e-4), rel=1e-3)
    assert float(smu(":SENS:CURR:RANG 5E-9;RANG?")) == pytest.approx(1.05e-8)


def test_a_level_is_rounded_to_the_steps_of_its_range(bench, smu):
    smu(":SOUR:VOLT 1.00002")
    assert bench.levels["smu.hi"] == 1.0
    smu(":SOUR:VOLT 1.00003")
    assert bench.levels["smu.hi"] == 1.00005  # 50 uV on the 2 V range
    assert np.isclose(float(smu(":SOUR:VOLT?")), 1.00003)


# -- manners ----


@pytest.mark.parametrize(("kind", "times"), [("REP", 10), ("MOV", 1)])
def test_a_repeating_filter_takes_its_readings_a_moving_one_does_not(bench, smu, kind, times):
    smu(f":SENS:CURR:AVER:TCON {kind};COUN 10;:SENS:CURR:AVER 1;:READ?")
    assert bench.apertures[-1] == pytest.approx(times / 60)


def test_a_moving_filter_averages_the_last_readings(smu):
    def spread():
        smu(":TRAC:CLE;:SENS:COUN 300;:READ?")
        return float(smu(":TRAC:STAT:STDD?"))

    plain = spread()
    smu(":SENS:CURR:AVER:TCON MOV;COUN 100;:SENS:CURR:AVER 1;:READ?")
    assert spread() < plain / 5


def test_another_automatic_range_takes_another_conversion(bench, smu):
    smu(":READ?;:SOUR:VOLT 0.01;:READ?")
    begun = bench.clock.now
    smu(":READ?")
    assert bench.clock.now - begun == pytest.approx(1 / 60)
    smu(":SOUR:VOLT 0.011;:READ?")
    begun = bench.clock.now
    smu(":SOUR:VOLT 1;:READ?")
    assert bench.clock.now - begun == pytest.approx(2 / 60 + 1e-3)


def test_the_automatic_range_goes_no_lower_than_it_may(smu):
    def spread():
        smu(":TRAC:CLE;:SENS:COUN 300;:READ?")
        return float(smu(":TRAC:STAT:STDD?"))

    smu(":SOUR:VOLT 0.01")
    fine = spread()
    smu(":SENS:CURR:RANG:AUTO:LLIM 1E-3")
    assert spread() > 100 * fine


def test_the_protection_is_never_passed(bench, smu):
    smu(":SOUR:VOLT:PROT PROT2;:SOUR:VOLT 5")
    assert bench.levels["smu.hi"] == 2.0
    assert smu(":SOUR:VOLT:PROT?;:SOUR:VOLT:PROT:TRIP?") == "PROT2;1"
    smu(":SOUR:VOLT:PROT NONE")
    assert bench.levels["smu.hi"] == 5.0


@pytest.mark.parametrize(
    ("header", "least", "most", "default"),
    [
        ("SENS:CURR:NPLC", 0.01, 10.0, 1.0),
        ("SENS:CURR:RANG", 1e-8, 1.0, 1e-4),
        ("SOUR:VOLT:RANG", 0.02, 200.0, 0.02),
        ("SOUR:VOLT:ILIM", 1e-9, 1.05, 1.05e-4),
        ("SOUR:CURR:VLIM", 0.02, 210.0, 21.0),
        ("SOUR:VOLT", -210.0, 210.0, 0.0),
        ("SOUR:CURR", -1.05, 1.05, 0.0),
        ("SOUR:VOLT:DEL", 0.0, 1e4, 0.0),
    ],
)
def test_least_most_and_default_are_told(smu, header, least, most, default):
    told = [float(smu(f"{header}? {word}")) for word in ("MIN", "MAXimum", "DEF")]
    assert told == pytest.approx([least, most, default])
    assert smu("SYST:ERR?") == NO_ERROR


def test_a_level_and_a_range_may_be_set_by_a_word(smu):
    smu(":SOUR:VOLT DEF;:SENS:CURR:RANG MAX;:SENS:CURR:NPLC MIN")
    assert [float(v) for v in smu(":SOUR:VOLT?;:SENS:CURR:RANG?;NPLC?").split(";")] == [0, 1, 0.01]


def test_a_block_of_readings_has_a_count_of_its_own(smu):
    smu(":TRIG:BLOC:BUFF:CLE 1,'defbuffer1';:TRIG:BLOC:MDIG 2,'defbuffer1',3")
    smu(":TRIG:BLOC:BRAN:COUN 3,2,2;:INIT;*WAI")
    assert smu(":TRAC:ACT?;:SYST:ERR?") == f"6;{NO_ERROR}"


def test_a_range_that_was_found_is_told_and_stays_when_ranging_is_switched_off(smu):
    smu(":SOUR:VOLT:ILIM 1E-2;:SOUR:VOLT 5;:READ?")
    assert float(smu(":SENS:CURR:RANG?")) == pytest.approx(1e-3)
    smu(":SENS:CURR:RANG:AUTO 0")
    assert float(smu(":READ?")) == pytest.approx(5e-4, rel=1e-3)
