"""Enrolling a fingerprint: which of two cells conducts more, how surely, and at which corners.

Published lines: inter-chip distance 49.8 %, intra 0 % with 8 cells summed (Liu et al., IEEE EDL
36:12, 2015); bit error rate 1.5 % +- 1 % (Nili et al., Nature Electronics 1:197, 2018).
"""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, field_validator

from labcim.analysis.fingerprint.enrolled import Phase
from labcim.capabilities import Floats, Topology
from labcim.documents import Channel
from labcim.limits import Demand
from labcim.plots import PlotSpec
from labcim.programming.cell_selection import places
from labcim.programming.estimate import CellCost, Estimate
from labcim.programming.punctual import Timetable
from labcim.programming.reading import GoodReadings
from labcim.programming.soak import Soak, soak
from labcim.protocol import Capabilities, Carry, Finding, Progress, Rows, Steps, protocol
from labcim.recipe import Unit
from labcim.units import Kelvin, Second, Volt

from ._enrolment_findings import enrolment_findings
from ._pairs import PULSES_TO_PREPARE, PairRecipe, Pairs, differences, write_back


class PufEnrol(PairRecipe):
    """Put cells at random, let them settle, and read which cell of each pair conducts more."""

    protocol: ClassVar[str] = "puf_enrol"

    preparations: int = Field(
        2, ge=0, le=1000, description="Times cells are put at random, the last counts; 0: as is."
    )
    settle: Second = Field(3600.0, ge=0, le=1e9, description="Wait before the reference.")
    repeats: int = Field(5, ge=1, le=100_000, description="Re-reads after the reference.")
    interval: Second = Field(1.0, ge=0, le=1e6, description="From re-read to re-read.")
    voltages: tuple[Volt, ...] = Field((), description="Other read voltages: corners.")
    temperatures: tuple[Kelvin, ...] = Field(
        (), description="Temperatures of the bench's stage: corners."
    )
    window: Kelvin = Field(0.5, gt=0, le=50, description="What a temperature may be off by.")
    hold: Second = Field(60.0, ge=0, le=1e6, description="How long it must stay inside.")
    margin: float = Field(
        6.0, ge=0, le=100, description="Spreads of re-reads that a bit must be clear of 0."
    )
    refresh: bool = Field(
        False, description="Write back: RESET the lower cell of each pair after the reference."
    )

    @field_validator("voltages")
    @classmethod
    def _read_only(cls, voltages: tuple[float, ...]) -> tuple[float, ...]:
        for voltage in voltages:
            if not 0.0 < voltage <= 0.5:
                raise ValueError(f"read voltage {voltage:g} V: accepts more than 0 V, up to 0.5 V")
        return voltages

    @field_validator("temperatures")
    @classmethod
    def _above_zero(cls, temperatures: tuple[float, ...]) -> tuple[float, ...]:
        for kelvin in temperatures:
            if not 0.0 < kelvin <= 2000.0:
                raise ValueError(f"temperature {kelvin:g} K: accepts more than 0 K, up to 2000 K")
        return temperatures

    def units(self, topology: Topology) -> list[Unit]:
        """Return: put at random, reference, write back, re-reads, one unit for each corner."""
        cells = self.pairs(topology).cells
        units = []
        if self.preparations:
            bound = self.preparations * PULSES_TO_PREPARE
            units.append(Unit("prepare", cells, bound))
        units.append(Unit("reference", cells, values={"settle": self.settle}))
        if self.refresh:
            units.append(Unit("write-back", cells, 1))
        units.append(Unit("rereads", cells))
        units += [
            Unit(f"voltage-{n}", cells, values={"voltage": v}) for n, v in enumerate(self.voltages)
        ]
        units += [
            Unit(f"temperature-{n}", cells, values={"kelvin": kelvin})
            for n, kelvin in enumerate(self.temperatures)
        ]
        return units

    def demands(self) -> list[Demand]:
        """Return those of pairs, and the highest read voltage."""
        highest = max(self.voltages, default=0.0)
        return [*super().demands(), Demand("voltages", "row", highest, reads=True)]

    def estimate(self, topology: Topology) -> Estimate:
        """Return the expected cost."""
        cells = len(self.pairs(topology).cells)
        pulses = self.preparations * PULSES_TO_PREPARE + 0.5 * self.refresh
        corners = len(self.voltages) + len(self.temperatures)
        reads = self.preparations + 1 + self.repeats + corners
        waits = self.settle + self.repeats * self.interval + len(self.temperatures) * self.hold
        bound = self.preparations * PULSES_TO_PREPARE + self.refresh
        cost = CellCost(pulses, reads, self.averages, self.width, bound)
        return cost.of(cells, topology, waits=waits)


PHASES = ", ".join(f"{phase.value} {phase.name.lower()}" for phase in Phase)

CHANNELS = (
    Channel(name="bit", dtype="<u4", doc="number of the pair"),
    Channel(name="cell", dtype="<u4", doc="first cell of the pair; index, row-major"),
    Channel(name="other", dtype="<u4", doc="other cell of the pair"),
    Channel(name="row", dtype="<u4", doc="of the first cell"),
    Channel(name="column", dtype="<u4", doc="of the first cell"),
    Channel(name="phase", dtype="u1", doc=PHASES),
    Channel(name="reference", dtype="?", doc="a row of the reference"),
    Channel(name="number", dtype="<u4", doc="of the preparation, re-read or corner, from 0"),
    Channel(name="voltage", dtype="<f8", unit="V", doc="read voltage"),
    Channel(name="temperature", dtype="<f8", unit="K", doc="of the stage; NaN: none was asked for"),
    Channel(name="difference", dtype="<f8", unit="S", doc="first less other; NaN where unreadable"),
    Channel(name="answer", dtype="i1", doc="1 the first conducts more, 0 not, -1 not known"),
    Channel(name="flagged", dtype="<u4", doc="flagged readings of both, none taken for data"),
    Channel(name="time", dtype="<f8", unit="s", doc="bench time of the last good reading"),
)

