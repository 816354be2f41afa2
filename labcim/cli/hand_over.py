"""Gives a job to the host that holds the bench."""

import time
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from labcim.errors import BenchHeldError, LabcimError, RecipeError

from .exit_codes import ExitCode

if TYPE_CHECKING:
    from labcim.control import ControlClient

_BEGINS = 3.0  # s in which a host begins a job or refuses it


def hand_over(
    bench: Path, held: BenchHeldError, report: Path | None, verb: str, **said: str
) -> int:
    """Hand a job (``run`` or ``resume``) to the host that holds a bench, and see it begin.

    Raises ``held``, with the holder's name, where it takes none; RecipeError with the host's words
    where it refuses this one.
    """
    from labcim.control import ControlClient

    try:
        client = ControlClient(bench)
        refused = client.request("status")["trouble_number"]
        client.request(verb, **said)
    except LabcimError as trouble:
        raise held from trouble
    _see_it_begin(client, refused)
    typer.echo(f"handed to {client.card.name} (process {client.card.pid}); labcim watch follows it")
    if report is not None:
        typer.echo(f"no report yet: when the run has ended, labcim report --to {report} writes it")
    return ExitCode.DONE


def _see_it_begin(client: "ControlClient", refused: int) -> None:
    until = time.monotonic() + _BEGINS
    while time.monotonic() < until:
        status = client.request("status")
        if status["trouble_number"] != refused:
            raise RecipeError(f"the host refused it: {status['trouble']}")
        if status["state"] != "idle":
            return
        time.sleep(0.02)
