"""Exact conversations with the 2400's driver; the words are those of its user's manual."""

import math
import struct
import threading

import numpy as np
import pytest
from conversation import ScriptedTransport, conversation

from labcim.capabilities import Flag
from labcim.errors import AbortedError, InstrumentError, RangeError, SafetyError, TransportError
from labcim.instrument import SafePhase
from labcim.instrument_capabilities import SourceMeter, SpotMeter
from labcim.instruments.keithley2400 import Keithley2400
from labcim.limits import TerminalLimits
from labcim.parameter import parameters_of

ROW = {"hi": TerminalLimits(low=0.0, high=4.0, current=5e-3)}
WIDE = {"hi": TerminalLimits(low=-100.0, high=100.0, current=1.0)}
GATE = {"hi": TerminalLimits(low=0.0, high=4.0, current=5e-3, gate=True)}
SETTINGS = ":SOUR:FUNC?;:SOUR:VOLT?;:SENS:CURR:PROT?;:SOUR:CURR?;:SENS:VOLT:PROT?"
NO_ERROR = '0,"No error"'
ON = (":SENS:CURR:PROT 0.0001;:SOUR:VOLT 0.2;:OUTP 1", None)
ZERO = ":SOUR:VOLT:MODE FIX;:SOUR:CURR:MODE FIX;:SOUR:VOLT 0;:SOUR:CURR 0"
OFF = (f"{ZERO};:OUTP 0", None)
GOOD, COMPLIANT, RANGE_COMPLIANT, OVER = "2.355600E+04", "2.356400E+04", "8.909200E+04", "23557"


def talk(lines, limits=ROW, **options):
    return conversation(Keithley2400, lines, limits=limits, **options)


def test_initialising_resets_and_measures_both():
    words = (
        "*RST;*CLS;:STAT:PRES;:SOUR:FUNC VOLT;:SENS:FUNC:CONC 1;:SENS:FUNC 'VOLT','CURR';"
        ":FORM ASC;:FORM:ELEM VOLT,CURR,TIME,STAT;:OUTP:SMOD HIMP"
    )
    with talk([(words, None)]) as smu:
        smu.initialise()


def test_sourcing_says_only_what_has_changed():
    with talk([ON, (":SOUR:VOLT 0.3", None)]) as smu:
        smu.source(0.2, current_limit=1e-4)
        smu.source(0.3, current_limit=1e-4)
        smu.source(0.3, current_limit=1e-4)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (f"+1.999900E-01,+4.001000E-06,+1.5E+00,+{GOOD}", (0.19999, 4.001e-6, Flag.GOOD)),
        (f"+1.0E-01,+1.0E-04,+1.5E+00,+{COMPLIANT}", (0.1, 1e-4, Flag.IN_COMPLIANCE)),
        (f"+1.0E-01,+1.0E-04,+1.5E+00,+{RANGE_COMPLIANT}", (0.1, 1e-4, Flag.IN_COMPLIANCE)),
    ],
)
def test_a_reading_is_voltage_current_and_flags(answer, expected):
    with talk([(":SENS:AVER 0", None), (":READ?", answer)]) as smu:
        assert smu.measure() == expected


def test_an_overflow_is_a_flag_and_never_a_number():
    answer = f"+1.0E-01,+9.900000E+37,+1.5E+00,{OVER}"
    with talk([(":SENS:AVER 0", None), (":READ?", answer)]) as smu:
        voltage, current, flags = smu.measure()
    assert voltage == 0.1 and math.isnan(current) and flags is Flag.OVER_RANGE


@pytest.mark.parametrize("answer", ["1.0E-01", "1,2,3,4,5,6,7,8", "1,2,what,4", ""])
def test_a_reading_of_the_wrong_shape_is_trouble_on_the_line(answer):
    with (
        talk([(":SENS:AVER 0", None), (":READ?", answer)]) as smu,
        pytest.raises(TransportError),
    ):
        smu.measure()


