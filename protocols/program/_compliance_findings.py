"""What compliance-current tuning says at its end."""

import numpy as np
from numpy.typing import NDArray

from labcim.analysis.distributions import Floats, Interval, mean_interval, share_interval
from labcim.errors import RangeError
from labcim.programming.level_allocation import edges_between
from labcim.protocol import Finding

from ._compliance_knee import Columns, answering, below_knee, gate_law
from ._compliance_recipe import ComplianceTuning

LINEAR_AT_LEAST = 0.98


def cell_voltages(conductance: Floats, current: Floats) -> Floats:
    """Return current / conductance in V of what is known and positive, (known,)."""
    known = np.isfinite(conductance) & np.isfinite(current) & (conductance > 0.0) & (current > 0.0)
    return np.asarray(current[known] / conductance[known])


def summarise(recipe: ComplianceTuning, rows: Columns) -> list[Finding]:
    """Return V_C, the law of the gates, how linear G is, and how far levels are apart."""
    here = answering(recipe, rows)
    sample, placed = here & (rows["level"] == 0), here & (rows["level"] > 0)
    found = [*_voltage(recipe, rows), *_gate_law(recipe, rows, sample)] if sample.any() else []
    return found + (_levels(recipe, rows, placed) if placed.any() else [])


def _voltage(recipe: ComplianceTuning, rows: Columns) -> list[Finding]:
    """Return V_C, the exponent of G over the current, both spreads, and where the law ends.

    Where conductance does not follow the current there is no V_C to tell.
    """
    knee = below_knee(recipe, rows)
    found = []
    if knee.law is not None:
        found.append(_finding("V_C", knee.law.voltage, "V"))
    if knee.tried is not None and np.isfinite(knee.tried.exponent.value):
        found.append(_finding("exponent of G over I_C", knee.tried.exponent))
    if knee.law is not None:
        cycle = knee.law.cycle_spread(10e-6)
        found += [
            Finding("spread of ln G from cell to cell", knee.law.device_spread),
            Finding("spread of ln G from cycle to cycle at 10 uA", cycle),
        ]
    if len(knee.dropped):
        found += [
            Finding("points above the knee, left out", float(len(knee.dropped))),
            Finding("highest conductance of the cells", knee.end, "S"),
        ]
    if knee.reach < recipe.highest:
        found.append(Finding("highest current that cells follow", knee.reach, "A"))
    return found


def _gate_law(recipe: ComplianceTuning, rows: Columns, sample: NDArray[np.bool_]) -> list[Finding]:
    if len(np.unique(rows["gate"][sample])) < 2:
        return []
    of_sample = {name: column[sample] for name, column in rows.items()}
    try:
        law = gate_law(recipe, below_knee(recipe, rows), of_sample)
    except RangeError:
        return []
    return [
        Finding("gate threshold", law.threshold, "V"),
        Finding("gate law, beta", law.beta, "A/V^2"),
    ]


def _levels(recipe: ComplianceTuning, rows: Columns, placed: NDArray[np.bool_]) -> list[Finding]:
    level, g = rows["level"][placed], rows["conductance"][placed]
    current = rows["compliance"][placed]
    positive = g > 0.0
    level, log, current = level[positive], np.log(g[positive]), current[positive]
    numbers = np.unique(level)
    if len(numbers) < 2:
        return []
    means = np.array([float(np.mean(log[level == n])) for n in numbers])
    sigmas = np.array([float(np.std(log[level == n], ddof=min(1, int((level == n).sum()) - 1)))
                       for n in numbers])  # fmt: skip
    at = np.array([float(current[level == n][0]) for n in numbers])
    order = np.argsort(means)
    edges = edges_between(means[order], sigmas[order])
    own = numbers[order][np.searchsorted(edges, log)] == level
    shares = [share_interval(int(own[level == n].sum()), int((level == n).sum())) for n in numbers]
    worst = min(shares, key=lambda share: share.value)
    return [
        _finding("found in their own level", share_interval(int(own.sum()), len(own)),
                 lower=recipe.separable_at_least),
        _finding("found in their own level, worst level", worst),
        *_linearity(np.exp(log), current),
        *[
            Finding(f"sigma of ln G at {1e6 * i:.4g} uA", float(sigma))
            for i, sigma in zip(at, sigmas, strict=True)
        ],
    ]  # fmt: skip


def _linearity(g: Floats, current: Floats) -> list[Finding]:
    """Return R^2 of the levels' means on the current, and the mean of G over I_C in 1/V."""
    at = np.unique(current)
    mean = np.array([float(np.mean(g[current == i])) for i in at])
    slope, offset = np.polyfit(at, mean, 1)
    left = float(np.sum((mean - slope * at - offset) ** 2))
    total = float(np.sum((mean - mean.mean()) ** 2))
    square = 1.0 - left / total if total > 0.0 else 0.0
    found = [Finding("G over I_C, R^2 of the levels", square, lower_limit=LINEAR_AT_LEAST)]
    per = mean_interval(g / current, floor=0.0)
    return [*found, _finding("G / I_C, mean", per, "1/V")]


def _finding(
    name: str, interval: Interval, unit: str = "", *, lower: float | None = None
) -> Finding:
    return Finding(name, interval.value, unit, interval.low, interval.high, lower)
