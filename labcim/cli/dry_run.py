"""``labcim run --dry-run``: what a run would do."""

import json
from pathlib import Path

import typer

from labcim.app.forecast import forecast, forecast_rows
from labcim.bench_file import load_bench
from labcim.recipe import Recipe


def tell(recipe: Recipe, bench: Path, as_json: bool) -> int:
    """Print units, pulses, modelled bench time, worst voltage and current. Raises RangeError."""
    told = forecast(recipe, load_bench(bench))
    if as_json:
        typer.echo(json.dumps(told))
    else:
        typer.echo("\n".join(f"{name:24}{value}" for name, value in forecast_rows(told)))
    return 0
