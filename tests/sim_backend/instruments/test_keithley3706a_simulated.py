"""The simulated 3706A by its own commands, with the replies of 3700AS-901-01, section 13."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from labcim.sim_backend.instruments.keithley3706a import Keithley3706A

SETTLE = 4e-3  # s, relay actuation time on the data sheet of the 3730


@dataclass
class Spec:
    name: str = "matrix"
    serial: str = "04447336"
    options: dict[str, Any] = field(default_factory=dict)


class Relays:
    """The part of a bench that a matrix needs; keeps what was done with simulated time."""

    def __init__(self) -> None:
        self.now = 0.0
        self.log: list[tuple[float, str, str, str]] = []

    def advance(self, duration: float) -> None:
        self.now += duration

    def connect(self, a: str, b: str) -> None:
        self.log.append((self.now, "close", a, b))

    def disconnect(self, a: str, b: str) -> None:
        self.log.append((self.now, "open", a, b))


class Matrix:
    def __init__(self, **options: Any) -> None:
        self.bench = Relays()
        self.instrument = Keithley3706A(self.bench, Spec(options=options))  # type: ignore[arg-type]

    def say(self, message: str) -> str | None:
        answer = self.instrument.execute(message.encode())
        return None if answer is None else answer.decode()

    def closed(self) -> str | None:
        return self.say("print(channel.getclose('allslots'))")

    def errors(self) -> list[str]:
        return [f"{code} {words}" for code, words in self.instrument.errors.pop_all()]

    def moves(self) -> list[str]:
        return [what for _, what, _, _ in self.bench.log]


@pytest.fixture
def matrix() -> Matrix:
    return Matrix()


def test_it_says_who_it_is_and_what_is_in_its_slots(matrix: Matrix) -> None:
    assert matrix.say("*IDN?") == "KEITHLEY INSTRUMENTS INC.,MODEL 3706A-SNFP,04447336,01.56a"
    assert (matrix.say("print(slot[1].idn)") or "").startswith("3730,6x16 High Density Matrix,")
    assert matrix.say("print(slot[4].idn)") == "Empty Slot"
    assert matrix.say("print(slot[1].rows.matrix)") == "6.00000e+00"
    assert matrix.say("print(slot[1].columns.matrix)") == "1.60000e+01"
    assert matrix.say("print(slot[4].rows.matrix)") == "nil"
    assert matrix.say("print(slot[4].interlock.state)") == "nil"


def test_the_chip_file_says_which_slots_have_cards() -> None:
    matrix = Matrix(cards=["", "3730"])
    assert matrix.say("print(slot[1].idn)") == "Empty Slot"
    matrix.say("channel.close('1101')")
    assert len(matrix.errors()) == 1
    matrix.say("channel.close('2101')")
    assert matrix.closed() == "2101"


@pytest.mark.parametrize(
    ("channels", "closed"),
    [
        ("1101", "1101"),
        ("1203, 1101", "1101;1203"),
        ("1115:1202", "1115;1116;1201;1202"),
        ("1616,1911", "1616;1911"),
        ("3101,2101", "2101;3101"),
    ],
)
def test_a_channel_list_names_channels_ranges_and_backplane_relays(
    matrix: Matrix, channels: str, closed: str
) -> None:
    matrix.say(f"channel.close('{channels}')")
    assert matrix.closed() == closed


@pytest.mark.parametrize(
    "channels",
    [
        "",
        "1117",
        "1701",
        "4101",
        "1203:1101",
        "1101:2101",
        "allslots",
        "slot1",
        "nonsense",
        "1101,,",
    ],
)
def test_a_wrong_channel_list_is_an_error_and_closes_nothing(matrix: Matrix, channels: str) -> None:
    matrix.say(f"channel.close('{channels}')")
    assert len(matrix.errors()) == 1
    assert matrix.closed() == "nil"


def test_close_adds_and_open_takes_away(matrix: Matrix) -> None:
    matrix.say("channel.close('1101') channel.close('2101,3101')")
    assert matrix.closed() == "1101;2101;3101"
    matrix.say("channel.open('slot2')")
    assert matrix.closed() == "1101;3101"
    assert matrix.say("print(channel.getclose('slot1'))") == "1101"
    matrix.say("channel.open('allslots')")
    assert matrix.closed() == "nil"


def test_exclusive_close_opens_what_is_not_named(matrix: Matrix) -> None:
    matrix.say("channel.close('1101,2101') channel.exclusiveclose('2101,3101')")
    assert matrix.closed() == "2101;3101"
    assert matrix.moves() == ["close", "close", "open", "close"]


def test_exclusive_close_of_nothing_opens_all(matrix: Matrix) -> None:
    matrix.say("channel.close('1101') channel.exclusiveclose('')")
    assert matrix.closed() == "nil"
    assert matrix.errors() == []


def test_exclusive_slot_close_leaves_other_slots_alone(matrix: Matrix) -> None:
    matrix.say("channel.close('1101,2101') channel.exclusiveslotclose('2102')")
    assert matrix.closed() == "1101;2102"


def test_a_closed_channel_ties_a_row_of_the_matrix_to_a_column_of_its_slot(matrix: Matrix) -> None:
    matrix.say("channel.close('2416')")
    assert matrix.bench.log == [(SETTLE, "close", "matrix.row4", "matrix.slot2.column16")]


def test_rows_that_are_not_bridged_belong_to_their_slot() -> None:
    matrix = Matrix(bridged=False)
    matrix.say("channel.close('2416')")
    assert matrix.bench.log[0][2] == "matrix.slot2.row4"


@pytest.mark.parametrize(
    ("rule", "moves", "duration"),
    [
        ("BREAK_BEFORE_MAKE", ["open", "close"], 2 * SETTLE),
        ("MAKE_BEFORE_BREAK", ["close", "open"], 2 * SETTLE),
        ("OFF", ["open", "close"], SETTLE),
    ],
)
def test_the_connection_rule_orders_opening_and_closing_and_sets_the_time(
    matrix: Matrix, rule: str, moves: list[str], duration: float
) -> None:
    matrix.say(f"channel.close('1101') channel.connectrule = channel.{rule}")
    began = matrix.bench.now
    matrix.bench.log.clear()
    matrix.say("channel.exclusiveclose('1102')")
    assert matrix.moves() == moves
    assert matrix.bench.now - began == pytest.approx(duration)


def test_an_additional_delay_is_waited_for_and_told(matrix: Matrix) -> None:
    matrix.say("channel.setdelay('1101', 0.1)")
    delays = (matrix.say("print(channel.getdelay('1101,1102'))") or "").split(",")
    assert [float(delay) for delay in delays] == [0.1, 0.0]
    matrix.say("channel.close('1101')")
    assert matrix.bench.now == pytest.approx(SETTLE + 0.1)


def test_relays_that_stay_take_no_time(matrix: Matrix) -> None:
    matrix.say("channel.close('1101')")
    began = matrix.bench.now
    matrix.say("channel.close('1101') channel.exclusiveclose('1101')")
    assert matrix.bench.now == began


def test_a_forbidden_channel_does_not_close_nor_do_its_companions(matrix: Matrix) -> None:
    matrix.say("channel.setforbidden('1102')")
    matrix.say("channel.close('1101,1102')")
    assert "forbidden" in matrix.errors()[0]
    assert matrix.closed() == "nil"
    assert matrix.say("print(channel.getforbidden('allslots'))") == "1102"
    matrix.say("channel.clearforbidden('allslots') channel.close('1102')")
    assert matrix.closed() == "1102"
    assert matrix.say("print(channel.getforbidden('allslots'))") == "nil"


def test_backplane_relays_go_with_their_channel(matrix: Matrix) -> None:
    matrix.say("channel.setbackplane('1101', '1911,1912') channel.close('1101')")
    assert matrix.closed() == "1101;1911;1912"
    assert matrix.say("print(channel.getbackplane('1101'))") == "1911,1912"
    matrix.say("channel.open('1101')")
    assert matrix.closed() == "nil"


def test_a_pattern_stands_for_its_channels_until_one_is_forbidden(matrix: Matrix) -> None:
    matrix.say("channel.pattern.setimage('1101,2101', 'path') channel.close('path')")
    assert matrix.closed() == "1101;2101"
    assert matrix.say("print(channel.pattern.getimage('path'))") == "1101,2101"
    matrix.say("channel.setforbidden('2101') channel.open('path')")
    assert len(matrix.errors()) == 1


def test_closures_are_counted_relay_by_relay_and_survive_a_reset(matrix: Matrix) -> None:
    matrix.say("channel.close('1101') channel.close('1101') channel.open('1101')")
    matrix.say("channel.close('1101') reset()")
    assert matrix.say("print(channel.getcount('1101,1102'))") == "2,0"
    assert matrix.errors() == []
    assert matrix.closed() == "nil"


def test_reset_opens_all_and_forgets_the_settings(matrix: Matrix) -> None:
    matrix.say("channel.connectrule = channel.OFF channel.setforbidden('1101')")
    matrix.say("channel.close('2101')")
    matrix.say("*RST")
    assert matrix.closed() == "nil"
    assert matrix.say("print(channel.connectrule)") == "1.00000e+00"
    assert matrix.say("print(channel.getforbidden('allslots'))") == "nil"


def test_channel_reset_does_so_for_its_channels_only(matrix: Matrix) -> None:
    matrix.say("channel.setdelay('slot1', 0.5) channel.close('1101,1102')")
    matrix.say("channel.reset('1101')")
    assert matrix.closed() == "1102"
    delays = (matrix.say("print(channel.getdelay('1101,1102'))") or "").split(",")
    assert [float(delay) for delay in delays] == [0.0, 0.5]


def test_a_kept_setup_is_recalled(matrix: Matrix) -> None:
    matrix.say("channel.close('1101') setup.save() channel.open('allslots') setup.recall(1)")
    assert matrix.closed() == "1101"
    matrix.say("setup.recall(0)")
    assert matrix.closed() == "nil"


def test_a_script_in_the_instrument_scans_a_row(matrix: Matrix) -> None:
    for line in (
        "loadandrunscript",
        "for column = 1, 3 do",
        "  channel.exclusiveclose(string.format('11%02d', column))",
        "  print(channel.getclose('slot1'))",
        "end",
    ):
        matrix.say(line)
    assert matrix.say("endscript") == "1101\n1102\n1103"
