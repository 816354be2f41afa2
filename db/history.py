"""What was run before: the list, one run, and what it takes to go on with it."""

import json
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from labcim.documents import Result
from labcim.errors import RecordError
from labcim.record import (
    Carry,
    OpenAttempt,
    ResumeState,
    RunDetail,
    RunSummary,
    UnitSummary,
)

from . import holder
from . import tables as t
from .lifecycle import dead_runs
from .packing import Packed, unpack
from .replay import Teller
from .rows import EXACT

ABANDONED = "the process that ran it is gone"


def find(connection: sa.Connection, run: str, name: str) -> int:
    """Return the id of a run by uuid, unique beginning of it, or ``last``. Raises RecordError."""
    c = t.run.c
    if run == "last":
        newest = connection.execute(sa.select(c.id).order_by(c.id.desc()).limit(1)).scalar()
        if newest is None:
            raise RecordError(f"record {name} holds no run yet")
        return int(newest)
    exact = connection.execute(sa.select(c.id).where(c.uuid == run)).scalar()
    if exact is not None:
        return int(exact)
    begins = sa.select(c.id, c.uuid).where(c.uuid.startswith(run, autoescape=True)).limit(4)
    found = connection.execute(begins).all() if run else []
    if not found:
        raise RecordError(f"run {run!r:.60} is not in record {name}: see labcim list")
    if len(found) > 1:
        several = ", ".join(str(row.uuid) for row in found)
        raise RecordError(f"run {run!r:.60} is not unique in record {name}: {several}")
    return int(found[0].id)


def page(
    connection: sa.Connection, limit: int | None, before: str, words: Sequence[str]
) -> list[RunSummary]:
    """Return the newest runs that are older than the run ``before`` and have all ``words``."""
    dead = dead_runs(connection) if words else []
    state = sa.case((t.run.c.id.in_(dead), "interrupted"), else_=t.run.c.state)
    where = [_has(word, state) for word in words]
    if before:
        where.append(
            t.run.c.id < sa.select(t.run.c.id).where(t.run.c.uuid == before).scalar_subquery()
        )
    return summaries(connection, *where, limit=limit)


def _has(word: str, state: sa.ColumnElement[str]) -> sa.ColumnElement[bool]:
    """Return whether a word stands in protocol, chip or state, or begins the uuid."""
    return sa.or_(
        t.run.c.protocol.icontains(word, autoescape=True),
        t.array.c.chip.icontains(word, autoescape=True),
        state.icontains(word, autoescape=True),
        t.run.c.uuid.istartswith(word, autoescape=True),
    )


def summaries(
    connection: sa.Connection, *where: sa.ColumnElement[bool], limit: int | None = None
) -> list[RunSummary]:
    """Return the runs for which all of ``where`` is true, newest first."""
    units = sa.select(sa.func.count()).where(t.unit.c.run_id == t.run.c.id, t.unit.c.listed)
    select = (
        sa.select(
            t.run, t.array.c.chip, t.array.c.rows, t.array.c.columns,
            t.operator.c.name.label("operator"), t.station.c.name.label("station"),
            units.scalar_subquery().label("units"),
        )
        .join(t.array, t.array.c.id == t.run.c.array_id)
        .join(t.operator, t.operator.c.id == t.run.c.operator_id)
        .join(t.station, t.station.c.id == t.run.c.station_id)
        .where(*where)
        .order_by(t.run.c.id.desc())
        .limit(limit)
    )  # fmt: skip
    return [_summary(row) for row in connection.execute(select)]


def _summary(row: Any) -> RunSummary:
    """Return a run as it is now: one whose process is gone does not run, whatever its row says."""
    gone = row.state == "running" and not holder.is_alive(row.holder, row.heartbeat or 0.0)
    return RunSummary(
        run=row.uuid, protocol=row.protocol, state="interrupted" if gone else row.state,
        outcome="ABORTED" if gone else row.outcome, reason=ABANDONED if gone else row.reason,
        chip=row.chip, rows=row.rows, columns=row.columns, bench=row.bench, mode=row.mode,
        operator=row.operator, station=row.station, started=row.start_wall_time or math.nan,
        stopped=row.stop_wall_time, heartbeat=row.heartbeat or math.nan, units=row.units,
        units_done=row.units_done, pulses=row.pulses, readings=row.readings, resumes=row.resumes,
        recipe_hash=row.recipe_hash, hash=row.hash, safe=row.safe, modelled_time=row.modelled_time,
    )  # fmt: skip


