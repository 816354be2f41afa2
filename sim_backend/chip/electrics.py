"""What instruments on terminals can do to the chip: hold levels, close relays, pulse, measure.

Every call changes simulated time by what was commanded and nothing else. A terminal that has not
been driven is open. Actions on the truth log are "source", "gate", "output", "relay" and "short".
"""

import math
from collections.abc import Mapping

from labcim.errors import RangeError

from .bench_network import BenchNetwork
from .crossbar import SEEN, CrossbarChip
from .delivery import Act, Delivery
from .limit_loop import LimitLoop
from .line_levels import LineLevels
from .meters import Meters
from .nets import LineVoltages, TerminalState
from .player import Player
from .playing import Signal
from .ports import Measured as Measured
from .ports import Port
from .probing import Waveforms
from .wiring import Wiring


class Electrics:
    """Terminals, relays and the chip behind them. Terminals are ``INSTRUMENT.TERMINAL``."""

    def __init__(self, chip: CrossbarChip, wiring: Wiring) -> None:
        self.chip = chip
        self.wiring = wiring
        self._network = BenchNetwork(chip, wiring)
        self._delivery = Delivery(chip, wiring, self._network)
        self.clock = chip.clock
        self.truth = chip.truth
        self._levels = LineLevels(chip, wiring, self._network)
        self._meters = Meters(chip, wiring, self._network, self._levels)
        self._player = Player(wiring, self._delivery, self._levels)
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
        driven = [name for name in amplitudes if self.wiring.is_on(name)]
        if driven:
            changes = {name: amplitudes[name] for name in driven}
            self.waveforms.pulses(changes, width, width + gap, count, edges=edges)
            limit = min(self.wiring.terminals[name].current_limit for name in driven)
            lines = self._levels.now(changes)
            self._delivery.deliver(Act(lines, changes, width, count, gap, limit, SEEN))
        self._play_on(count * (width + gap))
        self.clock.advance(count * (width + gap))

    def advance(self, duration: float) -> None:
        """Let ``duration`` s pass; levels that can move cells do so meanwhile."""
        alone = self._play_on(duration)
        if not self.wiring.is_live:
            self._levels.forget_fights()
        elif alone > 0.0 or not duration:
            self._stand(self._levels.now({}), alone, self._least_limit())
        self.clock.advance(duration)

    def _least_limit(self) -> float:
        """Return the smallest limit in A of all sources at levels that can move cells."""
        least, sources = self._levels.disturbing, self.wiring.terminals.values()
        limits = [one.current_limit for one in sources if one.drives and abs(one.voltage) > least]
        return min(limits, default=math.inf)

    def _stand(self, lines: LineVoltages, duration: float, limit: float) -> None:
        if duration > 0.0 and self._levels.strongest(lines) > self._levels.disturbing:
            self._delivery.deliver(Act(lines, {}, duration, 1, 0.0, limit, self._levels.disturbing))
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
        lines = self._levels.now({})
        self._stand(lines, alone, current_limit)
        self.clock.advance(time)
        seen = self._meters.measured(terminal, lines, time)
        return seen.voltage, seen.current, seen.in_compliance

    # -- measurements ------------------------------------------------------------------------

    def measure(self, terminal: str, aperture: float, averages: int = 1) -> Measured:
        """Measure at a terminal for ``averages`` times ``aperture`` s, which pass."""
        duration = aperture * averages
        seen = None if self._player.signals else self._meters.again(terminal, duration)
        if seen is not None:
            self.clock.advance(duration)
            return seen
        alone = self._play_on(duration)
        lines = self._levels.now({})
        limit = self.wiring.terminals.get(terminal, TerminalState()).current_limit
        self._stand(lines, alone, limit)
        seen = self._meters.measured(terminal, lines, duration)
        self.clock.advance(duration)
        return seen

    def forced(self, terminal: str, current: float, highest: float) -> Measured:
        """Return what a source of ``current`` A, not negative, would settle at on ``terminal``.

        It goes no further than ``highest`` V, of either sign; where it gets there, it is not in
        compliance. Nothing is driven, no time passes, and cells do not move.
        """
        return self._meters.forced(terminal, current, highest)

    def look(self, terminal: str, aperture: float) -> Measured:
        """Return what a reading shows that has taken ``aperture`` s and ends now."""
        seen = self._meters.again(terminal, aperture)
        return seen or self._meters.measured(terminal, self._levels.now({}), aperture)

    def measure_current(self, terminal: str, aperture: float, averages: int = 1) -> float:
        """Return the mean current in A out of a terminal."""
        return self.measure(terminal, aperture, averages).current

    def sensed_voltage(self, terminal: str) -> float:
        """Return V between ``terminal`` and its return, or ground; 0 where nothing is."""
        return self._meters.sensed_voltage(terminal)

    def node_voltage(self, name: str, changes: Mapping[str, float] | None = None) -> float:
        """Return V of the net that ``name`` is in, with some terminals at other V for the moment.

        0 where nothing is.
        """
        return self._meters.node_voltage(name, changes or {})

    def node_resistance(self, name: str) -> float | None:
        """Return the ohm from which the net of ``name`` is driven; None where it is left alone."""
        return self._meters.node_resistance(name)
