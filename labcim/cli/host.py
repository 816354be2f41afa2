"""``labcim host``: hold a bench, and run what others hand in."""

import signal
from types import FrameType
from typing import TYPE_CHECKING

import typer

from .options import DEFAULT_RECORD, BenchPath, Plugins, RecordUrl

if TYPE_CHECKING:
    from labcim.app.record import RunView

_SIGNALS = ("Ctrl-C", "SIGTERM", "SIGHUP", "Ctrl-Break")


def add_commands(app: typer.Typer) -> None:
    """Add this room's commands."""
    app.command("host")(host)


def host(bench: BenchPath, record: RecordUrl = DEFAULT_RECORD, plugins: Plugins = None) -> None:
    """Hold a bench until Ctrl-C; ``labcim run`` on the same bench hands its run to this process.

    The bench can be watched, steered and stopped all the while, also when nothing runs.
    """
    from labcim.app.bench import open_bench
    from labcim.plugins import add_plugins

    if plugins is not None:
        add_plugins(plugins)
    with open_bench(bench, record=record) as held:

        def end(number: int, frame: FrameType | None) -> None:
            held.end_serving()

        def ended(view: "RunView") -> None:
            print(f"run {view.run}: {view.stop.state}", flush=True)
            if view.stop.reason in _SIGNALS:  # it was this process that was told to end
                held.end_serving()

        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, end)
        print(f"holding {bench}; Ctrl-C or labcim end lets it go", flush=True)
        held.serve(ended)
