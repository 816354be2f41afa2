"""``labcim watch | pause | continue | stop | abort | estop``: a run from outside."""

import json
import sys
from collections.abc import Mapping
from typing import Annotated, Any

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

    for document in ControlClient(where).watch():
        line = _json_line(document) if as_json else _line(document)
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


def _line(document: Any) -> str:
    from labcim import documents as said

    match document:
        case said.RunStart():
            return f"run {document.run}: {document.protocol} on {document.chip}"
        case said.Attempt():
            return f"unit {document.unit}, attempt {document.number}, {len(document.cells)} cells"
        case said.Pulses():
            return f"unit {document.unit}: {len(document.train)} cells pulsed"
        case said.Readings():
            rows = len(next(iter(document.columns.values()), ()))
            return f"unit {document.unit}: {rows} rows"
        case said.Event():
            return f"{document.level}: {document.message}"
        case said.Result():
            verdict = "" if document.outcome == "NONE" else f" {document.outcome}"
            return f"{document.name}: {document.value:.6g} {document.unit}{verdict}"
        case said.UnitDone():
            return f"unit {document.unit} is done"
        case said.RunStop():
            return f"{document.state}: {document.reason}"
        case _:
            return ""


def _json_line(document: Any) -> str:
    from dataclasses import fields

    values = {item.name: getattr(document, item.name) for item in fields(document)}
    kind = type(document).__name__
    return json.dumps({"kind": kind, **values}, default=_listed)


def _listed(value: Any) -> Any:
    """Return arrays as lists; a packed train becomes one list for each of its fields."""
    import numpy as np

    if isinstance(value, np.ndarray) and value.dtype.names:
        return {name: value[name].tolist() for name in value.dtype.names}
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    if isinstance(value, Mapping):
        return dict(value)
    return {name: getattr(value, name) for name in value.__dataclass_fields__}
