"""Automatic measurements of a simulated TDS2024B on a record.

High and low are the commonest levels of the upper and lower half where there are such, else the
extremes; 10, 50 and 90 % lie between them (TDS2000B user manual, appendix on measurements; IEEE Std
181). What cannot be measured is 9.9E37 and an event.
"""

from typing import Final

import numpy as np

from ..chip.waveforms import Floats
from ..wire.errors import ScpiError
from ..wire.tektronix_events import (
    CLIPPED_BOTH,
    CLIPPED_HIGH,
    CLIPPED_LOW,
    LOW_AMPLITUDE,
    NO_NEGATIVE,
    NO_PERIOD,
    NO_POSITIVE,
    event,
)
from ._tds2024b_front_end import HIGHEST, LOWEST, Record
from ._tds2024b_settings import LEVELS

KINDS: Final = (
    "FREQuency", "MEAN", "PERIod", "PK2pk", "CRMs", "MINImum", "MAXImum", "RISe", "FALL",
    "PWIdth", "NWIdth",
)  # fmt: skip
UNITS: Final = {
    "FREQuency": "Hz", "PERIod": "s", "RISe": "s", "FALL": "s", "PWIdth": "s", "NWIdth": "s",
    "PHAse": "deg",
}  # fmt: skip
NOT_MEASURED: Final = 9.9e37
_LEAST: Final = 0.5  # divisions from low to high, below which nothing has edges
_COMMON: Final = 0.05  # share of the points that makes a level the high or the low one


def measured(kind: str, record: Record) -> float:
    """Return one measurement in V, s or Hz. Raises ScpiError with the event that says why not."""
    volts = record.volts
    plain = {
        "MINImum": lambda: float(volts.min()),
        "MAXImum": lambda: float(volts.max()),
        "PK2pk": lambda: float(volts.max() - volts.min()),
        "MEAN": lambda: float(volts.mean()),
    }
    if kind in plain:
        return plain[kind]()
    low, high = states(record)
    if high - low < _LEAST * record.scale:
        raise event(NO_PERIOD if kind in ("FREQuency", "PERIod", "CRMs") else LOW_AMPLITUDE)
    edges = Edges(record, low, high)
    if kind in ("RISe", "FALL"):
        return edges.transition(kind == "RISe")
    if kind in ("PWIdth", "NWIdth"):
        return edges.width(kind == "PWIdth")
    begin, end = edges.cycle()
    if kind == "CRMs":
        inside = (record.times >= begin) & (record.times < end)
        return float(np.sqrt(np.mean(volts[inside] ** 2)))
    return end - begin if kind == "PERIod" else 1.0 / (end - begin)


def phase(one: Record, other: Record) -> float:
    """Return by how many degrees the second waveform comes after the first."""
    begin, end = Edges(one, *states(one)).cycle()
    later, _ = Edges(other, *states(other)).cycle()
    return ((later - begin) / (end - begin) * 360.0 + 180.0) % 360.0 - 180.0


def clipping(record: Record) -> ScpiError | None:
    """Return the event of a record that left the converter's range, or None."""
    low, high = bool((record.codes <= LOWEST).any()), bool((record.codes >= HIGHEST).any())
    if low and high:
        return event(CLIPPED_BOTH)
    if high:
        return event(CLIPPED_HIGH)
    return event(CLIPPED_LOW) if low else None


def states(record: Record) -> tuple[float, float]:
    """Return the low and the high level in V."""
    codes = np.rint(record.codes).astype(int)
    lowest, highest = int(codes.min()), int(codes.max())
    middle = 0.5 * (lowest + highest)
    counts = np.bincount(codes - lowest)
    found = []
    for inside, extreme in ((np.arange(len(counts)) + lowest <= middle, lowest),
                            (np.arange(len(counts)) + lowest > middle, highest)):  # fmt: skip
        half = np.where(inside, counts, 0)
        common = half.max() >= _COMMON * len(codes)
        found.append(int(half.argmax()) + lowest if common else extreme)
    low, high = ((code / LEVELS - record.position) * record.scale for code in found)
    return low, high


class Edges:
    """Where a record crosses its reference levels."""

    def __init__(self, record: Record, low: float, high: float) -> None:
        self._times, self._volts = record.times, record.volts
        self._low, self._high = low, high

    def _at(self, part: float) -> float:
        return self._low + part * (self._high - self._low)

    def cycle(self) -> tuple[float, float]:
        """Return begin and end in s of the first whole cycle."""
        rises = self._crossings(0.5, rising=True)
        falls = self._crossings(0.5, rising=False)
        longest = rises if len(rises) >= len(falls) else falls
        if len(longest) < 2:
            raise event(NO_PERIOD)
        return float(longest[0]), float(longest[1])

    def transition(self, rising: bool) -> float:
        """Return the time in s of the first edge from 10 to 90 %, or back."""
        begins = self._crossings(0.1 if rising else 0.9, rising)
        ends = self._crossings(0.9 if rising else 0.1, rising)
        for end in ends:
            before = begins[begins < end]
            if before.size:
                return float(end - before[-1])
        raise event(NO_POSITIVE if rising else NO_NEGATIVE)

    def width(self, positive: bool) -> float:
        """Return the time in s between the half-way points of the first pulse."""
        begins = self._crossings(0.5, rising=positive)
        ends = self._crossings(0.5, rising=not positive)
        for begin in begins:
            after = ends[ends > begin]
            if after.size:
                return float(after[0] - begin)
        raise event(NO_POSITIVE if positive else NO_NEGATIVE)

    def _crossings(self, part: float, rising: bool) -> Floats:
        """Return the times in s of all crossings of a level, with a twentieth of hysteresis."""
        height = self._volts - self._at(part)
        if not rising:
            height = -height
        slack = 0.05 * (self._high - self._low)
        state = np.where(height >= 0.0, 1, np.where(height < -slack, -1, 0))
        known = np.flatnonzero(state)
        turns = np.flatnonzero((state[known][:-1] < 0) & (state[known][1:] > 0))
        after = known[turns + 1]
        share = -height[after - 1] / np.maximum(height[after] - height[after - 1], 1e-300)
        share = np.clip(share, 0.0, 1.0)
        found: Floats = self._times[after - 1] + share * (
            self._times[after] - self._times[after - 1]
        )
        return found
