"""Address, low and high resistance, cycle: many cells a few times, or one over its life."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from labcim.analysis.distributions import Interval, share_interval
from labcim.analysis.resampling import Statistics, bootstrap_intervals
from labcim.analysis.variation import correlation_of_cycles, split_variation
from labcim.analysis.wear import wear
from labcim.documents import Channel
from labcim.plots import PlotSpec
from labcim.protocol import Finding

from .kind import ADDRESS, Kind, Rows, addresses, conductances, side_of
from .numbers import Table

Floats = NDArray[np.float64]

RATIO = 2.0
EDGES = (0.0, 1e5, 3e5, 1e6, 3e6, 1e7, 1e8, 1e9, 1e10)
_QUANTILES: Statistics = {
    "median": lambda v: float(np.exp(np.median(v))),
    "10 % quantile": lambda v: float(np.exp(np.quantile(v, 0.1))),
    "90 % quantile": lambda v: float(np.exp(np.quantile(v, 0.9))),
}
_MANY = 100  # cycles of one cell, from which on its life is looked at

_CHANNELS = (
    *ADDRESS,
    Channel(name="cycle", dtype="<i8", doc="number of the cycle"),
    Channel(name="low_resistance", dtype="<f8", unit="Ohm", doc="after SET, as in the file"),
    Channel(name="high_resistance", dtype="<f8", unit="Ohm", doc="after RESET, as in the file"),
    Channel(name="high_conductance", dtype="<f8", unit="S", doc="1 / low_resistance"),
    Channel(name="low_conductance", dtype="<f8", unit="S", doc="1 / high_resistance"),
)


def is_paired(table: Table) -> bool:
    """Say whether three columns are address, resistance and cycle rather than a sweep."""
    resistance, cycle = np.abs(table.values[:, 1]), table.values[:, 2]
    return bool(np.median(resistance) > 10.0 and (cycle == np.floor(cycle)).all())


def paired(table: Table) -> Table:
    """Return one row a cycle from lines that hold one state each, two lines a cycle.

    Which of the two is the low state is told by all cycles together.  Raises RecordError with the
    line where a cycle has not just two.
    """
    values = table.values
    if len(values) % 2:
        raise table.refuse(len(values) - 1, "a cycle has two lines, one for each state")
    one, other = values[0::2], values[1::2]
    apart = (one[:, 0] != other[:, 0]) | (one[:, 2] != other[:, 2])
    table.check(np.repeat(apart, 2), "a cycle has two lines, one for each state")
    if np.median(one[:, 1]) > np.median(other[:, 1]):
        one, other = other, one
    rows = np.column_stack([one[:, 0], one[:, 1], other[:, 1], one[:, 2]])
    return Table(table.name, rows, table.lines[0::2], table.whole)


def _read(table: Table) -> Rows:
    place = addresses(table, side_of(table))
    low, high, cycle = table.values[:, 1], table.values[:, 2], table.values[:, 3]
    table.check(
        (cycle != np.floor(cycle)) | (cycle < 0) | (cycle > 1e15),
        "a cycle is a whole number from 0 to 1e15",
    )
    return {
        **place,
        "cycle": cycle.astype(np.int64),
        "low_resistance": low,
        "high_resistance": high,
        "high_conductance": conductances(table, low),
        "low_conductance": conductances(table, high),
    }


def _findings(rows: Rows) -> list[Finding]:
    good = (rows["low_resistance"] > 0.0) & (rows["high_resistance"] > 0.0)
    told = [*_medians(rows, good), _violations(rows)]
    return [*told, *_variation(rows, good), *_life(rows)]


def _medians(rows: Rows, good: NDArray[np.bool_]) -> list[Finding]:
    found = []
    for name, state in (("LRS", "low_resistance"), ("HRS", "high_resistance")):
        logs = np.log(rows[state][good])
        if len(logs) < 2:
            continue
        for what, told in bootstrap_intervals(logs, _QUANTILES, resamples=200).items():
            found.append(Finding(f"{name}, {what}", told.value, "Ohm", told.low, told.high))
    return found


def _violations(rows: Rows) -> Finding:
    missed = rows["high_resistance"] < RATIO * rows["low_resistance"]
    return _share("HRS below 2 x LRS, share", share_interval(int(missed.sum()), len(missed)))


def _variation(rows: Rows, good: NDArray[np.bool_]) -> list[Finding]:
    """Return spreads of cells that were all read in the same cycles; nothing of others."""
    cells, which = np.unique(rows["cell"], return_inverse=True)
    cycles, when = np.unique(rows["cycle"], return_inverse=True)
    shape = (len(cells), len(cycles))
    if min(shape) < 2 or shape[0] * shape[1] != len(which) or not good.all():
        return []
    if len(np.unique(which * shape[1] + when)) != len(which):
        return []
    found = []
    for name, state in (("LRS", "low_resistance"), ("HRS", "high_resistance")):
        table = np.empty(shape)
        table[which, when] = np.log(rows[state])
        parts = {"total": "total", "cycle to cycle": "cycle", "device to device": "device"}
        statistics = {what: _part(part) for what, part in parts.items()}
        for what, told in bootstrap_intervals(table, statistics, resamples=100).items():
            found.append(Finding(f"{name} ln-sd, {what}", told.value, "", told.low, told.high))
        lag = int(cycles[1] - cycles[0])
        alike = correlation_of_cycles(table, 1)
        found.append(Finding(f"{name} correlation, {lag} cycles later", alike))
    return found


def _part(part: str) -> Callable[[Floats], float]:
    return lambda table: float(getattr(split_variation(table), part))


def _life(rows: Rows) -> list[Finding]:
    """Return what a life of many cycles shows, span by span; of one cell or several together."""
    if len(np.unique(rows["cycle"])) < _MANY:
        return []
    found = []
    cycle = rows["cycle"].astype(np.float64)
    for span in wear(cycle, rows["low_resistance"], rows["high_resistance"], EDGES, ratio=RATIO):
        name = f"{span.first:,.0f} to {span.last:,.0f} cycles"
        found += [
            Finding(f"LRS median, {name}", span.low, "Ohm"),
            Finding(f"HRS median, {name}", span.high, "Ohm"),
            _share(f"HRS below 2 x LRS, share, {name}", span.violations),
        ]
    return found


def _share(name: str, told: Interval) -> Finding:
    return Finding(name, told.value, "", told.low, told.high)


def _remarks(rows: Rows) -> list[str]:
    bad = int(((rows["low_resistance"] <= 0.0) | (rows["high_resistance"] <= 0.0)).sum())
    said = ["pulses of these cycles are not on record: the file holds readings only"]
    return [*said, f"{bad} reads below 0 are left out of logarithms"] if bad else said


CYCLES = Kind(
    "imported_cycles", "both states of cycles", ("address", "LRS", "HRS", "cycle"), _CHANNELS,
    (
        PlotSpec("High state over cycles", "scatter", "high_resistance", x="cycle", y_scale="log",
                 overlay=("low_resistance",)),
        PlotSpec("Low state", "cdf", "low_resistance"),
        PlotSpec("High state", "cdf", "high_resistance", x_scale="log"),
    ),
    _read, _findings, _remarks,
)  # fmt: skip
