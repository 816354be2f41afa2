import json
import sqlite3
from contextlib import closing

import numpy as np
import pytest

from labcim.db import Archive, Store, holder
from labcim.db.holder import identity, is_alive
from labcim.errors import RecordError
from labcim.record import RecordReader, RecordWriter, RunHistory

from .told_run import ToldRun, train_of


def cut_off(store, uuid, done="a", cut="b", number=1, **start):
    """Tell a run that did one unit, began another and then no more."""
    run = ToldRun(store, uuid, **start)
    run.attempt(done)
    run.read(done, cell=np.array([len(uuid)], "<u4"))
    run.done(done, weights=np.array([1.5]))
    run.attempt(cut, number)
    run.pulse(cut, train_of([1], [1.0]), number)
    run.read(cut, number, cell=np.array([99], "<u4"))
    return run


def test_store_and_archive_offer_what_the_core_asks_for(path):
    with Store(path) as store, Archive(path) as archive:
        assert isinstance(store, RecordWriter)
        assert isinstance(archive, RunHistory)
        assert isinstance(archive, RecordReader)


def test_runs_are_listed_newest_first_with_their_counts(path):
    with Store(path) as store:
        cut_off(store, "one").stop("aborted", "smoke")
        ToldRun(store, "two").stop()
    with Archive(path) as archive:
        two, one = archive.runs()
        assert archive.runs(limit=1) == [two]
    assert (two.run, two.state, two.outcome) == ("two", "completed", "NONE")
    assert (one.run, one.state, one.outcome, one.reason) == ("one", "aborted", "ABORTED", "smoke")
    assert (one.chip, one.operator, one.station, one.units) == ("chip 7", "Ada", "left", 3)


def test_a_run_is_found_by_last_and_by_a_unique_beginning(path):
    with Store(path) as store:
        for uuid in ("ab12", "ab34", "100%"):
            ToldRun(store, uuid).stop()
    with Archive(path) as archive:
        assert archive.run("ab3").summary.run == "ab34"
        assert archive.run("last").summary.run == "100%"
        for many in ("ab", "zz", "", "a%", "_b12"):
            with pytest.raises(RecordError, match=r"is not unique|is not in record"):
                archive.run(many)


def test_an_empty_record_has_no_last_run(path):
    Store(path).close()
    with Archive(path) as archive, pytest.raises(RecordError, match="holds no run yet"):
        archive.run("last")


def test_resume_knows_what_is_done_what_was_cut_off_and_the_next_numbers(path):
    with Store(path) as store:
        cut_off(store, "one").stop("failed", "bench went away")
    with Archive(path) as archive:
        state = archive.resume_state("one")
    assert (state.run, state.protocol) == ("one", "write_verify")
    assert state.recipe == 'protocol = "write_verify"\n'
    assert {key: carry["weights"].tolist() for key, carry in state.done.items()} == {"a": [1.5]}
    (cut,) = state.indeterminate
    assert (cut.unit, cut.number, cut.bound, cut.cells.tolist()) == ("b", 1, 50, [0, 1, 2, 3])
    assert state.next_attempt == {"b": 2, "c": 1}


def test_resume_of_the_first_run_knows_what_later_runs_did(path):
    with Store(path) as store:
        cut_off(store, "one").stop("failed", "x")
        cut_off(store, "two", "b", "c", resumes="one").stop("aborted", "y")
    with Archive(path) as archive:
        for run in ("one", "two"):
            state = archive.resume_state(run)
            assert state.run == "two"
            assert list(state.done) == ["a", "b"]
            assert [(attempt.run, attempt.unit) for attempt in state.indeterminate] == [
                ("two", "c")
            ]
            assert state.next_attempt == {"c": 2}
            # The cut-off attempt at b in "one" gave 99; only what done attempts gave counts.
            assert archive.done_rows(run)["cell"].tolist() == [3, 3]


def test_resume_knows_how_many_pulses_of_cut_off_attempts_are_on_record(path):
    with Store(path) as store:
        run = cut_off(store, "one")
        run.pulse("b", train_of([1, 2], [1.0, -1.0], count=20))
        run.pulse("a", train_of([1], [1.0], count=500))  # of a unit that is done
        run.stop("aborted", "x")
        again = ToldRun(store, "two", resumes="one")
        again.attempt("b", 2)
        again.pulse("b", train_of([2], [1.0], count=5), 2)
        again.stop("aborted", "y")
    with Archive(path) as archive:
        assert archive.resume_state("one").given == {"b": 25}


