import os
import sqlite3
from contextlib import closing

import pytest

from labcim.db import Archive, Store
from labcim.db.engine import open_reader, open_writer, parse
from labcim.errors import RecordError

from .told_run import ToldRun, train_of


def made(path):
    with Store(path) as store:
        run = ToldRun(store)
        run.attempt("a")
    return run


def test_a_record_is_one_file_that_survives_power_loss(new_path):
    database = open_writer(new_path)
    with database.engine.connect() as connection:
        ask = connection.exec_driver_sql
        assert ask("PRAGMA journal_mode").scalar() == "wal"
        assert ask("PRAGMA synchronous").scalar() == 2  # FULL
        assert ask("PRAGMA foreign_keys").scalar() == 1
    database.close()


def test_a_file_that_another_process_holds_is_named_and_called_locked(path):
    made(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(RecordError, match=r"record\.sqlite is locked by another process"):
            Store(path, busy_timeout=0.01)


def test_what_could_not_be_stored_while_locked_is_stored_after(path):
    with Store(path, busy_timeout=0.01) as store:
        run = ToldRun(store)
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(RecordError, match="locked"):
                run.attempt("a")
        run.pulse("a", train_of([1], [1.0]))
        run.done("a")
        run.stop()
    with Archive(path) as archive:
        assert archive.is_intact("last")
        assert archive.ledger("chip 7")["pulses"].sum() == 1


def test_a_reader_sees_the_past_while_a_writer_holds_the_file(path):
    made(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with Archive(path, busy_timeout=0.01) as archive:
            assert len(archive.runs()) == 1


def test_a_reader_cannot_write(path):
    made(path)
    database = open_reader(path)
    with database.engine.connect() as connection, pytest.raises(Exception, match="readonly"):
        connection.exec_driver_sql("DELETE FROM run")
    database.close()


def test_a_read_only_file_is_called_so(path):
    with Store(path) as store:
        with store._database.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA query_only=ON")
        with pytest.raises(RecordError, match="cannot be written: file or folder is read-only"):
            ToldRun(store)


def test_a_newer_schema_is_refused_by_writer_and_reader_and_left_alone(path):
    made(path)
    with closing(sqlite3.connect(path)) as plain:
        plain.execute("UPDATE alembic_version SET version_num = '9999'")
        plain.commit()
    before = path.read_bytes()
    for opener in (Store, Archive):
        with pytest.raises(RecordError, match="written by a newer labcim: it has schema 9999"):
            opener(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("content", [b"column,row\n1,2\n" * 100, os.urandom(5000)])
def test_a_file_of_another_kind_is_refused_and_left_alone(new_path, content):
    new_path.write_bytes(content)
    for opener in (Store, Archive):
        with pytest.raises(RecordError, match="is not a labcim record"):
            opener(new_path)
    assert new_path.read_bytes() == content


def test_the_database_of_another_program_is_refused(new_path):
    with closing(sqlite3.connect(new_path)) as plain:
        plain.execute("CREATE TABLE song (title)")
    with pytest.raises(RecordError, match="another program's tables"):
        Store(new_path)
    with pytest.raises(RecordError, match="is not a labcim record"):
        Archive(new_path)


def test_a_damaged_page_is_told_as_damage(path):
    with Store(path) as store:
        run = ToldRun(store)
        for number in range(1, 40):
            run.attempt("a", number)
    content = bytearray(path.read_bytes())
    content[8192 : 40 * 8192] = bytes(len(content[8192 : 40 * 8192]))
    path.write_bytes(content)
    with pytest.raises(RecordError, match="is damaged"), Archive(path) as archive:
        list(archive.documents("last"))


def test_reading_a_record_that_is_not_there_does_not_make_it(new_path):
    with pytest.raises(RecordError, match="no such file"):
        Archive(new_path)
    assert not new_path.exists()


def test_a_folder_that_is_not_there_is_told(tmp_path):
    with pytest.raises(RecordError, match="cannot be opened: the folder is missing"):
        Store(tmp_path / "nowhere" / "record.sqlite")


def test_a_path_with_odd_characters_is_a_path(tmp_path):
    path = tmp_path / "what?mode=ro#50%25 é'.sqlite"
    made(path)
    with Archive(path) as archive:
        assert len(archive.runs()) == 1
    assert path.exists()


def test_a_password_never_stands_in_an_error():
    with pytest.raises(RecordError) as caught:
        Store("nosuchdatabase://ada:secret@server/record")
    assert "secret" not in str(caught.value)
    assert parse("postgresql+psycopg://ada:secret@server/record")[1].count("***") == 1


def test_a_record_in_memory_is_refused():
    with pytest.raises(RecordError, match="must be a file"):
        Store("sqlite://")


def test_a_record_on_a_read_only_disk_can_be_read(path, monkeypatch):
    made(path)
    monkeypatch.setattr("os.access", lambda *_: False)
    with Archive(path) as archive:
        assert len(archive.runs()) == 1
    assert [found.name for found in path.parent.iterdir()] == [path.name]


def test_what_ended_the_block_is_not_hidden_by_a_record_that_cannot_close(path):
    with (
        closing(sqlite3.connect(path, isolation_level=None)) as other,
        pytest.raises(KeyboardInterrupt),
        Store(path, busy_timeout=0.01) as store,
    ):
        ToldRun(store).channels()
        other.execute("BEGIN IMMEDIATE")
        raise KeyboardInterrupt
