"""The board's driver, parallel updates: exact conversations, and what is refused unsent."""

from dataclasses import replace

import numpy as np
import pytest
from conversation import conversation

from labcim.capabilities import Overlap, ParallelUpdate
from labcim.errors import RangeError, TransportError
from labcim.instruments.crossbar_board import CrossbarBoard
from labcim.limits import TerminalLimits
from labcim.transport import block

OFFERS = (":SYST:CAP:OPER?", "VECT,UPD,FEED")
GEOMETRY = (":SYST:CAP:GEOM?", "1,2,1T1R,COLUMN,ROW,24,18,2e-08")
BOUNDS = (":SYST:CAP:LIM?", "10.0,0.01,0.1,1024,262144,1e-07,1e-06")
ASKED = [OFFERS, GEOMETRY, BOUNDS]
LIMITS = {
    "row": TerminalLimits(low=0.0, high=3.0, current=5e-3),
    "column": TerminalLimits(low=0.0, high=2.5, current=2e-3),
    "gate": TerminalLimits(low=0.0, high=5.0, gate=True),
}
OVERLAP = Overlap(2.0, -1.5, 2e-6, 10, gate_up=2.5, gate_down=3.5, seed=7, first=100)
CURRENTS = (
    ":FORM:DATA REAL,32;:FORM:BORD SWAP;:OUTP 1;:SOUR:CURR:PROT 0.002;:SOUR:CURR:PROT:COMM 0.002;"
)
SETTINGS = (
    ":UPD:VOLT 2.0,-1.5;:UPD:GATE 2.5,3.5;:UPD:WIDT 2e-06;:UPD:SLOT 10;:UPD:DET 0;:UPD:SEED 7;"
    ":UPD:FIRS 100"
)
ROWS, COLUMNS = np.array([[0.5], [1.0]]), np.array([[0.25, -0.25], [0.0, 1.0]])


def f4(*values: float) -> bytes:
    return block(np.array(values, "<f4").tobytes())


def answer(began, ended, half, counts) -> bytes:
    head = np.array([began, ended], "<f8").tobytes() + np.array([half], "<f4").tobytes()
    return head + np.array(counts, "<u4").tobytes()


def test_an_update_is_one_message_and_its_answer_counts_the_pulses_of_every_cell():
    sent = b":UPD:APPL? " + f4(0.5, 1.0) + b"," + f4(0.25, -0.25, 0.0, 1.0)
    script = [*ASKED, (CURRENTS + SETTINGS, None), (sent, answer(1.0, 2.0, 0.0, [3, 9, 0, 2]))]
    with conversation(CrossbarBoard, script, limits=LIMITS) as board:
        updated = board.update(ROWS, COLUMNS, OVERLAP)
    assert updated.up.tolist() == [[3, 9]]
    assert updated.down.tolist() == [[0, 2]]
    assert (updated.began, updated.ended, updated.half) == (1.0, 2.0, 0.0)


def test_many_samples_are_split_and_their_numbers_go_on():
    small = (":SYST:CAP:LIM?", "10.0,0.01,0.1,1024,2,1e-07,1e-06")
    script = [
        OFFERS, GEOMETRY, small,
        (CURRENTS + SETTINGS, None),
        (b":UPD:APPL? " + f4(0.5) + b"," + f4(0.25, -0.25), answer(1.0, 2.0, 0.0, [1, 0, 0, 2])),
        (":UPD:FIRS 101", None),
        (b":UPD:APPL? " + f4(1.0) + b"," + f4(0.0, 1.0), answer(2.0, 3.0, 0.0, [0, 5, 0, 0])),
    ]  # fmt: skip
    with conversation(CrossbarBoard, script, limits=LIMITS) as board:
        updated = board.update(ROWS, COLUMNS, OVERLAP)
    assert (updated.began, updated.ended) == (1.0, 3.0)
    assert updated.up.tolist() == [[1, 5]]
    assert updated.down.tolist() == [[0, 2]]


REFUSED = [
    ({"up": 3.5}, "update by 3.5 V: row = 3.5 V: the chip accepts 0 V to 3 V"),
    ({"down": -2.8}, "update by -2.8 V: column = 2.8 V"),
    ({"up": 0.0}, "up = 0 V"),
    ({"up": np.nan}, "up = nan"),
    ({"down": 1.0}, "down = 1 V"),
    ({"gate_up": 6.0}, "gate = 6 V"),
    ({"gate_down": np.inf}, "gate = inf"),
    ({"width": 0.0}, "width of a slot"),
    ({"slots": 32}, "slots = 32: accepts 1 to 31"),
    ({"slots": 0}, "slots = 0"),
    ({"slots": 2.5}, "slots = 2.5: accepts whole numbers"),
    ({"seed": 1.5}, "seed = 1.5: accepts whole numbers"),
    ({"seed": -1}, "seed = -1"),
    ({"first": -1}, "number of the first sample = -1"),
]