def test_a_complete_run_cannot_be_resumed(path):
    with Store(path) as store:
        ToldRun(store, "one").stop()
    with Archive(path) as archive, pytest.raises(RecordError, match="complete: nothing is left"):
        archive.resume_state("one")


def test_a_run_that_still_goes_cannot_be_resumed(path):
    with Store(path) as store, Archive(path) as archive:
        ToldRun(store, "one").attempt("a")
        with pytest.raises(RecordError, match="is still going"):
            archive.resume_state("one")


def test_closing_the_store_under_a_run_leaves_it_interrupted(path):
    with Store(path) as store:
        cut_off(store, "one")
    with Archive(path) as archive:
        run = archive.run("one")
    assert (run.summary.state, run.summary.reason) == ("interrupted", "the record was closed")
    assert [(unit.key, unit.state) for unit in run.units] == [
        ("a", "done"), ("b", "indeterminate"), ("c", "waiting"),
    ]  # fmt: skip


def died(path, **holder):
    """Make the run of a record look as if another process had run it."""
    said = json.dumps({**json.loads(identity()), **holder})
    with closing(sqlite3.connect(path)) as plain:
        plain.execute("UPDATE run SET state = 'running', holder = ?, heartbeat = 1", [said])
        plain.execute("UPDATE attempt SET state = 'open' WHERE state = 'indeterminate'")
        plain.commit()


@pytest.mark.parametrize(
    "other", [{"began": "another time"}, {"pid": 2**22 + 1}, {"host": "elsewhere"}]
)
def test_a_run_whose_process_is_dead_is_marked_at_the_next_opening(path, other):
    with Store(path) as store:
        cut_off(store, "one")
    died(path, **other)
    Store(path).close()
    with closing(sqlite3.connect(path)) as plain:
        assert plain.execute("SELECT state FROM run").fetchone() == ("interrupted",)
        states = plain.execute("SELECT state FROM attempt ORDER BY ordinal").fetchall()
    assert states == [("done",), ("indeterminate",)]


def test_a_run_whose_process_lives_is_left_alone_by_another_opening(path):
    with Store(path) as store:
        ToldRun(store, "one").attempt("a")
        Store(path).close()
        with Archive(path) as archive:
            assert archive.run("one").summary.state == "running"


def test_a_run_elsewhere_lives_as_long_as_its_heart_beats(monkeypatch):
    elsewhere = json.dumps({"host": "elsewhere", "pid": 1, "began": ""})
    monkeypatch.setattr(holder.time, "time", lambda: 1000.0)
    assert is_alive(elsewhere, 1000.0 - holder.STALE / 2)
    assert not is_alive(elsewhere, 1000.0 - holder.STALE * 2)
    assert not is_alive("nonsense", 1000.0)


def test_a_heartbeat_commits_what_waits(path):
    with Store(path, commit_every=1e9) as store, Archive(path) as archive:
        run = ToldRun(store, "one")
        run.attempt("a")
        run.pulse("a", train_of([1], [1.0]))
        assert archive.run("one").summary.pulses == 0
        store.heartbeat()
        assert archive.run("one").summary.pulses == 1


def test_what_the_runner_must_never_do_is_refused_and_spoils_nothing(path):
    with Store(path) as store:
        run = ToldRun(store, "one")
        run.attempt("a")
        for wrong, words in (
            (lambda: run.attempt("a"), "attempt 1 of unit a is on record"),
            (lambda: run.done("b"), "unit b is done without attempt 1"),
            (lambda: run.attempt("b", bound=1 << 70), "does not fit into 64 bits"),
            (lambda: run.attempt("\ud800"), "is not Unicode"),
            (lambda: run.read("a", x=np.zeros(2), y=np.zeros(3)), "equally long"),
            (lambda: run.read("a", x=np.zeros(1, ">f8")), "x has dtype >f8"),
            (lambda: ToldRun(store, "one"), "run one is on record already"),
        ):
            with pytest.raises(RecordError, match=words):
                wrong()
        run.done("a")
    with Archive(path) as archive:
        assert archive.run("one").units[0].state == "done"
