"""What compliance-current tuning says at its end."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labcim.analysis.compliance_law import fit_compliance_law
from labcim.analysis.distributions import Floats, Interval, mean_interval, share_interval
from labcim.errors import RangeError
from labcim.programming.gate_law import fitted
from labcim.programming.level_allocation import edges_between
from labcim.protocol import Finding

from ._compliance_recipe import ComplianceTuning

LINEAR_AT_LEAST = 0.98
PROPORTIONAL = (0.8, 1.2)
"""Exponents of G over I_C at which a V_C means something: beyond, cells are at their own end."""
Columns = Mapping[str, NDArray[Any]]


def cell_voltages(conductance: Floats, current: Floats) -> Floats:
    """Return current / conductance in V of what is known and positive, (known,)."""
    known = np.isfinite(conductance) & np.isfinite(current) & (conductance > 0.0) & (current > 0.0)
    return np.asarray(current[known] / conductance[known])


def summarise(recipe: ComplianceTuning, rows: Columns) -> list[Finding]:
    """Return V_C, the law of the gates, how linear G is, and how far levels are apart."""
    answers = _answering(recipe, rows)
    here = rows["was_off"] & answers[rows["cell"]] & np.isfinite(rows["conductance"])
    # Beyond the currents that were asked for, a cell may be at its own end.
    asked = (rows["compliance"] >= 0.95 * recipe.lowest) & (
        rows["compliance"] <= 1.05 * recipe.highest
    )
    sample, placed = here & (rows["level"] == 0), here & (rows["level"] > 0)
    found = [*_voltage(rows, sample & asked), *_gate_law(rows, sample)] if sample.any() else []
    return found + (_levels(recipe, rows, placed) if placed.any() else [])


def _answering(recipe: ComplianceTuning, rows: Columns) -> NDArray[np.bool_]:
    """Return of each index of a cell whether it was on after any SET and off before any."""
    size = int(rows["cell"].max()) + 1 if len(rows["cell"]) else 0
    on, off = np.zeros(size, bool), np.zeros(size, bool)
    on[rows["cell"][rows["conductance"] > recipe.off_below]] = True
    off[rows["cell"][rows["was_off"]]] = True
    return on & off


def _voltage(rows: Columns, sample: NDArray[np.bool_]) -> list[Finding]:
    """Return V_C, if G follows the current, the exponent of G over it, and both spreads."""
    sample = sample & (rows["conductance"] > 0.0) & (rows["current"] > 0.0)
    try:
        law = fit_compliance_law(
            rows["cell"][sample], rows["current"][sample], rows["conductance"][sample]
        )
    except RangeError:  # too few cells for a law: there is none to tell
        return []
    # Cells at their own end do not follow the current: no voltage comes of them.
    surely_not = law.exponent.high < PROPORTIONAL[0] or law.exponent.low > PROPORTIONAL[1]
    return [
        *([] if surely_not else [_finding("V_C", law.voltage, "V")]),
        _finding("exponent of G over I_C", law.exponent),
        Finding("spread of ln G from cell to cell", law.device_spread),
        Finding("spread of ln G from cycle to cycle at 10 uA", law.cycle_spread(10e-6)),
    ]


def _gate_law(rows: Columns, sample: NDArray[np.bool_]) -> list[Finding]:
    if len(np.unique(rows["gate"][sample])) < 2:
        return []
    try:
        law = fitted(rows["gate"][sample], rows["current"][sample])
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
    """Return R^2 of the levels' means on the current, and volts per ampere-siemens of the line."""
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
