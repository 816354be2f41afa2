"""Address and resistance: an array before or after forming, or cells written to levels."""

import numpy as np
from numpy.typing import NDArray

from labcim.analysis.distributions import Interval, levels, share_interval
from labcim.analysis.level_separation import level_errors, separable_count
from labcim.analysis.resampling import Statistics, bootstrap_intervals
from labcim.documents import Channel
from labcim.plots import PlotSpec
from labcim.protocol import Finding

from .kind import ADDRESS, Kind, Rows, addresses, conductances, side_of
from .numbers import Table

Floats = NDArray[np.float64]

LEVELS, STEP = 32, 4e-6
"""The project's multi-level files: bin = place in the file modulo 32, each 4 uS wide from 0 on."""
_ALIKE = 0.8
FORMED_BELOW = 50e3
CLASSES = ((0.0, 25e-6), (25e-6, 75e-6), (75e-6, 100e-6), (100e-6, 130e-6))

_UNITS = {"resistance, ln-sd": ""}
_STATISTICS: Statistics = {
    "resistance, median": lambda v: float(np.exp(np.median(v))),
    "resistance, ln-sd": lambda v: float(np.std(v)),
    "resistance, 1 % quantile": lambda v: float(np.exp(np.quantile(v, 0.01))),
    "resistance, 99 % quantile": lambda v: float(np.exp(np.quantile(v, 0.99))),
}

_CHANNELS = (
    *ADDRESS,
    Channel(name="resistance", dtype="<f8", unit="Ohm", doc="as in the file"),
    Channel(name="conductance", dtype="<f8", unit="S", doc="1 / resistance"),
)
_TARGET = Channel(name="target", dtype="<f8", unit="S", doc="middle of its bin, from its place")


def _read(table: Table) -> Rows:
    place = addresses(table, side_of(table))
    resistance = table.values[:, 1]
    return {
        **place,
        "resistance": resistance,
        "conductance": conductances(table, resistance),
    }


def _read_levels(table: Table) -> Rows:
    rows = _read(table)
    return {**rows, "target": targets(len(table.values))}


def targets(count: int) -> Floats:
    """Return the middle of each cell's bin in S, by its place in the file."""
    return np.asarray(STEP * (np.arange(count) % LEVELS + 0.5), dtype=np.float64)


def has_levels(table: Table) -> bool:
    """Say whether conductances follow the project's 32 levels by their place in the file."""
    resistance = table.values[:, 1]
    if len(resistance) < 4 * LEVELS or (resistance == 0.0).any():
        return False
    with np.errstate(over="ignore"):
        order = np.argsort(np.argsort(1.0 / resistance))
    alike = np.corrcoef(order, targets(len(order)))[0, 1]
    return bool(alike > _ALIKE)


def _map_findings(rows: Rows) -> list[Finding]:
    resistance = rows["resistance"]
    positive = resistance[resistance > 0.0]
    formed = share_interval(int(((resistance > 0.0) & (resistance < FORMED_BELOW)).sum()),
                            len(resistance))  # fmt: skip
    found = [_share("below 50 kOhm", formed)]
    if len(positive) < 2:
        return found
    told = bootstrap_intervals(np.log(positive), _STATISTICS, resamples=100)
    return found + [_of(name, one, _UNITS.get(name, "Ohm")) for name, one in told.items()]


def _level_findings(rows: Rows) -> list[Finding]:
    target, reached = rows["target"], rows["conductance"]
    errors = level_errors(target, reached, STEP)
    count = separable_count(target, reached)
    found = [
        _of("error, RMS", errors.error, "S"),
        _share("in their own bin", errors.own),
        _share("within 4 uS of the middle of their bin", errors.near),
        _of("levels that can be told apart, 95 % each side", count),
    ]
    each = levels(target, reached)
    for low, high in CLASSES:
        inside = [one.sigma for one in each if low < one.target <= high]
        if inside:
            name = f"sigma of a level, {low * 1e6:.0f} to {high * 1e6:.0f} uS, median"
            found.append(Finding(name, float(np.median(inside)), "S"))
    return found


def _of(name: str, told: Interval, unit: str = "") -> Finding:
    return Finding(name, told.value, unit, told.low, told.high)


def _share(name: str, told: Interval) -> Finding:
    return _of(f"share {name}", told)


def _negative(rows: Rows) -> list[str]:
    count = int((rows["resistance"] < 0.0).sum())
    return [f"{count} resistances are below 0; logarithms leave them out"] if count else []


MAP = Kind(
    "imported_map", "resistance of each cell", ("address", "resistance"), _CHANNELS,
    (
        PlotSpec("Conductance", "map", "conductance"),
        PlotSpec("Distribution", "cdf", "resistance", x_scale="log"),
    ),
    _read, _map_findings, _negative,
)  # fmt: skip
WRITTEN = Kind(
    "imported_levels", "cells written to 32 levels", ("address", "resistance"),
    (*_CHANNELS, _TARGET),
    (
        PlotSpec("Reached over target", "scatter", "conductance", x="target"),
        PlotSpec("Conductance", "map", "conductance"),
        PlotSpec("Distribution", "cdf", "conductance"),
    ),
    _read_levels, _level_findings,
    lambda rows: [
        "targets are not in the file: conductances follow the project's 32 bins of 4 uS, by place",
        *_negative(rows),
    ],
)  # fmt: skip
