"""Pulse response: potentiation and depression, their symmetry, and the table of a learning cell."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from labcim.capabilities import CellIndices, Floats, Overlap, Topology, Train
from labcim.documents import Channel
from labcim.limits import Demand
from labcim.plots import PlotSpec
from labcim.programming.cell_selection import CellSelection, along_gates, chosen_cells, places
from labcim.programming.estimate import CellCost, Estimate
from labcim.programming.reading import GoodReadings, read_good
from labcim.protocol import Capabilities, Carry, Finding, Progress, Rows, Steps, protocol
from labcim.recipe import Recipe, Unit, blocks_of_cells
from labcim.units import Ampere, Second, Volt

from ._pulse_table import Stage, findings, response_of

_STARTS = 8  # readings before the first pulse, for their scatter


class PulseResponse(Recipe):
    """Pulse cells up and down, find window, steps, linearity, and the point of symmetry."""

    protocol: ClassVar[str] = "pulse_response"

    cells: CellSelection = Field("all", description="Which cells: all, a rectangle, or a list.")
    set_amplitude: Volt = Field(1.4, gt=0, le=10, description="SET amplitude.")
    reset_amplitude: Volt = Field(1.6, gt=0, le=10, description="RESET amplitude, as magnitude.")
    ramp: Volt = Field(0.0, ge=0, le=1, description="Both rise by this from point to point.")
    width: Second = Field(1e-6, gt=0, le=1, description="Width of a pulse.")
    set_gate: Volt = Field(3.0, ge=0, le=10, description="Gate during SET.")
    reset_gate: Volt = Field(5.0, ge=0, le=10, description="Gate during RESET.")
    points: int = Field(32, ge=4, le=100_000, description="Readings of a branch.")
    pulses: int = Field(1, ge=1, le=100_000, description="Identical pulses from point to point.")
    cycles: int = Field(1, ge=1, le=1000, description="Times up and down.")
    window_pulses: int = Field(
        0, ge=0, le=1_000_000, description="Pulses to the ends of the window; 0: not gone to."
    )
    lift: int = Field(0, ge=0, le=1_000_000, description="SET pulses before the first branch.")
    half_pulses: int = Field(
        0, ge=0, le=1_000_000, description="SET pulses at half the amplitude; 0: none."
    )
    pairs: int = Field(0, ge=0, le=100_000, description="Alternating pairs to the symmetry point.")
    pairs_each: int = Field(20, ge=1, le=10_000, description="Pairs between two readings.")
    parallel: bool = Field(
        True, description="Alternate whole rows by overlapping trains, where the bench can."
    )
    settle: Second = Field(0.0, ge=0, le=3600, description="Wait between pulses and reading.")
    current_limit: Ampere = Field(
        1e-3, gt=0, le=0.1, description="Current limit of cells without a gate."
    )
    read_voltage: Volt = Field(0.2, gt=0, le=0.5, description="Read voltage.")
    read_gate: Volt = Field(2.5, ge=0, le=10, description="Gate during reading.")
    averages: int = Field(10, ge=1, le=10_000, description="Readings averaged into one.")
    flagged: int = Field(5, ge=1, le=1000, description="Flagged readings before giving up.")
    block: int = Field(4096, ge=1, le=1 << 24, description="Cells in one unit of work.")

    @property
    def highest_rise(self) -> float:
        """Return the largest rise of the ramp in V."""
        return self.ramp * (self.points - 1)

    def bound(self) -> int:
        """Return the most pulses that a cell gets."""
        branches = 2 * self.cycles * self.points * self.pulses
        window = 3 * self.window_pulses + self.lift
        half = self.half_pulses + (self.window_pulses if self.half_pulses else 0)
        return branches + window + half + 2 * self.pairs

    def units(self, topology: Topology) -> list[Unit]:
        """Return blocks of cells; their own row is full where rows are alternated at once."""
        cells = along_gates(chosen_cells(self.cells, topology), topology)
        return blocks_of_cells(cells, self.block, self.bound())

    def demands(self) -> list[Demand]:
        """Return both amplitudes at the end of the ramp, the gates and the read voltage."""
        return [
            Demand("set_amplitude", "row", self.set_amplitude + self.highest_rise),
            Demand("reset_amplitude", "column", self.reset_amplitude + self.highest_rise),
            Demand("set_gate", "gate", self.set_gate),
            Demand("reset_gate", "gate", self.reset_gate),
            Demand("current_limit", "row", current=self.current_limit),
            Demand("read_gate", "gate", self.read_gate),
            Demand("read_voltage", "row", self.read_voltage, reads=True),
        ]

    def estimate(self, topology: Topology) -> Estimate:
        """Return the expected cost on an array of this shape."""
        cells = len(chosen_cells(self.cells, topology))
        reads = _STARTS + 2 * self.cycles * (self.points + 1) + 6 + self.pairs / self.pairs_each
        pulses = float(self.bound())
        cost = CellCost(pulses, reads, self.averages, self.width, self.bound())
        return cost.of(cells, topology, waits=self.settle * reads)


CHANNELS = (
    Channel(name="cell", dtype="<u4", doc="index, row-major"),
    Channel(name="row", dtype="<u4"),
    Channel(name="column", dtype="<u4"),
    Channel(name="stage", dtype="u1", doc=", ".join(f"{s.value} {s.name.lower()}" for s in Stage)),
    Channel(name="branch", dtype="?", doc="this row is of a branch, up or down"),
    Channel(name="alternating", dtype="?", doc="this row is of the way to the symmetry point"),
    Channel(name="cycle", dtype="<u4", doc="which time up and down, from 0"),
    Channel(name="point", dtype="<u4", doc="reading of the stage; 0 is before its first pulse"),
    Channel(name="pulse", dtype="<u4", doc="pulses of the stage so far, of pairs each counts two"),
    Channel(name="amplitude", dtype="<f8", unit="V", doc="of the last pulse, RESET below 0"),
    Channel(name="conductance", dtype="<f8", unit="S", doc="corrected, NaN where unreadable"),
    Channel(name="sigma", dtype="<f8", unit="S", doc="scatter of a reading, from the first ones"),
    Channel(name="flagged", dtype="<u4", doc="flagged readings, none of them taken for data"),
    Channel(name="time", dtype="<f8", unit="s", doc="bench time of the reading"),
)

PLOTS = (
    PlotSpec("Up and down", "scatter", "conductance", x="pulse", group="stage", where="branch"),
    PlotSpec(
        "To the symmetry point", "line", "conductance", x="pulse", group="cell",
        where="alternating",
    ),
)  # fmt: skip


def summarise(recipe: PulseResponse, rows: Mapping[str, NDArray[Any]]) -> list[Finding]:
    """Return linearity, window, steps and symmetry points: the table of a learning cell."""
    return findings(response_of(rows), recipe.pulses, recipe.half_pulses)


@dataclass
class _Pulsing:
    """The unit's cells, what they get and what is read of them."""

    recipe: PulseResponse
    given: Capabilities
    cells: CellIndices
    sigma: Floats = field(init=False)
    events: int = 0

    def read(self) -> GoodReadings:
        r = self.recipe
        if r.settle > 0.0:
            self.given.clock.sleep(r.settle)
        return read_good(
            self.given.cells, self.cells, r.read_voltage, gate=r.read_gate, averages=r.averages,
            attempts=r.flagged,
        )  # fmt: skip

    def pulse(self, sign: float, count: int, *, rise: float = 0.0, share: float = 1.0) -> float:
        """Give pulses of one polarity and return their amplitude in V."""
        r = self.recipe
        size = (r.set_amplitude if sign > 0.0 else r.reset_amplitude) + rise
        gate = r.set_gate if sign > 0.0 else r.reset_gate
        amplitude = sign * share * size
        if count:
            gated = self.given.cells.topology.kind == "1T1R"
            limit = None if gated else r.current_limit
            train = Train(amplitude, r.width, gate, count=count, current_limit=limit)
            self.given.cells.pulse(self.cells, train)
        return amplitude

    def rows(
        self, stage: Stage, *, cycle: int = 0, point: int = 0, pulse: int = 0, amplitude: float = 0
    ) -> Rows:
        """Read the cells and return the rows."""
        seen = self.read()
        n = len(self.cells)
        row, column = places(self.cells, self.given.cells.topology)
        return Rows(
            {
                "cell": self.cells,
                "row": row,
                "column": column,
                "stage": np.full(n, stage),
                "branch": np.full(n, stage in (Stage.UP, Stage.DOWN)),
                "alternating": np.full(n, stage == Stage.SYMMETRY),
                "cycle": np.full(n, cycle),
                "point": np.full(n, point),
                "pulse": np.full(n, pulse),
                "amplitude": np.full(n, amplitude),
                "conductance": seen.conductance,
                "sigma": self.sigma,
                "flagged": seen.flagged,
                "time": seen.time,
            }
        )

    def alternate(self, pairs: int, first: float) -> None:
        """Give pairs of an up and a down pulse: whole rows at once where the bench can.

        first: 1 or -1, which of the two comes first.
        """
        r, topology = self.recipe, self.given.cells.topology
        whole = r.parallel and self.given.updates is not None and len(self.cells) == topology.size
        if not whole or self.given.updates is None:
            for _ in range(pairs):
                self.pulse(first, 1)
                self.pulse(-first, 1)
            return
        overlap = Overlap(
            r.set_amplitude, -r.reset_amplitude, r.width, 1, True, r.set_gate, r.reset_gate,
            first=self.events,
        )  # fmt: skip
        self.events += 2 * pairs
        signs = np.tile([[first], [-first]], (pairs, 1))
        self.given.updates.update(
            np.ones((2 * pairs, topology.rows)), signs * np.ones(topology.columns), overlap
        )