def detail(connection: sa.Connection, run_id: int) -> RunDetail:
    """Return one run with its recipe, what it ran on, its units and its results."""
    (summary,) = summaries(connection, t.run.c.id == run_id)
    row = connection.execute(sa.select(t.run).where(t.run.c.id == run_id)).one()
    roles = (
        sa.select(t.run_instrument.c.role, t.instrument.c.identity)
        .join(t.instrument, t.instrument.c.id == t.run_instrument.c.instrument_id)
        .where(t.run_instrument.c.run_id == run_id)
        .order_by(t.run_instrument.c.position)
    )
    return RunDetail(
        summary=summary,
        recipe=row.recipe,
        versions=json.loads(row.versions),
        instruments={row.role: row.identity for row in connection.execute(roles)},
        units=_units(connection, run_id, dead=summary.state != "running"),
        results=_results(connection, run_id, row.uuid),
    )


def _units(connection: sa.Connection, run_id: int, *, dead: bool) -> tuple[UnitSummary, ...]:
    keys = _keys(connection, run_id, listed=True)
    tried: dict[int, list[str]] = {}
    select = sa.select(t.attempt.c.unit, t.attempt.c.state).where(t.attempt.c.run_id == run_id)
    for unit, state in connection.execute(select.order_by(t.attempt.c.ordinal)):
        tried.setdefault(unit, []).append("indeterminate" if dead and state == "open" else state)
    return tuple(
        UnitSummary(key=key, attempts=len(states), state=_unit_state(states))
        for position, key in keys.items()
        for states in [tried.get(position, [])]
    )


def _unit_state(states: list[str]) -> Any:
    return "done" if "done" in states else (states or ["waiting"])[-1]


def _keys(connection: sa.Connection, run_id: int, *, listed: bool = False) -> dict[int, str]:
    """Return position and key of a run's units: all, or those that its recipe listed."""
    select = sa.select(t.unit.c.position, t.unit.c.key).where(t.unit.c.run_id == run_id)
    if listed:
        select = select.where(t.unit.c.listed)
    rows = connection.execute(select.order_by(t.unit.c.position))
    return {row.position: row.key for row in rows}


def _results(connection: sa.Connection, run_id: int, uuid: str) -> tuple[Result, ...]:
    select = sa.select(t.result).where(t.result.c.run_id == run_id).order_by(t.result.c.ordinal)
    return tuple(
        Result(
            run=uuid, bench_time=row.bench_time, wall_time=row.wall_time, name=row.name,
            unit=row.unit, outcome=row.outcome, cell=row.cell,
            **dict(zip(EXACT, json.loads(row.exact), strict=True)),
        )
        for row in connection.execute(select)
    )  # fmt: skip


def resume_state(connection: sa.Connection, run_id: int) -> ResumeState:
    """Return what it takes to go on with a run, and with all runs that resumed it before.

    Raises RecordError where the run or one that resumed it is still going, or is complete.
    """
    family = _family(connection, run_id)
    newest = family[-1]
    for member in family:
        if member.state == "running":
            raise RecordError(f"run {member.run} is still going: it cannot be resumed")
    if newest.state == "completed":
        raise RecordError(f"run {newest.run} is complete: nothing is left to resume")
    row = connection.execute(sa.select(t.run).where(t.run.c.uuid == newest.run)).one()
    done: dict[str, Carry] = {}
    tried: dict[str, int] = {}
    cut: list[OpenAttempt] = []
    for member in family:
        _follow(connection, member, done, tried, cut)
    ids = [find(connection, member.run, "") for member in family]
    listed = [key for member in ids for key in _keys(connection, member, listed=True).values()]
    order = [key for key in dict.fromkeys(listed) if key not in done]
    left = tuple(attempt for attempt in cut if attempt.unit not in done)
    return ResumeState(
        run=newest.run, protocol=row.protocol, recipe=row.recipe, recipe_hash=row.recipe_hash,
        chip=newest.chip, done=done, indeterminate=left,
        next_attempt={key: tried.get(key, 0) + 1 for key in order},
        given=_given(connection, left),
    )  # fmt: skip


