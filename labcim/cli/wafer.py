"""``labcim wafer``: recipes over the dies of a wafer."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .exit_codes import ExitCode
from .options import DEFAULT_RECORD, AsJson, BenchPath, RecordUrl

if TYPE_CHECKING:
    from labcim.app.wafer import DieRecord
    from labcim.app.wafer_plan import WaferPlan

Out = Annotated[
    Path | None, typer.Option("--out", help="Write the wafer's map and a page for each die here.")
]


def add_commands(app: typer.Typer) -> None:
    """Add this room's commands."""
    app.command("wafer")(wafer)


def wafer(
    plan: Annotated[Path, typer.Argument(help="The wafer plan (TOML).")],
    bench: BenchPath,
    record: RecordUrl = DEFAULT_RECORD,
    out: Out = None,
    show: Annotated[
        bool, typer.Option("--show", help="Move nothing: tell what is on record.")
    ] = False,
    as_json: AsJson = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")] = False,
) -> int:
    """Do every recipe of a plan on every die that is not done yet; then tell how the dies are."""
    from labcim.app.wafer_page import dies_on_record, write_pages
    from labcim.app.wafer_plan import WaferPlan
    from labcim.bench_file import load_bench

    wanted = WaferPlan.load(plan)
    chip = load_bench(bench).chip.identity
    dies = dies_on_record(record, wanted, chip) if show else _done(bench, record, wanted, quiet)
    page = write_pages(record, wanted, chip, dies, out) if out else None
    if as_json:
        typer.echo(json.dumps([_as_dict(die) for die in dies]))
    else:
        _tell(dies, page)
    return (
        ExitCode.DONE
        if all(die.outcome in ("PASS", "NONE") for die in dies)
        else (ExitCode.VERDICT_FAIL)
    )


def _done(bench: Path, record: str, plan: "WaferPlan", quiet: bool) -> "list[DieRecord]":
    from labcim.app.bench import open_bench
    from labcim.app.wafer import WaferPass

    from .progress import ProgressBar

    with open_bench(bench, record=record) as held, ProgressBar("wafer", quiet) as progress:
        return WaferPass(held, plan, progress)()


def _as_dict(die: "DieRecord") -> dict[str, object]:
    return {
        "x": die.die[0],
        "y": die.die[1],
        "outcome": die.outcome,
        "touchdowns": die.touchdowns,
        "trouble": die.trouble,
        "runs": [None if run is None else run.run for run in die.runs],
    }


def _tell(dies: "list[DieRecord]", page: Path | None) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(title_justify="left")
    for name in ("die", "outcome", "touchdowns", "steps"):
        table.add_column(name, overflow="fold")
    for die in dies:
        steps = ", ".join("-" if run is None else run.outcome for run in die.runs)
        table.add_row(
            "({},{})".format(*die.die), die.outcome, str(die.touchdowns), die.trouble or steps
        )
    Console().print(table)
    passed = sum(die.outcome == "PASS" for die in dies)
    print(f"{passed} of {len(dies)} dies pass")
    if page is not None:
        print(f"pages {page}")
