"""Constants from the life of one cell: both states, read again and again over many cycles."""

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls

from labcim.analysis.variation import SlowWalk, positive_logarithm, slow_walk
from labcim.errors import RangeError

from ..devices._filament_preset import FilamentPreset
from ..devices.transistor import saturation_current

Floats = NDArray[np.float64]

LEAST = 3  # reads that a bin of life needs for its median to count


@dataclass(frozen=True, slots=True)
class Life:
    """Reads of one cell: number of the cycle, resistances in ohm, each of shape (blocks, reads).

    Reads of a block follow one another at equal distance; between blocks there may be gaps.
    """

    cycle: Floats
    low: Floats
    high: Floats


def fit_life(preset: FilamentPreset, life: Life, *, set_gate: float) -> dict[str, float]:
    """Return the constants of this one cell: states, wear, spread and memory of its cycles.

    Spreads from device to device are none of one cell's: they come back as zero.
    """
    wear, start = _wear(life)
    p = preset.parameters()[0]
    current = saturation_current(float(p["beta"]), set_gate - float(p["gate_threshold"]))
    rest = [_without_wear(life, wear, start, state) for state in (0, 1)]
    slope = math.sqrt(1e-5 / current)
    low_spread = float(np.std(rest[0]))
    floor = min(float(p["compliance_cycle_floor"]), low_spread)
    walk = _common_walk(life, rest)
    return {
        **wear,
        "compliance_voltage": current * math.exp(start[0]),
        "compliance_cycle_floor": floor,
        "compliance_cycle_slope": (low_spread - floor) / slope,
        "floor": math.exp(-start[1]),
        "floor_cycle_spread": float(np.std(rest[1])),
        "slow_share": walk.share,
        "slow_memory": walk.memory,
        **dict.fromkeys(("compliance_device_spread", "floor_device_spread"), 0.0),
        "gate_threshold_spread": 0.0,
    }


def _common_walk(life: Life, rest: list[Floats]) -> SlowWalk:
    """Fit one slow walk to the autocorrelation of both states within the blocks."""
    step = float(np.median(np.diff(life.cycle, axis=1)))
    reads = life.cycle.shape[1]
    lags = np.unique(np.geomspace(1, max(reads // 2, 2), 10).astype(int))
    found = np.mean([[_correlation(one, int(lag)) for lag in lags] for one in rest], axis=0)
    return slow_walk(lags * step, found)


def _correlation(rest: Floats, lag: int) -> float:
    """Return the autocorrelation at ``lag`` reads, within blocks; the mean is that of all."""
    centred = rest - rest.mean()
    return float(np.mean(centred[:, :-lag] * centred[:, lag:]) / np.mean(centred**2))


def _without_wear(
    life: Life, wear: dict[str, float], start: tuple[float, float], state: int
) -> Floats:
    """Return ln R of a state less its course over life."""
    decades = np.log10(1.0 + life.cycle / wear["wear_onset"])
    if state == 0:
        return np.asarray(np.log(life.low) - start[0] - wear["wear_low_resistance"] * decades)
    return np.asarray(np.log(life.high) - start[1] + wear["wear_high_resistance"] * decades)


def _wear(life: Life) -> tuple[dict[str, float], tuple[float, float]]:
    """Return the wear constants, and ln R of both states before any wear."""
    cycle, low, high = life.cycle.ravel(), life.low.ravel(), life.high.ravel()
    at, states = _medians(cycle, positive_logarithm(low), -positive_logarithm(high))

    def solved(onset: float) -> tuple[Floats, float]:
        terms = np.column_stack([np.ones_like(at), -np.ones_like(at), np.log10(1.0 + at / onset)])
        found = [nnls(terms, state) for state in states]
        return np.array([x for x, _ in found]), float(sum(rest**2 for _, rest in found))

    onsets = np.geomspace(max(float(at[0]), 1.0), 10.0 * float(at[-1]), 60)
    best = min((float(onset) for onset in onsets), key=lambda onset: solved(onset)[1])
    found, _ = solved(best)
    wear = {
        "wear_onset": best,
        "wear_low_resistance": float(found[0, 2]),
        "wear_high_resistance": float(found[1, 2]),
    }
    start = found[:, 0] - found[:, 1]
    return wear, (float(start[0]), -float(start[1]))


def _medians(cycle: Floats, *states: Floats, bins: int = 16) -> tuple[Floats, list[Floats]]:
    """Return medians in bins of equal width in log cycle: of the cycle, and of each state."""
    edges = np.geomspace(0.999 * cycle.min(), cycle.max(), bins + 1)
    inside = [np.flatnonzero((cycle > a) & (cycle <= b)) for a, b in pairwise(edges)]
    groups = [group for group in inside if len(group) >= LEAST]
    if len(groups) < 4:
        raise RangeError(f"{len(cycle)} reads fill {len(groups)} bins of life: accepts 4 or more")
    at = np.array([np.median(cycle[group]) for group in groups])
    return at, [np.array([np.median(state[group]) for group in groups]) for state in states]
