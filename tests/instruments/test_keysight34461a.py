"""Exact conversations with the 34461A's driver; the words are those of its service guide."""

import math
import threading

import numpy as np
import pytest
from conversation import ScriptedTransport, conversation

from labcim.capabilities import Flag
from labcim.errors import AbortedError, InstrumentError, RangeError, SafetyError, TransportError
from labcim.instrument import SafePhase
from labcim.instruments.keysight34461a import Keysight34461A
from labcim.limits import TerminalLimits

VOLTS = "FORM ASC;:CONF:VOLT:DC AUTO;:VOLT:DC:NPLC 10"
BLOCK = "SAMP:COUN 2;:FORM REAL,64;:FORM:BORD SWAP"
ON_A_CHIP = {"hi": TerminalLimits(low=0.0, high=4.0, current=5e-3)}


def talk(lines, **options):
    return conversation(Keysight34461A, lines, **options)


def test_a_reading_configures_once_and_then_only_reads():
    with talk([(VOLTS, None), ("READ?", "+1.00000000E+00"), ("READ?", "-2.5E-01")]) as dmm:
        assert dmm.voltage() == (1.0, Flag.GOOD)
        assert dmm.voltage() == (-0.25, Flag.GOOD)


def test_a_configuration_is_said_again_after_a_setting():
    lines = [(VOLTS, None), ("READ?", "1"), ("VOLT:DC:ZERO:AUTO 0", None), (VOLTS, None)]
    with talk([*lines, ("READ?", "1")]) as dmm:
        dmm.voltage()
        dmm.autozero = False
        dmm.voltage()


def test_a_configuration_is_asked_for_errors_in_the_same_message():
    lines = [(VOLTS + ";:SYST:ERR?", '-222,"Data out of range"'), ("SYST:ERR?", '+0,"No error"')]
    with talk(lines, check_errors=True) as dmm, pytest.raises(InstrumentError, match="-222"):
        dmm.voltage()


def test_amperes_and_ohms_have_words_of_their_own():
    lines = [
        ("FORM ASC;:CONF:CURR:DC 0.001;:CURR:DC:NPLC 1", None), ("READ?", "1E-4"),
        ("FORM ASC;:CONF:FRES AUTO;:FRES:NPLC 10", None), ("READ?", "1E4"),
    ]  # fmt: skip
    with talk(lines) as dmm:
        assert dmm.current(full_scale=1e-3, cycles=1.0) == (1e-4, Flag.GOOD)
        assert dmm.resistance(four_wire=True) == (1e4, Flag.GOOD)


def test_an_overload_is_no_number():
    with talk([(VOLTS, None), ("READ?", "+9.90000000E+37")]) as dmm:
        value, flags = dmm.voltage()
    assert math.isnan(value) and flags is Flag.OVER_RANGE


def test_what_is_no_number_is_no_reading():
    with talk([(VOLTS, None), ("READ?", "OVLD")]) as dmm, pytest.raises(TransportError):
        dmm.voltage()


def test_many_readings_come_as_one_block():
    data = np.array([1.5, 9.9e37], "<f8").tobytes()
    lines = [
        ("FORM ASC;:CONF:VOLT:DC 10;:VOLT:DC:NPLC 1", None), (BLOCK, None), ("INIT;*OPC?", "1"),
        ("R?", data),
    ]  # fmt: skip
    with talk(lines) as dmm:
        values, flags = dmm.readings("voltage", 2, full_scale=10.0)
    assert values[0] == 1.5 and math.isnan(values[1])
    assert flags.tolist() == [0, int(Flag.OVER_RANGE)]


def test_a_block_that_is_too_short_is_refused():
    lines = [
        ("FORM ASC;:CONF:VOLT:DC AUTO;:VOLT:DC:NPLC 1", None), (BLOCK, None), ("INIT;*OPC?", "1"),
        ("R?", b"\0" * 8),
    ]  # fmt: skip
    with talk(lines) as dmm, pytest.raises(TransportError, match="8 bytes for 2 readings"):
        dmm.readings("voltage", 2)


def test_many_slow_readings_are_looked_after_instead_of_waited_for():
    lines = [
        ("FORM ASC;:CONF:VOLT:DC AUTO;:VOLT:DC:NPLC 100", None), (BLOCK, None),
        ("*CLS;:INIT;*OPC", None),
        ("*ESR?", "0"), ("*ESR?", "1"), ("R?", b"\0" * 16),
    ]  # fmt: skip
    with talk(lines) as dmm:
        dmm.readings("voltage", 2, cycles=100.0)


def test_a_long_wait_is_left_when_the_bench_is_stopped():
    latch = threading.Event()
    transport = ScriptedTransport([])
    transport.write = lambda _: None
    transport.query = lambda _: latch.set() or "0"
    dmm = Keysight34461A(transport, latch=latch, check_errors=False)
    with pytest.raises(AbortedError):
        dmm.readings("voltage", 2, cycles=100.0)


@pytest.mark.parametrize("cycles", [0.0, 5.0, -1.0, math.nan, math.inf])
def test_an_integration_time_that_there_is_not_is_refused_before_anything_is_sent(cycles):
    with talk([]) as dmm, pytest.raises(RangeError, match="accepts"):
        dmm.voltage(cycles=cycles)


@pytest.mark.parametrize("scale", [0.0, -1.0, 1001.0, math.nan, math.inf])
def test_a_range_that_there_is_not_is_refused_before_anything_is_sent(scale):
    with talk([]) as dmm, pytest.raises(RangeError, match="accepts"):
        dmm.voltage(full_scale=scale)


@pytest.mark.parametrize("count", [0, 10_001, 1.5])
def test_more_readings_than_the_memory_holds_are_refused(count):
    with talk([]) as dmm, pytest.raises(RangeError, match="accepts"):
        dmm.readings("voltage", count)


def test_an_ohmmeter_is_refused_where_ten_volts_are_too_much():
    with talk([], limits=ON_A_CHIP) as dmm:
        for ask in (
            lambda: dmm.resistance(),
            lambda: dmm.readings("resistance", 2),
            lambda: setattr(dmm, "function", "four-wire resistance"),
        ):
            with pytest.raises(RangeError, match="10 V"):
                ask()


def test_a_voltmeter_is_welcome_on_a_chip():
    lines = [('FUNC "VOLT"', None), (VOLTS, None), ("READ?", "1")]
    with talk(lines, limits=ON_A_CHIP) as dmm:
        dmm.function = "voltage"
        dmm.voltage()


def test_it_is_made_a_voltmeter_with_the_sources():
    with talk([("ABOR;:CONF:VOLT:DC;*CLS", None), ("FUNC?", '"VOLT"')]) as dmm:
        dmm.make_safe()


def test_an_ohmmeter_that_stays_one_is_not_taken_for_safe():
    lines = [("ABOR;:CONF:VOLT:DC;*CLS", None), ("FUNC?", '"RES"')]
    with talk(lines) as dmm, pytest.raises(SafetyError):
        dmm.safe(SafePhase.SOURCES)
