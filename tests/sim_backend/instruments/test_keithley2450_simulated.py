"""The simulated 2450 against Ohm's law and against its reference manual."""

import math
from types import SimpleNamespace

import numpy as np
import pytest
from resistor_bench import Line, ResistorBench

from labcim.capabilities import Flag
from labcim.instruments.keithley2450 import Keithley2450 as Driver
from labcim.limits import TerminalLimits
from labcim.sim_backend.instruments.keithley2450 import Keithley2450

SPEC = SimpleNamespace(name="smu", serial="")
NO_ERROR = '0,"No error;0;0 0"'


@pytest.fixture
def bench():
    return ResistorBench(10e3)


@pytest.fixture
def smu(bench):
    return Line(Keithley2450(bench, SPEC))


def code(smu):
    return int(smu("SYST:ERR?").split(",")[0])


def sourcing(smu, volts=1.0, limit=1e-3):
    smu(f":SOUR:VOLT:ILIM {limit};:SOUR:VOLT {volts};:OUTP 1")


def test_current_through_a_resistor_is_within_the_data_sheet(smu):
    sourcing(smu)
    # 1 mA range for 0.1 mA + 5 %: the 100 uA range holds 100 uA; 0.02 % + 6 nA.
    assert float(smu(":READ?")) == pytest.approx(1e-4, abs=2e-4 * 1e-4 + 6e-9)


def test_the_error_of_the_instrument_is_its_own_and_stays():
    def mean(serial):
        line = Line(Keithley2450(ResistorBench(10e3), SimpleNamespace(name="a", serial=serial)))
        sourcing(line)
        return np.mean([float(line(":READ?")) for _ in range(20)])

    assert mean("1") == mean("1")
    assert abs(mean("1") - mean("2")) > 1e-10


@pytest.mark.parametrize("cycles", [0.01, 1.0, 10.0])
def test_integration_takes_its_line_cycles(bench, smu, cycles):
    sourcing(smu)
    smu(f":SENS:CURR:NPLC {cycles};:READ?")
    assert bench.apertures[-1] == pytest.approx(cycles / 60.0)


def test_noise_falls_with_the_root_of_the_integration_time(smu):
    sourcing(smu)

    def spread(cycles):
        smu(f":SENS:CURR:NPLC {cycles};:SENS:COUN 400;:TRAC:CLE;TRIG")
        return float(smu(":TRAC:STAT:STDD?"))

    # Two standard deviations of 400 samples each: the ratio is known to 5 % (one sigma).
    assert spread(0.1) / spread(10.0) == pytest.approx(10.0, rel=0.2)


def test_a_limited_source_gives_its_limit_and_says_so(smu):
    sourcing(smu, 5.0, 1e-4)
    voltage, current, status = smu(':READ? "defbuffer1", SOUR, READ, SOURSTAT').split(",")
    assert float(current) == pytest.approx(1e-4, rel=1e-3)
    assert float(voltage) == pytest.approx(1.0, rel=1e-3)
    assert int(status) & 16
    assert smu(":SOUR:VOLT:ILIM:TRIP?") == "1"


def test_the_trip_is_known_without_a_reading(smu):
    sourcing(smu, 5.0, 1e-4)
    assert smu(":SOUR:VOLT:ILIM:TRIP?") == "1"
    smu(":SOUR:VOLT 0.5")
    assert smu(":SOUR:VOLT:ILIM:TRIP?") == "0"


def test_a_current_source_makes_the_voltage_that_its_current_needs(smu):
    smu(':SOUR:FUNC CURR;:SENS:FUNC "VOLT";:SOUR:CURR:VLIM 5;:SOUR:CURR 1E-4;:OUTP 1')
    assert float(smu(":READ?")) == pytest.approx(1.0, rel=1e-3)
    assert smu(":SOUR:CURR:VLIM:TRIP?") == "0"
    smu(":SOUR:CURR 1E-3")
    assert float(smu(":READ?")) == pytest.approx(5.0, rel=1e-3)
    assert smu(":SOUR:CURR:VLIM:TRIP?") == "1"


def test_resistance_is_voltage_over_current(smu):
    smu(':SENS:FUNC "RES";:SOUR:VOLT 1;:SOUR:VOLT:ILIM 1e-3;:OUTP 1')
    assert float(smu(":READ?")) == pytest.approx(10e3, rel=2e-3)


def test_a_reading_beyond_a_fixed_range_is_an_overflow(smu):
    sourcing(smu)
    smu(":SENS:CURR:RANG 1E-6")
    assert float(smu(":READ?")) == 9.9e37


def test_the_output_is_really_off_and_at_high_impedance_open(bench, smu):
    sourcing(smu)
    assert bench.levels["smu.hi"] == 1.0
    smu(":OUTP 0")
    assert bench.levels["smu.hi"] == 0.0
    smu(":OUTP:VOLT:SMOD HIMP")
    assert bench.levels["smu.hi"] is None


@pytest.mark.parametrize("change", [":SENS:CURR:RSEN 1", ":ROUT:TERM REAR", ":SOUR:FUNC CURR"])
def test_what_rewires_the_instrument_turns_its_output_off(smu, change):
    sourcing(smu)
    smu(change)
    assert smu(":OUTP?") == "0"


def test_a_reset_turns_the_output_off(bench, smu):
    sourcing(smu)
    smu("*RST")
    assert smu(":OUTP?;:SOUR:VOLT?") == "0;0.000000E+00"
    assert bench.levels["smu.hi"] == 0.0


