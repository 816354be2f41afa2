"""A heated plate under the chip, with its sensor and its control loop, in simulated time.

Heat leaks from the plate into the room through one resistance, so that alone it comes to rest in
first order; the sensor follows the plate in first order; the loop gives P (e + I integral of e)
percent of the heater's power, between 0 and 100, and does not integrate where that is at its end.
All of it goes in steps of ``STEP`` on a grid of the bench's time, so that it does not matter how
that time is cut into waits. The chip follows in steps of two kelvin, so that it is never much more
than one away, equally often above and below, and what it ages by is right within a hundredth.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

from .clock import SimClock

STEP = 0.1  # s
FOLLOWS = 2.0  # K
STILL = 3e-7  # K a step, below which nothing moves any more


class Body(Protocol):
    """What lies on a plate: a chip, as a rule. temperature: K."""

    clock: SimClock

    @property
    def temperature(self) -> float:
        """Return K."""

    def set_temperature(self, kelvin: float) -> None:
        """Bring it to K."""


class Bare:
    """A plate's own metal, where nothing lies on it."""

    def __init__(self, clock: SimClock, kelvin: float) -> None:
        self.clock = clock
        self.temperature = kelvin

    def set_temperature(self, kelvin: float) -> None:
        """Bring it to K."""
        self.temperature = kelvin


@dataclass(slots=True)
class Extremes:
    """The lowest and the highest temperature in K that a sensor has had since it is looked at."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class PlateConstants:
    """A plate. resistance: K/W to the room.  time: s to come to rest.  lag: s of the sensor.

    room: K.
    """

    resistance: float = 3.0
    time: float = 180.0
    lag: float = 2.0
    room: float = 300.0


class Plate:
    """The plate at its body's temperature, heater off; a follower of the bench's clock.

    power: W that 100 % are; 0 is off.  setpoint: K.  rate: K/s with which it is approached; 0: at
    once.  p: % for each kelvin.  i: 1/s.  d: s.  bias: %, all that an open loop gives.  blind: s of
    bench time from which on the sensor reads nothing, and the loop gives nothing.  hottest: K
    beyond which it goes off itself (``tripped``).  seen: another sensor that the loop follows, in
    K; it may read nothing, None.  choose: told K of the setpoint before each step, where zones
    change the loop.  on_trip: told of a trip.  watched: extremes that somebody looks at.
    """

    def __init__(self, chip: Body, constants: PlateConstants) -> None:
        self._chip = chip
        self._constants = constants
        self._steps = math.floor(chip.clock.now / STEP)
        self._still = False
        self.kelvin = self.sensed = self.setpoint = self.wanted = chip.temperature
        self.integral = 0.0
        self.output = 0.0  # %
        self.power = 0.0
        self.rate = 0.0
        self.p, self.i, self.d, self.bias = 20.0, 0.02, 0.0, 0.0
        self.loop: Literal["closed", "open", "off"] = "closed"
        self.seen: Callable[[], float | None] | None = None
        self.choose: Callable[[float], None] | None = None
        self.on_trip: Callable[[], None] | None = None
        self.watched: list[Extremes] = []
        self._last_seen = self.sensed
        self.blind = math.inf
        self.hottest = math.inf
        self.tripped = False
        chip.clock.followers.append(self)

    @property
    def now(self) -> float:
        """Return the bench's time in s."""
        return self._chip.clock.now

    def changed(self) -> None:
        """Say that something was set: it matters from the next step on."""
        now = self._chip.clock.now
        while self.next_stop(now) < now:
            self.arrive()
        self._still = False

    def set_point(self, kelvin: float) -> None:
        """Go to another temperature: at once, or from here with the rate."""
        self.changed()
        self.setpoint = kelvin
        self.wanted = self.sensed if self.rate > 0.0 else kelvin

    def set_power(self, watt: float) -> None:
        """Let 100 % be so much; 0 turns the heater off, and the loop starts anew after it."""
        self.changed()
        if self.power == 0.0:
            self.integral = 0.0
            self.wanted = self.sensed if self.rate > 0.0 else self.setpoint
        self.power, self.tripped = watt, False

    def next_stop(self, end: float) -> float:
        """Return when the chip is to follow next; ``end``, where not before."""
        if self._still and self._steps * STEP < self.blind <= end:
            self._steps, self._still = _last_step(self.blind), False
        while True:
            if self._apart():
                return self._steps * STEP
            if self._still or self._steps >= _last_step(end):
                break
            self._step()
        if self._still:
            self._steps = max(self._steps, _last_step(end))
        return end

    def arrive(self) -> None:
        """Let the chip follow."""
        here = self._chip.temperature
        if self._still:
            self._chip.set_temperature(self.kelvin)
            return
        self._chip.set_temperature(here + FOLLOWS * round((self.kelvin - here) / FOLLOWS))

    def _apart(self) -> bool:
        away = abs(self.kelvin - self._chip.temperature)
        return away > (0.0 if self._still else 0.5 * FOLLOWS)

    def _step(self) -> None:
        c = self._constants
        self._steps += 1
        wanted, integral, kelvin, sensed = self.wanted, self.integral, self.kelvin, self.sensed
        if self.rate > 0.0:
            change = max(-self.rate * STEP, min(self.rate * STEP, self.setpoint - wanted))
            self.wanted = wanted + change
        if self.choose is not None:
            self.choose(self.wanted)
        if self.power > 0.0 and self.sensed > self.hottest:
            self.power, self.tripped = 0.0, True
            if self.on_trip is not None:
                self.on_trip()
        self._control()
        rest = c.room + c.resistance * self.power * 0.01 * self.output
        self.kelvin = rest + (kelvin - rest) * math.exp(-STEP / c.time)
        self.sensed = kelvin + (sensed - kelvin) * math.exp(-STEP / c.lag)
        for extremes in self.watched:
            extremes.low = min(extremes.low, self.sensed)
            extremes.high = max(extremes.high, self.sensed)
        self._still = (
            self.seen is None
            and abs(self.kelvin - kelvin) < STILL
            and abs(self.sensed - sensed) < STILL
            and abs(self.integral - integral) < STILL
            and self.wanted == wanted
        )

    def _control(self) -> None:
        if self.power <= 0.0 or self._steps * STEP >= self.blind or self.loop == "off":
            self.output = 0.0
            return
        if self.loop == "open":
            self.output = self.bias
            return
        seen = self.sensed if self.seen is None else self.seen()
        if seen is None:
            self.output = 0.0
            return
        error = self.wanted - seen
        asked = self.p * (error + self.integral) + self.bias
        if self.d > 0.0:
            asked -= self.p * self.d * (seen - self._last_seen) / STEP
        self._last_seen = seen
        if 0.0 < asked < 100.0 or asked * error < 0.0:
            self.integral += self.i * STEP * error
        self.output = max(0.0, min(asked, 100.0))


def _last_step(now: float) -> int:
    """Return the number of the last step that is over at ``now`` s."""
    return math.floor(now / STEP)
