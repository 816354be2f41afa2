"""Bringing a chip to a temperature and keeping watch over it, with a bench's thermal stage."""

import math
from collections.abc import Generator
from dataclasses import dataclass

from labcim.errors import InstrumentError, RecipeError
from labcim.instrument_capabilities import ThermalStage
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
    """

    window: float = 0.5
    hold: float = 60.0
    patience: float = 7200.0
    overshoot: float = 5.0


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
    began = clock.now()
    first = now = measured(stage)
    inside = math.nan
    from_below = first < kelvin
    while True:
        at = clock.now()
        if abs(now - kelvin) > how.window:
            inside = math.nan
        elif math.isnan(inside):
            inside = at
        if at - inside >= how.hold:  # false for NaN
            return now
        if from_below and now > kelvin + how.overshoot:
            _give_up(stage, f"overshot its goal of {kelvin:g} K and reads {now:.2f} K")
        if at - began >= how.patience:
            missing = f"{abs(now - kelvin):.2f} K from the {kelvin:g} K asked for"
            _give_up(stage, f"is at {now:.2f} K after {show(at - began, 's')}, {missing}")
        share = 1.0 if first == kelvin else 1.0 - abs(now - kelvin) / abs(first - kelvin)
        yield Progress(max(0.0, min(share, 1.0)), f"stage at {now:.1f} K of {kelvin:g} K")
        clock.sleep(how.hold / LOOKS or 1.0)
        now = measured(stage)
        from_below = from_below or now < kelvin


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
