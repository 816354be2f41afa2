"""The board's driver: exact conversations, and what it refuses before a byte is sent."""

import math
import threading

import numpy as np
import pytest
from conversation import ScriptedTransport, conversation

from labcim.capabilities import Cells, Flag, Lines, LineState, Train
from labcim.errors import (
    AbortedError,
    InstrumentError,
    RangeError,
    SafetyError,
    TransportError,
)
from labcim.instrument import SafePhase
from labcim.instruments.crossbar_board import CrossbarBoard
from labcim.limits import TerminalLimits
from labcim.transport import block

CAPABILITY = [
    (":SYST:CAP:GEOM?", "2,3,1T1R,COLUMN,ROW,24,18,2e-08"),
    (":SYST:CAP:LIM?", "10.0,0.01,0.1,1024,262144,1e-07,1e-06"),
]
LIMITS = {
    "row": TerminalLimits(low=0.0, high=4.0, current=5e-3),
    "column": TerminalLimits(low=0.0, high=2.5, current=20e-3),
    "gate": TerminalLimits(low=0.0, high=5.0, gate=True),
}
FORMAT = ":FORM:DATA REAL,32;:FORM:BORD SWAP"
PULSE_SETTINGS = (
    f"{FORMAT};:OUTP 1;:SOUR:CURR:PROT 0.001;:SOUR:CURR:PROT:COMM 0.02;:SOUR:PULS:WIDT 1e-06;"
    ":SOUR:PULS:PER 0.0;:SOUR:PULS:COUN 1;:SOUR:PULS:TRAN:LEAD 0.0;:SOUR:PULS:TRAN:TRA 0.0"
)
SENSE_SETTINGS = f"{FORMAT};:OUTP 1;:SOUR:CURR:PROT:COMM 0.02;:SENS:AVER:COUN 1"
AUTO_RANGE = (":SENS:CURR:RANG:AUTO?", "1")
TRAIN = Train(amplitude=1.5, width=1e-6, gate=2.0)


def u4(*values: int) -> bytes:
    return block(np.array(values, "<u4").tobytes())


def f4(*values: float) -> bytes:
    return block(np.array(values, "<f4").tobytes())


def table(time: list[float], current: list[float], flags: list[int]) -> bytes:
    columns = (np.array(time, "<f8"), np.array(current, "<f4"), np.array(flags, "u1"))
    return b"".join(column.tobytes() for column in columns)


def test_reading_cells_is_one_query_once_the_settings_are_in_force():
    read = (b":READ:CELL? " + u4(0, 5) + b",0.25,3.0", table([1.0, 2.0], [1e-6, 2e-6], [0, 2]))
    with conversation(
        CrossbarBoard, [*CAPABILITY, (SENSE_SETTINGS, None), read, AUTO_RANGE, read],
        limits=LIMITS,
    ) as board:  # fmt: skip
        first = board.read(np.array([0, 5], np.uint32), 0.25, gate=3.0)
        board.read(np.array([0, 5], np.uint32), 0.25, gate=3.0)
    assert first.conductance == pytest.approx([4e-6, 8e-6])
    assert first.good.tolist() == [True, False]
    assert first.flags[1] == Flag.OVER_RANGE
    assert first.time.tolist() == [1.0, 2.0]
    assert math.isnan(first.current_range)


def test_pulsing_cells_sends_amplitudes_and_gates_as_blocks_in_one_message():
    sent = b":PULS:CELL? " + u4(1, 4) + b"," + f4(1.5, -2.0) + b"," + f4(2.0, 3.0)
    answer = table([1.0, 2.0], [1e-5, 1e-3], [0, 1])
    with conversation(
        CrossbarBoard, [*CAPABILITY, (PULSE_SETTINGS, None), (sent, answer)], limits=LIMITS
    ) as board:
        train = Train(np.array([1.5, -2.0]), 1e-6, np.array([2.0, 3.0]))
        delivered = board.pulse(np.array([1, 4], np.uint32), train)
    assert delivered.peak_current == pytest.approx([1e-5, 1e-3])
    assert delivered.flags.tolist() == [0, Flag.IN_COMPLIANCE]


