"""Pulse capture: see with a scope on the pad whether pulses arrive as they are sent.

A load setting that does not fit doubles every voltage, a long line rounds every pulse, and nothing
of it shows in what the instruments say they do. Each chosen cell gets the recipe's pulse a few
times; what the scope records is held against what was asked for.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from labcim.analysis.pulse_shape import NO_PULSE, PulseShape, pulse_shape
from labcim.capabilities import Topology, Train
from labcim.documents import Channel
from labcim.errors import RecipeError
from labcim.instrument_capabilities import Capture
from labcim.limits import Demand, Family
from labcim.pad_probe import PadProbe
from labcim.plots import PlotSpec
from labcim.programming.cell_selection import CellSelection, chosen_cells, places
from labcim.programming.estimate import CellCost, Estimate
from labcim.protocol import Capabilities, Carry, Finding, Progress, Rows, Steps, protocol
from labcim.recipe import Recipe, Unit, blocks_of_cells
from labcim.units import Second, Volt

from ._capture_findings import capture_findings

HEADROOM = (1.5, 3.0, 6.0)  # times the amplitude: the next one where a capture is clipped
BELOW = 0.25  # of the amplitude below the base


class PulseCapture(Recipe):
    """Send a pulse to cells and check amplitude, overshoot, edges and width at the pad."""

    protocol: ClassVar[str] = "pulse_capture"

    cells: CellSelection = Field(
        "0:1, 0:1",
        description="Which cells: all, a rectangle, or a list; those on the scope's pad.",
    )
    amplitude: Volt = Field(
        0.2, ge=-10, le=10, description="Amplitude; positive SET, negative RESET. 0.2 V reads."
    )
    width: Second = Field(1e-6, gt=0, le=1, description="Width of the pulse.")
    gate: Volt = Field(0.0, ge=0, le=10, description="Gate during the pulse; 0: no current flows.")
    repeats: int = Field(10, ge=2, le=10_000, description="Captures of each cell.")
    tolerance: float = Field(
        0.05, gt=0, lt=1, description="The amplitude may be off by this share of it."
    )
    width_tolerance: float = Field(0.1, gt=0, lt=1, description="Likewise the width.")
    overshoot: float = Field(0.1, gt=0, le=10, description="Largest overshoot, likewise.")
    patience: Second = Field(
        1.0, gt=0, le=3600, description="Wait for a trigger at most this long."
    )
    points: int = Field(250, ge=10, le=2500, description="Points of each capture on record.")
    block: int = Field(64, ge=1, le=1 << 20, description="Cells in one unit of work.")

    @model_validator(mode="after")
    def _has_a_polarity(self) -> "PulseCapture":
        if self.amplitude == 0.0:
            raise ValueError("amplitude = 0 V: a pulse has a polarity")
        return self

    def bound(self) -> int:
        """Return the most pulses that a cell gets: one more for each wider range."""
        return self.repeats + len(HEADROOM) - 1

    def units(self, topology: Topology) -> list[Unit]:
        """Return blocks of cells."""
        return blocks_of_cells(chosen_cells(self.cells, topology), self.block, self.bound())

    def demands(self) -> list[Demand]:
        """Return the amplitude on the line that it raises, the gate, and how short a pulse is."""
        side: Family = "row" if self.amplitude > 0.0 else "column"
        return [
            Demand("amplitude", side, abs(self.amplitude)),
            Demand("gate", "gate", self.gate),
            Demand("width", side, width=self.width),
        ]

    def estimate(self, topology: Topology) -> Estimate:
        """Return the expected cost on an array of this shape."""
        cells = len(chosen_cells(self.cells, topology))
        cost = CellCost(pulses=float(self.repeats), seconds=3.0 * self.width, bound=self.bound())
        return cost.of(cells, topology)


CHANNELS = (
    Channel(name="cell", dtype="<u4", doc="index, row-major"),
    Channel(name="row", dtype="<u4"),
    Channel(name="column", dtype="<u4"),
    Channel(name="repeat", dtype="<u4", doc="which capture of the cell, from 0"),
    Channel(name="at", dtype="<f8", unit="s", doc="after the trigger"),
    Channel(name="volts", dtype="<f8", unit="V", doc="at the pad"),
    Channel(name="clipped", dtype="?", doc="beyond the digitizer's range: no data"),
    Channel(name="whole", dtype="?", doc="first point of a capture: its shape stands here"),
    Channel(name="captured", dtype="?", doc="a pulse was seen, and nothing of it was clipped"),
    Channel(name="commanded", dtype="<f8", unit="V", doc="amplitude that was asked for"),
    Channel(name="amplitude", dtype="<f8", unit="V", doc="from base to top; NaN: not captured"),
    Channel(name="overshoot", dtype="<f8", doc="beyond the top, share of the amplitude"),
    Channel(name="undershoot", dtype="<f8", doc="beyond the base after it, likewise"),
    Channel(name="rise", dtype="<f8", unit="s", doc="from 10 to 90 %"),
    Channel(name="fall", dtype="<f8", unit="s", doc="from 90 to 10 %"),
    Channel(name="width", dtype="<f8", unit="s", doc="between the half-way points"),
    Channel(name="gain", dtype="<f8", doc="accuracy of the digitizer's voltages"),
    Channel(name="slow", dtype="<f8", unit="s", doc="what the digitizer adds to an edge"),
    Channel(name="resolution", dtype="<f8", unit="V", doc="of the digitizer"),
    Channel(name="time", dtype="<f8", unit="s", doc="bench time after the capture"),
)

PLOTS = (
    PlotSpec("Pulse at the pad", "line", "volts", x="at", group="repeat"),
    PlotSpec("Amplitude of each capture", "scatter", "amplitude", x="repeat", group="cell",
             where="captured"),
)  # fmt: skip


def summarise(recipe: PulseCapture, rows: Mapping[str, NDArray[Any]]) -> list[Finding]:
    """Return how well the pulses at the pad agree with those that were asked for."""
    return capture_findings(
        rows, width=recipe.width, tolerance=recipe.tolerance,
        width_tolerance=recipe.width_tolerance, overshoot=recipe.overshoot,
    )  # fmt: skip


@dataclass
class _Capturing:
    """One cell after the other under the probe. headroom: which of the ranges fits."""

    recipe: PulseCapture
    given: Capabilities
    probe: PadProbe
    headroom: int = 0

    def captures(self, cell: int) -> Iterator[tuple[Capture | None, PulseShape]]:
        """Yield ``repeats`` captures of one cell; those that clip widen the range once each."""
        left = self.recipe.repeats
        while left:
            capture = self._capture(cell)
            clipped = capture is not None and bool(capture.clipped.any())
            if clipped and self.headroom + 1 < len(HEADROOM):
                self.headroom += 1
                continue
            left -= 1
            yield capture, NO_PULSE if capture is None or clipped else self._shape(capture)

    def _capture(self, cell: int) -> Capture | None:
        it, height = self.recipe, abs(self.recipe.amplitude)
        self.probe.arm(
            lowest=-BELOW * height,
            highest=HEADROOM[self.headroom] * height,
            before=0.5 * it.width,
            after=2.0 * it.width,
            level=0.5 * height,
        )
        train = Train(amplitude=it.amplitude, width=it.width, gate=it.gate)
        self.given.cells.pulse(np.array([cell], np.uint32), train)
        return self.probe.fetch(self.given.clock, it.patience)

    def _shape(self, capture: Capture) -> PulseShape:
        return pulse_shape(capture.times, capture.volts, capture.resolution, self.recipe.width)


@protocol(PulseCapture, channels=CHANNELS, plots=PLOTS, summarise=summarise)
def pulse_capture(recipe: PulseCapture, given: Capabilities, unit: Unit, carry: Carry) -> Steps:
    """Arm, pulse, fetch; a batch of rows for each capture."""
    if given.digitizer is None:
        raise RecipeError(
            "pulse_capture looks at pulses, and the bench has no digitizer: name one with a table "
            "[digitizer] in the bench file"
        )
    capturing = _Capturing(recipe, given, given.digitizer)
    rows, columns = places(unit.cells, given.cells.topology)
    for number, cell in enumerate(unit.cells.tolist()):
        for repeat, (capture, shape) in enumerate(capturing.captures(cell)):
            where = {"cell": cell, "row": rows[number], "column": columns[number]}
            yield _batch(recipe, where, repeat, capture, shape, given.clock.now())
        yield Progress((number + 1) / len(unit.cells), f"cell {cell}")
    return None


def _batch(
    recipe: PulseCapture,
    where: Mapping[str, int],
    repeat: int,
    capture: Capture | None,
    shape: PulseShape,
    time: float,
) -> Rows:
    """Return a capture's points; its shape stands at the first one, NaN at the others."""
    nothing = np.full(1, np.nan)
    at = capture.times if capture else nothing
    chosen = np.linspace(0, len(at) - 1, min(recipe.points, len(at))).astype(np.intp)
    size = len(chosen)
    first = np.arange(size) == 0
    volts = capture.volts[chosen] if capture else nothing
    clipped = np.zeros(size, np.bool_)
    if capture:  # also where a clipped point is none of those on record
        clipped = capture.clipped[chosen] | (first & capture.clipped.any())
    sign = 1.0 if recipe.amplitude > 0.0 else -1.0
    once = {
        "amplitude": sign * shape.amplitude, "overshoot": shape.overshoot,
        "undershoot": shape.undershoot, "rise": shape.rise, "fall": shape.fall,
        "width": shape.width,
    }  # fmt: skip
    figures = (capture.gain, capture.rise, capture.resolution) if capture else (np.nan,) * 3
    return Rows({
        **{name: np.full(size, value) for name, value in where.items()},
        "repeat": np.full(size, repeat), "at": at[chosen], "volts": volts, "clipped": clipped,
        "whole": first, "captured": first & shape.is_known,
        "commanded": np.full(size, recipe.amplitude),
        **{name: np.where(first, value, np.nan) for name, value in once.items()},
        "gain": np.full(size, figures[0]), "slow": np.full(size, figures[1]),
        "resolution": np.full(size, figures[2]), "time": np.full(size, time),
    })  # fmt: skip
