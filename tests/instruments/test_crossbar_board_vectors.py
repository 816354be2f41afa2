"""The board's driver, products of vectors: exact conversations, and what is refused unsent."""

import numpy as np
import pytest
from conversation import conversation

from labcim.bench_file import BenchFile
from labcim.capabilities import Coding, Flag, Offering, Vectors
from labcim.errors import InstrumentError, RangeError, TransportError
from labcim.instruments.crossbar_board import CrossbarBoard
from labcim.limits import TerminalLimits
from labcim.transport import block

OFFERS = (":SYST:CAP:OPER?", "VECT,UPD,FEED")
GEOMETRY = (":SYST:CAP:GEOM?", "2,3,1T1R,COLUMN,ROW,24,18,2e-08")
BOUNDS = (":SYST:CAP:LIM?", "10.0,0.01,0.1,1024,262144,1e-07,1e-06")
ABLE = (":SYST:CAP:VECT?", "12,16,1e-06,0.01,8,1e-07,1e-06,8,15")
ASKED = [OFFERS, GEOMETRY, BOUNDS, ABLE]
LIMITS = {
    "row": TerminalLimits(low=0.0, high=1.0, current=5e-3),
    "column": TerminalLimits(low=0.0, high=0.5, current=2e-3),
    "gate": TerminalLimits(low=0.0, high=5.0, gate=True),
}
SETTINGS = (
    ":FORM:DATA REAL,32;:FORM:BORD SWAP;:OUTP 1;:SOUR:CURR:PROT 0.002;:SOUR:CURR:PROT:COMM 0.002;"
    ":VECT:VOLT 0.2;:VECT:COD AMPL;:VECT:BITS 8;:VECT:PULS 1e-06;:VECT:SIGN PHAS;:VECT:GATE 3.0;"
    ":VECT:OUTP:BITS 10;:VECT:OUTP:RANG 0.0;:VECT:OUTP:RANG:ULIM 0.002;:VECT:STRE 0;:VECT:RETR 0"
)
CODING = Coding(voltage=0.2, gate=3.0)


def f4(*values: float) -> bytes:
    return block(np.array(values, "<f4").tobytes())


def answer(time, current, span, flags) -> bytes:
    parts = (np.array(time, "<f8"), np.array(current, "<f4"), np.array(span, "<f4"))
    return b"".join(part.tobytes() for part in parts) + np.array(flags, "u1").tobytes()


def test_a_batch_is_one_message_once_the_settings_are_in_force():
    sent = b":VECT:MULT? " + f4(1.0, -0.5, 0.25, 0.0)
    heard = answer([1.0, 2.0], range(6), [7.0] * 6, [0, 0, 2, 0, 0, 0])
    script = [*ASKED, (SETTINGS, None), (sent, heard), (sent, heard)]
    with conversation(CrossbarBoard, script, limits=LIMITS) as board:
        board.multiply(np.array([[1.0, -0.5], [0.25, 0.0]]), CODING)
        found = board.multiply(np.array([[1.0, -0.5], [0.25, 0.0]]), CODING)
    assert found.current.tolist() == [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]
    assert found.flags[0].tolist() == [0, 0, Flag.OVER_RANGE]
    assert found.time.tolist() == [1.0, 2.0]
    assert (found.current_range == 7.0).all()


def test_the_transposed_product_drives_columns_and_answers_rows():
    sent = b":VECT:MULT:TRAN? " + f4(1.0, 0.0, -1.0)
    settings = SETTINGS.replace("ULIM 0.002", "ULIM 0.005")  # what a row stands
    script = [*ASKED, (settings, None), (sent, answer([1.0], [3.0, 4.0], [1.0] * 2, [0, 0]))]
    with conversation(CrossbarBoard, script, limits=LIMITS) as board:
        found = board.multiply_transposed(np.array([[1.0, 0.0, -1.0]]), CODING)
    assert found.current.tolist() == [[3.0, 4.0]]


def test_a_batch_larger_than_a_message_is_split():
    small = (":SYST:CAP:LIM?", "10.0,0.01,0.1,1024,6,1e-07,1e-06")
    heard = answer([1.0, 2.0], [0.0] * 6, [1.0] * 6, [0] * 6)
    rest = answer([3.0], [5.0] * 3, [1.0] * 3, [0] * 3)
    script = [
        OFFERS, GEOMETRY, small, ABLE, (SETTINGS, None),
        (b":VECT:MULT? " + f4(0.0, 0.0, 0.5, 0.5), heard), (b":VECT:MULT? " + f4(1.0, 1.0), rest),
    ]  # fmt: skip
    with conversation(CrossbarBoard, script, limits=LIMITS) as board:
        found = board.multiply(np.array([[0.0, 0.0], [0.5, 0.5], [1.0, 1.0]]), CODING)
    assert found.time.tolist() == [1.0, 2.0, 3.0]
    assert found.current[2].tolist() == [5.0] * 3


