"""Exact conversations with the B1500A's driver; the words are those of its Programming Guide."""

import math
import threading

import numpy as np
import pytest
from conversation import ScriptedTransport, conversation

from labcim.capabilities import Flag
from labcim.errors import AbortedError, InstrumentError, RangeError, SafetyError, TransportError
from labcim.instrument import SafePhase
from labcim.instrument_capabilities import PulseSource, SourceMeter, SourceMeters
from labcim.instruments._keysightb1500a_limits import stairs
from labcim.instruments.keysightb1500a import KeysightB1500A
from labcim.limits import TerminalLimits

ROW = TerminalLimits(low=0.0, high=4.0, current=5e-3)
GATE = TerminalLimits(low=0.0, high=5.0, current=1e-3, gate=True)
LIMITS = {"smu1": ROW, "smu2": ROW, "smu3": GATE}
NO_ERROR = '+0,"No Error."'
ON = ("CN 1;AAD 1,1;DV 1,0,0.2,0.0001", None)
READ = "NAI+004.001E-06,NAV+199.990E-03"


def talk(lines, limits=LIMITS, **options):
    return conversation(KeysightB1500A, lines, limits=limits, **options)


def test_it_is_known_by_its_model():
    assert KeysightB1500A.fits("Agilent Technologies,B1500A,MY55230001,A.06.02.2023.0401")
    assert KeysightB1500A.fits("Keysight Technologies,B1500A,0,A.07")


def test_it_begins_with_everything_off():
    with talk([("*RST;FMT 1,0;AIT 1,2,1", None)]) as analyzer:
        analyzer.initialise()


def test_units_are_source_meters_and_channels_of_a_pulse_source():
    with talk([]) as analyzer:
        assert isinstance(analyzer, PulseSource) and isinstance(analyzer, SourceMeters)
        assert isinstance(analyzer.source_meter("smu2"), SourceMeter)
        assert analyzer.source_meter("smu2").instrument is analyzer
        for wrong in ("hi", "smu0", "smu11", ""):
            with pytest.raises(RangeError, match="accepts smu1"):
                analyzer.source_meter(wrong)
        for wrong in (0, 11, 1.5, True + 10):
            with pytest.raises(RangeError, match="1 to 10"):
                analyzer.smu(wrong)


def test_sourcing_closes_the_switch_and_says_level_and_limit_together():
    with talk([ON]) as analyzer:
        analyzer.smu(1).source(0.2, current_limit=1e-4)


def test_sourcing_says_only_what_has_changed():
    with talk([ON, ("DV 1,0,0.3,0.0001", None)]) as analyzer:
        unit = analyzer.smu(1)
        unit.source(0.2, current_limit=1e-4)
        unit.source(0.3, current_limit=1e-4)
        analyzer.smu(1).source(0.3, current_limit=1e-4)


def test_what_was_undone_from_aside_is_said_again():
    with talk([ON, ON]) as analyzer:
        analyzer.smu(1).source(0.2, current_limit=1e-4)
        analyzer.forget()
        analyzer.smu(1).source(0.2, current_limit=1e-4)


def test_a_refusal_is_raised_in_the_instruments_own_words_and_nothing_is_taken_for_known():
    refused = '+123,"Compliance must be set correctly."'
    lines = [
        (f"{ON[0]};ERRX?", refused), ("ERRX?", NO_ERROR), (f"{ON[0]};ERRX?", NO_ERROR)
    ]  # fmt: skip
    with talk(lines, check_errors=True) as analyzer:
        with pytest.raises(InstrumentError, match="Compliance must be set correctly"):
            analyzer.smu(1).source(0.2, current_limit=1e-4)
        analyzer.smu(1).source(0.2, current_limit=1e-4)


def test_a_reading_is_voltage_current_and_flags():
    with talk([("FMT 1,0;AIT 1,2,1", None), ("TIV 1,0,0", READ)]) as analyzer:
        assert analyzer.smu(1).measure() == (0.19999, 4.001e-06, Flag.GOOD)


