"""``labcim cost``: what a run cost on the chip, with everything that was assumed."""

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from .options import DEFAULT_RECORD, AsJson, RecordUrl, RunName

if TYPE_CHECKING:
    from labcim.analysis.cost.bill import Bill

Assumed = Annotated[
    list[str] | None,
    typer.Option("--assume", help='Instead of an assumption: pitch="1 um"; more than one is fine.'),
]


def add_commands(app: typer.Typer) -> None:
    """Add this room's commands."""
    app.command("cost")(cost)


def cost(
    run: RunName = "last",
    record: RecordUrl = DEFAULT_RECORD,
    assume: Assumed = None,
    as_json: AsJson = False,
) -> None:
    """Tell energy, time and area of what a run did, and what was assumed."""
    from labcim.app.cost import assumptions, cost_of_run

    found = cost_of_run(record, run, assumptions(assume or []))
    if as_json:
        derived = {"energy": found.energy, "area_cells": found.area.cells}
        typer.echo(json.dumps(asdict(found) | derived))
    else:
        _tell(found)


def _tell(found: "Bill") -> None:
    from rich.console import Console
    from rich.table import Table

    from labcim.units import show

    table = Table()
    for name in ("work", "count", "energy", "time", "how"):
        table.add_column(name, overflow="fold")
    for item in found.items:
        time = "" if item.time is None else show(item.time, "s")
        table.add_row(item.what, f"{item.count:,.0f}", show(item.energy, "J"), time, item.how)
    Console().print(table)
    area, micro = found.area, 1e12
    typer.echo(f"energy {show(found.energy, 'J')}, bench time {show(found.bench_time, 's')}")
    typer.echo(
        f"area {area.cells * micro:.4g} µm² of cells, {area.select_lines} select lines; "
        f"{area.with_converters(found.converters) * micro:.4g} µm² with a converter for each column"
    )
    if found.macs:
        typer.echo(
            f"reference line: {found.macs:.4g} multiply-accumulates of 8 bits by a processor take "
            f"{show(found.digital, 'J')}"
        )
    typer.echo("not counted: " + "; ".join(found.not_counted))
    typer.echo("assumed:")
    for line in found.assumptions.told():
        typer.echo(f"  {line}")
