"""Settings of a simulated Tektronix TDS2024B, as after ``FACtory``, and their sequences.

Programmer Manual 071-1075, appendix B (factory settings) and command descriptions.
"""

import copy
from dataclasses import dataclass, field
from typing import Final

from ..wire.tektronix import Word

CHANNELS: Final = ("CH1", "CH2", "CH3", "CH4")
REFERENCES: Final = ("REFA", "REFB", "REFC", "REFD")
WAVEFORMS: Final = (*CHANNELS, "MATH", *REFERENCES)

POINTS: Final = 2500
DIVISIONS: Final = 10  # across
LEVELS: Final = 25  # of the converter for each division
FASTEST, SLOWEST = 2.5e-9, 50.0  # s for each division
FINEST, COARSEST = 2e-3, 5.0  # V for each division at the connector
MOST_RATE: Final = 2e9  # samples/s
PROBES: Final = (1.0, 10.0, 100.0, 1000.0)
TIME_SCALES: Final = tuple(
    step * 10.0**power
    for power in range(-9, 2)
    for step in (1.0, 2.5, 5.0)
    if FASTEST <= step * 10.0**power * 1.000001 and step * 10.0**power <= SLOWEST * 1.000001
)


def nearest(value: float, accepted: tuple[float, ...]) -> float:
    """Return which of the accepted values is nearest."""
    return min(accepted, key=lambda one: abs(one - value))


@dataclass(slots=True)
class Vertical:
    """One channel. scale: V for each division, with the probe's factor. position: divisions."""

    scale: float = 1.0
    position: float = 0.0
    coupling: Word = field(default=Word("DC"))
    limited: bool = False
    probe: float = 10.0
    inverted: bool = False

    @property
    def at_connector(self) -> float:
        """Return V for each division at the connector."""
        return self.scale / self.probe

    @property
    def farthest(self) -> float:
        """Return the largest position in divisions (table 2-27)."""
        return (2.0 if self.at_connector <= 0.2 else 50.0) / self.at_connector


@dataclass(slots=True)
class Horizontal:
    """Time base in s for each division; positions in s, positive: the trigger is left of centre."""

    scale: float = 5e-4
    position: float = 0.0
    view: Word = field(default=Word("MAIn"))
    window_scale: float = 5e-5
    window_position: float = 0.0

    @property
    def used(self) -> tuple[float, float]:
        """Return scale and position of what is acquired."""
        if self.view == "WINDOW":
            return self.window_scale, self.window_position
        return self.scale, self.position

    @property
    def step(self) -> float:
        """Return s between two points of the record."""
        return self.used[0] * DIVISIONS / POINTS

    @property
    def first(self) -> float:
        """Return s of the record's first point after the trigger."""
        scale, position = self.used
        return position - 0.5 * DIVISIONS * scale


@dataclass(slots=True)
class Trigger:
    """What starts an acquisition. level: V. holdoff, width: s."""

    kind: Word = field(default=Word("EDGE"))
    mode: Word = field(default=Word("AUTO"))
    level: float = 0.0
    holdoff: float = 5e-7
    source: Word = field(default=Word("CH1"))
    slope: Word = field(default=Word("RISe"))
    coupling: Word = field(default=Word("DC"))
    pulse_source: Word = field(default=Word("CH1"))
    polarity: Word = field(default=Word("POSITIVe"))
    when: Word = field(default=Word("EQual"))
    width: float = 1e-3
    video_source: Word = field(default=Word("CH1"))
    video_polarity: Word = field(default=Word("NORMal"))
    video_sync: Word = field(default=Word("LINE"))
    video_line: int = 1
    video_standard: Word = field(default=Word("NTSc"))

    @property
    def from_source(self) -> Word:
        """Return what is looked at."""
        sources = {"EDGE": self.source, "PULse": self.pulse_source}
        return sources.get(self.kind, self.video_source)


@dataclass(slots=True)
class Transfer:
    """How waveforms are told. start, stop: points, from 1."""

    source: Word = field(default=Word("CH1"))
    destination: Word = field(default=Word("REFA"))
    encoding: Word = field(default=Word("RIBinary"))
    start: int = 1
    stop: int = POINTS
    width: int = 1


@dataclass(slots=True)
class Measurement:
    """One automatic measurement."""

    kind: Word = field(default=Word("NONe"))
    source: Word = field(default=Word("CH1"))


@dataclass(slots=True)
class Cursors:
    """Both pairs of cursors: V, and s or Hz."""

    function: Word = field(default=Word("OFF"))
    source: Word = field(default=Word("CH1"))
    horizontal: list[float] = field(default_factory=lambda: [-3.2, 3.2])
    vertical: list[float] = field(default_factory=lambda: [-2e-3, 2e-3])
    units: Word = field(default=Word("SECOnds"))


@dataclass(slots=True)
class Display:
    """What the screen is like, which nobody sees."""

    contrast: int = 50
    form: Word = field(default=Word("YT"))
    style: Word = field(default=Word("VECtors"))


@dataclass(slots=True)
class Settings:
    """All that a setup memory keeps. mode: of acquisition; sequence: stops after one."""

    channels: dict[str, Vertical] = field(
        default_factory=lambda: {name: Vertical() for name in CHANNELS}
    )
    shown: dict[str, bool] = field(
        default_factory=lambda: {name: name == "CH1" for name in WAVEFORMS}
    )
    horizontal: Horizontal = field(default_factory=Horizontal)
    trigger: Trigger = field(default_factory=Trigger)
    mode: Word = field(default=Word("SAMple"))
    averages: int = 16
    stop_after: Word = field(default=Word("RUNSTop"))
    math: str = "CH1-CH2"
    immediate: Measurement = field(default_factory=lambda: Measurement(Word("PERIod"), Word("CH1")))
    second: Word = field(default=Word("CH2"))
    measurements: dict[int, Measurement] = field(
        default_factory=lambda: {slot: Measurement() for slot in range(1, 6)}
    )
    transfer: Transfer = field(default_factory=Transfer)
    cursors: Cursors = field(default_factory=Cursors)
    display: Display = field(default_factory=Display)

    def copy(self) -> "Settings":
        """Return settings that are no longer touched when these are."""
        return copy.deepcopy(self)
