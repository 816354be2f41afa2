"""Units of readings and offset-compensated ohms of the simulated 2450 (2450-901-01, section 6)."""

from types import SimpleNamespace

import pytest
from resistor_bench import Line, ResistorBench

from labcim.sim_backend.instruments.keithley2450 import Keithley2450


@pytest.fixture
def bench():
    return ResistorBench(10e3)


@pytest.fixture
def smu(bench):
    line = Line(Keithley2450(bench, SimpleNamespace(name="smu", serial="")))
    line(":SOUR:VOLT:ILIM 1E-3;:SOUR:VOLT 1;:OUTP 1")  # 1e-4 A
    return line


def code(smu):
    return int(smu("SYST:ERR?").split(",")[0])


@pytest.mark.parametrize(
    ("function", "unit", "value", "word"),
    [
        ("CURR", "AMP", 1e-4, "Amp DC"),
        ("CURR", "OHM", 1e4, "Ohm"),
        ("CURR", "WATT", 1e-4, "Watt DC"),
        ("VOLT", "VOLT", 1.0, "Volt DC"),
        ("VOLT", "OHM", 1e4, "Ohm"),
        ("VOLT", "WATT", 1e-4, "Watt DC"),
    ],
)
def test_a_unit_changes_what_a_reading_tells(smu, function, unit, value, word):
    smu(f":SENS:FUNC '{function}';:SENS:{function}:UNIT {unit}")
    reading, told = smu(':READ? "defbuffer1", READ, UNIT').split(",")
    assert float(reading) == pytest.approx(value, rel=2e-3)
    assert (told, smu(f":SENS:{function}:UNIT?")) == (word, unit)


@pytest.mark.parametrize("words", ["CURR:UNIT VOLT", "VOLT:UNIT AMP"])
def test_the_other_functions_own_unit_is_refused_with_224(smu, words):
    smu(f":SENS:{words}")
    assert code(smu) == -224


def test_limits_and_math_are_done_in_the_unit(smu):
    smu(":SENS:CURR:UNIT OHM;:CALC2:CURR:LIM1:UPP 9E3;LOW 0;STAT 1;:READ?")
    assert smu(":CALC2:CURR:LIM1:FAIL?") == "HIGH"


def test_units_and_digits_are_saved_and_reset(smu):
    smu(":SENS:CURR:UNIT OHM;:SENS:RES:OCOM 1;:SENS:RES:RANG:AUTO:ULIM 2E6;:*SAV 2;*RST")
    asked = ":SENS:CURR:UNIT?;:SENS:VOLT:UNIT?;:SENS:RES:OCOM?;:SENS:RES:RANG:AUTO:ULIM?"
    assert smu(asked) == "AMP;VOLT;0;2.000000E+08"
    smu("*RCL 2")
    assert smu(asked) == "OHM;VOLT;1;2.000000E+06"


def test_a_moving_average_never_mixes_units(smu):
    smu(":SENS:CURR:AVER:TCON MOV;COUN 10;:SENS:CURR:AVER 1;:READ?;:SENS:CURR:UNIT OHM")
    assert float(smu(":READ?")) == pytest.approx(1e4, rel=1e-3)


def test_offset_compensation_takes_the_offset_off_ohms_in_two_conversions(bench, smu):
    smu(":OUTP 0;:SOUR:FUNC CURR;:SOUR:CURR 1E-6;:SENS:FUNC 'RES';:OUTP 1;:READ?")
    bench.apertures.clear()
    plain = float(smu(":READ?"))
    begun = bench.clock.now
    smu(":SENS:RES:OCOM ON")
    compensated = float(smu(":READ?"))
    assert bench.clock.now - begun == pytest.approx(2 / 60, abs=3e-3)
    # 10 mV on the 20 mV range: 150 uV of offset, 0.1 % of gain, and the current's 0.06 %.
    assert compensated == pytest.approx(1e4, rel=1.6e-3)
    assert abs(plain - 1e4) > 2 * abs(compensated - 1e4)


def test_ohms_beyond_the_highest_automatic_range_overflow(smu):
    smu(":SENS:FUNC 'RES';:SENS:RES:RANG:AUTO:ULIM 2E3")
    assert float(smu(":READ?")) == 9.9e37
    smu(":SENS:RES:RANG:AUTO:ULIM 2E4")
    assert float(smu(":READ?")) == pytest.approx(1e4, rel=1e-3)


def test_the_highest_automatic_range_can_be_asked_for_volts_but_not_set(smu):
    assert float(smu(":SENS:VOLT:RANG:AUTO:ULIM?")) == 200.0
    smu(":SENS:VOLT:RANG:AUTO:ULIM 20")
    assert code(smu) == -113
    smu(":SENS:RES:RANG:AUTO:LLIM 2E4;ULIM 2E3")
    assert code(smu) == -221


def test_the_voltage_range_is_20_volts_after_a_reset(smu):
    smu(":SENS:VOLT:RANG 2;:*RST")
    assert float(smu(":SENS:VOLT:RANG?")) == 20.0


@pytest.mark.parametrize(
    ("header", "least", "most", "default"),
    [
        ("CURR:RANG:AUTO:LLIM", 1e-8, 1.0, 1e-8),
        ("RES:RANG:AUTO:LLIM", 20.0, 2e8, 20.0),
        ("RES:RANG:AUTO:ULIM", 20.0, 2e8, 2e8),
    ],
)
def test_the_limits_of_automatic_ranges_tell_their_own(smu, header, least, most, default):
    told = [float(smu(f":SENS:{header}? {word}")) for word in ("MIN", "MAX", "DEF")]
    assert told == pytest.approx([least, most, default])


def test_the_lowest_automatic_range_may_be_set_by_a_word(smu):
    smu(":SENS:CURR:RANG:AUTO:LLIM MAX")
    assert float(smu(":SENS:CURR:RANG:AUTO:LLIM?")) == 1.0
    assert code(smu) == 0
