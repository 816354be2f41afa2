"""Exact conversations with the 33522B's driver; the words are those of its service guide."""

import math
import threading

import numpy as np
import pytest
from conversation import ScriptedTransport
from keysight33522b_words import FIRST, READY, SETUP, TO_DC, WIRED, gated, one_pulse, talk

from labcim.errors import AbortedError, InstrumentError, RangeError, SafetyError
from labcim.instrument import SafePhase
from labcim.instrument_capabilities import PulseSource
from labcim.instruments.keysight33522b import Keysight33522B
from labcim.limits import TerminalLimits

BOTH = {"ch1": TerminalLimits(low=-4.0, high=4.0)}
STATE = "SOUR1:FUNC?;:SOUR1:VOLT:HIGH?;:SOUR1:VOLT:LOW?;:SOUR1:VOLT:OFFS?;UNIT?;:OUTP1:LOAD?"
BAD = [math.nan, math.inf, -math.inf]


def test_a_pulse_from_an_unknown_state_is_set_up_with_the_output_off():
    with talk(FIRST) as awg:
        one_pulse(awg, 2.0)


def test_the_next_pulse_says_only_its_amplitude():
    with talk([*FIRST, ("SOUR1:VOLT:HIGH 2.1", None), ("TRIG1;*OPC?", "1")]) as awg:
        one_pulse(awg, 2.0)
        one_pulse(awg, 2.1)


def test_the_same_pulse_again_is_one_message():
    with talk([*FIRST, ("TRIG1;*OPC?", "1")]) as awg:
        one_pulse(awg, 2.0)
        one_pulse(awg, 2.0)


def test_a_negative_pulse_rests_at_zero_with_inverted_polarity():
    lines = [(SETUP.format("INV", "LOW -2", "HIGH 0"), None), ("TRIG1;*OPC?", "1")]
    with talk(lines, BOTH) as awg:
        one_pulse(awg, -2.0)


def test_a_longer_period_comes_before_its_longer_width_and_a_shorter_one_after():
    lines = [
        *FIRST,
        ("SOUR1:FUNC:PULS:PER 2e-05;:SOUR1:FUNC:PULS:WIDT 1e-05", None),
        ("TRIG1;*OPC?", "1"),
        ("SOUR1:FUNC:PULS:WIDT 1e-06;:SOUR1:FUNC:PULS:PER 2e-06;:SOUR1:BURS:NCYC 7", None),
        ("TRIG1;*OPC?", "1"),
    ]
    with talk(lines) as awg:
        one_pulse(awg, 2.0)
        one_pulse(awg, 2.0, width=1e-5)
        one_pulse(awg, 2.0, count=7)


def test_after_the_output_was_off_a_pulse_turns_it_on_again():
    lines = [*FIRST, ("OUTP1 0", None), ("OUTP1 1", None), ("TRIG1;*OPC?", "1")]
    with talk(lines) as awg:
        one_pulse(awg, 2.0)
        awg.off(1)
        one_pulse(awg, 2.0)


def test_a_long_train_is_looked_after_instead_of_waited_for():
    lines = [
        FIRST[0],
        FIRST[1],
        ("SOUR1:FUNC:PULS:PER 1;:SOUR1:BURS:NCYC 10", None),
        ("*CLS;:TRIG1;*OPC", None),
        ("*ESR?", "0"),
        ("*ESR?", "1"),
    ]
    with talk(lines) as awg:
        one_pulse(awg, 2.0)
        one_pulse(awg, 2.0, period=1.0, count=10)


def test_a_long_train_is_left_when_the_bench_is_stopped():
    latch = threading.Event()
    transport = ScriptedTransport([])
    transport.write = lambda _: None
    transport.query = lambda _: latch.set() or "0"
    awg = Keysight33522B(transport, WIRED, latch=latch, check_errors=False)
    with pytest.raises(AbortedError):
        one_pulse(awg, 1.0, period=1.0, count=10)


def test_a_level_is_one_short_message_when_the_channel_holds_one_already():
    lines = [
        (TO_DC + ";:SOUR1:VOLT:OFFS 1.5;:OUTP1 1", None),
        ("SOUR1:VOLT:OFFS 1.6", None),
    ]
    with talk(lines) as awg:
        awg.level(1, 1.5)
        awg.level(1, 1.6)
        awg.level(1, 1.6)


