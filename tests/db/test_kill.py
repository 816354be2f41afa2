"""SIGKILL while writing: the file opens, nothing acknowledged is missing, the rest is bounded."""

import contextlib
import multiprocessing
import os
import random
import signal
import sqlite3
from contextlib import closing

import numpy as np
import pytest

from labcim.db import Archive, Store
from labcim.db.ledger import strokes, tally
from labcim.documents import Pulses

from .told_run import ToldRun, train_of

FORK = multiprocessing.get_context("fork")
UNITS = tuple(f"u{index}" for index in range(3000))
BOUND = 6


def _run_for_ever(path, told):
    with Store(path, commit_every=0.002) as store:
        run = ToldRun(store, units=UNITS)
        for number, unit in enumerate(UNITS):
            run.attempt(unit, bound=BOUND)
            told.send(("attempt", unit))
            for cell in range(4):
                told.send(("stimulus", unit))
                run.pulse(unit, train_of([cell], [1.0 + number % 3]))
            run.read(unit, cell=np.arange(4, dtype="<u4"))
            run.done(unit, count=np.array([number]))
            told.send(("done", unit))


def killed_after(path, messages):
    """Return all that a writing process had said when it was killed after so many messages."""
    heard, told = FORK.Pipe(duplex=False)
    child = FORK.Process(target=_run_for_ever, args=(path, told))
    child.start()
    told.close()
    said = [heard.recv() for _ in range(messages)]
    os.kill(child.pid, signal.SIGKILL)
    with contextlib.suppress(EOFError):
        while True:
            said.append(heard.recv())
    child.join()
    assert child.exitcode == -signal.SIGKILL
    return said


def ledger_and_recount(path):
    with Archive(path) as archive:
        trains = [d for d in archive.documents("last") if isinstance(d, Pulses)]
        ledger = archive.ledger("chip 7")
    return ledger["pulses"].sum(), sum(int(d.train["count"].sum()) for d in trains)


def check(path, said):
    counted, recount = ledger_and_recount(path)  # before any writer came
    assert counted == recount
    Store(path).close()
    with closing(sqlite3.connect(path)) as plain:
        assert plain.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    with Archive(path) as archive:
        (summary,) = archive.runs()
        assert summary.state == "interrupted"
        state = archive.resume_state("last")
        trains = [d for d in archive.documents("last") if isinstance(d, Pulses)]
        ledger = archive.ledger("chip 7")
    open_units = {attempt.unit: attempt for attempt in state.indeterminate}
    for what, unit in said:
        assert what == "stimulus" or unit in state.done or unit in open_units
        assert what != "done" or unit in state.done
    for unit in {unit for what, unit in said if what == "stimulus"}:
        on_record = sum(int(d.train["count"].sum()) for d in trains if d.unit == unit)
        sent = said.count(("stimulus", unit))
        assert on_record == 4 if unit in state.done else sent <= open_units[unit].bound
        assert on_record <= 4
    _, recount = tally([strokes(d.train) for d in trains])
    assert ledger["pulses"].sum() == sum(int(d.train["count"].sum()) for d in trains)
    if len(recount):
        assert (ledger["pulses"].to_numpy() == recount["pulses"][: len(ledger)]).all()


@pytest.mark.parametrize("seed", range(10))
def test_a_killed_run_has_everything_that_was_acknowledged(path, seed):
    check(path, killed_after(path, random.Random(seed).randrange(1, 120)))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 160))
def test_hundreds_of_killed_runs_have_everything_that_was_acknowledged(path, seed):
    check(path, killed_after(path, random.Random(seed).randrange(1, 1000)))


def test_the_next_attempt_after_a_kill_has_the_next_number(path):
    said = killed_after(path, 4)  # the second unit is far away
    with Archive(path) as archive:  # no writer has opened it since: the reader must see it too
        state = archive.resume_state("last")
    cut = {attempt.unit: attempt.number for attempt in state.indeterminate}
    assert said[0] == ("attempt", "u0")
    for unit, number in state.next_attempt.items():
        assert number == (cut[unit] + 1 if unit in cut else 1)
