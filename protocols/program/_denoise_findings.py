"""What denoising says at its end.

Before and after are records that decided nothing: neither which cells are pulsed nor when one is
quiet. Where pulses change nothing, both are of the same law, and their ratio lies about 1.
"""

from collections.abc import Mapping
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labcim.analysis.distributions import (
    Interval,
    last_of_each,
    mean_interval,
    rms_interval,
    share_interval,
    student_interval,
)
from labcim.analysis.resampling import bootstrap_intervals
from labcim.protocol import Finding

from ._denoise_recipe import Denoise

Columns = Mapping[str, NDArray[Any]]


class Outcome(IntEnum):
    """What became of a cell."""

    QUIET = 0  # from the start: no pulse was given
    DENOISED = 1  # was noisy, and is quiet at its own conductance
    NOISY = 2  # still, or it was the record that called it noisy
    MOVED = 3  # its conductance is out of tolerance
    SILENT = 4  # out of range, hardly conducting, or not to be tuned


def summarise(recipe: Denoise, rows: Columns) -> list[Finding]:
    """Return how many cells were noisy, how much quieter they became, and at what price."""
    last = last_of_each(rows)
    rows = {name: values[last] for name, values in rows.items()}
    heard = rows["outcome"] != Outcome.SILENT
    noisy = rows["noisy"] & np.isfinite(rows["sigma_before"]) & np.isfinite(rows["sigma_after"])
    count = int(noisy.sum())
    found = [
        Finding("cells without a verdict on noise", float(np.sum(~heard))),
        _finding("noisy cells", share_interval(int(rows["noisy"].sum()), int(heard.sum())), "%"),
    ]
    if count == 0:
        return found
    rows = {name: values[noisy] for name, values in rows.items()}
    denoised = int(np.sum(rows["outcome"] == Outcome.DENOISED))
    kept = int(np.sum(rows["outcome"] != Outcome.MOVED))
    off = rows["conductance"] - rows["target"]
    return [
        *found,
        _finding("denoised of the noisy cells", share_interval(denoised, count), "%"),
        *_quieter(rows, count),
        _finding("conductance kept, of the noisy cells", share_interval(kept, count), "%"),
        _finding("distance of their conductance from its target, RMS", rms_interval(off), "S"),
        _finding("small pulses for each noisy cell", mean_interval(rows["small_pulses"] * 1.0)),
        Finding("cells tuned again", float(np.sum(rows["tuned_again"] > 0))),
    ]


def _quieter(rows: Columns, count: int) -> list[Finding]:
    """Return the noise before and after, its ratio, and in how many cells it surely changed."""
    told = [
        _finding(
            "noisy cells that became quieter",
            share_interval(int(np.sum(rows["high_after"] < rows["low_before"])), count),
            "%",
        ),
        _finding(
            "noisy cells that became noisier",
            share_interval(int(np.sum(rows["low_after"] > rows["high_before"])), count),
            "%",
        ),
    ]
    for when in ("before", "after"):
        middle = {"median": lambda values: float(np.median(values))}
        sigma = bootstrap_intervals(rows[f"sigma_{when}"], middle)["median"]
        told.append(_finding(f"sigma / G of noisy cells {when}, median", sigma, "%"))
        share = rows[f"telegraph_{when}"]
        known = share[np.isfinite(share)]
        if len(known):
            name = f"telegraph share of the variance {when}, mean"
            told.append(_finding(name, mean_interval(known), "%"))
    positive = (rows["sigma_before"] > 0.0) & (rows["sigma_after"] > 0.0)
    log = np.log(rows["sigma_after"][positive] / rows["sigma_before"][positive])
    mean = student_interval(log)
    ratio = Interval(*(float(np.exp(x)) for x in (mean.value, mean.low, mean.high)))
    told.append(_finding("sigma after over before, geometric mean", ratio))
    return told


def _finding(name: str, value: Interval, unit: str = "") -> Finding:
    known = np.isfinite([value.low, value.high]).all()
    low, high = (value.low, value.high) if known else (None, None)
    return Finding(name, value.value, unit, low, high)
