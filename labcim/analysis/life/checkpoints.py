"""What is known of lives that are looked at now and then, and what goes wrong if that is forgotten.

Endurance read at log-spaced checkpoints is interval-censored: a cell that is found dead at a
checkpoint died at some time since the last one.  To take the checkpoint as the time of failure is
the common error; with looks a decade apart it makes cells live twice as long as they do.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labcim.analysis.distributions import Interval, share_interval
from labcim.errors import RangeError

from .fits import fit_lognormal, fit_weibull
from .lifetimes import Lifetimes


def looked_at(time: ArrayLike, looks: ArrayLike) -> Lifetimes:
    """Return what looks at given times tell of units that fail at ``time`` for good.

    A unit that fails at the moment of a look is found failed.  Raises RangeError unless looks rise
    from above 0.
    """
    at, edges = (np.asarray(part, dtype=np.float64) for part in (time, looks))
    if edges.ndim != 1 or len(edges) == 0 or not (np.diff(edges, prepend=0.0) > 0.0).all():
        raise RangeError(f"{len(edges)} looks: accepts times that rise from above 0")
    if not np.isfinite(edges).all() or not (at > 0.0).all():
        raise RangeError("looks: accepts finite times, and lives above 0")
    ends = np.concatenate([[0.0], edges, [np.inf]])
    place = np.searchsorted(edges, at, side="left")
    return Lifetimes(ends[place], ends[place + 1])


def taken_as_moments(lifetimes: Lifetimes) -> Lifetimes:
    """Return the common error: each failure at the look that found it. For comparison only."""
    found = np.isfinite(lifetimes.upper)
    return Lifetimes(np.where(found, lifetimes.upper, lifetimes.lower), lifetimes.upper)


@dataclass(frozen=True, slots=True)
class CheckpointBias:
    """A median life as it is, from intervals, and as it looks when checkpoints are taken for it.

    ratio: of the second over the first; 1 if nothing is lost.
    """

    censored: Interval
    as_moments: Interval

    @property
    def ratio(self) -> float:
        """Return by how much checkpoints lengthen the median life."""
        return self.as_moments.value / self.censored.value


def checkpoint_bias(lifetimes: Lifetimes, *, law: str = "weibull") -> CheckpointBias:
    """Fit lives both ways. Raises RangeError as the fits do."""
    if law not in ("lognormal", "weibull"):
        raise RangeError(f"law = {law!r}: accepts lognormal, weibull")
    fit = fit_weibull if law == "weibull" else fit_lognormal
    return CheckpointBias(
        fit(lifetimes).quantile(0.5), fit(taken_as_moments(lifetimes)).quantile(0.5)
    )


def missed_by_sparse_reading(failed: NDArray[np.bool_], read: NDArray[np.bool_]) -> Interval:
    """Return the share of failed cycles that nobody read, with its interval; NaN without failures.

    failed: whether a cycle failed, (cells, cycles).  read: which cycles are read, (cycles,).  A
    failure that heals by itself before the next reading is never seen.
    """
    if failed.ndim != 2 or read.shape != failed.shape[1:]:
        raise RangeError(
            f"failures of shape {failed.shape}, {read.shape} readings: accepts (cells, cycles), "
            "(cycles,)"
        )
    total = int(failed.sum())
    return share_interval(total - int(failed[:, read].sum()), total)
