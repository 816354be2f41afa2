"""Conversations on file, and what answers from them."""

import json

import pytest
from conversation import ScriptedTransport

from labcim.errors import RecordError, TransportError
from labcim.recording_transport import RecordingTransport
from labcim.replay_transport import ReplayTransport, TolerantReplay, open_replay
from labcim.traffic import TrafficFile, read_traffic

LINES = [("*IDN?", "LABCIM,BOARD"), ("VOLT 1", None), ("DATA?", b"\x00\n\xff"), ("V?", "1")]


def recorded(tmp_path):
    path = tmp_path / "traffic.jsonl"
    with TrafficFile(path) as file:
        line = RecordingTransport(ScriptedTransport(LINES), file)
        line.query("*IDN?")
        line.write("VOLT 1")
        line.query_block("DATA?")
        line.query("V?")
    return path


def strict(tmp_path):
    return open_replay("SCRIPT", f"{recorded(tmp_path)}@replay")


def tolerant(tmp_path):
    return open_replay("SCRIPT", f"{recorded(tmp_path)}@replay-tolerant")


def test_a_recorded_conversation_answers_byte_for_byte(tmp_path):
    line = strict(tmp_path)
    assert line.query("*IDN?") == "LABCIM,BOARD"
    line.write("VOLT 1")
    assert line.query_block("DATA?") == b"\x00\n\xff"
    assert line.query("V?") == "1"
    line.finish()


def test_a_strict_replay_says_where_driver_and_recording_part(tmp_path):
    line = strict(tmp_path)
    line.query("*IDN?")
    with pytest.raises(TransportError, match=r"message 3 parts.*VOLT 2.*VOLT 1"):
        line.write("VOLT 2")


def test_a_strict_replay_takes_a_command_for_no_query(tmp_path):
    line = strict(tmp_path)
    with pytest.raises(TransportError, match=r"message 1 is a write, the recording has query"):
        line.write("*IDN?")


def test_a_strict_replay_that_is_asked_for_more_than_was_recorded_says_so(tmp_path):
    line = strict(tmp_path)
    line.query("*IDN?")
    line.write("VOLT 1")
    line.query_block("DATA?")
    line.query("V?")
    with pytest.raises(TransportError, match="come to its end"):
        line.write("VOLT 1")


def test_a_strict_replay_tells_what_was_never_sent(tmp_path):
    line = strict(tmp_path)
    line.query("*IDN?")
    with pytest.raises(TransportError, match=r"never sent was write b'VOLT 1'"):
        line.finish()


def test_a_tolerant_replay_answers_in_any_order_and_again(tmp_path):
    line = tolerant(tmp_path)
    assert line.query_block("DATA?") == b"\x00\n\xff"
    assert [line.query("*IDN?") for _ in range(3)] == ["LABCIM,BOARD"] * 3


def test_a_tolerant_replay_gives_answers_to_one_question_in_their_order():
    asked = [("query", b"V?"), ("reply", b"1"), ("query", b"V?"), ("reply", b"2")]
    line = TolerantReplay("SCRIPT", asked)
    assert [line.query("V?") for _ in range(3)] == ["1", "2", "2"]


def test_a_tolerant_replay_keeps_commands_that_were_never_sent(tmp_path):
    line = tolerant(tmp_path)
    line.write("VOLT 1")
    line.write("VOLT 2")
    assert line.departures == [b"VOLT 2"]


def test_a_tolerant_replay_invents_no_answer(tmp_path):
    with pytest.raises(TransportError, match=r"'CURR\?' was never asked"):
        tolerant(tmp_path).query("CURR?")


@pytest.mark.parametrize("replay", [ReplayTransport, TolerantReplay])
def test_a_question_without_an_answer_stays_without_one(tmp_path, replay):
    path = tmp_path / "silent.jsonl"
    with TrafficFile(path) as file:
        line = RecordingTransport(ScriptedTransport([("V?", None)]), file)
        with pytest.raises(TransportError):
            line.query("V?")
    said = [(entry.what, entry.data) for entry in read_traffic(path)]
    with pytest.raises(TransportError, match=r"did not answer 'V\?'"):
        replay("SCRIPT", said).query("V?")


class DumbTransport(ScriptedTransport):
    """A line that bears neither a device clear nor a serial poll."""

    def clear(self):
        raise TransportError("no clear on this line")

    def status_byte(self):
        raise TransportError("no status byte on this line")


