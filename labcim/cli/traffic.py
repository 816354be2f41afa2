"""``labcim traffic``: look at recorded conversations, compare two, make a test of one."""

import json
from pathlib import Path
from typing import Annotated

import typer

from .exit_codes import ExitCode
from .options import AsJson

Recording = Annotated[Path, typer.Argument(help="A recording (made with --traffic).")]
Address = Annotated[
    str, typer.Option("--address", "-a", help="One instrument, by address or by role.")
]


def add_commands(app: typer.Typer) -> None:
    """Add this room's commands."""
    room = typer.Typer(
        help="Recorded conversations with instruments: show, compare, make tests.",
        no_args_is_help=True,
    )
    room.command("print")(show)
    room.command("diff")(diff)
    room.command("test")(make_test)
    app.add_typer(room, name="traffic")


def show(
    recording: Recording,
    address: Address = "",
    summary: Annotated[
        bool, typer.Option("--summary", help="Only how much was said to whom.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Print a conversation: > was sent, < was answered, # was asked of the driver, ! no answer."""
    from labcim.app import traffic

    entries = traffic.load(recording, address)
    if summary:
        for line in traffic.summary(entries):
            typer.echo(json.dumps(line) if as_json else _sentence(line))
        return
    if as_json:
        for entry in entries:
            typer.echo(json.dumps(traffic.as_dict(entry)))
        return
    for text in traffic.told(entries):
        typer.echo(text)


def diff(first: Recording, second: Recording, address: Address = "") -> int:
    """Say where two conversations part; exits with 1 where they do."""
    from labcim.app import traffic

    found = traffic.differences(traffic.load(first, address), traffic.load(second, address))
    for line in found or ["the same was said, byte for byte"]:
        typer.echo(line)
    return ExitCode.VERDICT_FAIL if found else ExitCode.DONE


def make_test(
    recording: Recording,
    target: Annotated[Path, typer.Option("--to", help="The test file to write; must be new.")],
    address: Address = "",
) -> None:
    """Write a test: the same calls of the driver must say the same bytes."""
    from labcim.app import traffic

    traffic.write_test(recording, address, target)
    typer.echo(f"wrote {target}; run it with pytest")


def _sentence(line: dict[str, object]) -> str:
    who = " ".join(str(line[key]) for key in ("role", "driver") if line[key])
    return (
        f"{line['address']}  {who}: {line['sent']} messages of {line['sent_bytes']} bytes sent, "
        f"{line['received']} of {line['received_bytes']} bytes received, "
        f"{line['unanswered']} without an answer"
    )
