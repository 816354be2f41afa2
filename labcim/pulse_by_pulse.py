"""Waits and cycles where no instrument does them by itself: a pulse and a reading at a time.

A wait is a train of pulses of one clock, each followed by a reading at a low voltage. The current
during a pulse is taken from it in proportion to the voltage, which is that of an ohmic cell; what a
cell does between pulses (a volatile one lets go) belongs to the method.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from .capabilities import CellIndices, CellReadings, Cycled, Delays, Delivered, Floats, Train
from .clock import Clock
from .probed_results import Reading

SENSE = 0.1  # V: moves no cell that is worth a wait

Waited = tuple[int, Reading, float]
"""Pulses given (0: none), the last reading, and the bench time in s at which they began."""


class PulsesAndReads(Protocol):
    """The two verbs of `Cells` that a cycle is made of."""

    def pulse(self, cells: CellIndices, train: Train) -> Delivered:
        """See `Cells`."""

    def read(
        self, cells: CellIndices, voltage: float, *, gate: float = ..., averages: int = 1
    ) -> CellReadings:
        """See `Cells`."""


@dataclass(frozen=True, slots=True)
class Wait:
    """The pulses of one cell: V of their amplitude and of its gate."""

    amplitude: float
    gate: float

    @property
    def sense(self) -> float:
        """Return V of the readings, of the pulses' polarity."""
        return math.copysign(min(SENSE, abs(self.amplitude)), self.amplitude)

    def crossed(self, reading: Reading, threshold: float) -> bool:
        """Say whether a good reading stands for a current beyond ``threshold`` A."""
        sensed, current, flags, _ = reading
        if flags or sensed == 0.0:
            return False
        through = abs(current / sensed * self.amplitude)
        return through >= threshold if self.amplitude > 0.0 else through <= threshold


def waited(
    wait: Wait,
    most: int,
    threshold: float,
    clock: Clock,
    pulse: Callable[[], object],
    read: Callable[[], Reading],
) -> Waited:
    """Pulse and read one cell until it has crossed; -``most`` pulses are told if it has not."""
    began = clock.now()
    reading: Reading = (0.0, 0.0, 0, began)
    for given in range(1, most + 1):
        pulse()
        reading = read()
        if wait.crossed(reading, threshold):
            return given, reading, began
    return -most, reading, began


def delays(
    cells: CellIndices,
    amplitudes: Floats,
    gates: Floats,
    clock: float,
    waits: Sequence[Waited],
) -> Delays:
    """Return the waits of all cells; ``flags`` are those of each one's last reading."""
    given = np.array([count for count, _, _ in waits], np.int64)
    return Delays(
        cells=cells,
        delay=np.where(given > 0, given * clock, np.nan),
        time=np.array([began for _, _, began in waits], float),
        flags=np.array([reading[2] for _, reading, _ in waits], np.uint8),
        amplitude=amplitudes,
        gate=gates,
        width=np.full(len(cells), clock),
        count=np.abs(given).astype(np.uint32),
        peak_current=np.full(len(cells), np.nan),
    )


def cycle(
    on: PulsesAndReads,
    cells: CellIndices,
    trains: tuple[Train, Train],
    count: int,
    *,
    voltage: float,
    gate: float,
    averages: int,
) -> Cycled:
    """Do ``count`` cycles by single calls; see `Cells.cycle`. trains: SET and RESET.

    Times are those that pulses and readings tell. The caller has checked the whole request.
    """
    pulses: tuple[list[Delivered], list[Delivered]] = ([], [])
    reads: tuple[list[CellReadings], list[CellReadings]] = ([], [])
    for _ in range(count):
        for train, given, found in zip(trains, pulses, reads, strict=True):
            given.append(on.pulse(cells, train))
            if voltage != 0.0:
                found.append(on.read(cells, voltage, gate=gate, averages=averages))
    shape = (-1, len(cells))
    values = [np.array([one.conductance for one in half]).reshape(shape) for half in reads]
    bad = [np.array([one.flags for one in half], np.uint8).reshape(shape) for half in reads]
    peaks = [np.max([one.peak_current for one in half], axis=0) for half in pulses]
    flags = [np.bitwise_or.reduce([one.flags for one in half]) for half in pulses]
    times = np.array([float(np.min(one.time)) for one in pulses[0]])
    last = (reads if voltage else pulses)[1][-1]
    return Cycled(
        cells, values[0], values[1], bad[0], bad[1], times[: len(values[0])], count,
        float(times[0]), float(np.max(last.time)), peaks[0], peaks[1], flags[0], flags[1],
    )  # fmt: skip
