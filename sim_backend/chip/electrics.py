"""What instruments on terminals can do to the chip: hold levels, close relays, pulse, measure.

Every call changes simulated time by what was commanded and nothing else. A terminal that has not
been driven is open. Actions on the truth log are "source", "gate", "output", "relay" and "short".
"""

import math
from collections.abc import Mapping

import numpy as np

from labcim.errors import RangeError

from .bench_network import BenchNetwork
from .crossbar import SEEN, CrossbarChip
from .delivery import Act, Delivery, current_into_lines
from .limit_loop import LimitLoop
from .lines import LineResult
from .nets import LineVoltages, TerminalState
from .player import Player
from .playing import Signal
from .ports import Measured as Measured
from .ports import Port
from .probing import Waveforms
from .spot import Spot, spot_of
from .wiring import Wiring

COMPLIANCE_STEPS = 60


class Electrics:
    """Terminals, relays and the chip behind them. Terminals are ``INSTRUMENT.TERMINAL``."""

    def __init__(self, chip: CrossbarChip, wiring: Wiring) -> None:
        self.chip = chip
        self.wiring = wiring
        self._network = BenchNetwork(chip, wiring)
        self._delivery = Delivery(chip, wiring, self._network)
        self.clock = chip.clock
        self.truth = chip.truth
        self._fights: list[str] = []
        self._spots: dict[str, Spot | Measured | None] = {}
        self._asked: set[str] = set()
        self._spotted = -1
        self._player = Player(
            wiring, self._delivery, self._levels, self._strongest, self._disturbing
        )
        self.waveforms = Waveforms(self, wiring.capacitances, wiring.line_driver)

    @property
    def terminals(self) -> dict[str, TerminalState]:
        """Return what is on every terminal that was ever driven."""
        return self.wiring.terminals

    # -- levels and relays -------------------------------------------------------------------

    def drive(
        self,
        terminal: str,
        voltage: float | None,
        *,
        impedance: float = 50.0,
        current_limit: float = math.inf,
        kind: str = "source",
    ) -> None:
        """Hold ``terminal`` at ``voltage`` V, or open it (None). impedance: ohm, limit: A."""
        if voltage is not None and not math.isfinite(voltage):
            raise RangeError(f"{terminal} = {voltage} V: accepts a finite voltage, or None")
        before = self.wiring.terminals.get(terminal, TerminalState())
        on = voltage is not None
        level = 0.0 if voltage is None else voltage
        self.wiring.put(terminal, TerminalState(level, on, impedance, current_limit))
        self._delivery.forget(terminal, level, current_limit)
        if on != before.on:
            self._note(terminal, "output", float(on))
        if on and (level != before.voltage or not before.on):
            self._note(terminal, kind, level)
        self.waveforms.level()

    def sense(self, terminal: str) -> None:
        """Leave ``terminal`` connected to nothing that drives: a voltmeter, or an open output."""
        self.drive(terminal, None)

    def set_port(self, terminal: str, port: Port) -> None:
        """Say how ``terminal`` meets the bench: its return, sense leads, input resistance."""
        self.wiring.set_port(terminal, port)
        self.waveforms.level()

    def set_loop(self, terminal: str, loop: LimitLoop) -> None:
        """Say how fast the current limit of ``terminal`` takes hold; without, it does at once."""
        self.wiring.loops[terminal] = loop

    def connect(self, a: str, b: str, ohm: float = 0.0) -> None:
        """Close the relay between two nodes, such as a matrix row and a matrix column.

        ohm: of its contact; 0 is an ideal one, which makes one net of them.
        """
        self.wiring.connect(a, b, ohm)
        self._delivery.forget_all()
        self._note(f"{a}~{b}", "relay", 1.0)
        self.waveforms.level()

    def disconnect(self, a: str, b: str) -> None:
        """Open the relay between two nodes."""
        self.wiring.disconnect(a, b)
        self._delivery.forget_all()
        self._note(f"{a}~{b}", "relay", 0.0)
        self.waveforms.level()

    def _note(self, target: str, kind: str, value: float) -> None:
        self.truth.action(target.split(".", 1)[0], kind, target, value)

    # -- stimuli -----------------------------------------------------------------------------

    def pulse(
        self,
        terminal: str,
        amplitude: float,
        width: float,
        count: int = 1,
        period: float = 0.0,
        *,
        edges: tuple[float, float] = (0.0, 0.0),
    ) -> None:
        """Let one terminal pulse to ``amplitude`` V, ``count`` times, while all others hold.

        width, period: s; a period below the width means back to back. edges: s of rise and fall,
        which those see who look at waveforms. An open terminal only takes its time.
        """
        self.pulse_together({terminal: amplitude}, width, count, period, edges=edges)

    def pulse_together(
        self,
        amplitudes: dict[str, float],
        width: float,
        count: int = 1,
        period: float = 0.0,
        *,
        edges: tuple[float, float] = (0.0, 0.0),
    ) -> None:
        """As `pulse`, with several terminals at once; amplitudes: V by terminal."""
        gap = max(period - width, 0.0)
        driven = [name for name in amplitudes if self._is_on(name)]
        if driven:
            changes = {name: amplitudes[name] for name in driven}
            self.waveforms.pulses(changes, width, width + gap, count, edges=edges)
            limit = min(self.wiring.terminals[name].current_limit for name in driven)
            lines = self._levels(changes)
            self._delivery.deliver(Act(lines, changes, width, count, gap, limit, SEEN))
        self._play_on(count * (width + gap))
        self.clock.advance(count * (width + gap))

    def advance(self, duration: float) -> None:
        """Let ``duration`` s pass; levels that can move cells do so meanwhile."""
        alone = self._play_on(duration)
        if not self.wiring.is_live:
            self._fights = []
        elif alone > 0.0 or not duration:
            self._stand(self._levels({}), alone, self._least_limit())
        self.clock.advance(duration)

    def _least_limit(self) -> float:
        """Return the smallest limit in A of all sources at levels that can move cells."""
        least, sources = self._disturbing, self.wiring.terminals.values()
        limits = [one.current_limit for one in sources if one.drives and abs(one.voltage) > least]
        return min(limits, default=math.inf)

    def _stand(self, lines: LineVoltages, duration: float, limit: float) -> None:
        if duration > 0.0 and self._strongest(lines) > self._disturbing:
            self._delivery.deliver(Act(lines, {}, duration, 1, 0.0, limit, self._disturbing))
            self.waveforms.moved(self._delivery.passed)

    def play(self, terminal: str, signal: Signal | None) -> None:
        """Let ``terminal`` give a signal besides its level while time passes, or no longer (None).

        The level is what meters see of it; see `playing` for what cells do.
        """
        self._player.play(terminal, signal)

    def _play_on(self, duration: float) -> float:
        """Let signals go on for ``duration`` s; return how long none is there."""
        if not self._player.signals:
            return duration
        return self._player.go_on(duration, far=self._network.at_chip is not None)

    def dwell(
        self, terminal: str, voltage: float, time: float, current_limit: float
    ) -> tuple[float, float, bool]:
        """Hold ``voltage`` V for ``time`` s under a current limit in A.

        Returns (voltage in V, current in A, in compliance) at the end, as a source-meter that
        integrates over that time sees it. The terminal keeps its level afterwards.
        """
        impedance = self.wiring.terminals.get(terminal, TerminalState()).impedance
        self.drive(terminal, voltage, impedance=impedance, current_limit=current_limit)
        alone = self._play_on(time)
        lines = self._levels({})
        self._stand(lines, alone, current_limit)
        self.clock.advance(time)
        seen = self._measure(terminal, lines, time)
        return seen.voltage, seen.current, seen.in_compliance

    # -- measurements ------------------------------------------------------------------------

    def measure(self, terminal: str, aperture: float, averages: int = 1) -> Measured:
        """Measure at a terminal for ``averages`` times ``aperture`` s, which pass."""
        duration = aperture * averages
        seen = None if self._player.signals else self._again(terminal, duration)
        if seen is not None:
            self.clock.advance(duration)
            return seen
        alone = self._play_on(duration)
        lines = self._levels({})
        limit = self.wiring.terminals.get(terminal, TerminalState()).current_limit
        self._stand(lines, alone, limit)
        seen = self._measure(terminal, lines, duration)
        self.clock.advance(duration)
        return seen

    def forced(self, terminal: str, current: float, highest: float) -> Measured:
        """Return what a source of ``current`` A, not negative, would settle at on ``terminal``.

        It goes no further than ``highest`` V, of either sign; where it gets there, it is not in
        compliance. Nothing is driven, no time passes, and cells do not move.
        """
        put, before = self.wiring.put, self.wiring.terminals.get(terminal, TerminalState())
        put(terminal, TerminalState(highest, True, before.impedance, current))
        try:
            lines = self._levels({})
            part = self._network.part(terminal)
            if part is not None:
                return self._network.seen(terminal, part, self._network.solve(part, lines, {}))
            drawn = current_into_lines(self.wiring, terminal, self._rest(lines))
            return self._held_back(terminal, drawn)
        finally:
            put(terminal, before)

    def look(self, terminal: str, aperture: float) -> Measured:
        """Return what a reading shows that has taken ``aperture`` s and ends now."""
        seen = self._again(terminal, aperture)
        return seen or self._measure(terminal, self._levels({}), aperture)

    def _again(self, terminal: str, duration: float) -> Measured | None:
        """Return what a terminal shows that was measured before, where that is simple."""
        spot = self._spot(terminal)
        if spot is None or isinstance(spot, Measured):
            return spot
        return self._held_back(terminal, spot.current(max(duration, 1e-9)))

    def measure_current(self, terminal: str, aperture: float, averages: int = 1) -> float:
        """Return the mean current in A out of a terminal."""
        return self.measure(terminal, aperture, averages).current

    def _measure(self, terminal: str, lines: LineVoltages, duration: float) -> Measured:
        part = self._network.part(terminal)
        if part is not None:
            return self._network.measured(terminal, part, lines, duration)
        if not self._is_on(terminal):
            return Measured(self.sensed_voltage(terminal), 0.0, False)
        result = self.chip.line_currents(
            lines.row, lines.column, lines.gate, aperture=max(duration, 1e-9), disturb=False
        )
        return self._held_back(terminal, current_into_lines(self.wiring, terminal, result))

    def _spot(self, terminal: str) -> Spot | Measured | None:
        """Return how to measure again what was measured before; None where that is not enough."""
        if self._spotted != self.wiring.changes:
            self._spotted = self.wiring.changes
            self._asked, self._spots = set(), {}
        if terminal not in self._spots:
            if terminal not in self._asked:  # the second time is the first to gain by it
                self._asked.add(terminal)
                return None
            self._spots[terminal] = self._new_spot(terminal)
        return self._spots[terminal]

    def _new_spot(self, terminal: str) -> Spot | Measured | None:
        network = self._network
        part = network.part(terminal)
        if network.at_chip or not (part or self._is_on(terminal)):
            return None
        lines = self._levels({})
        if lines.fights or self._strongest(lines) > self._disturbing:
            return None
        if part is not None:  # resistors and sources only: the same every time
            return network.measured(terminal, part, lines, 1.0)
        return spot_of(self.chip, lines, self.wiring.lines(terminal))

    def _held_back(self, terminal: str, current: float) -> Measured:
        """Return what a terminal shows that would give ``current`` A, but for its limit."""
        state = self.wiring.terminals[terminal]
        if abs(current) > state.current_limit:
            return self._in_compliance(terminal, state)
        return Measured(state.voltage, current, False)

    def _in_compliance(self, terminal: str, state: TerminalState) -> Measured:
        """Return the level at which the terminal gives just its limit, below the asked one."""
        low, high = 0.0, state.voltage
        current = 0.0
        for _ in range(COMPLIANCE_STEPS):
            middle = 0.5 * (low + high)
            current = current_into_lines(
                self.wiring, terminal, self._rest(self._levels({terminal: middle}))
            )
            if abs(current) > state.current_limit:
                high = middle
            else:
                low = middle
            if abs(high - low) < 1e-6:
                break
        return Measured(low, math.copysign(state.current_limit, state.voltage), True)

    def sensed_voltage(self, terminal: str) -> float:
        """Return V between ``terminal`` and its return, or ground; 0 where nothing is."""
        part = self._network.part(terminal)
        if part is not None:
            solved = self._network.solve(part, self._levels({}), {})
            return self._network.seen(terminal, part, solved).voltage
        found = self.wiring.lines(terminal)
        if not found:
            return 0.0
        lines = self._levels({})
        rest = self._rest(lines)
        family, index = found[0]
        if family == "gate":
            return float(np.nan_to_num(lines.gate[index]))
        return float((rest.row_voltage if family == "row" else rest.column_voltage)[index])

    def node_voltage(self, name: str, changes: Mapping[str, float] | None = None) -> float:
        """Return V of the net that ``name`` is in, with some terminals at other V for the moment.

        0 where nothing is.
        """
        part = self._network.part(name)
        if part is not None:
            other = dict(changes or {})
            return self._network.volts(name, part, self._levels(other), other)
        driven = self.wiring.driven_level(name, changes)
        if driven is not None:
            return driven
        found = self.wiring.lines(name)
        if not found:
            return 0.0
        lines = self._levels(dict(changes or {}))
        family, index = found[0]
        if family == "gate":
            return float(np.nan_to_num(lines.gate[index]))
        rest = self._rest(lines)
        return float((rest.row_voltage if family == "row" else rest.column_voltage)[index])

    def node_resistance(self, name: str) -> float | None:
        """Return the ohm from which the net of ``name`` is driven; None where it is left alone."""
        part = self._network.part(name)
        if part is not None:
            return self._network.resistance(name, part, self._levels({}))
        impedances = [self.wiring.terminals[it].impedance for it in self.wiring.drivers(name)]
        return 1.0 / sum(1.0 / max(it, 1e-3) for it in impedances) if impedances else None

    # -- helpers -----------------------------------------------------------------------------

    @property
    def _disturbing(self) -> float:
        return max(self.chip.disturb_voltage, SEEN)

    def _is_on(self, terminal: str) -> bool:
        state = self.wiring.terminals.get(terminal)
        return state is not None and state.drives

    def _levels(self, changes: dict[str, float]) -> LineVoltages:
        """Return the line voltages with some terminals at other levels for the moment."""
        lines = self._network.lines(self.wiring.line_voltages(changes), changes)
        for fight in lines.fights:
            if fight not in self._fights:
                self._note(fight, "short", 1.0)
        self._fights = lines.fights
        return lines

    def _rest(self, lines: LineVoltages) -> LineResult:
        return self.chip.at_rest(lines.row, lines.column, lines.gate)

    def _strongest(self, lines: LineVoltages) -> float:
        """Return the largest voltage in V that any cell could see; those of closed gates do not."""
        gated = self.chip.topology.kind == "1T1R"
        if (
            gated and not np.fmax.reduce(lines.gate, initial=0.0) > 0.0
        ):  # a floating gate, NaN, is off
            return 0.0
        highest, lowest = np.fmax.reduce(lines.ends), np.fmin.reduce(lines.ends)
        return float(highest - lowest) if highest >= lowest else 0.0  # NaN: all lines float
