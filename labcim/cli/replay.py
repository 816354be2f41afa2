"""``labcim replay``: a run on record once more, in the dashboard, the report or the terminal."""

import json
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from .exit_codes import ExitCode
from .options import DEFAULT_RECORD, AsJson, RecordUrl, RunName
from .run import ReportPath

if TYPE_CHECKING:
    from labcim.documents import Document, Sink

    from .progress import ProgressBar


def add_commands(app: typer.Typer) -> None:
    """Add this room's commands."""
    app.command("replay")(replay)


def replay(
    run: RunName = "last",
    record: RecordUrl = DEFAULT_RECORD,
    speed: Annotated[
        float | None,
        typer.Option(
            help="0.1 to 100, or inf. In the terminal each document is told when it is due."
        ),
    ] = None,
    report: ReportPath = None,
    no_window: Annotated[
        bool, typer.Option("--no-window", help="Stay in the terminal; so does --report.")
    ] = False,
    as_json: AsJson = False,
) -> int:
    """Replay a run from its record: same documents, same window, same report as live.

    In the terminal it says at the end whether they have the hash that the end of the run states;
    if not, the exit code is 4.
    """
    if speed is not None:
        from labcim.gui.replay.playhead import checked_speed

        checked_speed(speed)
    if not (no_window or report or as_json):
        from .gui import open_window

        return open_window(record=record, replay=run, speed=1.0 if speed is None else speed)
    from labcim.app.replay import Pacer
    from labcim.app.replay import replay as play
    from labcim.app.report import Report

    from .progress import ProgressBar

    page = Report()
    with ProgressBar(f"replay {run}", as_json or speed is not None) as progress:
        sinks: list[Sink] = [page] if report else []
        if speed is None:
            sinks.append(_Progress(progress))
        else:
            sinks += [Pacer(speed), _json_teller if as_json else _teller]
        replayed = play(record, run, sinks)
    if report is not None:
        page.write(report)
    if as_json:
        typer.echo(json.dumps(replayed.as_dict() | {"report": str(report) if report else None}))
    elif not replayed.damaged:
        typer.echo(str(replayed))
    if report is not None and not as_json:
        typer.echo(f"report {report}")
    if replayed.damaged:
        print(f"labcim: {replayed}", file=sys.stderr)
        return ExitCode.RECORD
    return ExitCode.DONE


def _teller(document: "Document") -> None:
    """Print a document as ``labcim watch`` does."""
    from .document_lines import line_of

    if line := line_of(document):
        print(line, flush=True)


def _json_teller(document: "Document") -> None:
    from .document_lines import json_line

    print(json_line(document), flush=True)


class _Progress:
    """Shows how many of the units of a run have passed."""

    def __init__(self, progress: "ProgressBar") -> None:
        self._progress = progress
        self._units = self._done = 0

    def __call__(self, document: "Document") -> None:
        from labcim.documents import RunStart, UnitDone

        if isinstance(document, RunStart):
            self._units = len(document.units)
        elif isinstance(document, UnitDone):
            self._done += 1
            self._progress(document.unit, self._done / max(self._units, 1), "")
