"""A circuit of resistors to ground for simulated instruments: closed forms to compare with."""

import math
from types import SimpleNamespace

import numpy as np

from labcim.sim_backend.chip.clock import SimClock
from labcim.sim_backend.chip.electrics import Measured
from labcim.sim_backend.wire.message import MessageCore


class ResistorBench:
    """Every terminal has the same resistance to ground; what is done to it is written down."""

    def __init__(self, resistance: float) -> None:
        self.resistance = resistance
        self.clock = SimClock(np.zeros(1))
        self.wiring = SimpleNamespace(lines=lambda _: [], reaches_gates=lambda _: False)
        self.chip_file = SimpleNamespace(chip=SimpleNamespace(seed=1))
        self.levels: dict[str, float | None] = {}
        self.limits: dict[str, float] = {}
        self.pulses: list[tuple[str, float, float, int, float]] = []
        self.apertures: list[float] = []
        self.played = {}  # by terminal, what is given there while time passes
        self.peaks: list[float] = []  # of all that was ever given
        self.waveforms = SimpleNamespace(pulses=_nobody_looks, run=_nobody_looks)

    def drive(self, terminal, voltage, *, impedance=50.0, current_limit=math.inf, kind="source"):
        self.levels[terminal], self.limits[terminal] = voltage, current_limit

    def measure(self, terminal, aperture, averages=1):
        self.apertures.append(aperture)
        self.clock.advance(aperture)
        voltage = self.levels.get(terminal)
        if voltage is None:
            return Measured(0.0, 0.0, False)
        current, limit = voltage / self.resistance, self.limits[terminal]
        if abs(current) <= limit:
            return Measured(voltage, current, False)
        held = math.copysign(limit, voltage)
        return Measured(held * self.resistance, held, True)

    def forced(self, terminal, current, highest):
        needed = math.copysign(current * self.resistance, highest)
        if abs(needed) > abs(highest):
            return Measured(highest, highest / self.resistance, False)
        return Measured(needed, math.copysign(current, highest), True)

    def dwell(self, terminal, voltage, time, current_limit):
        self.drive(terminal, voltage, current_limit=current_limit)
        seen = self.measure(terminal, time)
        return seen.voltage, seen.current, seen.in_compliance

    def pulse(self, terminal, amplitude, width, count=1, period=0.0, *, edges=(0.0, 0.0)):
        self.pulses.append((terminal, amplitude, width, count, period))
        self.clock.advance(count * max(width, period))

    def set_port(self, terminal, port):
        """Do nothing: the resistor is all there is."""

    def set_loop(self, terminal, loop):
        """Do nothing: nothing here moves while a limit takes hold."""

    def advance(self, duration):
        self.clock.advance(duration)
        for signal in self.played.values():
            signal.elapsed += duration

    def edges(self, terminal):
        """Nobody is wired to it."""

    def play(self, terminal, signal):
        self.played.pop(terminal, None)
        if signal is None:
            return
        self.played[terminal] = signal
        self.peaks.append(max(abs(level) for level, _ in signal.cycle))
        if math.isinf(signal.count):
            return
        (level, width), *more = signal.cycle
        if len(more) == 1:
            self.pulses.append((terminal, level, width, int(signal.count), signal.period))
            return
        self.pulses += [(terminal, level, width, 1, width) for level, width in signal.cycle] * int(
            signal.count
        )


def _nobody_looks(*_arguments, **_options):
    """Take notice of nothing."""


class Line:
    """Says messages to a simulated instrument and returns its replies."""

    def __init__(self, instrument, address: str = "SIM") -> None:
        self.core = MessageCore(instrument)
        self.address = address

    def __call__(self, message: str | bytes) -> str | None:
        data = message.encode() if isinstance(message, str) else message
        self.core.feed(data + b"\n", True)
        return self.core.read(10**7)[0].decode().strip() if self.core.has_reply else None

    def write(self, message):
        assert self(message) is None

    def query(self, message):
        reply = self(message)
        assert reply is not None, f"no answer to {message!r}"
        return reply

    def query_block(self, message, size=None):
        self.core.feed(message.encode() + b"\n", True)
        block = self.core.read(10**7)[0]
        assert block[:2] == b"#0" and len(block) == size + 3, block[:40]
        return block[2:-1]

    def close(self):
        """Nothing to close."""
