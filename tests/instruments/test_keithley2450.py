"""Exact conversations with the 2450's driver; the words are those of its reference manual."""

import math
import struct
import threading

import numpy as np
import pytest
from conversation import ScriptedTransport, conversation

from labcim.capabilities import Flag
from labcim.errors import AbortedError, InstrumentError, RangeError, SafetyError, TransportError
from labcim.instrument import SafePhase
from labcim.instrument_capabilities import SourceMeter
from labcim.instruments.keithley2450 import Keithley2450
from labcim.limits import TerminalLimits
from labcim.parameter import parameters_of

ROW = {"hi": TerminalLimits(low=0.0, high=4.0, current=5e-3)}
GATE = {"hi": TerminalLimits(low=0.0, high=4.0, current=5e-3, gate=True)}
SETTINGS = ":SOUR:FUNC?;:SOUR:VOLT?;:SOUR:VOLT:ILIM?;:SOUR:CURR?;:SOUR:CURR:VLIM?"
NO_ERROR = '0,"No error;0;0 0"'
READ = ':READ? "defbuffer1", SOUR, READ, SOURSTAT'


def talk(lines, limits=ROW, **options):
    return conversation(Keithley2450, lines, limits=limits, **options)


def test_sourcing_sets_the_limit_before_the_level_and_then_the_output():
    with talk([(":SOUR:VOLT:ILIM 0.0001;:SOUR:VOLT 0.2;:OUTP 1", None)]) as smu:
        smu.source(0.2, current_limit=1e-4)


def test_sourcing_says_only_what_has_changed():
    lines = [(":SOUR:VOLT:ILIM 0.0001;:SOUR:VOLT 0.2;:OUTP 1", None), (":SOUR:VOLT 0.3", None)]
    with talk(lines) as smu:
        smu.source(0.2, current_limit=1e-4)
        smu.source(0.3, current_limit=1e-4)
        smu.source(0.3, current_limit=1e-4)


def test_a_level_set_by_hand_is_not_taken_as_known():
    lines = [
        (":SOUR:VOLT:ILIM 0.0001;:SOUR:VOLT 0.2;:OUTP 1", None),
        (":SOUR:VOLT 1", None),
        (":SOUR:VOLT 0.2", None),
    ]
    with talk(lines) as smu:
        smu.source(0.2, current_limit=1e-4)
        smu.voltage = 1.0
        smu.source(0.2, current_limit=1e-4)


def test_every_command_is_followed_by_a_look_into_the_error_queue():
    lines = [(":OUTP:VOLT:SMOD HIMP", None), ("SYST:ERR?", '0,"No error;0;0 0"')]
    with talk(lines, check_errors=True) as smu:
        smu.output_off_state = "high impedance"


def test_a_refusal_is_raised_in_the_instruments_own_words():
    lines = [
        (":SENS:CURR:NPLC 1", None),
        ("SYST:ERR?", '-222,"Data out of range;1;2026/01/01 00:00:00.000"'),
        ("SYST:ERR?", '0,"No error;0;0 0"'),
    ]
    with (
        talk(lines, check_errors=True) as smu,
        pytest.raises(InstrumentError, match=r"-222,.Data out of range"),
    ):
        smu.power_line_cycles = 1.0


def test_after_a_refusal_everything_is_said_again():
    whole = ":SOUR:VOLT:ILIM 0.0001;:SOUR:VOLT 0.2;:OUTP 1"
    lines = [
        (f"{whole};:SYST:ERR?", '-221,"Settings conflict;1;2026/01/01 00:00:00.000"'),
        ("SYST:ERR?", NO_ERROR),
        (f"{whole};:SYST:ERR?", NO_ERROR),
    ]
    with talk(lines, check_errors=True) as smu:
        with pytest.raises(InstrumentError):
            smu.source(0.2, current_limit=1e-4)
        smu.source(0.2, current_limit=1e-4)


def test_a_reading_is_voltage_current_and_flags():
    with talk([(":SENS:CURR:AVER 0", None), (READ, "1.999900E-01,4.001000E-06,4")]) as smu:
        assert smu.measure() == (0.19999, 4.001e-06, Flag.GOOD)


def test_a_source_that_is_limited_is_flagged():
    with talk([(":SENS:CURR:AVER 0", None), (READ, "1.0E-01,1.0E-04,20")]) as smu:
        assert smu.measure()[2] is Flag.IN_COMPLIANCE


