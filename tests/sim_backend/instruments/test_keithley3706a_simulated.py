"""The simulated 3706A by its own commands, with the replies of 3700AS-901-01, TSP commands.

How its relays behave is in test_relays, what they connect in test_switch_wiring.
"""

import pytest
from switch_bench import Matrix

SETTLE = 4e-3  # s, relay actuation time on the data sheet of the 3730


@pytest.fixture
def matrix(tmp_path) -> Matrix:
    return Matrix(tmp_path)


def test_it_says_who_it_is_and_what_is_in_its_slots(matrix):
    assert matrix.say("*IDN?") == "KEITHLEY INSTRUMENTS INC.,MODEL 3706A-SNFP,04447336,01.56a"
    assert (matrix.say("print(slot[1].idn)") or "").startswith("3730,6x16 High Density Matrix,")
    assert matrix.say("print(slot[4].idn)") == "Empty Slot"
    assert matrix.say("print(slot[1].rows.matrix)") == "6.00000e+00"
    assert matrix.say("print(slot[1].columns.matrix)") == "1.60000e+01"
    assert matrix.say("print(slot[4].rows.matrix)") == "nil"
    assert matrix.say("print(slot[4].interlock.state)") == "nil"


def test_the_chip_file_says_which_slots_have_cards(tmp_path):
    matrix = Matrix(tmp_path, cards=["", "3730"])
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
def test_a_channel_list_names_channels_ranges_and_backplane_relays(matrix, channels, closed):
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
def test_a_wrong_channel_list_is_an_error_and_closes_nothing(matrix, channels):
    matrix.say(f"channel.close('{channels}')")
    assert len(matrix.errors()) == 1
    assert matrix.closed() == "nil"


def test_close_adds_and_open_takes_away(matrix):
    matrix.say("channel.close('1101') channel.close('2101,3101')")
    assert matrix.closed() == "1101;2101;3101"
    matrix.say("channel.open('slot2')")
    assert matrix.closed() == "1101;3101"
    assert matrix.say("print(channel.getclose('slot1'))") == "1101"
    matrix.say("channel.open('allslots')")
    assert matrix.closed() == "nil"


def test_exclusive_close_opens_what_is_not_named(matrix):
    matrix.say("channel.close('1101,2101') channel.exclusiveclose('2101,3101')")
    assert matrix.closed() == "2101;3101"
    assert matrix.moves() == ["close", "close", "open", "close"]


def test_exclusive_close_of_nothing_opens_all(matrix):
    matrix.say("channel.close('1101') channel.exclusiveclose('')")
    assert matrix.closed() == "nil"
    assert matrix.errors() == []


def test_exclusive_slot_close_leaves_other_slots_alone(matrix):
    matrix.say("channel.close('1101,2101') channel.exclusiveslotclose('2102')")
    assert matrix.closed() == "1101;2102"


def test_a_closed_channel_ties_a_row_of_the_matrix_to_a_column_of_its_slot(matrix):
    matrix.say("channel.close('2416')")
    assert matrix.bench.log == [(SETTLE, "close", "matrix.row4", "matrix.slot2.column16")]


def test_rows_that_are_not_bridged_belong_to_their_slot(tmp_path):
    matrix = Matrix(tmp_path, bridged=False)
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
    matrix, rule, moves, duration
):
    matrix.say(f"channel.close('1101') channel.connectrule = channel.{rule}")
    began = matrix.bench.now
    matrix.bench.log.clear()
    matrix.say("channel.exclusiveclose('1102')")
    assert matrix.moves() == moves
    assert matrix.bench.now - began == pytest.approx(duration)


def test_an_additional_delay_is_waited_for_and_told(matrix):
    matrix.say("channel.setdelay('1101', 0.1)")
    delays = (matrix.say("print(channel.getdelay('1101,1102'))") or "").split(",")
    assert [float(delay) for delay in delays] == [0.1, 0.0]
    matrix.say("channel.close('1101')")
    assert matrix.bench.now == pytest.approx(SETTLE + 0.1)


def test_relays_that_stay_take_no_time(matrix):
    matrix.say("channel.close('1101')")
    began = matrix.bench.now
    matrix.say("channel.close('1101') channel.exclusiveclose('1101')")
    assert matrix.bench.now == began