@pytest.mark.parametrize(
    "message",
    [
        ":TRAC:FEED SENSE",
        ":TRAC:FEED:CONT NEXT",
        ":STAT:MEAS:ENAB 512",
        ":ARM:COUN 5",
        ":TRIG:COUN 5",
        ":SOUR:VOLT:MODE LIST",
        ":SENS:CURR:PROT 1E-3",
    ],
)
def test_words_of_the_2400_are_undefined_headers(smu, message):
    smu(message)
    assert code(smu) == -113


@pytest.mark.parametrize(
    ("message", "error"),
    [
        (":SOUR:VOLT 211", -222),
        (":SOUR:VOLT:ILIM 2", -222),
        (":SENS:CURR:NPLC 100", -222),
        (":SOUR:VOLT:RANG 2;:SOUR:VOLT 3", -222),
        (":SOUR:VOLT:ILIM 1;:SOUR:VOLT 30", -221),
        (":SOUR:FUNC RES", -224),
        (":SENS:FUNC CURR", -104),
        (":SOUR:VOLT", -109),
        (":OUTP 1,2", -108),
        (":TRAC:DEL 'defbuffer1'", -221),
        (":TRAC:CLE 'nobuffer'", -224),
        (":INIT", -221),
        (":SOUR:SWE:VOLT:LIN 0,1,1000,0,268435455", -221),
        (":SOUR:SWE:VOLT:LIN 0,1,1000,0,0", -221),
        (":SOUR:VOLT 1 OHM", -131),
    ],
)
def test_what_the_instrument_cannot_do_is_refused_by_number(smu, message, error):
    smu(message)
    assert code(smu) == error
    assert smu("SYST:ERR?") == NO_ERROR


def test_an_error_has_the_severity_and_time_of_the_event_log(bench, smu):
    bench.clock.advance(61.5)
    smu(":NO:SUCH")
    assert smu("SYST:ERR?") == '-113,"Undefined header;1;2026/01/01 00:01:01.500"'


def test_an_empty_buffer_has_nothing_to_fetch(smu):
    smu(":FETC?")
    assert code(smu) == -230


def test_a_buffer_is_made_filled_read_and_deleted(smu):
    sourcing(smu)
    smu(":TRACe:MAKE 'b1', 100, ")
    smu(":SENS:COUN 3;:TRAC:TRIG 'b1'")
    assert smu(":TRAC:ACT? 'b1'") == "3"
    assert len(smu(":TRAC:DATA? 1, 3, 'b1', READ, SOUR, UNIT").split(",")) == 9
    smu(":TRAC:DEL 'b1';:TRAC:ACT? 'b1'")
    assert code(smu) == -224


def test_a_linear_sweep_ends_with_the_output_off(bench, smu):
    smu(":SOUR:VOLT:ILIM 1E-3")
    smu(":SOURce:SWEep:voltage:LINear 0,1,5,0,1,AUTO,ON,OFF,'defbuffer1'")
    smu(":INITiate")
    smu("*WAI")
    read = [float(x) for x in smu(":TRACe:DATA? 1, 5, 'defbuffer1'").split(",")]
    assert read == pytest.approx([0.0, 2.5e-5, 5e-5, 7.5e-5, 1e-4], abs=1.2e-8)
    assert smu(":OUTP?;:TRIG:STAT?") == "0;IDLE;IDLE;1"


def test_a_sweep_that_may_not_limit_ends_where_it_does(smu):
    smu(":SOUR:VOLT:ILIM 5.5E-5;:SOUR:SWE:VOLT:LIN 0,1,11,0,1,AUTO,ON")
    smu(":INIT")
    assert smu(":TRAC:ACT?") == "7"  # 0 V to 0.6 V, the first point that is limited


def test_the_driver_sweeps_a_resistor(bench):
    driver = Driver(Line(Keithley2450(bench, SPEC)), {"hi": TerminalLimits(0.0, 2.0, 1e-2)})
    driver.initialise()
    seen = driver.sweep(np.linspace(0.0, 1.0, 150), dwell=5e-3, current_limit=1e-3)
    assert seen.current == pytest.approx(np.linspace(0.0, 1e-4, 150), abs=2.6e-8)
    assert not seen.flags.any()
    assert np.all(np.diff(seen.time) >= 5e-3)
    assert bench.levels["smu.hi"] is None


def test_the_driver_measures_and_is_safe_afterwards(bench):
    driver = Driver(Line(Keithley2450(bench, SPEC)), {"hi": TerminalLimits(0.0, 2.0, 1e-2)})
    driver.initialise()
    driver.source(0.5, current_limit=1e-3)
    voltage, current, flags = driver.measure(averages=4)
    assert voltage == pytest.approx(0.5, abs=4e-4)
    assert current == pytest.approx(5e-5, rel=5e-4)
    assert flags is Flag.GOOD
    driver.make_safe()
    assert bench.levels["smu.hi"] is None


def test_every_setting_of_the_driver_can_be_read(bench):
    driver = Driver(Line(Keithley2450(bench, SPEC)))
    driver.initialise()
    settings = driver.settings()
    assert settings["output"] is False and math.isclose(settings["voltage_limit"], 21.0)
    assert driver.transport.query("SYST:ERR?") == NO_ERROR
