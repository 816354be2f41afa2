import math

import pytest
from conversation import conversation

from labcim.errors import InstrumentError, RangeError, SafetyError
from labcim.instrument import Instrument, SafePhase
from labcim.limits import TerminalLimits
from labcim.parameter import Parameter, parameters_of


class Source(Instrument):
    """A source of one voltage."""

    terminals = ("out",)
    voltage: Parameter[float] = Parameter(
        doc="Control the voltage in V, -10 to 10.",
        unit="V",
        get="VOLT?",
        set="VOLT {:.6g}",
        limits=(-10, 10),
        guard="_guard",
    )
    mode: Parameter[str] = Parameter(
        doc="Control the mode.",
        get="MODE?",
        set="MODE {}",
        choices={"pulse": "PULSe", "level": "DC"},
        parse=str,
    )
    reading: Parameter[float] = Parameter(doc="Measure the current in A.", unit="A", get="READ?")

    def initialise(self) -> None:
        self.send("*RST")

    def safe(self, phase: SafePhase) -> None:
        if phase is SafePhase.OUTPUTS:
            self.transport.write("OUTP 0")
            if self.transport.query("OUTP?") != "0":
                raise SafetyError("output is still on")

    def _guard(self, value: float) -> None:
        self.terminal_limits("out").check_voltage("voltage", value)


def test_setting_a_parameter_sends_its_one_command():
    with conversation(Source, [("VOLT 0.25", None)]) as source:
        source.voltage = 0.25


def test_reading_a_parameter_returns_the_parsed_answer():
    with conversation(Source, [("VOLT?", "+1.5E-01")]) as source:
        assert source.voltage == 0.15


@pytest.mark.parametrize("value", [10.001, -11, math.nan, math.inf, -math.inf])
def test_a_value_outside_the_instrument_is_refused_before_anything_is_sent(value):
    with conversation(Source, []) as source, pytest.raises(RangeError, match=r"Source.voltage"):
        source.voltage = value


def test_the_refusal_says_value_unit_and_what_is_accepted():
    with (
        conversation(Source, []) as source,
        pytest.raises(RangeError, match=r"= 12 V: accepts -10 V to 10 V"),
    ):
        source.voltage = 12


def test_the_chips_limit_is_tighter_than_the_instruments():
    limits = {"out": TerminalLimits(0.0, 3.3)}
    with (
        conversation(Source, [], limits=limits) as source,
        pytest.raises(RangeError, match=r"4 V.*0 V to 3.3 V"),
    ):
        source.voltage = 4


def test_a_choice_is_sent_as_the_instruments_word_and_read_back_in_short_form():
    with conversation(Source, [("MODE PULSe", None), ("MODE?", "PULS")]) as source:
        source.mode = "pulse"
        assert source.mode == "pulse"


def test_an_unknown_choice_is_refused_with_the_known_ones():
    with conversation(Source, []) as source, pytest.raises(RangeError, match=r"'pulse', 'level'"):
        source.mode = "sine"


def test_a_measured_parameter_cannot_be_set():
    with conversation(Source, []) as source, pytest.raises(RangeError, match=r"read, not set"):
        source.reading = 1.0


def test_an_answer_that_is_no_number_is_an_instrument_error():
    with (
        conversation(Source, [("VOLT?", "OVERFLOW")]) as source,
        pytest.raises(InstrumentError, match=r"Source.voltage: answered 'OVERFLOW'"),
    ):
        _ = source.voltage


def test_what_the_instrument_refuses_is_raised_in_its_own_words():
    lines = [
        ("VOLT 1", None),
        ("SYST:ERR?", '-221,"Settings conflict"'),
        ("SYST:ERR?", '+0,"No error"'),
    ]
    with (
        conversation(Source, lines, check_errors=True) as source,
        pytest.raises(InstrumentError, match=r"after 'VOLT 1': -221,\"Settings conflict\""),
    ):
        source.voltage = 1


def test_a_class_lists_its_own_parameters():
    assert list(parameters_of(Source)) == ["voltage", "mode", "reading"]


def test_settings_hold_what_is_controlled_and_leave_out_what_is_measured():
    with conversation(Source, [("VOLT?", "1"), ("MODE?", "DC")]) as source:
        assert source.settings() == {"voltage": 1.0, "mode": "level"}


def test_a_driver_that_cannot_prove_its_output_off_says_so():
    lines = [("OUTP 0", None), ("OUTP?", "1")]
    with conversation(Source, lines) as source, pytest.raises(SafetyError, match="still on"):
        source.make_safe()
