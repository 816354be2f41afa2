"""One output of a simulated Keysight 33522B: a level, a signal that runs, or bursts on triggers.

The terminal is held at what a DC meter sees of it, the mean; cells and oscilloscopes are told of
the signal itself. A burst begins with its trigger and goes on while time passes.
"""

import math
from typing import Final, Literal, Protocol

import numpy as np

from ..chip.playing import Signal as Played
from ..chip.probing import Waveforms
from ..wire.errors import ScpiError
from ._keysight33522b_shapes import (
    MOST_SEGMENTS,
    Samples,
    Segment,
    cycle,
    edges,
    repeated,
    rest,
    wave,
)
from ._keysight33522b_signal import Signal, conflict
from ._terminal import Circuit, Terminal

MOST_PULSES: Final = 1_000_000  # each of them goes into the truth log
State = Literal["off", "steady", "running", "waiting"]


class Generating(Circuit, Protocol):
    """What a generator needs of a bench besides."""

    waveforms: Waveforms

    def play(self, terminal: str, signal: Played | None) -> None:
        """Let a terminal give a signal besides its level."""

    def edges(self, terminal: str) -> None:
        """Tell those who are wired to a connector that a pulse is on it."""


class Outlet:
    """An output behind its terminal."""

    def __init__(self, circuit: Generating, terminal: Terminal) -> None:
        self._circuit, self._terminal = circuit, terminal
        self._state: State = "off"
        self._played: Played | None = None
        self._triggers = math.inf  # that are still taken
        self.gate = False  # whether the external gate is open

    @property
    def name(self) -> str:
        """Return the terminal's full name."""
        return self._terminal.name

    # -- settings ----------------------------------------------------------------------------

    def show(self, signal: Signal, samples: Samples) -> None:
        """Let the terminal do what the settings say; a burst under way ends."""
        self.stop()
        if not signal.output:
            self._go("off", None)
        elif signal.function == "DC":
            self._go("steady", signal.offset)
        elif signal.runs or self._gated_open(signal):
            self._run(signal, samples)
        else:
            self._go("waiting", rest(signal, samples))

    def _gated_open(self, signal: Signal) -> bool:
        burst = signal.burst
        return burst.on and burst.mode == "GAT" and self.gate is (burst.gate_polarity == "NORM")

    def _go(self, state: State, level: float | None) -> None:
        self._state = state
        self._terminal.hold(level)

    def _run(self, signal: Signal, samples: Samples) -> None:
        try:
            segments = repeated(signal, samples)
        except ScpiError:
            self._go("waiting", rest(signal, samples))
            raise
        self._played = Played(tuple(segments))
        self._go("running", self._played.mean)
        self._circuit.play(self.name, self._played)
        self._circuit.waveforms.run(self.name, wave(signal, segments), self._played.period)

    def stop(self) -> None:
        """End whatever goes on; the terminal rests where bursts do."""
        if self._played is not None:
            self._played = None
            self._circuit.play(self.name, None)
            self._circuit.waveforms.run(self.name, None)

    # -- bursts ------------------------------------------------------------------------------

    def arm(self, count: float) -> None:
        """Take so many triggers, which may be infinite."""
        self._triggers = count

    @property
    def bursting(self) -> bool:
        """Say whether a burst goes on."""
        return self._state != "running" and self._played is not None and self._played.left > 0.0

    @property
    def armed(self) -> bool:
        """Say whether a trigger would be taken."""
        return self._state == "waiting" and not self.bursting and self._triggers > 0.0

    @property
    def busy(self) -> float:
        """Return how long a burst that ends still goes on, in s."""
        if not self.bursting or self._played is None or math.isinf(self._played.count):
            return 0.0
        return self._played.left

    def fire(self, signal: Signal, samples: Samples) -> None:
        """Start a burst after the trigger delay; -211 where no trigger is waited for."""
        if not signal.triggered or self._state == "running":
            raise ScpiError(-211)
        if self.bursting or self._triggers <= 0.0:
            raise ScpiError(-211)
        segments = cycle(signal, samples)
        _check_length(signal, len(segments))
        self._triggers -= 1.0
        self._played = Played(tuple(segments), signal.cycles, -signal.burst.delay)
        self._circuit.play(self.name, self._played)
        if self._state != "off":
            self._tell(signal, samples, segments)

    def _tell(self, signal: Signal, samples: Samples, segments: list[Segment]) -> None:
        """Tell those who look at waveforms that a burst begins."""
        waveforms, burst, cycles = self._circuit.waveforms, signal.burst, signal.cycles
        pulses = signal.function in ("PULS", "SQU") and not signal.program.on
        if pulses and not burst.delay and not math.isinf(cycles):
            level, width = segments[0]
            waveforms.pulses(
                {self.name: level}, width, signal.period, round(cycles), edges=edges(signal)
            )
            return
        period = math.fsum(duration for _, duration in segments)
        whole, still = wave(signal, segments), rest(signal, samples)
        begin, end = burst.delay, burst.delay + cycles * period

        def limited(times: Samples) -> Samples:
            return np.where((times >= begin) & (times < end), whole(times - begin), still)

        waveforms.run(self.name, limited, period)


def _check_length(signal: Signal, segments: int) -> None:
    """Refuse (-221) a burst that is too long to be simulated."""
    cycles = signal.cycles
    if math.isinf(cycles):
        return
    if signal.function in ("PULS", "SQU") and not signal.program.on:
        too_long = cycles > MOST_PULSES
    else:
        too_long = cycles * segments > MOST_SEGMENTS
    if too_long:
        raise conflict("burst too long to be simulated")