@pytest.mark.parametrize(
    ("letter", "flag"),
    [
        ("C", Flag.IN_COMPLIANCE), ("T", Flag.IN_COMPLIANCE), ("F", Flag.IN_COMPLIANCE),
        ("V", Flag.OVER_RANGE), ("X", Flag.NOT_SETTLED), ("G", Flag.NOT_SETTLED),
    ],
)  # fmt: skip
def test_every_status_but_n_is_a_flag(letter, flag):
    said = f"{letter}AI+004.001E-06,NAV+199.990E-03"
    with talk([("FMT 1,0;AIT 1,2,1", None), ("TIV 1,0,0", said)]) as analyzer:
        assert analyzer.smu(1).measure()[2] == flag


def test_a_value_that_is_none_is_a_flag_and_never_a_number():
    said = "VAI+199.999E+99,NAV+199.990E-03"
    with talk([("FMT 1,0;AIT 1,2,1", None), ("TIV 1,0,0", said)]) as analyzer:
        _, current, flags = analyzer.smu(1).measure()
    assert math.isnan(current) and flags is Flag.OVER_RANGE


@pytest.mark.parametrize(
    "said",
    [
        "", "+4E-6,+0.2", "NAV+199.990E-03,NAI+004.001E-06", "NAI+004.001E-06", "ZAI+1.0E-06",
        "NBI+004.001E-06,NBV+199.990E-03",
    ],
)  # fmt: skip
def test_a_reading_of_the_wrong_shape_is_trouble_on_the_line(said):
    lines = [("FMT 1,0;AIT 1,2,1", None), ("TIV 1,0,0", said)]
    with talk(lines) as analyzer, pytest.raises(TransportError):
        analyzer.smu(1).measure()


def test_pulses_that_answer_too_little_were_not_all_delivered():
    lines = [
        ("CN 2;AAD 2,1;DV 2,0,0,0.005", None),
        (
            "FMT 1,0;TSC 0;CMM 2,0;WM 1,1;PT 0,0.0010,0.0050;"
            "PWV 2,1,0,0,2.5,2.5,3,0.005;MM 4,2",
            None,
        ),
        ("XE", "NBI+0.10000E-03"),
    ]  # fmt: skip
    with talk(lines) as analyzer, pytest.raises(TransportError, match="3 pulses"):
        analyzer.pulse(2, 2.5, width=1e-3, period=0.0, count=3)


def test_averages_are_line_cycles_of_the_converter():
    lines = [("FMT 1,0;AIT 1,2,16", None), ("TIV 1,0,0", READ), ("TIV 1,0,0", READ)]
    with talk(lines) as analyzer:
        analyzer.smu(1).measure(averages=16)
        analyzer.smu(1).measure(averages=16)


def test_more_averages_than_the_converter_takes_are_read_in_rounds():
    other = "NAI+002.001E-06,NAV+199.990E-03"
    lines = [("FMT 1,0;AIT 1,2,100", None), ("TIV 1,0,0", READ), ("TIV 1,0,0", other)]
    with talk(lines) as analyzer:
        assert analyzer.smu(1).measure(averages=200)[1] == pytest.approx(3.001e-6)


SPOT = "DV 1,0,0.2,0.0001;TIV 1,0,0;DV 1,0,0,0.0001"
AT_REST = [("FMT 1,0;AIT 1,2,1", None), ("CN 1;AAD 1,1;DV 1,0,0,0.0001", None)]


def test_a_spot_reading_is_one_line_once_everything_is_set():
    with talk([*AT_REST, (SPOT, READ), (SPOT, READ)]) as analyzer:
        unit = analyzer.smu(1)
        unit.spot(0.2, current_limit=1e-4)
        assert unit.spot(0.2, current_limit=1e-4) == (0.19999, 4.001e-06, Flag.GOOD)


def test_a_spot_reading_whose_level_was_refused_is_no_reading():
    refused = '+123,"Compliance must be set correctly."'
    lines = [(f"{said};ERRX?", NO_ERROR) for said, _ in AT_REST]
    lines += [(SPOT, READ), ("ERRX?", refused), ("ERRX?", NO_ERROR)]
    lines += [(f"{AT_REST[1][0]};ERRX?", NO_ERROR), (SPOT, READ), ("ERRX?", NO_ERROR)]
    with talk(lines, check_errors=True) as analyzer:
        with pytest.raises(InstrumentError, match="123"):
            analyzer.smu(1).spot(0.2, current_limit=1e-4)
        analyzer.smu(1).spot(0.2, current_limit=1e-4)


