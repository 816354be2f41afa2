"""The board's driver, feedback loops: exact conversations, and what is refused unsent."""

from dataclasses import replace

import numpy as np
import pytest
from conversation import conversation

from labcim.capabilities import Feedback, Loop
from labcim.errors import RangeError, TransportError
from labcim.instruments.crossbar_board import CrossbarBoard
from labcim.limits import TerminalLimits
from labcim.transport import block

ASKED = [
    (":SYST:CAP:OPER?", "VECT,UPD,FEED"),
    (":SYST:CAP:GEOM?", "3,4,1T1R,COLUMN,ROW,24,18,2e-08"),
    (":SYST:CAP:LIM?", "10.0,0.01,0.1,1024,262144,1e-07,1e-06"),
]
LIMITS = {
    "row": TerminalLimits(low=0.0, high=1.0, current=5e-3),
    "column": TerminalLimits(low=0.0, high=0.5, current=5e-3),
    "gate": TerminalLimits(low=0.0, high=5.0, gate=True),
}
SETTINGS = (
    ":FORM:DATA REAL,32;:FORM:BORD SWAP;:OUTP 1;:SOUR:CURR:PROT 0.005;:SOUR:CURR:PROT:COMM 0.005;"
    ":FEED:COND 5e-05;:FEED:GATE 3.0;:FEED:LIM 0.2;:FEED:LEV {};:FEED:PAT 0.001"
)
LOOP = Loop(np.array([0, 2]), np.array([1, 3]), 50e-6, gate=3.0)


def u4(*values: int) -> bytes:
    return block(np.array(values, "<u4").tobytes())


def f4(*values: float) -> bytes:
    return block(np.array(values, "<f4").tobytes())


def answer(began, settling, ending, volts) -> bytes:
    times = np.array([began, settling], "<f8").tobytes()
    return times + bytes([ending]) + np.array(volts, "<f4").tobytes()


def test_solving_is_one_message_around_a_level_that_keeps_the_columns_in_their_window():
    sent = b":FEED:SOLV? " + u4(0, 2) + b"," + u4(1, 3) + b"," + u4() + b"," + f4(0.5, -0.25)
    script = [*ASKED, (SETTINGS.format(0.2), None), (sent, answer(1.0, 2e-6, 0, [0.5, 0.25]))]
    with conversation(CrossbarBoard, script, limits=LIMITS) as board:
        found = board.solve(np.array([0.5, -0.25]), LOOP)
    assert (found.ending, found.settling_time, found.time) == ("settled", 2e-6, 1.0)
    assert found.voltage.tolist() == [0.5, 0.25]


def test_where_columns_may_go_below_ground_the_rows_are_at_ground():
    limits = {**LIMITS, "column": TerminalLimits(low=-0.3, high=0.5, current=5e-3)}
    sent = b":FEED:EIG? " + u4(0, 2) + b"," + u4(1, 3) + b"," + u4(0, 2)
    script = [*ASKED, (SETTINGS.format(0.0), None), (sent, answer(1.0, np.nan, 3, [0.0, 0.0]))]
    with conversation(CrossbarBoard, script, limits=limits) as board:
        assert isinstance(board, Feedback)
        found = board.eigenvector(replace(LOOP, negative=np.array([0, 2])))
    assert found.ending == "dead"
    assert np.isnan(found.settling_time)


REFUSED = [
    ({"limit": 0.3}, "output of a loop: column = 600 mV: the chip accepts 0 V to 500 mV"),
    ({"limit": 0.0}, "limit of a loop"),
    ({"limit": np.nan}, "limit of a loop"),
    ({"gate": 6.0}, "gate = 6 V"),
    ({"conductance": 0.0}, "conductance of a loop"),
    ({"patience": np.inf}, "patience"),
    ({"rows": np.array([0, 3])}, "rows: 3: accepts 0 to 2"),
    ({"rows": np.array([0, -1])}, "rows: -1"),
    ({"rows": np.array([0, 0])}, "rows: one is given twice"),
    ({"rows": np.array([0.0, 1.0])}, "rows: accepts whole numbers"),
    ({"rows": np.zeros(0, np.uint32)}, "rows: accepts whole numbers"),
    ({"positive": np.array([1])}, "2 rows, 1 positive"),
    ({"negative": np.array([0])}, "1 negative"),
    ({"negative": np.array([0, 1])}, "both positive and negative"),
]