def test_from_pulses_to_a_level_the_output_is_off():
    lines = [*FIRST, (TO_DC + ";:SOUR1:VOLT:OFFS 1;:OUTP1 1", None)]
    with talk(lines) as awg:
        one_pulse(awg, 2.0)
        awg.level(1, 1.0)


def test_off_brings_a_level_to_zero_first():
    lines = [
        (TO_DC + ";:SOUR1:VOLT:OFFS 1;:OUTP1 1", None),
        ("SOUR1:VOLT:OFFS 0;:OUTP1 0", None),
    ]
    with talk(lines) as awg:
        awg.level(1, 1.0)
        awg.off(1)


@pytest.mark.parametrize("amplitude", [4.1, -0.1, 11.0, 1e-3, 0.0, *BAD])
def test_a_pulse_beyond_the_terminal_is_refused_before_anything_is_sent(amplitude):
    with talk([]) as awg, pytest.raises(RangeError, match="accepts"):
        one_pulse(awg, amplitude)


@pytest.mark.parametrize("voltage", [4.1, -0.1, 11.0, *BAD])
def test_a_level_beyond_the_terminal_is_refused_before_anything_is_sent(voltage):
    with talk([]) as awg, pytest.raises(RangeError, match="accepts"):
        awg.level(1, voltage)


@pytest.mark.parametrize(
    "pulse",
    [
        {"width": 1e-9},
        {"width": 1e-6, "period": 1e-6},
        {"width": 2e6},
        {"width": math.nan},
        {"width": math.inf},
        {"period": math.nan},
        {"period": -1.0},
        {"count": 0},
        {"count": 1.5},
    ],
)
def test_a_pulse_that_the_instrument_cannot_do_is_refused(pulse):
    with talk([]) as awg, pytest.raises(RangeError, match="accepts"):
        one_pulse(awg, 1.0, **pulse)


def test_a_channel_that_is_not_there_is_refused():
    with talk([]) as awg, pytest.raises(RangeError, match="accepts 1 or 2"):
        awg.level(3, 1.0)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("offset", 4.1),
        ("offset", -0.1),
        ("high", 4.1),
        ("low", -0.1),
        *[
            (name, bad)
            for name in ("amplitude", "offset", "high", "low", "load")
            for bad in BAD[::2]
        ],
        *[(name, math.nan) for name in ("pulse_width", "frequency", "burst_cycles")],
    ],
)
def test_a_setting_that_is_too_much_by_itself_is_refused_before_anything_is_sent(name, value):
    with talk([]) as awg, pytest.raises(RangeError, match="accept"):
        setattr(awg.channels[0], name, value)


def test_amplitude_and_offset_are_refused_for_what_they_are_together():
    lines = [(STATE, "SIN;3;2;2.5;VPP;9.9E+37")]
    with talk(lines) as awg, pytest.raises(RangeError, match=r"4\.2 V.*0 V to 4 V"):
        awg.channels[0].amplitude = 3.4


def test_offset_after_amplitude_is_refused_just_as_well():
    lines = [(STATE, "SIN;2.5;0.5;1.5;VPP;9.9E+37"), ("SOUR1:VOLT 3", None)]
    with talk(lines) as awg:
        awg.channels[0].amplitude = 3.0
        with pytest.raises(RangeError, match=r"4\.1 V"):
            awg.channels[0].offset = 2.6


def test_a_load_setting_of_50_ohm_counts_twice_on_an_open_line():
    lines = [(STATE, "PULS;1;0;0.5;VPP;5.0E+01")]
    with talk(lines) as awg, pytest.raises(RangeError, match=r"4\.4 V"):
        awg.channels[0].high = 2.2


def test_a_load_setting_after_the_level_leaves_the_signal_and_doubles_what_follows():
    lines = [
        (STATE, "DC;2.05;1.95;2;VPP;9.9E+37"),
        ("OUTP1:LOAD 50", None),
        ("SOUR1:VOLT:OFFS 1.9", None),
    ]
    with talk(lines) as awg:
        awg.channels[0].load = 50.0
        awg.channels[0].offset = 1.9
        with pytest.raises(RangeError, match=r"4\.2 V"):
            awg.channels[0].offset = 2.1


