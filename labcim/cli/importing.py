"""``labcim import``: measurements from elsewhere, onto the record."""

import json
from pathlib import Path
from typing import Annotated

import typer

from .options import DEFAULT_RECORD, AsJson, RecordUrl


def add_commands(app: typer.Typer) -> None:
    """Add this room's commands."""
    formats = typer.Typer(help="Put measured files on record as runs.", no_args_is_help=True)
    formats.command("ni-rram")(ni_rram)
    app.add_typer(formats, name="import")


def ni_rram(
    files: Annotated[list[Path], typer.Argument(help="Files of the NI-RRAM project.")],
    record: RecordUrl = DEFAULT_RECORD,
    chip: Annotated[str, typer.Option(help="The chip that they are of.")] = "ni-rram",
    as_json: AsJson = False,
) -> None:
    """Import maps, cycles, read-voltage sweeps and read noise; what a file is shows in it."""
    from labcim.app.importing.imported_run import import_ni_rram
    from labcim.app.record import RunView

    told = []
    for path in files:
        view = RunView(record, import_ni_rram(path, record, chip=chip))
        told.append({"file": str(path), **view.as_dict()})
        if not as_json:
            typer.echo(f"{path.name}: {view.protocol}, {view.stop.readings:,} rows, run {view.run}")
    if as_json:
        typer.echo(json.dumps(told))
