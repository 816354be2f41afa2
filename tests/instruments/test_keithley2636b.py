"""Exact conversations with the 2636B's driver; the words are those of the 2600B's manual."""

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
from labcim.instruments.keithley2636b import Keithley2636B
from labcim.limits import TerminalLimits

ROW = TerminalLimits(low=0.0, high=4.0, current=5e-3)
WIDE = {"a_hi": TerminalLimits(low=-200.0, high=200.0, current=2.0)}
LIMITS = {"a_hi": ROW, "b_hi": TerminalLimits(low=0.0, high=4.0, current=5e-3, gate=True)}
COUNT = "print(errorqueue.count)"
NONE = "0.000000000e+00"
READING = (
    "do local i, v = smua.measure.iv() "
    "print(v, i, smua.source.compliance and 1 or 0, errorqueue.count) end"
)
FILTER = (
    "smua.measure.filter.type = 1 smua.measure.filter.count = {} "
    "smua.measure.filter.enable = {} print(errorqueue.count)"
)
ON = (
    "smua.source.func = 1 smua.source.limiti = 0.0001 smua.source.levelv = 0.2 "
    f"smua.source.output = 1 {COUNT}",
    NONE,
)
SETTINGS = (
    "print(smua.source.func, smua.source.levelv, smua.source.limiti, "
    "smua.source.leveli, smua.source.limitv)"
)
OFF = f"smua.source.levelv = 0 smua.source.leveli = 0 smua.source.output = 0 {COUNT}"


def talk(lines, limits=LIMITS, **options):
    return conversation(Keithley2636B, lines, limits=limits, check_errors=True, **options)


def test_it_is_a_source_meter():
    with talk([]) as smu:
        assert isinstance(smu, SourceMeter)
        assert isinstance(smu.b, SourceMeter)


def test_initialising_resets_both_channels_and_opens_them_when_off():
    lines = [
        ("errorqueue.clear()", None),
        (f"reset() {COUNT}", NONE),
        ("format.asciiprecision = 10", None),
        (COUNT, NONE),
    ]
    for x in "ab":
        words = f"smu{x}.reset() smu{x}.source.func = 1 smu{x}.source.offmode = 2"
        lines.append((f"{words} {COUNT}", NONE))
    with talk(lines) as smu:
        smu.initialise()


def test_sourcing_says_only_what_has_changed():
    with talk([ON, (f"smua.source.levelv = 0.3 {COUNT}", NONE)]) as smu:
        smu.source(0.2, current_limit=1e-4)
        smu.source(0.3, current_limit=1e-4)
        smu.source(0.3, current_limit=1e-4)


def test_channel_b_is_spoken_to_by_its_own_name():
    said = ON[0].replace("smua", "smub")
    with talk([(said, NONE)]) as smu:
        smu.b.source(0.2, current_limit=1e-4)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("1.999900000e-01\t4.001000000e-06\t0\t0", (0.19999, 4.001e-6, Flag.GOOD)),
        ("1.000000000e-01\t1.000000000e-04\t1\t0", (0.1, 1e-4, Flag.IN_COMPLIANCE)),
    ],
)
def test_a_reading_is_voltage_current_and_flags(answer, expected):
    with talk([(FILTER.format(1, 0), NONE), (READING, answer)]) as smu:
        assert smu.measure() == expected


def test_an_overflow_is_a_flag_and_never_a_number():
    answer = "1.000000000e-01\t9.910000000e+37\t0\t0"
    with talk([(FILTER.format(1, 0), NONE), (READING, answer)]) as smu:
        voltage, current, flags = smu.measure()
    assert voltage == 0.1 and math.isnan(current) and flags is Flag.OVER_RANGE


@pytest.mark.parametrize("answer", ["1.0", "1\t2", "a\tb\tc\td", ""])
def test_a_reading_of_the_wrong_shape_is_trouble_on_the_line(answer):
    with (
        talk([(FILTER.format(1, 0), NONE), (READING, answer)]) as smu,
        pytest.raises(TransportError),
    ):
        smu.measure()


def test_more_than_a_hundred_averages_are_made_in_rounds():
    lines = [(FILTER.format(100, 1), NONE), (READING, "1\t1\t0\t0"), (READING, "3\t2\t0\t0")]
    with talk(lines) as smu:
        assert smu.measure(averages=150) == (2.0, 1.5, Flag.GOOD)


