"""Which nets of a bench belong to one network, and what is on them. See `bench_network`."""

import math
from dataclasses import dataclass

import numpy as np

from .nets import Net
from .pads import GROUND
from .terminal_network import GROUND_NODE, Integers, Source, TerminalNetwork
from .wiring import Wiring

LEAST = 1e-3  # ohm, of an output
REGULATED = 1e-6  # ohm, of an output that regulates at its sense leads
SENSE_PULL = 1e8  # ohm inside an instrument between each terminal and its sense terminal


@dataclass(frozen=True, slots=True)
class _Output:
    name: str
    impedance: float
    high: Net
    low: Net
    sensed: tuple[Net, Net] | None

    @property
    def nets(self) -> tuple[Net, ...]:
        return (self.high, self.low, *(self.sensed or ()))


class Part:
    """Nets that are coupled. sources: terminals that drive, by number.

    lines: places of all the chip's lines on them.  owners: the node of each.  ends: which of these
    are rows and columns, since gates take no current.
    """

    def __init__(
        self,
        nets: list[Net],
        conductors: list[tuple[Net, Net, float]],
        outputs: list[_Output],
        gates: int,
    ) -> None:
        self._nodes = {net: place for place, net in enumerate(nets)}
        self.sources = {output.name: number for number, output in enumerate(outputs)}
        owners = [(place, node) for net, node in self._nodes.items() for place in net.lines]
        self.lines = np.array([place for place, _ in owners], np.intp)
        self.owners = np.array([node for _, node in owners], np.intp)
        self.ends: Integers = np.flatnonzero(self.lines < gates)
        self.ports = np.unique(self.owners[self.ends])
        self.port_of_ends = np.searchsorted(self.ports, self.owners[self.ends])
        self.network = TerminalNetwork(
            len(nets),
            [(self.node(a), self.node(b), siemens) for a, b, siemens in conductors],
            [self._source(output) for output in outputs],
            self.ports,
        )

    def node(self, net: Net) -> int:
        """Return the number of a net's node; ground is `GROUND_NODE`."""
        return self._nodes.get(net, GROUND_NODE)

    def _source(self, output: _Output) -> Source:
        sensed = output.sensed and (self.node(output.sensed[0]), self.node(output.sensed[1]))
        return Source(self.node(output.high), self.node(output.low), output.impedance, sensed)


class Layout:
    """All networks of a bench as its relays are now. at_chip: the one that the chip loads."""

    def __init__(self, wiring: Wiring, gates: int) -> None:
        self._wiring, self._ground = wiring, wiring.net(GROUND)
        self._root: dict[Net, Net] = {}
        self._outputs = [
            self._output(name)
            for name, state in wiring.terminals.items()
            if state.drives and name != GROUND
        ]
        self._conductors = self._find_conductors()
        soft = self._couple(gates)
        self._parts: dict[Net, Part] = {root: self._part(root, gates) for root in soft}
        self.at_chip = next((p for p in self._parts.values() if p.ports.size), None)

    @property
    def parts(self) -> list[Part]:
        """Return all networks."""
        return list(self._parts.values())

    def part(self, name: str) -> Part | None:
        """Return the network that ``name`` is in, or None."""
        port = self._wiring.port(name)
        for end in (name, port.back):
            net = self._wiring.net(end)
            if net in self._root:
                return self._parts.get(self._top(net))
        return None

    def _output(self, name: str) -> _Output:
        wiring, port = self._wiring, self._wiring.port(name)
        sensed = port.sensed and (wiring.net(port.sensed[0]), wiring.net(port.sensed[1]))
        ohm = REGULATED if sensed else max(wiring.terminals[name].impedance, LEAST)
        return _Output(name, ohm, wiring.net(name), wiring.net(port.back), sensed)

    def _find_conductors(self) -> list[tuple[Net, Net, float]]:
        net = self._wiring.net
        found = [(net(a), net(b), 1.0 / ohm) for a, b, ohm in self._wiring.resistors]
        driving = {output.name for output in self._outputs}
        for name, port in self._wiring.ports.items():
            if name not in driving and math.isfinite(port.ohm):
                found.append((net(name), net(port.back), 1.0 / port.ohm))
            if name in driving and port.sensed:
                found.append((net(name), net(port.sensed[0]), 1.0 / SENSE_PULL))
                found.append((net(port.back), net(port.sensed[1]), 1.0 / SENSE_PULL))
        return [(a, b, siemens) for a, b, siemens in found if a is not b]

    def _couple(self, gates: int) -> list[Net]:
        """Join what is coupled, and return one net of each network."""
        resistive = [[a, b] for a, b, _ in self._conductors]
        resistive += [
            list(output.nets)
            for output in self._outputs
            if output.low is not self._ground or output.sensed
        ]
        for nets in (*resistive, *([output.high] for output in self._outputs)):
            self._join(nets)
        self._join([net for net in self._root if any(place < gates for place in net.lines)])
        soft: dict[Net, None] = {}
        for nets in resistive:
            soft.update((self._top(net), None) for net in nets if net is not self._ground)
        return list(soft)

    def _join(self, nets: list[Net]) -> None:
        first: Net | None = None
        for net in nets:
            if net is self._ground:
                continue
            top = self._top(net)
            if first is None:
                first = top
            self._root[top] = first

    def _top(self, net: Net) -> Net:
        while (above := self._root.setdefault(net, net)) is not net:
            net = above
        return net

    def _part(self, root: Net, gates: int) -> Part:
        def belongs(*nets: Net) -> bool:
            return any(net is not self._ground and self._top(net) is root for net in nets)

        return Part(
            [net for net in self._root if self._top(net) is root],
            [(a, b, siemens) for a, b, siemens in self._conductors if belongs(a, b)],
            [output for output in self._outputs if belongs(*output.nets)],
            gates,
        )
