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

    start: s.  level: V there.  slope: V/s.  share, slow_tau: the node's pole while it lasts, s.
    rest: V at which all was before.  tau: s of the bandwidth's pole.  slow, fast: what is left of
    what was before, in V, by the node's pole and by the bandwidth's.
    """

    start: Floats
    level: Floats
    slope: Floats
    share: Floats
    slow_tau: Floats
    rest: float
    tau: float
    slow: Floats = field(init=False)
    fast: Floats = field(init=False)

    def __post_init__(self) -> None:
        self.tau = max(self.tau, _AT_ONCE)
        # Without a load the node's pole is any other than the bandwidth's; poles that are alike
        # would divide by zero.
        self.share = np.where(self.slow_tau > 0.0, self.share, 0.0)
        slow = np.where(self.share > 0.0, self.slow_tau, 3.0 * self.tau)
        self.slow_tau = np.where(np.abs(slow - self.tau) < 1e-3 * self.tau, 1.002 * slow, slow)
        self._settle()

    def _settle(self) -> None:
        """Follow both poles from piece to piece; before the first one all is at rest."""
        pieces, tau = len(self.start), self.tau
        slow, fast = np.zeros(pieces), np.zeros(pieces)
        lengths = np.diff(self.start, append=math.inf)
        lags, ratios = self._lag.tolist(), self._ratio.tolist()
        ends = (self.level[:-1] + self.slope[:-1] * lengths[:-1]).tolist()
        slow_left = np.exp(-np.minimum(lengths / self.slow_tau, 700.0)).tolist()
        fast_left = np.exp(-np.minimum(lengths / tau, 700.0)).tolist()
        behind = (self.slope * self.slow_tau).tolist()
        at_node = at_probe = self.rest
        for piece, level in enumerate(self.level.tolist()):
            slow[piece] = at_node - level + behind[piece]
            fast[piece] = at_probe - (level - lags[piece] + ratios[piece] * slow[piece])
            if piece + 1 < pieces:
                left = slow[piece] * slow_left[piece]
                at_node = ends[piece] - behind[piece] + left
                decayed = fast[piece] * fast_left[piece]
                at_probe = ends[piece] - lags[piece] + ratios[piece] * left + decayed
        self.slow, self.fast = slow, fast

    @property
    def _lag(self) -> Floats:
        """Return by how many V the slopes are behind at the end, (pieces,)."""
        return self.slope * (self.share * self.slow_tau + self.tau)

    @property
    def _ratio(self) -> Floats:
        """Return what of the slow remainder is seen through the bandwidth, (pieces,)."""
        return self.share * self.slow_tau / (self.slow_tau - self.tau)

    def seen_with(self, tau: float) -> "Segments":
        """Return the same pieces through another bandwidth."""
        return Segments(
            self.start, self.level, self.slope, self.share, self.slow_tau, self.rest, tau
        )

    def instants(self, begin: float, end: float) -> Floats:
        """Return times in s within a window that miss no edge, ascending."""
        lengths = np.diff(self.start, append=max(end, float(self.start[-1])))[:, None]
        after = np.concatenate(
            [self.slow_tau[:, None] * _RELAXING, np.tile(self.tau * _RELAXING, (len(lengths), 1))],
            axis=1,
        )
        after = np.where(after < lengths, after, 0.0)
        times = (self.start[:, None] + np.concatenate([lengths * _EVEN, after], axis=1)).ravel()
        return np.unique(np.append(times[(times >= begin) & (times <= end)], [begin, end]))

    def volts(self, times: Floats) -> Floats:
        """Return V at ``times`` s, through both poles."""
        piece = np.clip(np.searchsorted(self.start, times, side="right") - 1, 0, None)
        u = np.maximum(times - self.start[piece], 0.0)
        found: Floats = (
            self.level[piece]
            + self.slope[piece] * u
            - self._lag[piece]
            + (self._ratio * self.slow)[piece]
            * np.exp(-np.minimum(u / self.slow_tau[piece], 700.0))
            + self.fast[piece] * np.exp(-np.minimum(u / self.tau, 700.0))
        )
        return found


class Probe:
    """What one node did since it is watched. on_full: called before old parts are dropped.

    origin: s of the bench from which its own times count. In a clock that has run for years an
    edge of nanoseconds is lost; in one that began when somebody armed, it is not.
    """

    def __init__(
        self, node: str, now: float, level: float, load: Load, origin: float = 0.0
    ) -> None:
        self.node = node
        self.origin = origin
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
        slowest = max(part.load.tau for part in self.parts if part.start <= max(end, self.since))
        corners = self._corners(begin - _SETTLED * (slowest + tau), end)
        times, level, share, slow_tau = (np.array(column) for column in zip(*corners, strict=True))
        length = np.diff(times)
        real = np.append(length > 0.0, True)
        slope = np.append(np.diff(level) / np.where(length > 0.0, length, 1.0), 0.0)
        return Segments(
            times[real], level[real], slope[real], share[real], slow_tau[real],
            float(level[0]), tau,
        )  # fmt: skip

    def volts(self, times: Floats, tau: float = 0.0) -> Floats:
        """Return V of the node at ``times`` s (ascending), seen with a time constant in s."""
        return self.segments(float(times[0]), float(times[-1]), tau).volts(times)

    def _corners(self, begin: float, end: float) -> list[tuple[float, float, float, float]]:
        """Return (s, V, share and s of the load) where straight lines meet.

        Two at one time are a jump.
        """
        found: list[tuple[float, float, float, float]] = []
        ends = [part.start for part in self.parts[1:]] + [math.inf]
        for part, until in zip(self.parts, ends, strict=True):
            if until < begin and not math.isinf(until):
                continue
            if part.start > end:
                break
            load = (part.load.share, part.load.tau)
            for time, volts in _shape(part, max(part.start, begin), min(until, end)):
                found.append((max(time, found[-1][0]) if found else time, volts, *load))
            if found and until <= end:
                found.append((max(until, found[-1][0]), found[-1][1], *load))
        first = self.parts[0]
        return found or [(begin, _level_of(first), first.load.share, first.load.tau)]


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