def test_one_amplitude_for_all_cells_is_sent_as_one_number():
    sent = b":PULS:CELL? " + u4(1, 4) + b",1.5,2.0"
    with conversation(
        CrossbarBoard,
        [*CAPABILITY, (PULSE_SETTINGS, None), (sent, table([0, 0], [0, 0], [0, 0]))],
        limits=LIMITS,
    ) as board:
        board.pulse(np.array([1, 4], np.uint32), TRAIN)


def test_delivered_says_what_was_commanded_after_rounding_to_float32():
    sent = b":PULS:CELL? " + u4(1) + b",1.100000023841858,2.0"
    with conversation(
        CrossbarBoard,
        [*CAPABILITY, (PULSE_SETTINGS, None), (sent, table([0], [0], [0]))],
        limits=LIMITS,
    ) as board:
        delivered = board.pulse(np.array([1], np.uint32), Train(1.1, 1e-6, 2.0))
    assert delivered.amplitude[0] == float(np.float32(1.1))


def test_rounding_to_float32_never_lifts_an_amplitude_over_the_limit():
    limits = {**LIMITS, "row": TerminalLimits(low=0.0, high=1.1, current=5e-3)}
    below = float(np.nextafter(np.float32(1.1), np.float32(0.0)))
    sent = b":PULS:CELL? " + u4(1) + f",{below!r},2.0".encode()
    with conversation(
        CrossbarBoard,
        [*CAPABILITY, (PULSE_SETTINGS, None), (sent, table([0], [0], [0]))],
        limits=limits,
    ) as board:
        delivered = board.pulse(np.array([1], np.uint32), Train(1.1, 1e-6, 2.0))
    assert delivered.amplitude[0] <= 1.1


def test_pulse_and_read_is_one_message():
    settings = f"{PULSE_SETTINGS};:SENS:AVER:COUN 2"
    sent = b":PULS:READ? " + u4(3) + b",1.5,2.0,0.001,0.25,3.0"
    answer = table([1.0], [1e-5], [0]) + table([2.0], [1e-6], [0])
    with conversation(
        CrossbarBoard, [*CAPABILITY, (settings, None), (sent, answer), AUTO_RANGE], limits=LIMITS
    ) as board:
        delivered, readings = board.pulse_read(
            np.array([3], np.uint32), TRAIN, 0.25, delay=1e-3, gate=3.0, averages=2
        )
    assert delivered.time[0] == 1.0
    assert readings.conductance[0] == pytest.approx(4e-6)


def test_a_sweep_is_one_message():
    settings = f"{FORMAT};:OUTP 1;:SOUR:CURR:PROT 0.0001;:SOUR:CURR:PROT:COMM 0.02"
    sent = b":SWE:CELL? 2,2.0,0.001," + f4(0.5, -0.5)
    with conversation(
        CrossbarBoard,
        [*CAPABILITY, (settings, None), (sent, table([0.0, 1.0], [1e-6, -1e-6], [0, 0]))],
        limits=LIMITS,
    ) as board:
        swept = board.sweep(2, np.array([0.5, -0.5]), dwell=1e-3, gate=2.0, current_limit=1e-4)
    assert swept.voltage.tolist() == [0.5, -0.5]
    assert swept.current == pytest.approx([1e-6, -1e-6])


def test_a_record_comes_back_pass_by_pass():
    sent = b":REC:CELL? " + u4(0, 1) + b",0.25,3.0,0.001,2"
    answer = np.array([1, 2, 3, 4], "<f4").tobytes()
    with conversation(
        CrossbarBoard, [*CAPABILITY, (SENSE_SETTINGS, None), (sent, answer)], limits=LIMITS
    ) as board:
        currents = board.record(np.array([0, 1], np.uint32), 0.25, rate=1e3, count=2, gate=3.0)
    assert currents.tolist() == [[1.0, 2.0], [3.0, 4.0]]


