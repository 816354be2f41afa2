"""The rows a run hangs on: lot, wafer, die, array; station, operator, instruments."""

from collections.abc import Mapping

import sqlalchemy as sa

from labcim.documents import RunStart

from . import tables as t


def find_or_add(connection: sa.Connection, table: sa.Table, **key: object) -> int:
    """Return the id of the row with this key; add it where it is not there yet."""
    match = sa.and_(*(table.c[name] == value for name, value in key.items()))
    found = connection.execute(sa.select(table.c.id).where(match)).scalar()
    return add(connection, table, key) if found is None else int(found)


def add(connection: sa.Connection, table: sa.Table, values: Mapping[str, object]) -> int:
    """Add a row and return the id that the database gave it."""
    insert = sa.insert(table).values(values).returning(table.c.id)
    return int(connection.execute(insert).scalar_one())


def place(connection: sa.Connection, chip: str, lot: str, wafer: str, x: int, y: int) -> None:
    """Say from which lot, wafer and die (x, y) the chip comes, for its arrays on record."""
    lot_id = find_or_add(connection, t.lot, name=lot)
    wafer_id = find_or_add(connection, t.wafer, lot_id=lot_id, name=wafer)
    die_id = find_or_add(connection, t.die, wafer_id=wafer_id, x=x, y=y)
    connection.execute(sa.update(t.array).where(t.array.c.chip == chip).values(die_id=die_id))


def array_of(connection: sa.Connection, chip: str, rows: int, columns: int) -> int:
    """Return the id of an array: chip identity and shape. Its place on a wafer may be unknown.

    A new array of a chip that is on record already comes from the same die.
    """
    die = connection.execute(
        sa.select(t.array.c.die_id).where(t.array.c.chip == chip).order_by(t.array.c.id)
    ).scalar()
    found = find_or_add(connection, t.array, chip=chip, rows=rows, columns=columns)
    if die is not None:
        unplaced = sa.and_(t.array.c.id == found, t.array.c.die_id.is_(None))
        connection.execute(sa.update(t.array).where(unplaced).values(die_id=die))
    return found


def instrument_of(connection: sa.Connection, identity: str) -> int:
    """Return the id of an instrument by what it answers to ``*IDN?``."""
    select = sa.select(t.instrument.c.id).where(t.instrument.c.identity == identity)
    found = connection.execute(select).scalar()
    if found is not None:
        return int(found)
    parts = [part.strip() for part in identity.split(",")] + [""] * 4
    named = dict(zip(("maker", "model", "serial", "firmware"), parts[:4], strict=True))
    return add(connection, t.instrument, {"identity": identity, **named})


def link_instruments(connection: sa.Connection, run_id: int, start: RunStart) -> None:
    """Write down which instrument had which role in a run."""
    rows = [
        {
            "run_id": run_id,
            "position": position,
            "role": role,
            "instrument_id": instrument_of(connection, identity),
        }
        for position, (role, identity) in enumerate(start.instruments.items())
    ]
    if rows:
        connection.execute(sa.insert(t.run_instrument), rows)


def known_cells(connection: sa.Connection, array_id: int) -> set[int]:
    """Return the numbers of the cells of an array that have a row already."""
    select = sa.select(t.cell.c.number).where(t.cell.c.array_id == array_id)
    return set(connection.execute(select).scalars())
