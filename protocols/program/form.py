"""Forming: make fresh cells conduct, by a ramp of the gate and then the drain, verified each step.

Ramps and yields of a public recipe: SkyWater ReRAM documentation (form at 2.2 to 3.1 V, 1 µs).
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from labcim.capabilities import Delivered, Topology, Train
from labcim.documents import Channel
from labcim.plots import PlotSpec
from labcim.programming.cell_selection import places
from labcim.programming.compliance import pulse_limit
from labcim.programming.reading import GoodReadings, read_good
from labcim.protocol import Capabilities, Carry, Progress, Rows, Steps, protocol
from labcim.recipe import Unit

from ._form_findings import form_findings
from ._form_recipe import Form, Outcome

__all__ = ["Form", "Outcome", "form"]

OUTCOMES = ", ".join(f"{outcome.value} {outcome.name.lower()}" for outcome in Outcome)

CHANNELS = (
    Channel(name="cell", dtype="<u4", doc="index, row-major"),
    Channel(name="row", dtype="<u4"),
    Channel(name="column", dtype="<u4"),
    Channel(name="formed", dtype="?", doc="conducts, and not too much"),
    Channel(name="by_us", dtype="?", doc="formed by this run"),
    Channel(name="outcome", dtype="u1", doc=OUTCOMES),
    Channel(name="voltage", dtype="<f8", unit="V", doc="amplitude that formed it, or NaN"),
    Channel(name="below", dtype="<f8", unit="V", doc="largest amplitude that did not; 0: none"),
    Channel(name="gate", dtype="<f8", unit="V", doc="gate at which it formed, or NaN"),
    Channel(name="pulses", dtype="<u4"),
    Channel(name="conductance", dtype="<f8", unit="S", doc="last good reading, corrected"),
    Channel(name="after_reset", dtype="<f8", unit="S", doc="after the RESET that followed, or NaN"),
    Channel(name="flagged", dtype="<u4", doc="flagged readings, none of them taken for data"),
    Channel(name="time", dtype="<f8", unit="s", doc="bench time of the last good reading"),
)

PLOTS = (
    PlotSpec("Conductance after forming", "map", "conductance"),
    PlotSpec("Outcome", "map", "outcome"),
    PlotSpec("Forming voltage", "cdf", "voltage", where="by_us"),
    PlotSpec("Conductance", "histogram", "conductance", where="formed"),
)


class _Forming:
    """The cells of one unit on their way up the ramp."""

    def __init__(self, recipe: Form, given: Capabilities, unit: Unit) -> None:
        self._recipe, self._given, self._cells = recipe, given, unit.cells
        n = len(unit.cells)
        self.last = GoodReadings.none(n)
        self.outcome = np.full(n, Outcome.NOT_FORMED, np.uint8)
        self.voltage, self.gate, self.below, self.after_reset = np.full((4, n), np.nan)
        self.pulses = np.zeros(n, np.uint32)
        self.pending: NDArray[np.intp] = np.arange(n)

    def verify(self) -> NDArray[np.intp]:
        """Read the pending cells, sort out those that are done; return who conducts now."""
        recipe, at = self._recipe, self.pending
        readings = self._read(at)
        self.last.merge(at, readings)
        g = readings.conductance
        self.outcome[at[np.isnan(g)]] = Outcome.UNREADABLE
        self.pending = at[g < recipe.formed_above]
        return np.asarray(at[g >= recipe.formed_above])

    def _read(self, at: NDArray[np.intp]) -> GoodReadings:
        recipe = self._recipe
        return read_good(
            self._given.cells,
            self._cells[at],
            recipe.read_voltage,
            gate=recipe.read_gate,
            averages=recipe.averages,
            attempts=recipe.flagged,
        )

    def step(self, gate: float, amplitude: float, below: float) -> None:
        """Give all pending cells one step of the ramp, verify them, and sort out who is done.

        below: V, the largest lower amplitude that they got before, 0 for none.
        """
        recipe, pulsed = self._recipe, self.pending
        peak = self._pulse(pulsed, amplitude, gate, recipe.count).peak_current
        tripped = pulsed[peak > recipe.trip] if recipe.trip else pulsed[:0]
        conducting = self.verify()
        high = self.high(conducting)
        self.outcome[conducting] = np.where(high, Outcome.OVER_FORMED, Outcome.FORMED)
        self.voltage[conducting], self.gate[conducting] = amplitude, gate
        self.below[conducting] = below
        self.outcome[tripped] = Outcome.TRIPPED
        self.pending = np.setdiff1d(self.pending, tripped)
        formed = conducting[self.outcome[conducting] == Outcome.FORMED]
        if recipe.reset_after > 0.0 and len(formed):
            self._pulse(formed, -recipe.reset_after, recipe.reset_gate, 1)
            self.after_reset[formed] = self._read(formed).conductance

    def _pulse(self, at: NDArray[np.intp], amplitude: float, gate: float, count: int) -> Delivered:
        recipe, cells = self._recipe, self._given.cells
        limit = pulse_limit(cells.topology, recipe.current_limit)
        train = Train(amplitude, recipe.width, gate, count=count, current_limit=limit)
        delivered = cells.pulse(self._cells[at], train)
        self.pulses[at] += count
        if recipe.settle > 0.0:
            self._given.clock.sleep(recipe.settle)
        return delivered

    def high(self, cells: NDArray[np.intp]) -> NDArray[np.bool_]:
        """Return which of ``cells`` conduct more than the guard allows."""
        return self.last.conductance[cells] > self._recipe.over_formed


@protocol(Form, channels=CHANNELS, plots=PLOTS, summarise=form_findings)
def form(recipe: Form, given: Capabilities, unit: Unit, carry: Carry) -> Steps:
    """Read; then for each step pulse what does not conduct yet, read it, and sort out what does.

    A resumed unit starts with a reading like any other, so formed cells are not pulsed again.
    """
    forming = _Forming(recipe, given, unit)
    conducting = forming.verify()
    high = forming.high(conducting)
    forming.outcome[conducting] = np.where(high, Outcome.WAS_HIGH, Outcome.WAS_FORMED)
    steps = recipe.steps()
    for gate, amplitude in steps:
        left = len(forming.pending)
        if left == 0:
            break
        yield Progress(1.0 - left / len(unit.cells), f"{left} cells at {amplitude:g} V")
        below = max((v for _, v in steps if v < amplitude), default=0.0)
        forming.step(gate, amplitude, below)
    yield Rows(_rows(unit, given.cells.topology, forming))
    return None


def _rows(unit: Unit, topology: Topology, forming: _Forming) -> dict[str, NDArray[Any]]:
    row, column = places(unit.cells, topology)
    by_us = forming.outcome == Outcome.FORMED
    return {
        "cell": unit.cells,
        "row": row,
        "column": column,
        "formed": by_us | (forming.outcome == Outcome.WAS_FORMED),
        "by_us": by_us,
        "outcome": forming.outcome,
        "voltage": forming.voltage,
        "below": forming.below,
        "gate": forming.gate,
        "pulses": forming.pulses,
        "conductance": forming.last.conductance,
        "after_reset": forming.after_reset,
        "flagged": forming.last.flagged,
        "time": forming.last.time,
    }