def test_a_clear_and_a_poll_that_failed_fail_in_the_replay_too(tmp_path):
    path = tmp_path / "dumb.jsonl"
    with TrafficFile(path) as file:
        line = RecordingTransport(DumbTransport([]), file)
        for act in (line.clear, line.status_byte):
            with pytest.raises(TransportError):
                act()
    replay = open_replay("SCRIPT", f"{path}@replay")
    with pytest.raises(TransportError, match="no clear on this line"):
        replay.clear()
    with pytest.raises(TransportError, match="no status byte on this line"):
        replay.status_byte()
    replay.finish()


def test_a_tolerant_replay_names_the_question_that_a_kill_left_unanswered():
    line = TolerantReplay("A", [("query", b"V?")])
    with pytest.raises(TransportError, match=r"no answer to b'V\?' is in the recording"):
        line.query("V?")


def test_a_recording_that_a_kill_ended_before_the_first_word_has_no_answers():
    with pytest.raises(TransportError, match="never asked"):
        TolerantReplay("A", [("open", b"smu")]).query("V?")


@pytest.mark.parametrize("replay", [ReplayTransport, TolerantReplay])
@pytest.mark.parametrize("status", [b"", b"x", b"256", b"-1", b"\xb2"])
def test_a_recorded_status_byte_that_is_none_is_refused(replay, status):
    with pytest.raises(TransportError, match="the recorded status byte"):
        replay("A", [("status", status)]).status_byte()


@pytest.mark.parametrize("replay", [ReplayTransport, TolerantReplay])
def test_a_recorded_reply_that_is_no_text_is_refused(replay):
    with pytest.raises(TransportError, match="is no text"):
        replay("A", [("query", b"V?"), ("reply", b"\xff")]).query("V?")


def test_an_instrument_that_was_not_recorded_is_named(tmp_path):
    with pytest.raises(TransportError, match="nothing was recorded of GPIB0::1"):
        open_replay("GPIB0::1", f"{recorded(tmp_path)}@replay")


BAD = [
    "not json",
    "[]",
    '{"address": "SCRIPT", "what": "write"}',
    '{"time": 1, "address": "A", "what": "sing", "text": ""}',
    '{"time": 1, "address": "A", "what": "write", "base64": "!"}',
    '{"time": NaN, "address": "A", "what": "write", "text": ""}',
    '{"time": 1e300, "address": "A", "what": "write", "text": ""}',
    '{"time": 1, "address": "A\\u001b[2J", "what": "write", "text": ""}',
    '{"time": 1, "address": "A", "what": "write", "text": "", "more": ' + "[" * 100_000,
]


@pytest.mark.parametrize("text", BAD)
def test_a_damaged_recording_is_refused_with_its_line(tmp_path, text):
    path = tmp_path / "bad.jsonl"
    path.write_text(text + "\n", encoding="utf-8")
    with pytest.raises(TransportError, match="line 1 is not recorded traffic"):
        read_traffic(path)


def test_a_last_line_that_a_kill_cut_off_is_passed_over(tmp_path):
    path = recorded(tmp_path)
    whole = path.read_text()
    path.write_text(whole[:-20])
    assert len(read_traffic(path)) == len(whole.splitlines()) - 1


def test_what_was_said_is_on_file_before_the_file_is_closed(tmp_path):
    file = TrafficFile(tmp_path / "live.jsonl")
    try:
        RecordingTransport(ScriptedTransport([("*CLS", None)]), file).write("*CLS")
        line = json.loads((tmp_path / "live.jsonl").read_text())
    finally:
        file.close()
    assert (line["address"], line["what"], line["text"]) == ("SCRIPT", "write", "*CLS")


@pytest.mark.parametrize("said", [b"", b"\n", b'"\\', b"\xff\x00", "µ", "tab\t", "VOLT 1"])
def test_any_bytes_come_back_as_they_were(tmp_path, said):
    with TrafficFile(tmp_path / "any.jsonl") as file:
        file.note("A", "write", said)
    wanted = said if isinstance(said, bytes) else said.encode("ascii", "backslashreplace")
    assert read_traffic(tmp_path / "any.jsonl")[0].data == wanted


def test_a_recording_is_never_written_over(tmp_path):
    path = recorded(tmp_path)
    before = path.read_text()
    with pytest.raises(RecordError, match="is there already"):
        TrafficFile(path)
    assert path.read_text() == before
