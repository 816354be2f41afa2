"""Exact conversations with the TDS2024B's driver; the words are those of manual 071-1075."""

import math
import threading

import numpy as np
import pytest
from conversation import conversation

from labcim.errors import AbortedError, InstrumentError, RangeError, SafetyError, TransportError
from labcim.instrument_capabilities import Digitizer
from labcim.instruments.tektronix_tds2024b import TektronixTDS2024B

ARM = (
    "HEAD OFF;VERB ON;:ACQ:STATE STOP;MOD SAMPLE;STOPA SEQUENCE;:SEL:CH2 1;"
    ":CH2:PRO 10;SCA 0.05;POS -2;COUP DC;INV OFF;BAN OFF;:HOR:VIEW MAIN;:HOR:MAI:SCA 2.5e-07;"
    "POS 7.5e-07;:TRIG:MAI:TYP EDGE;MOD NORMAL;EDGE:SOU CH2;SLO RISE;COUP DC;:TRIG:MAI:LEV 0.1"
)
READ_BACK = "CH2:SCA?;POS?;:HOR:MAI:SCA?;POS?;:TRIG:MAI:LEV?"
RANGES = "5.0E-2;-2.0E0;2.5E-7;7.5E-7;1.0E-1"
FETCH = "HEAD OFF;VERB ON;:DAT:SOU CH2;ENC RIBINARY;WID 1;STAR 1;STOP 2500"
PREAMBLE = (
    '1;8;BIN;RI;MSB;4;"Ch2, DC coupling, 5.0E-2 V/div, 2.5E-7 s/div, 2500 points, Sample mode";'
    'Y;1.0E-9;0;-5.0E-7;"s";2.0E-3;0.0E0;-5.0E1;"Volts"'
)
WHAT = {"lowest": -0.05, "highest": 0.25, "before": 0.5e-6, "after": 2e-6, "level": 0.1}


def talk(lines, **options):
    return conversation(TektronixTDS2024B, lines, **options)


def test_it_is_a_digitizer():
    with talk([]) as scope:
        assert isinstance(scope, Digitizer)


def test_it_is_brought_to_factory_settings_without_headers():
    with talk([("*CLS", None), ("*RST", None), ("HEAD OFF;VERB ON", None),
               ("ACQ:STATE STOP", None)]) as scope:  # fmt: skip
        scope.initialise()


def test_arming_sets_the_ranges_reads_them_back_and_waits_until_it_is_ready():
    lines = [(ARM, None), (READ_BACK, RANGES), ("ACQ:STATE RUN", None),
             ("TRIG:STATE?", "ARMED"), ("TRIG:STATE?", "READY")]  # fmt: skip
    with talk(lines) as scope:
        scope.arm(2, **WHAT)


def test_a_range_that_was_forced_to_another_is_not_taken():
    with talk([(ARM, None), (READ_BACK, RANGES.replace("5.0E-2", "1.0E-1"))]) as scope:
        with pytest.raises(InstrumentError, match="ranges read"):
            scope.arm(2, **WHAT)


@pytest.mark.parametrize("answer", ["", "nonsense", "1;2", ":CH2:SCALE 5.0E-2"])
def test_ranges_that_are_no_numbers_are_not_taken(answer):
    with talk([(ARM, None), (READ_BACK, answer)]) as scope:
        with pytest.raises(InstrumentError, match="ranges read"):
            scope.arm(2, **WHAT)


def test_a_scope_that_triggers_by_itself_is_not_ready():
    lines = [(ARM, None), (READ_BACK, RANGES), ("ACQ:STATE RUN", None), ("TRIG:STATE?", "AUTO")]
    with talk(lines) as scope, pytest.raises(InstrumentError, match="not ready"):
        scope.arm(2, **WHAT)


