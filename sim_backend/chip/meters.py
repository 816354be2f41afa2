"""What meters on terminals show, while nothing is changed and no time passes."""

import math
from collections.abc import Mapping
from typing import Final

import numpy as np

from .bench_network import BenchNetwork
from .crossbar import CrossbarChip
from .delivery import current_into_lines
from .line_levels import LineLevels
from .nets import LineVoltages, TerminalState
from .ports import Measured
from .spot import Spot, spot_of
from .wiring import Wiring

_COMPLIANCE_STEPS: Final = 60


class Meters:
    """Measurements on one bench, and what of them holds until something changes."""

    def __init__(
        self, chip: CrossbarChip, wiring: Wiring, network: BenchNetwork, levels: LineLevels
    ) -> None:
        self._chip, self._wiring = chip, wiring
        self._network, self._levels = network, levels
        self._spots: dict[str, Spot | Measured | None] = {}
        self._asked: set[str] = set()
        self._spotted = -1

    def again(self, terminal: str, duration: float) -> Measured | None:
        """Return what a terminal shows that was measured before, where that is simple."""
        spot = self._spot(terminal)
        if spot is None or isinstance(spot, Measured):
            return spot
        return self._held_back(terminal, spot.current(max(duration, 1e-9)))

    def measured(self, terminal: str, lines: LineVoltages, duration: float) -> Measured:
        """Return what a terminal shows that integrates over ``duration`` s."""
        part = self._network.part(terminal)
        if part is not None:
            return self._network.measured(terminal, part, lines, duration)
        if not self._wiring.is_on(terminal):
            return Measured(self.sensed_voltage(terminal), 0.0, False)
        result = self._chip.line_currents(
            lines.row, lines.column, lines.gate, aperture=max(duration, 1e-9), disturb=False
        )
        return self._held_back(terminal, current_into_lines(self._wiring, terminal, result))

    def forced(self, terminal: str, current: float, highest: float) -> Measured:
        """Return where a source of current would settle: see `Electrics.forced`."""
        wiring = self._wiring
        before = wiring.terminals.get(terminal, TerminalState())
        wiring.put(terminal, TerminalState(highest, True, before.impedance, current))
        try:
            lines = self._levels.now({})
            part = self._network.part(terminal)
            if part is not None:
                return self._network.seen(terminal, part, self._network.solve(part, lines, {}))
            drawn = current_into_lines(wiring, terminal, self._levels.at_rest(lines))
            return self._held_back(terminal, drawn)
        finally:
            wiring.put(terminal, before)

    def sensed_voltage(self, terminal: str) -> float:
        """Return V between ``terminal`` and its return, or ground; 0 where nothing is."""
        part = self._network.part(terminal)
        if part is None:
            return self._line_voltage(terminal, {})
        solved = self._network.solve(part, self._levels.now({}), {})
        return self._network.seen(terminal, part, solved).voltage

    def node_voltage(self, name: str, changes: Mapping[str, float]) -> float:
        """Return V of a net with some terminals at other V; 0 where nothing is."""
        part = self._network.part(name)
        if part is not None:
            return self._network.volts(name, part, self._levels.now(changes), changes)
        driven = self._wiring.driven_level(name, changes)
        return self._line_voltage(name, changes) if driven is None else driven

    def node_resistance(self, name: str) -> float | None:
        """Return the ohm from which a net is driven; None where it is left alone."""
        part = self._network.part(name)
        if part is not None:
            return self._network.resistance(name, part, self._levels.now({}))
        impedances = [self._wiring.terminals[it].impedance for it in self._wiring.drivers(name)]
        return 1.0 / sum(1.0 / max(it, 1e-3) for it in impedances) if impedances else None

    def _line_voltage(self, name: str, changes: Mapping[str, float]) -> float:
        """Return V of the first line that ``name`` reaches; 0 where it reaches none."""
        found = self._wiring.lines(name)
        if not found:
            return 0.0
        lines = self._levels.now(changes)
        family, index = found[0]
        if family == "gate":
            return float(np.nan_to_num(lines.gate[index]))
        rest = self._levels.at_rest(lines)
        return float((rest.row_voltage if family == "row" else rest.column_voltage)[index])

    def _spot(self, terminal: str) -> Spot | Measured | None:
        """Return how to measure again what was measured before; None where that is not enough."""
        if self._spotted != self._wiring.changes:
            self._spotted = self._wiring.changes
            self._asked, self._spots = set(), {}
        if terminal not in self._spots:
            if terminal not in self._asked:  # the second time is the first to gain by it
                self._asked.add(terminal)
                return None
            self._spots[terminal] = self._new_spot(terminal)
        return self._spots[terminal]

    def _new_spot(self, terminal: str) -> Spot | Measured | None:
        network, levels = self._network, self._levels
        part = network.part(terminal)
        if network.at_chip or not (part or self._wiring.is_on(terminal)):
            return None
        lines = levels.now({})
        if lines.fights or levels.strongest(lines) > levels.disturbing:
            return None
        if part is not None:  # resistors and sources only: the same every time
            return network.measured(terminal, part, lines, 1.0)
        return spot_of(self._chip, lines, self._wiring.lines(terminal))

    def _held_back(self, terminal: str, current: float) -> Measured:
        """Return what a terminal shows that would give ``current`` A, but for its limit."""
        state = self._wiring.terminals[terminal]
        if abs(current) > state.current_limit:
            return self._in_compliance(terminal, state)
        return Measured(state.voltage, current, False)

    def _in_compliance(self, terminal: str, state: TerminalState) -> Measured:
        """Return the level at which the terminal gives just its limit, below the asked one."""
        low, high = 0.0, state.voltage
        for _ in range(_COMPLIANCE_STEPS):
            middle = 0.5 * (low + high)
            rest = self._levels.at_rest(self._levels.now({terminal: middle}))
            if abs(current_into_lines(self._wiring, terminal, rest)) > state.current_limit:
                high = middle
            else:
                low = middle
            if abs(high - low) < 1e-6:
                break
        return Measured(low, math.copysign(state.current_limit, state.voltage), True)
