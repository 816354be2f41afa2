import sqlite3
import uuid
from contextlib import closing
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from labcim.db import Archive, Store
from labcim.documents import Event, Note, Result, RunStart
from labcim.errors import RecordError

from .told_run import ToldRun, same, train_of

NAMES = st.sampled_from(["cell", "time", "voltage", "current", "target", "pulses", "flags", "x é"])
DTYPES = st.sampled_from(
    ["<f8", "<f4", "<f2", "<u8", "<i8", "<u4", "<i2", "|u1", "|i1", "|b1", "<c16", "|S3", "<U2"]
)


@st.composite
def batches(draw):
    rows = draw(st.integers(0, 5))
    names = draw(st.lists(NAMES, unique=True, min_size=1, max_size=5))
    shapes = st.sampled_from([(rows,), (rows, 2), (rows, 2, 3)])
    return {name: draw(hnp.arrays(np.dtype(draw(DTYPES)), draw(shapes))) for name in names}


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """One record for all examples: to make one takes longer than an example."""
    path = tmp_path_factory.mktemp("shared") / "record.sqlite"
    with Store(path) as store, Archive(path) as archive:
        yield store, archive


@settings(max_examples=25, deadline=None, derandomize=True, phases=[Phase.generate])
@given(columns=batches(), carry=st.dictionaries(st.text(max_size=4), hnp.arrays("<f4", (2, 2))))
def test_any_columns_and_any_carry_come_back_bit_for_bit(shared, columns, carry):
    store, archive = shared
    run = ToldRun(store, str(uuid.uuid4()))
    run.channels()
    run.attempt("a")
    run.read("a", **columns)
    run.done("a", **{**carry, "scalar": np.array(7, "<i8"), "none": np.zeros((0, 3))})
    run.stop()
    back = list(archive.documents(run.run))
    assert archive.is_intact(run.run)
    assert len(back) == len(run.said)
    assert all(same(one, other) for one, other in zip(run.said, back, strict=True))


def test_documents_come_back_in_the_order_in_which_they_were_told(path):
    with Store(path) as store:
        run = ToldRun(store)
        run.tell(Event, kind="limit", message="before the channels")
        run.channels()
        for unit in "ab":
            run.attempt(unit)
            run.pulse(unit, train_of([1, 2], [1.0, -1.0]))
            run.read(unit, cell=np.array([1, 2], "<u4"))
            run.tell(Result, name="yield", value=0.5, cell=3)
            run.done(unit)
        run.tell(Note, text="sparks", author="Ada")
        run.stop()
    with Archive(path) as archive:
        back = list(archive.documents("last"))
    assert [type(d).__name__ for d in back] == [type(d).__name__ for d in run.said]
    assert all(same(one, other) for one, other in zip(run.said, back, strict=True))


def told_in_full(store: Store) -> ToldRun:
    """Return a run with documents of every kind, and one that was refused in the middle."""
    run = ToldRun(store)
    run.channels()
    for unit in "ab":
        run.attempt(unit)
        run.pulse(unit, train_of([1], [1.0]))
        with pytest.raises(RecordError, match="cell 64"):
            store(replace(run.said[-1], train=train_of([64], [1.0])))
        run.read(unit, cell=np.array([1, 2], "<u4"))
        run.tell(Event, kind="limit", message="reached")
        run.tell(Result, name="yield", value=0.5, cell=3)
        run.done(unit)
    run.tell(Note, text="sparks", author="Ada")
    run.stop()
    store(Note(run=run.run, bench_time=9.0, wall_time=9.0, text="added later"))
    return run


def test_reading_from_the_nth_document_leaves_out_exactly_those_before_it(path):
    with Store(path) as store:
        run = told_in_full(store)
    with Archive(path) as archive:
        whole = list(archive.documents(run.run))
        assert len(whole) == len(run.said) + 1 and isinstance(whole[-1], Note)
        for start in range(len(whole) + 2):
            rest = list(archive.documents(run.run, start))
            assert len(rest) == max(len(whole) - start, 0)
            assert all(same(one, other) for one, other in zip(whole[start:], rest, strict=True))


