"""Settings of a B1500A's mainframe, as after ``*RST``, and how long its converters take.

Sources: B1500A Programming Guide, "Initial Settings" (chapter 2) and table 4-21 of AIT.
"""

from dataclasses import dataclass, field
from typing import Final

LINE_FREQUENCY: Final = 50.0
_SAMPLE: Final = 16e-6  # s of one sample of the high-speed converter
_TURN: Final = 80e-6  # s of one turn of the high-resolution converter
_PER_CYCLE: Final = 128  # samples of the high-speed converter in a line cycle
HIGH_SPEED: Final = 0
HIGH_RESOLUTION: Final = 1
PULSED: Final = 2

AUTO, MANUAL, CYCLES, TIME = range(4)


@dataclass(slots=True)
class Converter:
    """One kind of A/D converter: ``mode`` and ``number`` of AIT."""

    mode: int
    number: float


@dataclass(slots=True)
class Sweep:
    """One sweep source. kind: VOLT or CURR.  mode: 1 to 4 as WV has it.  power: W, 0 for none."""

    channel: int
    kind: str
    mode: int
    range: int
    start: float
    stop: float
    steps: int
    compliance: float | None
    power: float = 0.0


@dataclass(slots=True)
class Pulse:
    """One pulse source; base and peak in V or A, and a sweep of the peak where there is one."""

    channel: int
    kind: str
    range: int
    base: float
    peak: float
    compliance: float | None
    stop: float = 0.0
    steps: int = 1
    mode: int = 1


@dataclass(slots=True)
class Sampled:
    """A source of sampling: base and bias, in V or A."""

    channel: int
    kind: str
    range: int
    base: float
    bias: float
    compliance: float | None


@dataclass(slots=True)
class Mainframe:
    """What belongs to no channel."""

    trigger_mode: int = 1
    auto_calibration: bool = True
    format: int = 1
    format_mode: int = 0
    mode: int = 0  # MM; 0 is none yet
    channels: tuple[int, ...] = ()
    converters: dict[int, Converter] = field(
        default_factory=lambda: {
            HIGH_SPEED: Converter(AUTO, 1),
            HIGH_RESOLUTION: Converter(AUTO, 6),
            PULSED: Converter(TIME, _SAMPLE),
        }
    )
    auto_zero: bool = False
    time_stamp: bool = False
    parallel: bool = False
    timer: float = 0.0  # s of simulated time at which the timer was cleared
    timing: tuple[float, float, float, float, float] = (0.0, 0.0, 0.0, 0.0, 0.0)  # WT
    auto_abort: bool = False
    ends_at_stop: bool = False
    primary: Sweep | None = None
    synchronous: Sweep | None = None
    sources: dict[int, Sweep] = field(default_factory=dict)  # WNX, by its number
    pulse_timing: tuple[float, float, float, float] = (0.0, 1e-3, 1e-2, 0.0)  # PT
    pulse: Pulse | None = None
    pulse_sweep: Pulse | None = None
    sampling: tuple[float, float, int, float] = (0.0, 0.002, 1000, 0.0)  # MT
    sampling_mode: int = 1  # ML
    sampling_abort: bool = False
    sampling_ends_at_base: bool = False
    sampled: dict[int, Sampled] = field(default_factory=dict)
    waits: dict[int, tuple[float, float]] = field(
        default_factory=lambda: {1: (1.0, 0.0), 2: (1.0, 0.0), 3: (1.0, 0.0)}
    )

    def samples(self, current_range: float) -> int:
        """Return how many samples the high-speed converter averages on a range in A."""
        converter = self.converters[HIGH_SPEED]
        if converter.mode == CYCLES:
            return int(converter.number) * _PER_CYCLE
        if converter.mode == TIME:
            return max(1, int(converter.number / _SAMPLE))
        return int(converter.number) * (1 if converter.mode == MANUAL else initial(current_range))

    def aperture(self, kind: int, current_range: float) -> float:
        """Return the integration time in s of a converter on a range in A."""
        converter = self.converters[kind]
        if converter.mode == CYCLES:
            return converter.number / LINE_FREQUENCY
        if kind == HIGH_SPEED:
            return self.samples(current_range) * _SAMPLE
        if kind == PULSED:
            return converter.number
        turns = converter.number * (1 if converter.mode == MANUAL else initial(current_range))
        return turns * _TURN

    def duration(self, kind: int, current_range: float) -> float:
        """Return how long a measurement takes in s: twice as long with automatic zero."""
        doubled = kind == HIGH_RESOLUTION and self.auto_zero
        return self.aperture(kind, current_range) * (2.0 if doubled else 1.0)


def initial(current_range: float) -> int:
    """Return the initial averaging of automatic integration on a range in A.

    The guide says that it is set by the instrument and cannot be changed, and gives no figures:
    these grow as the ranges get slower.
    """
    if current_range >= 0.9e-6:
        return 1
    return 4 if current_range >= 0.9e-8 else 16
