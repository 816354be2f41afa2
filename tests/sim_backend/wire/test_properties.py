"""Whatever arrives, however it is cut: the same messages, the right errors, never a hang."""

import random
from decimal import Decimal
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from labcim.sim_backend.wire.errors import STANDARD_TEXTS, ErrorQueue, ScpiError
from labcim.sim_backend.wire.framing import Framer
from labcim.sim_backend.wire.message import MessageCore
from labcim.sim_backend.wire.numbers import parse_number
from labcim.sim_backend.wire.scpi import block
from labcim.sim_backend.wire.status import StatusModel

GENTLE = settings(max_examples=80, deadline=None, derandomize=True)

TEXT = st.text("ABC? ;:,'\"1.", max_size=12).map(str.encode)
BLOCK = st.binary(max_size=60).map(lambda data: b"DATA " + block(data))
MESSAGE = st.one_of(TEXT, BLOCK, st.tuples(BLOCK, TEXT).map(lambda parts: b";".join(parts)))
SCRAPS = st.lists(
    st.one_of(
        st.binary(max_size=8),
        st.sampled_from([b"\n", b"\r\n", b" #", b",#", b"#0", b" #15", b" #3", b"'", b'"', b"(@"]),
        MESSAGE,
    ),
    max_size=12,
).map(b"".join)


def cut(data: bytes, places: list[int]) -> list[bytes]:
    """Return data in pieces, cut at some places (taken modulo its length)."""
    marks = sorted({place % (len(data) + 1) for place in places} | {0, len(data)})
    return [data[a:b] for a, b in pairwise(marks)] or [data]


def framed(pieces: list[bytes], *, end: bool, stream: bool, limit: int = 10**6) -> list[object]:
    """Return the messages of some pieces, the last of them with END if so wished."""
    framer = Framer(stream=stream, line_limit=limit, block_limit=limit)
    items: list[object] = []
    for index, piece in enumerate(pieces):
        for item in framer.push(piece, end and index == len(pieces) - 1):
            items.append(item.code if isinstance(item, ScpiError) else item)
    return items


@GENTLE
@given(
    messages=st.lists(MESSAGE, max_size=5),
    places=st.lists(st.integers(0, 10**6), max_size=20),
    ending=st.sampled_from([b"\n", b"\r\n"]),
)
def test_messages_arrive_whole_over_any_split(messages, places, ending):
    sent = [m for m in messages if m]
    stream = b"".join(m + ending for m in sent)
    assert framed(cut(stream, places), end=True, stream=False) == sent


@GENTLE
@given(
    data=SCRAPS,
    places=st.lists(st.integers(0, 10**6), max_size=20),
    end=st.booleans(),
    stream=st.booleans(),
    limit=st.sampled_from([10, 10**6]),
)
def test_a_split_never_changes_what_is_understood(data, places, end, stream, limit):
    whole = framed([data], end=end, stream=stream, limit=limit)
    assert framed(cut(data, places), end=end, stream=stream, limit=limit) == whole


@GENTLE
@given(data=st.binary(max_size=200), places=st.lists(st.integers(0, 10**6), max_size=8))
def test_an_indefinite_block_keeps_every_byte_until_end(data, places):
    sent = b"DATA #0" + data
    assert framed(cut(sent + b"\n", places), end=True, stream=False) == [sent]


class Recorder:
    """A dialect that answers nothing and keeps everything."""

    accepts_blocks = True
    queues_replies = False

    def __init__(self) -> None:
        self.errors = ErrorQueue()
        self.status = StatusModel(self.errors)
        self.messages: list[bytes] = []

    def execute(self, message: bytes) -> bytes | None:
        self.messages.append(message)
        return None

    def device_clear(self) -> None:
        self.messages.append(b"<clear>")

    def trigger(self) -> None:
        self.messages.append(b"<trigger>")


@GENTLE
@given(messages=st.lists(MESSAGE, min_size=1, max_size=5), end=st.booleans())
def test_the_short_way_through_the_core_is_the_long_way(messages, end):
    """Lines that come one by one, in one go, and byte by byte are the same messages."""
    lines = [m for m in messages if m]
    by_line, by_byte = Recorder(), Recorder()
    core = MessageCore(by_line)
    for line in lines:
        core.feed(line + b"\r\n" * (not end), end)
    slow = MessageCore(by_byte)
    for line in lines:
        for byte in line + b"\n":
            slow.feed(bytes([byte]), False)
    assert by_line.messages == by_byte.messages == lines


@GENTLE
@given(garbage=st.one_of(SCRAPS, st.binary(max_size=80)))
def test_garbage_gets_errors_of_the_standard_and_the_next_query_is_answered(controller_of, garbage):
    controller = controller_of()
    controller.core.feed(garbage, True)
    codes = [code for code, _ in controller.supply.errors.pop_all()]
    assert all(-500 < code < -99 and code in STANDARD_TEXTS for code in codes)
    controller.core.clear()
    assert controller.ask(b"*IDN?") == b"ACME,SUPPLY,0001,1.0\n"


HEADERS = [
    (["SOURce", "VOLTage", "LEVel"], {0, 2}),
    (["STATus", "OPERation", "ENABle"], set()),
    (["SYSTem", "ERRor", "COUNt"], set()),
    (["FUNCtion", "SHAPe"], set()),
    (["OUTPut", "STATe"], {1}),
]


def spell(words: list[str], optional: set[int], dice: random.Random) -> str:
    """Return one of the legal spellings of a header."""
    chosen = []
    for index, word in enumerate(words):
        if index in optional and dice.random() < 0.5:
            continue
        short = "".join(letter for letter in word if letter.isupper())
        form = dice.choice([short, word])
        chosen.append("".join(dice.choice([letter.lower, letter.upper])() for letter in form))
    return dice.choice(["", ":"]) + ":".join(chosen)


@GENTLE
@given(
    seed=st.integers(0, 2**32), which=st.sampled_from(HEADERS), blanks=st.text(" \t", max_size=3)
)
def test_any_case_and_any_form_of_a_header_is_understood(controller_of, seed, which, blanks):
    controller = controller_of()
    header = spell(*which, random.Random(seed))
    reply = controller.ask(f"{blanks}{header}?{blanks}".encode())
    assert controller.supply.errors.pop()[0] == 0
    assert reply.endswith(b"\n")


MULTIPLIERS = {"": 0, "M": -3, "U": -6, "N": -9, "P": -12, "K": 3, "MA": 6, "G": 9, "F": -15}


@GENTLE
@given(
    digits=st.decimals(-(10**6), 10**6, allow_nan=False, allow_infinity=False, places=4),
    exponent=st.integers(-30, 30),
    multiplier=st.sampled_from(sorted(MULTIPLIERS)),
    lower=st.booleans(),
)
def test_a_number_with_a_multiplier_is_the_nearest_float(digits, exponent, multiplier, lower):
    text = f"{digits:f}E{exponent} {multiplier}A"
    expected = float(digits * Decimal(10) ** (exponent + MULTIPLIERS[multiplier]))
    assert parse_number(text.lower() if lower else text, "A") == expected


@GENTLE
@given(text=st.text(st.characters(max_codepoint=255), max_size=30))
def test_any_text_is_a_number_or_an_error_of_the_standard(text):
    try:
        assert isinstance(parse_number(text, "V"), float)
    except ScpiError as error:
        assert error.code in STANDARD_TEXTS