@protocol(PulseResponse, channels=CHANNELS, plots=PLOTS, summarise=summarise)
def pulse_response(recipe: PulseResponse, given: Capabilities, unit: Unit, carry: Carry) -> Steps:
    """Read, go to the ends of the window, up and down, half-select, and to the symmetry point."""
    cells = _Pulsing(recipe, given, unit.cells)
    first = np.array([cells.read().conductance for _ in range(_STARTS)])
    known = np.isfinite(first).sum(axis=0) > 1
    cells.sigma = np.full(len(unit.cells), np.nan)
    cells.sigma[known] = np.nanstd(first[:, known], axis=0, ddof=1)
    yield cells.rows(Stage.START)
    if recipe.window_pulses:
        yield from _window(cells)
    if recipe.half_pulses:
        yield from _half(cells)
    if recipe.lift:
        cells.pulse(1.0, recipe.lift)
    for cycle in range(recipe.cycles):
        yield Progress(0.2 + 0.4 * cycle / recipe.cycles, f"cycle {cycle + 1} of {recipe.cycles}")
        yield from _branch(cells, Stage.UP, 1.0, cycle)
        yield from _branch(cells, Stage.DOWN, -1.0, cycle)
    yield from _to_symmetry(cells)
    return None


def _window(cells: _Pulsing) -> Iterator[Rows | Progress]:
    """Go to both ends of the window, and down again for the branches."""
    count = cells.recipe.window_pulses
    yield Progress(0.05, "to the ends of the window")
    down = cells.pulse(-1.0, count)
    yield cells.rows(Stage.LOWEST, pulse=count, amplitude=down)
    up = cells.pulse(1.0, count)
    yield cells.rows(Stage.HIGHEST, pulse=count, amplitude=up)
    cells.pulse(-1.0, count)


