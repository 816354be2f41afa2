"""The simulated 2400 against Ohm's law, its data sheet and its user's manual (2400S-900-01)."""

import struct
from types import SimpleNamespace

import numpy as np
import pytest
from resistor_bench import Line, ResistorBench

from labcim.capabilities import Flag
from labcim.instruments.keithley2400 import Keithley2400 as Driver
from labcim.limits import TerminalLimits
from labcim.sim_backend.instruments.keithley2400 import Keithley2400

SPEC = SimpleNamespace(name="smu", serial="")
NO_ERROR = '0,"No error"'
NOT_MEASURED, OVERFLOW = 9.91e37, 9.9e37


@pytest.fixture
def bench():
    return ResistorBench(10e3)


@pytest.fixture
def smu(bench):
    return Line(Keithley2400(bench, SPEC))


def code(smu):
    return int(smu("SYST:ERR?").split(",")[0])


def reading(smu, query=":READ?"):
    return [float(field) for field in smu(query).split(",")]


def sourcing(smu, volts=1.0, limit=1e-3):
    smu(f":SENS:CURR:PROT {limit};:SOUR:VOLT {volts};:OUTP 1")


def test_it_identifies_with_four_fields(smu):
    assert smu("*IDN?").startswith("KEITHLEY INSTRUMENTS INC.,MODEL 2400,1158207,")


# -- readings ---------------------------------------------------------------------------------


def test_a_reading_has_five_elements_of_which_some_are_not_measured(smu):
    sourcing(smu)
    volts, amps, ohms, time, status = reading(smu)
    assert volts == 1.0  # not measured: told as programmed
    # 0.02 % + 600 uV of the source, 0.025 % + 6 nA of the meter.
    assert amps == pytest.approx(1e-4, abs=(2e-4 + 6e-4) * 1e-4 + 2.5e-4 * 1e-4 + 6e-9)
    assert ohms == NOT_MEASURED
    assert time > 0.0
    # Front, auto ohms, current measured, voltage sourced: what a real one answers after *RST.
    assert status == 21508


def test_elements_are_told_in_their_own_order(smu):
    smu(":FORMAT:ELEMENTS STATUS, CURRENT, VOLTAGE")
    assert smu(":FORM:ELEM?") == "VOLT,CURR,STAT"


@pytest.mark.parametrize(("limit", "expected"), [(1e-5, 1e-5), (2e-4, 1e-4)])
def test_a_limited_source_gives_its_compliance(smu, limit, expected):
    sourcing(smu, 1.0, limit)
    smu(':SENS:FUNC "VOLT"')
    volts, amps, *_, status = reading(smu)
    assert amps == pytest.approx(expected, rel=1e-3)
    assert volts == pytest.approx(expected * 10e3, rel=1e-3)
    assert bool(int(status) & 8) is (limit < 1e-4)
    assert smu(":SENS:CURR:PROT:TRIP?") == str(int(limit < 1e-4))


def test_a_fixed_range_below_the_compliance_limits_too_and_says_so(smu):
    sourcing(smu, 1.0, 1e-3)
    smu(":SENS:CURR:RANG 1E-5")
    _, amps, *_, status = reading(smu)
    assert amps == pytest.approx(1.05e-5, rel=1e-3)
    assert int(status) & 1 << 16 and not int(status) & 8


def test_a_current_source_makes_the_voltage_that_its_current_needs(smu):
    smu(":SOUR:FUNC CURR;:SENS:FUNC:OFF 'CURR';:SENS:FUNC 'VOLT'")
    smu(":SENS:VOLT:PROT 5;:SOUR:CURR 1E-4;:OUTP 1")
    volts, amps, *_ = reading(smu)
    assert volts == pytest.approx(1.0, rel=1e-3)
    assert amps == 1e-4
    smu(":SOUR:CURR 1E-3")
    assert reading(smu)[0] == pytest.approx(5.0, rel=1e-3)


