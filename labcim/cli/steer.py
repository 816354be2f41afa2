"""``labcim watch | pause | continue | stop | abort | estop | end``: a run from outside."""

import json
import sys
from typing import Annotated

import typer

from .options import AsJson

Where = Annotated[
    str | None,
    typer.Argument(help="A bench file or a bench's name; needless while one host runs."),
]
Reason = Annotated[str, typer.Option("--reason", help="Why; it goes on record.")]


def add_commands(app: typer.Typer) -> None:
    """Add this room's commands."""
    app.command("watch")(watch)
    app.command("status")(status)
    app.command("pause")(pause)
    app.command("continue")(go_on)
    app.command("stop")(stop)
    app.command("abort")(abort)
    app.command("estop")(estop)
    app.command("end")(end)


def pause(where: Where = None, reason: Reason = "") -> None:
    """Let the run wait at its next step; outputs stay as they are."""
    _request("pause", where, reason)


def go_on(where: Where = None) -> None:
    """Let a paused run go on."""
    _request("continue", where, "")


def stop(where: Where = None, reason: Reason = "") -> None:
    """End the run after the present unit of work; it can be resumed."""
    _request("stop", where, reason)


def abort(where: Where = None, reason: Reason = "") -> None:
    """End the run now, safely: outputs off, read back."""
    _request("abort", where, reason)


def estop(
    where: Where = None,
    reason: Reason = "",
    release: Annotated[
        bool, typer.Option("--release", help="Let stimulus pass again after an emergency stop.")
    ] = False,
) -> None:
    """Turn all outputs off now and keep them off until released; works when idle too."""
    _request("release" if release else "estop", where, reason)


def end(where: Where = None) -> None:
    """Let a ``labcim host`` finish its run, then let the bench go, outputs off."""
    _request("end", where, "")


def status(where: Where = None, as_json: AsJson = False) -> None:
    """Say what the host of a bench is doing; all hosts, if none is named."""
    from labcim.control import ControlClient, find_hosts

    wanted = [ControlClient(where)] if where else [ControlClient(card) for card in find_hosts()]
    told = [client.request("status") for client in wanted]
    if as_json:
        typer.echo(json.dumps(told))
        return
    for one in told:
        doing = f" {one['protocol']} {100 * one['fraction']:.0f} %" if "run" in one else ""
        typer.echo(f"{one['bench']} ({one['mode']}): {one['state']}{doing}, process {one['pid']}")
    if not told:
        typer.echo("no host is running")


def watch(where: Where = None, as_json: AsJson = False) -> None:
    """Show the documents of the present run as they come, until it ends."""
    from labcim.control import ControlClient
    from labcim.documents import RunStop

    from .document_lines import json_line, line_of

    for document in ControlClient(where).watch():
        line = json_line(document) if as_json else line_of(document)
        if line:
            print(line, flush=True)
        if isinstance(document, RunStop):
            return


def _request(verb: str, where: str | None, reason: str) -> None:
    from labcim.control import ControlClient

    answer = ControlClient(where).request(verb, reason=reason or f"labcim {verb}")
    if "report" in answer:
        typer.echo(answer["report"], file=sys.stdout if answer.get("safe") else sys.stderr)
    else:
        typer.echo(f"{verb}: taken")
