"""What a probed chip refuses, before a byte is sent: the whole request against the chip's limits.

The drivers check every terminal again; but they see one cell at a time, when others may already
have had their pulse.
"""

import math
from dataclasses import replace
from typing import Protocol, runtime_checkable

import numpy as np

from .capabilities import CellIndices, Floats, Topology, Train
from .errors import RangeError
from .instrument_capabilities import PulseSource, SourceMeter
from .limits import ChipLimits, Family, tightest
from .units import show

MOST_CLOCKS, MOST_CYCLES = 10_000, 1_000_000


@runtime_checkable
class ChecksPulses(Protocol):
    """A pulse source that can tell beforehand what it would refuse."""

    def check_level(self, channel: int, voltage: float) -> None:
        """Raise RangeError where ``level`` would."""

    def check_pulse(
        self, channel: int, amplitude: float, *, width: float, period: float, count: int
    ) -> None:
        """Raise RangeError where ``pulse`` would."""


@runtime_checkable
class ChecksSource(Protocol):
    """A source-meter that can tell beforehand what it would refuse."""

    def check_source(self, voltage: float, *, current_limit: float) -> None:
        """Raise RangeError where ``source`` would."""


@runtime_checkable
class Waiting(Protocol):
    """A recipe that waits for thresholds."""

    def wait(self) -> tuple[float, float] | None:
        """Return clock and longest wait in s; None where nothing is waited for."""


def check_wait(recipe: object, cells: str) -> None:
    """Raise RangeError for a recipe whose waits have more clocks than a probed chip can serve.

    cells: what the bench file calls its cells. So that it is told before anything is driven.
    """
    waits = recipe.wait() if cells == "probed_chip" and isinstance(recipe, Waiting) else None
    if waits is None or waits[1] / waits[0] <= MOST_CLOCKS * (1.0 + 1e-9):
        return
    clock, longest = waits
    raise RangeError(
        f"clock = {show(clock, 's')}, longest = {show(longest, 's')}: each clock of a probed chip "
        f"is a pulse and a reading, and it accepts {MOST_CLOCKS} of them: set clock to "
        f"{show(longest / MOST_CLOCKS, 's')} or more; nothing was sent"
    )


