"""What a node of the bench does in time, for instruments that look at waveforms.

A probe is told of every stimulus as it is given: a level, a train of trapezoids, or a wave that
runs freely; each with the voltage that the network solve says for its node. What lies between is
straight lines through two poles, which have closed forms: that of the node's capacitance behind
what drives it, and that of whoever looks (its bandwidth). A pole's answer to a straight line x is

    y = x - s tau + c exp(-u / tau),   s: its slope,  u: time since its start.

Nothing is worked out until somebody asks, and nothing at all where nobody watches.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Wave = Callable[[Floats], Floats]
"""Volts of a free-running source at times in s since its start."""

MOST_PARTS: Final = 4096
MOST_PULSES: Final = 20_000  # of a train in a window; of more one sees their mean
_SETTLED: Final = 40.0  # time constants before a window from which on nothing is remembered
_EVEN: Final = np.arange(16) / 16.0  # of a straight piece, where one looks for crossings
_RELAXING: Final = np.geomspace(0.02, 20.0, 24)  # time constants after a corner, likewise
_AT_ONCE: Final = 1e-15  # s: the time constant of what has none


@dataclass(frozen=True, slots=True)
class Load:
    """What rounds the edges at a node: this share of a step comes with this time constant in s."""

    share: float = 0.0
    tau: float = 0.0


UNLOADED: Final = Load()


@dataclass(frozen=True, slots=True)
class Held:
    """A level in V from ``start`` s on."""

    start: float
    level: float
    load: Load = UNLOADED


@dataclass(frozen=True, slots=True)
class Pulses:
    """``count`` trapezoids from ``base`` to ``top`` V; ``width`` s between the half-way points."""

    start: float
    base: float
    top: float
    width: float
    period: float
    count: int = 1
    rise: float = 0.0
    fall: float = 0.0
    load: Load = UNLOADED

    @property
    def end(self) -> float:
        """Return when the last one is over, in s."""
        return self.start + self.count * self.period

    def corners(self, begin: float, end: float) -> Iterator[tuple[float, float]]:
        """Yield (time in s, V) of the corners of those pulses that touch a window."""
        first = max(0, math.floor((begin - self.start) / self.period))
        last = min(self.count - 1, math.floor((end - self.start) / self.period))
        # The half-way point of the rise is where an edge without duration would be.
        for number in range(first, last + 1):
            foot = self.start + number * self.period
            yield foot, self.base
            yield foot + self.rise, self.top
            yield max(foot + 0.5 * (self.rise - self.fall) + self.width, foot + self.rise), self.top
            yield foot + 0.5 * (self.rise + self.fall) + self.width, self.base


@dataclass(frozen=True, slots=True)
class Running:
    """A wave of a period in s that goes on: ``offset + gain * wave`` V at the node."""

    start: float
    wave: Wave
    period: float
    offset: float = 0.0
    gain: float = 1.0
    load: Load = UNLOADED


Part = Held | Pulses | Running


@dataclass(slots=True)
class Segments:
    """Straight pieces of what drives a node, with their constants; arrays of shape (pieces,).

    start: s.  level: V there.  slope: V/s.  rest: V at which all was before.  slow, fast: what is
    left of what was before, in V, by the node's pole and by the bandwidth's.
    """

    start: Floats
    level: Floats
    slope: Floats
    rest: float
    load: Load
    tau: float
    slow: Floats = field(init=False)
    fast: Floats = field(init=False)

    def __post_init__(self) -> None:
        self._settle()

    def _settle(self) -> None:
        """Follow both poles from piece to piece; before the first one all is at rest."""
        share, slow_tau, tau = self._taus
        pieces = len(self.start)
        slow, fast = np.zeros(pieces), np.zeros(pieces)
        ratio = share * slow_tau / (slow_tau - tau)
        at_node = at_probe = self.rest
        for piece in range(pieces):
            level, slope = float(self.level[piece]), float(self.slope[piece])
            slow[piece] = at_node - level + slope * slow_tau
            lag = slope * (share * slow_tau + tau)
            fast[piece] = at_probe - (level - lag + ratio * slow[piece])
            if piece + 1 < pieces:
                length = float(self.start[piece + 1] - self.start[piece])
                ends = level + slope * length
                left = slow[piece] * math.exp(-min(length / slow_tau, 700.0))
                at_node = ends - slope * slow_tau + left
                decayed = fast[piece] * math.exp(-min(length / tau, 700.0))
                at_probe = ends - lag + ratio * left + decayed
        self.slow, self.fast = slow, fast

    @property
    def _taus(self) -> tuple[float, float, float]:
        """Return share, slow and fast constant in s; both poles alike would divide by zero."""
        share = self.load.share if self.load.tau > 0.0 else 0.0
        tau = max(self.tau, _AT_ONCE)
        slow = self.load.tau if share else 3.0 * tau
        if abs(slow - tau) < 1e-3 * tau:
            slow *= 1.002
        return share, slow, tau

    def instants(self, begin: float, end: float) -> Floats:
        """Return times in s within a window that miss no edge, ascending."""
        _, slow_tau, tau = self._taus
        lengths = np.diff(self.start, append=max(end, float(self.start[-1])))
        steps = np.concatenate([constant * _RELAXING for constant in (slow_tau, tau)])
        even = lengths[:, None] * _EVEN
        after = np.where(steps < lengths[:, None], steps, 0.0)
        times = (self.start[:, None] + np.concatenate([even, after], axis=1)).ravel()
        return np.unique(np.append(times[(times >= begin) & (times <= end)], [begin, end]))

    def volts(self, times: Floats) -> Floats:
        """Return V at ``times`` s, through both poles."""
        share, slow_tau, tau = self._taus
        piece = np.clip(np.searchsorted(self.start, times, side="right") - 1, 0, None)
        u = np.maximum(times - self.start[piece], 0.0)
        slope = self.slope[piece]
        ratio = share * slow_tau / (slow_tau - tau)
        found: Floats = (
            self.level[piece]
            + slope * (u - share * slow_tau - tau)
            + ratio * self.slow[piece] * np.exp(-np.minimum(u / slow_tau, 700.0))
            + self.fast[piece] * np.exp(-np.minimum(u / tau, 700.0))
        )
        return found


class Probe:
    """What one node did since it is watched. on_full: called before old parts are dropped."""

    def __init__(self, node: str, now: float, level: float, load: Load) -> None:
        self.node = node
        self.parts: list[Part] = [Held(now, level, load)]
        self.on_full: Callable[[], None] | None = None

    def take(self, part: Part) -> None:
        """Note what begins now."""
        if len(self.parts) >= MOST_PARTS:
            if self.on_full is not None:
                self.on_full()
            del self.parts[: MOST_PARTS // 2]
        if isinstance(part, Held) and part.start == self.parts[-1].start:
            if isinstance(self.parts[-1], Held) and len(self.parts) > 1:
                self.parts.pop()
        self.parts.append(part)

    @property
    def since(self) -> float:
        """Return from when on it is known what the node did, in s."""
        return self.parts[0].start

    def forget_before(self, time: float) -> None:
        """Drop what was over before ``time`` s."""
        while len(self.parts) > 1 and self.parts[1].start <= time:
            self.parts.pop(0)

    def horizon(self, begin: float, end: float, pulses: int) -> float:
        """Return until when, at most ``end`` s, a window from ``begin`` s has so many pulses."""
        for number, part in enumerate(self.parts):
            if isinstance(part, Pulses) and part.start < end and part.end > begin:
                first = max(part.start, begin)
                touched = math.ceil((min(part.end, end) - first) / part.period)
                if touched > pulses:
                    return first + pulses * part.period
                pulses -= touched
            if part.start > begin and number % 256 == 255:
                return min(part.start, end)  # and not too many levels either
        return end

    def segments(self, begin: float, end: float, tau: float = 0.0) -> Segments:
        """Return what the node does between two times in s, seen with a time constant in s."""
        load = self._load(end)
        corners = self._corners(begin - _SETTLED * (load.tau + tau), end)
        times = np.array([time for time, _ in corners])
        level = np.array([volts for _, volts in corners])
        length = np.diff(times)
        real = np.append(length > 0.0, True)
        slope = np.append(np.diff(level) / np.where(length > 0.0, length, 1.0), 0.0)
        return Segments(times[real], level[real], slope[real], float(level[0]), load, tau)

    def volts(self, times: Floats, tau: float = 0.0) -> Floats:
        """Return V of the node at ``times`` s (ascending), seen with a time constant in s."""
        return self.segments(float(times[0]), float(times[-1]), tau).volts(times)

    def _load(self, end: float) -> Load:
        """Return the load of the last stimulus that begins before ``end`` s."""
        for part in reversed(self.parts):
            if part.start <= end:
                return part.load
        return self.parts[0].load

    def _corners(self, begin: float, end: float) -> list[tuple[float, float]]:
        """Return (time, V) where straight lines meet; two at one time are a jump."""
        found: list[tuple[float, float]] = []
        ends = [part.start for part in self.parts[1:]] + [math.inf]
        for part, until in zip(self.parts, ends, strict=True):
            if until < begin and not math.isinf(until):
                continue
            stop = min(until, end)
            if part.start > end:
                break
            for time, volts in _shape(part, max(part.start, begin), stop):
                if found and time < found[-1][0]:
                    time = found[-1][0]
                if not found or volts != found[-1][1] or time > found[-1][0]:
                    found.append((time, volts))
            if found and until <= end:
                found.append((max(until, found[-1][0]), found[-1][1]))
        return found or [(begin, _level_of(self.parts[0]))]


def _shape(part: Part, begin: float, end: float) -> Iterator[tuple[float, float]]:
    """Yield the corners of one part within a window."""
    if isinstance(part, Held):
        yield begin, part.level
    elif isinstance(part, Pulses):
        if (min(end, part.end) - begin) / part.period > MOST_PULSES:
            mean = part.base + (part.top - part.base) * part.width / part.period
            yield from ((begin, mean), (min(end, part.end), mean))
            return
        yield from part.corners(begin, end)
    else:
        step = min(part.period / 64.0, (end - begin) / 64.0 or 1.0)
        points = min(int((end - begin) / step) + 2, 2**18)
        times = np.linspace(begin, max(end, begin), points)
        volts = part.offset + part.gain * part.wave(times - part.start)
        yield from zip(times.tolist(), volts.tolist(), strict=True)


def _level_of(part: Part) -> float:
    if isinstance(part, Held):
        return part.level
    return part.base if isinstance(part, Pulses) else part.offset
