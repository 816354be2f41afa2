"""Mott oscillators: a threshold switch (VO2, NbO2) that charges a node; and several, coupled.

    supply -- switch -- node -- load resistor -- ground,      capacitor from node to ground

The switch is insulating until the voltage across it reaches ``high``, and then metallic until it
falls to ``low``. Where neither state has its rest within these bounds, the node oscillates.
Capacitors between nodes couple them: with C the capacitances, g the switches' conductances,

    C dx/dt = g (supply - x) - x / load        C_ii = own + sum of couplings, C_ij = -coupling

Between two switchings that is linear, and solved exactly in its modes; only when a switch turns is
searched for, by bisection. Two such oscillators lock in anti-phase: the steep edge of one lifts the
other, which then takes longer to fall.

Sources: Parihar et al., Sci. Rep. 7:911 (2017) (coupled VO2 oscillators); Kumar, Strachan and
Williams, Nature 548:318 (2017) (NbO2).
"""

from dataclasses import dataclass
from math import inf
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import eigh

from labcim.errors import RangeError
from labcim.units import Farad, Ohm, Second, Volt

from ..devices.random import normal

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]

STEPS = 80  # of a period, between which switchings are looked for
BISECTIONS = 40
THRESHOLD = 16  # kind of draw, once for each switching


@dataclass(frozen=True)
class MottSwitch:
    """A threshold switch. threshold_spread: of both thresholds, from switching to switching."""

    insulating: Ohm
    metallic: Ohm
    high: Volt
    low: Volt
    threshold_spread: Volt = 0.0


VO2 = MottSwitch(insulating=100e3, metallic=1e3, high=1.8, low=0.8)
"""Vanadium dioxide; recalled orders of magnitude, not one device's figures."""
NBO2 = MottSwitch(insulating=50e3, metallic=0.8e3, high=1.2, low=0.7)
"""Niobium dioxide; recalled orders of magnitude, not one device's figures."""


@dataclass(frozen=True)
class MottNode:
    """What a switch hangs in. Raises RangeError where it would not oscillate."""

    switch: MottSwitch
    supply: Volt
    load: Ohm
    capacitance: Farad

    def __post_init__(self) -> None:
        s = self.switch
        for name, value in (
            ("insulating", s.insulating), ("metallic", s.metallic), ("low", s.low),
            ("supply", self.supply), ("load", self.load), ("capacitance", self.capacitance),
        ):  # fmt: skip
            if not 0.0 < value < inf:
                raise RangeError(f"{name} = {value}: accepts finite numbers above 0")
        if not (0.0 <= s.threshold_spread < 0.2 * (s.high - s.low) and s.high < inf):
            raise RangeError(
                f"low = {s.low} V, high = {s.high} V, threshold_spread = {s.threshold_spread} V: "
                "accepts low < high, and a spread below a fifth of what is between them"
            )
        off = self.supply * s.insulating / (s.insulating + self.load)
        on = self.supply * s.metallic / (s.metallic + self.load)
        if not (on < s.low and s.high < off):
            raise RangeError(
                f"load = {self.load} ohm, supply = {self.supply} V: the switch rests at {on:.3g} V "
                f"or {off:.3g} V; accepts what is below {s.low} V and above {s.high} V"
            )

    def period(self) -> Second:
        """Return the period in s of the node alone, without spread: two exponentials."""
        s = self.switch
        total = 0.0
        for ohms, begin, end in (
            (s.insulating, s.low, s.high), (s.metallic, s.high, s.low)
        ):  # fmt: skip
            rest = self.supply * ohms / (ohms + self.load)
            tau = self.capacitance * ohms * self.load / (ohms + self.load)
            total += tau * float(np.log((rest - begin) / (rest - end)))
        return total


class Switchings(NamedTuple):
    """Every switching: time in s, which oscillator, whether it became metallic; each (events,)."""

    time: Floats
    oscillator: NDArray[np.int64]
    metallic: Booleans

    def rises(self, oscillator: int) -> Floats:
        """Return when an oscillator became metallic, in s."""
        mine = (self.oscillator == oscillator) & self.metallic
        return np.asarray(self.time[mine], np.float64)


