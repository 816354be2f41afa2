"""What makes a generator function an experiment: recipe, needs, channels, plots, summary.

A protocol reads like a lab book: recipe first, capabilities after; ``yield`` is the only output and
the only place where a run can pause. What it returns is carried to the next unit.
"""

import math
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .bit_capabilities import BulkLogic, ChargeSums
from .capabilities import Cells, Feedback, Lines, ParallelUpdate, Vectors
from .clock import Clock
from .documents import Channel, Outcome
from .instrument_capabilities import ThermalStage
from .pad_probe import PadProbe
from .plots import PlotSpec
from .recipe import Recipe, Unit

Carry = Mapping[str, NDArray[Any]]


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a protocol was given. It asks for these and never names an instrument.

    What the bench or its chip cannot do is None.
    """

    clock: Clock
    cells: Cells
    lines: Lines | None = None
    vectors: Vectors | None = None
    updates: ParallelUpdate | None = None
    feedback: Feedback | None = None
    bits: BulkLogic | None = None
    sums: ChargeSums | None = None
    stage: ThermalStage | None = None
    digitizer: PadProbe | None = None


@dataclass(frozen=True, slots=True)
class Rows:
    """A batch of rows for the record: one array for each declared channel, equally long."""

    columns: Mapping[str, NDArray[Any]]


@dataclass(frozen=True, slots=True)
class Finding:
    """A value with interval and limits; becomes a Result."""

    name: str
    value: float
    unit: str = ""
    low: float | None = None
    high: float | None = None
    lower_limit: float | None = None
    upper_limit: float | None = None
    cell: int = -1

    @property
    def outcome(self) -> Outcome:
        """Return PASS or FAIL against the limits, NONE without limits, ERROR without a number."""
        if self.lower_limit is None and self.upper_limit is None:
            return "NONE"
        if math.isnan(self.value):
            return "ERROR"
        above = self.lower_limit is None or self.value >= self.lower_limit
        below = self.upper_limit is None or self.value <= self.upper_limit
        return "PASS" if above and below else "FAIL"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the present unit is, 0 to 1, and what is being done."""

    fraction: float
    text: str = ""


Step = Rows | Finding | Progress
Steps = Generator[Step, None, Carry | None]
Run = Callable[[Any, Capabilities, Unit, Carry], Steps]
Summarise = Callable[[Any, Mapping[str, NDArray[Any]]], list[Finding]]


@dataclass(frozen=True, slots=True)
class ProtocolSpec:
    """An experiment as the runner, the record, the front door and the dashboard see it.

    summarise: given the recipe and all rows of the run (one array a channel), the findings.
    """

    name: str
    recipe: type[Recipe]
    run: Run
    channels: tuple[Channel, ...]
    plots: tuple[PlotSpec, ...]
    summarise: Summarise
    doc: str


def _no_findings(recipe: Any, rows: Mapping[str, NDArray[Any]]) -> list[Finding]:
    return []


def protocol(
    recipe: type[Recipe],
    *,
    channels: tuple[Channel, ...],
    plots: tuple[PlotSpec, ...] = (),
    summarise: Summarise = _no_findings,
) -> Callable[[Run], ProtocolSpec]:
    """Declare a generator function as the protocol of ``recipe``.

    Raises ValueError for a plot of a channel that is not declared.
    """
    declared = {channel.name for channel in channels}
    for plot in plots:
        if missing := sorted(plot.needs - declared):
            raise ValueError(
                f"plot {plot.title!r} needs {missing}, declared are {sorted(declared)}"
            )

    def declare(run: Run) -> ProtocolSpec:
        doc = recipe.__doc__ or run.__doc__ or ""
        return ProtocolSpec(recipe.protocol, recipe, run, channels, plots, summarise, doc)

    return declare


def check_rows(columns: Mapping[str, NDArray[Any]], channels: tuple[Channel, ...]) -> Carry:
    """Return the columns in their declared dtypes and order.

    Raises ValueError where a channel is missing, unknown, or of another length than the first.
    """
    declared = {channel.name for channel in channels}
    if set(columns) != declared:
        raise ValueError(f"rows have {sorted(columns)}, declared are {sorted(declared)}")
    ready = {c.name: np.ascontiguousarray(columns[c.name], dtype=c.dtype) for c in channels}
    lengths = {len(array) for array in ready.values()}
    if len(lengths) > 1:
        raise ValueError(f"columns of one batch differ in length: {sorted(lengths)}")
    return ready
