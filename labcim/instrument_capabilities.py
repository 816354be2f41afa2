"""What single instruments can do for a bench, as typing Protocols."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from .capabilities import Flag, Floats, SweepReadings


@runtime_checkable
class SourceMeter(Protocol):
    """Sources a voltage under a current limit and measures the current."""

    def source(self, voltage: float, *, current_limit: float) -> None:
        """Hold ``voltage`` V with the output on; never more than ``current_limit`` A."""

    def measure(self, *, averages: int = 1) -> tuple[float, float, Flag]:
        """Return (sensed voltage in V, current in A, flags)."""

    def sweep(self, voltages: Floats, *, dwell: float, current_limit: float) -> SweepReadings:
        """Step through ``voltages``; the cell index of the answer is 0."""

    def off(self) -> None:
        """Go to 0 V and open the output."""


@runtime_checkable
class SpotMeter(Protocol):
    """A source-meter that can do a whole reading at once."""

    def spot(
        self, voltage: float, *, current_limit: float, averages: int = 1
    ) -> tuple[float, float, Flag]:
        """As ``source``, ``measure``, and ``source`` of 0 V."""


@runtime_checkable
class SourceMeters(Protocol):
    """An instrument with several source-meters, each behind a terminal of its own."""

    def source_meter(self, terminal: str) -> SourceMeter:
        """Return the source-meter behind ``terminal``. Raises RangeError for another name.

        Its attribute ``instrument`` is this one: what `Instrument.forget` tells concerns it too.
        """


@runtime_checkable
class PulseSource(Protocol):
    """Delivers voltage pulses on one or more channels."""

    def level(self, channel: int, voltage: float) -> None:
        """Hold a DC level in V on ``channel``, output on."""

    def pulse(
        self, channel: int, amplitude: float, *, width: float, period: float, count: int
    ) -> None:
        """Deliver ``count`` pulses from 0 V to ``amplitude`` V on ``channel``."""

    def off(self, channel: int) -> None:
        """Bring ``channel`` to 0 V and open its output."""


@runtime_checkable
class GatedPulseSource(Protocol):
    """A pulse source that can hold a level on another channel just for its pulses."""

    def gated_pulse(
        self,
        channel: int,
        amplitude: float,
        *,
        width: float,
        period: float,
        count: int,
        gate_channel: int,
        gate: float,
    ) -> None:
        """As ``level`` of ``gate`` V, ``pulse``, and ``level`` of 0 V."""


@runtime_checkable
class SwitchMatrix(Protocol):
    """Connects its rows with its columns; channels are named by the instrument."""

    def connect(self, channels: list[str]) -> None:
        """Close exactly ``channels``: open what is not named, then close what is missing."""

    def open_all(self) -> None:
        """Open every channel."""

    def closed(self) -> list[str]:
        """Return what the instrument says is closed."""


@dataclass(frozen=True, slots=True)
class Capture:
    """What a digitizer recorded of one channel, arrays of shape (points,).

    times: s after the trigger.  volts: V at the probe's tip.  clipped: the converter was at its
    end, so that the voltage was that or more: no data.  resolution: V of one level.  gain: relative
    accuracy of a difference of two voltages, by the data sheet.  rise: s that it adds to an edge.
    """

    times: Floats
    volts: Floats
    clipped: NDArray[np.bool_]
    resolution: float
    gain: float
    rise: float


@runtime_checkable
class Digitizer(Protocol):
    """Records what is at a terminal in time: armed first, then triggered once."""

    def arm(
        self,
        channel: int,
        *,
        lowest: float,
        highest: float,
        before: float,
        after: float,
        level: float,
        rising: bool = True,
        probe: int = 10,
    ) -> None:
        """Get ready for one record around the next edge through ``level`` V, and return then.

        lowest, highest: V that must not be clipped.  before, after: s around the trigger.  probe:
        the factor of what is on the channel.
        Raises RangeError, before anything is sent, for what it has no range for.
        """

    def is_complete(self) -> bool:
        """Say whether the record is there; asking again and again is harmless."""

    def fetch(self, channel: int) -> Capture:
        """Return the record of a channel. Raises InstrumentError where there is none."""

    def disarm(self) -> None:
        """Wait for no trigger any more."""


@runtime_checkable
class ColdSwitch(Protocol):
    """A switch matrix that can be told that all sources are at 0 V, and need not be asked."""

    def connect_cold(self, channels: list[str]) -> None:
        """As ``connect``, by who has brought every source to 0 V."""


@runtime_checkable
class LiveSource(Protocol):
    """A source that can say whether it is live."""

    def is_live(self) -> bool:
        """Ask whether any of its outputs is on and away from 0 V."""


@runtime_checkable
class Mover(Protocol):
    """Something that must not move while a source is live: relays, a wafer.

    before_moving: called before it moves; what it raises keeps everything where it is.
    """

    before_moving: Callable[[], None] | None


@runtime_checkable
class ThermalStage(Protocol):
    """Holds the chip at a temperature."""

    def go_to(self, kelvin: float) -> None:
        """Command ``kelvin`` K and return at once. Raises RangeError beyond the chip's limits."""

    def temperature(self) -> float:
        """Return what the sensor reads, in K. Raises InstrumentError where it reads nothing."""

    def off(self) -> None:
        """Turn the heater off: the chip goes to the room's temperature by itself."""


@runtime_checkable
class HeatingEffort(Protocol):
    """A thermal stage that knows how hard it works."""

    def effort(self) -> float:
        """Return the share of the heater's power that is on, 0 to 1."""


@runtime_checkable
class Prober(Protocol):
    """Brings one die of a wafer after the other under the needles."""

    def dies(self) -> list[tuple[int, int]]:
        """Return (x, y) of the dies of the wafer map, in its order; the wafer moves meanwhile."""

    def go_to(self, x: int, y: int) -> None:
        """Bring die (x, y) under the needles. Raises RangeError while they are down."""

    def contact(self) -> None:
        """Bring the needles down, and prove it."""

    def separate(self) -> None:
        """Take the needles up, and prove it."""

    def in_contact(self) -> bool:
        """Say whether the needles are down."""
