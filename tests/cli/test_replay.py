"""``labcim replay`` in the terminal: what it tells, what it vouches for, and its exit codes."""

import json
import sqlite3
from contextlib import closing

import numpy as np
import pytest

from labcim.app.replay import Pacer
from labcim.cli.document_lines import line_of
from labcim.cli.exit_codes import ExitCode
from labcim.cli.main import run_command
from labcim.db import Store
from labcim.documents import Event, Note
from labcim.errors import RangeError

from ..db.told_run import ToldRun, train_of


def tell(sink, *, end=True):
    """Tell a run of two units; return it."""
    run = ToldRun(sink, "0f-run", recipe="block = 4\n")
    run.channels()
    for unit in ("a", "b"):
        run.attempt(unit)
        run.pulse(unit, train_of([1, 2], [1.5, 1.6]))
        columns = {"cell": np.arange(2, dtype="u4"), "time": np.zeros(2)}
        columns |= {"conductance": np.full(2, 2e-5), "flags": np.zeros(2, "u1")}
        run.read(unit, **columns)
        run.done(unit)
    if end:
        run.stop()
    return run


@pytest.fixture
def record(tmp_path):
    """Return the path of a record with one completed run."""
    path = tmp_path / "r.sqlite"
    with Store(path) as store:
        tell(store)
    return path


@pytest.fixture
def replayed(record, capsys):
    """Return a function that replays and returns (exit code, stdout, stderr)."""

    def run(*words, run="last"):
        code = run_command(["replay", run, "--record", str(record), *[str(one) for one in words]])
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


def change(record, statement, *values):
    with closing(sqlite3.connect(record)) as plain:
        assert plain.execute(statement, values).rowcount > 0
        plain.commit()


def test_a_replay_in_the_terminal_says_that_the_hash_is_the_stated_one(replayed):
    code, said, _ = replayed("--no-window")
    assert code == ExitCode.DONE
    assert "11 documents; their hash" in said
    assert "is the one that the end of the run states" in said


def test_a_paced_replay_tells_each_document_as_watch_does(replayed):
    live = []
    tell(live.append)
    _, said, _ = replayed("--no-window", "--speed", 100)
    lines = [line for line in map(line_of, live) if line]
    assert len(lines) >= 8
    assert said.splitlines()[: len(lines)] == lines


def test_a_script_gets_one_table_and_with_a_speed_each_document_before_it(replayed):
    code, said, _ = replayed("--json")
    told = json.loads(said)
    assert code == ExitCode.DONE
    assert (told["intact"], told["documents"], told["hash"]) == (True, 11, told["stated_hash"])
    _, said, _ = replayed("--json", "--speed", "inf")
    lines = [json.loads(line) for line in said.splitlines()]
    assert [line.get("kind") for line in lines[:2]] == ["RunStart", "Channels"]
    assert lines[-1] == told


def test_a_report_is_made_of_the_replay_without_a_window(replayed, tmp_path):
    page = tmp_path / "page.html"
    code, said, _ = replayed("--report", page)
    assert code == ExitCode.DONE
    assert f"report {page}" in said
    assert "chip 7" in page.read_text("utf-8")


def test_a_record_that_was_changed_is_told_in_one_sentence_with_exit_code_4(replayed, record):
    change(record, "UPDATE run SET recipe = 'block = 5'")
    code, said, wrong = replayed("--no-window")
    assert code == ExitCode.RECORD == 4
    assert "is not" in wrong and "the record was changed or is damaged" in wrong
    assert "is the one that" not in said


def test_a_changed_record_is_told_to_scripts_too(replayed, record):
    change(record, "UPDATE run SET recipe = 'block = 5'")
    code, said, wrong = replayed("--json")
    assert (code, json.loads(said)["intact"]) == (ExitCode.RECORD, False)
    assert "changed or is damaged" in wrong


@pytest.mark.parametrize(
    ("table", "named"), [("batch", "batch 4 of run 0f-run"), ("train", "train 3 of run 0f-run")]
)
def test_a_damaged_blob_is_named_with_exit_code_4_and_makes_no_report(
    replayed, record, tmp_path, table, named
):
    (data,) = closing_query(record, f"SELECT data FROM {table} ORDER BY ordinal")
    flipped = bytes([data[0] ^ 1]) + data[1:]
    change(record, f"UPDATE {table} SET data = ?", flipped)
    page = tmp_path / "page.html"
    code, _, wrong = replayed("--report", page)
    assert code == ExitCode.RECORD
    assert named in wrong and "damaged" in wrong and len(wrong.splitlines()) == 1
    assert not page.exists()


def closing_query(record, statement):
    with closing(sqlite3.connect(record)) as plain:
        return plain.execute(statement).fetchone()


def test_a_run_that_was_killed_is_told_as_one_that_never_stopped_and_is_no_error(
    replayed, record, tmp_path
):
    record.unlink()
    with Store(record) as store:
        tell(store, end=False)
    code, said, wrong = replayed("--report", tmp_path / "page.html")
    assert (code, wrong) == (ExitCode.DONE, "")
    assert "interrupted" in said and "never stopped" in said
    assert (tmp_path / "page.html").exists()
    assert json.loads(replayed("--json")[1])["intact"] is None


def test_a_run_that_is_not_on_record_is_told_with_exit_code_4(replayed):
    code, _, wrong = replayed("--no-window", run="beef")
    assert code == ExitCode.RECORD
    assert "'beef' is not in record" in wrong


@pytest.mark.parametrize("speed", ["0.01", "1000", "-1", "nan"])
def test_a_speed_out_of_bounds_is_refused_before_anything_is_told(replayed, speed):
    code, said, wrong = replayed("--no-window", "--speed", speed)
    assert (code, said) == (ExitCode.BAD_INPUT, "")
    assert "accepts 0.1 to 100" in wrong


def test_without_a_word_about_the_terminal_the_window_is_opened_on_the_run(
    replayed, record, monkeypatch
):
    asked = {}
    monkeypatch.setattr(
        "labcim.cli.gui.open_window", lambda bench=None, **said: asked.update(said) or 0
    )
    assert replayed("--speed", "10")[0] == ExitCode.DONE
    assert asked == {"record": str(record), "replay": "last", "speed": 10.0}


class FakeClock:
    """Bench time that passes only while someone sleeps."""

    def __init__(self):
        self.time, self.slept = 50.0, []

    def now(self):
        return self.time

    def sleep(self, duration):
        self.slept.append(duration)
        self.time += duration


def note(wall_time):
    return Note(run="r", bench_time=0.0, wall_time=wall_time, text="x")


def test_a_pacer_waits_for_each_document_and_for_what_was_lost_only_once():
    clock = FakeClock()
    pacer = Pacer(10.0, clock)
    for wall_time, spent in ((100.0, 0.0), (101.0, 0.04), (102.0, 0.0), (9e9, 0.0)):
        pacer(note(wall_time))
        clock.time += spent  # the sink after it is slow
    assert clock.slept == pytest.approx([0.1, 0.06, 0.2])  # the last gap: 2 s, whatever it was


def test_a_pacer_refuses_a_speed_in_words():
    with pytest.raises(RangeError, match="replay speed = 0"):
        Pacer(0.0)


def test_a_line_of_an_event_begins_with_its_level():
    said = Event(run="r", bench_time=0, wall_time=0, kind="x", message="hot", level="warning")
    assert line_of(said) == "warning: hot"
