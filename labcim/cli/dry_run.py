"""What a run would do, said without touching an instrument."""

import json
from pathlib import Path

import typer

from labcim.bench_file import load_bench
from labcim.limits import check_demands
from labcim.programming.estimate import Estimating
from labcim.recipe import Recipe
from labcim.units import show


def tell(recipe: Recipe, bench_path: Path, as_json: bool) -> int:
    """Print units, pulses, modelled bench time, worst voltage and current. Raises RangeError."""
    bench = load_bench(bench_path)
    topology = bench.chip.topology()
    units = recipe.units(topology)
    demands = recipe.demands()
    check_demands(demands, bench.chip.limits, bench.chip.set_terminal)
    told: dict[str, object] = {
        "protocol": recipe.protocol,
        "bench": bench.bench.name,
        "mode": bench.mode,
        "units": len(units),
        "cells": sum(len(unit.cells) for unit in units),
        "worst_voltage": {
            family: max((abs(d.voltage) for d in demands if d.family == family), default=0.0)
            for family in ("row", "column", "gate")
        },
        # Where the gate limits the current, the lines' own limit is the worst that can be said.
        "worst_current": max((abs(d.current) for d in demands), default=0.0)
        or min(bench.chip.limits.row.current, bench.chip.limits.column.current),
    }
    if isinstance(recipe, Estimating):
        expected = recipe.estimate(topology)
        told |= {
            "pulses": expected.pulses,
            "pulses_at_most_per_cell": expected.bound,
            "readings": expected.readings,
            # Single instruments serve one cell after the other; a board serves a line at once.
            "bench_time": expected.serial_time if bench.cells == "probed_chip" else expected.time,
        }
    typer.echo(json.dumps(told) if as_json else _text(told))
    return 0


def _text(told: dict[str, object]) -> str:
    units = {"bench_time": "s", "worst_current": "A"}
    lines = []
    for name, value in told.items():
        label = name.replace("_", " ")
        if isinstance(value, dict):
            said = ", ".join(f"{family} {show(volts, 'V')}" for family, volts in value.items())
        elif name in units and isinstance(value, float):
            said = show(value, units[name])
        else:
            said = f"{value:,.0f}" if isinstance(value, float) else str(value)
        lines.append(f"{label:24}{said}")
    return "\n".join([*lines, "within the chip's limits; nothing was touched"])
