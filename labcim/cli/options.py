"""Arguments and options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

BenchPath = Annotated[
    Path, typer.Option("--bench", "-b", help="The bench file (TOML).", envvar="LABCIM_BENCH")
]
RecordUrl = Annotated[
    str,
    typer.Option("--record", "-r", help="The record: a file or a URL.", envvar="LABCIM_RECORD"),
]
TrafficPath = Annotated[
    Path | None,
    typer.Option("--traffic", help="Keep all that is said to the instruments in this new file."),
]
RunName = Annotated[str, typer.Argument(help="A run: its id, the start of one, or 'last'.")]
AsJson = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]
Plugins = Annotated[
    Path | None, typer.Option("--plugins", help="A folder with protocols of your own.")
]

DEFAULT_RECORD = "labcim.sqlite"
