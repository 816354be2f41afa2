import sqlite3
from contextlib import closing

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateTable

from labcim.db import Archive, Store, pending, schema
from labcim.db.tables import SCHEMA, metadata
from labcim.errors import RecordError

from .told_run import ToldRun

EVIL = [
    "'; DROP TABLE run; --",
    '" OR 1=1 --',
    "%s %(a)s :name ? {0}",
    "$1; SELECT 1",
    "Robert'); DELETE FROM train;--",
    "naïve ☃ name",
]


def released(path, revision):
    """Make a record as the labcim that first had ``revision`` made it."""
    engine = sa.create_engine(f"sqlite:///{path}")
    schema.upgrade(engine, revision)
    engine.dispose()


def differences(path):
    engine = sa.create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        found = compare_metadata(MigrationContext.configure(connection), metadata)
    engine.dispose()
    return found


def test_migrations_end_where_the_tables_stand():
    assert schema.known_revisions()[0] == SCHEMA


@pytest.mark.parametrize("revision", schema.known_revisions())
def test_every_released_schema_comes_up_to_date(new_path, revision):
    released(new_path, revision)
    with Store(new_path) as store:
        ToldRun(store).stop()
    assert differences(new_path) == []
    with Archive(new_path) as archive:
        assert archive.is_intact("last")


def statements(path):
    with closing(sqlite3.connect(path)) as plain:
        made = plain.execute("SELECT type, name, tbl_name, sql FROM sqlite_master")
        version = plain.execute("SELECT version_num FROM alembic_version").fetchall()
        return {(*row[:3], " ".join((row[3] or "").split())) for row in made}, version


def test_a_new_record_is_what_the_migrations_make(tmp_path):
    Store(tmp_path / "new.sqlite").close()
    released(tmp_path / "migrated.sqlite", SCHEMA)
    assert statements(tmp_path / "new.sqlite") == statements(tmp_path / "migrated.sqlite")


def test_an_older_schema_is_copied_before_it_is_changed(new_path, monkeypatch):
    released(new_path, "0001")
    changed = []
    monkeypatch.setattr(schema, "SCHEMA", "0002")
    monkeypatch.setattr(schema, "upgrade", changed.append)
    Store(new_path).close()
    copy = new_path.with_name("record.sqlite.schema-0001")
    with closing(sqlite3.connect(copy)) as plain:
        assert plain.execute("SELECT version_num FROM alembic_version").fetchone() == ("0001",)
    assert len(changed) == 1
    with pytest.raises(RecordError, match="has schema 0001, this labcim reads 0002"):
        Archive(new_path)


def test_the_schema_and_the_hot_path_say_it_in_postgresql_too():
    dialect = postgresql.dialect(paramstyle="format")
    for table in metadata.sorted_tables:
        assert "CREATE TABLE" in str(CreateTable(table).compile(dialect=dialect))
    statement = pending._positional(dialect)["note"]
    places = "%s::INTEGER, %s::BIGINT, %s, %s, %s::VARCHAR, %s::VARCHAR"
    columns = "run_id, ordinal, bench_time, wall_time, text, author"
    assert statement == f"INSERT INTO note ({columns}) VALUES ({places})"


@pytest.mark.parametrize("evil", EVIL)
def test_a_name_is_only_ever_a_name(path, evil):
    with Store(path) as store:
        run = ToldRun(
            store, evil, chip=evil, operator=evil, station=evil, protocol=evil, units=(evil,),
            instruments={evil: evil}, bench=evil, versions={evil: evil},
        )  # fmt: skip
        run.attempt(evil)
        run.done(evil)
        run.stop(reason=evil)
        store.place_chip(evil, evil, evil, 1, -2)
    with Archive(path) as archive:
        run = archive.run(evil)
        assert run.summary.chip == run.summary.operator == run.summary.reason == evil
        assert run.instruments == {evil: evil}
        assert archive.is_intact(evil)
        assert len(archive.ledger(evil)) == 64


def test_a_placed_chip_hangs_on_its_die_wafer_and_lot(path):
    with Store(path) as store:
        ToldRun(store, "one").stop()
        store.place_chip("chip 7", "lot 3", "wafer 12", 4, -1)
        ToldRun(store, "two", rows=4, columns=4).stop()  # the same chip, seen with another shape
    with closing(sqlite3.connect(path)) as plain:
        found = plain.execute(
            "SELECT lot.name, wafer.name, die.x, die.y, array.rows FROM array"
            " JOIN die ON die.id = array.die_id JOIN wafer ON wafer.id = die.wafer_id"
            " JOIN lot ON lot.id = wafer.lot_id ORDER BY array.id"
        ).fetchall()
    assert found == [("lot 3", "wafer 12", 4, -1, 8), ("lot 3", "wafer 12", 4, -1, 4)]