def test_an_overflow_is_a_flag_and_never_a_number():
    with talk([(":SENS:CURR:AVER 0", None), (READ, "1.0E-01,9.9E+37,4")]) as smu:
        _, current, flags = smu.measure()
    assert math.isnan(current) and flags is Flag.OVER_RANGE


SET_UP = (":SOUR:VOLT:ILIM 0.0001;:SOUR:VOLT 0.2;:OUTP 1", None)
SPOT = f":SOUR:VOLT 0.2;{READ};:SOUR:VOLT 0"
AT_ZERO = [
    (":SOUR:VOLT:ILIM 0.0001;:SOUR:VOLT 0.2;:OUTP 1;:SYST:ERR?", NO_ERROR),
    (":SENS:CURR:AVER 0;:SYST:ERR?", NO_ERROR),
    (READ, "1.0E-01,1.0E-06,4"),
    (":SOUR:VOLT 0;:SYST:ERR?", NO_ERROR),
]


def test_a_spot_reading_is_one_message_once_everything_is_set():
    lines = [SET_UP, (":SENS:CURR:AVER 0", None), (READ, "2E-01,1E-06,4"), (":SOUR:VOLT 0", None)]
    with talk([*lines, (SPOT, "1.999900E-01,4.001000E-06,4")]) as smu:
        smu.spot(0.2, current_limit=1e-4)
        assert smu.spot(0.2, current_limit=1e-4) == (0.19999, 4.001e-06, Flag.GOOD)


def test_a_spot_reading_whose_level_was_refused_is_no_reading():
    refused = "0,1E-12,4;" + '-222,"Data out of range;1;2026/01/01 00:00:00.000"'
    lines = [*AT_ZERO, (f"{SPOT};:SYST:ERR?", refused), ("SYST:ERR?", NO_ERROR)]
    with talk(lines, check_errors=True) as smu:
        smu.spot(0.2, current_limit=1e-4)
        with pytest.raises(InstrumentError, match="-222"):
            smu.spot(0.2, current_limit=1e-4)


def test_a_spot_reading_that_was_refused_tells_why():
    refused = '-221,"Settings conflict;1;2026/01/01 00:00:00.000"'
    lines = [*AT_ZERO, (f"{SPOT};:SYST:ERR?", refused), ("SYST:ERR?", NO_ERROR)]
    with talk(lines, check_errors=True) as smu:
        smu.spot(0.2, current_limit=1e-4)
        with pytest.raises(InstrumentError, match="-221"):
            smu.spot(0.2, current_limit=1e-4)


def test_a_new_current_limit_is_set_at_zero_before_a_spot_reading():
    lines = [*AT_ZERO, (":SOUR:VOLT:ILIM 0.0002;:SYST:ERR?", NO_ERROR)]
    lines.append((f"{SPOT};:SYST:ERR?", f"0.2,1E-12,4;{NO_ERROR}"))
    with talk(lines, check_errors=True) as smu:
        smu.spot(0.2, current_limit=1e-4)
        smu.spot(0.2, current_limit=2e-4)


@pytest.mark.parametrize("voltage", [4.1, -0.1, math.nan, math.inf])
def test_a_spot_reading_beyond_the_terminal_is_refused_before_a_byte_is_sent(voltage):
    with talk([]) as smu, pytest.raises(RangeError, match="nothing was sent"):
        smu.spot(voltage, current_limit=1e-4)


def test_what_was_undone_from_aside_is_said_again():
    with talk([SET_UP, SET_UP]) as smu:
        smu.source(0.2, current_limit=1e-4)
        smu.forget()
        smu.source(0.2, current_limit=1e-4)


def test_averages_are_made_by_the_instruments_filter():
    lines = [(":SENS:CURR:AVER:TCON REP;COUN 16;:SENS:CURR:AVER 1", None)] + [
        (READ, "1.0E-01,1.0E-06,4")
    ] * 2
    with talk(lines) as smu:
        smu.measure(averages=16)
        smu.measure(averages=16)


def test_more_averages_than_the_filter_takes_are_read_in_rounds():
    lines = [
        (":SENS:CURR:AVER:TCON REP;COUN 100;:SENS:CURR:AVER 1", None),
        (READ, "1.0E-01,1.0E-06,4"),
        (READ, "1.0E-01,3.0E-06,4"),
    ]
    with talk(lines) as smu:
        assert smu.measure(averages=200)[1] == pytest.approx(2e-6)


def test_a_reading_of_the_wrong_shape_is_trouble_on_the_line():
    with (
        talk([(":SENS:CURR:AVER 0", None), (READ, "1.0E-01")]) as smu,
        pytest.raises(TransportError, match="1 fields"),
    ):
        smu.measure()


