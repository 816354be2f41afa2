"""How a run begins, goes on, ends or is found dead, in the table of runs."""

import math
import time
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from labcim.documents import Outcome, RunStart, RunStop
from labcim.errors import RecordError

from . import holder, ledger, spine
from . import tables as t
from .rows import safe_text, to_json

LayoutKey = tuple[tuple[str, str, tuple[int, ...]], ...]
DIED = "the process that ran it ended without a word"


@dataclass(slots=True)
class OpenRun:
    """What the store must remember of a run while it goes on."""

    id: int
    array_id: int
    size: int
    columns: int
    ordinal: int = 0
    """Of the last document that was kept; RunStart has 0, and none is left out."""
    units: dict[str, int] = field(default_factory=dict)
    layouts: dict[LayoutKey, int] = field(default_factory=dict)
    attempts: set[tuple[int, int]] = field(default_factory=set)
    cells: set[int] = field(default_factory=set)
    outcomes: set[Outcome] = field(default_factory=set)
    units_done: int = 0
    pulses: int = 0
    readings: int = 0
    behind: int = 0
    """How far the ledger is behind: see ledger.MOST_BEHIND."""

    @property
    def next(self) -> int:
        """Return the ordinal of the next document: how many were kept before it."""
        return self.ordinal + 1


def start(connection: sa.Connection, said: RunStart) -> OpenRun:
    """Write down a run that begins. Raises RecordError where its uuid is on record already."""
    array_id = spine.array_of(connection, said.chip, said.rows, said.columns)
    values = {
        "uuid": said.run, "protocol": said.protocol, "recipe": said.recipe,
        "recipe_hash": said.recipe_hash, "array_id": array_id,
        "station_id": spine.find_or_add(connection, t.station, name=said.station),
        "operator_id": spine.find_or_add(connection, t.operator, name=said.operator),
        "bench": said.bench, "mode": said.mode, "versions": to_json(said.versions),
        "resumes": said.resumes, "version": said.version, "state": "running", "outcome": "NONE",
        "reason": "", "holder": holder.identity(), "heartbeat": time.time(),
        "start_bench_time": said.bench_time, "start_wall_time": said.wall_time, "hash": "",
        "units_done": 0, "pulses": 0, "readings": 0, "counted": 0,
    }  # fmt: skip
    try:
        run_id = spine.add(connection, t.run, values)
    except IntegrityError as trouble:
        raise RecordError(f"run {said.run:.40} is on record already") from trouble
    spine.link_instruments(connection, run_id, said)
    units = {key: position for position, key in enumerate(said.units)}
    if len(units) != len(said.units):
        raise RecordError(f"run {said.run:.40} lists a unit of work twice")
    if units:
        connection.execute(
            sa.insert(t.unit),
            [
                {"run_id": run_id, "position": position, "key": key, "listed": True}
                for key, position in units.items()
            ],
        )
    cells = spine.known_cells(connection, array_id)
    return OpenRun(
        run_id, array_id, said.rows * said.columns, said.columns, units=units, cells=cells
    )


def find(connection: sa.Connection, uuid: str) -> OpenRun:
    """Return a run of the past, so that notes and events can be added. Raises RecordError."""
    select = sa.select(t.run.c.id, t.array.c.id, t.array.c.rows, t.array.c.columns).where(
        t.run.c.uuid == uuid, t.array.c.id == t.run.c.array_id
    )
    found = connection.execute(select).first()
    if found is None:
        raise RecordError(f"run {uuid:.40} is not on record")
    run_id, array_id, rows, columns = found
    return OpenRun(run_id, array_id, rows * columns, columns, _last_ordinal(connection, run_id))


def _last_ordinal(connection: sa.Connection, run_id: int) -> int:
    columns = [table.c.ordinal for table in (t.setup, t.attempt, t.batch, t.train)]
    columns += [table.c.ordinal for table in (t.result, t.event, t.note)]
    columns += [t.attempt.c.done_ordinal]
    selects = [sa.select(sa.func.max(c)).where(c.table.c.run_id == run_id) for c in columns]
    selects.append(sa.select(t.run.c.stop_ordinal).where(t.run.c.id == run_id))
    return max(connection.execute(select).scalar() or 0 for select in selects)


def write_progress(connection: sa.Connection, run: OpenRun) -> None:
    """Bring counts and heartbeat up to date, and the ledger once it is far behind."""
    if run.behind >= ledger.MOST_BEHIND:
        ledger.catch_up(connection, run.id)
        run.behind = 0
    values = {
        "units_done": run.units_done, "pulses": run.pulses, "readings": run.readings,
        "heartbeat": time.time(),
    }  # fmt: skip
    connection.execute(sa.update(t.run).where(t.run.c.id == run.id).values(values))


def write_heartbeats(connection: sa.Connection, runs: list[OpenRun]) -> None:
    """Say that runs are alive."""
    mine = t.run.c.id.in_([run.id for run in runs])
    connection.execute(sa.update(t.run).where(mine).values(heartbeat=time.time()))


def stop(connection: sa.Connection, run: OpenRun, said: RunStop) -> None:
    """Write down how a run ended. What was open then stays an attempt of unknown extent."""
    modelled = None if math.isnan(said.modelled_time) else said.modelled_time
    values = {
        "state": said.state, "outcome": outcome(said.state, run.outcomes),
        "reason": safe_text(said.reason), "hash": said.hash, "units_done": said.units_done,
        "pulses": said.pulses, "readings": said.readings, "safe": bool(said.safe),
        "modelled_time": modelled, "stop_ordinal": run.next,
        "stop_bench_time": said.bench_time, "stop_wall_time": said.wall_time,
        "heartbeat": time.time(),
    }  # fmt: skip
    connection.execute(sa.update(t.run).where(t.run.c.id == run.id).values(values))
    _leave_attempts(connection, run.id)
    ledger.catch_up(connection, run.id)


def outcome(state: str, results: set[Outcome]) -> Outcome:
    """Return the outcome of a run in the words of production test."""
    if state in ("aborted", "interrupted"):
        return "ABORTED"
    if state == "failed":
        return "ERROR"
    for worst in ("ERROR", "FAIL", "PASS"):
        if worst in results:
            return worst
    return "NONE"


def interrupt(connection: sa.Connection, run_id: int, reason: str) -> None:
    """Mark a run that has no RunStop and will get none."""
    values = {"state": "interrupted", "outcome": "ABORTED", "reason": reason}
    connection.execute(sa.update(t.run).where(t.run.c.id == run_id).values(values))
    _leave_attempts(connection, run_id)
    ledger.catch_up(connection, run_id)


def mark_dead(connection: sa.Connection) -> int:
    """Mark runs whose process is dead as interrupted; return how many there were."""
    dead = dead_runs(connection)
    for run_id in dead:
        interrupt(connection, run_id, DIED)
    return len(dead)


def dead_runs(connection: sa.Connection) -> list[int]:
    """Return the ids of runs that do not run, whatever their rows say: their process is gone."""
    select = sa.select(t.run.c.id, t.run.c.holder, t.run.c.heartbeat)
    running = connection.execute(select.where(t.run.c.state == "running")).all()
    return [run_id for run_id, who, beat in running if not holder.is_alive(who, beat or 0.0)]


def _leave_attempts(connection: sa.Connection, run_id: int) -> None:
    c = t.attempt.c
    still_open = sa.and_(c.run_id == run_id, c.state == "open")
    connection.execute(sa.update(t.attempt).where(still_open).values(state="indeterminate"))
