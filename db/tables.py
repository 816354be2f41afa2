"""The schema: a normalised spine, packed leaves. Base SI in every real column.

Natural keys throughout: a document is (run_id, ordinal), so a row can be made before it is stored
and a batch of them goes in with one statement. JSON is kept as text, since it may hold NaN.
"""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.schema import SchemaItem

SCHEMA = "0001"
"""Newest revision in ``migrations/versions``."""

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _table(name: str, *parts: SchemaItem, **more: Any) -> sa.Table:
    return sa.Table(name, metadata, *parts, **more)


def _id() -> sa.Column[int]:
    return sa.Column("id", sa.Integer, primary_key=True)


def _to(name: str, target: str, *, key: bool = False, null: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, sa.ForeignKey(target), primary_key=key, nullable=null)


def _count(name: str, *, key: bool = False, null: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, primary_key=key, nullable=null, autoincrement=False)


def _real(name: str, *, null: bool = True) -> sa.Column[float]:
    return sa.Column(name, sa.Double, nullable=null)


def _text(name: str, *, null: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=null)


def _blob(name: str, *, null: bool = False) -> sa.Column[bytes]:
    return sa.Column(name, sa.LargeBinary, nullable=null)


def _said(run_null: bool = False) -> list[sa.Column[Any]]:
    """Columns of every document: whose, which, bench time (s) and wall time (Unix s, UTC)."""
    return [
        _to("run_id", "run.id", key=not run_null, null=run_null),
        _count("ordinal", key=not run_null),
        _real("bench_time"),
        _real("wall_time"),
    ]


# The spine: where a cell comes from. Lot, wafer and die may be unknown.
lot = _table("lot", _id(), _text("name"), sa.UniqueConstraint("name"))
wafer = _table(
    "wafer", _id(), _to("lot_id", "lot.id"), _text("name"), sa.UniqueConstraint("lot_id", "name")
)
die = _table(
    "die", _id(), _to("wafer_id", "wafer.id"), _count("x"), _count("y"),
    sa.UniqueConstraint("wafer_id", "x", "y"),
)  # fmt: skip
array = _table(
    "array", _id(), _to("die_id", "die.id", null=True), _text("chip"),
    _count("rows"), _count("columns"), sa.UniqueConstraint("chip", "rows", "columns"),
)  # fmt: skip
# Only cells of which a result speaks stand here; all of them follow from the array's shape.
cell = _table(
    "cell", _to("array_id", "array.id", key=True), _count("number", key=True),
    _count("row"), _count("column"),
)  # fmt: skip
ledger = _table(
    "cell_ledger", _to("array_id", "array.id", key=True), _count("block", key=True),
    _count("crc32"), _blob("data"),
)  # fmt: skip

# Who, where and with what.
station = _table("station", _id(), _text("name"), sa.UniqueConstraint("name"))
operator = _table("operator", _id(), _text("name"), sa.UniqueConstraint("name"))
instrument = _table(
    "instrument", _id(), _text("identity"), _text("maker"), _text("model"), _text("serial"),
    _text("firmware"), _text("calibration_due", null=True), sa.UniqueConstraint("identity"),
)  # fmt: skip

run = _table(
    "run", _id(), _text("uuid"), _text("protocol"), _text("recipe"), _text("recipe_hash"),
    _to("array_id", "array.id"), _to("station_id", "station.id"), _to("operator_id", "operator.id"),
    _text("bench"), _text("mode"), _text("versions"), _text("resumes"), _count("version"),
    _text("state"), _text("outcome"), _text("reason"), _text("holder"), _real("heartbeat"),
    _real("start_bench_time"), _real("start_wall_time"),
    _count("stop_ordinal", null=True), _real("stop_bench_time"), _real("stop_wall_time"),
    _text("hash"), _count("units_done"), _count("pulses"), _count("readings"), _count("counted"),
    sa.Column("safe", sa.Boolean, nullable=True), _real("modelled_time"),
    sa.UniqueConstraint("uuid"), sa.Index("ix_run_state", "state"),
)  # fmt: skip
run_instrument = _table(
    "run_instrument", _to("run_id", "run.id", key=True), _count("position", key=True),
    _text("role"), _to("instrument_id", "instrument.id"),
)  # fmt: skip
unit = _table(
    "unit", _to("run_id", "run.id", key=True), _count("position", key=True), _text("key"),
    sa.Column("listed", sa.Boolean, nullable=False), sa.UniqueConstraint("run_id", "key"),
)  # fmt: skip

# Leaves: one row a document.
setup = _table("setup", *_said(), _text("settings"), _text("plots"))
channel = _table(
    "channel", _to("run_id", "run.id", key=True), _count("setup", key=True),
    _count("position", key=True), _text("name"), _text("dtype"), _text("unit"), _text("doc"),
    _text("shape"),
)  # fmt: skip
attempt = _table(
    "attempt", *_said(), _count("unit"), _count("number"), _count("bound"), _text("state"),
    _text("cells_layout"), _count("cells_crc32"), _blob("cells"),
    _count("done_ordinal", null=True), _real("done_bench_time"), _real("done_wall_time"),
    _text("carry_layout", null=True), _count("carry_crc32", null=True), _blob("carry", null=True),
    sa.ForeignKeyConstraint(["run_id", "unit"], ["unit.run_id", "unit.position"]),
    sa.UniqueConstraint("run_id", "unit", "number"),
)  # fmt: skip
layout = _table("layout", _to("run_id", "run.id", key=True), _count("number", key=True),
                _text("columns"))  # fmt: skip
batch = _table(
    "batch", *_said(), _count("unit"), _count("attempt"), _count("rows"), _count("layout"),
    _count("crc32"), _blob("data"),
    sa.ForeignKeyConstraint(["run_id", "unit"], ["unit.run_id", "unit.position"]),
    sa.ForeignKeyConstraint(["run_id", "layout"], ["layout.run_id", "layout.number"]),
)  # fmt: skip
REAL_CHANNELS = ("time", "voltage", "current", "conductance", "corrected", "target")
WHOLE_CHANNELS = ("cell", "pulses", "flags")
reading = _table(
    "reading", _to("run_id", "run.id", key=True), _count("batch", key=True),
    _count("row", key=True), *(_count(name, null=True) for name in WHOLE_CHANNELS),
    *(_real(name) for name in REAL_CHANNELS),
    sqlite_with_rowid=False,
)  # fmt: skip
train = _table(
    "train", *_said(), _count("unit"), _count("attempt"), _count("rows"),
    _count("pulses"), _count("sets"), _count("resets"), _real("first_time"), _real("last_time"),
    _real("max_amplitude"), _text("codec"), _count("crc32"), _blob("data"),
    sa.ForeignKeyConstraint(["run_id", "unit"], ["unit.run_id", "unit.position"]),
)  # fmt: skip
result = _table(
    "result", *_said(), _text("name"), _real("value"), _text("unit"), _real("low"), _real("high"),
    _real("lower_limit"), _real("upper_limit"), _text("outcome"), _count("cell"), _text("exact"),
    sa.Index("ix_result_name", "name"),
)  # fmt: skip
event = _table(
    "event", _id(), *_said(run_null=True), _text("kind"), _text("message"), _text("level"),
    _text("data"), sa.UniqueConstraint("run_id", "ordinal"),
)  # fmt: skip
note = _table("note", *_said(), _text("text"), _text("author"))
traffic = _table(
    "traffic", _id(), _to("run_id", "run.id", null=True), _real("wall_time"), _text("role"),
    _text("direction"), _blob("data"), sa.Index("ix_traffic_run_id", "run_id"),
)  # fmt: skip
