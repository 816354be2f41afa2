"""Two kinds of engine: one that writes and begins IMMEDIATE, and ones that can only read.

A deferred transaction that reads and then writes fails at once when another process wrote in
between, whatever the timeout; so every write transaction takes the lock when it begins. A reader
must not: it would block the run.
"""

import os
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import URL, Engine, make_url
from sqlalchemy.exc import SQLAlchemyError

from labcim.errors import RecordError

from .schema import prepare, require_readable
from .trouble import told

BUSY_TIMEOUT = 5.0
"""How long a locked file is waited for, in s."""

_WRITER = (
    "PRAGMA page_size=8192",
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA wal_autocheckpoint=4000",
)
_READER = ("PRAGMA query_only=ON",)


@dataclass(frozen=True, slots=True)
class Database:
    """An engine with the name by which errors call it: the path, or the URL less its password."""

    engine: Engine
    name: str

    def close(self) -> None:
        """Let go of every connection."""
        self.engine.dispose()


def parse(target: str | Path) -> tuple[URL, str]:
    """Return (URL, name for people) of a path or an SQLAlchemy URL. Raises RecordError."""
    text = str(target)
    if "://" not in text:
        return URL.create("sqlite", database=text), text
    try:
        url = make_url(text)
    except SQLAlchemyError as trouble:
        raise RecordError("record: this is neither a path nor a database URL") from trouble
    name = url.render_as_string(hide_password=True)
    if url.get_backend_name() != "sqlite":
        return url, name
    if not url.database or url.database == ":memory:":
        raise RecordError(f"record {name}: a record must be a file, it cannot live in memory")
    return url, url.database


def open_writer(target: str | Path, *, busy_timeout: float = BUSY_TIMEOUT) -> Database:
    """Open a record for writing; make it or bring its schema up to date first.

    Raises RecordError that says what is wrong: locked, newer, not a record, read-only, full.
    """
    url, name = parse(target)
    if url.get_backend_name() == "sqlite":
        engine = _sqlite(Path(url.database or ""), "rwc", busy_timeout, _WRITER, "BEGIN IMMEDIATE")
    else:
        engine = _server(url, name)
    database = Database(engine, name)
    return _prepared(database, prepare)


def open_reader(target: str | Path, *, busy_timeout: float = BUSY_TIMEOUT) -> Database:
    """Open a record that exists, so that nothing can be written through it. Raises RecordError."""
    url, name = parse(target)
    if url.get_backend_name() != "sqlite":
        return _prepared(Database(_server(url, name, read_only=True), name), require_readable)
    path = Path(url.database or "")
    if not path.is_file():
        raise RecordError(f"record {name}: no such file")
    # Beside a file in WAL mode even a reader makes an index, unless nobody can write there: then
    # the file is as still as a CD.
    still = not os.access(path.parent, os.W_OK) and not path.with_name(f"{path.name}-wal").exists()
    mode = "ro&immutable=1" if still else "ro"
    engine = _sqlite(path, mode, busy_timeout, _READER, "BEGIN")
    return _prepared(Database(engine, name), require_readable)


def _prepared(database: Database, check: Any) -> Database:
    try:
        with told(database.name):
            check(database.engine, database.name)
    except RecordError:
        database.close()
        raise
    return database


def _sqlite(path: Path, mode: str, timeout: float, pragmas: tuple[str, ...], begin: str) -> Engine:
    uri = f"{path.absolute().as_uri()}?mode={mode}"

    def connect() -> sqlite3.Connection:
        # The record is used by one thread at a time: by the run's, or under the store's lock.
        connection = sqlite3.connect(
            uri, uri=True, timeout=timeout, isolation_level=None, check_same_thread=False
        )
        try:
            for pragma in pragmas:
                connection.execute(pragma)
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    engine = sa.create_engine("sqlite://", creator=connect, poolclass=sa.pool.QueuePool)

    @event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine


def _server(url: URL, name: str, *, read_only: bool = False) -> Engine:
    """Return the engine of a shared server, with positional parameters for the hot path."""
    # What a reader sees is of one moment, as it is with SQLite.
    options = {"postgresql_readonly": True, "isolation_level": "REPEATABLE READ"}
    try:
        return sa.create_engine(
            url, paramstyle="format", execution_options=options if read_only else {}
        )
    except (SQLAlchemyError, ImportError) as trouble:
        raise RecordError(
            f"record {name}: no driver for this database is installed ({trouble}); "
            "for PostgreSQL use postgresql+psycopg:// and install labcim[postgres]"
        ) from trouble
