"""What the rows of a pulse response say of each cell, and the table that follows."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labcim.analysis.distributions import student_interval
from labcim.analysis.linearity import (
    branch_distance,
    common_deviation,
    deviation_interval,
    nonlinearity,
    separable_states,
    symmetry_point,
)
from labcim.protocol import Finding

Floats = NDArray[np.float64]


class Stage(IntEnum):
    """What a reading follows."""

    START = 0
    LOWEST = 1  # pulsed all the way down
    HIGHEST = 2  # and all the way up
    UP = 3
    DOWN = 4
    HALF_BEFORE = 5
    HALF_AFTER = 6
    SYMMETRY = 7


@dataclass(frozen=True, slots=True)
class Response:
    """Readings in S: lowest, highest, half_before, half_after (cells,), NaN where there are none.

    up, down: (cells, cycles, points + 1), from before the first pulse on.  symmetry: (cells, n).
    sigma: of a reading, (cells,).
    """

    cells: NDArray[np.uint32]
    lowest: Floats
    highest: Floats
    up: Floats
    down: Floats
    half_before: Floats
    half_after: Floats
    symmetry: Floats
    sigma: Floats


def response_of(rows: Mapping[str, NDArray[Any]]) -> Response:
    """Return the rows of a run as tables; a unit that was done again counts once, the last time."""
    cells = np.unique(rows["cell"])
    place = np.searchsorted(cells, rows["cell"])
    stage, cycle = rows["stage"].astype(int), rows["cycle"].astype(int)

    def table(which: Stage) -> Floats:
        here = stage == which
        if not here.any():
            return np.full((len(cells), 1, 1), np.nan)
        point = rows["point"][here].astype(int)
        found = np.full((len(cells), cycle[here].max() + 1, point.max() + 1), np.nan)
        found[place[here], cycle[here], point] = rows["conductance"][here]
        return found

    def single(which: Stage) -> Floats:
        return np.asarray(table(which)[:, 0, -1])

    sigma = np.full(len(cells), np.nan)
    started = stage == Stage.START
    sigma[place[started]] = rows["sigma"][started]
    return Response(
        cells,
        single(Stage.LOWEST),
        single(Stage.HIGHEST),
        table(Stage.UP),
        table(Stage.DOWN),
        single(Stage.HALF_BEFORE),
        single(Stage.HALF_AFTER),
        table(Stage.SYMMETRY)[:, 0],
        sigma,
    )


def findings(seen: Response, pulses: int, half_pulses: int) -> list[Finding]:
    """Return the table. pulses: of a point of a branch.  half_pulses: at half the voltage."""
    per_branch = pulses * (seen.up.shape[2] - 1)
    step = (seen.up[:, :, -1] - seen.up[:, :, 0]).mean(axis=1) / max(per_branch, 1)
    return [
        *_branches(seen),
        *_window(seen, step),
        *_half(seen, step, half_pulses),
        *_symmetry(seen),
    ]


def _branches(seen: Response) -> list[Finding]:
    """Return what both branches are like, cycle by cycle, each cell's mean over its cycles."""
    moves = _moves(seen)
    found = [Finding("cells that move up and down", float(np.mean(moves)), "%")]
    if not moves.any():
        return found
    up, down = seen.up[moves], seen.down[moves]
    bent = [
        np.array([[nonlinearity(one) for one in cell] for cell in table]) for table in (up, down)
    ]
    apart = [
        [branch_distance(*one) for one in zip(*pair, strict=True)]
        for pair in zip(up, down, strict=True)
    ]
    ratio = (up[:, :, -1] - up[:, :, 0]) / (down[:, :, 0] - down[:, :, -1])
    found += [
        *_mean("nonlinearity up", bent[0].mean(axis=1)),
        *_mean("nonlinearity down", bent[1].mean(axis=1)),
        *_mean("asymmetry index", (bent[0] + bent[1]).mean(axis=1)),
        *_mean("distance of up and down branch", np.mean(apart, axis=1), "%"),
        *_mean("up/down ratio", ratio.mean(axis=1)),
    ]
    if ratio.shape[1] >= 2 and len(ratio) >= 2:
        half = ratio.shape[1] // 2
        common = common_deviation(ratio[:, :half].mean(axis=1), ratio[:, half:].mean(axis=1))
        found.append(Finding("up/down ratio, spread", common / float(ratio.mean()), "%"))
    return found