def test_line_states_are_one_message():
    settings = f"{FORMAT};:OUTP 1;:SOUR:CURR:PROT 0.005;:SOUR:CURR:PROT:COMM 0.02"
    levels = f4(0.5, math.nan, 0.0, 0.0, 0.0, 3.0, 0.0, 0.0)
    sent = b":SEQ:APPL? " + block(np.array([1e-3], "<f8").tobytes()) + b"," + levels
    answer = np.array([1, np.nan, -1, 0, 0], "<f4").tobytes()
    with conversation(
        CrossbarBoard, [*CAPABILITY, (settings, None), (sent, answer)], limits=LIMITS
    ) as board:
        state = LineState(np.array([0.5, np.nan]), np.zeros(3), np.array([3.0, 0.0, 0.0]), 1e-3)
        (currents,) = board.apply([state])
    assert currents.rows[0] == 1.0
    assert np.isnan(currents.rows[1])
    assert currents.columns.tolist() == [-1.0, 0.0, 0.0]


def test_more_cells_than_a_message_holds_go_out_in_several():
    small = [CAPABILITY[0], (":SYST:CAP:LIM?", "10.0,0.01,0.1,1024,2,1e-07,1e-06")]
    with conversation(
        CrossbarBoard,
        [
            *small,
            (PULSE_SETTINGS, None),
            (b":PULS:CELL? " + u4(0, 1) + b",1.5,2.0", table([0, 1], [0, 0], [0, 0])),
            (b":PULS:CELL? " + u4(2) + b",1.5,2.0", table([2], [0], [0])),
        ],
        limits=LIMITS,
    ) as board:
        delivered = board.pulse(np.array([0, 1, 2], np.uint32), TRAIN)
    assert delivered.time.tolist() == [0.0, 1.0, 2.0]


def test_what_the_board_refuses_is_told_in_its_own_words():
    with (
        conversation(
            CrossbarBoard,
            [
                *CAPABILITY,
                (PULSE_SETTINGS, None),
                (b":PULS:CELL? " + u4(0) + b",1.5,2.0", b""),
                ("SYST:ERR?", '-221,"Settings conflict;the output is off"'),
                ("SYST:ERR?", '0,"No error"'),
            ],
            limits=LIMITS,
        ) as board,
        pytest.raises(InstrumentError, match="the output is off"),
    ):
        board.pulse(np.array([0], np.uint32), TRAIN)


def test_after_a_refusal_all_settings_are_sent_again():
    pulse = b":PULS:CELL? " + u4(0) + b",1.5,2.0"
    with conversation(
        CrossbarBoard,
        [
            *CAPABILITY,
            (PULSE_SETTINGS, None),
            (pulse, b""),
            ("SYST:ERR?", '-221,"Settings conflict"'),
            ("SYST:ERR?", '0,"No error"'),
            (PULSE_SETTINGS, None),
            (pulse, table([0], [0], [0])),
        ],
        limits=LIMITS,
    ) as board:
        with pytest.raises(InstrumentError):
            board.pulse(np.array([0], np.uint32), TRAIN)
        board.pulse(np.array([0], np.uint32), TRAIN)


def test_an_answer_of_another_length_is_no_reading():
    sent = b":READ:CELL? " + u4(0) + b",0.25,3.0"
    with (
        conversation(
            CrossbarBoard, [*CAPABILITY, (SENSE_SETTINGS, None), (sent, b"short")], limits=LIMITS
        ) as board,
        pytest.raises(TransportError, match="5 bytes, 13 were expected"),
    ):
        board.read(np.array([0], np.uint32), 0.25, gate=3.0)


BAD_TRAINS = {
    "4.5 V": Train(4.5, 1e-6, 2.0),
    "-2.6 V": Train(-2.6, 1e-6, 2.0),
    "pulse 4.5 V": Train(np.array([1.0, 4.5]), 1e-6, 2.0),
    "nan": Train(np.array([1.0, np.nan]), 1e-6, 2.0),
    "inf": Train(np.array([np.inf, 1.0]), 1e-6, 2.0),
    "amplitude = nan": Train(math.nan, 1e-6, 2.0),
    "gate = 5.5 V": Train(1.0, 1e-6, np.array([2.0, 5.5])),
    "gate = nan": Train(1.0, 1e-6, math.nan),
    "6 mA": Train(1.0, 1e-6, 2.0, current_limit=6e-3),
    "current limit": Train(1.0, 1e-6, 2.0, current_limit=math.nan),
    "pulse width": Train(1.0, 1e-9, 2.0),
    "pulse period": Train(1.0, 1e-6, 2.0, period=5e-7),
    "pulse count": Train(1.0, 1e-6, 2.0, count=0),
    "shape": Train(np.ones(3), 1e-6, 2.0),
    "series resistance": Train(1.0, 1e-6, 2.0, series_resistance=1e3),
}