@pytest.mark.parametrize("voltage", [4.1, -0.1, math.nan, math.inf])
def test_a_spot_reading_beyond_the_terminal_is_refused_before_a_byte_is_sent(voltage):
    with talk([]) as analyzer, pytest.raises(RangeError, match="nothing was sent"):
        analyzer.smu(1).spot(voltage, current_limit=1e-4)


SET_UP = [
    ("FMT 1,0;AIT 1,2,1", None),
    ("CN 1;AAD 1,1;DV 1,0,0,0.001", None),
    ("WM 1,2;WT 0,0.0100;CMM 1,4;RI 1,0;RV 1,0;FMT 1,0;TSC 1;MM 2,1;TSR", None),
]


def test_an_even_sweep_is_a_staircase_that_the_instrument_runs_itself():
    answer = (
        "NAT+00.0100E+00,NAI+0.00000E-06,NAV+0.00000E+00,NAT+00.0300E+00,NAI+5.00000E-06,"
        "NAV+500.000E-03,NAT+00.0500E+00,CAI+1.00000E-03,NAV+0.90000E+00"
    )
    lines = [
        *SET_UP,
        ("WV 1,1,0,0,1,3,0.001", None),
        ("XE", answer),
        ("CL 1", None),
    ]
    with talk(lines) as analyzer:
        seen = analyzer.smu(1).sweep(np.array([0.0, 0.5, 1.0]), dwell=0.01, current_limit=1e-3)
    assert seen.voltage.tolist() == [0.0, 0.5, 0.9]
    assert seen.current.tolist() == [0.0, 5e-6, 1e-3]
    assert seen.time.tolist() == [0.01, 0.03, 0.05]
    assert seen.flags.tolist() == [0, 0, Flag.IN_COMPLIANCE]


def test_a_sweep_there_and_back_is_two_staircases():
    assert stairs([0.0, 0.5, 1.0, 0.5, 0.0], 100) == [(0.0, 1.0, 3), (0.5, 0.0, 2)]


@pytest.mark.parametrize(
    ("levels", "longest", "made"),
    [
        ([1.0], 10, [(1.0, 1.0, 1)]),
        ([1.0, 1.0, 1.0], 10, [(1.0, 1.0, 3)]),
        ([0.0, 0.1, 0.2, 0.3], 2, [(0.0, 0.1, 2), (0.2, 0.3, 2)]),
        ([0.0, 1.0, 5.0], 10, [(0.0, 1.0, 2), (5.0, 5.0, 1)]),
        ([0.0, 1.0], 1, [(0.0, 0.0, 1), (1.0, 1.0, 1)]),
    ],
)  # fmt: skip
def test_every_point_of_a_sweep_is_in_one_staircase(levels, longest, made):
    assert stairs(levels, longest) == made
    points = [np.linspace(start, stop, steps) for start, stop, steps in made]
    assert np.concatenate(points) == pytest.approx(levels)


def test_a_long_sweep_is_run_in_parts_that_answer_in_time():
    assert len(stairs(np.linspace(0.0, 1.0, 1001).tolist(), 100)) == 11


def test_a_sweep_that_answers_too_little_is_no_sweep_and_the_output_goes_off():
    lines = [*SET_UP, ("WV 1,1,0,0,1,2,0.001", None), ("XE", "NAI+0.00000E-06"), ("CL 1", None)]
    with talk(lines) as analyzer, pytest.raises(TransportError, match="sweep of 2 points"):
        analyzer.smu(1).sweep(np.array([0.0, 1.0]), dwell=0.01, current_limit=1e-3)


@pytest.mark.parametrize(
    ("levels", "dwell", "limit"),
    [
        ([0.0, 4.1], 0.01, 1e-3), ([0.0, -0.1], 0.01, 1e-3), ([0.0, math.nan], 0.01, 1e-3),
        ([0.0, math.inf], 0.01, 1e-3), ([], 0.01, 1e-3), ([[0.0]], 0.01, 1e-3),
        ([0.0], 0.01, 6e-3), ([0.0], 0.01, math.nan), ([0.0], 0.01, 0.0), ([0.0], 0.01, -1e-3),
        ([0.0], 0.0, 1e-3), ([0.0], 2.1, 1e-3), ([0.0], 1.5e-4, 1e-3), ([0.0], math.nan, 1e-3),
    ],
)  # fmt: skip
def test_a_sweep_beyond_the_terminal_is_refused_before_a_byte_is_sent(levels, dwell, limit):
    with talk([]) as analyzer, pytest.raises(RangeError, match="nothing was sent"):
        analyzer.smu(1).sweep(np.array(levels), dwell=dwell, current_limit=limit)