@pytest.mark.parametrize("ohms", [15.0, 1.5e3, 150e3, 15e6])
def test_automatic_ohms_find_their_range(ohms):
    smu = Line(Keithley2400(ResistorBench(ohms), SPEC))
    measured = reading(smu, ":MEAS:RES?")[2]
    assert measured == pytest.approx(ohms, rel=2e-3)
    assert smu(":OUTP?") == "1"


def test_ohms_by_hand_are_voltage_over_current(smu):
    sourcing(smu)
    smu(":SENSE:RESISTANCE:MODE MAN;:SENSE:FUNCTION:ALL")
    volts, amps, ohms, *_ = reading(smu)
    assert ohms == pytest.approx(volts / amps, rel=1e-5)
    assert ohms == pytest.approx(10e3, rel=1e-3)


def test_integration_is_three_conversions_with_auto_zero(bench, smu):
    sourcing(smu)
    smu(":SOUR:DEL 0;:SENS:CURR:NPLC 10;:READ?")
    assert bench.apertures[-1] == pytest.approx(3 * (10 / 60 + 185e-6))
    smu(":SYST:AZER OFF;:READ?")
    assert bench.apertures[-1] == pytest.approx(10 / 60 + 185e-6)


def test_noise_falls_with_the_root_of_the_integration_time(smu):
    sourcing(smu)

    def spread(cycles):
        smu(f":SENS:CURR:NPLC {cycles};:TRAC:CLE;POIN 400;FEED:CONT NEXT;:TRIG:COUN 400;:INIT")
        return float(smu(":CALC3:FORM SDEV;DATA?").split(",")[1])

    assert spread(0.1) / spread(10.0) == pytest.approx(10.0, rel=0.2)


@pytest.mark.parametrize(("kind", "times"), [("REP", 10), ("MOV", 1)])
def test_a_repeating_filter_takes_its_readings_a_moving_one_does_not(bench, smu, kind, times):
    sourcing(smu)
    smu(f":SOUR:DEL 0;:SENS:AVER:TCON {kind};COUN 10;STAT ON;:READ?")
    assert bench.apertures[-1] == pytest.approx(times * 3 * (1 / 60 + 185e-6))


def test_a_level_is_rounded_to_the_steps_of_its_range(bench, smu):
    sourcing(smu)
    smu(":SOUR:VOLT 1.00002")
    first = bench.levels["smu.hi"]
    smu(":SOUR:VOLT 1.00001")
    assert bench.levels["smu.hi"] == first  # 50 uV steps on the 2 V range
    smu(":SOUR:VOLT 1.00004")
    assert bench.levels["smu.hi"] - first == pytest.approx(50e-6, rel=1e-3)


# -- output -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("state", "level"), [("NORM", 0.0), ("HIMP", None), ("ZERO", 0.0)])
def test_off_is_what_the_off_state_says(bench, smu, state, level):
    sourcing(smu)
    smu(f":OUTP:SMOD {state};:OUTP OFF")
    assert bench.levels["smu.hi"] == level


@pytest.mark.parametrize(
    "change", [":SYST:RSEN ON", ":ROUT:TERM REAR", ":SOUR:FUNC CURR", ":SOUR:CLE", ":SYST:KEY 24"]
)
def test_what_rewires_the_instrument_turns_its_output_off(smu, change):
    sourcing(smu)
    smu(change)
    assert smu(":OUTP?") == "0"


def test_automatic_off_turns_on_for_the_reading_only(bench, smu):
    smu(":SOUR:CLE:AUTO ON;:SOUR:VOLT 1")
    assert reading(smu)[1] == pytest.approx(1e-4, rel=1e-3)
    assert smu(":OUTP?") == "0"
    assert bench.levels["smu.hi"] == 0.0


def test_the_protection_is_never_passed(bench, smu):
    smu(":SOUR:VOLT:PROT 20;:SENS:CURR:PROT 0.1;:SOUR:VOLT 30;:OUTP 1")
    assert bench.levels["smu.hi"] == 20.0
    assert int(reading(smu)[4]) & 16
    assert smu(":SOUR:VOLT:PROT:TRIP?") == "1"


