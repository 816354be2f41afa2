"""Verdicts: what a recipe's limits say of findings and of cells.

A limit is on a quantity by name. On a finding it gives PASS or FAIL; on a channel it judges every
row, and so every cell. A protocol knows nothing of it: its declaration is wrapped.
"""

from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .analysis.distributions import last_of_each, share_interval
from .documents import Channel
from .errors import RecipeError
from .plots import PlotSpec
from .protocol import Capabilities, Carry, Finding, ProtocolSpec, Rows, Step, Steps
from .quantity_limit import Limit
from .recipe import Recipe, Unit

VERDICT = "verdict"
CELLS_IN_LIMITS = "cells in limits"

Columns = Mapping[str, NDArray[Any]]


class Verdict(IntEnum):
    """What became of a row."""

    NONE = 0
    PASS = 1
    FAIL = 2
    ERROR = 3  # flagged, or no number: what is not data cannot pass


def judged(spec: ProtocolSpec, recipe: Recipe, found: frozenset[str] = frozenset()) -> ProtocolSpec:
    """Return the protocol as the recipe's limits judge it; without limits as it is.

    found: names of findings that the run which is resumed has yielded already. With limits on
    channels the rows get a channel more, "verdict", and there is a map of it. Raises RecipeError
    for a limit in another unit than its channel's, or on what is no number.
    """
    if not recipe.limits:
        return spec
    judge = _Judge(spec, recipe, found)
    if not judge.rows_judged:
        return replace(spec, run=judge.run, summarise=judge.summarise)
    if VERDICT in judge.channels:
        raise RecipeError(f"{spec.name} has verdicts of its own: limits on channels have no place")
    names = "; ".join(f"{verdict.value} {verdict.name}" for verdict in Verdict)
    plots = spec.plots
    if {"row", "column"} <= set(judge.channels):
        plots = (*plots, PlotSpec("Yield", "map", VERDICT))
    return replace(
        spec,
        run=judge.run,
        channels=(*spec.channels, Channel(name=VERDICT, dtype="u1", doc=names)),
        plots=plots,
        summarise=judge.summarise,
    )


def verdicts(columns: Columns, limits: Mapping[str, tuple[float, float]]) -> NDArray[np.uint8]:
    """Return a Verdict for each row. limits: channel -> (lowest, highest), infinite where open."""
    first = next(iter(columns.values()), np.zeros(0))
    found = np.full(len(first), Verdict.PASS, np.uint8)
    error = np.zeros(len(first), np.bool_)
    if "flags" in columns:
        error |= columns["flags"] != 0
    for name, (low, high) in limits.items():
        values = np.asarray(columns[name], np.float64)
        error |= ~np.isfinite(values)
        found[(values < low) | (values > high)] = Verdict.FAIL
    found[error] = Verdict.ERROR
    return found


def last_verdicts(columns: Columns) -> NDArray[np.uint8]:
    """Return the verdict of each cell's last row; of all rows where they are not of cells."""
    found: NDArray[np.uint8] = np.asarray(columns[VERDICT], np.uint8)
    return found[last_of_each(columns)] if "cell" in columns else found


class _Judge:
    """The limits of one recipe on one protocol."""

    def __init__(self, spec: ProtocolSpec, recipe: Recipe, found: frozenset[str]) -> None:
        self._spec = spec
        self.channels = {channel.name: channel for channel in spec.channels}
        self.rows_judged: dict[str, tuple[float, float]] = {}
        self._findings: dict[str, Limit] = {}
        self._met = set(found)
        for limit in recipe.limits:
            if limit.name in self.channels:
                self.rows_judged[limit.name] = _of_channel(limit, self.channels[limit.name])
            else:
                self._findings[limit.name] = limit

    def run(self, recipe: Recipe, given: Capabilities, unit: Unit, carry: Carry) -> Steps:
        """Run the protocol; judge what it yields."""
        with closing(self._spec.run(recipe, given, unit, carry)) as steps:
            while True:
                try:
                    step = next(steps)
                except StopIteration as end:
                    return end.value  # type: ignore[no-any-return]
                yield self._judged(step)

    def _judged(self, step: Step) -> Step:
        if isinstance(step, Rows) and self.rows_judged:
            return Rows({**step.columns, VERDICT: verdicts(step.columns, self.rows_judged)})
        return self._limited(step) if isinstance(step, Finding) else step

    def summarise(self, recipe: Recipe, rows: Columns) -> list[Finding]:
        """Return the protocol's findings with limits, the yield, and limits that met nothing."""
        own = {name: column for name, column in rows.items() if name != VERDICT}
        found = [self._limited(finding) for finding in self._spec.summarise(recipe, own)]
        if self.rows_judged:
            found.append(self._limited(_in_limits(last_verdicts(rows))))
        return found + [
            self._limited(Finding(name, float("nan")))
            for name in sorted(set(self._findings) - self._met)
        ]

    def _limited(self, finding: Finding) -> Finding:
        limit = self._findings.get(finding.name)
        if limit is None:
            return finding
        self._met.add(finding.name)
        low, high = limit.bounds(finding.unit)
        # What the recipe leaves open stays as the protocol has it.
        return replace(
            finding,
            lower_limit=low if np.isfinite(low) else finding.lower_limit,
            upper_limit=high if np.isfinite(high) else finding.upper_limit,
        )


def _of_channel(limit: Limit, channel: Channel) -> tuple[float, float]:
    if channel.shape or np.dtype(channel.dtype).kind not in "bfiu":
        raise RecipeError(f"limits: channel {limit.name!r} is not one number a row")
    return limit.bounds(channel.unit)


def _in_limits(found: NDArray[np.uint8]) -> Finding:
    share = share_interval(int(np.count_nonzero(found == Verdict.PASS)), max(len(found), 1))
    return Finding(CELLS_IN_LIMITS, share.value, "%", share.low, share.high)
