"""Display, digital lines, access and error codes of the simulated 2450 (2450-901-01, section 6)."""

from types import SimpleNamespace

import pytest
from resistor_bench import Line, ResistorBench

from labcim.sim_backend.instruments.keithley2450 import Keithley2450


@pytest.fixture
def instrument():
    return Keithley2450(ResistorBench(10e3), SimpleNamespace(name="smu", serial=""))


@pytest.fixture
def smu(instrument):
    return Line(instrument)


def code(smu):
    return int(smu("SYST:ERR:CODE?"))


def test_an_errors_code_is_told_alone_and_the_error_is_gone(smu):
    smu(":NO:SUCH")
    smu(":SOUR:VOLT 999")
    assert smu("SYST:ERR:CODE:NEXT?") == "-113"
    assert smu("SYST:ERR:CODE?;:SYST:ERR:COUN?;:SYST:ERR:CODE?") == "-222;0;0"


@pytest.mark.parametrize("screen", ["HOME", "READ", "reading_table", "SWIPE_STAT", "HOME_LARG"])
def test_a_screen_of_the_manual_is_shown(smu, screen):
    smu(f":DISP:SCR {screen}")
    assert code(smu) == 0


def test_another_screen_or_a_longer_text_is_refused(smu):
    smu(":DISP:SCR NOWHERE")
    assert code(smu) == -224
    smu(f":DISP:USER1:TEXT '{'x' * 20}';:DISP:USER2:TEXT '{'x' * 32}'")
    assert code(smu) == 0
    smu(f":DISP:USER1:TEXT '{'x' * 21}'")
    assert code(smu) == -223
    smu(":DISP:USER3:TEXT 'x'")
    assert code(smu) == -114


@pytest.mark.parametrize("digits", [3, 6])
def test_digits_change_the_display_and_not_the_reading(smu, digits):
    smu(f":DISP:VOLT:DIG {digits};:SENS:FUNC 'VOLT';:SOUR:VOLT 1;:OUTP 1")
    told, reading = smu(":READ? 'defbuffer1', FORM, READ").split(",")
    assert len(told.split()[0].partition(".")[2]) == digits
    assert float(reading) == pytest.approx(1.0, rel=1e-3)
    assert len(reading) == len("1.000000E+00")


def test_digits_of_one_function_or_of_all_are_saved_and_reset(smu):
    smu(":DISP:DIG 4;:DISP:RES:DIG 6;:*SAV 0;*RST")
    asked = ":DISP:CURR:DIG?;:DISP:VOLT:DIG?;:DISP:RES:DIG?"
    assert smu(asked) == "5;5;5"
    smu("*RCL 0")
    assert smu(asked) == "4;4;6"
    assert smu(":DISP:CURR:DIG? MIN;DIG? MAX;DIG? DEF") == "3;6;5"
    smu(":DISP:CURR:DIG 7")
    assert code(smu) == -222


def test_access_is_full_at_first_and_outlives_a_reset_and_power(instrument, smu):
    assert smu(":SYST:ACC?") == "FULL"
    smu(":SYST:ACC PROT;:*RST")
    instrument.power_cycle()
    assert smu(":SYST:ACC?") == "PROT"


def test_a_line_with_nothing_at_it_reads_high_as_input_and_as_written_as_output(smu):
    assert smu(":DIG:LINE1:MODE?;:DIG:LINE1:STAT?;:DIG:READ?") == "DIG,IN;1;63"
    smu(":DIG:LINE1:MODE DIG,OUT")
    assert smu(":DIG:LINE1:STAT?") == "0"
    smu(":DIG:LINE1:STAT 1;:DIG:LINE2:MODE DIG,OPEN;:DIG:LINE2:STAT 0")
    assert smu(":DIG:LINE1:STAT?;:DIG:LINE2:STAT?;:DIG:READ?") == "1;0;61"
    smu(":DIG:WRIT 2")
    assert smu(":DIG:READ?") == "62"


def test_an_input_or_a_trigger_line_is_not_written_to(smu):
    smu(":DIG:LINE1:STAT 0")
    assert code(smu) == -221
    smu(":DIG:LINE3:MODE TRIG,OUT")
    for words in ("LINE3:STAT 1", "LINE3:STAT?", "READ?", "WRIT 1"):
        smu(f":DIG:{words}")
        assert code(smu) == -221
    smu(":DIG:LINE3:MODE SYNC,IN")
    assert code(smu) == -224
    smu(":DIG:LINE7:MODE DIG,IN")
    assert code(smu) == -114


def test_a_reset_makes_lines_inputs_again(smu):
    smu(":DIG:LINE4:MODE SYNC,MAST;:*RST")
    assert smu(":DIG:LINE4:MODE?") == "DIG,IN"