# -- refusals ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("message", "entry"),
    [
        (":READ?", '+803,"Not permitted with OUTPUT off"'),
        (":INIT", '+803,"Not permitted with OUTPUT off"'),
        (":SOUR:VOLT 211", '-222,"Parameter data out of range"'),
        (":SOUR:VOLT:RANG 2;:SOUR:VOLT 3", '-222,"Parameter data out of range"'),
        (":SOUR:VOLT 3;:SOUR:VOLT:RANG 2", '-221,"Settings conflict"'),
        (":SENS:CURR:PROT 1;:SOUR:VOLT 30", '+826,"Attempt to exceed power limit"'),
        (":SENS:CURR:RANG 1", '+824,"Cannot exceed compliance range"'),
        (":SENS:CURR:PROT 1E-10", '+822,"Too small for sense range"'),
        (":MEAS:RES?;:SOUR:VOLT 1", '+825,"Invalid with auto-ohms on"'),
        (":TRAC:FEED:CONT NEXT;:TRAC:POIN 3", '+800,"Illegal with storage active"'),
        (":ARM:COUN INF;:OUTP 1;:READ?", '+830,"Invalid with INF ARM:COUNT"'),
        (":OUTP 1;:ARM:SOUR BUS;:READ?", '-214,"Trigger deadlock"'),
        (":OUTP 1;:ARM:SOUR BUS;:INIT;:INIT", '-213,"Init ignored"'),
        ("*TRG", '-211,"Trigger ignored"'),
        (":ARM:COUN 50;:TRIG:COUN 51", '-221,"Settings conflict"'),
        (":TRAC:DATA?", '-230,"Data corrupt or stale"'),
        (":SENS:CURR:NPLC 11", '-222,"Parameter data out of range"'),
        (":SOUR:FUNC RES", '-224,"Illegal parameter value"'),
        (":SOUR:VOLT:ILIM 1", '-113,"Undefined header"'),
        (":SOUR:SWE:VOLT:LIN 0,1,5", '-113,"Undefined header"'),
        (":STAT:OPER:PTR 1", '-113,"Undefined header"'),
        (":OUTP", '-109,"Missing parameter"'),
    ],
)
def test_what_the_instrument_cannot_do_is_refused_by_number_and_text(smu, message, entry):
    smu(message)
    assert smu("SYST:ERR?") == entry
    assert smu("SYST:ERR?") == NO_ERROR


def test_its_own_errors_are_execution_errors(smu):
    smu("*CLS;:READ?")
    assert smu("*ESR?") == "16"


def test_the_queue_holds_ten_errors(smu):
    for _ in range(12):
        smu(":NO:SUCH")
    assert smu(":SYST:ERR:COUN?") == "10"
    assert smu(":SYST:ERR:ALL?").endswith('-350,"Queue overflow"')


# -- sweeps and triggers ----------------------------------------------------------------------


def test_a_staircase_goes_from_start_to_stop(smu):
    smu(":SENS:CURR:PROT 1E-3;:OUTP 1;:FORM:ELEM VOLT,CURR")
    smu(":SOUR:VOLT:MODE SWE;STAR 0;STOP 1;STEP 0.25;:TRIG:COUN 5")
    assert smu(":SOUR:SWE:POIN?") == "5"
    swept = np.array(reading(smu)).reshape(5, 2)
    assert swept[:, 0] == pytest.approx([0.0, 0.25, 0.5, 0.75, 1.0])
    assert swept[:, 1] == pytest.approx(swept[:, 0] / 10e3, abs=1.2e-7)


def test_a_staircase_can_go_down_and_by_decades(smu):
    smu(":SENS:CURR:PROT 1E-3;:OUTP 1;:FORM:ELEM VOLT;:SOUR:SWE:SPAC LOG;POIN 3;DIR DOWN")
    smu(":SOUR:VOLT:MODE SWE;STAR 0.01;STOP 1;:TRIG:COUN 3")
    assert reading(smu) == pytest.approx([1.0, 0.1, 0.01])


def test_a_span_is_another_way_to_say_start_and_stop(smu):
    smu(":SOUR:VOLT:CENT 1;SPAN 4")
    assert smu(":SOUR:VOLT:STAR?;STOP?") == "-1.000000E+00;3.000000E+00"