_SEEN = 5.0  # standard deviations of a reading that a branch must rise and fall


def _moves(seen: Response) -> NDArray[np.bool_]:
    """Say of each cell whether all its branches rise and fall by more than readings scatter."""
    rise, fall = seen.up[:, :, -1] - seen.up[:, :, 0], seen.down[:, :, 0] - seen.down[:, :, -1]
    least = _SEEN * np.nan_to_num(seen.sigma)[:, None]
    return np.asarray(((rise > least) & (fall > least)).all(axis=1))


def _window(seen: Response, step: Floats) -> list[Finding]:
    """Return the window, and the step of a pulse in it, in siemens and in ohms."""
    found = _mean("step", step, "S")
    low, high = seen.lowest, seen.highest
    if not np.isfinite(low).any():
        return found
    with np.errstate(divide="ignore", invalid="ignore"):
        resistance, levels = 2.0 / (high + low), (high - low) / step
        ohms = (1.0 / low - 1.0 / high) / levels
        states = separable_states(low, high, step, seen.sigma)
        ratio = high / low
    return [
        *found,
        *_mean("conductance, lowest", low, "S"),
        *_mean("conductance, highest", high, "S"),
        *_mean("resistance, average", resistance, "Ω"),
        *_spread("resistance, spread", resistance, "Ω"),
        *_mean("on/off ratio", ratio),
        *_mean("step in resistance", ohms, "Ω"),
        *_spread("step in resistance, spread", ohms, "Ω"),
        *_mean("levels", levels),
        *_mean("states apart", states),
    ]


def _half(seen: Response, step: Floats, pulses: int) -> list[Finding]:
    """Return what a pulse of half the voltage does, as a share of a whole one and in ohms."""
    moved = (seen.half_after - seen.half_before) / max(pulses, 1)
    known = np.isfinite(moved) & np.isfinite(step)
    if not known.any():
        return []
    # Of the sums: one cell's share is small, and its noise is not.
    share = float(moved[known].sum() / step[known].sum())
    found = [Finding("half-select step, share of a whole one", share, "%")]
    with np.errstate(divide="ignore", invalid="ignore"):
        ohms = (1.0 / seen.lowest - 1.0 / seen.highest) * step / (seen.highest - seen.lowest)
    if np.isfinite(ohms).any():
        found.append(
            Finding("half-select step in resistance", share * float(np.nanmean(ohms)), "Ω")
        )
    return found


_LISTED = 1000


def _symmetry(seen: Response) -> list[Finding]:
    """Return each cell's symmetry point, and how far on their way the cells came."""
    if seen.symmetry.shape[1] < 6:
        return []
    points = [symmetry_point(series) for series in seen.symmetry if _enough(series)]
    cells = [
        cell for cell, series in zip(seen.cells, seen.symmetry, strict=True) if _enough(series)
    ]
    found = [
        *_mean("symmetry point, mean", np.array([one.point.value for one in points]), "S"),
        Finding("cells at their symmetry point", float(np.mean([x.settled for x in points])), "%"),
    ]
    for cell, one in list(zip(cells, points, strict=True))[:_LISTED]:
        low, high = (one.point.low, one.point.high) if one.settled else (None, None)
        found.append(Finding("symmetry point", one.point.value, "S", low, high, cell=int(cell)))
    return found


def _enough(series: Floats) -> bool:
    return int(np.isfinite(series).sum()) >= 6


def _mean(name: str, values: Floats, unit: str = "") -> list[Finding]:
    known = values[np.isfinite(values)]
    if not len(known):
        return []
    mean = student_interval(known)
    low, high = (mean.low, mean.high) if len(known) > 1 else (None, None)
    return [Finding(name, mean.value, unit, low, high)]


def _spread(name: str, values: Floats, unit: str) -> list[Finding]:
    known = values[np.isfinite(values)]
    if len(known) < 2:
        return []
    spread = deviation_interval(known)
    return [Finding(name, spread.value, unit, spread.low, spread.high)]