@pytest.mark.parametrize(("change", "said"), REFUSED)
def test_too_much_is_refused_before_a_setting_is_sent(change, said):
    with conversation(CrossbarBoard, ASKED, limits=LIMITS) as board:
        with pytest.raises(RangeError, match=said):
            board.update(ROWS, COLUMNS, replace(OVERLAP, **change))


@pytest.mark.parametrize(
    ("rows", "columns", "said"),
    [
        (ROWS[:1], COLUMNS, "rows have 1 samples, columns 2"),
        (ROWS * 2.0, COLUMNS, "rows = 2.0: accepts -1 to 1"),
        (ROWS, COLUMNS * np.nan, "columns = nan"),
        (ROWS.T, COLUMNS, r"rows of shape \(1, 2\)"),
        (ROWS, COLUMNS[0], r"columns of shape \(2,\)"),
    ],
)
def test_values_that_are_none_are_refused_before_a_setting_is_sent(rows, columns, said):
    with conversation(CrossbarBoard, ASKED, limits=LIMITS) as board:
        with pytest.raises(RangeError, match=said):
            board.update(rows, columns, OVERLAP)


@pytest.mark.parametrize(
    ("kind", "row", "column", "volts", "said"),
    [
        # RESET raises columns, and rows at rest with them.
        ("1T1R,COLUMN,ROW", (0.0, 1.0), (0.0, 2.5), (0.9, -1.5), "update by -1.5 V: row = 1.5 V"),
        # With the gates along the rows, columns pulse: SET keeps both families up.
        ("1T1R,ROW,ROW", (0.0, 3.0), (0.0, 1.0), (1.5, -0.9), "update by 1.5 V: column = 1.5 V"),
        # Halves around 0 V, where the windows reach below it.
        ("PASSIVE,COLUMN,ROW", (-0.8, 0.8), (-0.8, 0.8), (1.5, -2.0), "column = 2 V"),
        # Else around half of the voltage.
        ("PASSIVE,COLUMN,ROW", (0.0, 1.4), (0.0, 3.0), (1.5, -1.5), "update by 1.5 V: row = 1.5 V"),
    ],
)
def test_every_level_of_an_update_lies_in_its_window(kind, row, column, volts, said):
    geometry = (":SYST:CAP:GEOM?", f"1,2,{kind},24,18,2e-08")
    limits = {
        "row": TerminalLimits(*row, 5e-3),
        "column": TerminalLimits(*column, 5e-3),
        "gate": TerminalLimits(low=0.0, high=5.0, gate=True),
    }
    with conversation(CrossbarBoard, [OFFERS, geometry, BOUNDS], limits=limits) as board:
        with pytest.raises(RangeError, match=said):
            board.update(ROWS, COLUMNS, replace(OVERLAP, up=volts[0], down=volts[1]))


def test_lines_with_more_cells_than_the_board_may_feed_are_refused():
    few = (":SYST:CAP:LIM?", "10.0,0.01,0.1,1,262144,1e-07,1e-06")
    with conversation(CrossbarBoard, [OFFERS, GEOMETRY, few], limits=LIMITS) as board:
        with pytest.raises(RangeError, match="cells of a line = 2"):
            board.update(ROWS, COLUMNS, OVERLAP)


def test_halves_that_just_fit_are_sent():
    geometry = (":SYST:CAP:GEOM?", "1,2,PASSIVE,COLUMN,ROW,24,18,2e-08")
    limits = {name: TerminalLimits(-1.0, 1.0, 2e-3) for name in ("row", "column")}
    sent = b":UPD:APPL? " + f4(0.5, 1.0) + b"," + f4(0.25, -0.25, 0.0, 1.0)
    settings = SETTINGS.replace("2.0,-1.5", "2.0,-2.0").replace("2.5,3.5", "0.0,0.0")
    heard = answer(1.0, 2.0, 1.0, [0, 0, 0, 0])
    script = [OFFERS, geometry, BOUNDS, (CURRENTS + settings, None), (sent, heard)]
    with conversation(CrossbarBoard, script, limits=limits) as board:
        assert isinstance(board, ParallelUpdate)
        overlap = replace(OVERLAP, down=-2.0, gate_up=0.0, gate_down=0.0)
        assert board.update(ROWS, COLUMNS, overlap).half == 1.0


def test_an_answer_of_another_length_counts_nothing():
    sent = b":UPD:APPL? " + f4(0.5, 1.0) + b"," + f4(0.25, -0.25, 0.0, 1.0)
    script = [*ASKED, (CURRENTS + SETTINGS, None), (sent, answer(1.0, 2.0, 0.0, [3, 9, 0]))]
    with conversation(CrossbarBoard, script, limits=LIMITS) as board:
        with pytest.raises(TransportError):
            board.update(ROWS, COLUMNS, OVERLAP)