def test_a_list_is_gone_through_as_often_as_triggers_come(smu):
    smu(":SENS:CURR:PROT 1E-3;:OUTP 1;:FORM:ELEM VOLT;:SOUR:LIST:VOLT 0.1,0.3")
    smu(":SOUR:LIST:VOLT:APP 0.2;:SOUR:VOLT:MODE LIST;:TRIG:COUN 5")
    assert smu(":SOUR:LIST:VOLT:POIN?") == "3"
    assert reading(smu) == pytest.approx([0.1, 0.3, 0.2, 0.1, 0.3])


def test_a_sweep_can_end_where_the_source_is_limited(smu):
    smu(":SENS:CURR:PROT 5.5E-5;:OUTP 1;:FORM:ELEM VOLT;:SOUR:SWE:CAB EARL")
    smu(":SOUR:VOLT:MODE SWE;STAR 0;STOP 1;STEP 0.1;:TRIG:COUN 11")
    assert len(reading(smu)) == 7  # 0 V to 0.6 V, the first point that is limited


def test_a_bus_trigger_passes_the_arm_layer_once(smu):
    sourcing(smu)
    smu(":ARM:SOUR BUS;COUN 2;:TRIG:COUN 3;:INIT")
    assert int(smu(":STAT:OPER:COND?")) == 1 << 6  # waiting for arm
    smu("*TRG")
    assert smu(":FORM:ELEM CURR;:FETC?").count(",") == 2
    smu("*TRG")
    assert int(smu(":STAT:OPER:COND?")) == 1 << 10  # idle
    assert smu(":FETC?").count(",") == 5


def test_a_timer_spaces_the_passes(bench, smu):
    sourcing(smu)
    smu(":ARM:SOUR TIM;TIM 2;COUN 3;:FORM:ELEM TIME")
    assert np.diff(reading(smu)) == pytest.approx([2.0, 2.0], abs=1e-3)


def test_a_device_clear_ends_the_waiting(smu):
    sourcing(smu)
    smu(":ARM:SOUR BUS;:INIT")
    smu.core.clear()
    smu(":ARM:SOUR IMM")
    assert len(reading(smu)) == 5
    assert smu("SYST:ERR?") == NO_ERROR


def test_a_triggered_level_comes_with_the_trigger(bench, smu):
    sourcing(smu, 0.5)
    smu(":SOUR:VOLT:TRIG 1")
    assert bench.levels["smu.hi"] == pytest.approx(0.5, abs=1e-3)
    smu(":INIT")
    assert bench.levels["smu.hi"] == pytest.approx(1.0, abs=1e-3)


# -- data store and formats ---------------------------------------------------------------------


def filled(smu, points=4):
    sourcing(smu)
    smu(f":TRAC:CLE;:TRAC:POIN {points};:TRIG:COUN {points};:TRAC:FEED SENS;FEED:CONT NEXT;:INIT")


def test_a_full_buffer_shows_in_status_byte_and_measurement_register(smu):
    smu(":STAT:PRES;*CLS;*SRE 1;:STAT:MEAS:ENAB 512;")
    filled(smu)
    assert smu("*STB?") == "65"
    assert int(smu(":STAT:MEAS?")) & 512
    assert smu("*STB?") == "0"


def test_a_full_buffer_asks_for_service(smu):
    requests = []
    smu.core.on_service_request = lambda: requests.append(smu.core.read_status_byte())
    smu("*SRE 1;:STAT:MEAS:ENAB 512")
    filled(smu)
    assert requests == [65]


def test_the_buffer_stops_when_it_is_full(smu):
    filled(smu, 4)
    smu(":INIT")
    assert smu(":TRAC:POIN:ACT?;:TRAC:FEED:CONT?") == "4;NEV"
    assert smu(":TRAC:FREE?") == f"{24 * 2496},{24 * 4}"


