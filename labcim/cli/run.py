"""``labcim run`` and ``labcim resume``."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from labcim.errors import BenchHeldError

from .hand_over import hand_over
from .options import DEFAULT_RECORD, AsJson, BenchPath, Plugins, RecordUrl, TrafficPath

if TYPE_CHECKING:
    from labcim.app.bench import Bench
    from labcim.app.record import RunView

ReportPath = Annotated[
    Path | None, typer.Option("--report", help="Write the report (HTML) to this file.")
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")]


def add_commands(app: typer.Typer) -> None:
    """Add this room's commands."""
    app.command("run")(run)
    app.command("resume")(resume)


def run(
    recipe: Annotated[Path, typer.Argument(help="The recipe (TOML).")],
    bench: BenchPath,
    record: RecordUrl = DEFAULT_RECORD,
    report: ReportPath = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be done; touch nothing.")
    ] = False,
    change: Annotated[
        list[str] | None, typer.Option("--set", help="Change a value: NAME=VALUE.")
    ] = None,
    skip_contact_check: Annotated[
        bool, typer.Option("--skip-contact-check", help="Trust the wiring of the bench file.")
    ] = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
    plugins: Plugins = None,
    traffic: TrafficPath = None,
) -> int:
    """Run a recipe on a bench, keep everything on record, and leave the outputs off."""
    from labcim.app.recipes import load_recipe
    from labcim.plugins import add_plugins

    if plugins is not None:
        add_plugins(plugins)
    wanted = load_recipe(recipe, **_changes(change or []))
    if dry_run:
        from .dry_run import tell

        return tell(wanted, bench, as_json)
    try:
        return _with_bench(
            bench,
            record,
            f"{wanted.protocol}",
            quiet or as_json,
            report,
            as_json,
            traffic,
            lambda held, progress: held.run(
                wanted,
                report=report,
                on_progress=progress,
                check_contacts=not skip_contact_check,
            ),
        )
    except BenchHeldError as trouble:
        return hand_over(bench, trouble, report, "run", recipe=wanted.to_toml())


def resume(
    run: Annotated[str, typer.Argument(help="A run: its id, the start of one, or 'last'.")],
    bench: BenchPath,
    record: RecordUrl = DEFAULT_RECORD,
    report: ReportPath = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
    plugins: Plugins = None,
    traffic: TrafficPath = None,
) -> int:
    """Go on with a run that did not complete; no unit is done twice."""
    from labcim.plugins import add_plugins

    if plugins is not None:
        add_plugins(plugins)
    try:
        return _with_bench(
            bench,
            record,
            f"resume {run}",
            quiet or as_json,
            report,
            as_json,
            traffic,
            lambda held, progress: held.resume(run, report=report, on_progress=progress),
        )
    except BenchHeldError as trouble:
        return hand_over(bench, trouble, report, "resume", run=run)


def _with_bench(
    path: Path,
    record: str,
    title: str,
    quiet: bool,
    report: Path | None,
    as_json: bool,
    traffic: Path | None,
    work: "Callable[[Bench, Callable[[str, float, str], None]], RunView]",
) -> int:
    from labcim.app.bench import open_bench

    from .progress import ProgressBar
    from .summary import exit_code, tell

    began = time.monotonic()
    with (
        open_bench(path, record=record, traffic=traffic) as held,
        ProgressBar(title, quiet) as progress,
    ):
        view = work(held, progress)
    took = time.monotonic() - began
    if as_json:
        typer.echo(json.dumps(view.as_dict() | {"report": str(report) if report else None}))
    else:
        tell(view, took, record, report)
    return exit_code(view)


def _changes(words: list[str]) -> dict[str, object]:
    """Return NAME=VALUE words as values; numbers, booleans and lists as TOML writes them."""
    import tomllib

    from labcim.errors import RecipeError

    changes: dict[str, object] = {}
    for word in words:
        name, equals, text = word.partition("=")
        if not equals:
            raise RecipeError(f"--set {word}: write NAME=VALUE")
        try:
            changes[name.strip()] = tomllib.loads(f"value = {text}")["value"]
        except tomllib.TOMLDecodeError:
            changes[name.strip()] = text  # a bare word or quantity, such as 200 mV
    return changes
