import collections
import sqlite3
from contextlib import closing

import numpy as np
import pytest

from labcim.db import Archive, Store
from labcim.db.ledger import BLOCK
from labcim.errors import RecordError

from .told_run import ToldRun, train_of

SIDE = 80  # 6400 cells: more than six blocks


def random_train(random, rows):
    train = train_of([0] * rows, [0.0] * rows)
    train["cell"] = random.integers(0, SIDE * SIDE, rows)
    train["amplitude"] = random.choice([-1.5, -1.25, 0.0, 1.0, 2.5], rows)
    train["width"] = random.choice([1e-7, 1e-6], rows)
    train["count"] = random.integers(1, 5, rows)
    return train


@pytest.mark.parametrize("most_behind", [1, 1000, 1 << 21])
def test_the_ledger_equals_a_recount_of_all_trains_of_all_runs(path, monkeypatch, most_behind):
    monkeypatch.setattr("labcim.db.ledger.MOST_BEHIND", most_behind)
    random = np.random.default_rng(11)
    trains = [random_train(random, rows) for rows in (1, 3, 70, 500, 2)]
    with Store(path) as store:
        for number, some in enumerate((trains[:3], trains[3:])):
            run = ToldRun(store, f"run-{number}", rows=SIDE, columns=SIDE)
            run.attempt("a")
            for train in some:
                run.pulse("a", train)
            run.done("a")
            run.stop()
    count = collections.Counter()
    for train in trains:
        for pulse in train:
            cell, volts, n = int(pulse["cell"]), float(pulse["amplitude"]), int(pulse["count"])
            count[cell, "pulses"] += n
            count[cell, "sets"] += n * (volts > 0)
            count[cell, "resets"] += n * (volts < 0)
            count[cell, "stress"] += n * abs(volts) * float(pulse["width"])
            count[cell, "max_amplitude"] = max(count[cell, "max_amplitude"], abs(volts))
    with Archive(path) as archive:
        ledger = archive.ledger("chip 7")
    assert len(ledger) == SIDE * SIDE
    for name in ("pulses", "sets", "resets", "max_amplitude"):
        expected = [count[cell, name] for cell in range(SIDE * SIDE)]
        assert ledger[name].tolist() == expected
    expected = [count[cell, "stress"] for cell in range(SIDE * SIDE)]
    np.testing.assert_allclose(ledger["stress"], expected, rtol=1e-12)


def test_a_ledger_block_with_a_wrong_checksum_is_refused(path):
    with Store(path) as store:
        run = ToldRun(store)
        run.attempt("a")
        run.pulse("a", train_of([1], [1.0]))
    with closing(sqlite3.connect(path)) as plain:
        plain.execute("UPDATE cell_ledger SET crc32 = crc32 + 1")
        plain.commit()
    with Archive(path) as archive, pytest.raises(RecordError, match="ledger block 0 is damaged"):
        archive.ledger("chip 7")


def test_a_damaged_train_keeps_nobody_from_writing_on(path):
    with Store(path) as store:
        run = ToldRun(store)
        run.attempt("a")
        run.pulse("a", train_of([1], [1.0]))
        store.flush()
        with closing(sqlite3.connect(path)) as plain:
            plain.execute("UPDATE train SET crc32 = crc32 + 1")
            plain.commit()
    with Store(path) as store:
        ToldRun(store, "the next").stop()
    with Archive(path) as archive, pytest.raises(RecordError, match="train 2 of run 0f-run is"):
        archive.ledger("chip 7")


def blocks_on_record(path):
    with closing(sqlite3.connect(path)) as plain:
        return plain.execute("SELECT block FROM cell_ledger ORDER BY block").fetchall()


def test_a_reader_counts_the_trains_that_no_block_counts_yet(path):
    with Store(path) as store, Archive(path) as archive:
        run = ToldRun(store)
        run.attempt("a")
        for _ in range(3):
            run.pulse("a", train_of([5], [-2.0]))
            store.flush()
        assert blocks_on_record(path) == []
        behind = archive.ledger("chip 7")
        run.stop()
        assert blocks_on_record(path) == [(0,)]
        assert archive.ledger("chip 7").equals(behind)
    assert behind["resets"][5] == behind["resets"].sum() == 3


def test_two_writers_of_one_chip_both_count(path):
    with Store(path) as one, Store(path) as two:
        for store in (one, two):
            run = ToldRun(store, f"run-{store is one}")
            run.attempt("a")
            run.pulse("a", train_of([3], [1.0], count=5))
        for store in (two, one):
            store.flush()
    with Archive(path) as archive:
        assert archive.ledger("chip 7")["pulses"][3] == 10


def test_a_pulse_on_a_cell_that_the_array_has_not_is_refused(path):
    with Store(path) as store:
        run = ToldRun(store)
        run.attempt("a")
        with pytest.raises(RecordError, match="a pulse on cell 64: the array has cells 0 to 63"):
            run.pulse("a", train_of([64], [1.0]))
        run.stop("failed", "the protocol is wrong")


def test_blocks_are_only_stored_where_cells_were_touched(path):
    with Store(path) as store:
        run = ToldRun(store, rows=1024, columns=1024)
        run.attempt("a")
        run.pulse("a", train_of([5, 900 * BLOCK], [1.0, 1.0]))
    assert blocks_on_record(path) == [(0,), (900,)]


def test_the_ledger_of_an_unknown_chip_is_an_error(path):
    Store(path).close()
    with Archive(path) as archive, pytest.raises(RecordError, match="chip 'nobody' is not in"):
        archive.ledger("nobody")
