"""The simulated 33522B against its service guide, and its driver against it."""

import math
from types import SimpleNamespace

import numpy as np
import pytest
from resistor_bench import Line, ResistorBench

from labcim.errors import RangeError
from labcim.instrument import SafePhase
from labcim.instruments.keysight33522b import Keysight33522B as Driver
from labcim.limits import TerminalLimits
from labcim.sim_backend.instruments.keysight33522b import Keysight33522B

SPEC = SimpleNamespace(name="awg", serial="")
NO_ERROR = '+0,"No error"'
TRIGGERED = "FUNC PULS;:BURS:STAT 1;:TRIG:SOUR BUS;:OUTP 1"


@pytest.fixture
def bench():
    return ResistorBench(math.inf)


@pytest.fixture
def awg(bench):
    return Line(Keysight33522B(bench, SPEC))


@pytest.fixture
def driver(awg):
    limits = {"ch1": TerminalLimits(-4.0, 4.0), "ch2": TerminalLimits(0.0, 5.0, gate=True)}
    made = Driver(awg, limits)
    made.initialise()
    return made


def number(awg, query):
    return float(awg(query))


def test_power_on_is_a_sine_of_100_mvpp_into_50_ohm(awg):
    assert awg("FUNC?;VOLT:UNIT?;:OUTP?") == "SIN;VPP;0"
    assert number(awg, "VOLT?") == pytest.approx(0.1)
    assert awg("OUTP:LOAD?") == "+5.000000000000000E+01"


def test_a_50_ohm_setting_into_an_open_line_doubles_the_voltage(bench, awg):
    awg("FUNC DC;VOLT:OFFS 1.5;:OUTP 1")
    assert bench.levels["awg.ch1"] == pytest.approx(3.0)


def test_a_change_of_the_load_setting_rescales_numbers_and_not_the_signal(bench, awg):
    awg("FUNC DC;VOLT:OFFS 1.5;:OUTP 1;:OUTP:LOAD INF")
    assert bench.levels["awg.ch1"] == pytest.approx(3.0)
    assert number(awg, "VOLT:OFFS?") == pytest.approx(3.0)
    assert number(awg, "OUTP:LOAD?") == 9.9e37


@pytest.mark.parametrize(
    ("load", "message", "query", "got"),
    [
        ("50", "VOLT 11", "VOLT?", 10.0),
        ("INF", "VOLT 21", "VOLT?", 20.0),
        ("INF", "VOLT 1;VOLT:OFFS 9.8", "VOLT:OFFS?", 9.5),
        ("INF", "VOLT:OFFS 9;:VOLT 4", "VOLT?", 2.0),
        ("INF", "VOLT:HIGH 12", "VOLT:HIGH?", 10.0),
        ("INF", "FUNC DC;VOLT:OFFS -11", "VOLT:OFFS?", -10.0),
    ],
)
def test_levels_beyond_the_instrument_are_clipped_with_an_error(awg, load, message, query, got):
    awg(f"OUTP:LOAD {load};:{message}")
    assert number(awg, query) == pytest.approx(got)
    assert awg("SYST:ERR?").startswith('-222,"Data out of range; value clipped to')


@pytest.mark.parametrize(
    ("message", "error"),
    [
        ("VOLT:HIGH -1", '-221,"Settings conflict; low level changed by high level"'),
        ("FUNC PULS;FUNC:PULS:PER 1e-4", '-221,"Settings conflict; pulse width decreased'),
        ("FUNC PULS;FUNC:PULS:WIDT 2", '-221,"Settings conflict; pulse width decreased'),
        ("FUNC NOIS;BURS:STAT 1", '-221,"Settings conflict; burst mode is not'),
        ("BURS:STAT 1;:FUNC DC", '-221,"Settings conflict; burst turned off'),
        ("OUTP:LOAD INF;:VOLT:UNIT DBM", '-221,"Settings conflict; amplitude units'),
        ("FUNC PULS;BURS:STAT 1;NCYC 1E8;:TRIG", '-221,"Settings conflict; burst too long'),
        ("*TRG", '-211,"Trigger ignored"'),
        ("FUNC:ARB NOSUCH", '+785,"Specified arb waveform does not exist"'),
        ("FUNC:PULS", '-113,"Undefined header"'),
        ("SOUR3:VOLT 1", '-114,"Header suffix out of range"'),
        ("VOLT 1 A", '-131,"Invalid suffix"'),
    ],
)
def test_what_collides_is_said(awg, message, error):
    awg(message)
    assert awg("SYST:ERR?").startswith(error)
    assert awg("SYST:ERR?") == NO_ERROR