class Requests:
    """Checks of requests to one probed chip; every method raises RangeError."""

    def __init__(
        self,
        topology: Topology,
        limits: ChipLimits | None,
        meter: SourceMeter,
        pulser: PulseSource,
        drain_channel: int,
        gate_channel: int,
    ) -> None:
        self._topology = topology
        self._limits = limits
        families: tuple[Family, ...] = ("row", "column", "gate")
        self._terminals = {it: tightest([limits.family(it)]) for it in families} if limits else {}
        self._meter = meter if isinstance(meter, ChecksSource) else None
        self._pulser = pulser if isinstance(pulser, ChecksPulses) else None
        self._drain, self._gate = drain_channel, gate_channel

    def cells(self, cells: CellIndices) -> CellIndices:
        """Return cells as indices, shape (cells,)."""
        chosen = np.atleast_1d(np.asarray(cells))
        size = self._topology.size
        if chosen.ndim != 1 or (chosen.size and chosen.dtype.kind not in "iu"):
            raise RangeError(f"cells: accepts a list of indices 0 to {size - 1}; nothing was sent")
        if chosen.size and not (0 <= chosen.min() and chosen.max() < size):
            wrong = int(chosen.max() if chosen.max() >= size else chosen.min())
            raise RangeError(f"cell {wrong}: accepts 0 to {size - 1}; nothing was sent")
        return chosen.astype(np.uint32)

    def train(self, cells: CellIndices, train: Train) -> tuple[Floats, Floats]:
        """Return amplitude and gate in V for each cell, shape (cells,) each."""
        amplitudes = _for_each("amplitude", train.amplitude, len(cells))
        gates = _for_each("gate", train.gate, len(cells))
        self.duration("width", train.width, positive=True)
        self.duration("period", train.period)
        if self._limits is not None and self._limits.lines is not None:
            self._limits.lines.check_width("width", train.width)
        if not (train.count == int(train.count) and train.count >= 1):
            raise RangeError(f"count = {train.count!r}: accepts 1 and more; nothing was sent")
        self._refuse_what_nobody_can(train)
        if (amplitudes == 0.0).any():
            raise RangeError("amplitude = 0 V: a pulse has a polarity; nothing was sent")
        if not len(cells):
            return amplitudes, gates
        sides: tuple[Family, Family] = ("row", "column")
        if self._topology.set_terminal == "column":
            sides = ("column", "row")
        self._on_line("amplitude", sides[0], float(amplitudes.max()))
        self._on_line("amplitude", sides[1], float(-amplitudes.min()))
        for amplitude in sorted(set(np.abs(amplitudes).tolist())):
            self._pulse(amplitude, train)
        for gate in sorted(set(gates.tolist())):
            self.gate(gate)
        return amplitudes, gates

    def _refuse_what_nobody_can(self, train: Train) -> None:
        told = {
            "rise": (train.rise, "s", "the generator's own edges: 0 s"),
            "fall": (train.fall, "s", "the generator's own edges: 0 s"),
            "current_limit": (train.current_limit, "A", "none: the gate limits the current"),
            "series_resistance": (train.series_resistance, "Ω", "none: no resistor is wired"),
        }
        for name, (value, unit, accepts) in told.items():
            if value:
                raise RangeError(
                    f"{name} = {show(value, unit)}: a probed chip accepts {accepts}; "
                    "nothing was sent"
                )

    def _pulse(self, amplitude: float, train: Train) -> None:
        if self._pulser is not None:
            self._pulser.check_pulse(
                self._drain,
                amplitude,
                width=train.width,
                period=train.period,
                count=train.count,
            )

    def gate(self, gate: float) -> None:
        """Check a gate voltage in V."""
        _finite("gate", gate, "V")
        if not self._topology.gates:
            return
        if self._limits is not None:
            self._terminals["gate"].check_voltage("gate", gate)
        if self._pulser is not None:
            self._pulser.check_level(self._gate, gate)

    def reading(self, voltage: float, gate: float, current_limit: float, averages: int) -> None:
        """Check a reading at ``voltage`` V (row - column), which writes nothing."""
        self.level(voltage, gate, current_limit, averages)
        if self._limits is not None:
            tightest([], read=self._limits.read).check_read("voltage", voltage)

    def level(self, voltage: float, gate: float, current_limit: float, averages: int) -> None:
        """Check ``voltage`` V (row - column) from the source-meter, whatever it is for."""
        _finite("voltage", voltage, "V")
        self.gate(gate)
        if not (averages == int(averages) and averages >= 1):
            raise RangeError(f"averages = {averages!r}: accepts 1 and more; nothing was sent")
        self._on_line("voltage", "row" if voltage >= 0.0 else "column", abs(voltage))
        if self._meter is not None:
            self._meter.check_source(abs(voltage), current_limit=current_limit)

    def sweep(self, voltages: Floats, dwell: float, gate: float, current_limit: float) -> Floats:
        """Return the points of a sweep in V, shape (points,)."""
        levels = np.asarray(voltages, dtype=np.float64)
        if levels.ndim != 1 or not levels.size:
            raise RangeError("voltages: accepts a list of at least one point; nothing was sent")
        for level in (float(levels.max()), float(levels.min())):
            self.level(level, gate, current_limit, 1)
        self.duration("dwell", dwell, positive=True)
        _finite("current_limit", current_limit, "A")
        if self._limits is not None:
            both = tightest([self._limits.row, self._limits.column])
            both.check_current("current_limit", current_limit)
        return levels

    def wait(self, train: Train, threshold: float, clock: float) -> tuple[Train, int]:
        """Return the pulse of one clock that a wait is made of, and how many there are at most."""
        self.one_pulse("train", train)
        self.duration("width", train.width, positive=True)
        self.duration("clock", clock, positive=True)
        if not (math.isfinite(threshold) and threshold > 0.0):
            raise RangeError(f"threshold = {threshold} A: accepts more than 0 A; nothing was sent")
        clocks = train.width / clock * (1.0 + 1e-9)
        if not 1.0 <= clocks <= MOST_CLOCKS:
            raise RangeError(
                f"clock = {show(clock, 's')} in a wait of {show(train.width, 's')}: a probed chip "
                f"accepts 1 to {MOST_CLOCKS} clocks, as each is a pulse and a reading; "
                "nothing was sent"
            )
        return replace(train, width=clock, period=0.0), int(clocks)

    def cycles(self, set_train: Train, reset_train: Train, count: int) -> None:
        """Check how many cycles of which trains."""
        if not (count == int(count) and 1 <= count <= MOST_CYCLES):
            raise RangeError(
                f"count = {count!r}: accepts 1 to {MOST_CYCLES} cycles; nothing was sent"
            )
        self.one_pulse("set_train", set_train)
        self.one_pulse("reset_train", reset_train)

    @staticmethod
    def one_pulse(name: str, train: Train) -> None:
        """Refuse a train of several pulses."""
        if train.count != 1:
            raise RangeError(f"{name}: {train.count} pulses; accepts 1; nothing was sent")

    def recording(self, rate: float, count: int) -> None:
        """Check a recording of ``count`` readings at ``rate`` Hz."""
        if not (math.isfinite(rate) and rate > 0.0):
            raise RangeError(f"rate = {rate} Hz: accepts more than 0 Hz; nothing was sent")
        if not (count == int(count) and 1 <= count <= 10_000_000):
            raise RangeError(f"count = {count!r}: accepts 1 to 10000000; nothing was sent")

    def duration(self, name: str, value: float, *, positive: bool = False) -> None:
        """Check a time in s."""
        if not (math.isfinite(value) and (value > 0.0 if positive else value >= 0.0)):
            least = "more than 0 s" if positive else "0 s and more"
            raise RangeError(f"{name} = {value} s: accepts {least}; nothing was sent")

    def _on_line(self, name: str, family: Family, voltage: float) -> None:
        """Check what a line is raised to; a negative value means that it is not raised at all."""
        if self._limits is not None and voltage > 0.0:
            self._terminals[family].check_voltage(f"{name} on the {family} line", voltage)


def _for_each(name: str, value: float | Floats, size: int) -> Floats:
    given = np.asarray(value, dtype=np.float64)
    if given.ndim and given.shape != (size,):
        raise RangeError(f"{name}: {given.shape} values for {size} cells; nothing was sent")
    if not np.isfinite(given).all():
        wrong = given[~np.isfinite(given)].flat[0] if given.ndim else float(given)
        raise RangeError(f"{name} = {wrong} V: accepts numbers only; nothing was sent")
    return np.broadcast_to(given, (size,)).copy()


def _finite(name: str, value: float, unit: str) -> None:
    if not math.isfinite(value):
        raise RangeError(f"{name} = {value} {unit}: accepts numbers only; nothing was sent")