def test_averages_are_made_by_the_instruments_filter():
    lines = [(":SENS:AVER:TCON REP;COUN 16;:SENS:AVER 1", None), (":READ?", f"1,1,1,{GOOD}")]
    with talk(lines) as smu:
        smu.measure(averages=16)


def test_a_spot_reading_is_one_message_once_everything_is_set():
    spot = ":SOUR:VOLT 0.2;:READ?;:SOUR:VOLT 0"
    lines = [ON, (":SENS:AVER 0", None), (":READ?", f"0.2,1E-6,1,{GOOD}"), (":SOUR:VOLT 0", None)]
    with talk([*lines, (spot, f"0.19999,4.001E-6,1,{GOOD}")]) as smu:
        smu.spot(0.2, current_limit=1e-4)
        assert smu.spot(0.2, current_limit=1e-4) == (0.19999, 4.001e-06, Flag.GOOD)


def test_a_refusal_is_raised_in_the_instruments_own_words():
    lines = [
        (f"{ON[0]};:SYST:ERR?", '+826,"Attempt to exceed power limit"'),
        ("SYST:ERR?", NO_ERROR),
    ]
    with talk(lines, check_errors=True) as smu, pytest.raises(InstrumentError, match="826"):
        smu.source(0.2, current_limit=1e-4)


def test_a_sweep_is_a_list_that_runs_into_the_data_store():
    store = (
        ":TRAC:FEED:CONT NEV;:TRAC:CLE;:TRAC:POIN 3;:TRAC:FEED SENS;:TRAC:FEED:CONT NEXT;"
        ":TRIG:COUN 3;:SOUR:VOLT:MODE LIST;:STAT:MEAS:ENAB 512"
    )
    rows = [0, 0, 0, GOOD, 0.5, 5e-5, 0.02, COMPLIANT, 9.9e37, 1e-4, 0.04, OVER]
    block = struct.pack("<12f", *map(float, rows))
    lines = [
        (":SENS:CURR:PROT 0.001;:SENS:AVER 0;:SOUR:DEL 0.01", None),
        (":SOUR:LIST:VOLT 0,0.5,1", None),
        (store, None),
        (":OUTP 1", None),
        (":INIT", None),
        ("*STB?", "0"),
        ("*STB?", "1"),
        (":FORM:DATA REAL,32;:FORM:BORD SWAP", None),
        (":TRAC:DATA?", block),
        (":FORM:DATA ASC", None),
        (":SOUR:VOLT:MODE FIX;:TRIG:COUN 1;:SOUR:DEL:AUTO 1;:STAT:MEAS:ENAB 0", None),
        OFF,
    ]
    with talk(lines) as smu:
        seen = smu.sweep(np.array([0.0, 0.5, 1.0]), dwell=0.01, current_limit=1e-3)
    assert seen.current == pytest.approx([0.0, 5e-5, 1e-4])
    assert seen.time == pytest.approx([0.0, 0.02, 0.04])
    assert math.isnan(seen.voltage[2])
    assert list(seen.flags) == [0, int(Flag.IN_COMPLIANCE), int(Flag.OVER_RANGE)]


def test_a_sweep_is_left_at_once_when_the_bench_is_stopped():
    latch = threading.Event()

    class Stopping(ScriptedTransport):
        def query(self, message):
            if message == "*STB?":
                latch.set()
            return super().query(message)

    transport = Stopping([("*STB?", "0")])
    transport.write = lambda message: None
    smu = Keithley2400(transport, ROW, latch=latch, check_errors=False)
    with pytest.raises(AbortedError):
        smu.sweep(np.array([0.0, 1.0]), dwell=0.01, current_limit=1e-3)


def test_a_sweep_longer_than_the_data_store_is_refused():
    with talk([]) as smu, pytest.raises(RangeError, match="1 to 2500 points"):
        smu.sweep(np.zeros(2501), dwell=0.01, current_limit=1e-3)


