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
from .tuning_recipe import TuningRecipe

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
    error = rows["error"][last][accepted]
    return [
        _finding("accepted of the cells that answer", share, lower=ACCEPTED_AT_LEAST),
        _finding("cells that answer", share_interval(int(answered.sum()), len(last))),
        _rms_error(recipe, error, rows["target"][last][accepted]),
        _finding("pulses for each cell, mean", mean_interval(pulses, floor=0.0)),
        _finding("reversals for each cell, mean", mean_interval(reversals, floor=0.0)),
        Finding("cells without answer", float(np.sum(status == Status.UNRESPONSIVE))),
        Finding("cells given up", float(np.sum(status == Status.GIVEN_UP))),
        Finding("unreadable cells", float(np.sum(status == Status.UNREADABLE))),
        Finding("flagged readings", float(rows["flagged"][last].sum())),
        *_later_findings(recipe, rows),
    ]


def _rms_error(recipe: TuningRecipe, error: Floats, target: Floats) -> Finding:
    """Return the RMS error against what is tolerated: S, or a share of the target."""
    if recipe.relative == 0.0:
        rms = rms_interval(error)
        return _finding("RMS error of accepted cells", rms, "S", upper=recipe.tolerance)
    share = rms_interval(error[target > 0.0] / target[target > 0.0])
    return _finding("relative RMS error of accepted cells", share, upper=recipe.relative)


def _later_findings(recipe: TuningRecipe, rows: Columns) -> list[Finding]:
    """Return for each epoch how far its accepted cells were from their targets after the delay."""
    found = []
    for epoch in np.unique(rows["epoch"]) if recipe.delay > 0.0 else ():
        here = np.flatnonzero((rows["epoch"] == epoch) & rows["accepted"])
        here = here[last_of_each({"cell": rows["cell"][here]})]
        here = here[np.isfinite(rows["later"][here])]
        error = (rows["later"] - rows["target"])[here]
        allowed = recipe.relative * rows["target"][here] if recipe.relative else recipe.tolerance
        within = share_interval(int(np.sum(np.abs(error) <= allowed)), len(error))
        found += [
            _finding(f"RMS error after the delay, epoch {epoch}", rms_interval(error), "S"),
            _finding(f"within tolerance after the delay, epoch {epoch}", within),
        ]
    return found


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
