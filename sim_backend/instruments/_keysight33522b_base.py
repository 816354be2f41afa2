"""What the command groups of a simulated Keysight 33522B share: channels, waveforms, terminals."""

import math
from typing import Final, Protocol

import numpy as np

from ..wire.errors import ScpiError
from ..wire.scpi import ScpiInstrument
from ._keysight33522b_signal import SOURCE_IMPEDANCE, Connectors, Samples, Signal
from ._terminal import Circuit, Terminal

CHANNELS: Final = (1, 2)
_MOST_SEGMENTS: Final = 100_000
_MOST_PULSES: Final = 1_000_000  # each of them goes into the truth log


class Spec(Protocol):
    """What is read of a chip file's [[instrument]] table."""

    @property
    def name(self) -> str:
        """Return the name that terminals begin with."""

    @property
    def serial(self) -> str:
        """Return the serial number."""


_RISE: Final[Samples] = 1.0 - 2.0 * np.exp(-np.linspace(0.0, 10.0, 1000))


def built_in() -> dict[str, Samples]:
    """Return the waveforms that are loaded at power-on."""
    return {"EXP_RISE": _RISE}


class Keysight33522BBase(ScpiInstrument):
    """State of the instrument: two signals on two terminals behind 50 ohm each."""

    terminals: tuple[str, ...] = ("ch1", "ch2")

    def __init__(self, circuit: Circuit, spec: Spec) -> None:
        super().__init__()
        self.name = spec.name
        serial = spec.serial or "MY52812345"
        self.identity = f"Agilent Technologies,33522B,{serial},4.00-1.19-2.00-52-00"
        self.outlets = {
            n: Terminal(circuit, f"{spec.name}.ch{n}", SOURCE_IMPEDANCE) for n in CHANNELS
        }
        self.restore()

    def restore(self) -> None:
        """Take the settings of ``*RST``."""
        self.signals = {n: Signal(self.report) for n in CHANNELS}
        self.waveforms = {n: built_in() for n in CHANNELS}
        self.swapped = False
        self.connectors = Connectors()
        self.settle()

    def format_number(self, value: float) -> str:
        """Return a number as this instrument writes it; infinity is 9.9E+37."""
        return f"{9.9e37 if math.isinf(value) else value:+.15E}"

    def format_error(self, code: int, text: str) -> str:
        """Return an entry of the error queue, its number signed."""
        return f'{code:+d},"{text}"'

    def samples(self, channel: int) -> Samples:
        """Return the arbitrary waveform of a channel."""
        signal = self.signals[channel]
        return self.waveforms[channel].get(signal.arb_name, _RISE)

    def settle(self, *channels: int) -> None:
        """Let terminals (all, if none is named) rest at what their signals say."""
        for channel in channels or CHANNELS:
            signal = self.signals[channel]
            level = signal.rest(self.samples(channel)) if signal.output else None
            self.outlets[channel].hold(level)

    def fire(self, channel: int) -> None:
        """Run one burst on a channel, after its trigger delay; -211 where none waits."""
        signal = self.signals[channel]
        burst = signal.burst
        if not burst.on or burst.mode != "TRIG" or math.isinf(burst.cycles):
            raise ScpiError(-211)
        outlet = self.outlets[channel]
        outlet.wait(burst.delay)
        segments = signal.cycle(self.samples(channel))
        count = round(burst.cycles)
        steps, most = count * len(segments), _MOST_SEGMENTS
        if signal.function in ("PULS", "SQU"):
            steps, most = count, _MOST_PULSES
        if steps > most:
            raise ScpiError(-221, device_info=" burst too long to be simulated")
        if signal.function in ("PULS", "SQU"):
            level, width = segments[0]
            outlet.pulse(level, width, count, signal.period, signal.edges)
            return
        for level, duration in segments * count:
            outlet.pulse(level, duration, 1, duration)
