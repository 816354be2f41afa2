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
OPEN_ALL = "channel.open('allslots') print(errorqueue.count, channel.getclose('allslots'))"
CLOSED = "print(channel.getclose('allslots'))"


def test_it_is_a_switch_matrix():
    with conversation(Keithley3706A, []) as matrix:
        assert isinstance(matrix, SwitchMatrix)


def test_initialise_resets_and_sets_break_before_make():
    lines = [
        ("errorqueue.clear()", None),
        ("reset()", None),
        (COUNT, NONE),
        ("channel.connectrule = 1", None),
        (COUNT, NONE),
    ]
    with conversation(Keithley3706A, lines, check_errors=True) as matrix:
        matrix.initialise()


def test_connect_closes_exactly_what_is_named_in_one_message():
    lines = [(f"channel.exclusiveclose('1101,2401') {COUNT}", NONE)]
    with conversation(Keithley3706A, lines, check_errors=True) as matrix:
        matrix.connect(["1101", "2401"])


def test_connect_to_nothing_opens_all():
    lines = [(OPEN_ALL, f"{NONE}\tnil")]
    with conversation(Keithley3706A, lines, check_errors=True) as matrix:
        matrix.connect([])


def test_opening_all_is_proved():
    with (
        conversation(Keithley3706A, [(OPEN_ALL, f"{NONE}\t1101")], check_errors=True) as matrix,
        pytest.raises(InstrumentError, match="'1101' is still closed"),
    ):
        matrix.open_all()


@pytest.mark.parametrize("answer", ["1101;2401", "1101,2401"])
def test_closed_is_what_the_instrument_says(answer: str):
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
def test_what_is_no_channel_is_refused_before_a_byte_is_sent(channel: str):
    with conversation(Keithley3706A, []) as matrix, pytest.raises(RangeError, match="accepts"):
        matrix.connect(["1101", channel])


def test_a_refusal_is_told_in_the_instruments_own_words():
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


def test_an_answer_that_is_no_number_is_an_instrument_error():
    lines = [(OPEN_ALL, "what?")]
    with (
        conversation(Keithley3706A, lines, check_errors=True) as matrix,
        pytest.raises(InstrumentError, match=r"what\?"),
    ):
        matrix.open_all()


def test_safe_opens_all_relays_in_their_phase_only_and_proves_it():
    lines = [("channel.open('allslots')", None), (CLOSED, "nil")]
    with conversation(Keithley3706A, lines) as matrix:
        for phase in SafePhase:
            matrix.safe(phase)


def test_a_relay_that_stays_closed_is_not_safe():
    lines = [("channel.open('allslots')", None), (CLOSED, "1101")]
    with (
        conversation(Keithley3706A, lines) as matrix,
        pytest.raises(SafetyError, match="1101"),
    ):
        matrix.safe(SafePhase.RELAYS)


def test_relays_that_cannot_be_read_back_are_not_safe():
    class Silent(ScriptedTransport):
        def query(self, message: str | bytes) -> str:
            raise TransportError("nothing")

    matrix = Keithley3706A(Silent([("channel.open('allslots')", None)]))
    with pytest.raises(SafetyError, match="cannot be read back"):
        matrix.safe(SafePhase.RELAYS)


def test_crosspoint_names_the_channel_between_row_and_column():
    with conversation(Keithley3706A, []) as matrix:
        assert matrix.crosspoint("row2", "slot1.column3") == "1203"
        assert matrix.crosspoint("row6", "slot3.column16") == "3616"


@pytest.mark.parametrize(("row", "column"), [("row9", "slot1.column1"), ("row1", "column1")])
def test_what_is_no_terminal_of_a_matrix_has_no_crosspoint(row: str, column: str):
    with conversation(Keithley3706A, []) as matrix, pytest.raises(RangeError):
        matrix.crosspoint(row, column)


def test_the_connection_rule_is_spoken_in_words():
    lines = [
        ("channel.connectrule = 2", None),
        ("print(string.format('%d', channel.connectrule))", "2"),
    ]
    with conversation(Keithley3706A, lines) as matrix:
        matrix.connection_rule = "make before break"
        assert matrix.connection_rule == "make before break"
        with pytest.raises(RangeError):
            matrix.connection_rule = "sideways"  # type: ignore[assignment]


def test_cards_and_closure_counts_are_asked_for():
    card = "3730,6x16 High Density Matrix,01.40h,4447332"
    lines = [(f"print(slot[{n}].idn)", card if n == 1 else "Empty Slot") for n in range(1, 7)]
    lines.append(("print(channel.getcount('1101,1102'))", "672,495"))
    with conversation(Keithley3706A, lines) as matrix:
        assert matrix.cards() == {1: card}
        assert matrix.closures(["1101", "1102"]) == [672, 495]