def test_units_are_those_of_a_sine(awg):
    awg("VOLT:UNIT VRMS;:VOLT 1")
    awg("VOLT:UNIT VPP")
    assert number(awg, "VOLT?") == pytest.approx(2.0 * math.sqrt(2.0))
    awg("VOLT:UNIT DBM")
    assert number(awg, "VOLT?") == pytest.approx(13.0103, abs=1e-4)  # 1 V rms in 50 ohm: 20 mW


def test_a_triggered_burst_pulses_the_terminal(bench, awg):
    awg(f"OUTP:LOAD INF;:VOLT:HIGH 2;:VOLT:LOW 0;:{TRIGGERED}")
    awg("FUNC:PULS:WIDT 1E-6;PER 1E-5;:BURS:NCYC 3;*TRG")
    assert bench.levels["awg.ch1"] == 0.0
    (pulse,) = bench.pulses
    assert pulse[0] == "awg.ch1"
    assert pulse[1:] == pytest.approx((2.0, 1e-6, 3, 1e-5))
    assert bench.clock.now == 0.0  # the burst goes on
    awg("*WAI")
    assert bench.clock.now == pytest.approx(3e-5)


def test_inverted_polarity_rests_at_the_high_level(bench, awg):
    awg(f"OUTP:LOAD INF;:VOLT:LOW -2;:VOLT:HIGH 0;:OUTP:POL INV;:{TRIGGERED};*TRG")
    assert bench.levels["awg.ch1"] == pytest.approx(0.0)
    assert bench.pulses[0][1] == pytest.approx(-2.0)


def test_the_trigger_of_one_channel_leaves_the_other_alone(bench, awg):
    awg("SOUR2:FUNC PULS;:SOUR2:BURS:STAT 1;:TRIG2:SOUR BUS;:OUTP2 1;:TRIG2")
    assert [pulse[0] for pulse in bench.pulses] == ["awg.ch2"]


def test_an_arbitrary_waveform_plays_its_samples(bench, awg):
    samples = np.array([0, 0, 1, 1, 1, -1, 0, 0], dtype="<f4").tobytes()
    awg(b"FORM:BORD SWAP;:DATA:ARB steps,#232" + samples)
    awg("FUNC:ARB steps;:FUNC:ARB:SRAT 1E6;:FUNC ARB;:OUTP:LOAD INF;:VOLT 4;:VOLT:OFFS 0")
    awg("BURS:STAT 1;:TRIG:SOUR BUS;:OUTP 1;*TRG")
    assert awg("SYST:ERR?") == NO_ERROR
    played = [(round(level, 6), round(width * 1e6, 6)) for _, level, width, *_ in bench.pulses]
    assert played == [(0.0, 2.0), (2.0, 3.0), (-2.0, 1.0), (0.0, 2.0)]


def test_a_block_beyond_full_scale_is_refused(awg):
    awg(b"DATA:ARB bad,#232" + np.full(8, 1.5, dtype=">f4").tobytes())
    assert awg("SYST:ERR?") == '-222,"Data out of range"'


def test_apply_turns_the_output_on(awg):
    awg("APPL:SIN 5 KHZ, 3.0 VPP, -1.0 V")
    assert awg("OUTP?") == "1"
    assert awg("APPL?").startswith('"SIN +5.000')
    assert number(awg, "VOLT:OFFS?") == pytest.approx(-1.0)


def test_a_reset_opens_both_outputs(bench, awg):
    awg("OUTP1 1;:OUTP2 1;*RST")
    assert awg("OUTP1?;:OUTP2?") == "0;0"
    assert bench.levels == {"awg.ch1": None, "awg.ch2": None}


