"""The simulated 707B by its own commands, as in 707B-901-01, sections 2 and 5."""

import pytest
from switch_bench import Matrix

SETTLE = {"7072": 15e-3, "7174A": 2e-3}  # s, relay settling time on the data sheets


@pytest.fixture
def matrix(tmp_path) -> Matrix:
    return Matrix(tmp_path, "keithley707b")


def test_it_says_who_it_is_and_what_is_in_its_slots(matrix):
    assert (matrix.say("*IDN?") or "").startswith("KEITHLEY INSTRUMENTS INC.,MODEL 707B,04447336,")
    assert (matrix.say("print(slot[1].idn)") or "").startswith("7174A,8x12 Low Current Matrix,")
    assert matrix.say("print(slot[4].idn)") == "Empty Slot"
    assert matrix.say("print(slot[1].rows.matrix)") == "8.00000e+00"
    assert matrix.say("print(slot[1].columns.matrix)") == "1.20000e+01"


@pytest.mark.parametrize(
    ("channels", "closed"),
    [
        ("1A03, 1A05", "1A03;1A05"),
        ("1A01:1A05", "1A01;1A02;1A03;1A04;1A05"),
        ("1A11:1B02", "1A11;1A12;1B01;1B02"),
        ("3H12;1A01", "1A01;3H12"),
    ],
)
def test_a_channel_is_slot_row_letter_and_column(channels, closed, matrix):
    matrix.say(f"channel.close('{channels}')")
    assert matrix.closed() == closed
    assert matrix.errors() == []


@pytest.mark.parametrize("channels", ["1101", "1I01", "1A13", "1A00", "4A01", "1911", "1A1"])
def test_what_is_no_channel_is_error_1115_and_closes_nothing(channels, matrix):
    matrix.say(f"channel.close('{channels}')")
    [error] = matrix.errors()
    assert error.startswith("1115 Parameter error")
    assert matrix.closed() == "nil"


def test_a_closed_channel_ties_a_lettered_row_to_a_column(matrix):
    matrix.say("channel.close('2H12')")
    assert matrix.bench.log == [(SETTLE["7174A"], "close", "matrix.rowH", "matrix.slot2.column12")]


@pytest.mark.parametrize("card", ["7072", "7174A"])
def test_a_card_settles_in_its_own_time(card, tmp_path):
    matrix = Matrix(tmp_path, "keithley707b", cards=[card])
    matrix.say("channel.close('1A01')")
    assert matrix.bench.now == pytest.approx(SETTLE[card])


def test_a_specifier_is_made_from_numbers(matrix):
    assert matrix.say("print(channel.createspecifier(2, 8, 12))") == "2H12"
    matrix.say("channel.createspecifier(2, 9, 1)")
    assert len(matrix.errors()) == 1


def test_it_has_no_analog_backplane_relays(matrix):
    matrix.say("x = channel.setbackplane")
    assert matrix.say("print(x)") == "nil"