def test_a_sweep_is_a_list_that_the_instrument_runs_itself():
    lines = [
        (':SOUR:VOLT:ILIM 0.001;:SENS:CURR:AVER 0;:TRAC:CLE "defbuffer1"', None),
        (":SOUR:LIST:VOLT 0,0.5,1", None),
        (':SOUR:SWE:VOLT:LIST 1, 0.01, 1, OFF, "defbuffer1"', None),
        (":INIT", None),
        (":TRIG:STAT?", "IDLE;IDLE;6"),
        (":FORM:DATA REAL;:FORM:BORD SWAP", None),
        (
            ':TRAC:DATA? 1, 3, "defbuffer1", SOUR, READ, SOURSTAT, REL',
            struct.pack("<12d", 0, 0, 4, 0, 0.5, 5e-6, 4, 0.03, 1, 9.9e37, 20, 0.06),
        ),
        (":FORM:DATA ASC", None),
        (":SOUR:VOLT 0;:SOUR:CURR 0;:OUTP 0", None),
    ]
    with talk(lines) as smu:
        seen = smu.sweep(np.array([0.0, 0.5, 1.0]), dwell=0.01, current_limit=1e-3)
    assert seen.voltage.tolist() == [0.0, 0.5, 1.0]
    assert seen.current[1] == 5e-6 and math.isnan(seen.current[2])
    assert seen.flags.tolist() == [0, 0, Flag.IN_COMPLIANCE | Flag.OVER_RANGE]
    assert seen.time.tolist() == [0.0, 0.03, 0.06]


def test_a_long_list_is_sent_in_parts_of_a_hundred():
    transport = ScriptedTransport([])
    sent = []
    transport.write = sent.append
    transport.query = lambda message: "IDLE;IDLE;6"
    transport.query_block = lambda message, size: bytes(size)
    smu = Keithley2450(transport, ROW, check_errors=False)
    smu.sweep(np.zeros(250), dwell=1e-3, current_limit=1e-3)
    lists = [message for message in sent if ":LIST:VOLT" in message and "SWE" not in message]
    assert [message.count(",") + 1 for message in lists] == [100, 100, 50]
    assert [":APP" in message for message in lists] == [False, True, True]


def test_a_sweep_is_left_at_once_when_the_bench_is_stopped():
    latch = threading.Event()
    transport = ScriptedTransport([])
    transport.write = lambda _: None

    def running(_):
        latch.set()
        return "RUNNING;RUNNING;3"

    transport.query = running
    smu = Keithley2450(transport, ROW, latch=latch, check_errors=False)
    with pytest.raises(AbortedError, match="ended from outside"):
        smu.sweep(np.zeros(3), dwell=1.0, current_limit=1e-3)


def test_a_stopped_bench_sources_nothing():
    latch = threading.Event()
    latch.set()
    transport = ScriptedTransport([])
    with pytest.raises(AbortedError):
        Keithley2450(transport, ROW, latch=latch).source(0.1, current_limit=1e-4)


@pytest.mark.parametrize("voltage", [4.001, -0.001, 250.0, math.nan, math.inf, -math.inf])
def test_a_voltage_beyond_the_terminal_is_refused_before_anything_is_sent(voltage):
    with talk([]) as smu:
        with pytest.raises(RangeError, match="accepts"):
            smu.voltage = voltage
        with pytest.raises(RangeError, match="accepts"):
            smu.source(voltage, current_limit=1e-4)
        with pytest.raises(RangeError, match="accepts"):
            smu.sweep(np.array([0.0, voltage, 0.1]), dwell=1e-3, current_limit=1e-4)


@pytest.mark.parametrize("limit", [5.1e-3, 2.0, math.nan, math.inf, -1e-3, 0.0])
def test_a_current_limit_beyond_the_terminal_is_refused_before_anything_is_sent(limit):
    with talk([]) as smu:
        with pytest.raises(RangeError, match="accepts"):
            smu.current_limit = limit
        with pytest.raises(RangeError, match="accepts"):
            smu.source(0.1, current_limit=limit)
        with pytest.raises(RangeError, match="accepts"):
            smu.sweep(np.array([0.0, 0.1]), dwell=1e-3, current_limit=limit)


def test_the_refusal_says_value_unit_and_limit():
    with talk([]) as smu, pytest.raises(RangeError, match=r"hi: voltage = 4\.5 V.*0 V to 4 V"):
        smu.source(4.5, current_limit=1e-4)