@pytest.mark.parametrize(
    ("voltage", "limit"),
    [
        (4.1, 1e-4), (-0.1, 1e-4), (math.nan, 1e-4), (math.inf, 1e-4), (1.0, 5.1e-3), (1.0, 0.0),
        (1.0, math.nan), (1.0, math.inf), (1.0, -1e-4), (1.0, 1e-13),
    ],
)  # fmt: skip
def test_a_level_beyond_the_terminal_is_refused_before_a_byte_is_sent(voltage, limit):
    with talk([]) as analyzer, pytest.raises(RangeError, match="nothing was sent"):
        analyzer.smu(1).source(voltage, current_limit=limit)


def test_the_unit_itself_gives_less_current_at_more_voltage():
    with talk([("CN 4;AAD 4,1;DV 4,0,40,0.05", None)]) as analyzer:
        for voltage, limit in [(20.1, 0.06), (41.0, 0.03), (100.0, 0.021), (101.0, 1e-3)]:
            with pytest.raises(RangeError, match="nothing was sent"):
                analyzer.smu(4).source(voltage, current_limit=limit)
        analyzer.smu(4).source(40.0, current_limit=0.05)


# -- a pulse source ------------------------------------------------------------------------------


def test_a_level_has_the_limit_of_its_terminal():
    with talk([("CN 3;AAD 3,1;DV 3,0,2.5,0.001", None)]) as analyzer:
        analyzer.level(3, 2.5)
        analyzer.level(3, 2.5)


def test_pulses_are_a_pulsed_sweep_whose_peaks_are_the_same():
    answer = "NBI+0.10000E-03,NBI+0.10000E-03,CBI+0.10000E-03"
    lines = [
        ("CN 2;AAD 2,1;DV 2,0,0,0.005", None),
        (
            "FMT 1,0;TSC 0;CMM 2,0;WM 1,1;PT 0,0.0010,0.0100;"
            "PWV 2,1,0,0,2.5,2.5,3,0.005;MM 4,2",
            None,
        ),
        ("XE", answer), ("XE", answer),
    ]  # fmt: skip
    with talk(lines) as analyzer:
        analyzer.pulse(2, 2.5, width=1e-3, period=0.01, count=3)
        analyzer.pulse(2, 2.5, width=1e-3, period=0.01, count=3)


def test_a_long_train_is_delivered_in_parts():
    transport = ScriptedTransport([])
    said = []
    transport.write = said.append

    def peaks(_):
        return ",".join(["NBI+0.10000E-03"] * int(said[-1].split(",")[-3]))

    transport.query = peaks
    analyzer = KeysightB1500A(transport, LIMITS, check_errors=False)
    analyzer.pulse(2, 1.0, width=1e-3, period=0.0, count=450)
    steps = [message.split(",")[-3] for message in said if "PWV" in message]
    assert steps == ["200", "50"] and "PT 0,0.0010,0.0050" in said[1]


@pytest.mark.parametrize(
    ("channel", "amplitude", "width", "period", "count"),
    [
        (2, 4.1, 1e-3, 0.01, 1), (2, -0.1, 1e-3, 0.01, 1), (3, 5.1, 1e-3, 0.01, 1),
        (2, math.nan, 1e-3, 0.01, 1), (2, 1.0, 1e-4, 0.01, 1), (2, 1.0, 2.1, 0.0, 1),
        (2, 1.0, 1e-3, 4e-3, 1), (2, 1.0, 0.2, 0.205, 1), (2, 1.0, 1e-3, 6.0, 1),
        (2, 1.0, 1e-3, 0.01, 0), (2, 1.0, 1e-3, 0.01, 1.5), (2, 1.0, math.nan, 0.01, 1),
        (2, 1.0, 1.05e-3, 0.01, 1), (11, 1.0, 1e-3, 0.01, 1), (2, 1.0, 1e-3, 0.01, math.nan),
    ],
)  # fmt: skip
def test_a_pulse_that_cannot_be_is_refused_before_a_byte_is_sent(
    channel, amplitude, width, period, count
):
    with talk([]) as analyzer, pytest.raises(RangeError, match="nothing was sent"):
        analyzer.pulse(channel, amplitude, width=width, period=period, count=count)


