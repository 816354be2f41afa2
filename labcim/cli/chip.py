"""``labcim chip``: make, copy, reset, heat and look at simulated chips."""

import json
import math
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from .options import AsJson

chip = typer.Typer(help="Simulated chips: files that outlive every process.", no_args_is_help=True)

ChipPath = Annotated[Path, typer.Argument(help="The chip file (TOML).")]

ZERO_CELSIUS = 273.15  # K
_LONGER_THAN_SECONDS = {"min": 60.0, "h": 3600.0, "d": 86400.0}


def add_commands(app: typer.Typer) -> None:
    """Add this room's commands."""
    app.add_typer(chip, name="chip")


@chip.command("new")
def new(
    path: ChipPath,
    preset: Annotated[str, typer.Option(help="The cells: a preset's name.")] = "neurram-130nm",
    rows: Annotated[int, typer.Option(min=1)] = 64,
    columns: Annotated[int, typer.Option(min=1)] = 64,
    seed: Annotated[int, typer.Option(min=0)] = 1,
) -> None:
    """Make a chip; where the chip file exists already, only its state is made."""
    from labcim.sim_backend.chip.manage import new_chip

    made = new_chip(path, preset=preset, rows=rows, columns=columns, seed=seed)
    typer.echo(f"{path}: {made.chip.rows} x {made.chip.columns} cells, {made.chip.preset}")


@chip.command("copy")
def copy(path: ChipPath, target: Annotated[Path, typer.Argument(help="The new file.")]) -> None:
    """Copy a chip with its state: a twin that stands exactly where this one does."""
    from labcim.sim_backend.chip.manage import copy_chip

    copy_chip(path, target)
    typer.echo(f"{target}: a copy of {path}")


@chip.command("reset")
def reset(
    path: ChipPath,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Throw a chip's state and truth log away: fresh from the fab. This cannot be undone."""
    from labcim.sim_backend.chip.manage import reset_chip

    if not yes:
        typer.confirm(f"Throw away what was done to {path}?", abort=True)
    reset_chip(path)
    typer.echo(f"{path}: fresh")


@chip.command("heat")
def heat(
    path: ChipPath,
    temperature: Annotated[str, typer.Option(help='"85 degC", or K: "358 K", "358".')],
    duration: Annotated[
        str | None,
        typer.Option(
            "--for", help='A bake of "10 h" ("min", "d", s), and back; without: for good.'
        ),
    ] = None,
) -> None:
    """Heat or cool a chip that no bench holds; its own clock moves on by the length of a bake."""
    from labcim.sim_backend.chip.manage import heat_chip
    from labcim.units import show

    seconds = None if duration is None else _seconds(duration)
    done = heat_chip(path, _kelvin(temperature), seconds)
    if seconds is None:
        typer.echo(f"{path}: at {_both(done.after)} from now on (before: {_both(done.before)})")
        return
    typer.echo(
        f"{path}: {show(seconds, 's')} at {_both(_kelvin(temperature))}, now at "
        f"{_both(done.after)} again; chip time {show(done.time, 's')}"
    )


def _kelvin(text: str) -> float:
    from labcim.units import parse_quantity

    for unit in ("degC", "°C"):
        if text.strip().endswith(unit):
            return parse_quantity(text.strip().removesuffix(unit), "") + ZERO_CELSIUS
    return parse_quantity(text, "K")


def _seconds(text: str) -> float:
    from labcim.units import parse_quantity

    for unit, each in _LONGER_THAN_SECONDS.items():
        if text.strip().endswith(unit):
            return parse_quantity(text.strip().removesuffix(unit), "") * each
    return parse_quantity(text, "s")


def _both(kelvin: float) -> str:
    return f"{kelvin:.6g} K ({kelvin - ZERO_CELSIUS:.6g} °C)"


@chip.command("show")
def show_one(path: ChipPath, as_json: AsJson = False) -> None:
    """Say how a chip stands: formed, stuck, pulses, reads, conductances."""
    from labcim.sim_backend.chip.manage import show_chip
    from labcim.units import show

    summary = show_chip(path)
    if as_json:
        told = asdict(summary)
        told["conductance_quartiles"] = [  # JSON knows no NaN
            None if math.isnan(value) else value for value in summary.conductance_quartiles
        ]
        typer.echo(json.dumps(told, default=str, allow_nan=False))
        return
    low, middle, high = (show(value, "S") for value in summary.conductance_quartiles)
    cells = summary.rows * summary.columns
    typer.echo(
        f"{path}: {summary.preset}, {summary.rows} x {summary.columns} cells, seed {summary.seed}\n"
        f"formed {summary.formed} of {cells}, stuck {summary.stuck}\n"
        f"conductance of formed cells: {low} / {middle} / {high} (quartiles)\n"
        f"chip time {show(summary.time, 's')}, {summary.pulses:,} pulses, {summary.reads:,} reads"
    )
