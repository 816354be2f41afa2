"""FLEX: whatever arrives, however it is cut: the right error numbers, two buffers, no hang."""

import os
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labcim.sim_backend.wire.flex import Channel, FlexInstrument, Real, Whole, command
from labcim.sim_backend.wire.flex_errors import TEXTS, FlexError
from labcim.sim_backend.wire.message import MessageCore

CASES = int(os.environ.get("LABCIM_CASES", "150"))  # make test-all asks for more
GENTLE = settings(max_examples=CASES, deadline=None, derandomize=True)


class Small(FlexInstrument):
    """A level, a list and data."""

    def __init__(self):
        super().__init__()
        self.levels = {}
        self.listed = ()

    @command("DV", Channel(), Real(-10.0, 10.0), Whole(0, 3), optional=1)
    def force(self, channel, level, mode=0):
        self.levels[channel] = (level, mode)

    @command("DV?", Channel())
    def level(self, channel):
        if channel not in self.levels:
            raise FlexError(153)
        return f"{self.levels[channel][0]:g}"

    @command("CN", rest=Channel())
    def enable(self, *channels):
        self.listed = channels

    @command("XE")
    def measure(self):
        self.put_out(b"NAI+1.00000E-03", b"\r\n", ends=True, count=1)

    @command("XF")
    def measure_by_commas(self):
        self.put_out(b"NAI+1.00000E-03,", b"", ends=False, count=1)

    @command("*IDN?")
    def identity(self):
        return "ACME,SMALL,0,1"


@pytest.fixture
def small():
    return Small()


@pytest.fixture
def core(small):
    return MessageCore(small)


def say(core, text):
    core.feed(text.encode() + b"\r\n", True)


def heard(core):
    return core.read(1000)[0]


def codes(small):
    found = []
    while (error := small.errors.next()) is not None:
        found.append(error.code)
    return found


@pytest.mark.parametrize("text", ["DV 1,2.5", "DV1,2.5", "  dv  1 , +2.5E0 ", "DV 101,2.5,0"])
def test_blanks_case_and_ways_to_write_a_number_do_not_matter(small, core, text):
    say(core, text)
    assert small.levels == {1: (2.5, 0)} and codes(small) == []


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("ABC 1", 100), ("", None), ("1", 100), ("*CLS", 100), ("DV\x80 1,1", 102), ("DV?? 1", 102),
        ("DV 1,x", 102), ("DV 1,", 102), ("DV 1,,1", 102), ("DV 1,1V", 102), ("DV 1,nan", 102),
        ("DV 1 2", 102), ("DV 1,1E", 102), ("DV 1,--1", 102), (f"DV 1,{'1' * 65}", 102),
        ("DV 1", 103), ("DV 1,1,1,1", 103), ("XE 1", 103), ("DV", 103),
        ("DV 1,10.1", 120), ("DV 1,1E999", 120), ("DV 1,1,4", 120), ("DV 1,1,0.5", 120),
        ("DV 0,1", 121), ("DV 11,1", 121), ("DV 1.5,1", 121), ("DV 103,1", 121), ("DV? 2", 153),
    ],
)  # fmt: skip
def test_what_is_wrong_gets_its_number_and_changes_nothing(small, core, text, code):
    say(core, text)
    assert codes(small) == ([] if code is None else [code])
    assert small.levels == {}


def test_commands_of_a_line_are_taken_or_refused_by_themselves(small, core):
    say(core, "DV 1,1;NO;DV 2,99;;DV 3,3;")
    assert sorted(small.levels) == [1, 3] and codes(small) == [100, 120]


def test_a_list_may_be_empty(small, core):
    say(core, "CN 3,1;CN")
    assert small.listed == ()
    say(core, "CN 3 , 1")
    assert small.listed == (3, 1)


def test_a_second_channel_of_a_module_keeps_its_number(small, core):
    say(core, "CN 501,502")
    assert small.listed == (5, 502)


def test_the_query_buffer_holds_one_answer(core):
    say(core, "*IDN?;DV 1,2;DV? 1")
    assert heard(core) == b"2\r\n"
    say(core, "DV? 1")
    say(core, "*IDN?")
    assert heard(core) == b"ACME,SMALL,0,1\r\n" and not core.has_reply


def test_answers_go_before_data(core):
    say(core, "XE;XE")
    say(core, "*IDN?")
    assert heard(core) == b"ACME,SMALL,0,1\r\n"
    assert heard(core) == heard(core) == b"NAI+1.00000E-03\r\n"
    assert not core.has_reply


def test_an_answer_goes_before_the_rest_of_data_that_were_begun(core):
    say(core, "XE")
    assert core.read(5) == (b"NAI+1", False)
    say(core, "*IDN?")
    assert core.read(100) == (b"ACME,SMALL,0,1\r\n", True)
    assert core.read(100) == (b".00000E-03\r\n", True)
    say(core, "XE")
    assert core.read(16) == (b"NAI+1.00000E-03\r", False)
    say(core, "*IDN?")
    assert heard(core) == b"ACME,SMALL,0,1\r\n" and heard(core) == b"\n"


