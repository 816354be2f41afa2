"""User limits of the simulated 2450 (2450-901-01, section 6, :CALCulate2)."""

from types import SimpleNamespace

import pytest
from resistor_bench import Line, ResistorBench

from labcim.sim_backend.instruments.keithley2450 import Keithley2450


@pytest.fixture
def instrument():
    return Keithley2450(ResistorBench(10e3), SimpleNamespace(name="smu", serial=""))


@pytest.fixture
def smu(instrument):
    line = Line(instrument)
    line(":SOUR:VOLT:ILIM 1E-3;:SOUR:VOLT 1;:OUTP 1")  # 1e-4 A
    return line


def code(smu):
    return int(smu("SYST:ERR?").split(",")[0])


def test_the_manuals_own_limit_test_runs(smu):
    for words in ("CLE:AUTO OFF", "AUD FAIL", "LOW 0.25", "UPP 2.5", "STAT ON"):
        smu(f":CALC2:VOLT:LIM1:{words}")
    smu(':SENS:FUNC "VOLT";:SOUR:VOLT 0.1;:READ?')
    assert smu(":CALC2:VOLT:LIMIT1:FAIL?") == "LOW"
    smu(":SOUR:VOLT 1;:READ?")
    assert smu(":CALC2:VOLT:LIM1:FAIL?") == "LOW"  # until it is cleared
    smu(":CALC2:VOLT:LIM1:CLE")
    assert smu(":CALC2:VOLT:LIM1:FAIL?;AUD?") == "NONE;FAIL"
    assert code(smu) == 0


def test_limits_that_fail_on_both_sides_say_so_until_they_are_cleared(smu):
    smu(":CALC2:CURR:LIM2:CLE:AUTO 0;:CALC2:CURR:LIM2:LOW 2E-5;UPP 5E-5;STAT 1;:READ?")
    smu(":SOUR:VOLT 0.1;:READ?")
    assert smu(":CALC2:CURR:LIM2:FAIL?") == "BOTH"


def test_a_limit_that_is_off_judges_nothing(smu):
    smu(":CALC2:CURR:LIM1:UPP 5E-5;:READ?")
    assert smu(":CALC2:CURR:LIM1:FAIL?;STAT?") == "NONE;0"


def test_the_bounds_of_both_limits_are_one_after_a_reset(smu):
    smu(":CALC2:CURR:LIM1:UPP 5E-5;LOW -3;STAT 1;:*RST")
    for place in (1, 2):
        told = smu(f":CALC2:CURR:LIM{place}:LOW?;UPP?;STAT?;CLE:AUTO?;:CALC2:CURR:LIM{place}:AUD?")
        assert told == "-1.000000E+00;1.000000E+00;0;1;NONE"


def test_a_bound_has_its_own_bounds(smu):
    assert [float(smu(f":CALC2:RES:LIM1:LOW? {word}")) for word in ("MIN", "MAX", "DEF")] == [
        -9.99999e11,
        9.99999e11,
        -1.0,
    ]
    smu(":CALC2:CURR:LIM1:UPP 1E12")
    assert code(smu) == -222


@pytest.mark.parametrize("header", [":CALC2:CURR:LIM3:STAT 1", ":CALC:CURR:LIM1:STAT 1"])
def test_there_are_no_other_limits(smu, header):
    smu(header)
    assert code(smu) in (-113, -114)


def test_math_and_limits_are_saved_and_recalled_without_results(smu):
    smu(":CALC2:CURR:LIM1:UPP 5E-5;STAT 1;:CALC:CURR:MATH:FORM MXB;MMF 2;STAT 1;:READ?")
    smu(":SENS:CURR:REL 1E-6;:SENS:CURR:REL:STAT 1;:*SAV 1;*RST")
    assert smu(":CALC2:CURR:LIM1:STAT?;:CALC:CURR:MATH:STAT?") == "0;0"
    smu("*RCL 1")
    assert smu(":CALC2:CURR:LIM1:STAT?;FAIL?;:CALC:CURR:MATH:MMF?") == "1;NONE;2.000000E+00"
    smu(":OUTP 1")
    assert float(smu(":READ?")) == pytest.approx(2 * (1e-4 - 1e-6), rel=1e-3)
    assert smu(":CALC2:CURR:LIM1:FAIL?") == "HIGH"
