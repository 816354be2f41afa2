import multiprocessing
import resource
import sqlite3
from contextlib import closing

import numpy as np
import pytest

from labcim.db import Archive, Store
from labcim.errors import RecordError

from .told_run import ToldRun, train_of

FORK = multiprocessing.get_context("fork")


def _noise(size: int) -> np.ndarray:
    return np.random.default_rng(5).random(size)


def test_a_full_disk_is_told_and_what_was_committed_stays(path):
    with Store(path) as store:
        run = ToldRun(store)
        run.attempt("a")
        run.pulse("a", train_of([1, 2], [1.0, -1.0]))
        run.done("a")
        with store._database.engine.connect() as connection:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
            connection.exec_driver_sql(f"PRAGMA max_page_count={pages + 4}")
        run.attempt("b")
        run.read("b", noise=_noise(10_000))
        with pytest.raises(RecordError, match=r"record\.sqlite cannot grow: the disk is full"):
            store.flush()
        with Archive(path) as archive:
            assert archive.ledger("chip 7")["pulses"].sum() == 2
        with closing(sqlite3.connect(path)) as plain:
            assert plain.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        # Room again: what waited goes in with what comes.
        with store._database.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA max_page_count=100000")
        run.done("b")
        run.stop()
    with Archive(path) as archive:
        assert archive.is_intact("last")
        assert len(archive.readings("last")) == 10_000


def _write_until_the_limit(path, told):
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))
    store = Store(path)
    run = ToldRun(store, units=tuple(f"u{index}" for index in range(1000)))
    try:
        for index in range(1000):
            run.attempt(f"u{index}")
            told.send(index)
            run.read(f"u{index}", noise=_noise(1000))
    except RecordError as trouble:
        told.send(str(trouble))


def test_a_file_that_may_not_grow_ends_the_run_and_loses_nothing_acknowledged(path):
    heard, told = FORK.Pipe(duplex=False)
    child = FORK.Process(target=_write_until_the_limit, args=(path, told))
    child.start()
    told.close()
    said = []
    while not (said and isinstance(said[-1], str)):
        said.append(heard.recv())
    child.join()
    assert "the disk" in said[-1]
    with Store(path):
        pass
    with Archive(path) as archive:
        attempts = {unit.key for unit in archive.run("last").units if unit.attempts}
    assert {f"u{index}" for index in said[:-1]} <= attempts
