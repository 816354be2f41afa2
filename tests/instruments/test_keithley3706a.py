"""The 3706A driver, message by message."""

import pytest
from conversation import ScriptedTransport, conversation

from labcim.errors import InstrumentError, RangeError, SafetyError, TransportError
from labcim.instrument import SafePhase
from labcim.instrument_capabilities import SwitchMatrix
from labcim.instruments.keithley3706a import Keithley3706A

COUNT = "print(errorqueue.count)"
NEXT = "print(errorqueue.next())"
NONE = "0.00000e+00"
CLOSED = "print(channel.getclose('allslots'))"


def test_it_is_a_switch_matrix() -> None:
    with conversation(Keithley3706A, []) as matrix:
        assert isinstance(matrix, SwitchMatrix)


def test_initialise_resets_and_sets_break_before_make() -> None:
    lines = [
        ("errorqueue.clear()", None),
        ("reset()", None),
        (COUNT, NONE),
        ("channel.connectrule = 1", None),
        (COUNT, NONE),
    ]
    with conversation(Keithley3706A, lines, check_errors=True) as matrix:
        matrix.initialise()


def test_connect_closes_exactly_what_is_named_in_one_message() -> None:
    lines = [(f"channel.exclusiveclose('1101,2401') {COUNT}", NONE)]
    with conversation(Keithley3706A, lines, check_errors=True) as matrix:
        matrix.connect(["1101", "2401"])


def test_connect_to_nothing_opens_all() -> None:
    lines = [(f"channel.open('allslots') {COUNT}", NONE)]
    with conversation(Keithley3706A, lines, check_errors=True) as matrix:
        matrix.connect([])


@pytest.mark.parametrize("answer", ["1101;2401", "1101,2401"])
def test_closed_is_what_the_instrument_says(answer: str) -> None:
    with conversation(Keithley3706A, [(CLOSED, answer), (CLOSED, "nil")]) as matrix:
        assert matrix.closed() == ["1101", "2401"]
        assert matrix.closed() == []


@pytest.mark.parametrize(
    "channel",
    [
        "",
        "110",
        "11011",
        "0101",
        "7101",
        "1901",
        "allslots",
        "1101') os.exit('",
        "1101\n",
        "１１０１",
    ],
)
def test_what_is_no_channel_is_refused_before_a_byte_is_sent(channel: str) -> None:
    with conversation(Keithley3706A, []) as matrix, pytest.raises(RangeError, match="accepts"):
        matrix.connect(["1101", channel])


def test_a_refusal_is_told_in_the_instruments_own_words() -> None:
    lines = [
        (f"channel.exclusiveclose('1101') {COUNT}", "2.00000e+00"),
        (NEXT, "-2.21000e+02\tSettings conflict;channel 1101 is forbidden\t2.0e+01\t1.0e+00"),
        (NEXT, "-2.86000e+02\tTSP Runtime error\t2.0e+01\t1.0e+00"),
    ]
    with (
        conversation(Keithley3706A, lines, check_errors=True) as matrix,
        pytest.raises(InstrumentError, match=r"-221, .*1101 is forbidden; -286, TSP Runtime"),
    ):
        matrix.connect(["1101"])


def test_an_answer_that_is_no_number_is_an_instrument_error() -> None:
    lines = [(f"channel.open('allslots') {COUNT}", "what?")]
    with (
        conversation(Keithley3706A, lines, check_errors=True) as matrix,
        pytest.raises(InstrumentError, match=r"what\?"),
    ):
        matrix.open_all()


def test_safe_opens_all_relays_in_their_phase_only_and_proves_it() -> None:
    lines = [("channel.open('allslots')", None), (CLOSED, "nil")]
    with conversation(Keithley3706A, lines) as matrix:
        for phase in SafePhase:
            matrix.safe(phase)


def test_a_relay_that_stays_closed_is_not_safe() -> None:
    lines = [("channel.open('allslots')", None), (CLOSED, "1101")]
    with (
        conversation(Keithley3706A, lines) as matrix,
        pytest.raises(SafetyError, match="1101"),
    ):
        matrix.safe(SafePhase.RELAYS)


def test_relays_that_cannot_be_read_back_are_not_safe() -> None:
    class Silent(ScriptedTransport):
        def query(self, message: str | bytes) -> str:
            raise TransportError("nothing")

    matrix = Keithley3706A(Silent([("channel.open('allslots')", None)]))
    with pytest.raises(SafetyError, match="cannot be read back"):
        matrix.safe(SafePhase.RELAYS)


def test_crosspoint_names_the_channel_between_row_and_column() -> None:
    with conversation(Keithley3706A, []) as matrix:
        assert matrix.crosspoint("row2", "slot1.column3") == "1203"
        assert matrix.crosspoint("row6", "slot3.column16") == "3616"


@pytest.mark.parametrize(("row", "column"), [("row9", "slot1.column1"), ("row1", "column1")])
def test_what_is_no_terminal_of_a_matrix_has_no_crosspoint(row: str, column: str) -> None:
    with conversation(Keithley3706A, []) as matrix, pytest.raises(RangeError):
        matrix.crosspoint(row, column)


def test_the_connection_rule_is_spoken_in_words() -> None:
    lines = [
        ("channel.connectrule = 2", None),
        ("print(string.format('%d', channel.connectrule))", "2"),
    ]
    with conversation(Keithley3706A, lines) as matrix:
        matrix.connection_rule = "make before break"
        assert matrix.connection_rule == "make before break"
        with pytest.raises(RangeError):
            matrix.connection_rule = "sideways"  # type: ignore[assignment]


def test_cards_and_closure_counts_are_asked_for() -> None:
    card = "3730,6x16 High Density Matrix,01.40h,4447332"
    lines = [(f"print(slot[{n}].idn)", card if n == 1 else "Empty Slot") for n in range(1, 7)]
    lines.append(("print(channel.getcount('1101,1102'))", "672,495"))
    with conversation(Keithley3706A, lines) as matrix:
        assert matrix.cards() == {1: card}
        assert matrix.closures(["1101", "1102"]) == [672, 495]


def test_channels_are_forbidden_and_allowed_again() -> None:
    lines = [
        (f"channel.setforbidden('1101') {COUNT}", NONE),
        (f"channel.clearforbidden('1101') {COUNT}", NONE),
    ]
    with conversation(Keithley3706A, lines, check_errors=True) as matrix:
        matrix.forbid(["1101"])
        matrix.allow(["1101"])