def test_an_amplitude_in_volts_rms_counts_with_its_peaks():
    lines = [(STATE, "SIN;2.5;1.5;2;VRMS;9.9E+37"), ("SOUR1:VOLT 1.4", None)]
    with talk(lines) as awg:
        awg.channels[0].amplitude = 1.4
        with pytest.raises(RangeError, match=r"1\.5 Vrms.*-121\.32 mV"):
            awg.channels[0].amplitude = 1.5


def test_a_power_counts_with_the_voltage_that_it_makes_at_the_load():
    # 13 dBm into 50 ohm is 1 V rms: 2.83 V peak to peak there, twice that on an open line.
    wide = {"ch1": TerminalLimits(low=-2.8, high=2.8)}
    lines = [(STATE, "SIN;0.1;-0.1;0;DBM;5.0E+01"), ("SOUR1:VOLT 12.8", None)]
    with talk(lines, wide) as awg:
        awg.channels[0].amplitude = 12.8
        with pytest.raises(RangeError, match=r"2\.8"):
            awg.channels[0].amplitude = 13.01


def test_a_function_whose_peaks_leave_the_window_is_refused():
    lines = [(STATE, "DC;0.6;-0.4;0.1;VPP;9.9E+37")]
    with talk(lines) as awg, pytest.raises(RangeError, match="-400 mV"):
        awg.channels[0].function = "sine"


def test_inverting_the_polarity_does_not_leave_the_window():
    with talk([("OUTP1:POL INV", None)]) as awg:
        awg.channels[0].inverted = True


def test_an_output_that_would_put_too_much_on_the_line_is_not_turned_on():
    lines = [(STATE, "SIN;6;-6;0;VPP;9.9E+37")]
    with talk(lines) as awg, pytest.raises(RangeError, match="-6 V"):
        awg.channels[0].output = True


@pytest.mark.parametrize(
    "samples", [[1.01] + [0.0] * 9, [math.nan] + [0.0] * 9, [0.0] * 3, [math.inf] * 10]
)
def test_a_block_with_one_bad_sample_is_refused_before_anything_is_sent(samples):
    with talk([]) as awg, pytest.raises(RangeError, match="samples"):
        awg.channels[0].upload("ramp", np.array(samples))


def test_an_arbitrary_waveform_is_a_little_endian_block():
    samples = np.linspace(-1.0, 1.0, 8)
    data = samples.astype("<f4").tobytes()
    lines = [
        ("SOUR1:DATA:VOL:CAT?", '"EXP_RISE"'),
        ("FORM:BORD SWAP", None),
        (b"SOUR1:DATA:ARB ramp,#232" + data, None),
        ("SOUR1:FUNC:ARB ramp;:SOUR1:FUNC:ARB:SRAT 1000000", None),
    ]
    with talk(lines) as awg:
        awg.channels[0].upload("ramp", samples)
        awg.channels[0].select("ramp", 1e6)


def test_a_waveform_that_is_loaded_is_not_loaded_again_until_memory_is_cleared():
    lines = [
        ("SOUR1:DATA:VOL:CAT?", '"EXP_RISE","RAMP"'),
        ("SOUR1:DATA:VOL:CLE", None),
        ("SOUR1:DATA:VOL:CAT?", '"EXP_RISE"'),
        ("FORM:BORD SWAP", None),
        (b"SOUR1:DATA:ARB ramp,#232" + np.zeros(8, "<f4").tobytes(), None),
    ]
    with talk(lines) as awg:
        with pytest.raises(RangeError, match="loaded already"):
            awg.channels[0].upload("ramp", np.zeros(8))
        awg.channels[0].clear_waveforms()
        awg.channels[0].upload("ramp", np.zeros(8))