def test_a_forbidden_channel_does_not_close_nor_do_its_companions(matrix):
    matrix.say("channel.setforbidden('1102')")
    matrix.say("channel.close('1101,1102')")
    assert "forbidden" in matrix.errors()[0]
    assert matrix.closed() == "nil"
    assert matrix.say("print(channel.getforbidden('allslots'))") == "1102"
    matrix.say("channel.clearforbidden('allslots') channel.close('1102')")
    assert matrix.closed() == "1102"
    assert matrix.say("print(channel.getforbidden('allslots'))") == "nil"


def test_backplane_relays_go_with_their_channel(matrix):
    matrix.say("channel.setbackplane('1101', '1911,1912') channel.close('1101')")
    assert matrix.closed() == "1101;1911;1912"
    assert matrix.say("print(channel.getbackplane('1101'))") == "1911,1912"
    matrix.say("channel.open('1101')")
    assert matrix.closed() == "nil"


def test_a_pattern_stands_for_its_channels_until_one_is_forbidden(matrix):
    matrix.say("channel.pattern.setimage('1101,2101', 'path') channel.close('path')")
    assert matrix.closed() == "1101;2101"
    assert matrix.say("print(channel.pattern.getimage('path'))") == "1101,2101"
    matrix.say("channel.setforbidden('2101') channel.open('path')")
    assert len(matrix.errors()) == 1


def test_closures_are_counted_relay_by_relay_and_survive_a_reset(matrix):
    matrix.say("channel.close('1101') channel.close('1101') channel.open('1101')")
    matrix.say("channel.close('1101') reset()")
    assert matrix.say("print(channel.getcount('1101,1102'))") == "2,0"
    assert matrix.errors() == []
    assert matrix.closed() == "nil"


def test_reset_opens_all_and_forgets_the_settings(matrix):
    matrix.say("channel.connectrule = channel.OFF channel.setforbidden('1101')")
    matrix.say("channel.close('2101')")
    matrix.say("*RST")
    assert matrix.closed() == "nil"
    assert matrix.say("print(channel.connectrule)") == "1.00000e+00"
    assert matrix.say("print(channel.getforbidden('allslots'))") == "nil"


def test_channel_reset_does_so_for_its_channels_only(matrix):
    matrix.say("channel.setdelay('slot1', 0.5) channel.close('1101,1102')")
    matrix.say("channel.reset('1101')")
    assert matrix.closed() == "1102"
    delays = (matrix.say("print(channel.getdelay('1101,1102'))") or "").split(",")
    assert [float(delay) for delay in delays] == [0.0, 0.5]


def test_a_kept_setup_is_recalled(matrix):
    matrix.say("channel.close('1101') setup.save() channel.open('allslots') setup.recall(1)")
    assert matrix.closed() == "1101"
    matrix.say("setup.recall(0)")
    assert matrix.closed() == "nil"


def test_a_script_in_the_instrument_scans_a_row(matrix):
    for line in (
        "loadandrunscript",
        "for column = 1, 3 do",
        "  channel.exclusiveclose(string.format('11%02d', column))",
        "  print(channel.getclose('slot1'))",
        "end",
    ):
        matrix.say(line)
    assert matrix.say("endscript") == "1101\n1102\n1103"


def test_states_types_images_and_specifiers_are_told(matrix):
    matrix.say("channel.setbackplane('1101', '1911') channel.close('1101,1103')")
    assert matrix.say("print(channel.getstate('1101:1104,1911,1912'))") == "1,0,1,0,1,0"
    assert matrix.say("print(channel.getstate('1101', channel.IND_OVERLOAD))") == "0"
    assert matrix.say("print(channel.gettype('1101,1911'))") == "1,2"
    assert matrix.say("print(channel.getimage('1101,1102'))") == "1101,1911;1102"
    assert matrix.say("print(channel.createspecifier(1, 2, 3))") == "1203"
    assert matrix.say("print(channel.createspecifier(1, 911))") == "1911"
    assert matrix.errors() == []


def test_what_is_closed_can_be_opened_as_it_was_told(matrix):
    matrix.say("channel.close('1101,2101') channel.open(channel.getclose('allslots'))")
    assert matrix.closed() == "nil"
    matrix.say("channel.open(channel.getclose('allslots'))")
    assert len(matrix.errors()) == 1  # nil is no channel list