@pytest.mark.parametrize(
    ("change", "said"),
    [({"highest": 1000.0}, "350 V"), ({"after": 1e4}, "500 s"), ({"level": 0.3}, "level = 300 mV"),
     ({"level": 0.24}, "an edge needs"), ({"before": -1.0}, "0 s and more"),
     ({"lowest": math.nan}, "numbers only"), ({"after": math.inf}, "numbers only")],
)  # fmt: skip
def test_what_no_range_holds_is_refused_before_a_byte(change, said):
    with talk([]) as scope, pytest.raises(RangeError, match=said):
        scope.arm(2, **(WHAT | change))


@pytest.mark.parametrize(("channel", "probe"), [(0, 10), (5, 10), (1, 7)])
def test_a_channel_or_probe_that_it_has_not_is_refused_before_a_byte(channel, probe):
    with talk([]) as scope, pytest.raises(RangeError, match="accepts"):
        scope.arm(channel, probe=probe, **WHAT)


def test_a_record_is_in_volts_and_seconds_with_its_clipped_points_flagged():
    block = np.array([-50, 50, 127, -128], np.int8).tobytes()
    with talk([(FETCH, None), ("WFMP?", PREAMBLE), ("CURV?", block),
               ("CH2:PRO?", "1.0E1")]) as scope:  # fmt: skip
        found = scope.fetch(2)
    assert found.times == pytest.approx([-500e-9, -499e-9, -498e-9, -497e-9])
    assert found.volts == pytest.approx([0.0, 0.2, 0.354, -0.156])
    assert found.clipped.tolist() == [False, False, True, True]
    assert (found.resolution, found.gain) == (2e-3, 0.04)  # 5 mV a division at the connector


def test_a_channel_without_a_record_says_so():
    with talk([(FETCH, None), ("WFMP?", "1;8;BIN;RI;MSB")]) as scope:
        with pytest.raises(InstrumentError, match="channel 2 has no record"):
            scope.fetch(2)


def test_a_block_of_another_length_is_no_record():
    with talk([(FETCH, None), ("WFMP?", PREAMBLE), ("CURV?", b"\x00" * 3)]) as scope:
        with pytest.raises(InstrumentError, match="3 points came of 4"):
            scope.fetch(2)


@pytest.mark.parametrize(("answer", "complete"), [("1", False), ("0", True)])
def test_it_says_whether_the_record_is_there(answer, complete):
    with talk([("BUSY?", answer)]) as scope:
        assert scope.is_complete() is complete


def test_what_it_did_not_take_is_told_with_its_events():
    lines = [("CH1:SCA 0.5", None), ("*ESR?", "16"), ("ALLEV?", '528,"Parameter out of range; "')]
    with talk(lines, check_errors=True) as scope:
        with pytest.raises(InstrumentError, match="528"):
            scope.ch1_scale = 0.5


def test_the_power_on_event_is_no_error():
    with talk([("CH1:SCA 0.5", None), ("*ESR?", "128")], check_errors=True) as scope:
        scope.ch1_scale = 0.5


def test_a_time_scale_that_it_would_round_is_refused_before_a_byte():
    with talk([]) as scope, pytest.raises(RangeError, match=r"2\.5 µs or 5 µs"):
        scope.time_scale = 3e-6


def test_it_is_safe_when_it_answers():
    with talk([("*STB?", "0")]) as scope:
        scope.make_safe()


def test_a_status_byte_that_is_none_proves_nothing():
    with talk([("*STB?", "hello")]) as scope, pytest.raises(SafetyError):
        scope.make_safe()


def test_silence_proves_nothing():
    with talk([("*STB?", None)]) as scope, pytest.raises((SafetyError, TransportError)):
        scope.make_safe()


def test_an_aborted_bench_arms_nothing():
    latch = threading.Event()
    latch.set()
    with talk([]) as scope:
        stopped = TektronixTDS2024B(scope.transport, latch=latch)
        with pytest.raises(AbortedError):
            stopped.arm(1, **WHAT)