@pytest.mark.parametrize(("form", "last"), [("ABS", 3.0), ("DELT", 1.0)])
def test_time_stamps_of_the_buffer_begin_with_it(smu, form, last):
    filled(smu)
    smu(f":FORM:ELEM TIME;:TRAC:TST:FORM {form}")
    cycle = 1e-3 + 3 * (1 / 60 + 185e-6)
    stamps = reading(smu, ":TRAC:DATA?")
    assert stamps[0] == 0.0 and stamps[-1] == pytest.approx(last * cycle, rel=1e-3)


@pytest.mark.parametrize(("order", "letter"), [("NORM", ">"), ("SWAP", "<")])
def test_a_block_holds_single_precision_in_either_order(smu, order, letter):
    filled(smu)
    smu(f":FORM:ELEM CURR;BORD {order}")
    text = reading(smu, ":TRAC:DATA?")
    smu(":FORM REAL,32")
    smu.core.feed(b":TRAC:DATA?\n", True)
    block = smu.core.read(1000)[0]
    assert block[:2] == b"#0" and block[-1:] == b"\n"
    assert struct.unpack(f"{letter}4f", block[2:-1]) == pytest.approx(text, rel=1e-6)


def test_statistics_come_for_voltage_current_and_resistance(smu):
    filled(smu)
    volts, amps, ohms = reading(smu, ":CALCULATE3:FORMAT MEAN;:CALCULATE3:DATA?;")
    assert (volts, ohms) == (1.0, NOT_MEASURED)
    assert amps == pytest.approx(1e-4, rel=1e-3)


def test_a_limit_test_shows_in_status_word_and_register(smu):
    sourcing(smu)
    smu(":CALC2:FEED CURR;:CALC2:LIM2:LOW 0;UPP 5E-5;STAT ON")
    assert int(reading(smu)[4]) & 128
    assert smu(":CALC2:LIM2:FAIL?") == "1"
    smu(":CALC2:LIM2:UPP 1;:STAT:MEAS?")
    smu(":READ?")
    assert smu(":CALC2:LIM2:FAIL?") == "0"
    assert int(smu(":STAT:MEAS?")) & 32


def test_relative_values_are_less_their_offset(smu):
    sourcing(smu)
    smu(":CALC2:FEED CURR;:CALC2:NULL:OFFS 4E-5;STAT ON;:READ?")
    assert float(smu(":CALC2:DATA?")) == pytest.approx(6e-5, rel=1e-3)


# -- set-ups ------------------------------------------------------------------------------------


def test_registers_are_told_in_the_format_that_is_chosen(smu):
    smu(":STAT:MEAS:ENAB 512;:FORM:SREG HEX")
    assert smu(":STAT:MEAS:ENAB?") == "#H200"


def test_a_set_up_is_saved_and_recalled_with_the_output_off(smu):
    sourcing(smu, 0.7)
    smu("*SAV 2;*RST")
    assert smu(":SOUR:VOLT?") == "0.000000E+00"
    smu("*RCL 2")
    assert smu(":SOUR:VOLT?;:OUTP?") == "7.000000E-01;0"


def test_a_reset_keeps_buffer_and_registers(smu):
    filled(smu)
    smu(":STAT:MEAS:ENAB 512;:*RST")
    assert smu(":TRAC:POIN:ACT?;:STAT:MEAS:ENAB?;:OUTP?") == "4;512;0"


def test_power_keeps_buffer_and_set_ups_and_forgets_the_rest(bench):
    instrument = Keithley2400(bench, SPEC)
    smu = Line(instrument)
    filled(smu)
    smu("*SAV 1;:SYST:POS SAV1;:NO:SUCH;*SRE 1;:STAT:MEAS:ENAB 512")
    smu(":SOUR:VOLT 0.3")
    instrument.power_cycle()
    assert smu(":TRAC:POIN:ACT?;:SOUR:VOLT?;:OUTP?") == "4;1.000000E+00;0"
    assert smu("*SRE?;:STAT:MEAS:ENAB?;*ESR?") == "0;0;128"
    assert smu("SYST:ERR?") == NO_ERROR
    assert bench.levels["smu.hi"] == 0.0


