"""``labcim datasheet``: what a characterised chip is, from the record."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .options import DEFAULT_RECORD, RecordUrl, RunName

if TYPE_CHECKING:
    from labcim.app.datasheet import Datasheet


def add_commands(app: typer.Typer) -> None:
    """Add this room's commands."""
    app.command("datasheet")(show_datasheet)


def show_datasheet(
    run: RunName = "last",
    record: RecordUrl = DEFAULT_RECORD,
    html: Annotated[Path | None, typer.Option("--html", help="Write a page to this file.")] = None,
    as_json: Annotated[
        Path | None, typer.Option("--json", help="Write JSON to this file; - is the screen.")
    ] = None,
) -> None:
    """Show the datasheet of a characterise run: quantities, intervals, and what was left out."""
    from labcim.app.datasheet import datasheet

    sheet = datasheet(record, run, pictures=html is not None)
    if html is not None:
        _write(html, sheet.html())
    if as_json is not None:
        text = json.dumps(sheet.as_dict(), indent=1)
        typer.echo(text) if str(as_json) == "-" else _write(as_json, text)
    if html is None and as_json is None:
        _print(sheet)


def _write(path: Path, text: str) -> None:
    from labcim.errors import RecordError

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as trouble:
        raise RecordError(f"datasheet {path} cannot be written: {trouble}") from trouble
    typer.echo(f"datasheet {path}")


def _print(sheet: "Datasheet") -> None:
    from rich.console import Console
    from rich.table import Table

    rows, columns = sheet.shape
    typer.echo(
        f"{sheet.chip} ({sheet.mode}), {rows} x {columns}, on {sheet.bench}\n"
        f"run {', gone on with in '.join(sheet.runs)}: {sheet.state}"
    )
    for stage in sheet.stages:
        if not stage.done:
            typer.echo(f"{stage.name}: left out: {stage.said}")
            continue
        table = Table(title=f"{stage.name}, {stage.cells} cells", title_justify="left")
        for name in ("quantity", "value", "95 % interval"):
            table.add_column(name, overflow="fold")
        for entry in sheet.entries:
            if entry.stage == stage.name:
                table.add_row(*entry.shown())
        Console().print(table)