STAIRS = np.array([0.0, 1.0, 1.0, 2.0, 2.0, 3.0, 3.0, 0.0])
PLAYED = [
    (
        "OUTP1 0;:OUTP1:LOAD INF;:OUTP1:POL NORM;:SOUR1:BURS:STAT 0;:SOUR1:VOLT:UNIT VPP",
        None,
    ),
    ("SOUR1:DATA:VOL:CLE;:FORM:BORD SWAP", None),
    (b"SOUR1:DATA:ARB LABCIM,#232" + ((STAIRS - 1.5) / 1.5).astype("<f4").tobytes(), None),
    (
        "SOUR1:FUNC:ARB LABCIM;:SOUR1:FUNC:ARB:SRAT 1000000;:SOUR1:FUNC:ARB:FILT STEP;"
        ":SOUR1:VOLT 0.002;:SOUR1:VOLT:OFFS 1.5;:SOUR1:VOLT 3;:SOUR1:FUNC ARB;"
        ":SOUR1:BURS:MODE TRIG;:SOUR1:BURS:NCYC 2;:SOUR1:BURS:PHAS 0;:TRIG1:SOUR BUS;:TRIG1:DEL 0;"
        ":SOUR1:BURS:STAT 1;:OUTP1 1",
        None,
    ),
    ("TRIG1;*OPC?", "1"),
]


def test_volts_are_played_in_a_burst_that_is_waited_for():
    with talk(PLAYED) as awg:
        awg.play(1, STAIRS, sample_rate=1e6, count=2)


def test_a_pulse_after_a_waveform_is_said_whole():
    with talk([*PLAYED, *FIRST]) as awg:
        awg.play(1, STAIRS, sample_rate=1e6, count=2)
        one_pulse(awg, 2.0)


@pytest.mark.parametrize(
    ("voltages", "options"),
    [
        (STAIRS + 1.1, {}),
        (STAIRS * 1.4, {}),
        (-STAIRS, {}),
        (STAIRS[1:], {}),
        (STAIRS[:4], {}),
        (STAIRS * 1e-4, {}),
        (STAIRS * math.nan, {}),
        (STAIRS, {"sample_rate": 3e8}),
        (STAIRS, {"sample_rate": math.nan}),
        (STAIRS, {"count": 0}),
        (np.zeros((2, 8)), {}),
    ],
)
def test_volts_that_cannot_be_played_are_refused_before_anything_is_sent(voltages, options):
    with talk([]) as awg, pytest.raises(RangeError, match="accepts"):
        awg.play(1, voltages, **{"sample_rate": 1e6, **options})


@pytest.mark.parametrize("name", ["", "1st", "a;OUTP1 1", "toolonganame1", "ä"])
def test_a_waveform_name_that_could_be_a_command_is_refused(name):
    with talk([]) as awg, pytest.raises(RangeError, match="letters"):
        awg.channels[0].upload(name, np.zeros(8))


def test_after_a_refusal_the_whole_signal_is_said_again():
    lines = [
        (FIRST[0][0], None),
        ("SYST:ERR?", '-221,"Settings conflict; pulse width decreased due to period"'),
        ("SYST:ERR?", '+0,"No error"'),
        (FIRST[0][0], None),
        ("SYST:ERR?", '+0,"No error"'),
        FIRST[1],
    ]
    with talk(lines, check_errors=True) as awg:
        with pytest.raises(InstrumentError, match="-221"):
            one_pulse(awg, 2.0)
        one_pulse(awg, 2.0)


FIRED = ("TRIG1;*OPC?;:SOUR2:VOLT:OFFS 0;:SYST:ERR?", '1;+0,"No error"')


def test_a_gated_pulse_is_set_and_asked_about_before_it_is_triggered():
    lines = [
        *READY,
        ("SOUR1:VOLT:HIGH 2.1;:SOUR2:VOLT:OFFS 1.9;:SYST:ERR?", '+0,"No error"'),
        FIRED,
        ("SOUR2:VOLT:OFFS 1.9;:SYST:ERR?", '+0,"No error"'),
        FIRED,
    ]
    with talk(lines, check_errors=True) as awg:
        gated(awg, 2.0, 1.8)
        gated(awg, 2.1, 1.9)
        gated(awg, 2.1, 1.9)


def test_a_gated_pulse_whose_settings_were_refused_is_not_triggered():
    refused = '-222,"Data out of range;value clipped to upper limit"'
    lines = [
        *READY,
        ("SOUR1:VOLT:HIGH 2.1;:SOUR2:VOLT:OFFS 1.9;:SYST:ERR?", refused),
        ("SYST:ERR?", '+0,"No error"'),
    ]
    with talk(lines, check_errors=True) as awg:
        gated(awg, 2.0, 1.8)
        with pytest.raises(InstrumentError, match="-222"):
            gated(awg, 2.1, 1.9)