def _half(cells: _Pulsing) -> Iterator[Rows | Progress]:
    count = cells.recipe.half_pulses
    yield Progress(0.15, f"{count} pulses at half the voltage")
    yield cells.rows(Stage.HALF_BEFORE)
    amplitude = cells.pulse(1.0, count, share=0.5)
    yield cells.rows(Stage.HALF_AFTER, pulse=count, amplitude=amplitude)
    if cells.recipe.window_pulses:
        cells.pulse(-1.0, cells.recipe.window_pulses)


def _branch(cells: _Pulsing, stage: Stage, sign: float, cycle: int) -> Iterator[Rows]:
    recipe = cells.recipe
    yield cells.rows(stage, cycle=cycle)
    for point in range(1, recipe.points + 1):
        amplitude = cells.pulse(sign, recipe.pulses, rise=recipe.ramp * (point - 1))
        told = point * recipe.pulses
        yield cells.rows(stage, cycle=cycle, point=point, pulse=told, amplitude=amplitude)


def _to_symmetry(cells: _Pulsing) -> Iterator[Rows | Progress]:
    recipe = cells.recipe
    if not recipe.pairs:
        return
    yield cells.rows(Stage.SYMMETRY)
    done, point = 0, 0
    while done < recipe.pairs:
        count = min(recipe.pairs_each, recipe.pairs - done)
        # A reading after the down pulse is half a step below the middle, and the other way round.
        cells.alternate(count, 1.0 if point % 2 == 0 else -1.0)
        done, point = done + count, point + 1
        yield cells.rows(Stage.SYMMETRY, point=point, pulse=2 * done)
        yield Progress(0.6 + 0.4 * done / recipe.pairs, f"{2 * done} alternating pulses")
