"""Configuration lists of the simulated 2450 (2450-901-01, sections 3 and 6)."""

from types import SimpleNamespace

import pytest
from resistor_bench import Line, ResistorBench

from labcim.sim_backend.instruments.keithley2450 import Keithley2450

SOURCE, SENSE = ":SOUR:CONF:LIST", ":SENS:CONF:LIST"


@pytest.fixture
def bench():
    return ResistorBench(10e3)


@pytest.fixture
def instrument(bench):
    return Keithley2450(bench, SimpleNamespace(name="smu", serial=""))


@pytest.fixture
def smu(instrument):
    line = Line(instrument)
    line(":SOUR:VOLT:ILIM 1E-3;:SOUR:VOLT 1;:OUTP 1")
    return line


def code(smu):
    return int(smu("SYST:ERR:CODE?"))


def test_source_settings_come_back_to_the_terminal(bench, smu):
    smu(f"{SOURCE}:CRE 'src';STOR 'src';:SOUR:VOLT 0.5;:SOUR:VOLT:ILIM 2E-4;{SOURCE}:STOR 'src'")
    assert smu(f"{SOURCE}:SIZE? 'src'") == "2"
    smu(f"{SOURCE}:REC 'src'")
    assert bench.levels["smu.hi"] == pytest.approx(1.0, rel=1e-3)
    assert smu(":SOUR:VOLT?;:SOUR:VOLT:ILIM?;:OUTP?") == "1.000000E+00;1.000000E-03;1"
    smu(f"{SOURCE}:REC 'src', 2")
    assert bench.levels["smu.hi"] == pytest.approx(0.5, rel=1e-3)
    assert bench.limits["smu.hi"] == pytest.approx(2e-4)


def test_a_point_of_the_other_source_turns_the_output_off(bench, smu):
    smu(f"{SOURCE}:CRE 'src';STOR 'src';:SOUR:FUNC CURR;:SOUR:CURR 1E-5;:OUTP 1")
    smu(f"{SOURCE}:REC 'src'")
    assert smu(":SOUR:FUNC?;:OUTP?") == "VOLT;0"
    assert bench.levels["smu.hi"] == 0.0


def test_measure_settings_come_back_with_math_and_limits_but_no_results(smu):
    smu(":SENS:CURR:NPLC 0.1;:SENS:CURR:UNIT OHM;:DISP:CURR:DIG 6")
    smu(f":CALC2:CURR:LIM1:UPP 9E3;STAT 1;:READ?;{SENSE}:CRE 'meas';STOR 'meas'")
    smu(":SENS:CURR:NPLC 2;:SENS:CURR:UNIT AMP;:CALC2:CURR:LIM1:STAT 0;:SENS:FUNC 'VOLT'")
    smu(f"{SENSE}:REC 'meas'")
    assert smu(":SENS:FUNC?;:SENS:CURR:UNIT?;:DISP:CURR:DIG?") == '"CURR:DC";OHM;6'
    assert smu(":CALC2:CURR:LIM1:STAT?;FAIL?") == "1;NONE"
    assert float(smu(":READ?")) == pytest.approx(1e4, rel=1e-3)
    assert smu(":CALC2:CURR:LIM1:FAIL?") == "HIGH"


def test_a_stored_point_stays_what_it_was(smu):
    smu(f"{SENSE}:CRE 'meas';STOR 'meas';REC 'meas';:SENS:CURR:NPLC 5;:CALC2:CURR:LIM1:LOW -9")
    smu(f"{SENSE}:REC 'meas'")
    assert smu(":SENS:CURR:NPLC?;:CALC2:CURR:LIM1:LOW?") == "1.000000E+00;-1.000000E+00"


def test_a_point_leaves_the_levels_of_a_list_sweep_alone(smu):
    smu(f"{SOURCE}:CRE 'src';STOR 'src';:SOUR:LIST:VOLT 1,2,3;{SOURCE}:REC 'src'")
    assert smu(":SOUR:LIST:VOLT:POIN?") == "3"