@pytest.mark.parametrize("said", BAD_TRAINS)
def test_a_train_beyond_a_limit_is_refused_before_anything_is_sent(said):
    cells = np.array([0, 1], np.uint32)
    with conversation(CrossbarBoard, CAPABILITY, limits=LIMITS) as board:
        with pytest.raises(RangeError, match=said):
            board.pulse(cells, BAD_TRAINS[said])
        with pytest.raises(RangeError, match=said):
            board.pulse_read(cells, BAD_TRAINS[said], 0.2, delay=0.0, gate=3.0)
        with pytest.raises(RangeError, match=said):
            board.schedule(cells, BAD_TRAINS[said])


@pytest.mark.parametrize("cells", [[6], [-1], [0, 0], [], [0.5]])
def test_cells_that_are_not_of_the_chip_are_refused_before_anything_is_sent(cells):
    with (
        conversation(CrossbarBoard, CAPABILITY, limits=LIMITS) as board,
        pytest.raises(RangeError, match="cell"),
    ):
        board.pulse(np.array(cells), TRAIN)


def test_a_reset_whose_counterpart_would_leave_its_window_is_refused():
    # Beside -2 V on a common column at 2 V, the row of the -0.1 V cell would sit at 1.9 V.
    limits = {**LIMITS, "row": TerminalLimits(low=0.0, high=1.0, current=5e-3)}
    with (
        conversation(CrossbarBoard, CAPABILITY, limits=limits) as board,
        pytest.raises(RangeError, match=r"row = 1\.9 V"),
    ):
        train = Train(np.array([-2.0, -0.1]), 1e-6, 2.0)
        board.pulse(np.array([0, 3], np.uint32), train)


@pytest.mark.parametrize(
    ("voltage", "gate"), [(4.1, 3.0), (-2.6, 3.0), (0.2, 5.1), (math.nan, 3.0)]
)
def test_a_reading_beyond_a_limit_is_refused_before_anything_is_sent(voltage, gate):
    with conversation(CrossbarBoard, CAPABILITY, limits=LIMITS) as board:
        with pytest.raises(RangeError):
            board.read(np.array([0], np.uint32), voltage, gate=gate)
        with pytest.raises(RangeError):
            board.record(np.array([0], np.uint32), voltage, rate=1.0, count=1, gate=gate)


@pytest.mark.parametrize("voltage", [0.51, -0.51])
def test_a_reading_that_would_write_cells_is_refused_before_anything_is_sent(voltage):
    ends = TerminalLimits(low=-4.0, high=4.0, current=5e-3, read=0.5)
    limits = {**LIMITS, "row": ends, "column": ends}
    cells = np.array([0], np.uint32)
    said = r"voltage = -?510 mV: the chip is read at no more than 500 mV \(read limit\)"
    with conversation(CrossbarBoard, CAPABILITY, limits=limits) as board:
        with pytest.raises(RangeError, match=said):
            board.read(cells, voltage, gate=3.0)
        with pytest.raises(RangeError, match=said):
            board.record(cells, voltage, rate=1.0, count=1, gate=3.0)
        with pytest.raises(RangeError, match=said):
            board.pulse_read(cells, TRAIN, voltage, delay=0.0, gate=3.0)


def test_a_value_inside_a_sweep_beyond_a_limit_is_refused_before_anything_is_sent():
    with (
        conversation(CrossbarBoard, CAPABILITY, limits=LIMITS) as board,
        pytest.raises(RangeError, match=r"row = 4\.2 V"),
    ):
        voltages = np.array([0.0, 1.0, 4.2, 1.0])
        board.sweep(0, voltages, dwell=1e-3, gate=2.0, current_limit=1e-4)