GOOD = np.array([[0.5, -0.5]])
REFUSED = [
    (GOOD, Coding(voltage=1.2), "row = 1.2 V: the chip accepts 0 V to 1 V"),
    (GOOD, Coding(voltage=0.3, signs="bipolar"), "row = -300 mV"),
    (GOOD, Coding(voltage=0.6, signs="shift"), "row = 1.2 V"),
    (GOOD, Coding(gate=6.0), "gate = 6 V"),
    (GOOD, Coding(gate=np.nan), "gate = nan"),
    (GOOD, Coding(voltage=np.nan), "voltage of a full-scale input"),
    (GOOD, Coding(pulse=1e-9), "pulse of an input = 1 ns: accepts 20 ns"),
    (GOOD, Coding(bits=0), "bits of an input = 0: accepts 1 to 12"),
    (GOOD, Coding(bits=2.5), "bits of an input = 2.5: accepts whole numbers"),
    (GOOD, Coding(bits="8"), "bits of an input = '8': accepts real numbers only"),
    (GOOD, Coding(voltage=None), "voltage of a full-scale input = None: accepts real numbers"),
    (GOOD, Coding(gate="3 V"), "gate = '3 V': accepts real numbers"),
    (GOOD, Coding(stretch=np.nan), "stretch of vectors = nan: accepts 0 to 1"),
    (GOOD, Coding(stretch="no"), "stretch of vectors = 'no': accepts real numbers"),
    (GOOD, Coding(output_bits=3.5), "bits of a product = 3.5: accepts whole numbers"),
    (GOOD, Coding(bits=13), "bits of an input = 13: accepts 1 to 12"),
    (GOOD, Coding(bits=16, coding="bits"), "bits of an input = 16: accepts 1 to 15"),
    (GOOD, Coding(output_bits=17), "bits of a product = 17: accepts 2 to 16"),
    (GOOD, Coding(output_range=3e-3), "range of a product = 3 mA: accepts 1 pA to 2 mA"),
    (GOOD, Coding(output_range=-1e-3), "range of a product"),
    (GOOD, Coding(retries=9), "retries = 9"),
    (GOOD, Coding(coding="pwm"), "coding = 'pwm': accepts amplitude, width, bits"),
    (GOOD, Coding(signs="two"), "signs = 'two'"),
    (np.array([[0.5, 1.5]]), CODING, "inputs = 1.5: accepts -1 to 1"),
    (np.array([[0.5, np.nan]]), CODING, "inputs = nan"),
    (np.array([[0.5j, 0.5]]), CODING, "inputs of type complex128: accepts real numbers"),
    (np.array([["a", "b"]]), CODING, "inputs of type <U1: accepts real numbers"),
    (np.array([0.5, 0.5]), CODING, r"inputs of shape \(2,\): accepts \(batch, 2\)"),
    (np.zeros((0, 2)), CODING, "inputs of shape"),
    (np.zeros((1, 3)), CODING, "inputs of shape"),
]


READ_LIMIT = {
    "row": TerminalLimits(low=-3.0, high=3.0, current=5e-3, read=0.5),
    "column": TerminalLimits(low=-3.0, high=3.0, current=2e-3, read=0.5),
    "gate": TerminalLimits(low=0.0, high=5.0, gate=True, read=0.5),
}


@pytest.mark.parametrize("verb", ["multiply", "multiply_transposed"])
@pytest.mark.parametrize("signs", ["phases", "shift", "bipolar"])
def test_a_product_that_would_write_cells_is_refused_before_a_setting_is_sent(verb, signs):
    inputs = np.full((1, 2 if verb == "multiply" else 3), 0.1)  # however small the inputs are
    said = (
        r"voltage of a full-scale input = 510 mV: the chip is read at no more than 500 mV \(read "
        r"limit\); above it cells are written, which is for pulse and update; nothing was sent"
    )
    with conversation(CrossbarBoard, ASKED, limits=READ_LIMIT) as board:
        with pytest.raises(RangeError, match=said):
            getattr(board, verb)(inputs, Coding(voltage=0.51, gate=3.0, signs=signs))


@pytest.mark.parametrize(
    ("signs", "word"), [("phases", "PHAS"), ("shift", "SHIF"), ("bipolar", "BIP")]
)
def test_a_product_at_the_read_limit_goes_out_by_all_signs(signs, word):
    settings = SETTINGS.replace("VOLT 0.2", "VOLT 0.5").replace("SIGN PHAS", f"SIGN {word}")
    sent = b":VECT:MULT? " + f4(1.0, -1.0)
    script = [*ASKED, (settings, None), (sent, answer([1.0], [1.0] * 3, [1.0] * 3, [0] * 3))]
    with conversation(CrossbarBoard, script, limits=READ_LIMIT) as board:
        board.multiply(np.array([[1.0, -1.0]]), Coding(voltage=0.5, gate=3.0, signs=signs))


