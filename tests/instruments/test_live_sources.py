"""What sources answer when they are asked whether they are live, message by message."""

import pytest
from conversation import conversation

from labcim.errors import InstrumentError
from labcim.instrument_capabilities import LiveSource, Mover
from labcim.instruments.keithley2400 import Keithley2400
from labcim.instruments.keithley2450 import Keithley2450
from labcim.instruments.keithley2636b import Keithley2636B
from labcim.instruments.keithley3706a import Keithley3706A
from labcim.instruments.keysight33522b import Keysight33522B
from labcim.instruments.velox import Velox

ASKED = ":OUTP?;:SOUR:FUNC?;:SOUR:VOLT?"


@pytest.mark.parametrize("driver", [Keithley2400, Keithley2450])
@pytest.mark.parametrize(
    ("answer", "live"),
    [
        ("0;VOLT;1.000000E+00", False),
        ("1;VOLT;0.000000E+00", False),
        ("1;VOLT;-1.000000E-01", True),
        ("1;CURR;0.000000E+00", True),  # into an open line it goes to its limit
    ],
)
def test_a_source_meter_is_live_where_its_output_is_on_and_not_at_zero(driver, answer, live):
    with conversation(driver, [(ASKED, answer)]) as meter:
        assert isinstance(meter, LiveSource)
        assert meter.is_live() is live


def test_an_answer_that_is_none_is_an_error_and_not_a_no():
    with conversation(Keithley2450, [(ASKED, "?")]) as meter, pytest.raises(InstrumentError):
        meter.is_live()


OFF = ("OUTP2?", "0")


@pytest.mark.parametrize(
    ("said", "live"),
    [
        ([("OUTP1?", "0"), OFF], False),
        ([("OUTP1?", "1"), ("SOUR1:FUNC?", "DC"), ("SOUR1:VOLT:OFFS?", "0.0"), OFF], False),
        ([("OUTP1?", "1"), ("SOUR1:FUNC?", "DC"), ("SOUR1:VOLT:OFFS?", "0.5")], True),
        ([("OUTP1?", "1"), ("SOUR1:FUNC?", "SIN"), ("SOUR1:BURS:STAT?", "0")], True),
    ],
)
def test_a_generator_is_live_where_a_channel_is(said, live):
    with conversation(Keysight33522B, said) as generator:
        assert generator.is_live() is live


def shown(smu, what):
    return f"print(string.format('%d', smu{smu}.source.{what}))"


@pytest.mark.parametrize(
    ("said", "live"),
    [
        ([(shown("a", "output"), "0"), (shown("b", "output"), "0")], False),
        ([(shown("a", "output"), "1"), (shown("a", "func"), "0")], True),
        (
            [
                (shown("a", "output"), "1"),
                (shown("a", "func"), "1"),
                ("print(smua.source.levelv)", "0.00000e+00"),
                (shown("b", "output"), "1"),
                (shown("b", "func"), "1"),
                ("print(smub.source.levelv)", "-1.00000e+00"),
            ],
            True,
        ),
    ],
)
def test_a_pair_of_source_meters_is_live_where_one_is(said, live):
    with conversation(Keithley2636B, said) as meter:
        assert meter.is_live() is live


def test_switches_and_probers_ask_before_they_move():
    asked = []
    down = [("MoveChuckContact", "0:"), ("ReadChuckStatus", "0: contact")]
    for driver, lines, move in (
        (Keithley3706A, [("channel.close('1101')", None)], lambda it: it.close_also(["1101"])),
        (Velox, down, lambda it: it.contact()),
    ):
        with conversation(driver, lines) as tool:
            assert isinstance(tool, Mover)
            tool.before_moving = lambda: asked.append(True)
            move(tool)
    assert asked == [True, True]