@pytest.mark.parametrize("wrong", [4.2, -0.1, math.inf])
def test_a_line_state_beyond_a_limit_is_refused_before_anything_is_sent(wrong):
    good = LineState(np.zeros(2), np.zeros(3), np.zeros(3), 1e-3)
    bad = LineState(np.array([0.0, wrong]), np.zeros(3), np.zeros(3), 1e-3)
    with (
        conversation(CrossbarBoard, CAPABILITY, limits=LIMITS) as board,
        pytest.raises(RangeError, match="line state 1: row"),
    ):
        board.apply([good, bad])


def test_a_range_that_lets_too_much_flow_is_refused_before_anything_is_sent():
    limits = {**LIMITS, "row": TerminalLimits(low=0.0, high=4.0, current=50e-6)}
    with conversation(CrossbarBoard, CAPABILITY, limits=limits) as board:
        with pytest.raises(RangeError, match=r"100 .A"):
            board.current_range = 60e-6


def test_initialising_resets_the_board_and_lets_it_guard_the_windows_too():
    windows = (
        ":SOUR:ROW:VOLT:PROT 0.0,4.0;:SOUR:COL:VOLT:PROT 0.0,2.5;:SOUR:GATE:VOLT:PROT 0.0,5.0;"
        ":SENS:CURR:RANG:AUTO:ULIM 0.001"
    )
    script = [("*CLS", None), ("*RST", None), *CAPABILITY, (f"{FORMAT};{windows}", None)]
    with conversation(CrossbarBoard, script, limits=LIMITS) as board:
        board.initialise()


SAFE = {
    SafePhase.SOURCES: [
        (":SOUR:ROW:VOLT 0;:SOUR:COL:VOLT 0", None),
        (":SOUR:ROW:VOLT:PEAK?", "0.0"),
        (":SOUR:COL:VOLT:PEAK?", "0.0"),
    ],
    SafePhase.GATES: [(":SOUR:GATE:VOLT 0", None), (":SOUR:GATE:VOLT:PEAK?", "0.0")],
    SafePhase.OUTPUTS: [(":OUTP 0", None), (":OUTP?", "0")],
    SafePhase.RELAYS: [],
    SafePhase.GROUND: [(":ROUT:GRO", None), (":ROUT:GRO?", "0")],
}


def test_making_safe_brings_sources_gates_outputs_and_lines_down_and_reads_each_back():
    script = [line for phase in SafePhase for line in SAFE[phase]]
    with conversation(CrossbarBoard, script, limits=LIMITS) as board:
        board.make_safe()


@pytest.mark.parametrize("phase", [phase for phase in SafePhase if SAFE[phase]])
def test_a_read_back_that_is_not_zero_is_not_safe(phase):
    *before, (question, _) = SAFE[phase]
    with (
        conversation(CrossbarBoard, [*before, (question, "1")], limits=LIMITS) as board,
        pytest.raises(SafetyError, match="should be 0"),
    ):
        board.safe(phase)


def test_a_stopped_bench_pulses_nothing_and_can_still_be_made_safe():
    latch = threading.Event()
    script = [*CAPABILITY, *(line for phase in SafePhase for line in SAFE[phase])]
    transport = ScriptedTransport(script)
    board = CrossbarBoard(transport, LIMITS, latch=latch)
    assert board.topology.size == 6
    latch.set()
    with pytest.raises(AbortedError):
        board.pulse(np.array([0], np.uint32), TRAIN)
    board.make_safe()
    assert transport.left == []


def test_the_schedule_counts_gate_lines_polarities_gates_and_the_common_current():
    # Columns 0, 1, 2; column 0 holds both polarities, column 1 two gates: 2 + 2 + 1 steps.
    train = Train(np.array([1, 1, 1, -1, 1, 1.0]), 1e-6, np.array([2, 2, 2, 2, 3, 2.0]), count=10)
    with conversation(CrossbarBoard, CAPABILITY, limits=LIMITS) as board:
        made = board.schedule(board.topology.all_cells(), train)
    assert made.steps == 5
    assert made.duration == pytest.approx(5 * 10 * 1.1e-6)


def test_the_driver_has_cells_and_lines():
    board = CrossbarBoard(ScriptedTransport(CAPABILITY))
    assert isinstance(board, Cells)
    board = CrossbarBoard(ScriptedTransport(CAPABILITY))
    assert isinstance(board, Lines)