PLOTS = (
    PlotSpec("Fingerprint", "map", "answer", where="reference"),
    PlotSpec("Difference", "map", "difference", where="reference"),
    PlotSpec("Differences", "cdf", "difference", group="phase"),
    PlotSpec("Differences over time", "scatter", "difference", x="time"),
)


def summarise(recipe: PufEnrol, rows: Mapping[str, NDArray[Any]]) -> list[Finding]:
    """Return how even, how stable and how random the bits are."""
    return enrolment_findings(rows, recipe.margin)


@protocol(PufEnrol, channels=CHANNELS, plots=PLOTS, summarise=summarise)
def puf_enrol(recipe: PufEnrol, given: Capabilities, unit: Unit, carry: Carry) -> Steps:
    """Do one unit; every reading is a batch of rows, one row for each bit.

    A unit begins with a reading, before anything is pulsed.
    """
    pairs = recipe.pairs(given.cells.topology)
    match unit.key.split("-")[0]:
        case "prepare":
            yield from _prepare(recipe, given, pairs)
        case "reference":
            yield Progress(0.0, "the cells settle")
            given.clock.sleep(unit.values["settle"])
            readings = recipe.read(given, pairs.cells)
            yield _rows(given, pairs, readings, recipe.read_voltage, Phase.REFERENCE)
            return {"difference": differences(readings)}
        case "write":
            yield from _write_back(recipe, given, pairs, carry)
        case "rereads":
            yield from _reread(recipe, given, pairs)
        case "voltage":
            number, voltage = int(unit.key.split("-")[1]), unit.values["voltage"]
            readings = recipe.read(given, pairs.cells, voltage)
            yield _rows(given, pairs, readings, voltage, Phase.VOLTAGE, number)
        case _:
            number, kelvin = int(unit.key.split("-")[1]), unit.values["kelvin"]
            how = Soak(window=recipe.window, hold=recipe.hold)
            measured = yield from soak(given, kelvin, how)
            readings = recipe.read(given, pairs.cells)
            told = _rows(
                given, pairs, readings, recipe.read_voltage, Phase.TEMPERATURE, number, measured
            )
            yield told
    return carry


def _prepare(recipe: PufEnrol, given: Capabilities, pairs: Pairs) -> Iterator[Rows | Progress]:
    for number in range(recipe.preparations):
        yield Progress(number / recipe.preparations, f"cells are put at random, {number + 1}")
        if number == 0:
            recipe.look(given, pairs.cells)
        recipe.prepare(given, pairs.cells)
        readings = recipe.read(given, pairs.cells)
        yield _rows(given, pairs, readings, recipe.read_voltage, Phase.PREPARED, number)


def _write_back(
    recipe: PufEnrol, given: Capabilities, pairs: Pairs, carry: Carry
) -> Iterator[Progress]:
    yield Progress(0.0, "writing back")
    recipe.look(given, pairs.cells)
    reference = carry["difference"]
    bits = np.where(np.isnan(reference), np.nan, reference > 0.0)
    write_back(
        given,
        pairs,
        bits,
        voltage=recipe.reset_voltage,
        gate=recipe.reset_gate,
        width=recipe.width,
    )


def _reread(recipe: PufEnrol, given: Capabilities, pairs: Pairs) -> Iterator[Rows | Progress]:
    timetable = Timetable(given.clock, recipe.interval)
    for number in range(recipe.repeats):
        late = f", {timetable.slipped} slots missed" if timetable.slipped else ""
        yield Progress(number / recipe.repeats, f"re-read {number + 1} of {recipe.repeats}{late}")
        timetable.wait()
        readings = recipe.read(given, pairs.cells)
        yield _rows(given, pairs, readings, recipe.read_voltage, Phase.REREAD, number)


def _rows(
    given: Capabilities,
    pairs: Pairs,
    readings: GoodReadings,
    voltage: float,
    phase: Phase,
    number: int = 0,
    kelvin: float = float("nan"),
) -> Rows:
    size = len(pairs)
    row, column = places(pairs.first, given.cells.topology)
    difference = differences(readings)
    return Rows(
        {
            "bit": np.arange(size),
            "cell": pairs.first,
            "other": pairs.other,
            "row": row,
            "column": column,
            "phase": np.full(size, phase),
            "reference": np.full(size, phase == Phase.REFERENCE),
            "number": np.full(size, number),
            "voltage": np.full(size, voltage),
            "temperature": np.full(size, kelvin),
            "difference": difference,
            "answer": _answer(difference),
            "flagged": readings.flagged[0::2] + readings.flagged[1::2],
            "time": np.fmax(readings.time[0::2], readings.time[1::2]),
        }
    )


def _answer(difference: Floats) -> NDArray[np.int8]:
    """Return 1 above 0, 0 below, -1 where it is not known, or a draw."""
    known = np.isfinite(difference) & (difference != 0.0)
    return np.where(known, difference > 0.0, -1).astype(np.int8)