class MottNetwork:
    """Oscillators with capacitors between their nodes.

    coupling: F, symmetric, (n, n), zero on the diagonal.  seed: of the thresholds' spread.
    """

    def __init__(self, nodes: list[MottNode], coupling: ArrayLike, *, seed: int = 1) -> None:
        between = np.asarray(coupling, dtype=np.float64)
        size = len(nodes)
        if size == 0 or between.shape != (size, size):
            raise RangeError(f"coupling of shape {between.shape}: accepts ({size}, {size})")
        if not (np.isfinite(between).all() and (between >= 0.0).all()):
            raise RangeError("coupling: accepts finite capacitances of 0 F and more")
        if (between != between.T).any() or np.diag(between).any():
            raise RangeError("coupling: accepts a symmetric matrix with zeros on its diagonal")
        self._nodes, self._seed = nodes, seed
        own = np.array([node.capacitance for node in nodes])
        self._capacitance = np.diag(own + between.sum(axis=1)) - between
        self._supply = np.array([node.supply for node in nodes])
        self._load = np.array([1.0 / node.load for node in nodes])
        self._on = np.array([1.0 / node.switch.metallic for node in nodes])
        self._off = np.array([1.0 / node.switch.insulating for node in nodes])
        self._modes: dict[bytes, tuple[Floats, Floats, Floats]] = {}

    def run(self, start: ArrayLike, duration: Second) -> Switchings:
        """Return all switchings in ``duration`` s from node voltages ``start`` V, all insulating.

        start: (n,), V, between 0 and the supply.  Raises RangeError for what is none.
        """
        x = np.array(start, dtype=np.float64)
        if x.shape != self._supply.shape or not ((x >= 0.0) & (x <= self._supply)).all():
            raise RangeError(f"start = {start!r}: accepts {x.size} voltages, 0 V to the supply")
        if not 0.0 < duration < inf:
            raise RangeError(f"duration = {duration} s: accepts finite times above 0 s")
        metallic = np.zeros(x.size, np.bool_)
        counts = np.zeros(x.size, np.int64)
        bounds = np.array([self._bound(i, False, 0) for i in range(x.size)])
        step = min(node.period() for node in self._nodes) / STEPS
        time, found = 0.0, []
        while time < duration:
            ahead = self._after(x, metallic, step)
            turning = self._turned(ahead, metallic, bounds)
            if not turning.any():
                x, time = ahead, time + step
                continue
            short, i = self._first(x, metallic, bounds, step)
            x, time = self._after(x, metallic, short), time + short
            metallic[i] = not metallic[i]
            counts[i] += 1
            bounds[i] = self._bound(i, bool(metallic[i]), int(counts[i]))
            found.append((time, i, bool(metallic[i])))
        when, which, became = zip(*found, strict=True) if found else ((), (), ())
        return Switchings(np.array(when, float), np.array(which, np.int64), np.array(became, bool))

    def _bound(self, i: int, metallic: bool, count: int) -> float:
        """Return V across a switch at which it turns next."""
        switch = self._nodes[i].switch
        scatter = 0.0
        if switch.threshold_spread > 0.0:
            z = float(normal(self._seed, i, THRESHOLD, count))
            scatter = switch.threshold_spread * min(max(z, -2.0), 2.0)
        return (switch.low if metallic else switch.high) + scatter

    def _turned(self, x: Floats, metallic: Booleans, bounds: Floats) -> Booleans:
        across = self._supply - x
        return np.where(metallic, across <= bounds, across >= bounds)

    def _after(self, x: Floats, metallic: Booleans, time: float) -> Floats:
        """Return the node voltages ``time`` s later, if no switch turns."""
        key = metallic.tobytes()
        if key not in self._modes:
            given = np.where(metallic, self._on, self._off)
            rest = given * self._supply / (given + self._load)
            rates, shapes = eigh(np.diag(given + self._load), self._capacitance)
            self._modes[key] = rest, rates, shapes
        rest, rates, shapes = self._modes[key]
        amplitude = shapes.T @ (self._capacitance @ (x - rest))
        return np.asarray(rest + shapes @ (np.exp(-rates * time) * amplitude), np.float64)

    def _first(
        self, x: Floats, metallic: Booleans, bounds: Floats, step: float
    ) -> tuple[float, int]:
        """Return after how long the first switch turns within a step, and which."""
        early, late = 0.0, step
        for _ in range(BISECTIONS):
            middle = 0.5 * (early + late)
            if self._turned(self._after(x, metallic, middle), metallic, bounds).any():
                late = middle
            else:
                early = middle
        turned = self._turned(self._after(x, metallic, late), metallic, bounds)
        return late, int(np.flatnonzero(turned)[0])