def test_a_label_stands_for_its_channel_and_is_used_once(matrix):
    matrix.say("channel.setlabel('3101', 'start') channel.close('start')")
    assert matrix.closed() == "3101"
    assert matrix.say("print(channel.getlabel('3101,3102'))") == "start,3102"
    matrix.say("channel.setlabel('3102', 'start')")
    assert matrix.errors() == ["1115 Parameter error label already used with channel 3101"]
    matrix.say("channel.setlabel('3101', '') channel.open('start')")
    assert len(matrix.errors()) == 1


def test_a_snapshot_keeps_what_is_closed_under_a_name(matrix):
    matrix.say("channel.close('1101,2203') channel.pattern.snapshot('now') channel.open('now')")
    assert matrix.closed() == "nil"
    assert matrix.say("print(channel.pattern.getimage('now'))") == "1101,2203"


@pytest.mark.parametrize("channels", ["1911", "1101,1911"])
def test_delays_of_backplane_relays_are_error_1115(matrix, channels):
    assert matrix.say(f"print(channel.getdelay('{channels}'))") == "nil"
    assert matrix.errors() == ["1115 Parameter error invalid channel type in channel list"]


@pytest.mark.parametrize(("delay", "code"), [("-1", 1102), ("61", 1101)])
def test_a_delay_out_of_range_is_refused(matrix, delay, code):
    matrix.say(f"channel.setdelay('1101', {delay})")
    [error] = matrix.errors()
    assert error.startswith(str(code))
    assert matrix.say("print(channel.getdelay('1101'))") == "0.000e+00"


def test_a_user_delay_is_not_added_when_a_relay_opens(matrix):
    matrix.say("channel.close('1101') channel.setdelay('1101', 1)")
    began = matrix.bench.now
    matrix.say("channel.open('1101')")
    assert matrix.bench.now - began == pytest.approx(SETTLE)


def test_a_backplane_relay_without_its_interlock_does_not_close(tmp_path):
    matrix = Matrix(tmp_path, interlock=0)
    assert matrix.say("print(slot[1].interlock.state)") == "0.00000e+00"
    matrix.say("channel.close('1101,1911')")
    assert matrix.errors() == ["1114 Settings conflict interlock of slot 1 is not engaged"]
    assert matrix.closed() == "nil"
    matrix.say("channel.close('1101')")
    assert matrix.closed() == "1101"


def test_a_forbidden_channel_is_a_settings_conflict(matrix):
    matrix.say("channel.setforbidden('1102') channel.exclusiveclose('1101:1103')")
    assert matrix.errors() == ["1114 Settings conflict channel 1102 is forbidden to close"]


def test_the_setup_of_power_on_is_recalled_when_the_power_comes(matrix):
    matrix.say("channel.close('1101') channel.setforbidden('2101') setup.save()")
    matrix.say("setup.poweron = 1")
    matrix.instrument.power_cycle()
    assert matrix.closed() == "1101"
    assert matrix.say("print(channel.getforbidden('allslots'))") == "2101"
    matrix.say("setup.poweron = 0")
    matrix.instrument.power_cycle()
    assert matrix.closed() == "nil"
    assert matrix.say("print(channel.getforbidden('allslots'))") == "nil"


def test_a_setup_on_a_stick_has_a_path_and_one_that_is_missing_is_refused(matrix):
    matrix.say("channel.close('1101') setup.save('/usb1/a.set') channel.open('allslots')")
    matrix.say("setup.recall('/usb1/a.set')")
    assert matrix.closed() == "1101"
    matrix.say("setup.recall('/usb1/b.set')")
    assert matrix.errors() == ["1115 Parameter error setup does not exist"]


def test_the_power_switch_forgets_errors_and_tells_of_itself(matrix):
    matrix.say("*CLS")
    matrix.say("channel.close('nonsense') userstring.add('lab', 'x')")
    matrix.instrument.power_cycle()
    assert matrix.errors() == []
    assert matrix.say("*ESR?") == "128"
    assert matrix.say("print(userstring.get('lab'))") == "x"
