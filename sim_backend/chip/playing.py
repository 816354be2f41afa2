"""Signals that go on while time passes: cycles of levels on terminals, and what cells see of them.

A signal of many cycles is dealt out in trains: where only one level of its cycle reaches cells at
all, its pulses are one train. Else trains of the levels take turns, a few hundred times at most, so
that a cell which is set by one level and reset by the other still goes back and forth. Beyond a
million cycles at once their number is that; each lasts longer, so that the time under stress stays.
Signals that start together with one period, as both channels of a generator do, act together;
others act one after the other, each with the rest at their means.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from .wiring import Wiring

Levels = dict[str, float]
"""V by terminal."""
Step = tuple[float, float]
"""A level in V and how long it is held, in s."""
Moment = tuple[Levels, float]
"""Levels of several terminals and how long they are held, in s."""
Train = tuple[Levels, float, int, float]
"""Levels, width in s, count, gap in s."""

MOST_CYCLES: Final = 1_000_000  # of one train: each pulse of it counts in the truth log
MOST_TURNS: Final = 256
MOST_TRAINS: Final = 2048  # of a cycle with many levels, over all turns
_ROUNDING: Final = 1e-9  # of a cycle


@dataclass(slots=True)
class Signal:
    """``count`` cycles (or endless ones) of levels. elapsed: s since its start, below 0 before.

    It counts its own time: in a clock that has run for years a pulse would be lost.
    """

    cycle: tuple[Step, ...]
    count: float = math.inf
    elapsed: float = 0.0
    period: float = field(init=False)

    def __post_init__(self) -> None:
        self.period = math.fsum(duration for _, duration in self.cycle)

    @property
    def left(self) -> float:
        """Return how long it goes on yet, in s."""
        return max(self.count * self.period - self.elapsed, 0.0)

    @property
    def mean(self) -> float:
        """Return the mean level in V of a cycle."""
        return math.fsum(level * duration for level, duration in self.cycle) / self.period

    def part(self, duration: float) -> tuple[float, float]:
        """Return from when to when it is there within the next ``duration`` s, since its start."""
        return max(self.elapsed, 0.0), min(self.elapsed + duration, self.count * self.period)


class Signals:
    """The signals of one bench, by terminal."""

    def __init__(self) -> None:
        self._signals: dict[str, Signal] = {}

    def __bool__(self) -> bool:
        return bool(self._signals)

    def put(self, terminal: str, signal: Signal | None) -> None:
        """Let a terminal give a signal, or none."""
        self._signals.pop(terminal, None)
        if signal is not None:
            self._signals[terminal] = signal

    def reach(self, wiring: Wiring) -> bool:
        """Say whether any signal is on a line of the chip."""
        return any(wiring.lines(terminal) for terminal in self._signals)

    def covered(self, duration: float) -> float:
        """Return for how much of the next ``duration`` s any signal is there."""
        parts = [signal.part(duration) for signal in self._signals.values()]
        return max(0.0, *(end - begin for begin, end in parts))

    def go_on(self, duration: float) -> None:
        """Let ``duration`` s pass; what is over is dropped."""
        for terminal, signal in tuple(self._signals.items()):
            # To the end exactly, where that is meant: the last cycle must not be cut by rounding.
            ends = duration >= signal.left * (1.0 - _ROUNDING)
            signal.elapsed += duration
            if ends and not math.isinf(signal.count):
                signal.elapsed = max(signal.elapsed, signal.count * signal.period)
                del self._signals[terminal]

    def deal(self, duration: float, sees: Callable[[Levels, bool], bool]) -> Iterator[Train]:
        """Yield what the signals do in the next ``duration`` s, in order.

        sees: whether cells see levels, of a burst or of an endless signal.
        """
        groups: dict[tuple[float, float, float], list[str]] = {}
        for terminal, signal in self._signals.items():
            key = (signal.elapsed, signal.period, signal.count)
            groups.setdefault(key, []).append(terminal)
        for (_, period, count), terminals in groups.items():
            members = {name: self._signals[name] for name in terminals}
            begin, end = members[terminals[0]].part(duration)
            for moments, times in _spans(_together(members), period, begin, end):
                seen = _seen(moments, math.isinf(count), sees)
                yield from _turns(moments, times, period, seen)


def _seen(moments: list[Moment], endless: bool, sees: Callable[[Levels, bool], bool]) -> list[bool]:
    """Return whether cells see each moment; equal levels are asked for once."""
    known: dict[tuple[float, ...], bool] = {}
    found = []
    for levels, _ in moments:
        key = tuple(levels.values())
        if key not in known:
            known[key] = sees(levels, endless)
        found.append(known[key])
    return found


def _together(signals: dict[str, Signal]) -> list[Moment]:
    """Return the common cycle of signals of one period."""
    if len(signals) == 1:
        ((name, signal),) = signals.items()
        return [({name: level}, duration) for level, duration in signal.cycle]
    corners = {0.0}
    for signal in signals.values():
        at = 0.0
        for _, duration in signal.cycle:
            at += duration
            corners.add(at)
    places = sorted(corners)
    moments = []
    for begin, end in pairwise(places):
        middle = 0.5 * (begin + end)
        levels = {name: _level_at(signal.cycle, middle) for name, signal in signals.items()}
        moments.append((levels, end - begin))
    return moments


def _level_at(cycle: Sequence[Step], time: float) -> float:
    at = 0.0
    for level, duration in cycle:
        at += duration
        if time < at:
            return level
    return cycle[-1][0]


def _spans(
    cycle: list[Moment], period: float, begin: float, end: float
) -> Iterator[tuple[list[Moment], int]]:
    """Yield (moments, how often) between two times: what is left of a cycle, whole ones, a part."""
    if end <= begin:
        return
    at, until = begin / period, end / period
    first, last = math.ceil(at - _ROUNDING), math.floor(until + _ROUNDING)
    if first > last:  # within one cycle
        yield _part(cycle, (at - last) * period, (until - last) * period), 1
        return
    if first - at > _ROUNDING:
        yield _part(cycle, (at - first + 1.0) * period, period), 1
    if last > first:
        yield cycle, last - first
    if until - last > _ROUNDING:
        yield _part(cycle, 0.0, (until - last) * period), 1


def _part(cycle: list[Moment], begin: float, end: float) -> list[Moment]:
    """Return what a cycle does between two times in s since its start."""
    found, at = [], 0.0
    for levels, duration in cycle:
        low, high = max(at, begin), min(at + duration, end)
        if high > low:
            found.append((levels, high - low))
        at += duration
    return found


def _turns(moments: list[Moment], count: int, period: float, seen: list[bool]) -> Iterator[Train]:
    """Yield trains of those moments that cells see."""
    visible = [moment for moment, is_seen in zip(moments, seen, strict=True) if is_seen]
    if not visible:
        return
    longer = max(count / MOST_CYCLES, 1.0)
    count = min(count, MOST_CYCLES)
    rounds = 1 if len(visible) == 1 else min(count, MOST_TURNS, MOST_TRAINS // len(visible) + 1)
    for turn in range(rounds):
        times = count // rounds + (turn < count % rounds)
        for levels, duration in visible:
            gap = (period - duration) * longer if count > 1 else 0.0
            yield levels, duration * longer, times, gap