def test_off_opens_the_switch_and_the_level_is_no_longer_known():
    with talk([ON, ("CL 1", None), ON]) as analyzer:
        analyzer.smu(1).source(0.2, current_limit=1e-4)
        analyzer.off(1)
        analyzer.smu(1).source(0.2, current_limit=1e-4)


GATED = {**LIMITS, "spgu501": ROW, "spgu502": GATE}
REST = "SPM {0},0;SPV {0},0,{1};SPUPD {0}"
TRAIN = (
    "SIM 0;SPM 501,1;SPV 501,1,0,2.5;SPT 501,1,0,1e-07,2e-08;SPPER 2e-07;SPRM 1,10;SRP"
)  # fmt: skip


def test_a_generator_holds_a_gate_and_pulses_a_drain():
    lines = [
        ("*LRN? 0", "CL"),
        ("CN 502;SER 502,1E6;" + REST.format(502, 2), None),
        ("CN 501;SER 501,1E6;" + REST.format(501, 0), None),
        (TRAIN, None), ("SPST?", "1"), ("SPST?", "0"), (REST.format(501, 0), None),
        (TRAIN, None), ("SPST?", "0"), (REST.format(501, 0), None),
        (REST.format(502, 0), None), ("CL 501", None),
    ]  # fmt: skip
    with talk(lines, limits=GATED) as analyzer:
        analyzer.level(502, 2.0)
        analyzer.pulse(501, 2.5, width=1e-7, period=0.0, count=10)
        analyzer.pulse(501, 2.5, width=1e-7, period=0.0, count=10)
        analyzer.level(502, 0.0)
        analyzer.off(501)


def test_a_generator_that_was_on_before_is_opened_first():
    lines = [
        ("*LRN? 0", "CN1,501,502"), ("CL 501,502", None),
        ("CN 501;SER 501,1E6;" + REST.format(501, 1), None),
    ]  # fmt: skip
    with talk(lines, limits=GATED) as analyzer:
        analyzer.level(501, 1.0)


@pytest.mark.parametrize(
    ("channel", "amplitude", "width", "period", "count"),
    [
        (501, 4.1, 1e-6, 0.0, 1), (501, -0.1, 1e-6, 0.0, 1), (502, 5.1, 1e-6, 0.0, 1),
        (601, 41.0, 1e-6, 0.0, 1), (501, math.nan, 1e-6, 0.0, 1), (501, 1.0, 1e-8, 0.0, 1),
        (501, 1.0, 1.05e-7, 0.0, 1), (501, 1.0, 1e-6, 1e-6, 1), (501, 1.0, 1e-6, 11.0, 1),
        (501, 1.0, 1e-6, 0.0, 0), (501, 1.0, 1e-6, 0.0, 1.5), (503, 1.0, 1e-6, 0.0, 1),
    ],
)  # fmt: skip
def test_a_fast_pulse_that_cannot_be_is_refused_before_a_byte_is_sent(
    channel, amplitude, width, period, count
):
    with talk([], limits=GATED) as analyzer, pytest.raises(RangeError, match="nothing was sent"):
        analyzer.pulse(channel, amplitude, width=width, period=period, count=count)


def test_a_train_is_left_at_once_when_the_bench_is_stopped():
    latch = threading.Event()
    transport = ScriptedTransport([])
    transport.write = lambda _: None

    def running(message):
        if message == "SPST?":
            latch.set()
        return "1" if message == "SPST?" else "CL"

    transport.query = running
    analyzer = KeysightB1500A(transport, GATED, latch=latch, check_errors=False)
    with pytest.raises(AbortedError, match="ended from outside"):
        analyzer.pulse(501, 1.0, width=1e-6, period=0.0, count=10)


