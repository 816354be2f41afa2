"""Rows that wait for the next commit, and the statements that write them.

Core compiles each statement once; rows then go in as tuples, many to a statement, which is three
times as fast as dictionaries.
"""

from collections.abc import Iterable
from itertools import chain
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Dialect, Engine

from labcim.errors import RecordError

from . import tables as t

Row = tuple[Any, ...]

# Parents before children, so that foreign keys hold at every statement.
_ORDER = (
    t.unit, t.setup, t.channel, t.layout, t.attempt, t.batch, t.reading, t.train, t.cell,
    t.result, t.event, t.note, t.traffic,
)  # fmt: skip
# These give their last columns later, or their first one is given by the database.
_COLUMNS = {
    t.attempt: [c.name for c in t.attempt.columns][:11],
    t.event: [c.name for c in t.event.columns][1:],
    t.traffic: [c.name for c in t.traffic.columns][1:],
}
_LARGEST = 1 << 63
_AT_ONCE = 16
"""Readings in one statement: a fifth faster than one each."""
_STATEMENTS: dict[tuple[str, str, str], dict[str, str]] = {}


class Pending:
    """Rows by table. They stay until ``clear``, so that a commit that failed can be tried again."""

    def __init__(self, engine: Engine) -> None:
        self._rows: dict[str, list[Row]] = {table.name: [] for table in _ORDER}
        self._done: list[dict[str, Any]] = []
        self._statements = _positional(engine.dialect)
        self.rows = 0
        self.bytes = 0

    def add(self, table: sa.Table, row: Row, size: int = 0) -> None:
        """Keep one row; ``size`` bytes count towards the next commit.

        Raises RecordError where no database could take it, before it can spoil the other rows.
        """
        for value in row:
            if isinstance(value, str) and not value.isascii():
                _check_text(value)
            elif isinstance(value, int) and not -_LARGEST <= value < _LARGEST:
                raise RecordError(f"{table.name}: {value} does not fit into 64 bits")
        self._rows[table.name].append(row)
        self.rows += 1
        self.bytes += size

    def extend(self, table: sa.Table, rows: Iterable[Row], count: int) -> None:
        """Keep ``count`` rows of numbers that came from arrays."""
        self._rows[table.name].extend(rows)
        self.rows += count

    def finish(self, **done: Any) -> None:
        """Keep what completes an attempt: of which run, unit and number, and what is new."""
        self._done.append(done)
        self.rows += 1

    def write(self, connection: sa.Connection) -> None:
        """Write all rows within the transaction of ``connection``."""
        for table in _ORDER:
            rows, statement = self._rows[table.name], self._statements[table.name]
            if table is t.reading and len(rows) >= _AT_ONCE:
                rows = _write_many(connection, statement, rows)
            if rows:
                connection.exec_driver_sql(statement, rows)
        if self._done:
            connection.execute(_FINISH, self._done)

    def clear(self) -> None:
        """Forget the rows: they are committed."""
        for rows in self._rows.values():
            rows.clear()
        self._done.clear()
        self.rows = self.bytes = 0


def _write_many(connection: sa.Connection, statement: str, rows: list[Row]) -> list[Row]:
    """Write rows, so many to a statement; return the rest, which do not fill one."""
    start, _, places = statement.partition(" VALUES ")
    whole = len(rows) - len(rows) % _AT_ONCE
    groups = (rows[first : first + _AT_ONCE] for first in range(0, whole, _AT_ONCE))
    many = [tuple(chain.from_iterable(group)) for group in groups]
    connection.exec_driver_sql(f"{start} VALUES {', '.join([places] * _AT_ONCE)}", many)
    return rows[whole:]


_FINISH = (
    sa.update(t.attempt)
    .where(
        t.attempt.c.run_id == sa.bindparam("of_run"),
        t.attempt.c.unit == sa.bindparam("of_unit"),
        t.attempt.c.number == sa.bindparam("of_number"),
    )
    .values(
        state="done",
        done_ordinal=sa.bindparam("new_ordinal"),
        done_bench_time=sa.bindparam("new_bench_time"),
        done_wall_time=sa.bindparam("new_wall_time"),
        carry_layout=sa.bindparam("new_layout"),
        carry_crc32=sa.bindparam("new_crc32"),
        carry=sa.bindparam("new_data"),
    )
)


def _positional(dialect: Dialect) -> dict[str, str]:
    """Return the INSERT of each table, with one positional parameter a column, in their order."""
    known = _STATEMENTS.get((dialect.name, dialect.driver, dialect.paramstyle))
    if known is not None:
        return known
    statements = {}
    for table in _ORDER:
        names = _COLUMNS.get(table, [c.name for c in table.columns])
        compiled = sa.insert(table).inline().compile(dialect=dialect, column_keys=names)
        if list(compiled.positiontup or ()) != names:
            raise RecordError(f"{dialect.name}: this database has no positional parameters")
        statements[table.name] = str(compiled)
    _STATEMENTS[dialect.name, dialect.driver, dialect.paramstyle] = statements
    return statements


def _check_text(text: str) -> None:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as trouble:
        raise RecordError(f"text {text!r:.60} is not Unicode") from trouble
