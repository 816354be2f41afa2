"""The list of runs page by page, and searched; a long record must not be read as a whole."""

import sqlite3
from contextlib import closing

import pytest
from sqlalchemy import event

from labcim.db import Archive, Store

from .told_run import ToldRun


@pytest.fixture
def ten(path):
    """A record with ten runs, 0a to 9a: odd ones form, the fourth was aborted."""
    with Store(path) as store:
        for n in range(10):
            protocol = "form" if n % 2 else "read_map"
            run = ToldRun(store, f"{n}a-run", protocol=protocol, chip=f"chip-{n // 5}")
            run.stop(*(("aborted", "enough") if n == 4 else ()))
    return path


def names(runs):
    return "".join(run.run[0] for run in runs)


def test_pages_follow_each_other_without_a_gap_or_a_double(ten):
    with Archive(ten) as archive:
        pages, before = [], ""
        while page := archive.runs(limit=4, before=before):
            pages.append(names(page))
            before = page[-1].run
    assert pages == ["9876", "5432", "10"]


def test_a_run_that_comes_between_two_pages_moves_none_of_them(ten):
    with Archive(ten) as archive, Store(ten) as store:
        first = archive.runs(limit=4)
        ToldRun(store, "new-run").stop()
        assert names(archive.runs(limit=2, before=first[-1].run)) == "54"


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("form", "97531"),
        ("FORM chip-1", "975"),
        ("aborted", "4"),
        ("7a-r", "7"),
        ("chip", "9876543210"),
        ("form aborted", ""),
        ("%", ""),
        ("_map", "86420"),
        ("", "9876543210"),
    ],
)
def test_a_search_finds_runs_in_which_every_word_stands(ten, search, found):
    with Archive(ten) as archive:
        assert names(archive.runs(search=search)) == found


def test_a_search_goes_page_by_page_too(ten):
    with Archive(ten) as archive:
        page = archive.runs(search="form", limit=2)
        assert names(archive.runs(search="form", limit=2, before=page[-1].run)) == "53"


def test_nothing_is_older_than_a_run_that_is_not_there(ten):
    with Archive(ten) as archive:
        assert archive.runs(before="nobody") == []


def test_a_run_whose_process_died_is_found_as_what_it_is_called(ten):
    with closing(sqlite3.connect(ten)) as plain:
        plain.execute("UPDATE run SET state = 'running', holder = '{}' WHERE uuid = '3a-run'")
        plain.commit()
    with Archive(ten) as archive:
        assert names(archive.runs(search="interrupted")) == "3"
        assert archive.runs(search="running") == []


def plan(archive, **asked):
    """Return SQLite's plan for a page of runs: one line a step."""
    said = []

    @event.listens_for(archive._database.engine, "before_cursor_execute")
    def note(connection, cursor, statement, parameters, context, many):
        said.append((statement, parameters))

    archive.runs(**asked)
    event.remove(archive._database.engine, "before_cursor_execute", note)
    with closing(sqlite3.connect(archive.name)) as plain:
        rows = plain.execute(f"EXPLAIN QUERY PLAN {said[-1][0]}", said[-1][1]).fetchall()
    return [row[-1] for row in rows]


def test_a_page_is_looked_up_by_keys_and_nothing_is_sorted(ten):
    with Archive(ten) as archive:
        steps = plan(archive, limit=200, before="5a-run")
    assert "SEARCH run USING INTEGER PRIMARY KEY (rowid<?)" in steps
    assert [step for step in steps if step.startswith("SCAN") or "TEMP B-TREE" in step] == []
