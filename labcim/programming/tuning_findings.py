"""What a write-verify says at its end."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labcim.analysis.distributions import (
    Floats,
    Interval,
    last_of_each,
    levels,
    mean_interval,
    rms_interval,
    share_interval,
)
from labcim.protocol import Finding

from .pulse_schedule import Status
from .tuning import TuningRecipe

ACCEPTED_AT_LEAST = 0.99
Columns = Mapping[str, NDArray[Any]]


def tuning_findings(recipe: TuningRecipe, rows: Columns) -> list[Finding]:
    """Return yield, accuracy and effort of all cells; the last row of each cell counts."""
    last = last_of_each(rows)
    if len(last) == 0:
        return []
    status = rows["status"][last]
    accepted = rows["accepted"][last]
    answered = (status != Status.UNRESPONSIVE) & (status != Status.UNREADABLE)
    pulses = rows["pulses"][last][answered].astype(np.float64)
    reversals = rows["reversals"][last][answered].astype(np.float64)
    share = share_interval(int(accepted.sum()), int(answered.sum()))
    error = rms_interval(rows["error"][last][accepted])
    return [
        _finding("accepted of the cells that answer", share, lower=ACCEPTED_AT_LEAST),
        _finding("cells that answer", share_interval(int(answered.sum()), len(last))),
        _finding("RMS error of accepted cells", error, "S", upper=recipe.tolerance),
        _finding("pulses for each cell, mean", mean_interval(pulses)),
        _finding("reversals for each cell, mean", mean_interval(reversals)),
        Finding("cells without answer", float(np.sum(status == Status.UNRESPONSIVE))),
        Finding("cells given up", float(np.sum(status == Status.GIVEN_UP))),
        Finding("unreadable cells", float(np.sum(status == Status.UNREADABLE))),
        Finding("flagged readings", float(rows["flagged"][last].sum())),
    ]


def image_findings(rows: Columns) -> list[Finding]:
    """Return how like its target the written picture is, in the cells that answer.

    Pearson's correlation (also with the dead cells in it); peak signal-to-noise ratio in dB over
    the targets' range; with at most 256 distinct levels the share of cells nearest to their own.
    """
    last = last_of_each(rows)
    target, achieved = rows["target"][last], rows["conductance"][last]
    read = np.isfinite(achieved)
    answered = read & (rows["status"][last] != Status.UNRESPONSIVE)
    with_dead = _correlation(target[read], achieved[read])
    target, achieved = target[answered], achieved[answered]
    correlation = _correlation(target, achieved)
    if correlation is None or with_dead is None:
        return []
    span = float(np.ptp(target))
    noise = max(float(np.sqrt(np.mean((achieved - target) ** 2))), 1e-15)
    found = [
        Finding("correlation with the picture", correlation),
        Finding("correlation with the picture, dead cells too", with_dead),
        Finding("peak signal-to-noise ratio", 20.0 * float(np.log10(span / noise)), "dB"),
    ]
    distinct = levels(target, achieved) if len(np.unique(target)) <= 256 else []
    if distinct:
        own = round(sum(level.own * level.count for level in distinct))
        found.append(_finding("cells nearest to their own level", share_interval(own, len(target))))
    return found


def _correlation(target: Floats, achieved: Floats) -> float | None:
    """Return Pearson's correlation, None where one of the two does not vary."""
    if len(target) < 2 or np.ptp(target) <= 0.0 or np.ptp(achieved) <= 0.0:
        return None
    return float(np.corrcoef(target, achieved)[0, 1])


def _finding(
    name: str,
    interval: Interval,
    unit: str = "",
    *,
    lower: float | None = None,
    upper: float | None = None,
) -> Finding:
    return Finding(name, interval.value, unit, interval.low, interval.high, lower, upper)
