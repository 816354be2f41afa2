"""Whatever arrives, however it is cut: the same messages, the right errors, never a hang."""

import os
import random
from decimal import Decimal
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from labcim.sim_backend.wire.errors import STANDARD_TEXTS, ErrorQueue, ScpiError
from labcim.sim_backend.wire.framing import Framer, is_whole_with_block
from labcim.sim_backend.wire.message import MessageCore
from labcim.sim_backend.wire.numbers import parse_number
from labcim.sim_backend.wire.scpi import ScpiInstrument, block, query
from labcim.sim_backend.wire.status import StatusModel

CASES = int(os.environ.get("LABCIM_CASES", "200"))  # make test-all asks for more
GENTLE = settings(max_examples=CASES, deadline=None, derandomize=True)

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
@given(
    before=SCRAPS,
    data=st.binary(max_size=60),
    after=SCRAPS,
    ending=st.sampled_from([b"", b"\n", b"\r\n", b"\n\n"]),
    end=st.booleans(),
)
def test_what_passes_as_one_message_with_a_block_is_one(before, data, after, ending, end):
    for sent in (b"READ " + block(data) + after + ending, before + after + ending):
        if is_whole_with_block(sent, end):
            assert framed([sent], end=end, stream=True) == [sent.rstrip(b"\r\n")]


def test_a_block_and_numbers_pass_as_one_message():
    assert is_whole_with_block(b"READ:CELL? #14\x00\n#\x05,0.2,2.5\n", False)


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


class Branches(ScpiInstrument):
    """A tree of three levels whose every leaf answers with its own path."""

    @query("ALPHa:{ONE|TWO}")
    def first(self, leaf: str) -> str:
        return f"ALPH:{leaf}"

    @query("ALPHa:BRAVo:{ONE|TWO}")
    def second(self, leaf: str) -> str:
        return f"ALPH:BRAV:{leaf}"

    @query("CHARlie[:DELTa]:{ONE|TWO}")
    def third(self, leaf: str) -> str:
        return f"CHAR:{leaf}"

    @query("{ONE|TWO}")
    def root(self, leaf: str) -> str:
        return leaf


PLACES = ["ONE", "TWO", "ALPH:ONE", "ALPHA:TWO", "ALPHa:BRAV:ONE", "ALPH:BRAVO:TWO", "CHAR:ONE",
          "CHARLIE:DELT:TWO", "BRAV:TWO", "DELTA:ONE", "NOWHERE", "ALPH:NOWHERE"]  # fmt: skip
UNIT = st.tuples(st.booleans(), st.sampled_from([*PLACES, "*OPC"]))
SHORT = {"ALPHA": "ALPH", "BRAVO": "BRAV", "CHARLIE": "CHAR", "DELTA": "DELT"}
LEAVES = {"ONE", "TWO", "ALPH:ONE", "ALPH:TWO", "ALPH:BRAV:ONE", "ALPH:BRAV:TWO", "CHAR:ONE",
          "CHAR:TWO", "CHAR:DELT:ONE", "CHAR:DELT:TWO"}  # fmt: skip


def walked(units):
    """Return what SCPI-99 (6.2.4) makes of a compound message, told in whole paths.

    Every header starts where the last node of the one before was, unless a colon leads it to the
    root; common commands leave the place alone. At the first unknown header all ends.
    """
    answers: list[str] = []
    place: list[str] = []
    for rooted, text in units:
        if text == "*OPC":
            answers.append("1")
            continue
        nodes = [SHORT.get(node.upper(), node.upper()) for node in text.split(":")]
        whole = nodes if rooted else place + nodes
        if ":".join(whole) not in LEAVES:
            return answers, True
        answers.append(":".join(node for node in whole if node != "DELT"))
        place = whole[:-1]
    return answers, False


@GENTLE
@given(units=st.lists(UNIT, min_size=1, max_size=6))
def test_a_compound_message_walks_the_tree_as_the_standard_says(units):
    instrument = Branches()
    message = ";".join(":" * (rooted and text != "*OPC") + text + "?" for rooted, text in units)
    reply = instrument.execute(message.encode()) or b""
    answers, lost = walked(units)
    assert reply.decode() == ";".join(answers)
    assert instrument.errors.pop()[0] == (-113 if lost else 0)
