"""The pulse generator module of a B1500A (B1525A HV-SPGU): two channels, two-level pulses.

Channel 501 is the first one of slot 5. Pulses of count or duration are delivered when SRP says so;
free running, three levels and arbitrary waveforms are not simulated: 120, and 100 for their words.
Sources: B1500A Programming Guide, "SPGU Module" in chapter 2 and SIM, SPRM, SPPER, SPT, SPV, SPM,
SER, SPUPD, SRP, SPP, SPST? in chapter 4; data sheet (ranges of HV-SPGU).
"""

from typing import Final

from ..wire.flex import Channel, Real, Whole, command
from ..wire.flex_errors import FlexError
from ._keysightb1500a_base import B1500Base
from ._keysightb1500a_generator import Generator, Shape

_HIGHEST: Final = 40.0  # V into an open line
_PERIODS: Final = (20e-9, 10.0)
_SHORTEST: Final = 10e-9
_EDGES: Final = (8e-9, 0.4)
_MOST_PULSES, _MOST_TOGETHER = 1_000_000, 10_000
_CHANNEL = Channel()
_SOURCE = Whole(1, 2)
FREE, COUNT, DURATION = range(3)


class SpguCommands(B1500Base):
    """Commands of the pulse generators. What is set applies with SPUPD, SRP or SPP."""

    _period = 1e-6
    _run: tuple[int, float] = (FREE, 1.0)

    @command("SIM", Whole(0, 1))
    def set_signal_mode(self, mode: int) -> None:
        """Choose pulses (0); arbitrary waveforms (1) are not simulated, 120."""
        if mode:
            raise FlexError(120)
        for generator in self.generators.values():
            if generator.on:
                generator.terminal.hold(0.0)

    @command("SIM?")
    def signal_mode(self) -> int:
        """Tell that it is pulses."""
        return 0

    @command("SPPER", Real(*_PERIODS))
    def set_period(self, period: float) -> None:
        """Set the period of all channels in s."""
        self._period = period

    @command("SPPER?")
    def period(self) -> str:
        """Tell the period in s."""
        return f"{self._period:.6E}"

    @command("SPRM", Whole(0, 2), Real(), optional=1)
    def set_run(self, mode: int, condition: float = 1.0) -> None:
        """Choose free running, a count of pulses, or a duration in s."""
        low, high = {FREE: (0.0, 1e9), COUNT: (1.0, 1e6), DURATION: (1e-6, 31_556_926.0)}[mode]
        if not low <= condition <= high or (mode == COUNT and condition != int(condition)):
            raise FlexError(120)
        self._run = (mode, condition)

    @command("SPRM?")
    def run(self) -> str:
        """Tell mode and condition."""
        mode, condition = self._run
        return f"{mode},{condition:g}"

    @command("SPM", _CHANNEL, Whole(0, 3))
    def set_generator_mode(self, channel: int, mode: int) -> None:
        """Choose DC (0) or the pulses of a source; three levels (3) are not simulated, 120."""
        generator = self.generator(channel)
        if mode == 3:
            raise FlexError(120)
        generator.mode = mode

    @command("SPM?", _CHANNEL)
    def generator_mode(self, channel: int) -> int:
        """Tell DC or the source of pulses."""
        return self.generator(channel).mode

    @command("SPV", _CHANNEL, Whole(0, 2), Real(), Real(), optional=1)
    def set_levels(self, channel: int, source: int, base: float, peak: float = 0.0) -> None:
        """Set base and peak of a source, or the DC level (source 0), in V into the load."""
        generator = self.generator(channel)
        if max(abs(generator.open_voltage(it)) for it in (base, peak)) > _HIGHEST * (1.0 + 1e-9):
            raise FlexError(120)
        generator.levels[source] = (base, peak)

    @command("SPV?", _CHANNEL, Whole(0, 2))
    def levels(self, channel: int, source: int) -> str:
        """Tell base and peak of a source."""
        base, peak = self.generator(channel).levels[source]
        return f"{base:+.4E},{peak:+.4E}"

    @command("SPT", _CHANNEL, _SOURCE, Real(0.0, 10.0), Real(_SHORTEST, 10.0), Real(*_EDGES),
             Real(*_EDGES), optional=1)  # fmt: skip
    def set_shape(
        self, channel: int, source: int, delay: float, width: float, rise: float,
        fall: float | None = None,
    ) -> None:  # fmt: skip
        """Set delay, width and edges of a source's pulses in s."""
        self.generator(channel).shapes[source] = Shape(
            delay, width, rise, rise if fall is None else fall
        )

    @command("SPT?", _CHANNEL, _SOURCE)
    def shape(self, channel: int, source: int) -> str:
        """Tell delay, width and edges of a source's pulses."""
        it = self.generator(channel).shapes[source]
        return ",".join(f"{value:.6E}" for value in (it.delay, it.width, it.rise, it.fall))

    @command("SER", _CHANNEL, Real(0.1, 1e6))
    def set_load(self, channel: int, ohm: float) -> None:
        """Say what load the levels are for, in ohm; an open line gets more than they say."""
        self.generator(channel).load = ohm

    @command("SER?", _CHANNEL)
    def load(self, channel: int) -> str:
        """Tell the load in ohm."""
        return f"{self.generator(channel).load:.4E}"

    @command("SPUPD", _CHANNEL, rest=_CHANNEL)
    def apply_setup(self, *channels: int) -> None:
        """Bring channels to the base or DC level that is set; 200 for one that is off."""
        chosen = [self.generator(channel) for channel in channels]
        if not all(generator.on for generator in chosen):
            raise FlexError(200)
        for generator in chosen:
            generator.rest()

    @command("SPP")
    def stop_pulses(self) -> None:
        """Stop the output: every channel to its base."""
        for generator in self.generators.values():
            generator.rest()

    @command("SPST?")
    def is_running(self) -> int:
        """Tell whether pulses come still; those of a count have come by then."""
        return 0

    @command("SRP")
    def start_pulses(self) -> None:
        """Deliver the pulses of every channel that is on."""
        mode, condition = self._run
        if mode == FREE:
            raise FlexError(120)
        count = int(condition) if mode == COUNT else max(1, int(condition / self._period))
        on = [generator for generator in self.generators.values() if generator.on]
        pulsing = [generator for generator in on if generator.mode]
        for generator in pulsing:
            shape = generator.shapes[generator.mode]
            if shape.delay + shape.width > self._period - _SHORTEST / 2.0:
                raise FlexError(120)
        for generator in on:
            generator.rest()
        # Longer trains would never give the bench back; several channels go edge by edge.
        if count > (_MOST_PULSES if len(pulsing) < 2 else _MOST_TOGETHER):
            raise FlexError(120)
        if len(pulsing) == 1:
            self._one_train(pulsing[0], count)
        elif pulsing:
            for _ in range(count):
                self._one_period(pulsing)

    def _one_train(self, generator: Generator, count: int) -> None:
        """Pulse one channel alone, its edges as they are."""
        shape = generator.shapes[generator.mode]
        peak = generator.open_voltage(generator.levels[generator.mode][1])
        self.wait(shape.delay)
        generator.terminal.pulse(
            peak, shape.width, count, self._period, edges=(shape.rise, shape.fall)
        )

    def _one_period(self, pulsing: list[Generator]) -> None:
        """Pulse several channels for one period, from one of their edges to the next."""
        edges: dict[float, list[tuple[Generator, float]]] = {}
        for generator in pulsing:
            shape, (base, peak) = (
                generator.shapes[generator.mode], generator.levels[generator.mode],
            )  # fmt: skip
            edges.setdefault(shape.delay, []).append((generator, peak))
            edges.setdefault(shape.delay + shape.width, []).append((generator, base))
        now = 0.0
        for time in sorted(edges):
            self.wait(time - now)
            now = time
            for generator, level in edges[time]:
                generator.terminal.hold(generator.open_voltage(level))
        self.wait(self._period - now)