def test_a_refusal_is_raised_in_the_instruments_words():
    lines = [
        (ON[0], "1.000000000e+00"),
        ("print(errorqueue.next())", "8.02000e+02\tOutput Blocked By Interlock\t20\t1"),
    ]
    with talk(lines) as smu, pytest.raises(InstrumentError, match="802, Output Blocked"):
        smu.source(0.2, current_limit=1e-4)


@pytest.mark.parametrize(
    ("voltage", "limit"),
    [(4.1, 1e-4), (-0.1, 1e-4), (1.0, 6e-3), (math.nan, 1e-4), (1.0, math.nan), (math.inf, 1e-4)],
)
def test_what_the_terminal_must_not_see_is_refused_before_a_byte(voltage, limit):
    with talk([]) as smu, pytest.raises(RangeError):
        smu.source(voltage, current_limit=limit)


def test_more_current_than_there_is_at_high_voltage_is_refused_before_a_byte():
    with talk([], limits=WIDE) as smu, pytest.raises(RangeError, match="accepts 100 mA above"):
        smu.source(50.0, current_limit=0.5)


@pytest.mark.parametrize(
    ("name", "value"),
    [("voltage", 4.5), ("current_limit", 1.0), ("current", 1.0), ("voltage_limit", 0.5)],
)
def test_each_setting_is_checked_by_itself(name, value):
    with talk([]) as smu, pytest.raises(RangeError):
        setattr(smu.a, name, value)


@pytest.mark.parametrize(
    "settings",
    ["1\t4.5\t1e-3\t0\t1", "1\t1\t1e-2\t0\t1", "0\t0\t1e-3\t1e-2\t1", "0\t0\t1e-3\t0\t4"],
)
def test_the_output_goes_on_only_over_settings_that_the_terminal_may_see(settings):
    with talk([(SETTINGS, settings)]) as smu, pytest.raises(RangeError):
        smu.a.output = True


def test_a_source_function_is_changed_only_to_settings_that_the_terminal_may_see():
    with talk([(SETTINGS, "1\t1\t1e-3\t0\t20")]) as smu, pytest.raises(RangeError):
        smu.a.source_function = "current"


def test_settings_are_read_in_the_instruments_words():
    lines = [
        ("print(string.format('%d', smua.source.func))", "1"),
        ("print(smua.source.limiti)", "1.000000000e-03"),
        ("print(smua.source.compliance)", "false"),
        ("print(string.format('%d', smub.source.offmode))", "2"),
    ]
    with talk(lines) as smu:
        assert smu.a.source_function == "voltage"
        assert smu.a.current_limit == 1e-3
        assert smu.a.limit_tripped is False
        assert smu.b.output_off_state == "high impedance"


def sweep_lines(points, payload, stored=None):
    levels = ",".join(f"{level:.9g}" for level in points)
    setup = [
        "labcim_levels = {}",
        f"for _, x in ipairs({{{levels}}}) do labcim_levels[#labcim_levels + 1] = x end",
        "smua.trigger.source.listv(labcim_levels) labcim_levels = nil "
        "smua.source.func = 1 smua.source.levelv = 0 smua.source.limiti = 0.001",
        "smua.source.delay = 0.002 smua.measure.delay = 0 smua.measure.filter.enable = 0 "
        "smua.nvbuffer1.clear() smua.nvbuffer2.clear() smua.nvbuffer1.collecttimestamps = 1 "
        "smua.nvbuffer1.appendmode = 0 smua.trigger.measure.iv(smua.nvbuffer1, smua.nvbuffer2)",
        "smua.trigger.arm.stimulus = 0 smua.trigger.source.stimulus = 0 "
        "smua.trigger.measure.stimulus = 0 smua.trigger.endpulse.stimulus = 0 "
        "smua.trigger.source.action = 1 smua.trigger.measure.action = 1 "
        "smua.trigger.endpulse.action = 1 smua.trigger.endsweep.action = 0 "
        f"smua.trigger.arm.count = 1 smua.trigger.count = {len(points)}",
        "smua.source.output = 1",
        "smua.trigger.initiate()",
    ]
    sweeping = "print(status.operation.instrument.smua.condition)"
    read = (
        "format.data = format.REAL64 format.byteorder = format.LITTLEENDIAN "
        f"printbuffer(1, {len(points)}, smua.nvbuffer2.readings, smua.nvbuffer1.readings, "
        "smua.nvbuffer1.timestamps, smua.nvbuffer1.statuses) format.data = format.ASCII"
    )
    return [
        *[(f"{words} {COUNT}", NONE) for words in setup],
        (sweeping, "8.000000000e+00"),
        (sweeping, "0.000000000e+00"),
        ("print(smua.nvbuffer1.n)", f"{stored if stored is not None else len(points)}"),
        (read, payload),
        (f"smua.source.delay = 0 smua.measure.delay = -1 {COUNT}", NONE),
        (OFF, NONE),
    ]


