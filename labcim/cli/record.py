"""``labcim list``, ``show``, ``export`` and ``report``: what is on record."""

import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

import typer

from .options import DEFAULT_RECORD, AsJson, RecordUrl, RunName


def add_commands(app: typer.Typer) -> None:
    """Add this room's commands."""
    app.command("list")(list_runs)
    app.command("show")(show_run)
    app.command("export")(export)
    app.command("report")(report)


def list_runs(
    record: RecordUrl = DEFAULT_RECORD,
    limit: Annotated[int, typer.Option(help="At most this many, newest first.")] = 20,
    as_json: AsJson = False,
) -> None:
    """List the runs on record."""
    from labcim.app.record import open_record

    with open_record(record) as kept:
        runs = kept.runs(limit=limit)
    if as_json:
        typer.echo(json.dumps([asdict(run) for run in runs]))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table()
    for name in ("run", "started (UTC)", "protocol", "chip", "mode", "state", "units", "pulses"):
        table.add_column(name, overflow="fold")
    for run in runs:
        table.add_row(
            run.run[:8],
            _utc(run.started),
            run.protocol,
            run.chip,
            run.mode,
            run.state,
            f"{run.units_done}/{run.units}",
            f"{run.pulses:,}",
        )
    Console().print(table)


def show_run(
    run: RunName = "last", record: RecordUrl = DEFAULT_RECORD, as_json: AsJson = False
) -> None:
    """Show one run: how it ended, its results, its recipe."""
    from labcim.app.record import open_record

    with open_record(record) as kept:
        detail = kept.run(run)
        events = kept.events(run)
    summary = detail.summary
    if as_json:
        told = asdict(detail) | {"events": json.loads(events.to_json(orient="records"))}
        typer.echo(json.dumps(told, default=str))
        return
    from rich.console import Console
    from rich.table import Table

    from labcim.result_text import result_row

    typer.echo(
        f"run {summary.run}\n{summary.protocol} on {summary.chip} ({summary.mode}), "
        f"{_utc(summary.started)} UTC\n{summary.state}: {summary.reason}\n"
        f"{summary.units_done} of {summary.units} units, {summary.pulses:,} pulses, "
        f"{summary.readings:,} rows"
    )
    if detail.results:
        table = Table(title="results", title_justify="left")
        for name in ("quantity", "value", "95 % interval", "limits", "verdict"):
            table.add_column(name, overflow="fold")
        for result in detail.results[:40]:
            table.add_row(*result_row(result))
        Console().print(table)
    for level, kind, message in events[["level", "kind", "message"]].itertuples(index=False):
        typer.echo(f"{level}: {kind}: {message}")
    typer.echo(f"\n{detail.recipe}")


def export(
    run: RunName = "last",
    folder: Annotated[Path, typer.Option("--to", help="The folder to write to.")] = Path("."),
    form: Annotated[
        Literal["csv", "parquet"], typer.Option("--format", help="csv or parquet.")
    ] = "csv",
    record: RecordUrl = DEFAULT_RECORD,
    as_json: AsJson = False,
) -> None:
    """Write readings, pulses, results and events of a run as files."""
    from labcim.app.record import open_record

    with open_record(record) as kept:
        paths = kept.export(run, folder, form)
    if as_json:
        typer.echo(json.dumps([str(path) for path in paths]))
        return
    for path in paths:
        typer.echo(f"wrote {path}")


def report(
    run: RunName = "last",
    target: Annotated[Path, typer.Option("--to", help="The file to write.")] = Path("report.html"),
    record: RecordUrl = DEFAULT_RECORD,
) -> None:
    """Write the report of a run: one self-contained HTML page."""
    from labcim.app.record import write_report

    typer.echo(f"report {write_report(record, run, target)}")


def _utc(wall_time: float) -> str:
    return datetime.fromtimestamp(wall_time, UTC).strftime("%Y-%m-%d %H:%M:%S")
