"""How a train acts on the chip: at once or behind a network, and past limits that are slow."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from .bench_network import BenchNetwork, NetworkLines
from .crossbar import CrossbarChip
from .lines import Floats, LineResult
from .nets import LineVoltages
from .stepping import Held
from .wiring import Wiring


@dataclass(frozen=True, slots=True)
class Act:
    """A train. lines: V on all lines meanwhile.  changes: V of the terminals that pulse.

    width, gap: s.  limit: A.  seen: V that make it a pulse on a cell.
    """

    lines: LineVoltages
    changes: Mapping[str, float]
    width: float
    count: int
    gap: float
    limit: float
    seen: float


class Delivery:
    """Delivers trains, and knows whose limits hold."""

    def __init__(self, chip: CrossbarChip, wiring: Wiring, network: BenchNetwork) -> None:
        self._chip, self._wiring, self._network = chip, wiring, network
        # Terminals whose limits have taken hold, and the S that they then saw.
        self._holding: dict[str, float] = {}
        #: (s, s) of the limit that took hold in the last train: until it did, and its discharge.
        self.passed: tuple[float, float] | None = None

    def deliver(self, act: Act) -> None:
        """Let a train act. See `limit_loop` for what slow limits let through."""
        written, self.passed = len(self._chip.state.truth), None
        part, lines, now = self._network.at_chip, act.lines, self._chip.clock.now
        held = (
            self._chip.hold(lines.row, lines.column, lines.gate)
            if part is None
            else NetworkLines(self._network, part, lines, act.changes, now)
        )
        if act.changes and self._chip.charges:
            held.feed(self._feeding(act))
        self._chip.stimulate(
            held, act.width, count=act.count, gap=act.gap, limit=act.limit, seen=act.seen
        )
        for terminal in self._wiring.loops:
            if len(self._chip.state.truth) > written and self._is_slow(terminal, act):
                self._pass_limit(terminal, act, written)

    def forget(self, terminal: str, level: float, limit: float) -> None:
        """Note a new level in V: a limit that held lets go where the level needs no limiting."""
        siemens = self._holding.get(terminal)
        if siemens is not None and abs(level) * siemens <= limit:
            del self._holding[terminal]

    def forget_all(self) -> None:
        """Note that relays have moved: other cells are where limits held."""
        self._holding.clear()

    def _feeding(self, act: Act) -> Floats:
        """Return the ohm through which each row and column is pulsed; 0 where none is."""
        ohm = np.zeros(self._chip.rows + self._chip.columns)
        for terminal in act.changes:
            for family, index in self._wiring.lines(terminal):
                if family != "gate":
                    place = index if family == "row" else self._chip.rows + index
                    ohm[place] = self._wiring.terminals[terminal].impedance
        part = self._network.at_chip
        if part is not None:
            places = part.lines[part.ends]
            for number, node in enumerate(part.ports.tolist()):
                ohm[places[part.port_of_ends == number]] = part.network.resistance(node)
        return ohm

    # -- what limits let through -------------------------------------------------------------

    def _is_slow(self, terminal: str, act: Act) -> bool:
        state = self._wiring.terminals.get(terminal)
        if state is None or not state.drives:
            return False
        return bool(act.changes.get(terminal, state.voltage)) and state.current_limit < float("inf")

    def _pass_limit(self, terminal: str, act: Act, written: int) -> None:
        """Let the cells feel what comes before the limit holds, if it has begun to just now."""
        state, loop = self._wiring.terminals[terminal], self._wiring.loops[terminal]
        level = act.changes.get(terminal, state.voltage)
        current = self._unlimited(terminal, act)
        if abs(current) <= state.current_limit:
            self._holding.pop(terminal, None)
            return
        if terminal in self._holding:
            return
        window = min(loop.response(state.current_limit), act.width)
        self._go_on(terminal, act, level, window, written)
        current = self._unlimited(terminal, act)
        self.passed = (window, loop.capacitance * abs(level / current))
        for volts, seconds in loop.discharge(level, current, state.current_limit):
            self._go_on(terminal, act, volts, min(seconds, act.width), written)
        if terminal not in act.changes:
            self._holding[terminal] = abs(current / level)

    def _unlimited(self, terminal: str, act: Act) -> float:
        """Return the current in A that the terminal would give now without its limit."""
        part = self._network.part(terminal)
        if part is not None:
            solved = self._network.solve(part, act.lines, act.changes, unlimited=terminal)
            return self._network.seen(terminal, part, solved).current
        lines = act.lines
        rest = self._chip.at_rest(lines.row, lines.column, lines.gate)
        return current_into_lines(self._wiring, terminal, rest)

    def _go_on(self, terminal: str, act: Act, volts: float, seconds: float, written: int) -> None:
        """Let the last pulses of a train go on as part of themselves, at another voltage."""
        train = act.count * act.width + (act.count - 1) * act.gap
        start = self._chip.clock.now + train - act.count * seconds
        changes = {**act.changes, terminal: volts}
        part = self._network.at_chip
        held: Held
        if part is None:
            lines = self._wiring.line_voltages(changes)
            held = self._chip.hold(lines.row, lines.column, lines.gate, time=start)
        else:
            held = NetworkLines(self._network, part, act.lines, changes, start, terminal)
        self._chip.go_on(held, act.count * seconds, start=start, seen=act.seen, written=written)


def current_into_lines(wiring: Wiring, terminal: str, result: LineResult) -> float:
    """Return the current in A out of a terminal: into all lines it reaches, and into shorts."""
    total = wiring.fight_current(terminal)
    for family, index in wiring.lines(terminal):
        if family == "row":
            total += float(result.row_current[index])
        elif family == "column":
            total += float(result.column_current[index])
    return total