@pytest.mark.parametrize("dwell", [0.0, -1.0, 1e5, math.nan, math.inf])
def test_a_dwell_that_the_instrument_cannot_do_is_refused(dwell):
    with talk([]) as smu, pytest.raises(RangeError, match="dwell"):
        smu.sweep(np.array([0.0]), dwell=dwell, current_limit=1e-4)


def test_an_empty_sweep_is_refused():
    with talk([]) as smu, pytest.raises(RangeError, match="points"):
        smu.sweep(np.array([]), dwell=1e-3, current_limit=1e-4)


@pytest.mark.parametrize("limit", [4.1, 21.0, math.nan])
def test_a_voltage_limit_is_refused_for_either_polarity(limit):
    both = {"hi": TerminalLimits(low=-4.0, high=4.0, current=5e-3)}
    with talk([], both) as smu, pytest.raises(RangeError):
        smu.voltage_limit = limit


def test_a_current_source_is_refused_where_its_limit_could_drive_the_line_below_its_window():
    with talk([]) as smu, pytest.raises(RangeError, match="voltage_limit = -1 V"):
        smu.voltage_limit = 1.0


def test_changing_to_a_current_source_with_the_old_voltage_limit_is_refused():
    lines = [(SETTINGS, "VOLT;0.1;1E-4;0;21")]
    with talk(lines) as smu, pytest.raises(RangeError, match="voltage_limit = 21 V"):
        smu.source_function = "current"


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ("VOLT;5;1E-4;0;2", "voltage = 5 V"),
        ("VOLT;1;1;0;2", "current_limit = 1 A"),
        ("CURR;1;1E-4;0;21", "voltage_limit = 21 V"),
        ("CURR;1;1E-4;1;2", "current = 1 A"),
    ],
)
def test_what_someone_else_has_set_does_not_get_onto_the_terminal(settings, why):
    with talk([(SETTINGS, settings)]) as smu, pytest.raises(RangeError, match=why):
        smu.output = True


def test_the_output_goes_on_when_the_settings_are_allowed():
    lines = [(SETTINGS, "VOLT;1;1E-3;0;21"), (":OUTP 1", None)]
    with talk(lines) as smu:
        smu.output = True


def test_the_source_is_at_zero_before_outputs_are_opened():
    lines = [
        (":ABOR;:SOUR:VOLT 0;:SOUR:CURR 0", None),
        (":SOUR:VOLT?;:SOUR:CURR?", "0.000000E+00;0.000000E+00"),
        (":OUTP 0", None),
        (":OUTP?", "0"),
    ]
    with talk(lines) as smu:
        smu.make_safe()


def test_a_source_on_gates_waits_for_the_gates_turn():
    with talk([], GATE) as smu:
        smu.safe(SafePhase.SOURCES)
    lines = [(":ABOR;:SOUR:VOLT 0;:SOUR:CURR 0", None), (":SOUR:VOLT?;:SOUR:CURR?", "0;0")]
    with talk(lines, GATE) as smu:
        smu.safe(SafePhase.GATES)


@pytest.mark.parametrize("answer", ["1", "what?", ""])
def test_an_output_that_is_not_shown_to_be_off_is_not_safe(answer):
    with (
        talk([(":OUTP 0", None), (":OUTP?", answer)]) as smu,
        pytest.raises(SafetyError, match="output"),
    ):
        smu.safe(SafePhase.OUTPUTS)


def test_silence_is_no_proof_of_safety():
    lines = [(":OUTP 0", None), (":OUTP?", None)]
    with talk(lines) as smu, pytest.raises(SafetyError, match="read back"):
        smu.safe(SafePhase.OUTPUTS)


def test_safety_works_on_a_stopped_bench():
    latch = threading.Event()
    latch.set()
    transport = ScriptedTransport([(":OUTP 0", None), (":OUTP?", "0")])
    Keithley2450(transport, ROW, latch=latch).safe(SafePhase.OUTPUTS)
    assert not transport.left


def test_every_parameter_says_what_it_does():
    for name, parameter in parameters_of(Keithley2450).items():
        assert parameter.__doc__.split()[0] in ("Control", "Measure", "Set", "Get"), name


def test_the_driver_is_a_source_meter():
    assert isinstance(Keithley2450(ScriptedTransport([])), SourceMeter)


def test_words_of_the_instrument_are_read_in_their_short_form():
    with talk([(":SENS:FUNC?", '"CURR:DC"'), (":ROUT:TERM?", "REAR")]) as smu:
        assert smu.sense_function == "current"
        assert smu.panel == "rear"
