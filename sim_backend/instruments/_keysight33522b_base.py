"""What the command groups of a simulated Keysight 33522B share: channels, waveforms, terminals."""

import math
from dataclasses import dataclass, replace
from typing import Final, Protocol, Self

import numpy as np

from ..wire.scpi import ScpiInstrument
from ._keysight33522b_outlet import Generating, Outlet
from ._keysight33522b_shapes import Samples
from ._keysight33522b_signal import SOURCE_IMPEDANCE, Connectors, Signal
from ._terminal import Terminal

CHANNELS: Final = (1, 2)
WAITING: Final = 5  # bit of the operation register


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


@dataclass(slots=True)
class Coupled:
    """What the channels share. tracked: the channel that the other one tracks."""

    voltage: bool = False
    frequency: bool = False
    track: str = "OFF"
    tracked: int = 1

    @property
    def any(self) -> bool:
        """Say whether anything is shared."""
        return self.voltage or self.frequency or self.track != "OFF"


@dataclass(slots=True)
class Common:
    """Unit of angles (DEG, RAD or SEC) and reference clock (INT or EXT)."""

    angle: str = "DEG"
    reference: str = "INT"
    reference_auto: bool = True


@dataclass(slots=True)
class Stored:
    """All settings, as ``*SAV`` keeps them."""

    signals: dict[int, Signal]
    connectors: Connectors
    coupled: Coupled
    common: Common

    def copy(self) -> Self:
        """Return the same settings, which changes of these do not reach."""
        signals = {n: signal.copy() for n, signal in self.signals.items()}
        return replace(
            self,
            signals=signals,
            connectors=replace(self.connectors),
            coupled=replace(self.coupled),
            common=replace(self.common),
        )


class Keysight33522BBase(ScpiInstrument):
    """State of the instrument: two signals on two terminals behind 50 ohm each."""

    terminals: tuple[str, ...] = ("ch1", "ch2")

    def __init__(self, circuit: Generating, spec: Spec) -> None:
        super().__init__()
        self.name = spec.name
        serial = spec.serial or "MY52812345"
        self.identity = f"Agilent Technologies,33522B,{serial},4.00-1.19-2.00-52-00"
        self._circuit = circuit
        self.outlets = {
            n: Outlet(circuit, Terminal(circuit, f"{spec.name}.ch{n}", SOURCE_IMPEDANCE))
            for n in CHANNELS
        }
        self.restore()

    def restore(self) -> None:
        """Take the settings of ``*RST``."""
        self.signals = {n: Signal(self.report) for n in CHANNELS}
        self.waveforms = {n: built_in() for n in CHANNELS}
        self.swapped = False
        self.connectors = Connectors()
        self.coupled = Coupled()
        self.common = Common()
        for outlet in self.outlets.values():
            outlet.arm(math.inf)
        self.settle()

    def present(self) -> Stored:
        """Return a copy of all settings."""
        return Stored(self.signals, self.connectors, self.coupled, self.common).copy()

    def take(self, stored: Stored) -> None:
        """Take settings that were kept."""
        kept = stored.copy()
        self.signals, self.connectors = kept.signals, kept.connectors
        self.coupled, self.common = kept.coupled, kept.common
        for n, outlet in self.outlets.items():
            outlet.arm(math.inf if self.signals[n].burst.continuous else 0.0)
        self.settle()

    def follow(self, n: int) -> None:
        """Let the other channel take over what is coupled to this one."""
        signal, other, coupled = self.signals[n], self.signals[3 - n], self.coupled
        if coupled.track != "OFF" and n == coupled.tracked:
            inverted = signal.inverted is not (coupled.track == "INV")
            tracks = signal.copy()
            tracks.output, tracks.inverted = other.output, inverted
            self.signals[3 - n] = tracks
            self.waveforms[3 - n] = self.waveforms[n]
        if coupled.voltage:
            other.amplitude, other.offset = signal.amplitude, signal.offset
            other.unit, other.load = signal.unit, signal.load
        if coupled.frequency:
            other.period = signal.period
        self.outlets[3 - n].show(self.signals[3 - n], self.samples(3 - n))

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
        """Let terminals (all, if none is named) do what their signals say."""
        for channel in channels or CHANNELS:
            self.outlets[channel].show(self.signals[channel], self.samples(channel))
        if self.coupled.any and len(channels) == 1:
            self.follow(channels[0])

    def fire(self, channel: int) -> None:
        """Start one burst on a channel, and tell whoever is wired to it; -211 where none waits."""
        self.outlets[channel].fire(self.signals[channel], self.samples(channel))
        connectors = self.connectors
        if connectors.sync and connectors.source == f"CH{channel}":
            self._circuit.edges(f"{self.name}.sync")
        if connectors.trigger and connectors.trigger_source == f"CH{channel}":
            self._circuit.edges(f"{self.name}.trigger")

    def execute(self, message: bytes) -> bytes | None:
        """Carry out a message; the status knows what has happened meanwhile."""
        self._note_waiting()
        answer = super().execute(message)
        self._note_waiting()
        return answer

    def _note_waiting(self) -> None:
        waits = any(
            outlet.armed and self.signals[n].burst.source in ("EXT", "BUS")
            for n, outlet in self.outlets.items()
        )
        self.status.operation.set_bit(WAITING, waits)

    def finish(self) -> None:
        """Let bursts come to their end."""
        while (busy := max(outlet.busy for outlet in self.outlets.values())) > 0.0:
            self._circuit.advance(busy)