def test_a_point_is_replaced_and_deleted_and_a_list_too(smu):
    smu(f"{SOURCE}:CRE 'src'")
    for volts in (0.1, 0.2, 0.3):
        smu(f":SOUR:VOLT {volts};{SOURCE}:STOR 'src'")
    smu(f":SOUR:VOLT 0.9;{SOURCE}:STOR 'src', 2;DEL 'src', 1;REC 'src', 1")
    assert float(smu(":SOUR:VOLT?")) == pytest.approx(0.9)
    assert smu(f"{SOURCE}:SIZE? 'src'") == "2"
    smu(f"{SOURCE}:DEL 'src';SIZE? 'src'")
    assert code(smu) == -224


def test_the_catalogue_tells_one_name_at_a_time_and_nothing_at_its_end(smu):
    smu(f"{SENSE}:CRE 'one';CRE 'two';{SOURCE}:CRE 'three'")
    assert [smu(f"{SENSE}:CAT?") for _ in range(4)] == ["one", "two", "", "one"]
    assert smu(f"{SOURCE}:CAT?") == "three"


@pytest.mark.parametrize(
    ("words", "error"),
    [
        ("REC 'none'", -224),
        ("STOR 'none'", -224),
        ("CRE 'src'", -224),
        ("CRE 'no name'", -224),
        ("REC 'src'", -222),
        ("STOR 'src', 2", -222),
        ("DEL 'src', 1", -222),
        ("CRE src", -104),
    ],
)
def test_what_is_not_there_is_refused(smu, words, error):
    smu(f"{SOURCE}:CRE 'src'")
    smu(f"{SOURCE}:{words}")
    assert code(smu) == error


def test_lists_are_saved_with_the_settings_and_forgotten_by_a_reset(smu):
    smu(f"{SOURCE}:CRE 'src';STOR 'src';:*SAV 1;*RST")
    smu(f"{SOURCE}:SIZE? 'src'")
    assert code(smu) == -224
    smu("*RCL 1")
    assert smu(f"{SOURCE}:SIZE? 'src';REC 'src';:SOUR:VOLT?") == "1;1.000000E+00"


def test_power_forgets_lists_that_were_not_saved(instrument, smu):
    smu(f"{SENSE}:CRE 'meas';STOR 'meas'")
    instrument.power_cycle()
    assert smu(f"{SENSE}:CAT?") == ""


@pytest.fixture
def three_points(smu):
    smu(f"{SOURCE}:CRE 'src'")
    for volts in (0.1, 0.2, 0.3):
        smu(f":SOUR:VOLT {volts};{SOURCE}:STOR 'src'")
    return smu


def volts_of_a_run(smu, count):
    smu(":TRIG:BLOC:BUFF:CLE 1")
    smu(f":TRIG:BLOC:MEAS 3;:TRIG:BLOC:BRAN:COUN 4, {count}, 2;:INIT;*WAI")
    told = smu(f":TRAC:DATA? 1, {count}, 'defbuffer1', SOUR").split(",")
    return [round(float(volts), 2) for volts in told]


@pytest.mark.parametrize(
    ("words", "volts"),
    [
        ("NEXT 2, 'src'", [0.1, 0.2, 0.3, 0.1]),
        ("PREV 2, 'src'", [0.3, 0.2, 0.1, 0.3]),
        ("REC 2, 'src', 2", [0.2, 0.2, 0.2, 0.2]),
    ],
)
def test_a_trigger_model_goes_through_a_list(three_points, words, volts):
    three_points(f":TRIG:BLOC:BUFF:CLE 1;:TRIG:BLOC:CONF:{words}")
    assert volts_of_a_run(three_points, 4) == volts
    assert volts_of_a_run(three_points, 4) == volts  # a run begins anew


def test_a_block_of_a_list_that_is_not_there_is_refused(three_points):
    three_points(":TRIG:BLOC:CONF:NEXT 1, 'none'")
    assert code(three_points) == -224


def test_a_model_whose_list_was_deleted_says_so_and_ends(three_points):
    three_points(f":TRIG:BLOC:BUFF:CLE 1;:TRIG:BLOC:CONF:NEXT 2, 'src';{SOURCE}:DEL 'src'")
    volts_of_a_run(three_points, 2)
    assert code(three_points) == -224
    assert three_points(":TRIG:STAT?").startswith("IDLE")
