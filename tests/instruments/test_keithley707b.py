"""The 707B driver, message by message, where it differs from the 3706A's."""

import pytest
from conversation import conversation

from labcim.errors import RangeError
from labcim.instrument import SafePhase
from labcim.instrument_capabilities import SwitchMatrix
from labcim.instruments.keithley707b import Keithley707B

COUNT = "print(errorqueue.count)"


def test_it_is_a_switch_matrix_and_knows_its_own_kind():
    with conversation(Keithley707B, []) as matrix:
        assert isinstance(matrix, SwitchMatrix)
    assert Keithley707B.fits("KEITHLEY INSTRUMENTS INC.,MODEL 707B,04447336,01.20a")
    assert not Keithley707B.fits("KEITHLEY INSTRUMENTS INC.,MODEL 3706A-SNFP,04447336,01.56a")


def test_channels_have_a_letter_for_their_row():
    lines = [
        (f"channel.exclusiveclose('1A03,2H12') {COUNT}", "0.00000e+00"),
        ("print(channel.getclose('allslots'))", "1A03;2H12"),
    ]
    with conversation(Keithley707B, lines, check_errors=True) as matrix:
        matrix.connect(["1A03", "2H12"])
        assert matrix.closed() == ["1A03", "2H12"]


@pytest.mark.parametrize(
    "channel", ["1203", "1I01", "1A13", "1A00", "0A01", "7A01", "1a01", "1A1", "1A01') --"]
)
def test_what_is_no_channel_is_refused_before_a_byte_is_sent(channel):
    with conversation(Keithley707B, []) as matrix, pytest.raises(RangeError, match="1B03"):
        matrix.connect([channel])


def test_crosspoint_names_the_channel_between_row_and_column():
    with conversation(Keithley707B, []) as matrix:
        assert matrix.crosspoint("rowB", "slot1.column3") == "1B03"
        assert matrix.crosspoint("rowH", "slot6.column12") == "6H12"


@pytest.mark.parametrize(
    ("row", "column"), [("row1", "slot1.column1"), ("rowI", "slot1.column1"), ("rowA", "column1")]
)
def test_what_is_no_terminal_of_a_matrix_has_no_crosspoint(row, column):
    with conversation(Keithley707B, []) as matrix, pytest.raises(RangeError, match="rowA to rowH"):
        matrix.crosspoint(row, column)


def test_safe_opens_all_relays_in_their_phase_only_and_proves_it():
    lines = [("channel.open('allslots')", None), ("print(channel.getclose('allslots'))", "nil")]
    with conversation(Keithley707B, lines) as matrix:
        for phase in SafePhase:
            matrix.safe(phase)
