"""``labcim gui``: the dashboard."""

from pathlib import Path
from typing import Annotated

import typer

from .options import DEFAULT_RECORD, Plugins, RecordUrl


def add_commands(app: typer.Typer) -> None:
    """Add this room's commands."""
    app.command("gui")(gui)


def gui(
    bench: Annotated[
        Path | None,
        typer.Argument(help="A bench file; without one, the running host or a simulated bench."),
    ] = None,
    record: RecordUrl = DEFAULT_RECORD,
    plugins: Plugins = None,
) -> int:
    """Open the dashboard: see the crossbar, start a protocol, watch it, stop it.

    It joins the host that holds the bench, or starts one that outlives the window.
    """
    return open_window(bench, record=record, plugins=plugins)


def open_window(
    bench: Path | None = None,
    *,
    record: str = DEFAULT_RECORD,
    plugins: Path | None = None,
    replay: str = "",
    speed: float = 1.0,
) -> int:
    """Show the dashboard until it is closed; ``replay``: a run on record to show instead."""
    from labcim.app.dashboard import open_dashboard
    from labcim.plugins import add_plugins

    if plugins is not None:
        add_plugins(plugins)
    return open_dashboard(bench, record, plugins=plugins, replay=replay, speed=speed)