def test_data_by_commas_have_no_end(core):
    say(core, "XF;XF")
    assert core.read(16) == (b"NAI+1.00000E-03,", False)
    assert core.read(100) == (b"NAI+1.00000E-03,", False)
    assert not core.has_reply


def test_over_a_stream_nothing_is_lost(small):
    core = MessageCore(small, stream=True)
    core.feed(b"*IDN?\nXE\n*IDN?\n", False)
    assert [heard(core) for _ in range(3)] == [b"ACME,SMALL,0,1\r\n"] * 2 + [b"NAI+1.00000E-03\r\n"]


def test_the_output_buffer_is_full_at_last(small, core):
    for _ in range(34_034):
        small.measure()
    say(core, "XE")
    assert codes(small) == [150] and len(small.output_buffer) == 34_034


def test_device_clear_empties_both_buffers(small, core):
    say(core, "XE;*IDN?;NO")
    core.clear()
    assert not core.has_reply and core.read_status_byte() == 16
    assert codes(small) == [100]


def test_the_queue_keeps_the_first_thirty_errors(small, core):
    say(core, "NO;DV;" + "NO;" * 40)
    assert codes(small) == [100, 103] + [100] * 28
    assert small.errors.next() is None


def test_a_line_that_is_too_long_fills_the_input_buffer(small):
    core = MessageCore(small, line_limit=100)
    core.feed(b"A" * 500 + b"\r\n*IDN?\r\n", True)
    assert codes(small) == [150] and heard(core) == b"ACME,SMALL,0,1\r\n"


def test_reading_where_nothing_is_is_no_error(small, core):
    core.report_unterminated()
    assert codes(small) == [] and core.read_status_byte() == 16


# -- the status byte -----------------------------------------------------------------------------


def test_data_and_answers_are_data_ready(core):
    assert core.read_status_byte() == 16
    say(core, "XE")
    assert core.read_status_byte() == 17
    heard(core)
    assert core.read_status_byte() == 16


def test_an_error_asks_for_service_once_and_the_poll_takes_it(small, core):
    calls = []
    core.on_service_request = lambda: calls.append(1)
    small.status.mask = 32
    say(core, "NO;NO")
    assert len(calls) == 1
    assert core.read_status_byte() == 16 | 32 | 64
    assert core.read_status_byte() == 16
    say(core, "NO")
    assert len(calls) == 2


def test_a_masked_error_stays_and_is_no_reason_when_the_mask_goes(small, core):
    say(core, "NO")
    assert core.read_status_byte() == 48 and core.read_status_byte() == 48
    small.status.mask = 32
    assert not small.status.requesting


def test_every_command_ends_with_set_ready(small, core):
    calls = []
    core.on_service_request = lambda: calls.append(core.read_status_byte())
    small.status.mask = 16
    say(core, "DV 1,1")
    say(core, "DV 1,1")
    assert calls == [80, 80]


# -- properties ----------------------------------------------------------------------------------

SCRAPS = st.lists(
    st.one_of(
        st.binary(max_size=6),
        st.sampled_from(
            [b"DV 1,2.5", b"DV?1", b"*IDN?", b"XE", b"XF", b"CN 1,2", b";", b"\r\n", b"\n", b",",
             b"DV 1," + b" " * 50, b"#19", b"'", b'"', b"1E999", b"DV 1,1,1,1,1"]
        ),
    ),
    max_size=16,
).map(b"".join)  # fmt: skip


def cut(data, places):
    marks = sorted({place % (len(data) + 1) for place in places} | {0, len(data)})
    return [data[a:b] for a, b in pairwise(marks)] or [data]


def outcome(pieces):
    small = Small()
    core = MessageCore(small, stream=True)
    for piece in pieces:
        core.feed(piece, False)
    said = []
    while core.has_reply:
        said.append(core.read(10**6))
    return small.levels, small.listed, codes(small), said


@GENTLE
@given(data=SCRAPS, places=st.lists(st.integers(0, 10**6), max_size=20))
def test_any_split_of_the_bytes_comes_to_the_same(data, places):
    assert outcome(cut(data, places)) == outcome([data])


@GENTLE
@given(data=SCRAPS)
def test_garbage_gets_numbers_that_have_a_text_and_leaves_a_sound_parser(data):
    small = Small()
    core = MessageCore(small)
    core.feed(data, True)
    assert len(small.output_buffer) <= 16
    assert all(code in TEXTS for code in codes(small))
    core.clear()
    say(core, "DV 3,1.5;DV? 3")
    assert heard(core) == b"1.5\r\n" and codes(small) == []


@GENTLE
@given(
    channel=st.integers(1, 10),
    level=st.floats(-10.0, 10.0),
    blanks=st.lists(st.sampled_from(["", " ", "  "]), min_size=5, max_size=5),
)
def test_a_number_arrives_as_it_was_written(channel, level, blanks):
    small = Small()
    a, b, c, d, e = blanks
    small.execute(f"{a}DV{b}{channel}{c},{d}{level!r}{e}".encode())
    assert small.levels == {channel: (level, 0)}


def test_long_garbage_takes_time_in_proportion(small):
    for junk in (b" " * 10**6, b"A 1" + b" " * 10**6 + b"x", b"DV " + b"1," * 10**5, b";" * 10**6):
        small.execute(junk)
    assert codes(small) == [100, 102]
