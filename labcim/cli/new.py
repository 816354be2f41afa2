"""``labcim new`` and ``labcim explain``: files to start from, and what a protocol takes."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from .options import AsJson, Plugins

new = typer.Typer(help="Write a bench, recipe or protocol to start from.", no_args_is_help=True)

Target = Annotated[Path, typer.Argument(help="The file to write.")]
Force = Annotated[bool, typer.Option("--force", help="Overwrite the file.")]


def add_commands(app: typer.Typer) -> None:
    """Add this room's commands."""
    app.add_typer(new, name="new")
    app.command("explain")(explain)


@new.command("recipe")
def new_recipe(
    protocol: Annotated[str, typer.Argument(help="The protocol's name.")],
    target: Target,
    force: Force = False,
) -> None:
    """Write a recipe with every value at its default, and what each means."""
    from labcim.app.describe import recipe_template
    from labcim.plugins import protocol as find

    _write(target, recipe_template(find(protocol)), force)


@new.command("bench")
def new_bench(
    target: Target,
    chip: Annotated[
        Path | None, typer.Option(help="A simulated chip; without it, a bench on hardware.")
    ] = None,
    force: Force = False,
) -> None:
    """Write a bench file: for a simulated chip, or for hardware to be filled in."""
    from labcim.app.describe import bench_template, simulated_bench_template

    text = simulated_bench_template(chip, target) if chip else bench_template()
    _write(target, text, force)


@new.command("protocol")
def new_protocol(
    name: Annotated[str, typer.Argument(help="Its name, in_snake_case.")],
    target: Target,
    force: Force = False,
) -> None:
    """Write a small protocol that runs; use it with --plugins FOLDER."""
    from labcim.app.describe import protocol_template

    _write(target, protocol_template(name), force)


def explain(
    protocol: Annotated[str | None, typer.Argument(help="A protocol; all, if none.")] = None,
    as_json: AsJson = False,
    plugins: Plugins = None,
) -> None:
    """Say what a protocol does and every value that its recipe takes."""
    from labcim import plugins as known
    from labcim.app.describe import field_rows

    if plugins is not None:
        known.add_plugins(plugins)
    if protocol is None:
        _list_protocols(as_json)
        return
    spec = known.protocol(protocol)
    rows = field_rows(spec.recipe)
    if as_json:
        told: dict[str, Any] = {"protocol": spec.name, "doc": spec.doc, "fields": rows}
        typer.echo(json.dumps(told, default=str))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(title=f"{spec.name}: {spec.doc.splitlines()[0]}", title_justify="left")
    for name in ("value", "default", "accepts", "what it is"):
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(row["name"], row["default"], row["accepts"], row["doc"])
    Console().print(table)


def _list_protocols(as_json: bool) -> None:
    from labcim import plugins as known

    docs = {name: known.protocol(name).doc.splitlines()[0] for name in known.protocol_names()}
    if as_json:
        typer.echo(json.dumps(docs))
        return
    for name, doc in docs.items():
        typer.echo(f"{name:20}{doc}")


def _write(target: Path, text: str, force: bool) -> None:
    from labcim.errors import RecipeError

    if target.exists() and not force:
        raise RecipeError(f"{target} exists already; --force overwrites it")
    try:
        target.write_text(text, encoding="utf-8")
    except OSError as trouble:
        raise RecipeError(f"{target} cannot be written: {trouble}") from trouble
    typer.echo(f"wrote {target}")
