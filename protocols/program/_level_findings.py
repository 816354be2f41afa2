"""What multi-level allocation says at its end."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labcim.analysis.distributions import Interval, last_of_each, mean_interval, share_interval
from labcim.programming.pulse_schedule import Status
from labcim.protocol import Finding

from ._level_recipe import MultiLevel

Columns = Mapping[str, NDArray[Any]]


def summarise(recipe: MultiLevel, rows: Columns) -> list[Finding]:
    """Return levels, errors after the delay, information a cell, and the spread that was found."""
    written = np.flatnonzero((rows["level"] > 0) & (rows["epoch"] == recipe.epochs))
    written = written[last_of_each({"cell": rows["cell"][written]})]
    status = rows["status"][written]
    dead = (status == Status.UNRESPONSIVE) | (status == Status.UNREADABLE)
    last = written[~dead & (rows["decided"][written] > 0)]
    if not len(last):
        return _spread(recipe, rows)
    level, decided = rows["level"][last], rows["decided"][last]
    error = rows["later"][last] - rows["target"][last]
    numbers = np.unique(level)
    wrong = [share_interval(int(np.sum(decided[level == n] != n)), int(np.sum(level == n)))
             for n in numbers]  # fmt: skip
    within = share_interval(int(np.sum(np.abs(error) <= recipe.within)), len(error))
    pulses = mean_interval(rows["pulses"][last].astype(float), floor=0.0)
    return [
        Finding("levels", float(len(numbers))),
        _finding(
            "errors after the delay", share_interval(int(np.sum(level != decided)), len(last))
        ),
        _finding("errors after the delay, worst level", max(wrong, key=lambda one: one.value)),
        _finding(
            f"within ±{1e6 * recipe.within:g} uS after the delay", within,
            lower=recipe.within_at_least,
        ),
        Finding("bits for each cell", information(level, decided), "bit"),
        _finding("pulses for each cell, mean", pulses),
        Finding("cells without answer", float(dead.sum())),
        *_spread(recipe, rows),
    ]  # fmt: skip


def information(sent: NDArray[Any], read: NDArray[Any]) -> float:
    """Return the mutual information in bit of what was written and what was read, both (cells,).

    From the counts, less the bias of counting few (Miller & Madow, 1955); never below 0.
    """
    _, one = np.unique(sent, return_inverse=True)
    _, other = np.unique(read, return_inverse=True)
    table = np.zeros((one.max() + 1, other.max() + 1))
    np.add.at(table, (one, other), 1.0)
    total = float(table.sum())
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / total
    seen = table > 0.0
    plain = float(np.sum(table[seen] * np.log2(table[seen] / expected[seen])) / total)
    spare = int(seen.sum()) - table.shape[0] - table.shape[1] + 1
    return max(plain - float(max(spare, 0)) / (2.0 * total * math.log(2.0)), 0.0)


def _spread(recipe: MultiLevel, rows: Columns) -> list[Finding]:
    """Return the standard deviation after the delay at each conductance of the sample."""
    measured = (rows["level"] == 0) & rows["accepted"] & np.isfinite(rows["later"])
    measured &= rows["epoch"] == recipe.epochs
    found = []
    for target in np.unique(rows["target"][measured]):
        later = rows["later"][measured & (rows["target"] == target)]
        if len(later) >= 2:
            name = f"spread after the delay at {1e6 * target:.4g} uS"
            found.append(Finding(name, float(np.std(later, ddof=1)), "S"))
    return found


def _finding(
    name: str, interval: Interval, unit: str = "", *, lower: float | None = None
) -> Finding:
    return Finding(name, interval.value, unit, interval.low, interval.high, lower)