def test_a_generator_is_made_safe_and_proved_as_well():
    lines = [
        ("AB", None), ("*LRN? 0", "CN501,502"), ("SPP", None), (REST.format(502, 0), None),
        ("SPM? 502", "0"), ("SPV? 502,0", "+0.0000E+00,+0.0000E+00"),
    ]  # fmt: skip
    with talk(lines, limits=GATED) as analyzer:
        analyzer.safe(SafePhase.GATES)
    for answers in [("1",), ("0", "+1.0000E+00,+0.0000E+00"), ("0", "")]:
        asked = [("SPM? 501", answers[0]), *[("SPV? 501,0", it) for it in answers[1:]]]
        lines = [("AB", None), ("*LRN? 0", "CN501"), ("SPP", None), (REST.format(501, 0), None)]
        with talk([*lines, *asked], limits=GATED) as analyzer, pytest.raises(SafetyError):
            analyzer.safe(SafePhase.SOURCES)


# -- safety --------------------------------------------------------------------------------------

AT_ZERO = "DV{},200,+00.0000E+00,+100.000E-06,0,16"


def test_making_safe_goes_by_phases_and_proves_each():
    lines = [
        ("AB", None), ("*LRN? 0", "CN1,3"), ("DZ 1", None), ("*LRN? 1", AT_ZERO.format(1)),
        ("AB", None), ("*LRN? 0", "CN1,3"), ("DZ 3", None), ("*LRN? 3", AT_ZERO.format(3)),
        ("AB", None), ("CL", None), ("*LRN? 0", "CL"),
    ]  # fmt: skip
    with talk(lines) as analyzer:
        analyzer.make_safe()


@pytest.mark.parametrize("said", ["DV1,20,+1.00000E+00,+100.000E-06,0,16", "", "DV1,20,x,1,0,16"])
def test_a_unit_that_is_not_at_zero_is_not_taken_for_safe(said):
    lines = [("AB", None), ("*LRN? 0", "CN1"), ("DZ 1", None), ("*LRN? 1", said)]
    with talk(lines) as analyzer, pytest.raises(SafetyError):
        analyzer.safe(SafePhase.SOURCES)


@pytest.mark.parametrize("said", ["CN1", "", "CNx", "+0.5"])
def test_a_switch_that_stays_closed_is_not_taken_for_safe(said):
    lines = [("AB", None), ("CL", None), ("*LRN? 0", said)]
    with talk(lines) as analyzer, pytest.raises(SafetyError):
        analyzer.safe(SafePhase.OUTPUTS)


def test_a_stopped_bench_sources_nothing_but_is_made_safe():
    latch = threading.Event()
    latch.set()
    transport = ScriptedTransport([("AB", None), ("CL", None), ("*LRN? 0", "CL")])
    analyzer = KeysightB1500A(transport, LIMITS, latch=latch)
    for verb in (
        lambda: analyzer.smu(1).source(0.1, current_limit=1e-4),
        lambda: analyzer.smu(1).measure(),
        lambda: analyzer.level(3, 1.0),
        lambda: analyzer.pulse(2, 1.0, width=1e-3, period=0.0, count=1),
    ):
        with pytest.raises(AbortedError):
            verb()
    analyzer.safe(SafePhase.OUTPUTS)


# -- parameters ----------------------------------------------------------------------------------


def test_parameters_are_read_from_what_the_instrument_learned():
    lines = [
        ("*LRN? 60", "TSC1"), ("*LRN? 110", "PAD0"), ("*LRN? 0", "CN1,2"),
        ("*LRN? 56", "AIT0,0,1;AIT1,2,5;AIT2,3,0.000016;AZ0"), ("TSC0", None), ("AIT 1,2,10", None),
    ]  # fmt: skip
    with talk(lines) as analyzer:
        assert analyzer.time_stamp is True and analyzer.parallel is False
        assert analyzer.output_switches == "CN1,2" and analyzer.integration_cycles == 5
        analyzer.time_stamp = False
        analyzer.integration_cycles = 10
        with pytest.raises(RangeError, match="whole numbers"):
            analyzer.integration_cycles = 1.5


def test_line_cycles_of_another_mode_are_none():
    with (
        talk([("*LRN? 56", "AIT0,0,1;AIT1,0,6;AIT2,3,0.000016;AZ0")]) as analyzer,
        pytest.raises(InstrumentError),
    ):
        _ = analyzer.integration_cycles
