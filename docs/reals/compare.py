"""Fit on one half, measure the simulated chip, and hold it against the other half."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from labcim.analysis.resampling import Statistics, bootstrap_intervals


@dataclass(frozen=True)
class Verdict:
    """One statistic of one split: both real halves, the simulated chip, and the interval."""

    statistic: str
    fitted: float
    held_out: float
    low: float
    high: float
    simulated: float

    @property
    def holds(self) -> bool:
        """Whether the simulated statistic lies in the held-out half's 95 % interval."""
        return self.low <= self.simulated <= self.high

    @property
    def real_holds(self) -> bool:
        """Whether the fitting half's own statistic does: the honest yardstick."""
        return self.low <= self.fitted <= self.high


def halves(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the numbers of the cells in the fitting and in the held-out half."""
    order = np.random.default_rng([seed, 64]).permutation(count)
    return np.sort(order[: count // 2]), np.sort(order[count // 2 :])


def verdicts(
    fitted: np.ndarray,
    held_out: np.ndarray,
    simulated: np.ndarray,
    statistics: Statistics,
    *,
    resamples: int = 1000,
) -> list[Verdict]:
    """Compare by every statistic. Arrays are of shape (cells, ...), cells may differ in number."""
    intervals = bootstrap_intervals(held_out, statistics, resamples=resamples, seed=7)
    return [
        Verdict(
            name,
            statistic(fitted),
            intervals[name].value,
            intervals[name].low,
            intervals[name].high,
            statistic(simulated),
        )
        for name, statistic in statistics.items()
    ]


def table(found: Mapping[int, list[Verdict]]) -> pd.DataFrame:
    """Return one row for each statistic over all splits.

    measured: mean of the halves.  half: half the width of the interval.  miss: how far the
    simulated mean is from the measured one, in such half widths.
    """
    rows = {}
    names = [one.statistic for one in next(iter(found.values()))]
    for i, name in enumerate(names):
        of = [split[i] for split in found.values()]
        measured = np.mean([(one.fitted + one.held_out) / 2.0 for one in of])
        half = np.mean([(one.high - one.low) / 2.0 for one in of])
        simulated = np.mean([one.simulated for one in of])
        rows[name] = {
            "measured": measured,
            "half": half,
            "simulated": simulated,
            "miss": (simulated - measured) / half,
            "holds": sum(one.holds for one in of),
            "real": sum(one.real_holds for one in of),
            "splits": len(of),
        }
    return pd.DataFrame.from_dict(rows, orient="index")
