"""What forming says: yield, voltages with their Weibull law, conductance, and who was given up."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labcim.analysis.distributions import last_of_each, mean_interval, share_interval
from labcim.analysis.life.fits import fit_weibull
from labcim.analysis.life.lifetimes import Lifetimes
from labcim.errors import RangeError
from labcim.protocol import Finding

from ._form_recipe import Form, Outcome


def form_findings(recipe: Form, rows: Mapping[str, NDArray[Any]]) -> list[Finding]:
    """Return yield, forming voltage and conductance, and every cell that was given up."""
    last = last_of_each(rows)
    outcome = rows["outcome"][last]
    formed, by_us = rows["formed"][last], rows["by_us"][last]
    share = share_interval(int(formed.sum()), len(last))
    over = float(np.sum(outcome == Outcome.OVER_FORMED))
    found = [
        Finding("cells formed", share.value, "", share.low, share.high, recipe.yield_at_least),
        Finding("over-formed cells", over, upper_limit=0.0),
        Finding("cells found high before", float(np.sum(outcome == Outcome.WAS_HIGH))),
        Finding("cells formed before", float(np.sum(outcome == Outcome.WAS_FORMED))),
        Finding("cells given up", float(np.sum(outcome == Outcome.NOT_FORMED))),
    ]
    for name, column, unit in (
        ("forming voltage, mean", "voltage", "V"),
        ("pulses for each cell, mean", "pulses", ""),
        ("conductance after forming, mean", "conductance", "S"),
    ):
        if by_us.any():
            mean = mean_interval(rows[column][last][by_us].astype(np.float64), floor=0.0)
            found.append(Finding(name, mean.value, unit, mean.low, mean.high))
    found.append(Finding("cells tripped", float(np.sum(outcome == Outcome.TRIPPED))))
    found += _voltage_law(rows["below"][last][by_us], rows["voltage"][last][by_us])
    return found + _given_up(rows, last, outcome)


def _voltage_law(below: NDArray[np.float64], at: NDArray[np.float64]) -> list[Finding]:
    """Return scale and shape of the Weibull law of the forming voltages of cells that formed.

    Each is known to lie between two steps of the ramp. Cells that never formed are no part of it:
    beyond the ramp's end there are dead ones rather than the law's last.
    """
    if len(np.unique(at)) < 3:
        return []
    try:
        law = fit_weibull(Lifetimes(below, at))
        scale, shape = law.scale, law.shape
    except RangeError:
        return []
    return [
        Finding("forming voltage, Weibull scale", scale.value, "V", scale.low, scale.high),
        Finding("forming voltage, Weibull shape", shape.value, "", shape.low, shape.high),
    ]


_LISTED = 1000  # more cells than anybody reads one by one; the map has them all


def _given_up(
    rows: Mapping[str, NDArray[Any]], last: NDArray[np.intp], outcome: NDArray[np.uint8]
) -> list[Finding]:
    bad = last[(outcome != Outcome.FORMED) & (outcome != Outcome.WAS_FORMED)][:_LISTED]
    return [
        Finding(
            Outcome(rows["outcome"][i]).name.lower().replace("_", " "),
            float(rows["conductance"][i]),
            "S",
            cell=int(rows["cell"][i]),
        )
        for i in bad
    ]
