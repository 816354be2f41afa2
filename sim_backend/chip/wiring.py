"""The true wiring: which terminal reaches which pad, through which closed relays.

Permanent ties ([wiring] in the chip file) merge names into nodes once; closed relays join nodes
into nets. What the driven terminals of a net say is the voltage of every line in it; without any it
floats. Wires and closed relays are ideal, so driven terminals that fight share by impedance. Where
resistors lead from net to net, see `bench_network`.
"""

from collections.abc import Iterator, Mapping
from typing import Final

import numpy as np

from .chip_file import ChipFile
from .limit_loop import LimitLoop
from .nets import LineVoltages, Net, TerminalState
from .pads import FAMILIES, GROUND, Family, pad
from .ports import PLAIN, Port

_NONE: Final[Mapping[int, tuple[Family, int]]] = {}


class Wiring:
    """Ties, relays and terminals of one bench."""

    def __init__(self, chip_file: ChipFile) -> None:
        self._counts = {family: chip_file.lines(family) for family in FAMILIES}
        rows, columns, gates = (self._counts[family] for family in FAMILIES)
        wires, across = chip_file.chip.wires, {"row": columns, "column": rows, "cell": 1}
        #: F of a whole line of each family, and ohm between it and what drives a pulse on it.
        self.capacitances: dict[Family, float] = {
            "row": (columns + 1) * wires.row_capacitance,
            "column": (rows + 1) * wires.column_capacitance,
            "gate": (across[chip_file.chip.gate_along] + 1) * wires.gate_capacitance,
        }
        self.line_driver = wires.driver
        self._starts: dict[Family, int] = {"row": 0, "column": rows, "gate": rows + columns}
        self._parent: dict[str, str] = {}
        for left, right in chip_file.ties():
            self._join(left, right)
        self._lines_of = self._all_lines = self._lines_by_node(chip_file)
        #: How often it changed which pads the terminals can reach.
        self.touches = 0
        #: How often it changed what is joined to what, or which terminals drive; and anything.
        self.version = self.changes = 0
        self._resistors = [(*one.between, one.ohm) for one in chip_file.resistor]
        self._contacts: dict[tuple[str, str], float] = {}  # ohm of relays that are closed
        tied = (*chip_file.ties(), *(one.between for one in chip_file.resistor))
        self._wired = {self.node(end) for two in tied for end in two}
        self.ports: dict[str, Port] = {}
        self.loops: dict[str, LimitLoop] = {}
        self._floating = np.full(rows + columns + gates, np.nan)
        # Which contacts join two nodes: two of them may, where pads are shorted to each other.
        self._relays: dict[str, dict[str, set[tuple[str, str]]]] = {}
        self._nets: dict[str, Net] = {}  # by node, as far as they have been asked for
        self._driven: list[tuple[Net, list[str]]] | None = None  # None: not looked at
        self.terminals: dict[str, TerminalState] = {}
        self.put(GROUND, TerminalState(on=True, impedance=1e-3))

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

    def _lines_by_node(self, chip_file: ChipFile) -> dict[str, dict[int, tuple[Family, int]]]:
        """Return which of the chip's lines really hang on which node, faults included.

        A line is known by its place among all of them: rows, then columns, then gates.
        """
        faults = chip_file.faults
        led = {name: name for two in faults.swapped for name in two}
        for one, other in faults.swapped:
            led[one], led[other] = led[other], led[one]
        for one, other in faults.shorted:
            self._join(one, other)
        found: dict[str, dict[int, tuple[Family, int]]] = {}
        for name in self._pad_names():
            if name not in faults.open:
                line = pad(led.get(name, name))
                assert line is not None  # pad names come from the chip file, which checked them
                found.setdefault(self.node(name), {})[self._starts[line[0]] + line[1]] = line
        return found

    def _pad_names(self) -> Iterator[str]:
        for family in FAMILIES:
            for index in range(self._counts[family]):
                yield f"{family}.{index}"

    def touch(self, missed: frozenset[str] | None) -> None:
        """Let probes down on the pads but for those they miss, such as "row.3"; None: up."""
        lost = {pad(name) for name in missed or ()}
        reached = self._all_lines.items() if missed is not None else ()
        self._lines_of = {
            node: {place: line for place, line in lines.items() if line not in lost}
            for node, lines in reached
        }
        self._nets.clear()
        self._driven = None
        self.touches += 1
        self._change()

    def _change(self) -> None:
        self.version += 1
        self.changes += 1

    # -- resistors and ports -----------------------------------------------------------------

    @property
    def is_ideal(self) -> bool:
        """Say whether nothing on the bench is resistive, so that every net stands for itself."""
        return not (self._resistors or self._contacts or self.ports)

    @property
    def resistors(self) -> list[tuple[str, str, float]]:
        """Return what leads from name to name by how much ohm: resistors and closed contacts."""
        return [*self._resistors, *((a, b, ohm) for (a, b), ohm in self._contacts.items())]

    def is_wired(self, name: str) -> bool:
        """Say whether the chip file ties ``name`` to anything, or puts a resistor there."""
        return self.node(name) in self._wired

    def port(self, terminal: str) -> Port:
        """Return how a terminal meets the bench."""
        return self.ports.get(terminal, PLAIN)

    def set_port(self, terminal: str, port: Port) -> None:
        """Say how a terminal meets the bench; what the chip file does not wire is not there."""
        is_ground = self.node(port.back) == self.node(GROUND) or not self.is_wired(port.back)
        back = GROUND if is_ground else port.back
        sensed = port.sensed if port.sensed and any(map(self.is_wired, port.sensed)) else None
        port = Port(back, sensed, port.ohm) if self.is_wired(terminal) else PLAIN
        if port == self.port(terminal):
            return
        self._change()
        if port.plain:
            self.ports.pop(terminal, None)
        else:
            self.ports[terminal] = port

    # -- relays ------------------------------------------------------------------------------

    def connect(self, a: str, b: str, ohm: float = 0.0) -> None:
        """Close a relay between two names, whose contact has ``ohm`` ohm."""
        self._change()
        if ohm > 0.0:
            self._contacts[(a, b)] = ohm
            return
        one, other = self.node(a), self.node(b)
        if one == other:
            return
        contacts = self._relays.setdefault(one, {}).get(other)
        if contacts is not None:
            contacts.add((a, b))
            return
        self._relays[one][other] = self._relays.setdefault(other, {})[one] = {(a, b)}
        self._driven = None
        net, joins = self._nets.get(one), self._nets.get(other)
        if net is None or joins is None or net is joins:
            self._forget_nets(one, other)
            return
        if len(joins.nodes) > len(net.nodes):
            net, joins = joins, net
        for node in joins.nodes:
            net.add(node, self._lines_of.get(node, _NONE))
            self._nets[node] = net

    def disconnect(self, a: str, b: str) -> None:
        """Open a relay; one that is open stays so."""
        self._change()
        if self._contacts.pop((a, b), None) is not None:
            return
        one, other = self.node(a), self.node(b)
        contacts = self._relays.get(one, {}).get(other)
        if contacts is None:
            return
        contacts.discard((a, b))
        if contacts:
            return
        del self._relays[one][other], self._relays[other][one]
        self._driven = None
        net = self._nets.get(one)
        leaf = other if not self._relays[other] else one if not self._relays[one] else None
        if net is None or leaf is None:
            self._forget_nets(one, other)
            return
        # What hung on this relay alone is a net by itself; all else of the net stays joined.
        lines = self._lines_of.get(leaf, _NONE)
        net.remove(leaf, lines)
        self._nets[leaf] = Net()
        self._nets[leaf].add(leaf, lines)

    def _forget_nets(self, *changed: str) -> None:
        self._driven = None
        for node in changed:
            if node in self._nets:
                for member in self._nets[node].nodes:
                    del self._nets[member]

    def net(self, name: str) -> Net:
        """Return all that closed relays join to ``name`` now."""
        start = self.node(name)
        net = self._nets.get(start)
        if net is None:
            net, waiting = Net(), [start]
            for node in waiting:  # grows meanwhile
                if node not in net.nodes:
                    net.add(node, self._lines_of.get(node, _NONE))
                    self._nets[node] = net
                    waiting.extend(self._relays.get(node, ()))
        return net

    # -- terminals ---------------------------------------------------------------------------

    def put(self, terminal: str, state: TerminalState) -> None:
        """Let an instrument put something on a terminal."""
        before = self.terminals.get(terminal)
        if before is None or before.drives is not state.drives:
            self._driven = None
            self.version += 1
        elif before.impedance != state.impedance:
            self.version += 1
        self.changes += 1
        self.terminals[terminal] = state

    def is_on(self, terminal: str) -> bool:
        """Say whether a terminal holds its net at a voltage."""
        state = self.terminals.get(terminal)
        return state is not None and state.drives

    @property
    def is_live(self) -> bool:
        """Say whether any terminal holds its net away from 0 V."""
        return any(state.voltage and state.drives for state in self.terminals.values())

    # -- what follows ------------------------------------------------------------------------

    def lines(self, name: str) -> list[tuple[Family, int]]:
        """Return the chip's lines that ``name`` reaches now."""
        return list(self.net(name).lines.values())

    def reaches_gates(self, name: str) -> bool:
        """Say whether ``name`` reaches any gate line now."""
        first = self._starts["gate"]
        return any(place >= first for place in self.net(name).lines)

    def line_voltages(self, changes: Mapping[str, float] | None = None) -> LineVoltages:
        """Return what every line of the chip is held at now. changes: other V on terminals."""
        voltages, fights = self._floating.copy(), []
        for net, drivers in self._driven_nets():
            levels = [
                changes[name] if changes and name in changes else self.terminals[name].voltage
                for name in drivers
            ]
            if net.lines:
                voltages[net.places] = self._level(drivers, levels)
            if len(levels) > 1 and max(levels) - min(levels) > 1e-3:
                fights.append(" and ".join(drivers))
        columns, gates = self._starts["column"], self._starts["gate"]
        ends = voltages[:gates]
        return LineVoltages(
            voltages, ends, ends[:columns], ends[columns:], voltages[gates:], fights
        )

    def _driven_nets(self) -> list[tuple[Net, list[str]]]:
        """Return the nets that have drivers, and these."""
        if self._driven is None:
            found: dict[int, tuple[Net, list[str]]] = {}
            for terminal, state in self.terminals.items():
                if state.drives:
                    net = self.net(terminal)
                    found.setdefault(id(net), (net, []))[1].append(terminal)
            self._driven = list(found.values())
        return self._driven

    def _level(self, drivers: list[str], levels: list[float]) -> float:
        """Return the voltage of a net: the mean of its drivers, weighted by 1/impedance."""
        if len(levels) == 1:
            return levels[0]
        weights = [1.0 / max(self.terminals[name].impedance, 1e-3) for name in drivers]
        return float(np.average(levels, weights=weights))

    def drivers(self, name: str) -> list[str]:
        """Return the terminals that drive the net of ``name`` now."""
        net = self.net(name)
        return next((names for driven, names in self._driven_nets() if driven is net), [])

    def driven_level(self, name: str, changes: Mapping[str, float] | None = None) -> float | None:
        """Return V of the net of ``name``; None where nothing drives it. changes: other V."""
        drivers = self.drivers(name)
        if not drivers:
            return None
        other = changes or {}
        levels = [other.get(driver, self.terminals[driver].voltage) for driver in drivers]
        return self._level(drivers, levels)

    def fight_current(self, terminal: str) -> float:
        """Return the current in A that other drivers of its net take from ``terminal``."""
        state = self.terminals.get(terminal)
        if state is None or not state.drives:
            return 0.0
        net = self.net(terminal)
        drivers = next(names for driven, names in self._driven_nets() if driven is net)
        if len(drivers) < 2:
            return 0.0
        level = self._level(drivers, [self.terminals[name].voltage for name in drivers])
        return (state.voltage - level) / max(state.impedance, 1e-3)
