"""Which schema a file has, and how it gets the newest.

A new file is made with it at once; an older one gets it by Alembic's migrations, run from here.
"""

import logging
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from labcim.errors import RecordError

from .tables import SCHEMA, metadata

if TYPE_CHECKING:
    from alembic.config import Config

log = logging.getLogger(__name__)

MIGRATIONS = Path(__file__).parent / "migrations"


def prepare(engine: Engine, name: str) -> None:
    """Make the schema in an empty database, or bring an older one up to date after a backup.

    Raises RecordError where the schema is newer than this labcim or the file is another's.
    """
    with engine.connect() as connection:
        found = _revision(connection, name)
        tables = sa.inspect(connection).get_table_names()
    if found == SCHEMA:
        return
    if found is None and tables:
        raise RecordError(
            f"record {name} is not a labcim record: it holds another program's tables"
        )
    if found is not None:
        _require_known(found, name)
        _backup(engine, name, found)
        upgrade(engine)
    else:
        _make_newest(engine)


def require_readable(engine: Engine, name: str) -> None:
    """Raise RecordError unless the database has exactly the schema that this labcim reads."""
    with engine.connect() as connection:
        found = _revision(connection, name)
    if found == SCHEMA:
        return
    if found is None:
        raise RecordError(f"record {name} is not a labcim record")
    _require_known(found, name)
    raise RecordError(
        f"record {name} has schema {found}, this labcim reads {SCHEMA}: "
        "open it for writing once, which makes a backup and brings it up to date"
    )


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Run the migrations up to ``revision`` in one transaction."""
    from alembic import command  # slow to import, and seldom needed

    with engine.begin() as connection:
        config = alembic_config()
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


# As Alembic makes it, which is what reads it when a newer labcim comes.
_VERSION = sa.Table(
    "alembic_version",
    sa.MetaData(),
    sa.Column("version_num", sa.String(32), nullable=False),
    sa.PrimaryKeyConstraint("version_num", name="alembic_version_pkc"),
)


def _make_newest(engine: Engine) -> None:
    """Make all tables in an empty database; Alembic, slow to import, has nothing to move there."""
    with engine.begin() as connection:
        metadata.create_all(connection)
        _VERSION.create(connection, checkfirst=True)
        # Another process may have made them while this one waited for its turn to write.
        if connection.execute(sa.select(_VERSION)).first() is None:
            connection.execute(sa.insert(_VERSION).values(version_num=SCHEMA))


def alembic_config() -> "Config":
    """Return Alembic's configuration for the migrations of this package."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return config


def known_revisions() -> list[str]:
    """Return every released revision, newest first."""
    from alembic.script import ScriptDirectory

    scripts = ScriptDirectory.from_config(alembic_config())
    return [script.revision for script in scripts.walk_revisions()]


def _revision(connection: sa.Connection, name: str) -> str | None:
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    rows = connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalars().all()
    if len(rows) > 1:
        raise RecordError(f"record {name} has {len(rows)} schema versions at once: it is damaged")
    return str(rows[0]) if rows else None


def _require_known(found: str, name: str) -> None:
    if found not in known_revisions():
        raise RecordError(
            f"record {name} was written by a newer labcim: it has schema {found:.40}, "
            f"this one knows up to {SCHEMA}. Use that labcim, or update this one"
        )


def _backup(engine: Engine, name: str, found: str) -> None:
    """Copy an SQLite file beside itself before its schema changes. A server has its own backups."""
    if engine.dialect.name != "sqlite":
        return
    copy = Path(f"{name}.schema-{found}")
    with engine.connect() as connection, closing(sqlite3.connect(copy)) as target:
        source = connection.connection.dbapi_connection
        if isinstance(source, sqlite3.Connection):
            connection.rollback()
            source.backup(target)
    log.info("record %s: schema %s was copied to %s", name, found, copy)