@pytest.mark.parametrize("amplitude", [2.0, -2.0])
def test_a_pulse_of_the_driver_is_a_pulse_on_the_line(bench, driver, amplitude):
    driver.pulse(1, amplitude, width=1e-6, period=1e-5, count=2)
    ((terminal, level, width, count, period),) = bench.pulses
    assert terminal == "awg.ch1" and count == 2
    assert (level, width, period) == pytest.approx((amplitude, 1e-6, 1e-5))
    assert bench.levels["awg.ch1"] == pytest.approx(0.0)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("frequency", 1e3),
        ("pulse_period", 1e-3),
        ("pulse_width", 2e-6),
        ("pulse_edges", 1e-7),
        ("burst_cycles", 9),
        ("function", "square"),
        ("amplitude_unit", "Vrms"),
        ("output", False),
    ],
)
def test_a_pulse_is_as_asked_whatever_was_set_before_it(bench, driver, name, value):
    driver.pulse(1, 2.0, width=1e-6, period=1e-5, count=2)
    setattr(driver.channels[0], name, value)
    bench.pulses.clear()
    driver.pulse(1, 2.0, width=1e-6, period=1e-5, count=2)
    ((_, level, width, count, period),) = bench.pulses
    assert (level, width, count, period) == pytest.approx((2.0, 1e-6, 2, 1e-5))


def test_edges_that_were_set_stay_with_the_pulses(driver):
    driver.channels[0].pulse_edges = 1e-7
    driver.pulse(1, 2.0, width=1e-6, period=1e-5, count=2)
    assert driver.channels[0].pulse_edges == pytest.approx(1e-7)


def test_a_pulse_is_set_up_where_a_stranger_left_slow_edges(bench, awg, driver):
    awg("FUNC:PULS:PER 1e-2;:FUNC:PULS:WIDT 1e-3;:FUNC:PULS:TRAN:BOTH 1e-6")
    driver.pulse(1, 2.0, width=1e-6, period=1e-5, count=1)
    assert bench.pulses[0][2] == pytest.approx(1e-6)


def test_an_amplitude_set_on_a_level_is_not_forgotten_by_the_next_level(awg, driver):
    channel = driver.channels[1]
    driver.level(2, 1.0)
    channel.amplitude = 8.0
    driver.level(2, 1.0)
    channel.function = "sine"
    assert number(awg, "SOUR2:VOLT:LOW?") >= 0.0


def test_a_staircase_of_pulses_is_taken_without_a_conflict(bench, driver):
    amplitudes = [0.5, 1.0, 3.9, 0.002, -0.5, -3.0, 2.0]
    widths = [1e-6, 1e-7, 1e-3, 5e-5, 1e-6, 1e-6, 1e-8 * 2]
    for amplitude, width in zip(amplitudes, widths, strict=True):
        driver.pulse(1, amplitude, width=width, period=0.0, count=1)
    assert [pulse[1] for pulse in bench.pulses] == pytest.approx(amplitudes)
    assert [pulse[2] for pulse in bench.pulses] == pytest.approx(widths)


def test_levels_and_pulses_follow_each_other_on_one_channel(bench, driver):
    driver.level(1, 3.5)
    assert bench.levels["awg.ch1"] == pytest.approx(3.5)
    driver.pulse(1, 1.0, width=1e-6, period=0.0, count=1)
    driver.level(1, 0.5)
    driver.off(1)
    assert bench.levels["awg.ch1"] is None


def test_the_driver_knows_the_signal_as_the_instrument_does(driver):
    channel = driver.channels[0]
    channel.offset = 1.0
    channel.load = 50.0
    channel.function = "sine"
    channel.amplitude = 1.5
    assert channel.known.open_levels() == pytest.approx((-0.5, 2.5))
    state = (channel.amplitude, channel.offset, channel.load)
    assert state == pytest.approx((1.5, 0.5, 50.0))
    with pytest.raises(RangeError, match=r"-4\.1 V"):
        channel.amplitude = 5.1


def test_a_stranger_with_the_same_instrument_finds_the_same_signal(awg, driver):
    driver.pulse(1, 3.0, width=1e-6, period=0.0, count=1)
    other = Driver(awg, {"ch1": TerminalLimits(-4.0, 4.0)})
    assert other.channels[0].waveform().open_levels() == pytest.approx((0.0, 3.0))