@pytest.mark.parametrize("levels", [[0.0, 4.5], [-0.1, 1.0], [0.0, math.nan], []])
def test_levels_beyond_the_terminal_are_refused_before_a_byte_is_sent(levels):
    with talk([]) as smu, pytest.raises(RangeError, match="nothing was sent"):
        smu.sweep(np.array(levels), dwell=0.01, current_limit=1e-3)


@pytest.mark.parametrize("voltage", [4.5, -0.1, math.nan, math.inf, 250.0])
def test_a_voltage_beyond_the_terminal_is_refused_before_a_byte_is_sent(voltage):
    with talk([]) as smu:
        for attempt in (smu.source, smu.spot):
            with pytest.raises(RangeError, match="nothing was sent"):
                attempt(voltage, current_limit=1e-3)
        with pytest.raises(RangeError):
            smu.voltage = voltage


@pytest.mark.parametrize("limit", [6e-3, 1e-10, math.nan])
def test_a_compliance_beyond_the_terminal_is_refused_before_a_byte_is_sent(limit):
    with talk([]) as smu:
        with pytest.raises(RangeError):
            smu.source(1.0, current_limit=limit)
        with pytest.raises(RangeError):
            smu.current_limit = limit


def test_more_than_the_instrument_has_power_for_is_refused():
    with talk([], WIDE) as smu, pytest.raises(RangeError, match="105 mA above 21 V"):
        smu.source(30.0, current_limit=0.2)


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ("VOLT;5;1E-3;0;21", "voltage = 5 V"),
        ("VOLT;1;1E-1;0;21", "current_limit = 100 mA"),
        ("CURR;0;1E-4;1E-2;1", "current = 10 mA"),
        ("CURR;0;1E-4;1E-5;3", "voltage_limit = -3 V"),
    ],
)
def test_what_someone_else_has_set_does_not_get_onto_the_terminal(settings, why):
    with talk([(SETTINGS, settings)]) as smu, pytest.raises(RangeError, match=why):
        smu.output = True


def test_the_source_is_at_zero_before_outputs_are_opened():
    lines = [
        (f":ABOR;{ZERO}", None),
        (":SOUR:VOLT?;:SOUR:CURR?", "0.000000E+00;0.000000E+00"),
        (":OUTP 0", None),
        (":OUTP?", "0"),
    ]
    with talk(lines) as smu:
        smu.make_safe()


def test_a_source_on_gates_waits_for_the_gates_turn():
    lines = [(f":ABOR;{ZERO}", None), (":SOUR:VOLT?;:SOUR:CURR?", "0;0")]
    with talk(lines, GATE) as smu:
        smu.safe(SafePhase.SOURCES)
        smu.safe(SafePhase.GATES)


@pytest.mark.parametrize("answer", ["1", "what?", ""])
def test_an_output_that_is_not_shown_to_be_off_is_not_safe(answer):
    with (
        talk([(":OUTP 0", None), (":OUTP?", answer)]) as smu,
        pytest.raises(SafetyError, match="output"),
    ):
        smu.safe(SafePhase.OUTPUTS)


def test_a_stopped_bench_sources_nothing():
    latch = threading.Event()
    latch.set()
    smu = Keithley2400(ScriptedTransport([]), ROW, latch=latch)
    with pytest.raises(AbortedError):
        smu.source(0.1, current_limit=1e-4)


def test_every_parameter_says_what_it_does():
    for name, parameter in parameters_of(Keithley2400).items():
        assert parameter.__doc__.split()[0] in ("Control", "Measure", "Set", "Get"), name


def test_the_driver_is_a_source_meter_and_a_spot_meter():
    smu = Keithley2400(ScriptedTransport([]))
    assert isinstance(smu, SourceMeter) and isinstance(smu, SpotMeter)
