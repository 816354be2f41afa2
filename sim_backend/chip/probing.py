"""Probes on nodes of the bench: they are told of every stimulus, see `waveforms`."""

from collections.abc import Mapping
from typing import Protocol

from .clock import SimClock
from .pads import Family
from .waveforms import Floats, Held, Load, Part, Probe, Pulses, Running, Wave
from .wiring import Wiring

LEAST_PERIOD = 1e-12  # s, of pulses that are back to back


class Bench(Protocol):
    """What probes need of a bench (see `Electrics`)."""

    clock: SimClock
    wiring: Wiring

    def node_voltage(self, name: str, changes: Mapping[str, float] | None = None) -> float:
        """Return V of a node, with some terminals at other V."""

    def node_resistance(self, name: str) -> float | None:
        """Return the ohm from which a node is driven, or None."""


class Waveforms:
    """All probes of a bench. Who stimulates tells it; who looks takes a probe.

    capacitances: F of a line of each family.  driver: ohm between a line and what drives it.
    """

    def __init__(self, bench: Bench, capacitances: Mapping[Family, float], driver: float) -> None:
        self._bench = bench
        self._capacitances, self._driver = capacitances, driver
        self._probes: list[tuple[Probe, float]] = []
        self._running: dict[str, tuple[float, Wave, float]] = {}

    # -- those that look ---------------------------------------------------------------------

    def watch(self, node: str, capacitance: float = 0.0, origin: float = 0.0) -> Probe:
        """Put a probe of some F on a node, such as "scope.ch1"; it sees what comes from now on.

        origin: s of the bench from which its times count.
        """
        level, load = self._bench.node_voltage(node), self._load(node, capacitance)
        probe = Probe(node, self._bench.clock.now - origin, level, load, origin)
        self._probes.append((probe, capacitance))
        self._tell_level(probe, capacitance)
        del probe.parts[:-1]  # what it is now has been so before
        return probe

    def leave(self, probe: Probe) -> None:
        """Take a probe off."""
        self._probes = [one for one in self._probes if one[0] is not probe]

    @property
    def is_idle(self) -> bool:
        """Say whether nobody looks."""
        return not self._probes

    # -- those that stimulate ----------------------------------------------------------------

    def level(self) -> None:
        """Tell that levels or relays have changed just now."""
        for probe, capacitance in self._probes:
            self._tell_level(probe, capacitance)

    def moved(self, passed: tuple[float, float] | None) -> None:
        """Tell that cells have moved under levels that stay.

        passed: s until a limit took hold, and s of the discharge that came then; None: none did.
        When in that time a cell moved is not known: the first moment stands for it.
        """
        for probe, capacitance in self._probes:
            now = self._bench.clock.now - probe.origin
            level = self._bench.node_voltage(probe.node)
            last = probe.parts[-1]
            if not isinstance(last, Held) or last.level == level:
                continue
            if passed is None:
                probe.take(Held(now, level, self._load(probe.node, capacitance)))
            else:
                probe.take(Held(now + passed[0], level, Load(1.0, passed[1])))

    def pulses(
        self,
        amplitudes: Mapping[str, float],
        width: float,
        period: float,
        count: int,
        *,
        edges: tuple[float, float] = (0.0, 0.0),
    ) -> None:
        """Tell that terminals pulse together from now on, each to its V; times in s.

        edges: of rise and fall, from one level to the other.
        """
        for probe, capacitance in self._probes:
            node, now = probe.node, self._bench.clock.now - probe.origin
            base, top = self._bench.node_voltage(node), self._bench.node_voltage(node, amplitudes)
            if base == top:
                continue
            load = self._load(node, capacitance)
            probe.take(
                Pulses(now, base, top, width, max(period, width, LEAST_PERIOD), count, *edges, load)
            )

    def probed_lines(self) -> set[tuple[Family, int]]:
        """Return the chip's lines that somebody looks at."""
        lines = self._bench.wiring.lines
        return {line for probe, _ in self._probes for line in lines(probe.node)}

    def on_line(
        self,
        line: tuple[Family, int],
        starts: Floats,
        tops: Floats,
        times: tuple[float, float, int],
        ohm: float,
    ) -> None:
        """Tell that a line is pulsed from 0 V by a driver of its own, of ``ohm`` behind it.

        starts: s, ascending, (trains,).  tops: V, (trains,).  times: width and period in s, count.
        """
        width, period, count = times
        farads = self._capacitances[line[0]]
        for probe, capacitance in self._probes:
            if line not in self._bench.wiring.lines(probe.node):
                continue
            tau = (ohm + self._driver) * farads + ohm * capacitance
            load = Load(ohm / (ohm + self._driver if farads else ohm), tau)
            for start, top in zip(starts.tolist(), tops.tolist(), strict=True):
                begins = start - probe.origin
                pulses = Pulses(begins, 0.0, top, width, max(period, width), count, load=load)
                probe.take(pulses)

    def run(self, terminal: str, wave: Wave | None, period: float = 1.0) -> None:
        """Tell that a terminal gives a wave of a period in s from now on, or no longer (None)."""
        if wave is None:
            self._running.pop(terminal, None)
        else:
            self._running[terminal] = (self._bench.clock.now, wave, period)
        self.level()

    # -- what a probe is told ----------------------------------------------------------------

    def _tell_level(self, probe: Probe, capacitance: float) -> None:
        now = self._bench.clock.now - probe.origin
        load = self._load(probe.node, capacitance)
        for terminal, (start, wave, period) in self._running.items():
            offset = self._bench.node_voltage(probe.node, {terminal: 0.0})
            gain = self._bench.node_voltage(probe.node, {terminal: 1.0}) - offset
            if gain != 0.0:
                phased = _shifted(wave, self._bench.clock.now - start)
                probe.take(Running(now, phased, period, offset, gain, load))
                return
        part: Part = Held(now, self._bench.node_voltage(probe.node), load)
        if not _says_the_same(probe.parts[-1], part):
            probe.take(part)

    def _load(self, node: str, capacitance: float) -> Load:
        """Return how a node rounds what is driven into it.

        A source of R ohm with a line of C farad behind D ohm (the line's driver) jumps to
        D / (R + D) of a step; the rest comes with (R + D) C.
        """
        lines = self._bench.wiring.lines(node)
        farads = sum(self._capacitances[family] for family, _ in lines)
        if farads == 0.0 and capacitance == 0.0:
            return Load()
        source = self._bench.node_resistance(node)
        if source is None:
            return Load()
        driver = self._driver if farads else 0.0
        tau = (source + driver) * farads + source * capacitance
        return Load(source / (source + driver), tau) if tau > 0.0 else Load()


def _says_the_same(last: Part, part: Part) -> bool:
    return isinstance(last, Held) and isinstance(part, Held) and (
        (last.level, last.load) == (part.level, part.load)
    )  # fmt: skip


def _shifted(wave: Wave, by: float) -> Wave:
    return lambda times: wave(times + by)
