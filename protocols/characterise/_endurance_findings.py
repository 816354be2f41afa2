"""What an endurance run says: missed cycles, lifetimes, and when the window closes."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from labcim.analysis.closure import closes_at, grouped
from labcim.analysis.distributions import share_interval
from labcim.analysis.endurance import End, Judged, judge
from labcim.analysis.life.fits import fit_lognormal, fit_weibull
from labcim.analysis.life.lifetimes import Lifetimes
from labcim.analysis.life.survival import survival
from labcim.errors import RangeError
from labcim.protocol import Finding

if TYPE_CHECKING:
    from .endurance import Endurance

Rows = Mapping[str, NDArray[Any]]
_LISTED = 1000


def summarise(recipe: "Endurance", rows: Rows) -> list[Finding]:
    """Return missed cycles, failures, recoveries, lifetimes, and the cycle of window closure."""
    cells = np.unique(rows["cell"])
    judged = _judged(recipe, rows, cells)
    read = sum(one.read for one in judged)
    misses = sum(one.misses for one in judged)
    missed = share_interval(misses, read)
    early, alive = sum(one.early for one in judged), sum(one.alive for one in judged)
    before = share_interval(early, alive)
    failed = share_interval(sum(one.end != End.ALIVE for one in judged), len(cells))
    found = [
        Finding("cycles read", float(read)),
        Finding("last cycle", float(rows["cycle"].max())),
        Finding("flagged cycles", float(rows["flagged"].sum())),
        Finding("missed cycles", float(misses)),
        Finding("missed cycles, share", missed.value, "", missed.low, missed.high),
        Finding("missed before failure, share", before.value, "", before.low, before.high),
        Finding("cells failed, share", failed.value, "", failed.low, failed.high),
    ]
    for end in (End.CLOSED, End.STUCK_HIGH, End.STUCK_LOW):
        count = sum(one.end == end for one in judged)
        found.append(Finding(f"cells {end.name.lower().replace('_', ' ')}", float(count)))
    found.append(
        Finding("cells that failed and came back", float(sum(j.came_back > 0 for j in judged)))
    )
    found += _by_decade(rows)
    return [*found, *_closure(recipe, rows, cells, judged), *_lives(cells, judged)]


def _by_decade(rows: Rows) -> list[Finding]:
    """Return the share of missed cycles in each decade of cycles, if there is more than one."""
    good = np.isfinite(rows["ratio"])
    decade = np.floor(np.log10(rows["cycle"][good]) + 1e-12).astype(np.int64)
    read = np.bincount(decade)
    missed = np.bincount(decade, rows["missed"][good], len(read))
    found = []
    for n in np.flatnonzero(read).tolist() if len(read) > 1 else []:
        share = share_interval(int(missed[n]), int(read[n]))
        name = f"missed from cycle 1e{n} on, share"
        found.append(Finding(name, share.value, "", share.low, share.high))
    return found


def _judged(recipe: "Endurance", rows: Rows, cells: NDArray[np.uint32]) -> list[Judged]:
    order = np.lexsort((rows["cycle"], rows["cell"]))
    edges = np.searchsorted(rows["cell"][order], cells)
    parts = np.split(order, edges[1:])
    return [
        judge(
            rows["cycle"][part].astype(np.int64),
            rows["high"][part].astype(np.float64),
            rows["low"][part].astype(np.float64),
            ratio=recipe.ratio,
            misses=recipe.misses,
            stretch=recipe.block,
        )
        for part in parts
    ]


def _closure(
    recipe: "Endurance", rows: Rows, cells: NDArray[np.uint32], judged: list[Judged]
) -> list[Finding]:
    """Return when the mean window of cells that are not stuck closes."""
    moving = np.array([one.end in (End.ALIVE, End.CLOSED) for one in judged])
    here = np.isin(rows["cell"], cells[moving])
    if not here.any():
        return []
    ratios = grouped(
        rows["cell"][here],
        rows["cycle"][here].astype(np.int64),
        rows["ratio"][here].astype(np.float64),
        recipe.per_decade,
    )
    found = closes_at(ratios, recipe.ratio)
    if found is None:
        return []
    return [Finding("window closes at cycle", found.value, "", found.low, found.high)]


def _lives(cells: NDArray[np.uint32], judged: list[Judged]) -> list[Finding]:
    """Return the laws of the lifetimes in cycles, and each cell's own."""
    lives = Lifetimes(
        np.array([one.lower for one in judged]), np.array([one.upper for one in judged])
    )
    found: list[Finding] = []
    if lives.failures:
        last = survival(lives)
        found.append(
            Finding("share that lives", float(last.share[-1]), "", *_ends(last.low, last.high))
        )
    try:
        weibull, lognormal = fit_weibull(lives), fit_lognormal(lives)
    except RangeError:  # too few failures for a law
        return found + _each(cells, judged)
    for name, of in (
        ("characteristic life (Weibull), cycles", weibull.scale),
        ("Weibull shape", weibull.shape),
        ("median life (lognormal), cycles", lognormal.median),
        ("sigma of ln life", lognormal.sigma),
    ):
        found.append(Finding(name, of.value, "", of.low, of.high))
    ratio = weibull.log_likelihood - lognormal.log_likelihood
    found.append(Finding("ln likelihood, Weibull over lognormal", ratio))
    return found + _each(cells, judged)


def _ends(low: NDArray[np.float64], high: NDArray[np.float64]) -> tuple[float, float]:
    return float(low[-1]), float(high[-1])


def _each(cells: NDArray[np.uint32], judged: list[Judged]) -> list[Finding]:
    return [
        Finding(
            f"failed: {one.end.name.lower().replace('_', ' ')}",
            one.upper,
            "",
            one.lower,
            one.upper,
            cell=int(cell),
        )
        for cell, one in zip(cells, judged, strict=True)
        if one.end != End.ALIVE
    ][:_LISTED]