def test_a_bench_file_with_a_higher_read_limit_lets_a_product_write():
    lines = {"low": "-3 V", "high": "3 V", "current": "2 mA"}
    own = {"row": lines, "column": lines, "gate": {"high": "5 V"}, "read": "3 V"}
    address = {"driver": "crossbar_board", "address": "TCPIP0::board::inst0::INSTR"}
    bench = BenchFile.model_validate({
        "cells": "board", "bench": {"name": "b"}, "instruments": {"board": address},
        "chip": {"identity": "c", "rows": 2, "columns": 3, "limits": own},
    })  # fmt: skip
    settings = SETTINGS.replace("VOLT 0.2", "VOLT 3.0")
    sent = b":VECT:MULT? " + f4(1.0, 1.0)
    script = [*ASKED, (settings, None), (sent, answer([1.0], [1.0] * 3, [1.0] * 3, [0] * 3))]
    with conversation(CrossbarBoard, script, limits=bench.terminal_limits("board")) as board:
        board.multiply(np.ones((1, 2)), Coding(voltage=3.0, gate=3.0))


def test_the_lower_read_limit_of_rows_and_columns_stands():
    limits = {**READ_LIMIT, "column": TerminalLimits(high=3.0, current=2e-3, read=0.15)}
    with conversation(CrossbarBoard, ASKED, limits=limits) as board:
        with pytest.raises(RangeError, match="= 200 mV: the chip is read at no more than 150 mV"):
            board.multiply(GOOD, CODING)


@pytest.mark.parametrize(("inputs", "coding", "said"), REFUSED)
def test_too_much_is_refused_before_a_setting_is_sent(inputs, coding, said):
    script = ASKED if said[:6] != "inputs" else ASKED[:3]
    with conversation(CrossbarBoard, script, limits=LIMITS) as board:
        with pytest.raises(RangeError, match=said):
            board.multiply(inputs, coding)


def test_the_sensed_lines_level_must_be_in_their_own_window():
    limits = {**LIMITS, "row": TerminalLimits(high=2.0, low=0.0, current=5e-3)}
    with conversation(CrossbarBoard, ASKED, limits=limits) as board:
        with pytest.raises(RangeError, match="level of sensed lines: column = 700 mV"):
            board.multiply(GOOD, Coding(voltage=0.7, signs="shift"))


def test_lines_with_more_cells_than_the_board_may_feed_are_refused():
    few = (":SYST:CAP:LIM?", "10.0,0.01,0.1,2,262144,1e-07,1e-06")
    with conversation(CrossbarBoard, [OFFERS, GEOMETRY, few], limits=LIMITS) as board:
        with pytest.raises(RangeError, match="cells of a line = 3"):
            board.multiply(GOOD, CODING)


def test_what_the_board_does_not_offer_is_refused_though_the_verb_is_there():
    with conversation(CrossbarBoard, [(":SYST:CAP:OPER?", "UPD"), GEOMETRY, BOUNDS]) as board:
        assert isinstance(board, Vectors) and isinstance(board, Offering)
        assert board.offers == {"updates"}
        with pytest.raises(RangeError, match="vectors: this board offers updates on"):
            board.multiply(GOOD, CODING)


def test_a_refusal_of_the_board_is_told_in_its_own_words():
    script = [
        *ASKED, (SETTINGS, None), (b":VECT:MULT? " + f4(0.5, -0.5), b""),
        ("SYST:ERR?", '-222,"Data out of range;row takes 0 to 0.1 V"'),
        ("SYST:ERR?", '0,"No error"'),
    ]  # fmt: skip
    with conversation(CrossbarBoard, script, limits=LIMITS) as board:
        with pytest.raises(InstrumentError, match=r"row takes 0 to 0\.1 V"):
            board.multiply(GOOD, CODING)


@pytest.mark.parametrize("heard", [b"\0" * 46, answer([1.0], [np.nan] * 3, [1.0] * 3, [0] * 3)])
def test_an_answer_of_another_length_or_that_is_no_number_is_no_product(heard):
    script = [*ASKED, (SETTINGS, None), (b":VECT:MULT? " + f4(0.5, -0.5), heard)]
    with conversation(CrossbarBoard, script, limits=LIMITS) as board:
        with pytest.raises(TransportError):
            board.multiply(GOOD, CODING)


def test_a_board_that_says_nothing_of_products_is_told():
    script = [OFFERS, GEOMETRY, BOUNDS, (":SYST:CAP:VECT?", "12,16")]
    with conversation(CrossbarBoard, script, limits=LIMITS) as board:
        with pytest.raises(InstrumentError, match="says nothing of products"):
            board.multiply(GOOD, CODING)
