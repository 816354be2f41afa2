"""Levels spaced by the spread of what is written, so that all have the same margin of error."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from labcim.analysis.distributions import Floats
from labcim.errors import RangeError

_HALVINGS = 40


@dataclass(frozen=True, slots=True)
class Levels:
    """targets, (n,), and edges between them, (n - 1,), in the unit of the spread.

    margin: by how many standard deviations each edge is away from both its levels.
    """

    targets: Floats
    edges: Floats
    margin: float


def allocate(count: int, low: float, high: float, sigma: Callable[[float], float]) -> Levels:
    """Return ``count`` levels from ``low`` to ``high`` with equal margins.

    sigma: the standard deviation of what is reached, at a target. Levels follow each other by
    margin * (sigma + sigma); the margin is that with which the last one is at ``high``.
    Raises RangeError for less than two levels or a range that is none.
    """
    if count < 2:
        raise RangeError(f"levels = {count}: accepts 2 or more")
    if not low < high:
        raise RangeError(f"levels from {low:g} to {high:g}: accepts low below high")
    least, most = 0.0, (high - low) / max(sigma(low), sigma(high), 1e-30)
    for _ in range(_HALVINGS):
        margin = 0.5 * (least + most)
        targets, _ = _chain(count, low, high, margin, sigma)
        if targets[-1] >= high:
            most = margin
        else:
            least = margin
    targets, edges = _chain(count, low, high, least, sigma)
    return Levels(np.array(targets), np.array(edges), least)


def _chain(
    count: int, low: float, high: float, margin: float, sigma: Callable[[float], float]
) -> tuple[list[float], list[float]]:
    """Return targets and edges from ``low`` on; targets stop at ``high``."""
    targets, edges = [low], []
    for _ in range(count - 1):
        edge = targets[-1] + margin * sigma(targets[-1])
        edges.append(min(edge, high))
        targets.append(_above(edge, high, margin, sigma))
    return targets, edges


def _above(edge: float, high: float, margin: float, sigma: Callable[[float], float]) -> float:
    """Return the level whose lower edge this is, or ``high`` if it would be beyond."""
    if high - margin * sigma(high) <= edge:
        return high
    below, above = edge, high
    for _ in range(_HALVINGS):
        middle = 0.5 * (below + above)
        if middle - margin * sigma(middle) < edge:
            below = middle
        else:
            above = middle
    return above


def edges_between(means: Floats, sigmas: Floats) -> Floats:
    """Return the edges that are equally many standard deviations from both their neighbours.

    means, sigmas: of each level, lowest first, (n,). Returns (n - 1,).
    """
    weight = sigmas[:-1] + sigmas[1:]
    middle = 0.5 * (means[:-1] + means[1:])
    with np.errstate(invalid="ignore", divide="ignore"):
        found = (means[:-1] * sigmas[1:] + means[1:] * sigmas[:-1]) / weight
    return np.where(weight > 0.0, found, middle)