@pytest.mark.parametrize(("change", "said"), REFUSED)
def test_too_much_is_refused_before_a_setting_is_sent(change, said):
    for verb in ("solve", "eigenvector"):
        with conversation(CrossbarBoard, ASKED, limits=LIMITS) as board:
            loop = replace(LOOP, **change)
            with pytest.raises(RangeError, match=said):
                getattr(board, verb)(*([np.zeros(2), loop] if verb == "solve" else [loop]))


@pytest.mark.parametrize("verb", ["solve", "eigenvector"])
def test_a_loop_whose_outputs_would_write_cells_is_refused_before_a_setting_is_sent(verb):
    ends = TerminalLimits(low=-3.0, high=3.0, current=5e-3, read=0.5)
    limits = {**LIMITS, "row": ends, "column": ends}
    loop = replace(LOOP, limit=1.9)
    said = (
        r"limit of a loop = 1.9 V: the chip is read at no more than 500 mV \(read limit\); above "
        r"it cells are written, which is for pulse and update; nothing was sent"
    )
    with conversation(CrossbarBoard, ASKED, limits=limits) as board:
        with pytest.raises(RangeError, match=said):
            getattr(board, verb)(*([np.zeros(2), loop] if verb == "solve" else [loop]))


def test_a_loop_goes_out_where_the_read_limit_is_as_high():
    ends = TerminalLimits(low=-3.0, high=3.0, current=5e-3, read=1.9)
    sent = b":FEED:EIG? " + u4(0, 2) + b"," + u4(1, 3) + b"," + u4()
    settings = SETTINGS.format(0.0).replace("LIM 0.2", "LIM 1.9")
    script = [*ASKED, (settings, None), (sent, answer(1.0, 2e-6, 0, [0.5, 0.25]))]
    with conversation(CrossbarBoard, script, limits={**LIMITS, "row": ends, "column": ends}) as it:
        assert it.eigenvector(replace(LOOP, limit=1.9)).ending == "settled"


@pytest.mark.parametrize(
    ("inputs", "said"),
    [
        ([0.1], r"inputs of shape \(1,\): accepts \(2,\); nothing was sent"),
        (0.1, r"inputs of shape \(\)"),
        ([0.1, np.nan], "inputs = nan"),
        ([0.1, 11.0], "input = 11 V"),
    ],
)
def test_inputs_that_are_none_are_refused_before_a_setting_is_sent(inputs, said):
    with conversation(CrossbarBoard, ASKED, limits=LIMITS) as board:
        with pytest.raises(RangeError, match=said):
            board.solve(np.array(inputs), LOOP)


def test_inputs_that_would_feed_a_row_too_much_are_refused():
    with conversation(CrossbarBoard, ASKED, limits=LIMITS) as board:
        with pytest.raises(RangeError, match="current of an input = 10 mA: accepts 0 A to 5 mA"):
            board.solve(np.array([0.1, 1.0]), replace(LOOP, conductance=0.01))


@pytest.mark.parametrize("heard", [answer(1.0, 1.0, 0, [0.0]), answer(1.0, 1.0, 4, [0.0, 0.0])])
def test_an_answer_that_says_no_ending_is_none(heard):
    sent = b":FEED:EIG? " + u4(0, 2) + b"," + u4(1, 3) + b"," + u4()
    script = [*ASKED, (SETTINGS.format(0.2), None), (sent, heard)]
    with conversation(CrossbarBoard, script, limits=LIMITS) as board:
        with pytest.raises(TransportError):
            board.eigenvector(LOOP)