def test_after_a_gate_that_did_not_go_back_everything_is_said_again():
    lines = [
        *READY,
        ("SOUR2:VOLT:OFFS 1.8;:SYST:ERR?", '+0,"No error"'),
        (FIRED[0], '1;-221,"Settings conflict"'),
        ("SYST:ERR?", '+0,"No error"'),
        *READY,
    ]
    with talk(lines, check_errors=True) as awg:
        gated(awg, 2.0, 1.8)
        with pytest.raises(InstrumentError, match="-221"):
            gated(awg, 2.0, 1.8)
        gated(awg, 2.0, 1.8)


@pytest.mark.parametrize(("amplitude", "gate"), [(4.1, 1.8), (2.0, 5.1), (math.nan, 1.8)])
def test_a_gated_pulse_beyond_either_terminal_is_refused_before_a_byte_is_sent(amplitude, gate):
    with talk([]) as awg, pytest.raises(RangeError, match="nothing was sent"):
        gated(awg, amplitude, gate)


LEVELS = "SOUR{0}:FUNC?;:SOUR{0}:VOLT:HIGH?;:SOUR{0}:VOLT:LOW?"
UNTIED = "SOUR{0}:TRAC OFF;:SOUR{0}:VOLT:COUP 0;:SOUR{0}:VOLT:LIM:STAT 0"
ZERO = "SOUR{0}:FUNC DC;:SOUR{0}:VOLT:OFFS 0;*CLS"
PROOF = "SOUR{0}:FUNC?;:SOUR{0}:VOLT:OFFS?"


def test_sources_are_collapsed_before_their_function_changes():
    lines = [
        (UNTIED.format(1), None),
        (LEVELS.format(1), "PULS;2;0"),
        ("ABOR1;:SOUR1:VOLT:LOW 0;:SOUR1:VOLT:HIGH 0.002", None),
        (ZERO.format(1), None),
        (PROOF.format(1), "DC;0"),
    ]
    with talk(lines) as awg:
        awg.safe(SafePhase.SOURCES)


def test_negative_pulses_are_collapsed_from_their_own_side():
    lines = [
        (UNTIED.format(1), None),
        (LEVELS.format(1), "PULS;0;-2"),
        ("ABOR1;:SOUR1:VOLT:HIGH 0;:SOUR1:VOLT:LOW -0.002", None),
        (ZERO.format(1), None),
        (PROOF.format(1), "DC;0"),
    ]
    with talk(lines) as awg:
        awg.safe(SafePhase.SOURCES)


@pytest.mark.parametrize("answer", ["what?", "PULS;x;0", None])
def test_a_channel_that_does_not_tell_its_state_is_zeroed_blindly_and_proved(answer):
    lines = [
        (UNTIED.format(1), None),
        (LEVELS.format(1), answer),
        (ZERO.format(1), None),
        (PROOF.format(1), "DC;1"),
    ]
    with talk(lines) as awg, pytest.raises(SafetyError, match="ch1 level"):
        awg.safe(SafePhase.SOURCES)


def test_gates_come_to_zero_in_their_own_phase():
    lines = [
        (UNTIED.format(2), None),
        (LEVELS.format(2), "DC;1.6;1.4"),
        (ZERO.format(2), None),
        (PROOF.format(2), "DC;+0.000000000000000E+00"),
    ]
    with talk(lines) as awg:
        awg.safe(SafePhase.GATES)


def test_both_outputs_are_read_back():
    lines = [("OUTP1 0", None), ("OUTP1?", "0"), ("OUTP2 0", None), ("OUTP2?", "0")]
    with talk(lines) as awg:
        awg.safe(SafePhase.OUTPUTS)


def test_an_output_that_stays_on_is_not_safe_and_the_other_is_turned_off_all_the_same():
    lines = [("OUTP1 0", None), ("OUTP1?", "1"), ("OUTP2 0", None), ("OUTP2?", "0")]
    with talk(lines) as awg, pytest.raises(SafetyError, match="ch1 output"):
        awg.safe(SafePhase.OUTPUTS)


def test_the_driver_is_a_pulse_source():
    assert isinstance(Keysight33522B(ScriptedTransport([])), PulseSource)
