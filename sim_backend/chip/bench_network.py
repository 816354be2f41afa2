"""The bench where it is not ideal: resistors, meters' inputs, contacts and outputs' impedances.

Nets that a resistor touches are nodes of one network with all that is coupled to them, and the chip
is its non-linear load; ground is its reference. Nets that nothing resistive touches stay as they
are: held by what drives them. A bench without resistors has no network, and costs nothing.
"""

import math
from collections.abc import Mapping

import numpy as np

from .crossbar import CrossbarChip
from .lines import Floats, LineResult
from .live_lines import Sensed
from .nets import LineVoltages
from .network_layout import Layout, Part
from .ports import Measured
from .stepping import CellIndices
from .terminal_network import Solved
from .wiring import Wiring


class BenchNetwork:
    """The networks of one bench."""

    def __init__(self, chip: CrossbarChip, wiring: Wiring) -> None:
        self.chip, self._wiring = chip, wiring
        self._gates = chip.rows + chip.columns
        self._version = -1
        self._layout: Layout | None = None

    @property
    def layout(self) -> Layout:
        """Return the networks as relays are now."""
        if self._layout is None or self._version != self._wiring.version:
            self._version = self._wiring.version
            self._layout = Layout(self._wiring, self._gates)
        return self._layout

    def part(self, terminal: str) -> Part | None:
        """Return the network that a terminal is in; None where it only meets what is ideal."""
        return None if self._wiring.is_ideal else self.layout.part(terminal)

    @property
    def at_chip(self) -> Part | None:
        """Return the network that reaches rows or columns of the chip, or None."""
        return None if self._wiring.is_ideal else self.layout.at_chip

    def lines(self, base: LineVoltages, changes: Mapping[str, float]) -> LineVoltages:
        """Return the voltages of all lines; base: as they would be on an ideal bench."""
        if self._wiring.is_ideal:
            return base
        for part in self.layout.parts:
            if part.lines.size:
                put_on(base, part, self.solve(part, base, changes).volts)
        return base

    def solve(
        self,
        part: Part,
        base: LineVoltages,
        changes: Mapping[str, float],
        time: float | None = None,
        sensed: Sensed = "both",
        unlimited: str = "",
    ) -> Solved:
        """Return the state of one network at ``time`` s, now if None.

        changes: V of terminals that are at others now.  unlimited: one whose limit does not hold.
        """
        states = [self._wiring.terminals[name] for name in part.sources]
        levels = [
            changes.get(name, state.voltage)
            for name, state in zip(part.sources, states, strict=True)
        ]
        limits = [
            math.inf if name == unlimited else state.current_limit
            for name, state in zip(part.sources, states, strict=True)
        ]
        if not part.ports.size:
            return part.network.solve(levels, limits, None)

        def load(volts: Floats) -> Floats:
            base.all[part.lines[part.ends]] = volts[part.port_of_ends]
            held = self.chip.hold(base.row, base.column, base.gate, time=time, sensed=sensed)
            return drawn(part, held.at_rest())

        return part.network.solve(levels, limits, load)

    def seen(self, terminal: str, part: Part, solved: Solved) -> Measured:
        """Return what a terminal shows in a state of its network."""
        number = part.sources.get(terminal)
        port = self._wiring.port(terminal)
        if number is not None:
            volts = part.network.regulated(number, solved)
            return Measured(volts, float(solved.currents[number]), solved.modes[number] != 0)
        high, low = (part.node(self._wiring.net(name)) for name in (terminal, port.back))
        volts = solved.at(high) - solved.at(low)
        return Measured(volts, -volts / port.ohm, False)

    def volts(
        self, name: str, part: Part, base: LineVoltages, changes: Mapping[str, float]
    ) -> float:
        """Return V between ``name`` and ground, with terminals at other V for the moment."""
        solved = self.solve(part, base, changes)
        return solved.at(part.node(self._wiring.net(name)))

    def resistance(self, name: str, part: Part, base: LineVoltages) -> float:
        """Return the ohm between ``name`` and ground, as a small change of current finds it."""
        self.solve(part, base, {})
        return part.network.resistance(part.node(self._wiring.net(name)))

    def measured(self, terminal: str, part: Part, base: LineVoltages, duration: float) -> Measured:
        """Measure at a terminal for ``duration`` s, with the noise of the cells that it meets."""
        solved = self.solve(part, base, {})
        if part.ports.size:
            put_on(base, part, solved.volts)
            rest = self.chip.at_rest(base.row, base.column, base.gate)
            noisy = self.chip.line_currents(
                base.row, base.column, base.gate, aperture=max(duration, 1e-9), disturb=False
            )
            solved = part.network.shifted(solved, drawn(part, noisy) - drawn(part, rest))
        return self.seen(terminal, part, solved)


class NetworkLines:
    """The chip's lines behind a network, for `Stimulus`: cells that move change its voltages."""

    stiff = False
    loose = True

    def __init__(
        self,
        network: BenchNetwork,
        part: Part,
        base: LineVoltages,
        changes: Mapping[str, float],
        time: float,
        unlimited: str = "",
    ) -> None:
        self._unlimited = unlimited
        self._network, self._part, self._base, self._changes = network, part, base, changes
        self._width = 0.0
        self._feeding: Floats | None = None
        self.settle(time)
        self.cells: CellIndices = self._held.cells
        self.gate: Floats = self._held.gate

    def settle(self, time: float) -> None:
        """Find all voltages with the cells as they are at ``time`` s."""
        base, part = self._base, self._part
        solved = self._network.solve(
            part, base, self._changes, time=time, sensed="none", unlimited=self._unlimited
        )
        put_on(base, part, solved.volts)
        self._held = self._network.chip.hold(base.row, base.column, base.gate, time=time)
        if self._feeding is not None:
            self._held.feed(self._feeding)
        if self._width:
            self._held.charge(self._width)

    def feed(self, ohm: Floats) -> None:
        """Say through how much ohm each line is pulsed, rows and then columns."""
        self._feeding = ohm
        self._held.feed(ohm)

    def charge(self, width: float) -> None:
        """Let pulses be ``width`` s long."""
        self._width = width
        self._held.charge(width)

    def sides(self) -> tuple[Floats, Floats]:
        """Return V on the SET terminal of each live cell, and on its other one."""
        return self._held.sides()


def put_on(base: LineVoltages, part: Part, volts: Floats) -> None:
    """Put the voltages of a network's nodes on the lines that they hold."""
    base.all[part.lines] = volts[part.owners]


def drawn(part: Part, result: LineResult) -> Floats:
    """Return the current in A that the chip draws from each port of a network."""
    into = np.concatenate([result.row_current, result.column_current])[part.lines[part.ends]]
    return np.bincount(part.port_of_ends, into, part.ports.size).astype(np.float64)