def _given(connection: sa.Connection, attempts: tuple[OpenAttempt, ...]) -> dict[str, int]:
    """Return the most pulses on record that any cell got in all attempts at each unit."""
    wanted = {(attempt.run, attempt.unit, attempt.number) for attempt in attempts}
    trains: dict[str, list[NDArray[np.void]]] = {}
    for run in dict.fromkeys(attempt.run for attempt in attempts):
        for _, said in Teller(connection, find(connection, run, "")).trains():
            if (run, said.unit, said.attempt) in wanted:
                trains.setdefault(said.unit, []).append(said.train[["cell", "count"]])
    return {unit: _most(np.concatenate(parts)) for unit, parts in trains.items()}


def _most(trains: NDArray[np.void]) -> int:
    """Return the most pulses that any cell got."""
    place = np.unique(trains["cell"], return_inverse=True)[1]
    pulses = np.zeros(place.max(initial=-1) + 1, np.int64)
    np.add.at(pulses, place, trains["count"].astype(np.int64))
    return int(pulses.max(initial=0))


def done_rows(connection: sa.Connection, run_id: int) -> Carry:
    """Return what the done units of a run, and of the runs it belongs with, yielded.

    One array a channel, in the order of the record; what cut-off attempts yielded is left out.
    """
    batches: list[Carry] = []
    for member in _family(connection, run_id):
        tell = Teller(connection, find(connection, member.run, ""))
        done = {(said.unit, said.attempt) for _, said in tell.units_done()}
        for _, said in tell.batches():
            if (said.unit, said.attempt) in done:
                batches.append(said.columns)
    names = batches[0] if batches else ()
    return {name: np.concatenate([columns[name] for columns in batches]) for name in names}


def _family(connection: sa.Connection, run_id: int) -> list[RunSummary]:
    """Return the run, those that it resumes, and those that resumed any of them; oldest first."""
    links = connection.execute(sa.select(t.run.c.id, t.run.c.uuid, t.run.c.resumes)).all()
    by_uuid = {row.uuid: row.id for row in links}
    members = {run_id}
    grown = True
    while grown:
        before = len(members)
        for row in links:
            parent = by_uuid.get(row.resumes)
            if parent is not None and (row.id in members or parent in members):
                members |= {row.id, parent}
        grown = len(members) > before
    return [summaries(connection, t.run.c.id == member)[0] for member in sorted(members)]


def _follow(
    connection: sa.Connection,
    member: RunSummary,
    done: dict[str, Carry],
    tried: dict[str, int],
    cut: list[OpenAttempt],
) -> None:
    """Add what one run did to its units."""
    run_id = find(connection, member.run, "")
    keys = _keys(connection, run_id)
    for row in _attempts(connection, run_id):
        key = keys[row.unit]
        tried[key] = max(tried.get(key, 0), row.number)
        if row.state == "done":
            packed = Packed(row.carry_layout, row.carry_crc32, row.carry)
            done[key] = unpack(packed, f"carry of unit {key}")
        else:
            packed = Packed(row.cells_layout, row.cells_crc32, row.cells)
            cells = unpack(packed, f"attempt {row.number} of unit {key}")["cells"]
            cut.append(
                OpenAttempt(
                    run=member.run, unit=key, number=row.number, cells=cells, bound=row.bound
                )
            )


def _attempts(connection: sa.Connection, run_id: int) -> Sequence[Any]:
    """Return the attempts of a run; those that were done come in the order of their ends."""
    c = t.attempt.c
    order = sa.func.coalesce(c.done_ordinal, c.ordinal)
    select = sa.select(t.attempt).where(c.run_id == run_id).order_by(order)
    return connection.execute(select).all()
