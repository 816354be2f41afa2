"""What the ramps of a switch seeker say: thresholds with spread, and values for other recipes."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labcim.analysis.distributions import share_interval, student_interval
from labcim.protocol import Finding

from ._seeker_recipe import SwitchSeeker

_LISTED = 1000  # more cells than anybody reads one by one

Floats = NDArray[np.float64]


def seeker_findings(recipe: SwitchSeeker, rows: Mapping[str, NDArray[Any]]) -> list[Finding]:
    """Return thresholds of each cell and of all, who did not switch, and recommended values."""
    last = _last_tries(rows)
    ramps = last[rows["stage"][last] == 2]
    found = _silent(rows, last, ramps)
    thresholds = {}
    for sign, name in ((1, "SET"), (-1, "RESET")):
        at = ramps[(rows["polarity"][ramps] == sign) & rows["switched"][ramps]]
        if rows["whole"][at].any():  # what began half-way says less
            at = at[rows["whole"][at]]
        if len(at):
            thresholds[name] = rows["threshold"][at]
            found += _of_polarity(name, rows["cell"][at], rows["threshold"][at])
    return found + _recommended(recipe, thresholds)


def _last_tries(rows: Mapping[str, NDArray[Any]]) -> NDArray[np.intp]:
    """Return the last row of each cell, stage, cycle and polarity: a unit may be done again."""
    key = np.stack([rows[name].astype(np.int64) for name in ("cell", "stage", "cycle", "polarity")])
    _, first = np.unique(key[:, ::-1], axis=1, return_index=True)
    return np.sort(key.shape[1] - 1 - first)


def _silent(
    rows: Mapping[str, NDArray[Any]], last: NDArray[np.intp], ramps: NDArray[np.intp]
) -> list[Finding]:
    cells = np.unique(rows["cell"][last])
    switched = rows["switched"][ramps]
    both: list[NDArray[np.uint32]] = [
        np.unique(rows["cell"][ramps[switched & (rows["polarity"][ramps] == sign)]])
        for sign in (1, -1)
    ]
    count = len(np.intersect1d(both[0], both[1]))
    share = share_interval(count, len(cells))
    first = last[(rows["stage"][last] == 1) & rows["switched"][last]]
    change = rows["after"][first] - rows["before"][first]
    other_way = change * rows["polarity"][first] < 0.0
    found = [
        Finding("cells that switch both ways", share.value, "", share.low, share.high),
        Finding("cells that move against their polarity", float(other_way.sum())),
    ]
    silent = np.setdiff1d(cells, np.union1d(both[0], both[1]))[:_LISTED]
    return found + [Finding("never switched", 1.0, cell=int(cell)) for cell in silent]


def _of_polarity(name: str, cells: NDArray[np.uint32], volts: Floats) -> list[Finding]:
    chosen, place = np.unique(cells, return_inverse=True)
    count = np.bincount(place)
    means = np.bincount(place, volts) / count
    over = student_interval(means)
    low, high = (x if math.isfinite(x) else None for x in (over.low, over.high))
    found = [Finding(f"{name} threshold, mean over cells", over.value, "V", low, high)]
    if len(chosen) > 1:
        spread = float(np.std(means, ddof=1))
        found.append(Finding(f"{name} threshold, spread over cells", spread, "V"))
    if len(volts) > len(chosen):
        squares = float(np.sum((volts - means[place]) ** 2))
        within = math.sqrt(squares / (len(volts) - len(chosen)))
        found.append(Finding(f"{name} threshold, spread over cycles", within, "V"))
    for cell, mean in list(zip(chosen, means, strict=True))[:_LISTED]:
        found.append(Finding(f"{name} threshold", float(mean), "V", cell=int(cell)))
    return found


def _recommended(recipe: SwitchSeeker, thresholds: Mapping[str, Floats]) -> list[Finding]:
    """Return starts below 95 % of the thresholds, and a cap that drives 99 % of cells whole."""
    found = []
    for name, volts in thresholds.items():
        start = max(float(np.quantile(volts, 0.05)) - recipe.step, recipe.step)
        found.append(Finding(f"recommended {name.lower()}_start", round(start, 3), "V"))
    if len(thresholds) == 2:
        highest = max(float(np.quantile(volts, 0.99)) for volts in thresholds.values())
        cap = min(highest + recipe.past, recipe.stop)
        found.append(Finding("recommended cap", round(cap, 3), "V"))
    return found