def test_every_word_of_the_command_table_is_wired(smu):
    """Each query without parameters answers on a fresh instrument, or is refused by number."""
    for header in Keithley2400.command_table.patterns:
        if not header.endswith("?") or "<" in header or "{" in header:
            continue
        plain = header.replace("[1]", "").replace("[", "").replace("]", "")
        plain = "".join(part for part in plain if not part.islower())
        answer = smu(plain)
        entry = smu("SYST:ERR?")
        assert answer is not None or entry != NO_ERROR, header


# -- our own driver -----------------------------------------------------------------------------


@pytest.fixture
def driver(bench):
    driver = Driver(Line(Keithley2400(bench, SPEC)), {"hi": TerminalLimits(0.0, 2.0, 1e-2)})
    driver.initialise()
    return driver


def test_the_driver_sweeps_a_resistor(bench, driver):
    seen = driver.sweep(np.linspace(0.0, 1.0, 150), dwell=5e-3, current_limit=1e-3)
    # 0.02 % + 600 uV of the source, 0.027 % + 60 nA of the 1 mA range.
    assert seen.current == pytest.approx(np.linspace(0.0, 1e-4, 150), abs=2.3e-7)
    assert seen.current == pytest.approx(seen.voltage / 10e3, abs=1e-7)
    assert not seen.flags.any()
    assert np.all(np.diff(seen.time) >= 5e-3)
    assert bench.levels["smu.hi"] is None


def test_the_driver_measures_and_is_safe_afterwards(bench, driver):
    driver.source(0.5, current_limit=1e-3)
    voltage, current, flags = driver.measure(averages=4)
    assert voltage == pytest.approx(0.5, abs=8e-4)
    assert current == pytest.approx(5e-5, rel=2e-3)
    assert flags is Flag.GOOD
    driver.make_safe()
    assert bench.levels["smu.hi"] is None


def test_a_spot_reading_leaves_no_voltage_behind(bench, driver):
    driver.spot(0.5, current_limit=1e-3)
    _, current, flags = driver.spot(0.5, current_limit=1e-3)
    assert current == pytest.approx(5e-5, rel=2e-3) and flags is Flag.GOOD
    assert abs(bench.levels["smu.hi"]) < 2e-4  # its offset at 0 V


def test_every_setting_of_the_driver_can_be_read(driver):
    settings = driver.settings()
    assert settings["output"] is False and settings["voltage_limit"] == 21.0
    assert driver.transport.query("SYST:ERR?") == NO_ERROR


def test_a_range_that_was_found_is_told_and_stays_when_ranging_is_switched_off(smu):
    sourcing(smu, volts=5.0, limit=1e-2)
    smu("FORM:ELEM CURR;:READ?")
    assert float(smu(":SENS:CURR:RANG?")) == pytest.approx(1.05e-3)
    smu(":SENS:CURR:RANG:AUTO 0")
    assert float(smu(":SENS:CURR:RANG?")) == pytest.approx(1.05e-3)
    assert float(smu(":READ?")) == pytest.approx(5e-4, rel=1e-3)


@pytest.mark.parametrize(
    ("header", "least", "most", "default"),
    [
        (":SENS:CURR:NPLC", 0.01, 10.0, 1.0),
        (":SENS:CURR:PROT", 1e-9, 1.05, 1.05e-4),
        (":SENS:VOLT:PROT", 2e-4, 210.0, 21.0),
        (":SOUR:VOLT", -210.0, 210.0, 0.0),
        (":SOUR:CURR", -1.05, 1.05, 0.0),
        (":SOUR:DEL", 0.0, 9999.999, 0.0),
    ],
)
def test_least_most_and_default_are_told(smu, header, least, most, default):
    told = [float(smu(f"{header}? {word}")) for word in ("MIN", "MAX", "DEFault")]
    assert told == pytest.approx([least, most, default])
    assert smu("SYST:ERR?") == NO_ERROR


