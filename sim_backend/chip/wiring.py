"""The true wiring: which terminal reaches which pad, through which closed relays.

Permanent ties ([wiring] in the chip file) merge names into nodes once; closed relays join nodes
into nets. What the driven terminals of a net say is the voltage of every line in it; without any it
floats. Wires and closed relays are ideal, so driven terminals that fight share by impedance.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from .chip_file import ChipFile
from .pads import FAMILIES, GROUND, Family, pad

Floats = NDArray[np.float64]


@dataclass(slots=True)
class TerminalState:
    """What an instrument puts on a terminal. impedance: ohm. voltage: V. current_limit: A."""

    voltage: float = 0.0
    on: bool = False
    impedance: float = 50.0
    current_limit: float = float("inf")
    is_source: bool = True

    @property
    def drives(self) -> bool:
        """Say whether the terminal holds its net at a voltage."""
        return self.on and self.is_source


@dataclass(slots=True)
class LineVoltages:
    """V on every line, NaN where it floats; and the terminals found fighting each other."""

    row: Floats
    column: Floats
    gate: Floats
    fights: list[str] = field(default_factory=list)

    def of(self, family: Family) -> Floats:
        """Return the voltages of one family."""
        values: Floats = getattr(self, family)
        return values


class Wiring:
    """Ties, relays and terminals of one bench."""

    def __init__(self, chip_file: ChipFile) -> None:
        self._counts = {family: chip_file.lines(family) for family in FAMILIES}
        self._parent: dict[str, str] = {}
        for left, right in chip_file.ties():
            self._join(left, right)
        self._lines_of = self._lines_by_node(chip_file)
        self._relays: dict[str, set[str]] = {}
        self._nets: dict[str, frozenset[str]] = {}
        self._reached: dict[frozenset[str], list[tuple[Family, int]]] = {}
        self.terminals: dict[str, TerminalState] = {GROUND: TerminalState(on=True, impedance=1e-3)}

    # -- names and nodes ---------------------------------------------------------------------

    def _join(self, left: str, right: str) -> None:
        self._parent[self.node(left)] = self.node(right)

    def node(self, name: str) -> str:
        """Return the name that stands for everything permanently tied to ``name``."""
        root = name
        while (above := self._parent.get(root, root)) != root:
            root = above
        while self._parent.get(name, name) != root:
            self._parent[name], name = root, self._parent.get(name, name)
        return root

    def _lines_by_node(self, chip_file: ChipFile) -> dict[str, list[tuple[Family, int]]]:
        """Return which of the chip's lines really hang on which node, faults included."""
        faults = chip_file.faults
        led = {name: name for two in faults.swapped for name in two}
        for one, other in faults.swapped:
            led[one], led[other] = led[other], led[one]
        for one, other in faults.shorted:
            self._join(one, other)
        found: dict[str, list[tuple[Family, int]]] = {}
        for name in self._pad_names():
            if name not in faults.open:
                line = pad(led.get(name, name))
                assert line is not None  # pad names come from the chip file, which checked them
                found.setdefault(self.node(name), []).append(line)
        return found

    def _pad_names(self) -> Iterator[str]:
        for family in FAMILIES:
            for index in range(self._counts[family]):
                yield f"{family}.{index}"

    # -- relays ------------------------------------------------------------------------------

    def connect(self, a: str, b: str) -> None:
        """Close a relay between two names."""
        one, other = self.node(a), self.node(b)
        self._relays.setdefault(one, set()).add(other)
        self._relays.setdefault(other, set()).add(one)
        self._nets.clear()
        self._reached.clear()

    def disconnect(self, a: str, b: str) -> None:
        """Open a relay; one that is open stays so."""
        one, other = self.node(a), self.node(b)
        self._relays.get(one, set()).discard(other)
        self._relays.get(other, set()).discard(one)
        self._nets.clear()
        self._reached.clear()

    def net(self, name: str) -> frozenset[str]:
        """Return all nodes that ``name`` is connected with now, itself included."""
        start = self.node(name)
        if start not in self._nets:
            reached, waiting = {start}, [start]
            while waiting:
                fresh = self._relays.get(waiting.pop(), set()) - reached
                reached |= fresh
                waiting += fresh
            net = frozenset(reached)
            self._nets.update(dict.fromkeys(net, net))
        return self._nets[start]

    # -- what follows ------------------------------------------------------------------------

    def lines(self, name: str) -> list[tuple[Family, int]]:
        """Return the chip's lines that ``name`` reaches now."""
        net = self.net(name)
        if net not in self._reached:
            self._reached[net] = [line for node in net for line in self._lines_of.get(node, ())]
        return self._reached[net]

    def drivers(self, name: str) -> list[str]:
        """Return the driven terminals in the net of ``name``."""
        net = self.net(name)
        return [
            terminal
            for terminal, state in self.terminals.items()
            if state.drives and self.node(terminal) in net
        ]

    def line_voltages(self) -> LineVoltages:
        """Return what every line of the chip is held at now."""
        row, column, gate = (np.full(self._counts[family], np.nan) for family in FAMILIES)
        voltages = LineVoltages(row, column, gate)
        for drivers in self._driven_nets():
            level = self._level(drivers)
            if self._fight(drivers):
                voltages.fights.append(" and ".join(drivers))
            for family, index in self.lines(drivers[0]):
                voltages.of(family)[index] = level
        return voltages

    def _driven_nets(self) -> Iterable[list[str]]:
        nets: dict[frozenset[str], list[str]] = {}
        for terminal, state in self.terminals.items():
            if state.drives:
                nets.setdefault(self.net(terminal), []).append(terminal)
        return nets.values()

    def _level(self, drivers: list[str]) -> float:
        """Return the voltage of a net: the mean of its drivers, weighted by 1/impedance."""
        if len(drivers) == 1:
            return self.terminals[drivers[0]].voltage
        states = [self.terminals[name] for name in drivers]
        weights = np.array([1.0 / max(state.impedance, 1e-3) for state in states])
        return float(np.average([state.voltage for state in states], weights=weights))

    def _fight(self, drivers: list[str]) -> bool:
        levels = [self.terminals[name].voltage for name in drivers]
        return len(levels) > 1 and max(levels) - min(levels) > 1e-3

    def fight_current(self, terminal: str) -> float:
        """Return the current in A that other drivers of its net take from ``terminal``."""
        drivers = self.drivers(terminal)
        if len(drivers) < 2 or terminal not in drivers:
            return 0.0
        state = self.terminals[terminal]
        return (state.voltage - self._level(drivers)) / max(state.impedance, 1e-3)