def test_what_is_left_out_is_not_read(path):
    with Store(path) as store:
        run = ToldRun(store)
        run.attempt("a")
        for _ in range(3):
            run.read("a", x=np.arange(3.0))
    with closing(sqlite3.connect(path)) as plain, plain:
        plain.execute("UPDATE batch SET data = x'00' WHERE ordinal < 4")  # damaged
    with Archive(path) as archive:
        (last,) = archive.documents(run.run, 4)
        assert same(last, run.said[-1])
        with pytest.raises(RecordError, match="damaged"):
            list(archive.documents(run.run, 3))


def test_nan_minus_zero_and_no_limit_stay_apart_in_results(path):
    with Store(path) as store:
        run = ToldRun(store)
        run.tell(Result, name="spread", value=float("nan"), low=-0.0, high=None)
        run.stop()
    with Archive(path) as archive:
        (result,) = archive.run("last").results
        assert archive.is_intact("last")
    assert repr((result.value, result.low, result.high)) == "(nan, -0.0, None)"


def test_a_row_of_a_standard_channel_is_an_sql_row_with_real_columns(path):
    with Store(path) as store:
        run = ToldRun(store)
        run.attempt("a")
        run.read(
            "a", cell=np.array([5, 6], "<u4"), conductance=np.array([2e-6, np.nan]),
            flags=np.array([0, 2], "|u1"), odd=np.array([1.0, 2.0]),
        )  # fmt: skip
    with closing(sqlite3.connect(path)) as plain:
        rows = plain.execute("SELECT row, cell, conductance, flags, target FROM reading").fetchall()
    assert rows == [(0, 5, 2e-6, 0, None), (1, 6, None, 2, None)]


@pytest.mark.parametrize("rows", [1, 15, 16, 17, 32, 37])
def test_every_row_of_a_batch_is_an_sql_row_whatever_their_number(path, rows):
    cells = np.arange(100, 100 + rows, dtype="<u4")
    with Store(path) as store:
        run = ToldRun(store)
        run.attempt("a")
        run.read("a", cell=cells, conductance=cells * 1e-7)
    with closing(sqlite3.connect(path)) as plain:
        found = plain.execute("SELECT row, cell, conductance FROM reading ORDER BY row").fetchall()
    assert found == [(row, 100 + row, (100 + row) * 1e-7) for row in range(rows)]


def test_nan_comes_back_as_nan_in_a_table(path):
    with Store(path) as store:
        run = ToldRun(store)
        run.attempt("a")
        run.read("a", conductance=np.array([1e-6, np.nan]))
    with Archive(path) as archive:
        conductance = archive.readings("last")["conductance"]
    assert conductance.dtype == np.float64
    assert np.isnan(conductance[1]) and conductance[0] == 1e-6


def test_a_note_can_be_added_to_a_run_of_the_past(path):
    with Store(path) as store:
        run = ToldRun(store)
        run.stop()
    with Store(path) as store:
        store(Note(run=run.run, bench_time=9.0, wall_time=9.0, text="probe was dirty"))
    with Archive(path) as archive:
        assert isinstance(list(archive.documents("last"))[-1], Note)
        assert archive.is_intact("last")


def test_the_same_run_told_twice_has_the_same_hash_on_record(path):
    with Store(path) as store:
        for uuid in ("one", "two"):
            run = ToldRun(store, uuid, operator=uuid)
            run.attempt("a")
            run.pulse("a", train_of([1], [1.5]))
            run.done("a")
            run.stop()
    with Archive(path) as archive:
        first, second = archive.runs()
        assert first.hash == second.hash
        start = next(archive.documents("two"))
    assert isinstance(start, RunStart) and start.operator == "two"


def test_the_conversation_on_the_wire_is_kept_when_asked_for(path):
    with Store(path) as store:
        run = ToldRun(store)
        store.traffic(run.run, "smu", "sent", b"*IDN?\n", 5.0)
        store.traffic("", "smu", "received", b"\xff\x00", 6.0)
    with closing(sqlite3.connect(path)) as plain:
        rows = plain.execute("SELECT run_id, role, direction, data FROM traffic").fetchall()
    assert rows == [(1, "smu", "sent", b"*IDN?\n"), (None, "smu", "received", b"\xff\x00")]


def test_an_event_while_no_run_is_on_is_kept(path):
    with Store(path) as store:
        store(Event(run="", bench_time=1.0, wall_time=2.0, kind="estop", message="\ud800 red"))
    with closing(sqlite3.connect(path)) as plain:
        rows = plain.execute("SELECT run_id, kind, message FROM event").fetchall()
    assert rows == [(None, "estop", "\\ud800 red")]