def test_a_header_that_source_and_sense_share_means_sense_without_its_root(smu):
    smu(':SENS:FUNC:CONC 0;:FUNC "VOLT";:FUNC "CURR"')
    assert smu(":FUNC?") == '"CURR:DC"'
    smu(":CURR:RANG 1E-5;:VOLT:PROT 5;:SOUR:VOLT:RANG 2")
    assert float(smu(":SENS:CURR:RANG?")) == pytest.approx(1.05e-5)
    assert [float(v) for v in smu(":VOLT:PROT?;:SOUR:VOLT:RANG?").split(";")] == [5.0, 2.1]
    assert smu("SYST:ERR?") == NO_ERROR


# -- digital lines, error queue and protocol ---------------------------------------------------


def test_the_digital_lines_are_told_as_set_in_the_form_that_is_chosen(smu):
    smu(":SOUR2:TTL:LEV 10")
    assert smu(":SOUR2:TTL?") == "10"
    smu(":FORM:SOUR2 BIN")
    assert smu(":SOUR2:TTL:LEV:DEF?;:SOUR2:TTL:ACT?") == "#B1010;#B1010"


def test_clearing_the_digital_output_leaves_the_pattern_that_was_set(smu):
    smu(":SOUR2:TTL 5;:SOUR2:CLE;:SOUR2:CLE:IMM")
    assert smu(":SOUR2:TTL:ACT?") == "5"
    assert code(smu) == 0


def test_with_three_lines_the_fourth_one_cannot_be_set(smu):
    smu(":SOUR2:BSIZ 3")
    assert smu(":SOUR2:TTL?") == "7"
    smu(":SOUR2:TTL 8")
    assert code(smu) == -222


def test_the_pattern_of_a_limit_test_stays_for_60_s_at_most(smu):
    answers = [float(smu(f":SOUR2:CLE:AUTO:DEL?{word}")) for word in ("", " MIN", " MAX", " DEF")]
    assert answers == [1e-4, 0.0, 60.0, 1e-4]
    smu(":SOUR2:CLE:AUTO:DEL 61")
    assert code(smu) == -222


def test_the_message_exchange_protocol_is_that_of_scpi(smu):
    assert smu(":SYST:MEP:STAT?;:SYST:MEP?") == "1;1"


def test_a_disabled_message_does_not_enter_the_error_queue_but_sets_its_event_bit(smu):
    smu("*CLS;:STAT:QUE:DIS (-222, -100:-113)")
    smu(":SOUR:VOLT 1000")
    assert smu(":STAT:QUE:NEXT?") == NO_ERROR
    assert smu("*ESR?") == "16"
    smu(":SOUR:VOLT:MODE NOSUCH")
    assert code(smu) == -224
    assert smu(":STAT:QUE:DIS?") == "(-222,-113:-100)"


def test_only_enabled_messages_enter_the_error_queue_until_power_comes_on_again(smu):
    smu(":STAT:QUE:ENAB (-222)")
    smu(":NOSUCH")
    smu(":SOUR:VOLT 1000")
    assert smu(":STAT:QUE?") == '-222,"Parameter data out of range"'
    smu.core.dialect.power_cycle()
    smu(":NOSUCH")
    assert code(smu) == -113


@pytest.mark.parametrize(
    ("setting", "limits"),
    [
        (":SOUR:VOLT:STAR", [-210.0, 210.0, 0.0]),
        (":SOUR:CURR:STOP", [-1.05, 1.05, 0.0]),
        (":SOUR:VOLT:TRIG", [-210.0, 210.0, 0.0]),
        (":SOUR:SWE:POIN", [2, 2500, 2500]),
        (":SOUR:SOAK", [0.0, 9999.999, 0.0]),
        (":ARM:COUN", [1, 2500, 1]),
        (":ARM:TIM", [1e-3, 99999.99, 0.1]),
        (":TRIG:COUN", [1, 2500, 1]),
        (":TRIG:DEL", [0.0, 999.9999, 0.0]),
        (":SENS:AVER:COUN", [1, 100, 10]),
        (":DISP:DIG", [4, 7, 6]),
    ],
)
def test_a_query_tells_the_least_the_largest_and_the_default_value(smu, setting, limits):
    told = [float(smu(f"{setting}? {word}")) for word in ("MIN", "MAX", "DEF")]
    assert told == pytest.approx(limits)