@pytest.mark.parametrize(
    "state",
    [
        "APPL:SIN 1 KHZ, 2, 1",
        "FUNC DC;VOLT:OFFS 2;:OUTP 1",
        f"VOLT:HIGH 2;LOW 0;:{TRIGGERED}",
        f"VOLT:LOW -2;HIGH 0;:OUTP:POL INV;:{TRIGGERED}",
        "FUNC ARB;VOLT 2;:VOLT:UNIT VRMS;:OUTP 1",
        "FUNC NOIS;VOLT 2;:OUTP 1;:OUTP:LOAD 100",
        "VOLT:HIGH 2;LOW 1;:VOLT:LIM:HIGH 3;LOW 0.5;STAT 1;:OUTP 1",
        "SWE:TIME 0.1;:SWE:STAT 1;:VOLT 2;:OUTP 1",
        "FUNC SQU;VOLT 2;:BURS:MODE GAT;STAT 1;:OUTP 1",
        "VOLT 2;:VOLT:COUP 1;:OUTP 1;:OUTP2 1",
        "VOLT 2;:TRAC INV;:OUTP 1",
    ],
)
def test_from_any_state_the_line_goes_to_zero_without_an_excursion(bench, awg, state):
    awg(state)
    before = max([abs(bench.levels["awg.ch1"]), *bench.peaks[-1:]])
    bench.peaks.clear()
    seen = []
    drive = bench.drive
    bench.drive = lambda terminal, voltage, **more: (
        seen.append(voltage),
        drive(terminal, voltage, **more),
    )
    driver = Driver(awg, {"ch1": TerminalLimits(-4.0, 4.0)})
    driver.safe(SafePhase.SOURCES)
    assert bench.levels["awg.ch1"] == 0.0
    assert not bench.played
    assert max(abs(level) for level in [0.0, *filter(None, seen)]) <= before + 5e-3
    assert max([0.0, *bench.peaks]) <= before + 5e-3
    driver.safe(SafePhase.OUTPUTS)
    assert bench.levels["awg.ch1"] is None


def test_every_setting_of_the_driver_can_be_read(driver):
    settings = driver.settings()
    assert settings["ch2.output"] is False and settings["ch1.load"] == math.inf
    assert driver.transport.query("SYST:ERR?") == NO_ERROR


def test_volts_that_the_driver_plays_are_on_the_line(bench, driver):
    volts = np.array([0.0, 0.0, 1.0, 2.0, 2.0, -1.0, 0.0, 0.0])
    driver.play(1, volts, sample_rate=1e6, count=2)
    played = [(round(level, 6), round(width * 1e6, 6)) for _, level, width, *_ in bench.pulses]
    assert played == [(0.0, 2.0), (1.0, 1.0), (2.0, 2.0), (-1.0, 1.0), (0.0, 2.0)] * 2
    assert bench.clock.now == pytest.approx(16e-6)
    driver.play(1, volts, sample_rate=1e6)
    driver.pulse(1, 1.0, width=1e-6, period=0.0, count=1)
    assert bench.pulses[-1][1] == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("sent", "peak_to_peak"),
    [("1 VRMS", math.sqrt(8.0)), ("500 MVRMS", math.sqrt(2.0)), ("10 DBM", 2.0), ("2 VPP", 2.0)],
)
def test_an_amplitude_in_a_unit_of_its_own_is_taken_in_that(bench, awg, sent, peak_to_peak):
    awg(f"FUNC SIN;:VOLT {sent}")
    assert number(awg, "VOLT?") == pytest.approx(peak_to_peak)
    awg(f"APPL:SIN 1E3,{sent}")
    assert number(awg, "VOLT?") == pytest.approx(peak_to_peak)
    assert awg("SYST:ERR?;:VOLT:UNIT?") == f"{NO_ERROR};VPP"


def test_peak_to_peak_is_peak_to_peak_whatever_the_unit_that_is_set(awg):
    awg("FUNC SIN;:VOLT:UNIT VRMS;:VOLT 2 VPP")
    assert number(awg, "VOLT?") == pytest.approx(2.0 / math.sqrt(8.0))


def test_dbm_without_a_load_is_refused(awg):
    awg("OUTP:LOAD INF;:VOLT 10 DBM")
    assert awg("SYST:ERR?").startswith("-221,")


# -- attributes and repetition of arbitrary waveforms --------------------------------------------

EIGHT = "DATA:ARB eight, 1, 1, 0, 0, 0, 0, -0.5, -0.5"


def test_the_average_and_the_crest_factor_of_a_waveform_are_told(awg):
    awg(EIGHT)
    assert number(awg, "DATA:ATTR:AVER? eight") == pytest.approx(1.0 / 8.0)
    assert number(awg, "DATA:ATTR:CFAC? eight") == pytest.approx(1.0 / math.sqrt(2.5 / 8.0))
    awg("DATA:ATTR:CFAC? nosuch")
    assert awg("SYST:ERR?").startswith("+785")


