"""What a verb of the 33522B's driver says after somebody changed a setting by itself."""

import pytest
from keysight33522b_words import FIRST, READY, TO_DC, gated, one_pulse, talk

from labcim.instruments._keysight33522b_channel import Channel
from labcim.parameter import parameters_of

SETTINGS = {
    "function": ("square", "SOUR1:FUNC SQU"),
    "frequency": (1e3, "SOUR1:FREQ 1000"),
    "amplitude": (1.0, "SOUR1:VOLT 1"),
    "amplitude_unit": ("Vrms", "SOUR1:VOLT:UNIT VRMS"),
    "offset": (1.5, "SOUR1:VOLT:OFFS 1.5"),
    "high": (1.0, "SOUR1:VOLT:HIGH 1"),
    "low": (0.5, "SOUR1:VOLT:LOW 0.5"),
    "load": (50.0, "OUTP1:LOAD 50"),
    "inverted": (True, "OUTP1:POL INV"),
    "pulse_width": (1e-4, "SOUR1:FUNC:PULS:WIDT 0.0001"),
    "pulse_period": (1e-3, "SOUR1:FUNC:PULS:PER 0.001"),
    "burst": (False, "SOUR1:BURS:STAT 0"),
    "burst_cycles": (5, "SOUR1:BURS:NCYC 5"),
    "trigger_source": ("timer", "TRIG1:SOUR TIM"),
    "trigger_slope": ("negative", "TRIG1:SLOP NEG"),
    "trigger_delay": (0.5, "TRIG1:DEL 0.5"),
    "trigger_period": (2.0, "TRIG1:TIM 2"),
    "burst_mode": ("gated", "SOUR1:BURS:MODE GAT"),
    "burst_phase": (90.0, "SOUR1:BURS:PHAS 90"),
    "square_duty": (25.0, "SOUR1:FUNC:SQU:DCYC 25"),
    "ramp_symmetry": (40.0, "SOUR1:FUNC:RAMP:SYMM 40"),
    "phase": (45.0, "SOUR1:PHAS 45"),
    "output": (False, "OUTP1 0"),
}
EDGED = FIRST[0][0].replace("1e-06;:S", "1e-06;:SOUR1:FUNC:PULS:TRAN:BOTH 2e-08;:S", 1)


def test_the_settings_below_are_all_that_there_are():
    assert {*SETTINGS, "pulse_edges"} == set(parameters_of(Channel))


@pytest.mark.parametrize("name", SETTINGS)
def test_a_pulse_is_said_whole_again_after_someone_changed_the_signal(name):
    value, words = SETTINGS[name]
    with talk([*FIRST, (words, None), *FIRST]) as awg:
        one_pulse(awg, 2.0)
        setattr(awg.channels[0], name, value)
        one_pulse(awg, 2.0)


def test_a_pulse_is_said_whole_again_after_another_waveform_was_selected():
    selected = "SOUR1:FUNC:ARB ramp;:SOUR1:FUNC:ARB:SRAT 1000000"
    with talk([*FIRST, (selected, None), *FIRST]) as awg:
        one_pulse(awg, 2.0)
        awg.channels[0].select("ramp", 1e6)
        one_pulse(awg, 2.0)


def test_pulses_keep_the_edges_that_were_set():
    lines = [*FIRST, ("SOUR1:FUNC:PULS:TRAN:BOTH 2e-08", None), (EDGED, None), FIRST[1]]
    with talk(lines) as awg:
        one_pulse(awg, 2.0)
        awg.channels[0].pulse_edges = 2e-8
        one_pulse(awg, 2.0)


@pytest.mark.parametrize("name", SETTINGS)
def test_a_level_is_said_whole_again_after_someone_changed_the_signal(name):
    value, words = SETTINGS[name]
    whole = (TO_DC + ";:SOUR1:VOLT:OFFS 1;:OUTP1 1", None)
    with talk([whole, (words, None), whole]) as awg:
        awg.level(1, 1.0)
        setattr(awg.channels[0], name, value)
        awg.level(1, 1.0)


@pytest.mark.parametrize("number", [1, 2])
def test_a_gated_pulse_is_said_whole_again_after_someone_changed_either_channel(number):
    changed = [(f"SOUR{number}:FREQ 1000", None), ("SYST:ERR?", '+0,"No error"')]
    gate = ("SOUR2:VOLT:OFFS 1.8;:SYST:ERR?", '+0,"No error"')
    again = [gate, *READY[1:]] if number == 1 else [READY[0], READY[3], READY[4]]
    with talk([*READY, *changed, *again], check_errors=True) as awg:
        gated(awg, 2.0, 1.8)
        awg.channels[number - 1].frequency = 1e3
        gated(awg, 2.0, 1.8)


def test_what_was_undone_from_aside_is_set_up_again():
    with talk([*FIRST, *FIRST]) as awg:
        one_pulse(awg, 2.0)
        awg.forget()
        one_pulse(awg, 2.0)
