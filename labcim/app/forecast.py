"""What a run would do, said without touching an instrument."""

from labcim.bench_file import BenchFile
from labcim.limits import check_demands
from labcim.probed_checks import check_wait
from labcim.programming.estimate import Estimating
from labcim.recipe import Recipe
from labcim.units import show

_UNITS = {"bench_time": "s", "worst_current": "A"}


def forecast(recipe: Recipe, bench: BenchFile) -> dict[str, object]:
    """Return units, pulses, modelled bench time (s), worst voltages (V) and current (A).

    Raises RangeError for what goes beyond the chip's limits, RecipeError for cells it has not.
    """
    topology = bench.chip.topology()
    units = recipe.units(topology)
    demands = recipe.demands()
    chip = bench.chip
    check_demands(demands, chip.limits, chip.set_terminal, gated=chip.kind == "1T1R")
    check_wait(recipe, bench.cells)
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
    return told


def forecast_rows(told: dict[str, object]) -> list[tuple[str, str]]:
    """Return what a forecast says, as people read it: name and value."""
    return [(name.replace("_", " "), _said(name, value)) for name, value in told.items()]


def _said(name: str, value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{family} {show(volts, 'V')}" for family, volts in value.items())
    if name in _UNITS and isinstance(value, float):
        return show(value, _UNITS[name])
    return f"{value:,.0f}" if isinstance(value, float) else str(value)