def test_channels_are_forbidden_and_allowed_again():
    lines = [
        (f"channel.setforbidden('1101') {COUNT}", NONE),
        (f"channel.clearforbidden('1101') {COUNT}", NONE),
    ]
    with conversation(Keithley3706A, lines, check_errors=True) as matrix:
        matrix.forbid(["1101"])
        matrix.allow(["1101"])


def test_relays_move_without_the_others_and_tell_their_state():
    lines = [
        (f"channel.close('1101') {COUNT}", NONE),
        (f"channel.open('1101,1102') {COUNT}", NONE),
        ("print(channel.getstate('1101,1102'))", "1,0"),
    ]
    with conversation(Keithley3706A, lines, check_errors=True) as matrix:
        matrix.close_also(["1101"])
        matrix.open(["1101", "1102"])
        assert matrix.states(["1101", "1102"]) == [True, False]


def test_delays_labels_and_patterns_are_spoken_as_in_the_manual():
    lines = [
        (f"channel.setdelay('1101', 0.25) {COUNT}", NONE),
        ("print(channel.getdelay('1101,1102'))", "2.500e-01,0.000e+00"),
        (f"channel.setlabel('1101', 'drain') {COUNT}", NONE),
        (f"channel.setlabel('1101', '') {COUNT}", NONE),
        ("print(channel.getlabel('1101,1102'))", "drain,1102"),
        (f"channel.pattern.setimage('1101,2101', 'path') {COUNT}", NONE),
        ("print(channel.pattern.getimage('path'))", "1101,2101"),
        (f"channel.exclusiveclose('path') {COUNT}", NONE),
        (f"channel.pattern.delete('path') {COUNT}", NONE),
        ("print(channel.getforbidden('allslots'))", "nil"),
        (f"setup.save() {COUNT}", NONE),
        (f"setup.recall(1) {COUNT}", NONE),
    ]
    with conversation(Keithley3706A, lines, check_errors=True) as matrix:
        matrix.set_delay(["1101"], 0.25)
        assert matrix.delays(["1101", "1102"]) == [0.25, 0.0]
        matrix.set_label("1101", "drain")
        matrix.set_label("1101", "")
        assert matrix.labels(["1101", "1102"]) == ["drain", "1102"]
        matrix.set_pattern("path", ["1101", "2101"])
        assert matrix.pattern("path") == ["1101", "2101"]
        matrix.connect_pattern("path")
        matrix.delete_pattern("path")
        assert matrix.forbidden() == []
        matrix.save_setup()
        matrix.recall_setup()


@pytest.mark.parametrize("delay", [-1e-3, 60.1, float("nan"), float("inf")])
def test_a_delay_out_of_range_is_refused_before_a_byte_is_sent(delay):
    with conversation(Keithley3706A, []) as matrix, pytest.raises(RangeError, match="accepts"):
        matrix.set_delay(["1101"], delay)


@pytest.mark.parametrize("name", ["", "slot1", "allslots", "a b", "a')", "1a", "a" * 20])
def test_a_name_that_could_be_anything_else_is_refused(name):
    with conversation(Keithley3706A, []) as matrix, pytest.raises(RangeError, match="accepts"):
        matrix.set_pattern(name, ["1101"])


def test_a_pattern_that_is_not_known_is_an_instrument_error():
    lines = [
        ("print(channel.pattern.getimage('path'))", "nil"),
        (COUNT, "1.00000e+00"),
        (NEXT, "1.11500e+03\tParameter error pattern path does not exist\t2.0e+01\t1.0e+00"),
    ]
    with (
        conversation(Keithley3706A, lines) as matrix,
        pytest.raises(InstrumentError, match="1115, Parameter error pattern path"),
    ):
        matrix.pattern("path")


def test_backplane_relays_interlocks_and_sizes_are_asked_for():
    lines = [
        (f"channel.setbackplane('1101', '1911,1912') {COUNT}", NONE),
        ("print(channel.getbackplane('1101'))", "1911,1912"),
        *(
            (f"print(slot[{n}].interlock.state)", "1.00000e+00" if n == 1 else "nil")
            for n in range(1, 7)
        ),
        ("print(slot[2].rows.matrix, slot[2].columns.matrix)", "6.00000e+00\t1.60000e+01"),
        ("print(slot[3].rows.matrix, slot[3].columns.matrix)", "nil\tnil"),
    ]
    with conversation(Keithley3706A, lines, check_errors=True) as matrix:
        matrix.set_backplane(["1101"], ["1911", "1912"])
        assert matrix.backplane("1101") == ["1911", "1912"]
        assert matrix.interlocks() == {1: 1}
        assert matrix.matrix_size(2) == (6, 16)
        assert matrix.matrix_size(3) == (0, 0)
        with pytest.raises(RangeError):
            matrix.matrix_size(7)