def test_a_sweep_is_one_run_of_the_trigger_model_read_back_in_binary():
    rows = [(0.5, 5e-6, 0.0, 0.0), (1.0, 1e-3, 0.02, 64.0), (0.7, 9.91e37, 0.04, 0.0)]
    payload = struct.pack("<12d", *[value for row in rows for value in row])
    with talk(sweep_lines([0.5, 1.0, 0.7], payload)) as smu:
        seen = smu.sweep(np.array([0.5, 1.0, 0.7]), dwell=2e-3, current_limit=1e-3)
    assert seen.voltage.tolist() == [0.5, 1.0, 0.7]
    assert seen.current[:2].tolist() == [5e-6, 1e-3] and math.isnan(seen.current[2])
    assert seen.time.tolist() == [0.0, 0.02, 0.04]
    assert [Flag(int(flag)) for flag in seen.flags] == [
        Flag.GOOD,
        Flag.IN_COMPLIANCE,
        Flag.OVER_RANGE,
    ]


@pytest.mark.parametrize("levels", [[1.0, 4.5], [1.0, math.nan], [], [[1.0]]])
def test_a_sweep_with_one_wrong_point_is_refused_before_a_byte(levels):
    with talk([]) as smu, pytest.raises(RangeError):
        smu.sweep(np.array(levels), dwell=1e-3, current_limit=1e-3)


def test_a_sweep_that_stored_too_little_is_no_sweep():
    lines = sweep_lines([0.5], b"", stored=0)
    del lines[-3]
    with talk(lines) as smu, pytest.raises(InstrumentError, match="0 readings of 1 points"):
        smu.sweep(np.array([0.5]), dwell=2e-3, current_limit=1e-3)


def test_a_stop_of_the_bench_ends_the_wait_for_a_sweep():
    latch = threading.Event()

    class Stopping(ScriptedTransport):
        def query(self, message):
            answer = super().query(message)
            if "condition" in message:
                latch.set()
            return answer

    lines = sweep_lines([0.5], b"")[:8]
    transport = Stopping(lines)
    smu = Keithley2636B(transport, LIMITS, latch=latch)
    with pytest.raises(AbortedError):
        smu.sweep(np.array([0.5]), dwell=2e-3, current_limit=1e-3)


def zeroed(x, answer="0.0e+00\t0.0e+00"):
    return [
        (f"smu{x}.abort() smu{x}.source.levelv = 0 smu{x}.source.leveli = 0", None),
        (f"print(smu{x}.source.levelv, smu{x}.source.leveli)", answer),
    ]


def opened(x, answer="0.0e+00"):
    return [
        (f"smu{x}.source.output = 0", None),
        (f"print(smu{x}.source.output)", answer),
    ]


def test_it_is_made_safe_gates_last_and_proves_it():
    lines = [*zeroed("a"), *zeroed("b"), *opened("a"), *opened("b")]
    with talk(lines) as smu:
        smu.make_safe()
        assert smu.transport.cleared == 1  # a script that runs is ended first


def test_an_output_that_stays_on_is_not_taken_for_safe_and_the_other_is_seen_to():
    lines = [*zeroed("a"), *zeroed("b"), *opened("a", "1.0e+00"), *opened("b")]
    with talk(lines) as smu, pytest.raises(SafetyError, match="smua output is not off"):
        smu.make_safe()


def test_a_level_that_stays_is_not_taken_for_safe():
    with talk(zeroed("a", "0.0e+00\t1.0e-03")) as smu, pytest.raises(SafetyError):
        smu.safe(SafePhase.SOURCES)