def test_the_frequency_of_a_waveform_is_its_sample_rate_over_its_points(awg):
    awg(f"{EIGHT};:FUNC:ARB eight;:FUNC:ARB:FREQ 1 KHZ")
    assert awg("FUNC:ARB:POIN?") == "+8"
    assert number(awg, "FUNC:ARB:SRAT?") == pytest.approx(8e3)
    assert number(awg, "FUNC:ARB:PER?") == pytest.approx(1e-3)
    awg("FUNC:ARB:PER 2E-6")
    assert number(awg, "FUNC:ARB:SRAT?") == pytest.approx(4e6)
    assert number(awg, "FUNC:ARB:FREQ?") == pytest.approx(5e5)
    assert number(awg, "FUNC:ARB:FREQ? MAX") == pytest.approx(250e6 / 8)


def test_a_waveform_cannot_repeat_faster_than_its_points_can_be_given(awg):
    awg(f"{EIGHT};:FUNC:ARB eight;:FUNC:ARB:FREQ 40E6")
    assert awg("SYST:ERR?").startswith("-222")


# -- stored states -------------------------------------------------------------------------------


def test_places_of_states_have_names_that_can_be_given_and_taken_back(awg):
    assert awg("MEM:NST?") == "+5"
    assert awg("MEM:STAT:CAT?") == '"AUTO_RECALL","STATE_1","STATE_2","STATE_3","STATE_4"'
    awg("MEM:STAT:NAME 2,READ_PULSE")
    assert awg("MEM:STAT:NAME? 2") == '"READ_PULSE"'
    awg("MEM:STAT:NAME 2")
    assert awg("MEM:STAT:NAME? 2") == '"STATE_2"'
    awg("MEM:STAT:NAME 2,2ND")
    assert awg("SYST:ERR?").startswith("-224")


def test_a_state_that_was_deleted_is_not_valid_and_cannot_be_recalled(awg):
    awg("VOLT 1;*SAV 3;VOLT 2")
    assert awg("MEM:STAT:VAL? 3;VAL? 4") == "1;0"
    awg("*RCL 3")
    assert number(awg, "VOLT?") == pytest.approx(1.0)
    awg("MEM:STAT:DEL 3")
    assert awg("MEM:STAT:VAL? 3") == "0"
    awg("*RCL 3")
    assert awg("SYST:ERR?").startswith("+810")


# -- angles, reference clock and range -----------------------------------------------------------


def test_phases_are_set_and_told_in_the_unit_of_angles(awg):
    awg("FREQ 1E3;:PHAS 90;:UNIT:ANGL RAD")
    assert number(awg, "PHAS?") == pytest.approx(math.pi / 2.0)
    assert number(awg, "PHAS? MAX") == pytest.approx(2.0 * math.pi)
    awg("BURS:PHAS 3.14159265358979;:UNIT:ANGL SEC")
    assert number(awg, "BURS:PHAS?") == pytest.approx(0.5e-3)
    awg("PHAS -0.25E-3;:UNIT:ANGL DEG")
    assert number(awg, "PHAS?") == pytest.approx(-90.0)


def test_a_phase_of_more_than_a_whole_turn_is_refused_in_any_unit(awg):
    awg("UNIT:ANGL RAD;:PHAS 7")
    assert awg("SYST:ERR?").startswith("-222")
    awg("*RST")
    assert awg("UNIT:ANGL?") == "DEG"


def test_the_reference_clock_is_the_internal_one_until_the_external_one_is_chosen(awg):
    assert awg("ROSC:SOUR?;:ROSC:SOUR:AUTO?;:ROSC:SOUR:CURR?") == "INT;1;INT"
    awg("ROSC:SOUR EXT")
    assert awg("ROSC:SOUR?;:ROSC:SOUR:AUTO?;:ROSC:SOUR:CURR?") == "EXT;0;EXT"
    awg("ROSC:SOUR:AUTO ON")
    assert awg("ROSC:SOUR:CURR?") == "INT"


def test_the_range_is_held_after_once(awg):
    assert awg("VOLT:RANG:AUTO?") == "1"
    awg("SOUR2:VOLT:RANG:AUTO ONCE")
    assert awg("VOLT:RANG:AUTO?;:SOUR2:VOLT:RANG:AUTO?") == "1;0"
