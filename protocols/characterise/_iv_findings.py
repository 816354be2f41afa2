"""What the loops of a sweep say, as findings: of each cell, and over all cells with intervals."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labcim.analysis.loops import Loop, loops, over_cells, spread_over_cells
from labcim.protocol import Finding

from ._iv_recipe import IvSweep

_LISTED = 1000  # more cells than anybody reads one by one
_CONDUCTS = 75e-6  # S, from which on an on-state is asked to be ohmic


def loop_findings(recipe: IvSweep, rows: Mapping[str, NDArray[Any]]) -> list[Finding]:
    """Return SET and RESET voltage and loop area of each cell, and what all cells have in common.

    A cell's values are means over its cycles. Intervals are over cells.
    """
    swept = {name: column[rows["swept"]] for name, column in rows.items()}
    found = loops(swept, bend_to=recipe.ohmic_to)
    return _of_cells(found) + _of_all(found)


def _of_cells(found: list[Loop]) -> list[Finding]:
    listed = []
    for cell in sorted({loop.cell for loop in found})[:_LISTED]:
        here = [loop for loop in found if loop.cell == cell]
        for name, field, unit in (
            ("SET voltage", "set_voltage", "V"),
            ("RESET voltage", "reset_voltage", "V"),
            ("loop area", "area", "W"),
        ):
            values = [value for loop in here if math.isfinite(value := getattr(loop, field))]
            if values:
                listed.append(Finding(name, float(np.mean(values)), unit, cell=cell))
    return listed


def _of_all(found: list[Loop]) -> list[Finding]:
    over = [
        Finding("loops without SET", float(sum(math.isnan(x.set_voltage) for x in found))),
        Finding("loops without RESET", float(sum(math.isnan(x.reset_voltage) for x in found))),
        Finding("loops that tripped", float(sum(loop.tripped for loop in found))),
    ]
    for name, field in (("SET voltage", "set_voltage"), ("RESET voltage", "reset_voltage")):
        mean, spread = over_cells(found, field), spread_over_cells(found, field)
        over.append(_interval(f"{name}, mean over cells", mean, "V"))
        over.append(Finding(f"{name}, spread over cells", spread, "V"))
    ratio = over_cells(found, "on/off", logarithm=True)
    over.append(_interval("on/off at read voltage, geometric mean", ratio, ""))
    ohmic = [loop for loop in found if loop.on > _CONDUCTS]
    over.append(_interval("deviation from ohmic above 75 uS, mean", over_cells(ohmic, "bend"), ""))
    return [finding for finding in over if math.isfinite(finding.value)]


def _interval(name: str, mean: Any, unit: str) -> Finding:
    low, high = (x if math.isfinite(x) else None for x in (mean.low, mean.high))
    return Finding(name, mean.value, unit, low, high)
