"""``labcim check`` and ``labcim find``: is the bench as its file says, and what is there."""

import json
from pathlib import Path
from typing import Annotated

import typer

from .exit_codes import ExitCode
from .options import DEFAULT_RECORD, AsJson, RecordUrl, TrafficPath


def add_commands(app: typer.Typer) -> None:
    """Add this room's commands."""
    app.command("check")(check)
    app.command("find")(find)


def check(
    bench: Annotated[Path, typer.Argument(help="The bench file (TOML).")],
    record: RecordUrl = DEFAULT_RECORD,
    as_json: AsJson = False,
    traffic: TrafficPath = None,
) -> int:
    """Identify every instrument and check the contacts at no more than 50 mV.

    A record that knows the chip's cells tells rows that have changed places.
    """
    from labcim.app.bench import open_bench

    with open_bench(bench, record=record, traffic=traffic) as held:
        identities = dict(held.identities)
        faults = held.check_contacts()
    if as_json:
        typer.echo(json.dumps({"instruments": identities, "faults": faults}))
    else:
        for role, identity in identities.items():
            typer.echo(f"{role:14}{identity}")
        for fault in faults:
            typer.echo(f"WIRING: {fault}")
        typer.echo(
            "the wiring is as the bench file says" if not faults else "do not run this bench"
        )
    return ExitCode.VERDICT_FAIL if faults else ExitCode.DONE


def find(
    visa: Annotated[str, typer.Option(help="The VISA library: @py, @ivi, chip.toml@labcim.")] = "",
    target: Annotated[
        Path | None, typer.Option("--to", help="Write the instruments' tables to this file.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Look for instruments, ask each who it is, and say which driver fits."""
    from labcim.app.describe import instrument_tables
    from labcim.app.discovery import scan

    found = scan(visa)
    if as_json:
        typer.echo(json.dumps(found))
    else:
        for item in found:
            typer.echo(f"{item['address']:40}{item['driver'] or '-':18}{item['identity']}")
        if not found:
            typer.echo("nothing answers")
    if target is not None:
        target.write_text(instrument_tables(found), encoding="utf-8")
        typer.echo(f"wrote {target}")
