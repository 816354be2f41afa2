import io

import pytest
from conversation import ScriptedTransport

from labcim.errors import TransportError
from labcim.traffic import RecordingTransport, ReplayTransport

LINES = [("*IDN?", "LABCIM,BOARD"), ("VOLT 1", None), ("DATA?", b"\x00\n\xff")]


def recorded(tmp_path):
    path = tmp_path / "traffic.jsonl"
    with path.open("w", encoding="utf-8") as file:
        line = RecordingTransport(ScriptedTransport(LINES), file)
        line.query("*IDN?")
        line.write("VOLT 1")
        line.query_block("DATA?")
    return path


def test_a_recorded_conversation_answers_byte_for_byte(tmp_path):
    line = ReplayTransport.from_file(recorded(tmp_path), "SCRIPT")
    assert line.query("*IDN?") == "LABCIM,BOARD"
    line.write("VOLT 1")
    assert line.query_block("DATA?") == b"\x00\n\xff"


def test_a_replay_says_where_driver_and_recording_part(tmp_path):
    line = ReplayTransport.from_file(recorded(tmp_path), "SCRIPT")
    line.query("*IDN?")
    with pytest.raises(TransportError, match=r"message 3 parts.*VOLT 2.*VOLT 1"):
        line.write("VOLT 2")


def test_a_replay_that_is_asked_for_more_than_was_recorded_says_so(tmp_path):
    line = ReplayTransport.from_file(recorded(tmp_path), "SCRIPT")
    line.query("*IDN?")
    line.write("VOLT 1")
    line.query_block("DATA?")
    with pytest.raises(TransportError, match="end of the recording"):
        line.write("VOLT 1")


@pytest.mark.parametrize("text", ["not json", "[]", '{"address": "SCRIPT", "what": "write"}'])
def test_a_damaged_recording_is_refused_with_its_line(tmp_path, text):
    path = tmp_path / "bad.jsonl"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(TransportError, match="line 1 is not recorded traffic"):
        ReplayTransport.from_file(path, "SCRIPT")


def test_what_was_recorded_is_flushed_line_by_line_as_text():
    file = io.StringIO()
    RecordingTransport(ScriptedTransport([("*CLS", None)]), file).write("*CLS")
    assert '"text": "*CLS"' in file.getvalue()
