"""Bringing a chip to a temperature and keeping watch over it, with a bench's thermal stage."""

import math
from collections.abc import Generator
from dataclasses import dataclass

from labcim.errors import InstrumentError, RecipeError
from labcim.instrument_capabilities import HeatingEffort, ThermalStage
from labcim.protocol import Capabilities, Progress
from labcim.units import show

LOOKS = 12  # at the sensor during a hold
LEAST_SLICE = 60.0  # s between looks at the sensor during a long wait
SLICES = 20  # looks at least, however long the wait is

Waiting = Generator[Progress, None, float]


@dataclass(frozen=True, slots=True)
class Soak:
    """When a temperature counts as reached. window: K either way.  hold: s that it stays inside.

    patience: s until it is given up.  overshoot: K beyond the goal that the chip is not to see.
    stability: K between the lowest and the highest reading of the hold, at most.  stalled: s
    without coming nearer by a window after which it is given up as well.
    """

    window: float = 0.5
    hold: float = 60.0
    patience: float = 7200.0
    overshoot: float = 5.0
    stability: float = math.inf
    stalled: float = 1800.0


def stage_of(given: Capabilities) -> ThermalStage:
    """Return the bench's thermal stage. Raises RecipeError where it has none."""
    if given.stage is None:
        raise RecipeError(
            "the recipe asks for temperatures, and the bench has no thermal stage: name one with "
            "stage = in the bench file, or leave the temperatures out"
        )
    return given.stage


def measured(stage: ThermalStage) -> float:
    """Return the stage's temperature in K. Raises InstrumentError for what is no temperature."""
    kelvin = stage.temperature()
    if not (math.isfinite(kelvin) and kelvin > 0.0):
        raise InstrumentError(f"the stage's sensor reads {kelvin} K: nothing is measured like that")
    return kelvin


def soak(given: Capabilities, kelvin: float, how: Soak | None = None) -> Waiting:
    """Bring the chip to ``kelvin`` K and wait until it stays there; return what the sensor reads.

    Raises InstrumentError, heater off, where it does not come to rest within the patience, or goes
    beyond its goal by more than may be; RangeError for what the chip must not see.
    """
    how = how or Soak()
    stage, clock = stage_of(given), given.clock
    stage.go_to(kelvin)
    way = _Way(how, kelvin, clock.now(), measured(stage))
    while not way.arrived:
        if way.overshot:
            _give_up(stage, f"overshot its goal of {kelvin:g} K and reads {way.now:.2f} K")
        if way.passed >= how.patience:
            _give_up(stage, f"is at {way.now:.2f} K after {show(way.passed, 's')}, {way.missing}")
        if way.stalls:
            _give_up(
                stage,
                f"comes no nearer than {way.nearest:.2f} K in {show(how.stalled, 's')}: it is at "
                f"{way.now:.2f} K, {way.missing}{_effort(stage)}",
            )
        yield Progress(way.fraction, way.told())
        clock.sleep(how.hold / LOOKS or 1.0)
        way.look(clock.now(), measured(stage))
    return way.now


class _Way:
    """How a stage comes to a temperature, look by look. passed: s since it was commanded."""

    def __init__(self, how: Soak, goal: float, began: float, first: float) -> None:
        self._how, self._goal, self._began, self._first = how, goal, began, first
        self.now, self.passed = first, 0.0
        self.nearest = self._advanced = abs(first - goal)
        self._advanced_at = 0.0
        self._inside: list[tuple[float, float]] = []  # (s, K) of the hold so far
        self._rate = math.nan  # K/s with which it came nearer at the last look
        self._from_below = first < goal
        self.look(began, first)

    def look(self, at: float, kelvin: float) -> None:
        """Take a reading."""
        before, passed = abs(self.now - self._goal), at - self._began
        away = abs(kelvin - self._goal)
        if passed > self.passed:
            self._rate = (before - away) / (passed - self.passed)
        self.now, self.passed = kelvin, passed
        self.nearest = min(self.nearest, away)
        if away <= self._advanced - self._how.window:
            self._advanced, self._advanced_at = away, passed
        self._from_below = self._from_below or kelvin < self._goal
        self._dwell(passed, kelvin, away)

    def _dwell(self, passed: float, kelvin: float, away: float) -> None:
        """Let the hold go on, or begin anew where a reading is out of bounds."""
        if away > self._how.window:
            self._inside.clear()
            return
        self._inside.append((passed, kelvin))
        while self._spread() > self._how.stability:
            self._inside.pop(0)

    def _spread(self) -> float:
        readings = [kelvin for _, kelvin in self._inside]
        return max(readings) - min(readings)

    @property
    def arrived(self) -> bool:
        """Say whether it has stayed as long as it has to."""
        return bool(self._inside) and self.passed - self._inside[0][0] >= self._how.hold

    @property
    def overshot(self) -> bool:
        """Say whether it came from below and is too far above."""
        return self._from_below and self.now > self._goal + self._how.overshoot

    @property
    def stalls(self) -> bool:
        """Say whether it is outside, and has come no nearer for too long."""
        return not self._inside and self.passed - self._advanced_at >= self._how.stalled

    @property
    def missing(self) -> str:
        """Say how far it is from where it should be."""
        return f"{abs(self.now - self._goal):.2f} K from the {self._goal:g} K asked for"

    @property
    def fraction(self) -> float:
        """Return the share of the way that is done."""
        way = abs(self._first - self._goal)
        share = 1.0 - abs(self.now - self._goal) / way if way else 1.0
        return max(0.0, min(share, 1.0))

    @property
    def left(self) -> float:
        """Return s until it has arrived, at the present rate; NaN where it comes no nearer."""
        if self._inside:
            return self._how.hold - (self.passed - self._inside[0][0])
        if not self._rate > 0.0:
            return math.nan
        return (abs(self.now - self._goal) - self._how.window) / self._rate + self._how.hold

    def told(self) -> str:
        """Say where it is, and for how long it will take."""
        left = self.left
        eta = "" if math.isnan(left) else f", about {show(left, 's')} to go"
        return f"stage at {self.now:.1f} K of {self._goal:g} K{eta}"


def _effort(stage: ThermalStage) -> str:
    """Say what the heater gives, where the stage knows."""
    share = stage.effort() if isinstance(stage, HeatingEffort) else math.nan
    return "" if math.isnan(share) else f", with {100.0 * share:.0f} % of its power"


def keep(given: Capabilities, kelvin: float, until: float, how: Soak | None = None) -> Waiting:
    """Wait until the bench's clock reads ``until`` s, and look at the sensor meanwhile.

    Returns the temperature in K that was farthest from ``kelvin``; that of now where no time is
    left. Raises InstrumentError, heater off, where it strays by more than twice the window.
    """
    how = how or Soak()
    stage, clock = stage_of(given), given.clock
    began = clock.now()
    worst = measured(stage)
    while True:
        now = measured(stage)
        if abs(now - kelvin) > abs(worst - kelvin):
            worst = now
        if abs(now - kelvin) > 2.0 * how.window:
            _give_up(stage, f"left {kelvin:g} K during the bake and reads {now:.2f} K")
        left = until - clock.now()
        if left <= 0.0:
            return worst
        done = 1.0 - left / max(until - began, 1e-300)
        yield Progress(done, f"baking at {now:.1f} K, {show(left, 's')} to go")
        clock.sleep(min(left, max(LEAST_SLICE, (until - began) / SLICES)))


def _give_up(stage: ThermalStage, why: str) -> None:
    stage.off()
    raise InstrumentError(f"the stage {why}; its heater is off, and nothing was measured")
