"""Findings of a pulse capture: what arrived, against what was asked for.

Intervals are those of the mean over captures; those of amplitudes are wider by the accuracy of the
digitizer's gain, which is the same for all of them, and by half a level of its converter; those of
edges reach down to what is left when the digitizer's own edge is taken out.
"""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labcim.analysis.distributions import mean_interval
from labcim.protocol import Finding

Columns = Mapping[str, NDArray[Any]]
MOST_CELLS = 16  # that are named one by one


def capture_findings(
    rows: Columns, *, width: float, tolerance: float, width_tolerance: float, overshoot: float
) -> list[Finding]:
    """Return the findings of all captures of a run."""
    whole = rows["whole"]
    once = {name: column[whole] for name, column in rows.items()}
    seen = once["captured"]
    found = [
        Finding("captures with a pulse", float(seen.mean()) if seen.size else 0.0,
                lower_limit=1.0),
        Finding("clipped captures", float(_clipped(rows)), upper_limit=0.0),
    ]  # fmt: skip
    good = {name: column[seen] for name, column in once.items()}
    if not seen.any():
        return [*found, Finding("amplitude error", math.nan, upper_limit=tolerance)]
    error = good["amplitude"] / good["commanded"] - 1.0
    noise = float((good["resolution"] / np.abs(good["amplitude"])).max())
    accuracy = float(good["gain"].max()) + 0.5 * noise
    found.append(_within("amplitude error", error, tolerance, accuracy))
    found.append(_within("width error", good["width"] / width - 1.0, width_tolerance))
    found.append(_most("overshoot", good["overshoot"], overshoot, noise))
    found.append(_most("undershoot", good["undershoot"], overshoot, noise))
    found += [_edge(name, good[name], float(good["slow"].max())) for name in ("rise", "fall")]
    found.append(_mean("width", good["width"], "s"))
    return found + _cells_beyond(good["cell"], error, tolerance)


def _clipped(rows: Columns) -> int:
    """Return how many captures have a clipped point."""
    captures = np.cumsum(rows["whole"])
    return len(np.unique(captures[rows["clipped"]]))


def _within(name: str, values: NDArray[Any], tolerance: float, accuracy: float = 0.0) -> Finding:
    it = mean_interval(values)
    return Finding(
        name, it.value, low=it.low - accuracy, high=it.high + accuracy,
        lower_limit=-tolerance, upper_limit=tolerance,
    )  # fmt: skip


def _most(name: str, values: NDArray[Any], limit: float, noise: float) -> Finding:
    """Return a mean of peaks, which noise of two levels lifts; a limit above."""
    it = mean_interval(values, floor=0.0)
    low = max(it.low - 2.0 * noise, 0.0)
    return Finding(name, it.value, low=low, high=it.high, upper_limit=limit)


def _mean(name: str, values: NDArray[Any], unit: str) -> Finding:
    it = mean_interval(values[np.isfinite(values)])
    return Finding(name, it.value, unit, low=it.low, high=it.high)


def _edge(name: str, values: NDArray[Any], slow: float) -> Finding:
    it = mean_interval(values[np.isfinite(values)])
    low = math.sqrt(max(it.low**2 - slow**2, 0.0)) if math.isfinite(it.low) else it.low
    return Finding(name, it.value, "s", low=low, high=it.high)


def _cells_beyond(cells: NDArray[Any], error: NDArray[Any], tolerance: float) -> list[Finding]:
    """Return one failed finding for each of the first cells whose mean is beyond the tolerance."""
    means = {int(cell): float(error[cells == cell].mean()) for cell in np.unique(cells)}
    beyond = {cell: mean for cell, mean in means.items() if abs(mean) > tolerance}
    return [
        Finding("amplitude error of the cell", mean, lower_limit=-tolerance,
                upper_limit=tolerance, cell=cell)
        for cell, mean in list(beyond.items())[:MOST_CELLS]
    ]  # fmt: skip
